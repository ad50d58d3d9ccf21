"""HTTP server for the web page and its API: library songs, uploads and their curves. Needs the extra `web`."""

from moodcurve.errors import MoodcurveError
from moodcurve.util.optional import require


class WebError(MoodcurveError):
    """The server cannot start: an invalid address, port, token or limit, or a missing package."""


# checked once for the whole package, so that its modules can use plain imports
require("fastapi", "prometheus_client", "python_multipart", "uvicorn", what="serving", extra="web", error=WebError)
