"""MP4: which parts its sound depends on."""

import struct
from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import BinaryIO

from moodcurve.audio.containers import FilePart, read

_SKIPPED = frozenset({b"udta", b"meta", b"free", b"skip", b"wide", b"uuid", b"sidx", b"mfra"})
"""Tags, gaps, and tables of places that serve to seek."""
_CONTAINERS = frozenset({b"moov", b"trak", b"edts", b"mdia", b"minf", b"stbl"})
_TIMESTAMPED = frozenset({b"mvhd", b"tkhd", b"mdhd"})
"""They begin with the times of making and of change."""
_MAX_DEPTH = 6


@dataclass(frozen=True)
class _Box:
    """A box: four letters, where its content begins and ends."""

    kind: bytes
    inside: int
    end: int


class _MalformedError(Exception):
    """A file is not built as MP4 says."""


def mp4(file: BinaryIO, start: int, end: int) -> list[FilePart] | None:
    """Take ``mdat``, and of the index all but tags and times; the places of chunks as they lie in ``mdat``.

    So the index may stand before or behind the samples. None where a file is not built as ISO 14496-12 says, or a
    chunk lies outside of ``mdat``.
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


def _boxes(file: BinaryIO, at: int, end: int, *, last_to_end: bool = False) -> Iterator[_Box]:
    """Give the boxes between two places: 4 bytes of length, which counts them, 4 letters; length 1: 8 bytes more."""
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
    """Places in a file to places in the samples, one ``mdat`` after the other."""

    def __init__(self, data: list[_Box]) -> None:
        self._data = data
        self._starts = [box.inside for box in data]
        self._before = list(accumulate((box.end - box.inside for box in data), initial=0))

    def to_audio(self, offset: int) -> int:
        """Give the place in the samples.

        Raises
        ------
        _MalformedError
            If it lies outside of them.
        """
        number = bisect(self._starts, offset) - 1
        if number < 0 or offset > self._data[number].end:
            raise _MalformedError
        return offset - self._starts[number] + self._before[number]


def _index_parts(file: BinaryIO, box: _Box, offsets: _OffsetMap, *, depth: int) -> list[FilePart]:
    """Give the parts of a box that is not left out."""
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
    """Give the chunks' places in the samples: 4 bytes that are 0, 4 of their number, 4 or 8 of each place."""
    content = read(file, box.inside, box.end - box.inside)
    size = 4 if box.kind == b"stco" else 8
    number = int.from_bytes(content[4:8])
    if len(content) < 8 + number * size:
        raise _MalformedError
    found = struct.unpack_from(f">{number}{'I' if size == 4 else 'Q'}", content, 8)
    return struct.pack(f">{number}Q", *map(offsets.to_audio, found))
