"""The server's door: who is let in, from where, and the headers of every answer.

A browser runs pages of many origins, some of them hostile, and each can send requests to this machine. So the names
that requests are sent to are checked (DNS rebinding), where they come from (cross-site requests), a token where others
than this machine's users can reach the server, and what our own page may do is limited (content security policy).
"""

import re
import secrets
import socket
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, urlsplit

from fastapi import Response
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from moodcurve.web.errors import ProblemError
from moodcurve.web.settings import Settings, address_of, is_loopback

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; "
    "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
"""Of every answer."""
_READING = ("GET", "HEAD", "OPTIONS")
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^][@/?#\\:]*)(?::[0-9]*)?")
"""The field's form (RFC 9110, section 7.2), its name or address and perhaps a port."""
_YEAR_S = 365 * 24 * 3600


class Guard:
    """Lets requests through to an app, or answers them with a problem.

    Parameters
    ----------
    app : ASGI app
    settings : Settings
    port : int
        At which the server listens.
    """

    def __init__(self, app: ASGIApp, settings: Settings, port: int) -> None:
        self._app = app
        self._settings = settings
        self._cookie = f"moodcurve-{port}"  # cookies do not tell ports apart
        self._names = {"localhost", settings.host.lower()}
        self._any_address = False
        address = address_of(settings.host)
        if address is not None and address.is_unspecified:
            # whoever rebinds a name must use a name
            self._any_address = True
            self._names.add(socket.gethostname().lower())
        if settings.public is not None:
            self._names.add(urlsplit(settings.public).hostname or "")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        app = self._app
        try:
            app = self._checked(scope) or app
        except ProblemError as problem:
            app = problem.response()
        await app(scope, receive, with_headers)

    def _checked(self, scope: Scope) -> Response | None:
        """Raise what is wrong with a request; give an answer where the app is not needed for one."""
        headers = Headers(scope=scope)
        self._check_host(headers)
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        # the page itself holds no secrets, and is what tells that a token is missing
        guarded = path.startswith("/api") or path == "/openapi.json"
        self._check_origin(scope["method"], headers, guarded=guarded)
        if self._settings.token is None:
            return None
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token") if path == "/" else None
        if given:
            if not self._is_token(given[0]):
                raise ProblemError(401, "the token is wrong; `moodcurve serve` shows the address with the right one")
            return self._greeting(scope)
        if guarded and not self._has_token(headers):
            raise ProblemError(
                401,
                "a token is needed: open the address that `moodcurve serve` shows, or send Authorization: Bearer TOKEN",
                {"WWW-Authenticate": "Bearer"},
            )
        return None

    def _check_host(self, headers: Headers) -> None:
        host = headers.get("host", "")
        written = _HOST.fullmatch(host)
        name = written[1].strip("[]").lower() if written else ""
        if name in self._names or is_loopback(name) or (self._any_address and address_of(name) is not None):
            return
        raise ProblemError(421, f"this server does not go by the name {host[:100]!r}; use the address that it shows")

    def _check_origin(self, method: str, headers: Headers, *, guarded: bool) -> None:
        changing = method not in _READING
        site = headers.get("sec-fetch-site", "none")
        if (changing or guarded) and site not in ("same-origin", "none"):
            raise ProblemError(403, "this was asked from another site's page; only the server's own page may")
        origin = headers.get("origin")
        if not changing or origin is None:
            return
        own = {f"{scheme}://{headers.get('host', '')}".lower() for scheme in ("http", "https")}
        if origin.lower() not in own | {self._settings.public_origin}:
            raise ProblemError(403, "this was asked from another site's page; only the server's own page may")

    def _is_token(self, given: str) -> bool:
        return secrets.compare_digest(given.encode("utf-8", "replace"), (self._settings.token or "").encode())

    def _has_token(self, headers: Headers) -> bool:
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and self._is_token(given.strip()):
            return True
        try:
            cookie = SimpleCookie(headers.get("cookie", "")).get(self._cookie)
        except CookieError:
            return False
        return cookie is not None and self._is_token(cookie.value)

    def _greeting(self, scope: Scope) -> Response:
        """Keep the token in a cookie, and lead to the page without it in the address."""
        response = Response(status_code=303, headers={"Location": "./"})
        response.set_cookie(
            self._cookie,
            self._settings.token or "",
            max_age=_YEAR_S,
            path=f"{self._settings.root_path}/",
            httponly=True,
            samesite="strict",
            secure=scope["scheme"] == "https",
        )
        return response
