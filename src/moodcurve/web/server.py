"""The server at its port: from the socket to the last answer."""

import asyncio
import errno
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import closing, suppress
from types import FrameType

import uvicorn
from anyio.to_thread import current_default_thread_limiter

from moodcurve.runtime import Model
from moodcurve.web import WebError
from moodcurve.web.app import Site, open_site
from moodcurve.web.connections import Connection
from moodcurve.web.settings import Settings

CHECK_TICKS = 20
"""How often connections are looked after, in tenths of a second."""
LAST_ANSWERS_S = 0.5
"""How long answers that are on their way may take when the server stops."""
BACKLOG = 512
THREADS = 4
"""Questions to the library that are answered at once: they are work for Python, and more of them only get in each
other's way (50 clients: 20 % fewer answers by 40 threads, and 60 MB more)."""


def serve(settings: Settings, model: Model, *, started: Callable[[str, int], None]) -> None:
    """Serve until Ctrl-C, or until this process is told to end.

    Parameters
    ----------
    settings : Settings
    model : Model
        The packaged default model.
    started : callable
        Called once it answers, with the address for a browser, which has the token where there is one, and the port.

    Raises
    ------
    WebError
        If the address cannot be listened at.
    """
    with closing(_listening(settings)) as listener:
        port = listener.getsockname()[1]
        with open_site(settings, model, port=port) as site:
            config = uvicorn.Config(
                site.app,
                http=Connection,
                ws="none",
                lifespan="off",
                log_level="error",
                access_log=False,
                server_header=False,
                root_path=settings.root_path,
                proxy_headers=settings.public is not None,
                timeout_graceful_shutdown=1,
                backlog=BACKLOG,
            )
            _Server(config, site, lambda: started(address(settings, port), port)).run(sockets=[listener])


def address(settings: Settings, port: int) -> str:
    """Give the address that a person opens."""
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)
    host = f"[{host}]" if ":" in host and not host.startswith("[") else host
    place = settings.public.rstrip("/") if settings.public else f"http://{host}:{port}"
    return f"{place}/" + (f"?token={settings.token}" if settings.token else "")


def _listening(settings: Settings) -> socket.socket:
    name = f"{settings.host}:{settings.port}"
    try:
        found = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, place = found[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise WebError(f"{name}: no such address ({error.strerror}); give a name or address of this machine") from error
    try:
        if sys.platform != "win32":  # where it would share the port with another server
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(place)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        reasons = {
            errno.EADDRINUSE: "the port is in use; choose another with --port (0: any that is free)",
            errno.EACCES: "this port may not be used; choose one above 1023 with --port",
            errno.EADDRNOTAVAIL: "not an address of this machine; choose another with --host",
        }
        raise WebError(f"{name}: {reasons.get(error.errno or 0, os.strerror(error.errno or 0))}") from error
    return listener


class _Server(uvicorn.Server):
    """Uvicorn's server that looks after slow clients, and stops at once."""

    def __init__(self, config: uvicorn.Config, site: Site, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._site = site
        self._tell = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin, and tell so."""
        current_default_thread_limiter().total_tokens = THREADS
        await super().startup(sockets=sockets)
        self._tell()

    async def on_tick(self, counter: int) -> bool:
        """Look after connections, and the library's file, now and then."""
        if counter % CHECK_TICKS == 0:
            now = time.monotonic()
            for connection in list(self.server_state.connections):
                if isinstance(connection, Connection):
                    connection.check(now)
            if self._site.shelf.is_open:
                await asyncio.to_thread(self._site.shelf.rest)
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End: jobs first, then answers, then who is still connected."""
        self._site.jobs.stop()
        await self._site.jobs.stopped()
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_ANSWERS_S):
                while self.server_state.tasks:
                    await asyncio.sleep(0.01)
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await super().shutdown(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End at the next tick; not to be raised again afterwards, as it is the usual way to end."""
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True
