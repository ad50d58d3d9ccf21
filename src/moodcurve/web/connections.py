"""HTTP connections with timeouts for slow clients, and a limit on open connections.

uvicorn has no such timeouts and sends its own errors as plain text, so its internal `H11Protocol` is subclassed;
`pyproject.toml` therefore limits uvicorn to the tested minor version.
"""

import asyncio
import json
import socket
import sys
import time
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from moodcurve.web.errors import MEDIA_TYPE, ProblemError
from moodcurve.web.fair_share import FairShare
from moodcurve.web.rate_limit import client_name
from moodcurve.web.security import HEADERS
from moodcurve.web.settings import ServerLimits

MIN_BYTES_PER_S = 512.0
"""Lowest data rate at which a client must read a response, on average over the time of its timeout."""
_ACKNOWLEDGED = slice(120, 128)
"""Place of tcpi_bytes_acked in Linux's struct tcp_info (from Linux 4.1 on)."""


class Connection(H11Protocol):
    """A connection whose timeouts are enforced by `check`.

    Parameters
    ----------
    limits : ServerLimits
    places : FairShare
        Open connections of each client.
    proxied : bool
        Whether a proxy makes the connections, of one address for all clients; that counts as many clients.
    **options
        Arguments of `H11Protocol`, which uvicorn passes.
    """

    def __init__(self, *, limits: ServerLimits, places: FairShare, proxied: bool, **options: Any) -> None:
        super().__init__(**options)
        self._limits = limits
        self._places = places
        self._proxied = proxied
        self._counted_as: str | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Accept the connection, or answer 503 if too many are open."""
        super().connection_made(transport)
        self._idle_since = time.monotonic()
        self._last_cycle: object = None
        """The request-response cycle whose end started the current idle time."""
        self._unsent, self._received = 0, 0
        self._reading_since = self._idle_since
        client = str(id(self)) if self._proxied or not self.client else client_name(self.client[0])
        if self._places.take(client):
            self._counted_as = client
        else:
            problem = ProblemError(503, "too many open connections; try again later", {"Retry-After": "5"})
            transport.write(_raw_response(problem))
            transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Give the client's place back."""
        if self._counted_as is not None:
            self._places.give_back(self._counted_as)
            self._counted_as = None
        super().connection_lost(exc)

    def check(self, now: float) -> None:
        """Abort the connection if its client is too slow. The server calls this regularly."""
        if self._is_reading():
            self._reading_since = now
        cycle = self.cycle
        idle = cycle is None or cycle.response_complete
        if not idle or (cycle is not None and cycle is not self._last_cycle):
            self._idle_since = now
            self._last_cycle = cycle if idle else None
        stalled = now - self._reading_since > self._limits.response_timeout_s
        # also ends a connection whose client goes on sending a rejected body
        if stalled or (idle and now - self._idle_since > self._limits.request_timeout_s):
            self.transport.abort()

    def _is_reading(self) -> bool:
        """Return True if nothing waits for the client, or it has received enough since this was last so.

        On Linux, what the client's system acknowledged counts: the buffer of this system holds megabytes, and would
        hide for minutes that a slow client makes progress.
        """
        unsent = self.transport.get_write_buffer_size()
        connection = self.transport.get_extra_info("socket")
        if sys.platform != "linux" or connection is None:
            changed, self._unsent = unsent != self._unsent, unsent
            return unsent == 0 or changed
        import fcntl
        import termios

        try:  # of a socket, the ioctl TIOCOUTQ gives the number of bytes that are not acknowledged
            queued = int.from_bytes(fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, bytes(4)), sys.byteorder)
            information = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _ACKNOWLEDGED.stop)
        except OSError:  # closed in between
            return True
        received = int.from_bytes(information[_ACKNOWLEDGED], sys.byteorder)
        if unsent + queued and received - self._received < MIN_BYTES_PER_S * self._limits.response_timeout_s:
            return False
        self._received = received
        return True

    def send_400_response(self, msg: str) -> None:
        """Answer invalid HTTP with a problem object."""
        self.transport.write(
            _raw_response(ProblemError(400, "invalid HTTP/1.1 request (RFC 9112), or its headers are too large"))
        )
        self.transport.close()


def _raw_response(problem: ProblemError) -> bytes:
    """Return a complete HTTP response, for use without a parsed request."""
    content: dict[str, Any] = problem.content()
    body = json.dumps(content).encode()
    headers = {
        "Content-Type": MEDIA_TYPE,
        "Content-Length": str(len(body)),
        "Connection": "close",
        "Cache-Control": "no-store",
        **problem.headers,
        **HEADERS,
    }
    lines = [f"HTTP/1.1 {problem.status} {content['title']}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body
