"""Audio of library songs, complete or as a byte range (RFC 9110, section 14), from unchanged files only."""

import asyncio
import os
import re
import stat
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from io import FileIO
from pathlib import PurePath
from typing import NamedTuple

from fastapi import Response
from fastapi.responses import StreamingResponse

from moodcurve.audio.filetypes import MIME_TYPES
from moodcurve.library.scanning.walk import state_of
from moodcurve.web.errors import ProblemError

_CHUNK = 1 << 18
_RANGE = re.compile(r"bytes\s*=\s*(\d{0,19})\s*-\s*(\d{0,19})", re.IGNORECASE)


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


def open_unchanged(files: Mapping[str, tuple[int, int]]) -> OpenFile:
    """Open the first file whose size and modification time (in nanoseconds) are as stored in the library.

    Paths that are or contain symbolic links are skipped: library paths have none, so the file was replaced.

    Raises
    ------
    ProblemError
        If there is no such file.
    """
    for path, known in files.items():
        with suppress(OSError):
            if os.path.realpath(path) != path:
                continue
            # non-blocking, because opening a pipe would wait for its writer
            flags = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"))
            file = FileIO(os.open(path, flags))
            status = os.fstat(file.fileno())
            state = state_of(status)
            if stat.S_ISREG(status.st_mode) and (state.size, state.mtime_ns) == known:
                ending = PurePath(path).suffix[1:].lower()
                return OpenFile(file, *known, MIME_TYPES.get(ending, "application/octet-stream"))
            file.close()
    raise ProblemError(404, "the audio file was moved, removed or changed; run `moodcurve scan` to update the library")


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


async def _read(file: FileIO, first: int, end: int) -> AsyncIterator[bytes]:
    with file:
        file.seek(first)
        while first < end:
            chunk = await asyncio.to_thread(file.read, min(_CHUNK, end - first))
            if not chunk:
                raise ConnectionAbortedError("the file was truncated while it was read")
            first += len(chunk)
            yield chunk
