"""A small HTTP/1.1 client that connects to the very address that was checked.

An ordinary client would resolve the name again, and a hostile name server could give it another address than the one
that was checked (DNS rebinding). Redirects are returned, not followed, and proxies of the environment are not used.
"""

import asyncio
import ipaddress
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import h11

from moodcurve import __version__
from moodcurve.web.errors import ProblemError
from moodcurve.web.outbound.hosts import AllowedHosts, Target

CONNECT_S = 10.0
"""Time to find a host's addresses, and again to connect to one of them."""
_READ_BYTES = 1 << 16
_MAX_HEAD = 1 << 14
"""Bytes of a response's headers."""
_MAX_ADDRESSES = 4
"""Addresses of a host that are tried."""


@dataclass(frozen=True)
class OutboundResponse:
    """A response: status, headers by their names in lower case, and the body, which is read as it arrives."""

    status: int
    headers: dict[str, str]
    body: AsyncIterator[bytes]


class OutboundClient:
    """Sends requests to allowed hosts.

    Parameters
    ----------
    hosts : AllowedHosts
    own_port : int
        Port on which this server listens: requests to itself are refused.
    timeout_s : float
        Longest time without data.
    """

    def __init__(self, hosts: AllowedHosts, *, own_port: int, timeout_s: float) -> None:
        self.hosts = hosts
        self.timeout_s = timeout_s
        self._own_port = own_port

    @asynccontextmanager
    async def request(
        self, method: str, target: Target, *, headers: dict[str, str] | None = None, body: bytes = b""
    ) -> AsyncIterator[OutboundResponse]:
        """Send a request, and return a context of its response.

        Raises
        ------
        ProblemError
            403 if the address is refused, 502 if the host cannot be reached or its response is invalid, 504 if it takes
            too long; also while the body is read.
        """
        reader, writer = await self._connect(target)
        try:
            exchange = _Exchange(reader, writer, self.timeout_s)
            sent = {
                "Host": target.authority,
                "User-Agent": f"moodcurve/{__version__}",
                "Accept-Encoding": "identity",
                "Connection": "close",
                **({"Content-Length": str(len(body))} if body else {}),
                **(headers or {}),
            }
            yield await exchange.send(h11.Request(method=method, target=target.path, headers=list(sent.items())), body)
        finally:
            writer.transport.abort()

    async def _connect(self, target: Target) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        addresses = await _resolve(target)
        for address in addresses:
            self.hosts.check_address(address, target.port)
        for address in addresses[:_MAX_ADDRESSES]:
            with suppress(OSError, TimeoutError):
                async with asyncio.timeout(CONNECT_S):
                    reader, writer = await asyncio.open_connection(
                        address,
                        target.port,
                        ssl=self.hosts.tls if target.secure else None,
                        server_hostname=target.host if target.secure else None,
                    )
                self._refuse_own(writer)
                return reader, writer
        raise ProblemError(502, f"{target.host}: cannot connect")

    def _refuse_own(self, writer: asyncio.StreamWriter) -> None:
        """Refuse a connection to this server: one whose two ends are of one machine, at the server's port."""
        own, other = writer.get_extra_info("sockname"), writer.get_extra_info("peername")
        if other[1] == self._own_port and own[0] == other[0]:
            writer.transport.abort()
            raise ProblemError(403, "the server does not send requests to itself")


async def _resolve(target: Target) -> list[str]:
    """Return the numeric addresses of a host."""
    with suppress(ValueError):
        return [str(ipaddress.ip_address(target.host))]
    loop = asyncio.get_running_loop()
    found: asyncio.Future[list[str]] = loop.create_future()

    def finish(addresses: list[str]) -> None:
        if not found.done():
            found.set_result(addresses)

    def look_up() -> None:
        try:
            answers = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
            addresses = list(dict.fromkeys(str(answer[4][0]) for answer in answers))
        except (OSError, UnicodeError):
            addresses = []
        with suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(finish, addresses)

    # a thread of its own, because the end of the program would wait for one of a pool
    threading.Thread(target=look_up, name="resolve", daemon=True).start()
    try:
        async with asyncio.timeout(CONNECT_S):
            addresses = await found
    except TimeoutError:
        addresses = []
    if not addresses:
        raise ProblemError(502, f"{target.host}: unknown host")
    return addresses


class _Exchange:
    """A request and its response on one connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, timeout_s: float) -> None:
        self._reader = reader
        self._writer = writer
        self._timeout_s = timeout_s
        self._protocol = h11.Connection(h11.CLIENT, max_incomplete_event_size=_MAX_HEAD)

    async def send(self, request: h11.Request, body: bytes) -> OutboundResponse:
        events = (request, *([h11.Data(body)] if body else ()), h11.EndOfMessage())
        for event in events:
            self._writer.write(self._protocol.send(event) or b"")
        try:
            async with asyncio.timeout(self._timeout_s):  # in all, as a header may come byte by byte
                await self._writer.drain()
                event = await self._next()
                while isinstance(event, h11.InformationalResponse):
                    event = await self._next()
        except TimeoutError:
            raise _too_slow() from None
        except OSError:
            raise _broken() from None
        if not isinstance(event, h11.Response):
            raise _broken()
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in event.headers}
        return OutboundResponse(event.status_code, headers, self._body())

    async def _body(self) -> AsyncIterator[bytes]:
        while True:
            try:
                async with asyncio.timeout(self._timeout_s):
                    event = await self._next()
            except TimeoutError:
                raise _too_slow() from None
            except OSError:
                raise _broken() from None
            if not isinstance(event, h11.Data):
                return
            yield bytes(event.data)

    async def _next(self) -> object:
        """Return the next event of the response, reading as much as it takes."""
        try:
            while (event := self._protocol.next_event()) is h11.NEED_DATA:
                self._protocol.receive_data(await self._reader.read(_READ_BYTES))
        except h11.RemoteProtocolError:
            raise _broken() from None
        if isinstance(event, h11.ConnectionClosed):
            raise _broken()
        return event


def _too_slow() -> ProblemError:
    return ProblemError(504, "the host took too long")


def _broken() -> ProblemError:
    return ProblemError(502, "the host's response is invalid or incomplete")
