"""What a file holds as sound, as a hash: tags, their padding and pictures leave it as it is."""

import hashlib
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from moodcurve.files import AnyPath

_PIECE = 1 << 20
"""Bytes read at once."""
Spans = Iterator[tuple[int, int]]
"""Parts of a file that are sound, as (start, end) in bytes."""

_ASF_DATA = bytes.fromhex("3626b2758e66cf11a6d900aa0062ce6c")
_ASF_HEADER = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
_OGG_HEADERS = {b"\x01vorbis": 3, b"OpusHead": 2}
"""How many packets stand before the sound: the second of them are the tags."""


def content_of(path: AnyPath, *, progress: Callable[[], None] | None = None) -> str:
    """Give the hash of a file's audio content: BLAKE2b of 20 bytes, as 40 hexadecimal digits.

    Left out is what a program that edits tags rewrites: ID3 and APE tags and Lyrics3 around the sound (MP3, AAC, APE,
    WavPack, Musepack and the like), metadata blocks (FLAC), all but samples (WAV, AIFF, their format aside), all but
    ``mdat`` (MP4), header objects (WMA), pages' headers and the packets before the sound (Ogg Vorbis, Opus). Any other
    file counts as a whole, as does one that is not built as its first bytes say.

    Files of one content hold the same sound; whether a file can be decoded, its content does not tell.

    Parameters
    ----------
    path : str or path
        A file.
    progress : callable, optional
        Called again and again while a long file is read.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    digest = hashlib.blake2b(digest_size=20)
    with Path(path).open("rb") as file:
        size = file.seek(0, 2)
        for start, end in _sound(file, size):
            file.seek(start)
            left = end - start
            while left > 0 and (piece := file.read(min(left, _PIECE))):
                digest.update(piece)
                left -= len(piece)
                if progress is not None:
                    progress()
    return digest.hexdigest()


def _sound(file: BinaryIO, size: int) -> Spans:
    """Find the sound; what is not built as expected gives all between its tags."""
    start, end = _without_tags(file, size)
    head = _read(file, start, 12)
    spans: list[tuple[int, int]] | None = None
    if head[:4] == b"fLaC":
        spans = _flac(file, start, end)
    elif head[:4] in (b"RIFF", b"FORM"):
        spans = _chunks(file, start, end, little=head[:4] == b"RIFF")
    elif head[4:8] == b"ftyp":
        spans = _mp4(file, start, end)
    elif head[:12] == _ASF_HEADER[:12]:
        spans = _asf(file, start, end)
    elif head[:4] == b"OggS":
        spans = _ogg(file, start, end)
    yield from spans or [(start, end)]


def _read(file: BinaryIO, start: int, length: int) -> bytes:
    file.seek(max(0, start))
    return file.read(length)


def _without_tags(file: BinaryIO, size: int) -> tuple[int, int]:
    """Leave out ID3v2 at the beginning, and ID3v1, Lyrics3, APE and ID3v2 at the end, in any order."""
    start, end = 0, size
    while (head := _read(file, start, 10))[:3] == b"ID3" and len(head) == 10:
        start += 10 + _syncsafe(head[6:]) + (10 if head[5] & 0x10 else 0)
    start = min(start, size)
    while (length := _tag_before(file, end)) and end - length >= start:
        end -= length
    return start, end


def _tag_before(file: BinaryIO, end: int) -> int:
    """Give the length of the tag that ends here, 0 if none does."""
    tail = _read(file, end - 128, min(end, 128))
    if len(tail) == 128 and tail[:3] == b"TAG":
        return 128
    if tail[-9:] == b"LYRICS200" and tail[-15:-9].isdigit():
        return int(tail[-15:-9]) + 15
    if tail[-32:-24] == b"APETAGEX":
        length, _, flags = struct.unpack("<III", tail[-20:-8])
        return int(length) + (32 if flags >> 31 else 0)  # the length counts the footer, not the header
    if tail[-10:-7] == b"3DI":
        return 20 + _syncsafe(tail[-4:])
    return 0


def _syncsafe(four: bytes) -> int:
    """Read a number of four bytes of seven bits each, as ID3v2 writes it."""
    return sum((byte & 127) << shift for byte, shift in zip(four, (21, 14, 7, 0), strict=True))


def _flac(file: BinaryIO, start: int, end: int) -> list[tuple[int, int]] | None:
    """Leave out the metadata blocks: a byte that tells the last of them and the kind, then 3 bytes of length."""
    at = start + 4
    while at < end and len(head := _read(file, at, 4)) == 4:
        at += 4 + int.from_bytes(head[1:])
        if head[0] & 0x80:
            return [(at, end)] if at < end else None
    return None


def _chunks(file: BinaryIO, start: int, end: int, *, little: bool) -> list[tuple[int, int]] | None:
    """Take format and samples of WAV or AIFF; samples without a length, as from a pipe, reach to the end."""
    found = []
    at = start + 12
    while at < end and len(head := _read(file, at, 8)) == 8:
        length = int.from_bytes(head[4:], "little" if little else "big")
        if head[:4] in (b"fmt ", b"data", b"COMM", b"SSND"):
            found.append((at + 8, min(at + 8 + length, end)))
        at += 8 + length + length % 2
    return found if len(found) >= 2 else None


def _mp4(file: BinaryIO, start: int, end: int) -> list[tuple[int, int]] | None:
    """Take ``mdat``, and of the index only that it is there: without one, the same samples cannot be read."""
    sound, index = [], []
    at = start
    while at < end and len(head := _read(file, at, 16)) >= 8:
        length, inside = int.from_bytes(head[:4]), 8
        if length == 1 and len(head) == 16:
            length, inside = int.from_bytes(head[8:]), 16
        elif length == 0:
            length = end - at
        if length < inside:
            return None
        if head[4:8] == b"mdat":
            sound.append((at + inside, min(at + length, end)))
        elif head[4:8] == b"moov":
            index.append((at + 4, at + 8))
        at += length
    return sound + index if sound else None


def _asf(file: BinaryIO, start: int, end: int) -> list[tuple[int, int]] | None:
    """Take the data object of WMA: objects are 16 bytes of kind and 8 of length, which counts these 24 too."""
    at = start
    while at < end and len(head := _read(file, at, 24)) == 24:
        length = int.from_bytes(head[16:], "little")
        if head[:16] == _ASF_DATA:
            return [(at + 24, min(at + max(length, 24), end) if length else end)]
        if length < 24:
            return None
        at += length
    return None


def _ogg(file: BinaryIO, start: int, end: int) -> list[tuple[int, int]] | None:
    """Take what the pages hold (RFC 3533, section 6) after the packets that are not sound; these end with a page."""
    found: list[tuple[int, int]] = []
    before: int | None = None
    at = start
    while at < end and len(head := _read(file, at, 27)) == 27 and head[:4] == b"OggS":
        laces = file.read(head[26])
        inside = at + 27 + len(laces)
        at = inside + sum(laces)
        if before is None:
            before = next((n for mark, n in _OGG_HEADERS.items() if file.read(8).startswith(mark)), 0)
            if not before:
                return None
        if before > 0:
            before -= sum(lace < 255 for lace in laces)
        else:
            found.append((inside, min(at, end)))
    return found or None
