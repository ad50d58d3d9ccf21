"""What a page needs of the audio itself: its waveform, and sound that a browser plays."""

import base64
import io
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from moodcurve._typing import FloatArray
from moodcurve.audio import open_audio

EMBED_LIMIT_BYTES = 20_000_000
"""Largest sound that is put into a page: as text it grows by a third, and browsers limit data addresses,
Firefox to 32 MB."""
PEAKS = 36_000
"""Most steps of the waveform: six minutes stay as fine as they are read, and a zoom finds something to show."""

_PREVIEWS = ((96_000, 0.75), (48_000, 0.95))
"""Bits per second of a mono preview at 44.1 kHz, and the compression level that makes LAME choose it."""
_STEPS_PER_S = 100
_PREVIEW = "The sound in this page is a small mono preview of the file."
_TOO_LONG = "The recording is too long for its sound to be part of this page."

Samples = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False, kw_only=True)
class Sound:
    """The sound of a page.

    Attributes
    ----------
    address : str
        Data address (RFC 2397) with all of the sound, empty where there is none.
    note : str
        What differs from the file, a sentence; empty where nothing does.
    peaks : (steps,)
        Highest magnitude in equal steps of time, at most `PEAKS`.
    """

    address: str
    note: str
    peaks: FloatArray


def listen(path: str | os.PathLike[str], duration_s: float) -> Sound:
    """Read an audio file for a page.

    A file that browsers play (MP3, FLAC, PCM WAV, Ogg Vorbis, Opus, AAC in M4A) goes in as it is, up to
    `EMBED_LIMIT_BYTES`; all else as a mono MP3 of 96 kbit/s, or of 48 above 27 minutes; above 55 minutes
    no sound goes in.

    Raises
    ------
    AudioError
        If nothing can be read from the file.
    """
    with open_audio(path) as reader:
        whole = Path(path).read_bytes() if Path(path).stat().st_size <= EMBED_LIMIT_BYTES else b""
        mime, level = playable_type(whole), preview_level(duration_s)
        if mime:
            return Sound(address=_address(mime, whole), note="", peaks=waveform(reader.blocks(), reader.sr))
        if level is None:
            return Sound(address="", note=_TOO_LONG, peaks=waveform(reader.blocks(), reader.sr))
        encoded = io.BytesIO()
        with soundfile.SoundFile(
            encoded, "w", reader.sr, 1, "MPEG_LAYER_III", format="MP3",
            compression_level=level, bitrate_mode="CONSTANT",
        ) as preview:  # fmt: skip
            peaks = waveform(_copied(reader.blocks(), preview), reader.sr)
        address = _address("audio/mpeg", encoded.getvalue())
        return Sound(address=address, note=_PREVIEW, peaks=peaks)


def preview_level(duration_s: float) -> float | None:
    """Compression level of the best preview that stays below the limit; None where none does."""
    for bits_per_s, level in _PREVIEWS:
        if duration_s * bits_per_s / 8 <= EMBED_LIMIT_BYTES:
            return level
    return None


def playable_type(data: bytes) -> str:
    """Media type of a file's bytes if all current browsers are known to play it, or an empty string.

    Judged by the content, since names lie. Safari before 18.4 plays no Ogg; the page says so when it happens.
    """
    if data[:3] == b"ID3" or (data[:1] == b"\xff" and len(data) > 1 and data[1] & 0xE6 == 0xE2):
        return "audio/mpeg"  # a tag, or the sync word of a frame of layer III
    if data[:4] == b"fLaC":
        return "audio/flac"
    if data[:4] == b"OggS" and (b"\x01vorbis" in data[:512] or b"OpusHead" in data[:512]):
        return "audio/ogg"
    if data[:4] == b"RIFF" and data[8:12] == b"WAVE" and _is_plain_pcm(data):
        return "audio/wav"
    # Apple's audio files hold AAC or ALAC; only AAC is played outside Safari
    if data[4:8] == b"ftyp" and data[8:11] == b"M4A" and b"mp4a" in data and b"alac" not in data:
        return "audio/mp4"
    return ""


def waveform(blocks: Iterable[Samples], sr: int) -> FloatArray:
    """Peaks of at most `PEAKS` equal steps of 10 ms or more, from blocks of any length, in little memory.

    No samples give one step of 0.
    """
    step = max(1, sr // _STEPS_PER_S)
    peaks = [np.zeros(0)]
    rest = np.zeros(0, np.float32)
    for block in blocks:
        x = np.concatenate([rest, block])
        whole = len(x) // step * step
        peaks.append(np.abs(x[:whole].reshape(-1, step)).max(axis=1, initial=0).astype(np.float64))
        rest = x[whole:]
    if len(rest):
        peaks.append(np.abs(rest).max(keepdims=True).astype(np.float64))
    fine = np.concatenate(peaks)
    if not len(fine):
        return np.zeros(1)
    steps = min(PEAKS, len(fine))
    return np.asarray(np.maximum.reduceat(fine, np.arange(steps) * len(fine) // steps))


def _address(mime: str, data: bytes) -> str:
    return f"data:{mime};base64,{base64.b64encode(data).decode('ascii')}"


def _copied(blocks: Iterable[Samples], file: soundfile.SoundFile) -> Iterator[Samples]:
    for block in blocks:
        file.write(block)
        yield block


def _is_plain_pcm(data: bytes) -> bool:
    """Whether a WAV file holds integers of 8 to 32 bits or floats of 32, which browsers play."""
    at = data.find(b"fmt ", 12, 4096) + 8
    kind = int.from_bytes(data[at : at + 2], "little")
    if kind == 0xFFFE:  # the extensible form tells the kind later
        kind = int.from_bytes(data[at + 24 : at + 26], "little")
    bits = int.from_bytes(data[at + 14 : at + 16], "little")
    return (kind == 1 and bits in (8, 16, 24, 32)) or (kind == 3 and bits == 32)
