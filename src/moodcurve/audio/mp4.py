"""Find the parts of an MP4 file that determine its sound."""

import struct
from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import BinaryIO

from moodcurve.audio.containers import FilePart, read

_SKIPPED = frozenset({b"udta", b"meta", b"free", b"skip", b"wide", b"uuid", b"sidx", b"mfra"})
"""Boxes of tags, padding and seek tables."""
_CONTAINERS = frozenset({b"moov", b"trak", b"edts", b"mdia", b"minf", b"stbl"})
_TIMESTAMPED = frozenset({b"mvhd", b"tkhd", b"mdhd"})
"""Boxes that begin with creation and modification times."""
_MAX_DEPTH = 6


@dataclass(frozen=True)
class _Box:
    """A box: its four-letter type, and start and end of its content."""

    kind: bytes
    inside: int
    end: int


class _MalformedError(Exception):
    """A file does not follow the MP4 format."""


def mp4(file: BinaryIO, start: int, end: int) -> list[FilePart] | None:
    """Return ``mdat`` and the index without tags and times, with chunk offsets relative to ``mdat``.

    The result is therefore the same with the index before or after the samples. None if the file does not follow
    ISO 14496-12 or a chunk lies outside of ``mdat``.
    """
    try:
        boxes = list(_boxes(file, start, end, last_to_end=True))
        data = [box for box in boxes if box.kind == b"mdat"]
        offsets = _OffsetMap(data)
        rest: list[FilePart] = []
        for box in boxes:
            if box.kind != b"mdat" and box.kind not in _SKIPPED:
                rest += _index_parts(file, box, offsets, depth=0)
    except _MalformedError:
        return None
    return [*((box.inside, box.end) for box in data), *rest] if data else None


def mp4_codecs(file: BinaryIO) -> set[bytes]:
    """Return the four letters of each track's sample format, such as ``mp4a``; empty if the index is malformed."""
    try:
        boxes = list(_boxes(file, 0, file.seek(0, 2), last_to_end=True))
        for kind in (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd"):
            boxes = [box for outer in boxes if outer.kind == kind for box in _inner(file, outer)]
    except _MalformedError:
        return set()
    return {box.kind for box in boxes}


def _inner(file: BinaryIO, box: _Box) -> Iterator[_Box]:
    """Yield the boxes in a box; a table of sample formats begins with 8 bytes of version and count."""
    return _boxes(file, box.inside + 8 * (box.kind == b"stsd"), box.end)


def _boxes(file: BinaryIO, at: int, end: int, *, last_to_end: bool = False) -> Iterator[_Box]:
    """Yield the boxes of a byte range.

    A box is 4 bytes of length (these included), 4 of type, and its content; after length 1, 8 more bytes hold the
    length.
    """
    while at < end:
        head = read(file, at, 16)
        length, inside = int.from_bytes(head[:4]), 8
        if length == 1 and len(head) == 16:
            length, inside = int.from_bytes(head[8:]), 16
        elif length == 0 and last_to_end:
            length = end - at
        beyond = at + length > end
        if len(head) < 8 or length < inside or (beyond and not (last_to_end and head[4:8] == b"mdat")):
            raise _MalformedError
        yield _Box(head[4:8], at + inside, min(at + length, end))
        at += length


class _OffsetMap:
    """Convert offsets in a file to offsets in the concatenated ``mdat`` boxes."""

    def __init__(self, data: list[_Box]) -> None:
        self._data = data
        self._starts = [box.inside for box in data]
        self._before = list(accumulate((box.end - box.inside for box in data), initial=0))

    def to_audio(self, offset: int) -> int:
        """Convert one offset.

        Raises
        ------
        _MalformedError
            If it lies outside of all ``mdat`` boxes.
        """
        number = bisect(self._starts, offset) - 1
        if number < 0 or offset > self._data[number].end:
            raise _MalformedError
        return offset - self._starts[number] + self._before[number]


def _index_parts(file: BinaryIO, box: _Box, offsets: _OffsetMap, *, depth: int) -> list[FilePart]:
    """Return the parts of a box of the index."""
    if box.kind in _CONTAINERS:
        if depth == _MAX_DEPTH:
            raise _MalformedError
        found: list[FilePart] = [box.kind]
        for inner in _boxes(file, box.inside, box.end):
            if inner.kind not in _SKIPPED:
                found += _index_parts(file, inner, offsets, depth=depth + 1)
        return found
    if box.kind in (b"stco", b"co64"):
        return [box.kind, _chunk_offsets(file, box, offsets)]
    if box.kind in _TIMESTAMPED:
        times = 16 if read(file, box.inside, 1) == b"\1" else 8
        return [box.kind, (box.inside, box.inside + 4), (min(box.inside + 4 + times, box.end), box.end)]
    return [box.kind, (box.inside, box.end)]


def _chunk_offsets(file: BinaryIO, box: _Box, offsets: _OffsetMap) -> bytes:
    """Return the chunk offsets in the samples, 8 bytes each.

    The box holds 4 zero bytes, 4 bytes of count, and 4 or 8 bytes of each offset.
    """
    content = read(file, box.inside, box.end - box.inside)
    size = 4 if box.kind == b"stco" else 8
    number = int.from_bytes(content[4:8])
    if len(content) < 8 + number * size:
        raise _MalformedError
    found = struct.unpack_from(f">{number}{'I' if size == 4 else 'Q'}", content, 8)
    return struct.pack(f">{number}Q", *map(offsets.to_audio, found))
