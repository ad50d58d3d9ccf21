"""Prepare samples and frames: 16-bit quantization, frame lengths at any sample rate, window functions."""

from dataclasses import dataclass
from functools import cached_property
from numbers import Real

import numpy as np
import numpy.typing as npt

from moodcurve._typing import Float32Array, FloatArray
from moodcurve.features.jit.kernel import exact

MIN_SR = 8000
"""Lowest sample rate (Hz) with a 1000-4000 Hz band."""
MAX_SR = 384_000
"""Highest sample rate (Hz): a 60 ms frame takes an FFT of 32768 points."""


def as_mono_float32(x: npt.ArrayLike) -> Float32Array:
    """Return samples (n,) as contiguous float32, without a copy if they already are.

    Doubles beyond full scale are clipped; NaN and infinities are kept.

    Raises
    ------
    ValueError
        If x is not one-dimensional or does not hold floats. The full scale of integers is unknown here.
    """
    samples = np.asarray(x)
    if samples.ndim != 1:
        raise ValueError(f"x must be one-dimensional (one channel of samples), got shape {samples.shape}")
    if samples.dtype.kind != "f":
        raise ValueError(
            f"x must hold floats with full scale [-1, 1], got {samples.dtype}; divide integers of 16 bits by 32768"
        )
    if samples.dtype.itemsize > 4:
        samples = np.where(np.isfinite(samples), np.clip(samples, -1, 1), samples)
    with np.errstate(under="ignore"):  # denormal doubles become 0, whatever the caller's NumPy settings
        return np.ascontiguousarray(samples, np.float32)


def round_half_away(value: float) -> int:
    """Round to the nearest integer, halves away from zero."""
    return int(np.floor(value + 0.5))


@dataclass(frozen=True)
class Framing:
    """Frame lengths in samples at one sample rate, and the two window functions.

    Frame t covers samples [t hop, t hop + length): frames are left-aligned, and only complete frames count.

    Attributes
    ----------
    sr : int
        Sample rate in Hz, from 8000 to 384000.

    Raises
    ------
    ValueError
        If `sr` is not a whole number in this range.
    """

    sr: int

    def __post_init__(self) -> None:
        sr = self.sr
        if isinstance(sr, bool) or not isinstance(sr, Real) or not MIN_SR <= sr <= MAX_SR or sr != int(sr):
            raise ValueError(f"sr must be the sample rate of the samples, {MIN_SR} to {MAX_SR} Hz, got {sr!r}")

    @cached_property
    def hop(self) -> int:
        """Length of 10 ms."""
        return round_half_away(0.010 * self.sr)

    @cached_property
    def short(self) -> int:
        """Length of 20 ms, for energy, auditory and spectral descriptors."""
        return round_half_away(0.020 * self.sr)

    @cached_property
    def long(self) -> int:
        """Length of 60 ms, for pitch and zero crossings."""
        return round_half_away(0.060 * self.sr)

    @cached_property
    def short_fft(self) -> int:
        """FFT length of the short frame: the next power of two."""
        return next_power_of_two(self.short)

    @cached_property
    def long_fft(self) -> int:
        """FFT length of the long frame: the next power of two."""
        return next_power_of_two(self.long)

    @cached_property
    def short_freqs(self) -> FloatArray:
        """Center frequencies (Hz) of the short frame's bins, k / (0.020 s · Nfft / N)."""
        return np.arange(self.short_fft // 2 + 1) / (0.020 * self.short_fft / self.short)

    @cached_property
    def long_freqs(self) -> FloatArray:
        """Center frequencies (Hz) of the long frame's bins."""
        return np.arange(self.long_fft // 2 + 1) / (0.060 * self.long_fft / self.long)

    @cached_property
    def hamming(self) -> Float32Array:
        """Hamming window of the short frame, w[i] = 0.54 - 0.46 cos(2π i / (N - 1))."""
        i = np.arange(self.short)
        return (0.54 - 0.46 * np.cos(2 * np.pi * i / (self.short - 1))).astype(np.float32)

    @cached_property
    def gauss(self) -> Float32Array:
        """Gaussian window of the long frame, w[i] = exp(-½ ((i - m) / (0.4 m))²), m = (N - 1) / 2."""
        m = (self.long - 1) / 2
        distance = (np.arange(self.long) - m) / (0.4 * m)
        return np.asarray(np.exp(-0.5 * distance**2), np.float32)

    def frames(self, samples: int, length: int) -> int:
        """Return the number of complete frames of a length."""
        return max(0, (samples - length) // self.hop + 1)


def next_power_of_two(n: int) -> int:
    """Return the smallest power of two that is at least n."""
    return 1 << (n - 1).bit_length()


@exact
def quantize(x: Float32Array, out: Float32Array) -> None:
    """Quantize samples to openSMILE's 16-bit grid, trunc(32768 x) / 32767.

    x is first clipped to [-1, 1 - 2⁻¹⁵], so that nothing wraps around; the result lies in [-32768/32767, 1]. NaN and
    infinite samples become 0, so that damage affects only its own part of the recording.
    """
    for i in range(len(x)):
        v = x[i]
        if not np.isfinite(v):
            v = np.float32(0)
        v = min(max(v, np.float32(-1)), np.float32(32767 / 32768))
        out[i] = np.float32(np.int32(v * np.float32(32768))) / np.float32(32767)
