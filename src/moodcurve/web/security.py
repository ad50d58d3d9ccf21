"""Access control and security headers.

A browser runs pages of many origins, some of them hostile, and any page can send requests to this machine. The server
therefore checks the host name (against DNS rebinding), the origin (against cross-site requests) and, as other users and
machines can also reach it, a token. A content security policy limits what its own page can load.
"""

import re
import socket
from contextlib import suppress
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, urlsplit

from fastapi import Response
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from moodcurve.web.errors import ProblemError
from moodcurve.web.rate_limit import client_of
from moodcurve.web.settings import AddressSettings, is_loopback, parse_address
from moodcurve.web.tokens import Tokens

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
    "Permissions-Policy": "camera=(), microphone=(self), geolocation=()",
}
"""Headers of every response."""
_RAW_HEADERS = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
_NO_STORE = (b"cache-control", b"no-store")
METRICS_PATH = "/metrics"
_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^][@/?#\\:]*)(?::[0-9]*)?")
"""Syntax of the Host header (RFC 9110, section 7.2): a name or address, and an optional port."""
_YEAR_S = 365 * 24 * 3600


class SecurityMiddleware:
    """ASGI middleware that rejects unauthorized and cross-site requests, and adds security headers.

    Parameters
    ----------
    app : ASGI app
    settings : AddressSettings
    tokens : Tokens
    hint : str
        What a person can do who sent no token or a wrong one.
    open_metrics : bool
        Whether programs of this machine get the metrics without the token.
    """

    def __init__(
        self,
        app: ASGIApp,
        settings: AddressSettings,
        tokens: Tokens,
        *,
        hint: str = "open the address that `moodcurve serve` printed",
        open_metrics: bool = False,
    ) -> None:
        self._app = app
        self._settings = settings
        self._tokens = tokens
        self._hint = hint
        self._open_metrics = open_metrics
        self._host_names = {"localhost", settings.host.lower()}
        self._any_address = False
        address = parse_address(settings.host)
        if address is not None and address.is_unspecified:
            # DNS rebinding needs a host name, so all numeric addresses are safe
            self._any_address = True
            self._host_names.add(socket.gethostname().lower())
        if settings.public is not None:
            self._host_names.add(urlsplit(settings.public).hostname or "")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request to the app, or reject it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [*message.get("headers", ()), *_RAW_HEADERS]
                if not any(name == _NO_STORE[0] for name, _ in headers):
                    headers.append(_NO_STORE)
                message["headers"] = headers
            await send(message)

        app = self._app
        try:
            app = self._check(scope) or app
        except ProblemError as problem:
            app = problem.response()
        await app(scope, receive, with_headers)

    def _check(self, scope: Scope) -> Response | None:
        """Check a request; return a redirect that stores the cookie, or None to let the app respond.

        Raises
        ------
        ProblemError
            If the request is rejected.
        """
        headers = Headers(scope=scope)
        self._check_host(headers)
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        # the page itself is public: it holds no private data, and it explains how to send the token
        private = path.startswith("/api") or path in ("/openapi.json", "/docs", METRICS_PATH)
        self._check_origin(scope["method"], headers, private=private)
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token") if path == "/" else None
        if given:
            if not self._tokens.is_token(given[0], client_of(scope)):
                raise ProblemError(401, f"wrong token; {self._hint}")
            return self._store_cookie(scope, given[0])
        if path == METRICS_PATH and self._is_open_to(headers, client_of(scope)):
            return None
        if private and not self._is_authorized(headers, client_of(scope)):
            raise ProblemError(
                401,
                f"token required: {self._hint}, or send Authorization: Bearer TOKEN",
                {"WWW-Authenticate": "Bearer"},
            )
        return None

    def _check_host(self, headers: Headers) -> None:
        host = headers.get("host", "")
        match = _HOST.fullmatch(host)
        name = match[1].strip("[]").lower() if match else ""
        if name in self._host_names or is_loopback(name) or (self._any_address and parse_address(name) is not None):
            return
        raise ProblemError(421, f"unknown host name {host[:100]!r}; {self._hint}")

    def _check_origin(self, method: str, headers: Headers, *, private: bool) -> None:
        modifies = method not in _SAFE_METHODS
        site = headers.get("sec-fetch-site", "none")
        if (modifies or private) and site not in ("same-origin", "none"):
            raise ProblemError(403, "cross-site requests are not allowed")
        origin = headers.get("origin")
        if not modifies or origin is None:
            return
        own = {f"{scheme}://{headers.get('host', '')}".lower() for scheme in ("http", "https")}
        if origin.lower() not in own | {self._settings.public_origin}:
            raise ProblemError(403, "cross-site requests are not allowed")

    def _is_open_to(self, headers: Headers, client: str) -> bool:
        """Return True if a program of this machine, not a proxy, may get the metrics without the token."""
        proxied = any(name.startswith("x-forwarded-") or name in ("forwarded", "via") for name in headers)
        return self._open_metrics and is_loopback(client) and not proxied

    def _is_authorized(self, headers: Headers, client: str) -> bool:
        cookies = headers.get("cookie")
        with suppress(CookieError):
            if cookies is not None and self._tokens.in_cookies(SimpleCookie(cookies)):
                return True
        scheme, _, given = headers.get("authorization", "").partition(" ")
        given = given.strip()
        return scheme.lower() == "bearer" and bool(given) and self._tokens.is_token(given, client)

    def _store_cookie(self, scope: Scope, token: str) -> Response:
        """Store a cookie made from the token, and redirect to the page without the token in its URL."""
        response = Response(status_code=303, headers={"Location": self._tokens.page_of(token)})
        name, value = self._tokens.cookie_of(token)
        response.set_cookie(
            name,
            value,
            max_age=_YEAR_S,
            path=f"{self._settings.root_path}/",
            httponly=True,
            samesite="strict",
            secure=scope["scheme"] == "https",
        )
        return response
