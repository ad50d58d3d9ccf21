"""Filter, convolve and smooth signals along their last axis, with NumPy alone."""

from typing import Literal

import numpy as np
import numpy.typing as npt

from moodcurve._typing import FloatArray

Kind = Literal["lowpass", "highpass", "bandpass"]
ComplexArray = npt.NDArray[np.complex128]

_NEGLIGIBLE = 1e-17
"""Level at which the rest of an impulse response is below the rounding of doubles."""


def butterworth(x: FloatArray, kind: Kind, hz: float | tuple[float, float], *, sr: int, order: int = 2) -> FloatArray:
    """Apply a digital Butterworth filter, as designed by the bilinear transform.

    The spectrum is multiplied by H(S) = n(S)^N / Π_k (S - s_k), with S = i tan(π f / sr). With w = tan(π hz / sr) and
    the poles p_k = e^(iπ (2k + N + 1) / 2N) of the prototype, the numerator n and the poles s_k are

    - lowpass: n = w, s_k = w p_k;
    - highpass: n = S, s_k = w / p_k;
    - bandpass: n = b S with b = w_2 - w_1, and the two solutions of s² - b p_k s + w_1 w_2 = 0 for each k.

    The signal is padded with zeros until the impulse response has decayed, so that its end does not wrap around.

    Parameters
    ----------
    x : (..., samples)
    kind : {"lowpass", "highpass", "bandpass"}
    hz : float, or a pair for a bandpass
        Corner frequencies (-3 dB), lowered to 0.45 sr if above.
    order : int
        Order N of the prototype; a bandpass has twice as many poles.
    """
    corners = np.tan(np.pi * np.minimum(hz, 0.45 * sr) / sr)
    poles = _poles(kind, corners, order)
    ringing = int(np.log(_NEGLIGIBLE) / np.log(np.abs((1 + poles) / (1 - poles)).max())) + 1
    size = _fast_size(x.shape[-1] + ringing)
    s = 1j * np.tan(np.pi * np.arange(size // 2 + 1) / size)
    factor = {"lowpass": corners, "highpass": s, "bandpass": np.ptp(corners) * s}[kind]
    response = np.ones_like(s)
    for k, pole in enumerate(poles):
        # one factor of the numerator per pole of the prototype keeps the product in range
        response *= (factor if k < order else 1) / (s - pole)
    return _filtered(x, response, size)


def _poles(kind: Kind, corners: FloatArray, order: int) -> ComplexArray:
    prototype = np.exp(0.5j * np.pi * (2 * np.arange(order) + order + 1) / order)
    if kind == "lowpass":
        return np.asarray(corners * prototype)
    if kind == "highpass":
        return np.asarray(corners / prototype)
    half = prototype * np.ptp(corners) / 2
    root = np.sqrt(half**2 - np.prod(corners))
    return np.concatenate([half + root, half - root])


def convolve(x: FloatArray, response: FloatArray) -> FloatArray:
    """Convolve each channel of a signal with its impulse response, shape (..., samples); the end is cut.

    Parameters
    ----------
    x : (..., samples)
    response : (..., length)
        One per channel.
    """
    size = _fast_size(x.shape[-1] + response.shape[-1] - 1)
    return _filtered(x, np.fft.rfft(response, size), size)


def _filtered(x: FloatArray, response: ComplexArray, size: int) -> FloatArray:
    return np.asarray(np.fft.irfft(np.fft.rfft(x, size) * response, size)[..., : x.shape[-1]])


def _fast_size(least: int) -> int:
    """Return an even size for a fast FFT: a power of two times a factor of at most 16."""
    step = 1 << max(1, least.bit_length() - 4)
    return -(-least // step) * step


def moving_minimum(x: FloatArray, width: int) -> FloatArray:
    """Return the minimum over a window of odd width around each sample; the ends are extended by their values."""
    lowest, covered = np.pad(x, width // 2, mode="edge"), 1
    # the minimum of two windows is that of their union: each step doubles the width
    while covered < width:
        step = min(covered, width - covered)
        lowest = np.minimum(lowest[:-step], lowest[step:])
        covered += step
    return lowest


def moving_mean(x: FloatArray, width: int) -> FloatArray:
    """Return the mean over a window of odd width around each sample; the ends are extended by their values.

    It is exactly 0 where all samples of the window are 0.
    """
    sums = np.cumsum(np.pad(x, (width // 2 + 1, width // 2), mode="edge"))
    return np.asarray((sums[width:] - sums[:-width]) / width)
