"""Access tokens: comparing them, slowing down guesses, and carrying them to a browser."""

import hashlib
import hmac
import os
from collections.abc import Mapping
from html import escape
from http.cookies import Morsel
from pathlib import Path
from typing import Protocol

from moodcurve.web.rate_limit import RateLimiter

GUESSES, GUESSES_PER_MINUTE = 10, 10
"""Wrong tokens that a client may send at once, and then per minute."""
ALL_GUESSES, ALL_GUESSES_PER_MINUTE = 200, 120
"""The same for all clients together."""
_REDIRECT = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="referrer" content="no-referrer">
<meta http-equiv="refresh" content="0; url={url}">
<title>moodcurve</title>
<p><a href="{url}">Open moodcurve</a></p>
</html>
"""


class Tokens(Protocol):
    """The tokens that a server accepts, and the cookies made from them."""

    def is_token(self, given: str, client: str) -> bool:
        """Return True if a client sent a right token.

        Raises
        ------
        ProblemError
            If there were too many wrong ones before; then this one is not compared.
        """

    def in_cookies(self, cookies: Mapping[str, Morsel[str]]) -> bool:
        """Return True if one of the cookies of a request is a right one."""

    def cookie_of(self, token: str) -> tuple[str, str]:
        """Return name and value of the cookie made from a right token."""

    def page_of(self, token: str) -> str:
        """Return the page that a right token opens, relative to the address that contains it."""


class Guesses:
    """Slow down guesses of tokens: wrong ones are counted for each client, and for all together."""

    def __init__(self) -> None:
        self._by_client = RateLimiter(per_minute=GUESSES_PER_MINUTE, burst=GUESSES)
        self._by_all = RateLimiter(per_minute=ALL_GUESSES_PER_MINUTE, burst=ALL_GUESSES)

    def check(self, client: str) -> None:
        """Check that a client may send a token.

        Raises
        ------
        ProblemError
            If there were too many wrong ones.
        """
        self._by_client.check(client)
        self._by_all.check("")

    def count(self, client: str) -> None:
        """Count a wrong token of a client."""
        self._by_client.take(client)
        self._by_all.take("")


class AccessToken:
    """The one token that clients must send, and the cookie made from it; see `Tokens`.

    Browsers send cookies to all ports of a host, so the cookie does not reveal the token. It is random enough that only
    guesses of the token itself, which a person may have chosen, must be slowed down.

    Parameters
    ----------
    token : str
    port : int
        Port on which the server listens.

    Attributes
    ----------
    cookie_name, cookie : str
        Name and value of the cookie; they differ between ports.
    """

    def __init__(self, token: str, port: int) -> None:
        self.cookie_name = f"moodcurve-{port}"
        self.cookie = cookie_value(token, self.cookie_name)
        self._digest = token_digest(token)
        self._guesses = Guesses()

    def in_cookies(self, cookies: Mapping[str, Morsel[str]]) -> bool:
        """Return True if one of the cookies of a request is the right one."""
        given = cookies.get(self.cookie_name)
        return given is not None and hmac.compare_digest(token_digest(given.value), token_digest(self.cookie))

    def is_token(self, given: str, client: str) -> bool:
        """Return True if a client sent the right token; see `Tokens`."""
        self._guesses.check(client)
        if hmac.compare_digest(token_digest(given), self._digest):
            return True
        self._guesses.count(client)
        return False

    def cookie_of(self, token: str) -> tuple[str, str]:
        """Return name and value of the cookie."""
        return self.cookie_name, self.cookie

    def page_of(self, token: str) -> str:
        """Return the page, without the token in its URL."""
        return "./"


def token_digest(text: str) -> bytes:
    """Return a hash, of which a comparison takes the same time for all texts."""
    return hashlib.sha256(text.encode("utf-8", "replace")).digest()


def cookie_value(token: str, name: str) -> str:
    """Return the value of a cookie, from which nobody can find the token."""
    return hmac.digest(token.encode(), name.encode(), "sha256").hex()


def write_redirect(folder: Path, url: str) -> Path:
    """Write a page into a private folder that only this user can read, and that opens a URL; return its path.

    A URL with a token, given to a browser, would be in its command line, which other users of the machine can see.
    """
    path = folder / "open.html"
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(_REDIRECT.format(url=escape(url)))
    return path
