"""What a file holds as sound, as a hash: tags, their padding and pictures leave it as it is."""

import hashlib
import struct
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from moodcurve.audio.containers import FilePart, aiff, asf, flac, ogg, read, wav
from moodcurve.audio.mp4 import mp4
from moodcurve.util.files import AnyPath

CONTENT_VERSION = 2
"""Which hash `content_hash` gives; a library has files of another version hashed anew. 1 believed lengths in headers, so
that recordings from a pipe could count as one."""

_READ_SIZE = 1 << 20
"""Bytes read at once."""
_ASF_MAGIC = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")


def content_hash(path: AnyPath, *, progress: Callable[[], None] | None = None) -> str:
    """Give the hash of a file's audio content: BLAKE2b of 20 bytes, as 40 hexadecimal digits.

    Left out is what a program that edits tags rewrites: ID3 and APE tags and Lyrics3 around the sound (MP3, AAC, APE,
    WavPack, Musepack and the like), metadata blocks but STREAMINFO (FLAC), chunks of tags (WAV, AIFF), boxes of tags
    and where the samples stand (MP4), tags and sizes in the header (WMA), pages' headers and the packet of comments
    (Ogg Vorbis, Opus). Any other file counts as a whole, as does one that is not built as its first bytes say.

    Files of one content hold the same sound; whether a file can be decoded, its content does not tell. One sound can
    have several contents: in another container, or written with other lengths in its header.

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
        for part in _audio_parts(file, size):
            if isinstance(part, bytes):
                digest.update(part)
                continue
            start, end = part
            file.seek(start)
            left = end - start
            while left > 0 and (piece := file.read(min(left, _READ_SIZE))):
                digest.update(piece)
                left -= len(piece)
                if progress is not None:
                    progress()
    return digest.hexdigest()


def _audio_parts(file: BinaryIO, size: int) -> list[FilePart]:
    """Find the sound; what is not built as expected gives all between its tags."""
    start, end = _strip_tags(file, size)
    head = read(file, start, 16)
    parts: list[FilePart] | None = None
    if head[:4] == b"fLaC":
        parts = flac(file, start, end)
    elif head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        parts = wav(file, start, end)
    elif head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        parts = aiff(file, start, end)
    elif head[4:8] == b"ftyp":
        parts = mp4(file, start, end)
    elif head == _ASF_MAGIC:
        parts = asf(file, start, end)
    elif head[:4] == b"OggS":
        parts = ogg(file, start, end)
    return parts or [(start, end)]


def _strip_tags(file: BinaryIO, size: int) -> tuple[int, int]:
    """Leave out ID3v2 at the beginning, and ID3v1, Lyrics3, APE and ID3v2 at the end, in any order.

    A tag that claims all of a file, or is not built as its kind, is none.
    """
    start, end = 0, size
    while length := _leading_tag_length(file, start):
        start += length
    if start >= size:
        return 0, size
    while (length := _trailing_tag_length(file, end)) and end - length > start:
        end -= length
    return start, end


def _leading_tag_length(file: BinaryIO, start: int) -> int:
    """Give the length of the ID3v2 tag that begins here, 0 if none does (ID3v2.4, section 3.1)."""
    head = read(file, start, 10)
    if len(head) < 10 or head[:3] != b"ID3" or 0xFF in head[3:5] or any(byte & 0x80 for byte in head[6:]):
        return 0
    return 10 + _syncsafe(head[6:]) + (10 if head[5] & 0x10 else 0)


def _trailing_tag_length(file: BinaryIO, end: int) -> int:
    """Give the length of the tag that ends here, 0 if none does."""
    tail = read(file, end - 128, min(end, 128))
    if len(tail) == 128 and tail[:3] == b"TAG":
        return 128
    if tail[-9:] == b"LYRICS200" and tail[-15:-9].isdigit():
        length = int(tail[-15:-9]) + 15
        return length if read(file, end - length, 11) == b"LYRICSBEGIN" else 0
    if tail[-32:-24] == b"APETAGEX":
        return _ape_tag_length(file, end, tail[-32:])
    if tail[-10:-7] == b"3DI":
        length = 20 + _syncsafe(tail[-4:])
        return length if read(file, end - length, 3) == b"ID3" else 0
    return 0


def _ape_tag_length(file: BinaryIO, end: int, footer: bytes) -> int:
    """Give the length of an APE tag by its footer: 0 if the items that it counts do not fill it."""
    length, number, flags = struct.unpack("<III", footer[12:24])  # the length counts the footer, not the header
    at, items_end = end - length, end - 32
    for _ in range(number):
        # an item: 4 bytes of length, 4 of flags, a name of 2 to 255 letters that a zero ends, the value
        head = read(file, at, 264) if 0 <= at < items_end else b""
        name_end = head.find(b"\0", 8)
        if name_end < 10:
            return 0
        at += name_end + 1 + int.from_bytes(head[:4], "little")
    return int(length) + (32 if flags >> 31 else 0) if at == items_end else 0


def _syncsafe(four: bytes) -> int:
    """Read a number of four bytes of seven bits each, as ID3v2 writes it."""
    return sum((byte & 127) << shift for byte, shift in zip(four, (21, 14, 7, 0), strict=True))
