"""Decode audio files: libsndfile for PCM and Ogg, FFmpeg for everything else.

The first bytes of a file choose the decoder, never its name; the other decoder is the fallback. MP3 and FLAC go to
FFmpeg although libsndfile reads them too: FFmpeg skips a damaged frame where libsndfile stops, and libsndfile's MP3
library (libmpg123) prints messages to standard error. Ogg goes to libsndfile, which keeps the time axis across a
damaged page.
"""

from pathlib import Path
from types import ModuleType

from moodcurve.audio.decoders import ffmpeg, libsndfile, pcm
from moodcurve.audio.decoders.base import DecodedFile, SampleArray, UnreadableError
from moodcurve.audio.protection import is_protected

__all__ = ["DecodedFile", "SampleArray", "UnreadableError", "open_decoded"]

# RIFF in both byte orders, its 64-bit variants RF64 and W64, AIFF, AU, CAF, Ogg
_LIBSNDFILE_MAGIC = (b"RIFF", b"RIFX", b"RF64", b"riff", b"FORM", b".snd", b"caff", b"OggS")

_OGG_TRACKS = (b"\x01vorbis", b"OpusHead", b"\x7fFLAC", b"Speex   ")
"""First bytes of the streams of an Ogg file, which lie together at its beginning."""

_HEAD = 1 << 16
_CODED_SOUND = (
    # DTS in words of 16 bits, big- and little-endian, and of 14 bits (ETSI TS 102 114, 5.3 and annex E)
    b"\x7f\xfe\x80\x01", b"\xfe\x7f\x01\x80", b"\x1f\xff\xe8\x00\x07", b"\xff\x1f\x00\xe8",
    b"\x72\xf8\x1f\x4e", b"\xf8\x72\x4e\x1f",  # bursts of any codec (IEC 61937)
)  # fmt: skip
_NOT_AUDIO = "not audio, or damaged at the start"
_UNSUPPORTED = {
    b"OFR ": "OptimFROG, which no free decoder reads; convert it to FLAC",
    b"LA0": "Lossless Audio (LA), which no free decoder reads; convert it to FLAC",
    b"ajkg": "Shorten, which is not read here; convert it to FLAC",
    b"MThd": "MIDI: notes without sound; render it to audio first",
}
"""Files that are refused by name, by their first bytes."""


def open_decoded(path: Path, track: int | None = None) -> tuple[DecodedFile, tuple[int, SampleArray]]:
    """Open a file and decode its first chunk, since opening alone does not show whether it holds audio.

    Parameters
    ----------
    path : Path
        A file.
    track : int, optional
        Number of the audio track, from 1.

    Raises
    ------
    UnreadableError
        If no decoder returns a sample, the file is copy-protected, or it has no such track.
    OSError
        If the file cannot be read.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if is_protected(path, head):
        raise UnreadableError("copy-protected; only the player of the shop that sold it can decrypt it")
    reason = next((why for mark, why in _UNSUPPORTED.items() if head.startswith(mark)), _NOT_AUDIO)
    if head[4:8] == b"ftyp":
        reason = "its index is missing or damaged; the file may be truncated"
    for decoder in _decoders(head):
        try:
            decoded = decoder.open_file(path, track)
            first = None if decoded is None else next(decoded.chunks, None)
            if decoded is None:
                continue
            if first is None:
                reason = "; ".join(["no audio could be decoded", *decoded.damage])
            elif decoded.codec.startswith("pcm_") and _is_coded_sound(head):
                decoded.chunks.close()
                reason = "its samples are DTS or another codec's, which cannot be decoded"
            else:
                decoded.claimed_s = _possible(decoded.claimed_s, path)
                return decoded, first
        except UnreadableError as error:
            reason = str(error)
    raise UnreadableError(reason)


def _decoders(head: bytes) -> tuple[ModuleType, ...]:
    """Return the decoders to try, in order, by a file's first bytes."""
    if _is_coded_sound(head):
        return (ffmpeg,)
    if head[:4] in (b"RF64", b"BW64", b".snd"):
        return libsndfile, ffmpeg, pcm
    return (libsndfile, ffmpeg) if _is_for_libsndfile(head) else (ffmpeg,)


def _is_coded_sound(head: bytes) -> bool:
    """Return True if a WAV file's samples are the frames of DTS, or those of another codec as on a digital cable.

    Such files call their samples PCM, as audio CDs do, and sound like noise. A mark that occurs three times is no
    chance: once in 64 KiB of noise has a probability of 1 in 100,000.
    """
    return head[8:12] == b"WAVE" and any(head.count(mark) >= 3 for mark in _CODED_SOUND)


def _ogg_tracks(head: bytes) -> int:
    """Return the number of audio streams that begin on the first pages of an Ogg file, and so sound together."""
    tracks = at = 0
    while head[at : at + 4] == b"OggS" and len(head) >= at + 27 and head[at + 5] & 2:
        laces = head[at + 27 : at + 27 + head[at + 26]]
        body = at + 27 + len(laces)
        tracks += head.startswith(_OGG_TRACKS, body)
        at = body + sum(laces)
    return tracks


def _possible(claimed_s: float | None, path: Path) -> float | None:
    """Return a claimed duration, or None if no file of this size could last so long.

    A damaged or chained file may claim ten million years. The longest real ones, FLAC of silence, have 10 bytes a
    second; more than a second in a byte is impossible.
    """
    return claimed_s if claimed_s is not None and 0 <= claimed_s <= path.stat().st_size else None


def _is_for_libsndfile(head: bytes) -> bool:
    """Return True for PCM and Ogg files.

    Not for MP2 or MP3 in a WAV container (format 0x50, 0x55), nor for Ogg of several tracks that sound together.
    """
    if _ogg_tracks(head) > 1:
        return False
    at = head.find(b"fmt ")
    return head[:4] in _LIBSNDFILE_MAGIC and (at < 0 or head[at + 8 : at + 10] not in (b"\x50\0", b"\x55\0"))
