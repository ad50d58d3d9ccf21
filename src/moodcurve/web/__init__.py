"""The web page's server: a library's songs, uploads and their curves over HTTP. All that needs the extra `web`."""

from moodcurve.errors import MoodcurveError
from moodcurve.util.optional import require


class WebError(MoodcurveError):
    """The server cannot be started as asked: an address, a port, a token, or a package that is missing."""


# asked here, at the folder's one door, so that its modules can import them plainly
require("fastapi", "python_multipart", "uvicorn", what="serving", extra="web", error=WebError)
