"""Samples to frames: 16-bit scaling, frame lengths at any rate, windows."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from moodcurve._typing import Float32Array, FloatArray
from moodcurve.features.jit.kernel import exact

MIN_SR = 8000
"""Lowest rate (Hz) at which the 1000-4000 Hz band exists."""
MAX_SR = 384_000
"""Highest rate (Hz); at it a 60 ms frame takes an FFT of 32768 points."""


def as_mono_float32(x: npt.ArrayLike) -> Float32Array:
    """Give samples (n,) as contiguous single precision; what is single precision already is not copied.

    A double too large for single precision lies beyond full scale and is clipped like any other; NaN and
    infinities stay as they are.

    Raises
    ------
    ValueError
        If x has no or several dimensions, or holds no floats: integers have a full scale of their own, which
        only their source knows.
    """
    samples = np.asarray(x)
    if samples.ndim != 1:
        raise ValueError(f"x must be one channel of samples, got an array of shape {samples.shape}")
    if samples.dtype.kind != "f":
        raise ValueError(
            f"x must hold floats with full scale [-1, 1], got {samples.dtype}; divide integers of 16 bits by 32768"
        )
    if samples.dtype.itemsize > 4:
        samples = np.where(np.isfinite(samples), np.clip(samples, -1, 1), samples)
    with np.errstate(under="ignore"):  # a double too small for single precision is 0, whatever NumPy is set to
        return np.ascontiguousarray(samples, np.float32)


def round_half_away(value: float) -> int:
    """Round to the nearest integer, halves away from zero, as frame lengths are rounded."""
    return int(np.floor(value + 0.5))


@dataclass(frozen=True)
class Framing:
    """Frame lengths in samples at one sample rate, and the two windows.

    Frame t covers samples [t hop, t hop + length): frames are left-aligned, and only complete ones count.

    Attributes
    ----------
    sr : int
        Sample rate in Hz, from 8000 to 384000.
    """

    sr: int

    def __post_init__(self) -> None:
        if not MIN_SR <= self.sr <= MAX_SR:
            raise ValueError(f"sr must be a rate from {MIN_SR} to {MAX_SR} Hz, got {self.sr}")

    @cached_property
    def hop(self) -> int:
        """10 ms."""
        return round_half_away(0.010 * self.sr)

    @cached_property
    def short(self) -> int:
        """20 ms: energy, auditory and spectral descriptors."""
        return round_half_away(0.020 * self.sr)

    @cached_property
    def long(self) -> int:
        """60 ms: pitch and zero crossings."""
        return round_half_away(0.060 * self.sr)

    @cached_property
    def short_fft(self) -> int:
        """Next power of two from the short frame."""
        return next_power_of_two(self.short)

    @cached_property
    def long_fft(self) -> int:
        """Next power of two from the long frame."""
        return next_power_of_two(self.long)

    @cached_property
    def short_freqs(self) -> FloatArray:
        """Centre frequencies in Hz of the short frame's bins, k / (0.020 s · Nfft / N)."""
        return np.arange(self.short_fft // 2 + 1) / (0.020 * self.short_fft / self.short)

    @cached_property
    def long_freqs(self) -> FloatArray:
        """Centre frequencies in Hz of the long frame's bins."""
        return np.arange(self.long_fft // 2 + 1) / (0.060 * self.long_fft / self.long)

    @cached_property
    def hamming(self) -> Float32Array:
        """w[i] = 0.54 - 0.46 cos(2π i / (N - 1)), for the short frame."""
        i = np.arange(self.short)
        return (0.54 - 0.46 * np.cos(2 * np.pi * i / (self.short - 1))).astype(np.float32)

    @cached_property
    def gauss(self) -> Float32Array:
        """w[i] = exp(-½ ((i - m) / (0.4 m))²), m = (N - 1) / 2, for the long frame."""
        m = (self.long - 1) / 2
        distance = (np.arange(self.long) - m) / (0.4 * m)
        return np.asarray(np.exp(-0.5 * distance**2), np.float32)

    def frames(self, samples: int, length: int) -> int:
        """Count the complete frames of a length in so many samples."""
        return max(0, (samples - length) // self.hop + 1)


def next_power_of_two(n: int) -> int:
    """Give the smallest power of two that is at least n."""
    return 1 << (n - 1).bit_length()


@exact
def quantize(x: Float32Array, out: Float32Array) -> None:
    """Put samples on the 16-bit grid of the reference: trunc(32768 x) / 32767.

    x is clipped to [-1, 1 - 2⁻¹⁵] first, so that nothing wraps around; the result lies in [-32768/32767, 1].
    A sample that is NaN or infinite becomes 0: a damaged block costs its own moment of the song, no more.
    """
    for i in range(len(x)):
        v = x[i]
        if not np.isfinite(v):
            v = np.float32(0)
        v = min(max(v, np.float32(-1)), np.float32(32767 / 32768))
        out[i] = np.float32(np.int32(v * np.float32(32768))) / np.float32(32767)
