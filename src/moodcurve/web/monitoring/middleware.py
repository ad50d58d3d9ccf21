"""Give every request an id, and report it."""

import re
import secrets
import time
from collections.abc import Iterator

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from moodcurve.web.monitoring.logs import REQUEST_ID
from moodcurve.web.monitoring.reports import Reports

HEADER = b"x-request-id"
_GIVEN_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_ID_BYTES = 8
_IDS_AT_ONCE = 256
NO_ROUTE = "none"
"""The route of requests that were rejected, or of paths that do not exist."""


class ReportMiddleware:
    """ASGI middleware that reports requests, and adds their ids to the responses as ``X-Request-ID``.

    A client or proxy may choose the id by the same header.

    Parameters
    ----------
    app : ASGI app
    reports : Reports
    """

    def __init__(self, app: ASGIApp, reports: Reports) -> None:
        self._app = app
        self._reports = reports
        self._ids = _random_ids()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request to the app, and report it at the end of its response."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        id, began = self._id_of(scope), time.perf_counter()
        status: int | None = None
        size = 0

        async def counted(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (HEADER, id)]
            else:
                size += len(message.get("body", b""))
            await send(message)

        context = REQUEST_ID.set(id.decode())
        try:
            await self._app(scope, receive, counted)
        finally:
            route = getattr(scope.get("route"), "path", NO_ROUTE)
            self._reports.request(scope, route=route, status=status, seconds=time.perf_counter() - began, size=size)
            REQUEST_ID.reset(context)

    def _id_of(self, scope: Scope) -> bytes:
        """Return the id that the client chose, if it is short and plain, or a random one."""
        for name, value in scope["headers"]:
            if name == HEADER and _GIVEN_ID.fullmatch(value):
                return bytes(value)
        return next(self._ids)


def _random_ids() -> Iterator[bytes]:
    """Yield ids that tell a client nothing of the requests of others; drawing many at once is several times as fast."""
    while True:
        drawn = secrets.token_hex(_ID_BYTES * _IDS_AT_ONCE).encode()
        for start in range(0, len(drawn), 2 * _ID_BYTES):
            yield drawn[start : start + 2 * _ID_BYTES]
