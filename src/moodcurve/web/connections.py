"""HTTP connections that cost nothing lasting: clients that stall, and more of them than can be served, are let go."""

import asyncio
import json
import time
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from moodcurve.web.errors import MEDIA_TYPE, ProblemError
from moodcurve.web.security import HEADERS

MOST = 500
"""Connections at once; common limits of a process are a thousand files."""
REQUEST_S = 15.0
"""How long a request's headers may take from the last answer on, and the rest of a body that nobody wants."""
STALLED_S = 60.0
"""How long a client may take nothing of an answer."""


class Connection(H11Protocol):
    """A connection that is looked after by `check`."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a connection, unless there are too many."""
        super().connection_made(transport)
        self._since = time.monotonic()
        self._counted: object = None
        self._unsent = 0
        self._unsent_since = self._since
        if len(self.connections) > MOST:
            transport.write(_plain(ProblemError(503, "too many connections; try again later", {"Retry-After": "5"})))
            transport.close()

    def check(self, now: float) -> None:
        """End the connection if its client takes too long; asked now and then."""
        unsent = self.transport.get_write_buffer_size()
        if unsent == 0 or unsent != self._unsent:
            self._unsent, self._unsent_since = unsent, now
        cycle = self.cycle
        idle = cycle is None or cycle.response_complete
        if not idle or (cycle is not None and cycle is not self._counted):
            self._since = now
            self._counted = cycle if idle else None
        if now - self._unsent_since > STALLED_S or (idle and now - self._since > REQUEST_S):
            self.transport.abort()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP as all else is answered."""
        self.transport.write(
            _plain(ProblemError(400, "the request is not HTTP/1.1 as RFC 9112 has it, or its head is too large"))
        )
        self.transport.close()


def _plain(problem: ProblemError) -> bytes:
    """Give a whole answer, for where there is no request."""
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
