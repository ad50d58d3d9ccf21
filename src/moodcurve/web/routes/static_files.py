"""The page's files, read once when the server starts: no request ever names a file of this machine."""

import gzip
import hashlib
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import NamedTuple

from fastapi import FastAPI, Request, Response

_FOREVER = "public, max-age=31536000, immutable"
_TYPES = {
    ".js": "text/javascript", ".css": "text/css", ".html": "text/html", ".svg": "image/svg+xml", ".png": "image/png",
    ".ico": "image/x-icon", ".woff2": "font/woff2", ".webmanifest": "application/manifest+json", ".txt": "text/plain",
}  # fmt: skip
"""By ending: the system's own table can be changed by other programs."""


class Page(NamedTuple):
    """A file of the page."""

    body: bytes
    zipped: bytes
    media_type: str
    tag: str
    caching: str

    def answer(self, request: Request) -> Response:
        """Answer a request for it."""
        headers = {"ETag": self.tag, "Cache-Control": self.caching, "Vary": "Accept-Encoding"}
        if request.headers.get("if-none-match") == self.tag:
            return Response(status_code=304, headers=headers)
        body = self.body
        if takes_gzip(request):
            body = self.zipped
            headers["Content-Encoding"] = "gzip"
        return Response(body, headers=headers, media_type=self.media_type)


def add_pages(app: FastAPI) -> None:
    """Serve each file of the folder ``static`` at its own address, ``index.html`` at ``/``."""
    for name, page in _pages(files("moodcurve.web") / "static", "/"):
        address = "/" if name == "/index.html" else name

        async def endpoint(request: Request, page: Page = page) -> Response:
            return page.answer(request)

        app.router.add_route(address, endpoint, methods=["GET"], include_in_schema=False)


def takes_gzip(request: Request) -> bool:
    """Tell whether a client takes compressed answers."""
    return "gzip" in request.headers.get("accept-encoding", "")


def _pages(folder: Traversable, place: str) -> list[tuple[str, Page]]:
    found = []
    for entry in folder.iterdir():
        if entry.is_dir():
            found += _pages(entry, f"{place}{entry.name}/")
            continue
        body = entry.read_bytes()
        ending = f".{entry.name.rpartition('.')[2]}"
        # names of assets hold a hash of what is in them
        caching = _FOREVER if place == "/assets/" else "no-cache"
        media_type = _TYPES.get(ending, "application/octet-stream")
        tag = f'W/"{hashlib.sha256(body).hexdigest()[:20]}"'
        found.append((place + entry.name, Page(body, gzip.compress(body, mtime=0), media_type, tag, caching)))
    return found
