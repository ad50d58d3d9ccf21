"""A file that a client sends (multipart/form-data, RFC 7578), written to the server's folder as it arrives."""

import asyncio
import logging
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

FIELD = "file"
SILENT_S = 30.0
"""How long nothing may arrive."""
LEAST_RATE = 4096.0
"""Bytes a second that must arrive on average, once `SILENT_S` has passed."""
_ENVELOPE = 1 << 16
"""Bytes around the file that a body may have: boundaries, and a part's headers."""
_WRITTEN = 1 << 20
"""So many bytes are written at once."""
_LONGEST_NAME = 200
_SPARED, _SPARED_S = 1 << 28, 5.0
"""So many bytes are read of a body that is refused, for so long."""

# what it says of forms that are none is answered, and not for the one who runs the server
logging.getLogger("python_multipart").addHandler(logging.NullHandler())

_EXPECTED = f"expected multipart/form-data with the one field {FIELD!r}, a file"


@dataclass(frozen=True)
class Received:
    """A file that has arrived whole: where it is, and what its sender calls it."""

    path: Path
    name: str


class Body:
    """The body of a request, as it arrives.

    Attributes
    ----------
    request : Request
    ended : bool
        Whether all of it has been read.
    """

    def __init__(self, request: Request) -> None:
        self.request = request
        self.ended = False

    async def chunks(self) -> AsyncIterator[bytes]:
        """Give it in parts; ClientDisconnect if the client goes away, ProblemError if it is too slow."""
        began, arrived = time.monotonic(), 0
        while not self.ended:
            try:
                async with asyncio.timeout(SILENT_S):
                    chunk = await self._read()
            except TimeoutError:
                raise _too_slow() from None
            arrived += len(chunk)
            elapsed_s = time.monotonic() - began
            if elapsed_s > SILENT_S and arrived < LEAST_RATE * elapsed_s:
                raise _too_slow()
            yield chunk

    async def spare(self) -> None:
        """Read and forget what is left of a body that is refused, where the connection ends with the answer.

        Closed with bytes unread, a connection is reset, and the answer may be lost on its way. On a connection that
        stays open the server forgets them after the answer; a client that asks before it sends (100-continue) sends
        none.
        """
        headers, left = self.request.headers, _SPARED
        closes = headers.get("connection", "").lower() == "close" or self.request.scope["http_version"] == "1.0"
        if not closes or "expect" in headers:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(_SPARED_S):
                while left > 0 and not self.ended:
                    left -= len(await self._read())

    async def _read(self) -> bytes:
        message = await self.request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        self.ended = not message.get("more_body", False)
        chunk: bytes = message.get("body", b"")
        return chunk


async def receive(body: Body, folder: Path, *, most: int) -> Received:
    """Write the file of a request's body to `folder`, under a name of our own.

    Raises
    ------
    ProblemError
        If the body is no form with one file, the file is larger than `most` bytes, it comes too slowly, or there is
        no room for it. Nothing is left of it then, nor when the client goes away (ClientDisconnect).
    """
    headers = body.request.headers
    kind, options = parse_options_header(headers.get("content-type"))
    if kind != b"multipart/form-data":
        raise ProblemError(415, _EXPECTED, {"Accept-Post": "multipart/form-data"})
    length = headers.get("content-length", "")
    if length.isdecimal() and int(length) > most + _ENVELOPE:
        raise too_large(most)
    try:
        form = _Form(options.get(b"boundary", b""), most)
    except (FormParserError, ValueError) as error:
        raise ProblemError(400, f"the form's boundary cannot be used; {_EXPECTED}") from error
    path = folder / secrets.token_hex(16)
    whole = False
    try:
        with path.open("xb") as file:
            await _write(body, form, file)
        whole = True
    except FormParserError as error:
        raise ProblemError(400, f"the form cannot be read ({one_line(str(error))}); {_EXPECTED}") from error
    except OSError as error:
        raise ProblemError(507, f"the file cannot be kept ({error.strerror})") from error
    finally:
        if not whole:
            path.unlink(missing_ok=True)
    return Received(path, form.name)


def too_large(most: int) -> ProblemError:
    """Say that a file is too large."""
    return ProblemError(413, f"the file is larger than {most / 2**20:g} MiB, the most that this server takes")


async def _write(body: Body, form: "_Form", file: BinaryIO) -> None:
    async for chunk in body.chunks():
        form.take(chunk)
        if len(form.pending) >= _WRITTEN:
            await _flush(form, file)
    form.finish()
    await _flush(form, file)


async def _flush(form: "_Form", file: BinaryIO) -> None:
    data, form.pending = form.pending, bytearray()
    await asyncio.to_thread(file.write, data)


def _too_slow() -> ProblemError:
    return ProblemError(408, "the file arrives too slowly; send it again", {"Connection": "close"})


class _Form:
    """Reads a form, chunk by chunk, and keeps of its one file what is not written yet."""

    def __init__(self, boundary: bytes, most: int) -> None:
        if not boundary:
            raise ValueError("no boundary")
        self.name = ""
        self.pending = bytearray()
        self._most = most
        self._size = 0
        self._parts = 0
        self._ended = False
        self._header = [b"", b""]
        self._headers: dict[bytes, bytes] = {}
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._part,
                "on_header_field": lambda data, start, end: self._read_header(0, data[start:end]),
                "on_header_value": lambda data, start, end: self._read_header(1, data[start:end]),
                "on_header_end": self._header_end,
                "on_headers_finished": self._headers_end,
                "on_part_data": self._data,
                "on_end": self._end,
            },
        )

    def take(self, chunk: bytes) -> None:
        """Read a chunk."""
        if chunk:
            self._parser.write(chunk)

    def finish(self) -> None:
        """See that the form was whole."""
        if not self._ended or not self._parts:
            raise ProblemError(400, f"the form breaks off before its end, or is empty; {_EXPECTED}")

    def _part(self) -> None:
        self._parts += 1
        if self._parts > 1:
            raise ProblemError(422, f"more than one field; {_EXPECTED}")

    def _read_header(self, place: int, data: bytes) -> None:
        self._header[place] += data

    def _header_end(self) -> None:
        field, value = self._header
        self._headers[field.lower()] = value
        self._header = [b"", b""]

    def _headers_end(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition"))
        if options.get(b"name") != FIELD.encode() or b"filename" not in options:
            raise ProblemError(422, f"another field, or no file; {_EXPECTED}")
        self.name = display_name(options[b"filename"])

    def _data(self, data: bytes, start: int, end: int) -> None:
        self._size += end - start
        if self._size > self._most:
            raise too_large(self._most)
        self.pending += data[start:end]

    def _end(self) -> None:
        self._ended = True


def display_name(sent: bytes) -> str:
    r"""Make a name to show of what a client calls its file: one line without folders, nothing that is ever opened.

    >>> display_name(b"C:\\music\\so\nng.mp3"), display_name(b"../../etc/passwd"), display_name(b"")
    ('so\\nng.mp3', 'passwd', 'upload')
    """
    name = sent.decode("utf-8", "replace").replace("\\", "/").rsplit("/", 1)[-1]
    return one_line(name)[:_LONGEST_NAME].strip() or "upload"
