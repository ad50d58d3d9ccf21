"""Halve the sample rate of a stream, once or several times."""

import numpy as np

from moodcurve._typing import Float32Array
from moodcurve.features.jit.kernel import exact
from moodcurve.features.jit.simd import LANES, broadcast, load, muladd, store, zip_high, zip_low

TAPS = 10
"""Taps on one side of the filter that are not 0."""
_KAISER_BETA = 6.0


def half_band_taps() -> Float32Array:
    """Return the taps at the odd distances d = 1, 3, … 19 of a half-band low-pass filter (10,).

    sin(πd/2) / (πd) times a Kaiser window (β = 6), scaled so that with the center tap ½ the gain is 1 at 0 Hz. Up to
    0.8 of the new Nyquist frequency, ripple and aliases are below -60 dB.
    """
    d = 2 * np.arange(TAPS) + 1
    taps = np.sin(np.pi * d / 2) / (np.pi * d) * np.kaiser(4 * TAPS + 1, _KAISER_BETA)[2 * TAPS + d]
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
            n = len(tail) + len(x)
            count = max(0, n // 2 - (2 * TAPS - 1))
            out = np.empty(-(-count // LANES) * LANES, np.float32)
            wave = np.zeros(2 * (len(out) + 2 * LANES), np.float32)  # zeros at the end complete the last sixteen
            wave[: len(tail)], wave[len(tail) : n] = tail, x
            _halve(wave, self._taps, np.empty_like(wave), out)
            x = out[:count]
            tails.append(wave[2 * count : n])
        self._tails = tuple(tails)
        return x


@exact
def _halve(wave: Float32Array, taps: Float32Array, work: Float32Array, out: Float32Array) -> None:
    """Compute out[m] = ½ x[2c] + Σ_k taps[k] (x[2c - 2k - 1] + x[2c + 2k + 1]), c = m + 10.

    The wave holds 2 (len(out) + 32) samples; work is as long.
    """
    half = len(wave) // 2
    even, odd = work[:half], work[half:]
    for m in range(0, half, LANES):
        a, b = load(wave, 2 * m), load(wave, 2 * m + LANES)
        for _ in range(4):  # five times would give the old order: four times undo one, and separate even from odd
            a, b = zip_low(a, b), zip_high(a, b)
        store(even, m, a)
        store(odd, m, b)
    for m in range(0, len(out), LANES):
        total = broadcast(np.float32(0.5)) * load(even, m + TAPS)
        for k in range(TAPS):
            total = muladd(load(odd, m + TAPS - 1 - k) + load(odd, m + TAPS + k), taps[k], total)
        store(out, m, total)
