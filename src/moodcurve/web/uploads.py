"""Receive an uploaded file, as a form (RFC 7578) or a body, and write it to the temporary folder as it arrives."""

import asyncio
import logging
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header

from moodcurve.util.text import one_line
from moodcurve.web.errors import ProblemError
from moodcurve.web.request_body import RequestBody
from moodcurve.web.temp_folder import WRITE_BYTES, ensure_private, open_private, store_file

FIELD = "file"
FORM_TYPE = "multipart/form-data"
_ACCEPTED = {"Accept-Post": "multipart/form-data, application/json, audio/*, video/*, application/octet-stream"}
_FORM_BYTES = 1 << 16
"""Maximum size of the form around the file: boundaries and headers."""
_MAX_NAME = 200

# the client gets its messages about invalid forms in the response; the log of the server needs none
logging.getLogger("python_multipart").addHandler(logging.NullHandler())

_EXPECTED = f"expected multipart/form-data with a file in the field {FIELD!r} and no other field"


@dataclass(frozen=True)
class ReceivedFile:
    """A completely uploaded file: its path, and the file name that the sender gave."""

    path: Path
    name: str


async def receive(body: RequestBody, folder: Path, *, max_bytes: int, name: str = "") -> ReceivedFile:
    """Write an uploaded file to `folder`, under a random name: a form's, or the whole body (see `is_sound`).

    Parameters
    ----------
    body : RequestBody
    folder : Path
    max_bytes : int
        Largest file.
    name : str
        File name for display; by default the form's, if it has one.

    Raises
    ------
    ProblemError
        If the body is neither, the file is larger than `max_bytes`, the upload is too slow, or the disk is full. The
        file is then deleted, also if the client disconnects (ClientDisconnect).
    """
    kind = body.media_type
    if kind == FORM_TYPE:
        received = await _receive_form(body, folder, max_bytes)
        return ReceivedFile(received.path, display_name(name.encode()) if name else received.name)
    if not is_sound(kind):
        raise ProblemError(415, f"{_EXPECTED}, or a song with its media type such as audio/mpeg", _ACCEPTED)
    body.check_length(max_bytes, too_large(max_bytes))
    path = await store_file(body.chunks(), folder, max_bytes=max_bytes, too_large=too_large(max_bytes))
    return ReceivedFile(path, display_name(name.encode()))


def is_sound(media_type: str) -> bool:
    """Return True if a body of a media type is a file with sound.

    >>> [is_sound(text) for text in ("audio/mpeg", "video/mp4", "application/octet-stream", "application/json")]
    [True, True, True, False]
    """
    return media_type.startswith(("audio/", "video/")) or media_type in ("application/octet-stream", "application/ogg")


async def _receive_form(body: RequestBody, folder: Path, max_bytes: int) -> ReceivedFile:
    """Write the file in a form to `folder`, under a random name.

    Raises
    ------
    ProblemError
        If the body is not a form with one file; also as `receive`.
    """
    _, options = parse_options_header(body.request.headers.get("content-type"))
    body.check_length(max_bytes + _FORM_BYTES, too_large(max_bytes))
    try:
        form = _Form(options.get(b"boundary", b""), max_bytes)
    except (FormParserError, ValueError) as error:
        raise ProblemError(400, f"missing or invalid form boundary; {_EXPECTED}") from error
    path = folder / secrets.token_hex(16)
    complete = False
    try:
        ensure_private(folder)
        with open(path, "xb", opener=open_private) as file:
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


def too_large(max_bytes: int) -> ProblemError:
    """Return the error for a file that is too large."""
    return ProblemError(413, f"the file is larger than the maximum of this server, {max_bytes / 2**20:g} MiB")


async def _write(body: RequestBody, form: "_Form", file: BinaryIO) -> None:
    async for chunk in body.chunks():
        form.feed(chunk)
        if len(form.pending) >= WRITE_BYTES:
            await _flush(form, file)
    form.check_complete()
    await _flush(form, file)


async def _flush(form: "_Form", file: BinaryIO) -> None:
    data, form.pending = form.pending, bytearray()
    await asyncio.to_thread(file.write, data)


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
            raise too_large(self._max_bytes)
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
