"""Hide large tags from FFmpeg, which compares each of their entries with all before it and unpacks them without limit.

A million short entries take it minutes, and a compressed frame of 4 MB takes 2 GB. Nothing of them is needed.
"""

import shutil
import tempfile
from contextlib import ExitStack
from typing import BinaryIO

from moodcurve.audio.containers import id3v2_length, read

LARGE = 256 * 1024
"""Bytes of a tag that is hidden; usually only those with pictures are larger."""
_COMMENT, _PADDING = 4, 1
"""Types of FLAC's metadata blocks."""


def without_large_tags(file: BinaryIO) -> BinaryIO:
    """Return a temporary copy of a file without large ID3v2 tags at its start and FLAC comments, or the file itself.

    The copy is complete, and its position is at the start; the audio is the same, bit for bit.
    """
    start = 0
    while length := id3v2_length(file, start):
        start += length
    comments = _flac_comments(file, start)
    if start <= LARGE and not comments:
        file.seek(0)
        return file
    with ExitStack() as opened:
        copy = opened.enter_context(tempfile.TemporaryFile())
        file.seek(start)
        shutil.copyfileobj(file, copy, 1 << 20)
        for at, kind in comments:
            copy.seek(at - start)
            copy.write(bytes([kind]))
        copy.flush()
        copy.seek(0)
        opened.pop_all()
        return copy


def _flac_comments(file: BinaryIO, start: int) -> list[tuple[int, int]]:
    """Return where the headers of large comments of a FLAC file are, and the first byte of padding in their place."""
    found: list[tuple[int, int]] = []
    if read(file, start, 4) != b"fLaC":
        return found
    at = start + 4
    while len(head := read(file, at, 4)) == 4:
        length, is_last = int.from_bytes(head[1:]), head[0] & 0x80
        if head[0] & 0x7F == _COMMENT and length > LARGE:
            found.append((at, is_last | _PADDING))
        if is_last:
            break
        at += 4 + length
    return found
