"""The two decoders behind ``audio.py``: libsndfile for PCM and Ogg, FFmpeg for all else.

Which one gets a file is told by its first bytes, never by its name; what the first cannot use is given to
the other. MP3 and FLAC go to FFmpeg although libsndfile reads them too: at a damaged frame libsndfile gives
up, where FFmpeg drops that frame and goes on, and libsndfile's MP3 part (libmpg123) prints its complaints on
standard error past every caller. Ogg goes to libsndfile, which keeps the time axis across a damaged page.
"""

from pathlib import Path

from moodcurve.audio.decoders import ffmpeg, libsndfile
from moodcurve.audio.decoders.base import DecodedFile, SampleArray, UnreadableError

__all__ = ["DecodedFile", "SampleArray", "UnreadableError", "open_decoded"]

# RIFF of both byte orders and its 64-bit forms RF64 and W64, AIFF, AU, CAF, Ogg
_LIBSNDFILE_MAGIC = (b"RIFF", b"RIFX", b"RF64", b"riff", b"FORM", b".snd", b"caff", b"OggS")

_NOT_AUDIO = "it is not audio of a known format, or it is damaged from its start"


def open_decoded(path: Path) -> tuple[DecodedFile, tuple[int, SampleArray]]:
    """Open by content; give the file and its first chunk: opening alone does not tell whether there is sound.

    Raises UnreadableError if neither decoder gives a sample, and OSError if the file cannot be read.
    """
    with path.open("rb") as file:
        head = file.read(1 << 12)
    reason = _NOT_AUDIO
    if head[4:8] == b"ftyp":
        reason = "its index is missing or damaged: a file that was cut short, perhaps"
    for decoder in (libsndfile, ffmpeg) if _is_for_libsndfile(head) else (ffmpeg,):
        try:
            decoded = decoder.open_file(path)
            if decoded is not None:
                first = next(decoded.chunks, None)
                if first is not None:
                    return decoded, first
                reason = "; ".join(["it holds no sound that can be decoded", *decoded.damage])
        except UnreadableError as error:
            reason = str(error)
    raise UnreadableError(reason)


def _is_for_libsndfile(head: bytes) -> bool:
    """Whether the file begins like PCM or Ogg, and is not MP2 or MP3 in a WAV envelope (format 0x50, 0x55)."""
    at = head.find(b"fmt ")
    return head[:4] in _LIBSNDFILE_MAGIC and (at < 0 or head[at + 8 : at + 10] not in (b"\x50\0", b"\x55\0"))
