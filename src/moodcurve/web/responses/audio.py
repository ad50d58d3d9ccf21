"""The sound of a library's songs, whole or a range of it (RFC 9110, section 14), from files that still are as known."""

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


class Opened(NamedTuple):
    """A file that was found to be what the library knows."""

    file: FileIO
    size: int
    mtime_ns: int
    media_type: str

    @property
    def tag(self) -> str:
        """Entity tag: changes with the file."""
        return f'"{self.mtime_ns:x}-{self.size:x}"'


def open_known(files: Mapping[str, tuple[int, int]]) -> Opened:
    """Open the first of some files that is as it was, by its size and time of change.

    A link in its place is not followed, and neither is one in place of a folder above it: library's paths have none.

    Raises
    ------
    ProblemError
        If none is.
    """
    for path, known in files.items():
        with suppress(OSError):
            if os.path.realpath(path) != path:
                continue
            # not blocking: a pipe in its place would wait for a writer
            flags = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"))
            file = FileIO(os.open(path, flags))
            status = os.fstat(file.fileno())
            state = state_of(status)
            if stat.S_ISREG(status.st_mode) and (state.size, state.mtime_ns) == known:
                ending = PurePath(path).suffix[1:].lower()
                return Opened(file, *known, MIME_TYPES.get(ending, "application/octet-stream"))
            file.close()
    raise ProblemError(404, "the song's file is gone or has changed; `moodcurve scan` brings the library up to date")


def answer(opened: Opened, headers: Mapping[str, str], *, head: bool = False) -> Response:
    """Give a file, or the range of it that is asked for; the file is closed when the answer is.

    A request for several ranges gets the whole, and so does one whose ``If-Range`` names another state of the file.
    """
    about = {"Accept-Ranges": "bytes", "ETag": opened.tag, "Cache-Control": "private, no-cache"}
    asked = headers.get("range") if headers.get("if-range", opened.tag) == opened.tag else None
    first, end, status = 0, opened.size, 200
    if headers.get("if-none-match") == opened.tag:
        opened.file.close()
        return Response(status_code=304, headers=about)
    span = None if asked is None else _span(asked, opened.size)
    if span is not None:
        first, end = span
        if first >= end:
            opened.file.close()
            problem = ProblemError(
                416, f"the file has {opened.size} bytes", {"Content-Range": f"bytes */{opened.size}"}
            )
            return problem.response()
        status = 206
        about["Content-Range"] = f"bytes {first}-{end - 1}/{opened.size}"
    about["Content-Length"] = str(end - first)
    if head:
        opened.file.close()
        return Response(status_code=status, headers=about, media_type=opened.media_type)
    body = _read(opened.file, first, end)
    return StreamingResponse(body, status, about, opened.media_type)


def _span(text: str, size: int) -> tuple[int, int] | None:
    """Give start and end of a range, the end not included, which may hold nothing; None where the text is no range.

    >>> _span("bytes=0-9", 100), _span("bytes=90-", 100), _span("bytes=-10", 100), _span("bytes=100-", 100)
    ((0, 10), (90, 100), (90, 100), (100, 100))
    """
    found = _RANGE.fullmatch(text.strip())
    first, last = found.groups() if found else ("", "")
    if not first and not last:
        return None
    if not first:  # the last so many
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
                raise ConnectionAbortedError("the file was cut while it was read")
            first += len(chunk)
            yield chunk
