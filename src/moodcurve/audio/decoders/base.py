"""What all decoders share: types, and the scale of samples."""

from collections.abc import Generator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from moodcurve._typing import AnyFloatArray
from moodcurve.util.text import counted

SampleArray = AnyFloatArray
"""Samples (frames, channels); float64 only from files of double precision."""
Chunks = Generator[tuple[int, SampleArray], None, None]

CHUNK = 1 << 17
"""Samples per chunk, all channels together: small enough for flat memory use, large enough to hide fixed costs."""


class UnreadableError(Exception):
    """A file cannot be decoded; the message says why, without the file's name."""


@dataclass
class DecodedFile:
    """An open audio file.

    Attributes
    ----------
    chunks : generator of (rate, samples)
        Sample rate in Hz (it may change within a file) and float samples (frames, channels) with full scale ±1,
        neither clipped nor checked. Closing the generator closes the file.
    claimed_s : float or None
        Duration in seconds that the header states; None if it states none, or one that cannot be.
    damage : list of str
        Problems found so far; complete once `chunks` is exhausted.
    notes : list of str
        What a user should know of an intact file, such as gaps in its time stamps; complete when `damage` is.
    codec : str
        FFmpeg's name of the codec, if FFmpeg decodes the file.
    """

    chunks: Chunks
    claimed_s: float | None
    damage: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    codec: str = ""


def full_scale(samples: npt.NDArray[np.generic]) -> SampleArray:
    """Return samples of any type as floats of full scale ±1.

    Integers of b bits are divided by 2^(b - 1), as float32; the middle of an unsigned type is 0. Floats of 32 and 64
    bits keep their values and precision, others become float32.

    Examples
    --------
    >>> full_scale(np.array([0, 64, 128, 255], np.uint8))
    array([-1.       , -0.5      ,  0.       ,  0.9921875], dtype=float32)
    """
    size = samples.dtype.itemsize
    if samples.dtype.kind == "f":
        floats: SampleArray = samples.astype(f"f{size}" if size in (4, 8) else "f4", copy=False)
        return floats
    if samples.dtype.kind == "u":
        # the flipped upper bit turns the middle into a signed 0 without rounding
        flipped = samples.astype(f"u{size}", copy=False) ^ np.array(1 << (8 * size - 1), f"u{size}")
        samples = flipped.view(f"i{size}")
    return samples.astype(np.float32) / np.float32(2.0 ** (8 * size - 1))


def check_track(track: int | None, tracks: int) -> None:
    """Raise UnreadableError if a file has no track of this number, counted from 1; None is always there."""
    if track is not None and track > tracks:
        raise UnreadableError(f"it has {counted(tracks, 'audio track')}, no track {track}")
