"""Open the tags of a file by what it is, whatever its name."""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from moodcurve.audio.containers import id3v2_length, read
from moodcurve.tagging.formats.ape import ApeTags
from moodcurve.tagging.formats.asf import AsfTags
from moodcurve.tagging.formats.base import FileTags, UntaggableError
from moodcurve.tagging.formats.id3 import Id3Tags
from moodcurve.tagging.formats.mp4 import Mp4Tags
from moodcurve.tagging.formats.vorbis import VorbisTags
from moodcurve.util.text import one_line

KNOWN = "MP3, AAC, FLAC, Ogg Vorbis, Opus, M4A, WAV, AIFF, WMA, WavPack, Monkey's Audio, Musepack and TTA"
_VORBIS = ("FLAC", "OggVorbis", "OggOpus")
"""Not Speex, nor FLAC in Ogg, of which `moodcurve.audio.content_hash` knows no tags."""
_APE = ("WavPack", "MonkeysAudio", "Musepack")
_PARSE_ERRORS = (
    ValueError,
    LookupError,
    ArithmeticError,
    struct.error,
    AttributeError,
    TypeError,
    AssertionError,
    EOFError,
)
"""Errors that mutagen raises for damaged files besides its own."""
_MAX_REASON = 100
"""Characters of mutagen's message that are shown: it may hold bytes of the file."""


def open_tags(path: Path) -> FileTags:
    """Load the tags of a file.

    Raises
    ------
    UntaggableError
        If its format has no tags that can be written, or they are damaged.
    OSError
        If it cannot be read.
    """
    with path.open("rb") as file:
        start = 0
        while length := id3v2_length(file, start):
            start += length
        head = read(file, start, 16)
    with tag_errors():
        return _open(path, head)


@contextmanager
def tag_errors() -> Iterator[None]:
    """Turn what mutagen raises for damaged tags into an UntaggableError."""
    import mutagen

    try:
        yield
    except UntaggableError:
        raise
    except (mutagen.MutagenError, *_PARSE_ERRORS) as error:
        raise UntaggableError(f"its tags cannot be read: {one_line(str(error))[:_MAX_REASON]}") from error


def _open(path: Path, head: bytes) -> FileTags:
    import mutagen

    if (head[:4], head[8:12]) in ((b"RIFF", b"WAVE"), (b"FORM", b"AIFF"), (b"FORM", b"AIFC")):
        return Id3Tags(path, in_chunk=True)
    if head[:3] == b"TTA" or (head[:1] == b"\xff" and head[1:2] >= b"\xe0"):  # a frame of MPEG audio, or of AAC
        return Id3Tags(path, in_chunk=False)
    file: Any = mutagen.File(path)
    kind = type(file).__name__
    if kind == "MP3":  # with something before its first frame
        return Id3Tags(path, in_chunk=False)
    if kind in _VORBIS:
        return VorbisTags(path, file)
    if kind == "MP4":
        return Mp4Tags(path, file)
    if kind in _APE:
        return ApeTags(path, file)
    if kind == "ASF":
        return AsfTags(path, file)
    raise UntaggableError(f"tags can be written to {KNOWN} files only")
