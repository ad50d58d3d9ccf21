"""Halve the sample rate of a stream, once or several times."""

import numpy as np

from moodcurve._typing import Float32Array
from moodcurve.features.jit.kernel import exact
from moodcurve.features.jit.simd import LANES, broadcast, load, muladd, store

TAPS = 10
"""Taps of one side of the filter; every other tap of a half-band filter is 0."""
_KAISER_BETA = 6.0


def half_band_taps() -> Float32Array:
    """Return the taps at the odd distances 1, 3, … 19 of a half-band low-pass filter (10,).

    The ideal filter sin(πd/2) / (πd), times a Kaiser window (β = 6). Together with the center tap ½ the gain at 0 Hz
    is 1. Up to 0.8 of the new Nyquist frequency the ripple and the aliases are below -60 dB.
    """
    d = 2 * np.arange(TAPS) + 1
    window = np.kaiser(4 * TAPS + 1, _KAISER_BETA)[2 * TAPS + d]
    taps = np.sin(np.pi * d / 2) / (np.pi * d) * window
    return np.asarray(taps / (4 * taps.sum()), np.float32)


class Halving:
    """Halve the sample rate of a stream `count` times; sample m of the result is at the time of sample 2^count m.

    Parameters
    ----------
    count : int
        Number of halvings, from 0.
    """

    _STATE = ("_tails",)

    def __init__(self, count: int) -> None:
        self._taps = half_band_taps()
        before = np.zeros(2 * TAPS, np.float32)  # silence before the recording
        self._tails: tuple[Float32Array, ...] = tuple(before.copy() for _ in range(count))

    def push(self, x: Float32Array) -> Float32Array:
        """Add samples (n,); return the samples at the lower rate that are complete."""
        tails = []
        for tail in self._tails:
            wave = np.concatenate([tail, x])
            count = max(0, len(wave) // 2 - (2 * TAPS - 1))
            x = self._halve(wave, count)
            tails.append(wave[2 * count :])
        self._tails = tuple(tails)
        return x

    def _halve(self, wave: Float32Array, count: int) -> Float32Array:
        padded = -(-count // LANES) * LANES
        out = np.empty(padded, np.float32)
        parts = np.zeros((2, padded + 2 * TAPS), np.float32)  # even and odd samples
        parts[:, : count + 2 * TAPS - 1] = wave[: 2 * (count + 2 * TAPS - 1)].reshape(-1, 2).T
        _halve(parts[0], parts[1], self._taps, out)
        return out[:count]


@exact
def _halve(even: Float32Array, odd: Float32Array, taps: Float32Array, out: Float32Array) -> None:
    """Filter and decimate: out[m] = ½ x[2c] + Σ_k taps[k] (x[2c - 2k - 1] + x[2c + 2k + 1]), c = m + 10."""
    for m in range(0, len(out), LANES):
        total = broadcast(np.float32(0.5)) * load(even, m + TAPS)
        for k in range(TAPS):
            total = muladd(load(odd, m + TAPS - 1 - k) + load(odd, m + TAPS + k), taps[k], total)
        store(out, m, total)
