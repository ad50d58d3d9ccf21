"""Compute the tag network's mel spectra: 96 bands from 0 to 8 kHz, every 16 ms, of samples at 16 kHz."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from moodcurve._typing import Float32Array, FloatArray
from moodcurve.features.descriptors import fft
from moodcurve.features.jit.kernel import exact
from moodcurve.features.jit.simd import LANES, aligned_table, broadcast, load, muladd, store
from moodcurve.features.tags.resampling import RATE

BANDS = 96
HOP = 256
"""Samples between frames: 16 ms."""
WINDOW = 512
"""Samples of a frame: 32 ms."""
_HIGHEST_HZ = 8000.0
_BREAK_HZ, _BREAK_MEL = 1000.0, 15.0
"""Slaney's scale is linear up to here, and logarithmic above."""
_LOG_STEP = np.log(6.4) / 27


class MelPlan(NamedTuple):
    """Constants and work tables of `mel_power`."""

    window: Float32Array
    transform: fft.FFTPlan
    edges: npt.NDArray[np.int64]
    """First bin of a band, and the bin after its last (96, 2)."""
    weights: Float32Array
    """Weights of the bins (96, bins)."""
    magnitudes: Float32Array
    """Work table: magnitudes, then powers, of sixteen frames (257, 16)."""
    bands: Float32Array
    """Work table: powers of the bands of sixteen frames (96, 16)."""


def mel_to_hz(mel: FloatArray) -> FloatArray:
    """Convert Slaney's mel to Hz: 200/3 Hz a mel up to 1 kHz, then 27 mel for each factor of 6.4.

    Slaney, "Auditory Toolbox", Interval Research technical report 1998-010.
    """
    above = _BREAK_HZ * np.exp((mel - _BREAK_MEL) * _LOG_STEP)
    return np.where(mel < _BREAK_MEL, mel * _BREAK_HZ / _BREAK_MEL, above)


def mel_weights() -> FloatArray:
    """Return triangular filters of unit area (96, 257): weights of the bins' powers, in 1/Hz.

    Corners are equally spaced in mel from 0 to 8 kHz; band b rises from corner b to b + 1 and falls to b + 2.
    """
    highest = _BREAK_MEL + np.log(_HIGHEST_HZ / _BREAK_HZ) / _LOG_STEP
    corners = mel_to_hz(np.linspace(0, highest, BANDS + 2))
    low, center, high = corners[:-2, None], corners[1:-1, None], corners[2:, None]
    freqs = np.arange(WINDOW // 2 + 1) * RATE / WINDOW
    triangles = np.maximum(0, np.minimum((freqs - low) / (center - low), (high - freqs) / (high - center)))
    return np.asarray(triangles * 2 / (high - low))


def make_plan() -> MelPlan:
    """Return the constants and work tables; the window is a periodic Hann window."""
    weights = mel_weights()
    edges = np.array([[row.nonzero()[0][0], row.nonzero()[0][-1] + 1] for row in weights])
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)
    return MelPlan(
        window.astype(np.float32),
        fft.make_plan(WINDOW),
        edges.astype(np.int64),
        weights.astype(np.float32),
        aligned_table(weights.shape[1]),
        aligned_table(BANDS),
    )


@exact
def mel_power(wave: Float32Array, plan: MelPlan, out: Float32Array) -> None:
    """Compute the mel powers (frames, 96) of frames that begin at wave[0], wave[256] …

    wave holds the samples of as many frames as the next multiple of sixteen. A frame does not depend on the others.
    """
    for start in range(0, len(out), LANES):
        fft.magnitudes(wave[start * HOP :], HOP, plan.window, plan.transform, plan.magnitudes)
        for k in range(len(plan.magnitudes)):
            magnitude = load(plan.magnitudes, k)
            store(plan.magnitudes, k, magnitude * magnitude)
        for band in range(BANDS):
            total = broadcast(np.float32(0))
            for k in range(plan.edges[band, 0], plan.edges[band, 1]):
                total = muladd(load(plan.magnitudes, k), plan.weights[band, k], total)
            store(plan.bands, band, total)
        for t in range(min(LANES, len(out) - start)):
            for band in range(BANDS):
                out[start + t, band] = plan.bands[band, t]
