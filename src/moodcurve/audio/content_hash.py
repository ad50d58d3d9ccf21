"""Hash the audio content of a file, ignoring tags, padding and cover art."""

import hashlib
import struct
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from moodcurve.audio.containers import FilePart, aiff, asf, flac, id3v2_length, ogg, read, syncsafe_int, wav
from moodcurve.audio.mp4 import mp4
from moodcurve.util.files import AnyPath

CONTENT_VERSION = 2
"""Version of `content_hash`; a library rehashes files of another version. Version 1 trusted lengths in headers, so that
recordings from a pipe could get the same hash."""

_READ_SIZE = 1 << 20
"""Bytes per read."""
_ASF_MAGIC = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")


def content_hash(path: AnyPath, *, progress: Callable[[], None] | None = None) -> str:
    """Return a hash of a file's audio content: 20-byte BLAKE2b as 40 hexadecimal digits.

    Everything that tag editors rewrite is left out: ID3, APE and Lyrics3 tags around the audio (MP3, AAC, APE, WavPack,
    Musepack and others), metadata blocks except STREAMINFO (FLAC), tag chunks (WAV, AIFF), tag boxes and sample
    offsets (MP4), tags and sizes in the header (WMA), page headers and the comment packet (Ogg Vorbis, Opus). Other
    files are hashed as a whole, as are files that do not follow the format of their first bytes.

    Files with equal hashes sound the same. The reverse does not hold: the same audio has another hash in another
    container, or with other lengths in its header. The hash does not depend on whether the file can be decoded.

    Parameters
    ----------
    path : str or path-like
        A file.
    progress : callable, optional
        Called repeatedly while a long file is read.

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
    """Return the parts to hash: everything between leading and trailing tags if the format is unknown or malformed."""
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
    """Return start and end without ID3v2 at the beginning and ID3v1, Lyrics3, APE and ID3v2 at the end, in any order.

    A tag that spans the whole file or is malformed does not count as one.
    """
    start, end = 0, size
    while length := id3v2_length(file, start):
        start += length
    if start >= size:
        return 0, size
    while (length := _trailing_tag_length(file, end)) and end - length > start:
        end -= length
    return start, end


def _trailing_tag_length(file: BinaryIO, end: int) -> int:
    """Return the length of the tag that ends here, or 0."""
    tail = read(file, end - 128, min(end, 128))
    if len(tail) == 128 and tail[:3] == b"TAG":
        return 128
    if tail[-9:] == b"LYRICS200" and tail[-15:-9].isdigit():
        length = int(tail[-15:-9]) + 15
        return length if read(file, end - length, 11) == b"LYRICSBEGIN" else 0
    if tail[-32:-24] == b"APETAGEX":
        return _ape_tag_length(file, end, tail[-32:])
    if tail[-10:-7] == b"3DI":
        length = 20 + syncsafe_int(tail[-4:])
        return length if read(file, end - length, 3) == b"ID3" else 0
    return 0


def _ape_tag_length(file: BinaryIO, end: int, footer: bytes) -> int:
    """Return the length of an APE tag from its footer, or 0 if its items do not fill it."""
    length, number, flags = struct.unpack("<III", footer[12:24])  # the length includes the footer, not the header
    at, items_end = end - length, end - 32
    for _ in range(number):
        # an item: 4 bytes of length, 4 of flags, a zero-terminated name of 2 to 255 letters, the value
        head = read(file, at, 264) if 0 <= at < items_end else b""
        name_end = head.find(b"\0", 8)
        if name_end < 10:
            return 0
        at += name_end + 1 + int.from_bytes(head[:4], "little")
    return int(length) + (32 if flags >> 31 else 0) if at == items_end else 0
