"""Audio of library songs, complete or as a byte range (RFC 9110, section 14).

A library may come from elsewhere and name any file, so its word counts for nothing: only unchanged files with sound are
served, below the folders that this user scanned or named.
"""

import asyncio
import os
import re
import stat
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from io import FileIO
from pathlib import Path, PurePath
from typing import NamedTuple

from fastapi import Response
from fastapi.responses import StreamingResponse

from moodcurve.audio.filetypes import MIME_TYPES, holds_audio
from moodcurve.library.scanning.walk import is_below, state_of
from moodcurve.web.errors import ProblemError

_CHUNK = 1 << 18
_HEAD = 1 << 16
"""Bytes in which sound must show."""
_RANGE = re.compile(r"bytes\s*=\s*(\d{0,19})\s*-\s*(\d{0,19})", re.IGNORECASE)


_GONE = "the audio file was moved, removed or replaced; run `moodcurve scan` to update the library"
_CHANGED = "the audio file has changed since it was analyzed; run `moodcurve scan` to analyze it again"


class OpenFile(NamedTuple):
    """An open file that is unchanged since its scan."""

    file: FileIO
    size: int
    mtime_ns: int
    media_type: str

    @property
    def etag(self) -> str:
        """Entity tag, which changes with the file."""
        return f'"{self.mtime_ns:x}-{self.size:x}"'


def open_unchanged(files: Mapping[str, tuple[int, int]], roots: Sequence[str]) -> OpenFile:
    """Open the first file whose size and modification time (in nanoseconds) are as stored in the library.

    Only files below `roots`, which are real paths, that hold sound by their content count. Paths that are or contain
    symbolic links are skipped: library paths have none, so the file was replaced. Where an open file lies is asked
    after it was opened, so that a folder cannot be replaced by a link in between.

    Raises
    ------
    ProblemError
        If there is no such file.
    """
    allowed = {path: known for path, known in files.items() if any(is_below(path, root) for root in roots)}
    if files and not allowed:
        raise ProblemError(
            404,
            "the song is not in a folder scanned on this computer; run `moodcurve scan`, or serve with --music FOLDER",
        )
    changed = False
    for path, known in allowed.items():
        with suppress(OSError, ValueError):  # ValueError: a zero byte in the name
            # non-blocking, because opening a pipe would wait for its writer
            flags = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"))
            file = FileIO(os.open(path, flags))
            status = os.fstat(file.fileno())
            state = state_of(status)
            is_own = stat.S_ISREG(status.st_mode) and _path_of(file, path) == path
            is_same = (state.size, state.mtime_ns) == known
            if is_own and is_same and holds_audio(file.read(_HEAD)):
                file.seek(0)
                ending = PurePath(path).suffix[1:].lower()
                return OpenFile(file, *known, MIME_TYPES.get(ending, "application/octet-stream"))
            changed |= is_own and not is_same
            file.close()
    raise ProblemError(404, _CHANGED if changed else _GONE)


def _path_of(file: FileIO, path: str) -> str:
    """Return where an open file lies; where systems cannot tell, where its path leads now."""
    if sys.platform == "linux":
        return str(Path(f"/proc/self/fd/{file.fileno()}").readlink())
    found = Path(os.path.realpath(path))
    return str(found) if os.path.samestat(found.stat(), os.fstat(file.fileno())) else ""


def audio_response(opened: OpenFile, headers: Mapping[str, str], *, head: bool = False) -> Response:
    """Return a response with a file or the requested range; it closes the file at its end.

    Requests for several ranges, or with an outdated ``If-Range``, get the complete file.
    """
    response_headers = {"Accept-Ranges": "bytes", "ETag": opened.etag, "Cache-Control": "private, no-cache"}
    requested = headers.get("range") if headers.get("if-range", opened.etag) == opened.etag else None
    first, end, status = 0, opened.size, 200
    if headers.get("if-none-match") == opened.etag:
        opened.file.close()
        return Response(status_code=304, headers=response_headers)
    byte_range = None if requested is None else _parse_range(requested, opened.size)
    if byte_range is not None:
        first, end = byte_range
        if first >= end:
            opened.file.close()
            problem = ProblemError(
                416,
                f"the range is beyond the end of the file ({opened.size} bytes)",
                {"Content-Range": f"bytes */{opened.size}"},
            )
            return problem.response()
        status = 206
        response_headers["Content-Range"] = f"bytes {first}-{end - 1}/{opened.size}"
    response_headers["Content-Length"] = str(end - first)
    if not head and end - first <= _CHUNK:  # no stream, and no second thread
        return Response(_read_at_once(opened.file, first, end), status, response_headers, opened.media_type)
    if head:
        opened.file.close()
        return Response(status_code=status, headers=response_headers, media_type=opened.media_type)
    body = _read(opened.file, first, end)
    return StreamingResponse(body, status, response_headers, opened.media_type)


def _parse_range(text: str, size: int) -> tuple[int, int] | None:
    """Return start and end (exclusive) of a byte range, which may be empty; None if the header is not one range.

    >>> _parse_range("bytes=0-9", 100), _parse_range("bytes=-10", 100), _parse_range("bytes=100-", 100)
    ((0, 10), (90, 100), (100, 100))
    """
    found = _RANGE.fullmatch(text.strip())
    first, last = found.groups() if found else ("", "")
    if not first and not last:
        return None
    if not first:  # the last bytes of the file
        return max(0, size - int(last)), size
    if last and int(last) < int(first):
        return None
    return int(first), min(int(last) + 1, size) if last else size


def _read_at_once(file: FileIO, first: int, end: int) -> bytes:
    """Read a short range, and close the file.

    Raises
    ------
    ProblemError
        If the file was truncated.
    """
    data = bytearray()
    with file:
        file.seek(first)
        while chunk := file.read(end - first - len(data)):  # which may return less than there is
            data += chunk
    if len(data) < end - first:
        raise ProblemError(404, _CHANGED)
    return bytes(data)


async def _read(file: FileIO, first: int, end: int) -> AsyncIterator[bytes]:
    with file:
        file.seek(first)
        while first < end:
            chunk = await asyncio.to_thread(file.read, min(_CHUNK, end - first))
            if not chunk:
                raise ConnectionAbortedError("the file was truncated while it was read")
            first += len(chunk)
            yield chunk
