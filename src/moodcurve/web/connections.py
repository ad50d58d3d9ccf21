"""HTTP connections with timeouts for slow clients, and a limit on open connections.

uvicorn has no such timeouts and sends its own errors as plain text, so its internal `H11Protocol` is subclassed;
`pyproject.toml` therefore limits uvicorn to the tested minor version.
"""

import asyncio
import json
import time
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from moodcurve.web.errors import MEDIA_TYPE, ProblemError
from moodcurve.web.security import HEADERS
from moodcurve.web.settings import ServerLimits


class Connection(H11Protocol):
    """A connection whose timeouts are enforced by `check`.

    Parameters
    ----------
    limits : ServerLimits
    **options
        Arguments of `H11Protocol`, which uvicorn passes.
    """

    def __init__(self, *, limits: ServerLimits, **options: Any) -> None:
        super().__init__(**options)
        self._limits = limits

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Accept the connection, or answer 503 if too many are open."""
        super().connection_made(transport)
        self._idle_since = time.monotonic()
        self._last_cycle: object = None
        """The request-response cycle whose end started the current idle time."""
        self._unsent = 0
        self._unsent_since = self._idle_since
        if len(self.connections) > self._limits.connections:
            problem = ProblemError(503, "too many open connections; try again later", {"Retry-After": "5"})
            transport.write(_raw_response(problem))
            transport.close()

    def check(self, now: float) -> None:
        """Abort the connection if its client is too slow. The server calls this regularly."""
        unsent = self.transport.get_write_buffer_size()
        if unsent == 0 or unsent != self._unsent:
            self._unsent, self._unsent_since = unsent, now
        cycle = self.cycle
        idle = cycle is None or cycle.response_complete
        if not idle or (cycle is not None and cycle is not self._last_cycle):
            self._idle_since = now
            self._last_cycle = cycle if idle else None
        stalled = now - self._unsent_since > self._limits.response_timeout_s
        # also ends a connection whose client goes on sending a rejected body
        if stalled or (idle and now - self._idle_since > self._limits.request_timeout_s):
            self.transport.abort()

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
