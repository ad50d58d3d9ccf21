"""Prepare the audio of a page: its waveform, and sound that a browser plays."""

import base64
import io
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from moodcurve._typing import Float32Array, FloatArray
from moodcurve.audio import open_audio
from moodcurve.audio.stretches import stretches

EMBED_LIMIT_BYTES = 20_000_000
"""Largest sound that a page may embed: base64 adds a third, and browsers limit data URLs, Firefox to 32 MB."""
MAX_PEAKS = 36_000
"""Most steps of the waveform: those of 10 ms up to six minutes."""

_PREVIEWS = ((96_000, 0.75), (48_000, 0.95))
"""Bits per second of a mono preview at 44.1 kHz, and the compression level that makes LAME choose it."""
_STEPS_PER_S = 100
_PREVIEW = "The sound in this page is a small mono preview of the file."
_TOO_LONG = "The recording is too long for its sound to be part of this page."


@dataclass(frozen=True, eq=False, kw_only=True)
class PageSound:
    """The sound of a page.

    Attributes
    ----------
    data_url : str
        Data URL (RFC 2397) of the sound; empty if there is none.
    note : str
        Sentence about what differs from the file; empty if nothing does.
    peaks : (steps,)
        Highest magnitude in equal steps of time, at most `MAX_PEAKS`.
    """

    data_url: str
    note: str
    peaks: FloatArray


def read_sound(
    path: str | os.PathLike[str], duration_s: float, *, start_s: float | None = None, track: int | None = None
) -> PageSound:
    """Read an audio file for a page.

    Files that browsers play (MP3, FLAC, PCM WAV, Ogg Vorbis, Opus, AAC in M4A) are embedded unchanged up to
    `EMBED_LIMIT_BYTES`. Others become a mono MP3 of 96 kbit/s, or of 48 above 27 minutes. Above 55 minutes there is
    no sound. A part from `start_s` on, or a track by its number, is never the whole file.

    Raises
    ------
    AudioError
        If nothing can be read from the file.
    """
    with open_audio(path, track=track) as reader:
        blocks = reader.blocks()
        if start_s is not None:
            first = round(start_s * reader.sr)
            blocks = next(stretches(blocks, [(first, first + round(duration_s * reader.sr))]))
        fits = start_s is None and track is None and Path(path).stat().st_size <= EMBED_LIMIT_BYTES
        whole = Path(path).read_bytes() if fits else b""
        mime, level = playable_type(whole), preview_level(duration_s)
        if mime:
            return PageSound(data_url=_data_url(mime, whole), note="", peaks=waveform(blocks, reader.sr))
        if level is None:
            return PageSound(data_url="", note=_TOO_LONG, peaks=waveform(blocks, reader.sr))
        encoded = io.BytesIO()
        with soundfile.SoundFile(
            encoded, "w", reader.sr, 1, "MPEG_LAYER_III", format="MP3",
            compression_level=level, bitrate_mode="CONSTANT",
        ) as preview:  # fmt: skip
            peaks = waveform(_copy_to(blocks, preview), reader.sr)
        address = _data_url("audio/mpeg", encoded.getvalue())
        return PageSound(data_url=address, note=_PREVIEW, peaks=peaks)


def preview_level(duration_s: float) -> float | None:
    """Return the compression level of the best preview below the limit, or None if there is none."""
    for bits_per_s, level in _PREVIEWS:
        if duration_s * bits_per_s / 8 <= EMBED_LIMIT_BYTES:
            return level
    return None


def playable_type(data: bytes) -> str:
    """Return the media type of a file's bytes if all current browsers play it, or an empty string.

    It depends on the content, not the name. Safari before 18.4 does not play Ogg; the page then shows a message.
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


def waveform(blocks: Iterable[Float32Array], sr: int) -> FloatArray:
    """Return the peaks of at most `MAX_PEAKS` equal steps of 10 ms or more, from blocks of any length.

    Without samples, the result is one step of 0.
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
    steps = min(MAX_PEAKS, len(fine))
    return np.asarray(np.maximum.reduceat(fine, np.arange(steps) * len(fine) // steps))


def _data_url(mime: str, data: bytes) -> str:
    return f"data:{mime};base64,{base64.b64encode(data).decode('ascii')}"


def _copy_to(blocks: Iterable[Float32Array], file: soundfile.SoundFile) -> Iterator[Float32Array]:
    for block in blocks:
        file.write(block)
        yield block


def _is_plain_pcm(data: bytes) -> bool:
    """Return True if a WAV file holds integers of 8 to 32 bits or floats of 32 bits, which browsers play."""
    at = data.find(b"fmt ", 12, 4096) + 8
    kind = int.from_bytes(data[at : at + 2], "little")
    if kind == 0xFFFE:  # the extensible form has its format further on
        kind = int.from_bytes(data[at + 24 : at + 26], "little")
    bits = int.from_bytes(data[at + 14 : at + 16], "little")
    return (kind == 1 and bits in (8, 16, 24, 32)) or (kind == 3 and bits == 32)
