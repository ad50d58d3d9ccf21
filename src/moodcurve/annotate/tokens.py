"""Which requests come from the person who runs a study, and which from which rater."""

from collections.abc import Mapping
from contextlib import suppress
from http.cookies import CookieError, Morsel, SimpleCookie

from fastapi import Request

from moodcurve.annotate.access import Access
from moodcurve.web.errors import ProblemError
from moodcurve.web.rate_limit import client_of
from moodcurve.web.tokens import Guesses, cookie_value, token_digest

OWNER = ""
"""Name of the person who runs the study, among those of raters."""


class StudyTokens:
    """The tokens of a study; see `moodcurve.web.tokens.Tokens`.

    The person who runs the study and the raters have cookies of different names, so that one browser can open the
    overview and a rater's page.

    Parameters
    ----------
    access : Access
    port : int
        Port on which the server listens.
    """

    def __init__(self, access: Access, port: int) -> None:
        self._access = access
        self._owner_cookie = f"moodcurve-study-{port}"
        self._rater_cookie = f"moodcurve-rater-{port}"
        self._guesses = Guesses()
        self._known: dict[bytes, str] = {}
        self._of: tuple[str, dict[str, str]] | None = None

    def is_token(self, given: str, client: str) -> bool:
        """Return True if a client sent the token of the study or of a rater."""
        self._guesses.check(client)
        if self._name_of(given) is not None:
            return True
        self._guesses.count(client)
        return False

    def in_cookies(self, cookies: Mapping[str, Morsel[str]]) -> bool:
        """Return True if one of the cookies of a request is a right one."""
        return any(self._name_in_cookie(cookies, owner=owner) is not None for owner in (True, False))

    def cookie_of(self, token: str) -> tuple[str, str]:
        """Return name and value of the cookie made from a right token."""
        name = self._owner_cookie if self._name_of(token) == OWNER else self._rater_cookie
        return name, cookie_value(token, name)

    def page_of(self, token: str) -> str:
        """Return the page that a right token opens."""
        return "./overview" if self._name_of(token) == OWNER else "./"

    def rater(self, request: Request) -> str:
        """Return the name of the rater who sent a request.

        Raises
        ------
        ProblemError
            If it comes from no rater.
        """
        name = self._name(request, owner=False)
        if name is None:
            raise ProblemError(401, "this page is for invited raters: open the link that you were given")
        return name

    def check_owner(self, request: Request) -> None:
        """Check that a request comes from the person who runs the study.

        Raises
        ------
        ProblemError
            If not.
        """
        if self._name(request, owner=True) is None:
            raise ProblemError(403, "only the person who runs the study may do this")

    def _name(self, request: Request, *, owner: bool) -> str | None:
        """Return who sent a request; None if it was the other kind of person, or nobody."""
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and self.is_token(given.strip(), client_of(request.scope)):
            name = self._name_of(given.strip())
            return name if (name == OWNER) == owner else None
        with suppress(CookieError):
            return self._name_in_cookie(SimpleCookie(request.headers.get("cookie", "")), owner=owner)
        return None

    def _name_in_cookie(self, cookies: Mapping[str, Morsel[str]], *, owner: bool) -> str | None:
        cookie = cookies.get(self._owner_cookie if owner else self._rater_cookie)
        name = None if cookie is None else self._names().get(token_digest(cookie.value))
        # a rater could send their cookie under the other name
        return name if (name == OWNER) == owner else None

    def _name_of(self, token: str) -> str | None:
        return self._names().get(token_digest(token))

    def _names(self) -> dict[bytes, str]:
        """Return who sends a token or a cookie, by its hash."""
        current = self._access.owner, self._access.raters
        if current != self._of:
            owner, raters = current
            self._known = {token_digest(owner): OWNER, token_digest(cookie_value(owner, self._owner_cookie)): OWNER}
            for name, token in raters.items():
                self._known[token_digest(token)] = name
                self._known[token_digest(cookie_value(token, self._rater_cookie))] = name
            self._of = current
        return self._known
