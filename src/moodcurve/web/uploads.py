"""Receive an uploaded file (multipart/form-data, RFC 7578) and write it to the temporary folder as it arrives."""

import asyncio
import logging
import os
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from fastapi import Request
from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header
from starlette.requests import ClientDisconnect

from moodcurve.util.text import one_line
from moodcurve.web.errors import ProblemError
from moodcurve.web.temp_folder import ensure_private

FIELD = "file"
MIN_BYTES_PER_S = 16384.0
"""Lowest average data rate of an upload, checked once its timeout has passed."""
MAX_UPLOAD_S = 3600.0
"""Longest time of an upload."""
_FORM_BYTES = 1 << 16
"""Maximum size of the form around the file: boundaries and headers."""
_WRITE_BYTES = 1 << 20
"""Number of bytes written to disk at a time."""
_MAX_NAME = 200
_DISCARD_BYTES, _DISCARD_S = 1 << 28, 5.0
"""Limits on reading the rest of a rejected body."""

# the client gets its messages about invalid forms in the response; the log of the server needs none
logging.getLogger("python_multipart").addHandler(logging.NullHandler())

_EXPECTED = f"expected multipart/form-data with a file in the field {FIELD!r} and no other field"


@dataclass(frozen=True)
class ReceivedFile:
    """A completely uploaded file: its path, and the file name that the sender gave."""

    path: Path
    name: str


