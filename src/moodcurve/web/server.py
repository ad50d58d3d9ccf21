"""The server process: socket, start, housekeeping and shutdown."""

import asyncio
import errno
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any, Protocol

import uvicorn
from anyio.to_thread import current_default_thread_limiter
from starlette.types import ASGIApp

from moodcurve.runtime import Model
from moodcurve.web import WebError
from moodcurve.web.app import open_app
from moodcurve.web.connections import Connection
from moodcurve.web.fair_share import FairShare
from moodcurve.web.monitoring.logs import json_log, plain_log
from moodcurve.web.settings import AddressSettings, Settings
from moodcurve.web.tokens import write_redirect

CHECK_TICKS = 20
"""Interval between connection checks, in uvicorn's ticks of 0.1 s."""
SHUTDOWN_S = 0.5
"""Time for running responses to finish at shutdown."""
BACKLOG = 512
THREADS = 4
"""Threads for library queries. Queries mostly run Python code, so more threads only slow each other down: with 50
clients, 40 threads answered 20 % fewer requests and took 60 MB more memory."""


def serve(settings: Settings, model: Model, *, started: Callable[[str, int, Path], None]) -> None:
    """Run the server until Ctrl-C or a termination signal.

    Parameters
    ----------
    settings : Settings
    model : Model
        The model that `settings.model` names.
    started : callable
        Called once the server accepts requests, with the URL to open in a browser (with the token), the port, and a
        private page that opens the URL.

    Raises
    ------
    WebError
        If the server cannot listen on the address.
    """
    run_server(
        settings,
        lambda port: open_app(settings, model, port=port),
        started=started,
        log_json=settings.service.json_log,
    )


class RunningApp(Protocol):
    """An application and what its server must look after."""

    @property
    def app(self) -> ASGIApp:
        """The application."""

    @property
    def folder(self) -> Path:
        """Private folder for temporary files."""

    async def start(self) -> None:
        """Start what runs besides requests; called before the first one."""

    async def tick(self) -> None:
        """Do what is due; called every two seconds."""

    async def stop(self, hurry: Callable[[], bool]) -> None:
        """Stop at shutdown, before the server waits for open responses; at once if `hurry` returns True."""


def run_server(
    settings: AddressSettings,
    open_app: Callable[[int], AbstractContextManager[RunningApp]],
    *,
    started: Callable[[str, int, Path], None],
    log_json: bool = False,
) -> None:
    """Run an application until Ctrl-C or a termination signal.

    Parameters
    ----------
    settings : AddressSettings
    open_app : callable
        Returns a context that yields the application, for the port on which the server listens.
    started : callable
        As for `serve`.
    log_json : bool
        Whether to write a structured log; else, warnings and errors are messages.

    Raises
    ------
    WebError
        If the server cannot listen on the address.
    """
    log = json_log() if log_json else plain_log()
    with log, closing(_listen(settings)) as listener, _received_signals() as received:
        port = listener.getsockname()[1]
        with open_app(port) as running:
            # uvicorn calls `http` as a factory, so a partial is as good as a class
            protocol: Any = partial(
                Connection,
                limits=settings.limits,
                places=FairShare(settings.limits.connections),
                proxied=settings.public is not None,
            )
            config = uvicorn.Config(
                running.app,
                http=protocol,
                ws="none",
                lifespan="off",
                log_level="error",
                log_config=None if log_json else uvicorn.config.LOGGING_CONFIG,
                access_log=False,
                server_header=False,
                root_path=settings.root_path,
                proxy_headers=settings.public is not None,
                timeout_graceful_shutdown=1,
                backlog=BACKLOG,
            )
            url = f"{settings.base_url(port)}/?token={settings.token}"
            page = write_redirect(running.folder, url)
            _Server(config, running, received, lambda: started(url, port, page)).run(sockets=[listener])


def _listen(settings: AddressSettings) -> socket.socket:
    name = f"{settings.host}:{settings.port}"
    try:
        found = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise WebError(
            f"{name}: unknown address ({error.strerror}); use a host name or IP address of this machine"
        ) from error
    try:
        if sys.platform != "win32":  # there it would allow a second server on the same port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        reasons = {
            errno.EADDRINUSE: "the port is in use; choose another with --port (0: any free port)",
            errno.EACCES: "no permission to use this port; choose one above 1023 with --port",
            errno.EADDRNOTAVAIL: "not an address of this machine; choose another with --host",
        }
        raise WebError(f"{name}: {reasons.get(error.errno or 0, os.strerror(error.errno or 0))}") from error
    return listener


class _Server(uvicorn.Server):
    """A uvicorn server that checks connections regularly and shuts down without delay.

    uvicorn has no hooks for either, hence the subclass; see `connections` about its version.
    """

    def __init__(
        self, config: uvicorn.Config, running: RunningApp, received: list[int], started: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._running = running
        self._received = received
        """Signals to stop that came without `handle_exit`."""
        self._on_started = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start the application and the server, then call `started`."""
        current_default_thread_limiter().total_tokens = THREADS
        await self._running.start()
        await super().startup(sockets=sockets)
        self._on_started()

    async def on_tick(self, counter: int) -> bool:
        """Check signals and the timeouts of connections, and let the application do what is due."""
        if self._received:
            self.should_exit = True
        if counter % CHECK_TICKS == 0:
            now = time.monotonic()
            for connection in list(self.server_state.connections):
                if isinstance(connection, Connection):
                    connection.check(now)
            await self._running.tick()
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop the application, let responses finish for `SHUTDOWN_S`, then close all connections."""
        await self._running.stop(lambda: self.force_exit)  # until a second Ctrl-C
        with suppress(TimeoutError):
            async with asyncio.timeout(SHUTDOWN_S):
                while self.server_state.tasks:
                    await asyncio.sleep(0.01)
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await super().shutdown(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop at the next tick. The signal is not raised again, as stopping this way is normal."""
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True


@contextmanager
def _received_signals() -> Iterator[list[int]]:
    """Yield a list that gets the signals to end, instead of ending the process before it has removed its files.

    uvicorn handles SIGINT and SIGTERM, but only while it runs, and a closing terminal may send SIGHUP several times.
    SIGHUP stays ignored where it is, as by `nohup`.
    """
    received: list[int] = []
    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {
        number: signal.signal(number, lambda sig, frame: received.append(sig))
        for number in numbers
        if signal.getsignal(number) is not signal.SIG_IGN
    }
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
