"""Static files of the page, read once at start: a request never names a file of this machine."""

import gzip
import hashlib
from collections.abc import Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import NamedTuple

from fastapi import FastAPI, Request, Response

_FOREVER = "public, max-age=31536000, immutable"
_TYPES = {
    ".js": "text/javascript", ".css": "text/css", ".html": "text/html", ".svg": "image/svg+xml", ".png": "image/png",
    ".ico": "image/x-icon", ".woff2": "font/woff2", ".webmanifest": "application/manifest+json", ".txt": "text/plain",
}  # fmt: skip
"""By suffix. Not from `mimetypes`, whose system-wide tables other programs change."""


class StaticFile(NamedTuple):
    """A file, also compressed by gzip, with its response headers."""

    body: bytes
    compressed: bytes
    media_type: str
    etag: str
    cache_control: str

    def response(self, request: Request) -> Response:
        """Return the response to a request for the file."""
        headers = {"ETag": self.etag, "Cache-Control": self.cache_control, "Vary": "Accept-Encoding"}
        if request.headers.get("if-none-match") == self.etag:
            return Response(status_code=304, headers=headers)
        body = self.body
        if accepts_gzip(request):
            body = self.compressed
            headers["Content-Encoding"] = "gzip"
        return Response(body, headers=headers, media_type=self.media_type)


def add_static_files(app: FastAPI, *, package: str = "moodcurve.web", pages: Sequence[str] = ("/",)) -> None:
    """Add a route for each file in the folder ``static`` of a package; ``index.html`` is served at `pages`."""
    for path, file in _read_files(files(package) / "static", "/"):
        for address in pages if path == "/index.html" else [path]:
            add_static_file(app, address, file)


def add_static_file(app: FastAPI, path: str, file: StaticFile) -> None:
    """Add a route for one file."""

    async def endpoint(request: Request) -> Response:
        return file.response(request)

    app.router.add_route(path, endpoint, methods=["GET"], include_in_schema=False)


def static_file(path: str, body: bytes) -> StaticFile:
    """Compress a file, and choose its headers by its path."""
    # Vite puts a hash of the content into the file names of assets, so these never change
    cache_control = _FOREVER if path.startswith("/assets/") else "no-cache"
    media_type = _TYPES.get(f".{path.rpartition('.')[2]}", "application/octet-stream")
    etag = f'W/"{hashlib.sha256(body).hexdigest()[:20]}"'
    return StaticFile(body, gzip.compress(body, mtime=0), media_type, etag, cache_control)


def accepts_gzip(request: Request) -> bool:
    """Return True if a client accepts compressed responses."""
    return "gzip" in request.headers.get("accept-encoding", "")


def _read_files(folder: Traversable, prefix: str) -> list[tuple[str, StaticFile]]:
    found = []
    for entry in folder.iterdir():
        path = prefix + entry.name
        if entry.is_dir():
            found += _read_files(entry, f"{path}/")
        else:
            found.append((path, static_file(path, entry.read_bytes())))
    return found