class Body:
    """The body of a request, read as it arrives.

    Parameters
    ----------
    request : Request
    timeout_s : float
        Longest time without data.

    Attributes
    ----------
    ended : bool
        Whether the whole body has been read.
    """

    def __init__(self, request: Request, *, timeout_s: float) -> None:
        self.request = request
        self._timeout_s = timeout_s
        self.ended = False

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the body in chunks; raise ClientDisconnect if the client leaves, ProblemError if it is slow."""
        started, arrived = time.monotonic(), 0
        while not self.ended:
            try:
                async with asyncio.timeout(self._timeout_s):
                    chunk = await self._read()
            except TimeoutError:
                raise _too_slow() from None
            arrived += len(chunk)
            elapsed_s = time.monotonic() - started
            if (elapsed_s > self._timeout_s and arrived < MIN_BYTES_PER_S * elapsed_s) or elapsed_s > MAX_UPLOAD_S:
                raise _too_slow()
            yield chunk

    def declared_size(self, max_bytes: int) -> int:
        """Return the size that the headers declare, or `max_bytes` if that is less or they declare none."""
        length = self.request.headers.get("content-length", "")
        return min(int(length), max_bytes) if length.isdecimal() else max_bytes

    async def discard(self) -> None:
        """Read and discard the rest of a rejected body if the connection closes after the response.

        Closing a connection with unread data resets it, and the client may never see the response. If the connection
        stays open, uvicorn discards the data. A client that sent ``Expect: 100-continue`` sends no body.
        """
        headers, left = self.request.headers, _DISCARD_BYTES
        closes = headers.get("connection", "").lower() == "close" or self.request.scope["http_version"] == "1.0"
        if not closes or "expect" in headers:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(_DISCARD_S):
                while left > 0 and not self.ended:
                    left -= len(await self._read())

    async def _read(self) -> bytes:
        message = await self.request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        self.ended = not message.get("more_body", False)
        chunk: bytes = message.get("body", b"")
        return chunk


async def receive(body: Body, folder: Path, *, max_bytes: int) -> ReceivedFile:
    """Write the file in a request body to `folder`, under a random name.

    Raises
    ------
    ProblemError
        If the body is not a form with one file, the file is larger than `max_bytes`, the upload is too slow, or the
        disk is full. The file is then deleted, also if the client disconnects (ClientDisconnect).
    """
    headers = body.request.headers
    kind, options = parse_options_header(headers.get("content-type"))
    if kind != b"multipart/form-data":
        raise ProblemError(415, _EXPECTED, {"Accept-Post": "multipart/form-data"})
    length = headers.get("content-length", "")
    if length.isdecimal() and int(length) > max_bytes + _FORM_BYTES:
        raise _too_large(max_bytes)
    try:
        form = _Form(options.get(b"boundary", b""), max_bytes)
    except (FormParserError, ValueError) as error:
        raise ProblemError(400, f"missing or invalid form boundary; {_EXPECTED}") from error
    path = folder / secrets.token_hex(16)
    complete = False
    try:
        ensure_private(folder)
        with open(path, "xb", opener=_private) as file:
            await _write(body, form, file)
        complete = True
    except FormParserError as error:
        raise ProblemError(400, f"invalid form ({one_line(str(error))}); {_EXPECTED}") from error
    except OSError as error:
        raise ProblemError(507, f"cannot store the file ({error.strerror})") from error
    finally:
        if not complete:
            path.unlink(missing_ok=True)
    return ReceivedFile(path, form.name)


def _private(path: str, flags: int) -> int:
    """Open a file that only this user can read."""
    return os.open(path, flags, 0o600)


def _too_large(max_bytes: int) -> ProblemError:
    """Return the error for a file that is too large."""
    return ProblemError(413, f"the file is larger than the maximum of this server, {max_bytes / 2**20:g} MiB")


async def _write(body: Body, form: "_Form", file: BinaryIO) -> None:
    async for chunk in body.chunks():
        form.feed(chunk)
        if len(form.pending) >= _WRITE_BYTES:
            await _flush(form, file)
    form.check_complete()
    await _flush(form, file)


async def _flush(form: "_Form", file: BinaryIO) -> None:
    data, form.pending = form.pending, bytearray()
    await asyncio.to_thread(file.write, data)


def _too_slow() -> ProblemError:
    return ProblemError(408, "the upload was too slow; try again", {"Connection": "close"})


class _Form:
    """Incremental parser of a form with one file; `pending` holds file data that is not yet written."""

    def __init__(self, boundary: bytes, max_bytes: int) -> None:
        if not boundary:
            raise ValueError("no boundary")
        self.name = ""
        self.pending = bytearray()
        self._max_bytes = max_bytes
        self._size = 0
        self._parts = 0
        self._ended = False
        self._header = [b"", b""]
        self._headers: dict[bytes, bytes] = {}
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin_part,
                "on_header_field": lambda data, start, end: self._read_header(0, data[start:end]),
                "on_header_value": lambda data, start, end: self._read_header(1, data[start:end]),
                "on_header_end": self._end_header,
                "on_headers_finished": self._end_headers,
                "on_part_data": self._read_data,
                "on_end": self._end_form,
            },
        )

    def feed(self, chunk: bytes) -> None:
        """Parse a chunk."""
        if chunk:
            self._parser.write(chunk)

    def check_complete(self) -> None:
        """Raise ProblemError unless the form is complete."""
        if not self._ended or not self._parts:
            raise ProblemError(400, f"incomplete or empty form; {_EXPECTED}")

    def _begin_part(self) -> None:
        self._parts += 1
        if self._parts > 1:
            raise ProblemError(422, f"more than one field; {_EXPECTED}")

    def _read_header(self, index: int, data: bytes) -> None:
        self._header[index] += data

    def _end_header(self) -> None:
        field, value = self._header
        self._headers[field.lower()] = value
        self._header = [b"", b""]

    def _end_headers(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition"))
        if options.get(b"name") != FIELD.encode() or b"filename" not in options:
            raise ProblemError(422, f"another field, or no file; {_EXPECTED}")
        self.name = display_name(options[b"filename"])

    def _read_data(self, data: bytes, start: int, end: int) -> None:
        self._size += end - start
        if self._size > self._max_bytes:
            raise _too_large(self._max_bytes)
        self.pending += data[start:end]

    def _end_form(self) -> None:
        self._ended = True


def display_name(sent: bytes) -> str:
    r"""Return a file name from a client for display: one line without folders. It is never used to open a file.

    >>> display_name(b"C:\\music\\so\nng.mp3"), display_name(b"../../etc/passwd"), display_name(b"")
    ('so\\nng.mp3', 'passwd', 'upload')
    """
    name = sent.decode("utf-8", "replace").replace("\\", "/").rsplit("/", 1)[-1]
    return one_line(name)[:_MAX_NAME].strip() or "upload"
