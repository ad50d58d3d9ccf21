"""Read samples from NumPy arrays as an audio file is read, and files from binary streams."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from moodcurve.audio.decoders.base import CHUNK, Chunks, DecodedFile, full_scale
from moodcurve.audio.reader import ANALYSIS_SR, SR_RANGE, AudioReader, OnSamples, open_audio

ARRAY_NAME = "<array>"
"""`AudioReader.path` of samples from an array."""
STREAM_NAME = "<stream>"
"""`AudioReader.path` of a binary stream without a name."""


def open_samples(
    samples: npt.ArrayLike, sr: int, *, block_s: float = 10.0, on_samples: OnSamples | None = None
) -> AudioReader:
    """Open samples in memory for reading in blocks, mixed and resampled as `open_audio` does.

    Parameters
    ----------
    samples : (n,) or (n, channels)
        Floats with full scale ±1, or integers, which are scaled by the full range of their type; the middle of an
        unsigned type is 0. NaN and infinity become 0, with a warning.
    sr : int
        Sample rate in Hz, 4000 to 1,536,000.
    block_s : float
        Length of a block in seconds.
    on_samples : callable, optional
        As for `open_audio`.

    Raises
    ------
    ValueError
        If there is no sample, the shape or type is another, or `sr` is out of range.
    """
    x = np.asarray(samples)
    if x.dtype.kind not in "fiu":
        raise ValueError(f"samples must be floats or integers, got {x.dtype}")
    if x.ndim not in (1, 2) or not x.size:
        raise ValueError(f"samples must have the shape (n,) or (n, channels), got {x.shape}")
    if x.ndim == 2 and x.shape[1] > x.shape[0]:
        raise ValueError(f"samples must have the shape (n, channels), got {x.shape}; transpose them with samples.T")
    rate = _checked_rate(sr)
    chunks = _chunks(x.reshape(len(x), -1), rate)
    decoded = DecodedFile(chunks, claimed_s=len(x) / rate)
    return AudioReader(ARRAY_NAME, decoded, next(chunks), sr=ANALYSIS_SR, block_s=block_s, on_samples=on_samples)


@contextmanager
def open_stream(
    stream: BinaryIO, *, track: int | None = None, on_samples: OnSamples | None = None
) -> Iterator[AudioReader]:
    """Open a binary stream that holds an audio file, as `open_audio` opens a path and an audio track.

    The stream is copied into a temporary file, from its position to its end, since the decoders need a file.

    Raises
    ------
    AudioError
        As `open_audio`; the message has the stream's name.
    ValueError
        If the stream returns text instead of bytes.
    """
    if isinstance(stream.read(0), str):
        raise ValueError("the file must be opened in binary mode ('rb')")
    name = getattr(stream, "name", None)
    with tempfile.TemporaryDirectory(prefix="moodcurve-") as folder:
        path = Path(folder) / "audio"
        with path.open("wb") as file:
            shutil.copyfileobj(stream, file, 1 << 20)
        file_name = name if isinstance(name, str) else STREAM_NAME
        with open_audio(path, track=track, name=file_name, on_samples=on_samples) as reader:
            yield reader


def _checked_rate(sr: object) -> int:
    """Return a sample rate as an int; raise ValueError unless it is a whole number, of any type, within `SR_RANGE`."""
    rate = np.asarray(sr)
    # in this order: NaN and infinity fail the range, and have no integer
    if rate.ndim or rate.dtype.kind not in "fiu" or not SR_RANGE[0] <= rate <= SR_RANGE[1] or int(rate) != rate:
        raise ValueError(f"sr must be a whole number from {SR_RANGE[0]} to {SR_RANGE[1]} Hz, got {sr!r}")
    return int(rate)


def _chunks(x: npt.NDArray[np.generic], sr: int) -> Chunks:
    frames = max(1, CHUNK // x.shape[1])
    for start in range(0, len(x), frames):
        yield sr, full_scale(x[start : start + frames])
