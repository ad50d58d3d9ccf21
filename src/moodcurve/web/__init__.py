"""The web page's server: a library's songs, uploads and their curves over HTTP. All that needs the extra `web`."""

import importlib.util

from moodcurve.errors import MoodcurveError


class WebError(MoodcurveError):
    """The server cannot be started as asked: an address, a port, a token, or a package that is missing."""


def _require(names: tuple[str, ...]) -> None:
    for name in names:
        try:
            found = importlib.util.find_spec(name) is not None
        except ModuleNotFoundError:
            found = False
        if not found:
            raise WebError(f"serving needs {name}: install it with pip install 'moodcurve[web]'")


# asked here, at the folder's one door, so that its modules can import them plainly
_require(("fastapi", "python_multipart", "uvicorn"))
