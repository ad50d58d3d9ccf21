"""The access token: comparing it, slowing down guesses, and carrying it to a browser."""

import hashlib
import hmac
import os
from html import escape
from pathlib import Path

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


class AccessToken:
    """The token that clients must send, and the cookie made from it.

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
        self.cookie = hmac.digest(token.encode(), self.cookie_name.encode(), "sha256").hex()
        self._digest = _digest(token)
        self._by_client = RateLimiter(per_minute=GUESSES_PER_MINUTE, burst=GUESSES)
        self._by_all = RateLimiter(per_minute=ALL_GUESSES_PER_MINUTE, burst=ALL_GUESSES)

    def is_cookie(self, given: str) -> bool:
        """Return True if a cookie's value is the right one."""
        return hmac.compare_digest(_digest(given), _digest(self.cookie))

    def is_token(self, given: str, client: str) -> bool:
        """Return True if a client sent the right token.

        Raises
        ------
        ProblemError
            If there were too many wrong ones before; then this one is not compared.
        """
        self._by_client.check(client)
        self._by_all.check("")
        if hmac.compare_digest(_digest(given), self._digest):
            return True
        self._by_client.take(client)
        self._by_all.take("")
        return False


def _digest(text: str) -> bytes:
    """Return a hash, of which a comparison takes the same time for all texts."""
    return hashlib.sha256(text.encode("utf-8", "replace")).digest()


def write_redirect(folder: Path, url: str) -> Path:
    """Write a page into a private folder that only this user can read, and that opens a URL; return its path.

    A URL with a token, given to a browser, would be in its command line, which other users of the machine can see.
    """
    path = folder / "open.html"
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(_REDIRECT.format(url=escape(url)))
    return path
