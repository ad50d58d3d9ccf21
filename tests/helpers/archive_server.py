"""A server on this machine that offers one file, and fails in ways that a test asks for."""

import hashlib
import io
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any


@dataclass
class Answers:
    """What the server offers, how the next answers fail, and the requests that it got.

    Each of `failures` is used for one request: ``stall`` and ``truncate`` after half of what was asked for, ``corrupt``
    changes the last byte, ``503`` and other numbers are a status, ``html`` is a page, ``ignore-range`` sends all, and
    ``wrong-range`` another part.
    """

    content: bytes
    failures: list[str] = field(default_factory=list)
    etag: str = '"1"'
    modified: str = formatdate(1_700_000_000, usegmt=True)
    headers: Mapping[str, str] = field(default_factory=dict)
    redirect: str = ""
    with_length: bool = True
    requests: list[dict[str, str]] = field(default_factory=list)
    released: Event = field(default_factory=Event)
    url: str = ""

    @property
    def ranges(self) -> list[str]:
        """The ranges that were asked for, in order; empty for the whole file."""
        return [request.get("range", "") for request in self.requests]


@contextmanager
def archive_server(answers: Answers) -> Iterator[Answers]:
    """Serve a file at ``answers.url``."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answers.requests.append({name.casefold(): value for name, value in self.headers.items()})
            failure = answers.failures.pop(0) if answers.failures else ""
            if answers.redirect:
                self.send_response(302)
                self.send_header("Location", answers.redirect)
                self.end_headers()
                return
            if failure.isdecimal():
                self.send_error(int(failure))
                return
            if failure == "html":
                self._send(200, b"<!DOCTYPE html><p>We have moved", kind="text/html; charset=utf-8")
                return
            if failure == "html-as-zip":
                self._send(200, b"\n<!DOCTYPE html><p>We have moved")
                return
            self._send_file(failure)

        def _send_file(self, failure: str) -> None:
            content = answers.content
            start, status = self._start(), 200
            headers = {}
            if start is not None and failure != "ignore-range":
                if start >= len(content):
                    self.send_error(416)
                    return
                status = 206
                start += 1 if failure == "wrong-range" else 0
                headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
                content = content[start:]
            if failure == "corrupt":
                content = content[:-1] + bytes([content[-1] ^ 1])
            self._send(status, content, headers=headers, failure=failure)

        def _start(self) -> int | None:
            """First byte of the range, if the file is still the one that the client knows."""
            condition = self.headers.get("If-Range", "")
            given = self.headers.get("Range", "")
            if not given or (condition and condition not in (answers.etag, answers.modified)):
                return None
            return int(given.removeprefix("bytes=").rstrip("-"))

        def _send(
            self,
            status: int,
            content: bytes,
            *,
            kind: str = "application/zip",
            headers: Mapping[str, str] | None = None,
            failure: str = "",
        ) -> None:
            self.send_response(status)
            given = {"Content-Type": kind, "ETag": answers.etag, "Last-Modified": answers.modified}
            given |= {"Content-Length": str(len(content))} if answers.with_length else {}
            for name, value in (given | dict(headers or {}) | dict(answers.headers)).items():
                if value:
                    self.send_header(name, value)
            self.end_headers()
            if failure in ("stall", "truncate"):
                self.wfile.write(content[: len(content) // 2])
                self.wfile.flush()
                if failure == "stall":
                    answers.released.wait(20)
                self.close_connection = True
                return
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    answers.url = f"http://127.0.0.1:{server.server_port}/files/set.zip"
    try:
        yield answers
    finally:
        answers.released.set()
        server.shutdown()
        server.server_close()
        thread.join()


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Return a ZIP archive of files."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def md5(content: bytes) -> str:
    """Return a checksum as the catalog has it."""
    return f"md5:{hashlib.md5(content, usedforsecurity=False).hexdigest()}"
