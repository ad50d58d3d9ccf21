"""Compute the sensory roughness of log-frequency spectra, and the share of their energy in peaks.

Two partials a few semitones or less apart beat against each other (Plomp & Levelt 1965).
"""

import numpy as np

from moodcurve._typing import Float32Array
from moodcurve.features.jit.kernel import exact
from moodcurve.features.jit.simd import broadcast, greater, load, muladd, store
from moodcurve.features.tonal.log_spectrum import BINS, LOWEST_HZ, PER_OCTAVE

REACH = 18
"""Pairs of partials up to half an octave apart count."""


def pair_weights() -> Float32Array:
    """Return the roughness of partials at bins b and b + 1 + d (216, 18), relative to the roughest distance.

    exp(-3.5 s Δf) - exp(-5.75 s Δf), s = 0.24 / (0.021 f + 19 Hz), after Sethares (1993), f the lower frequency.
    """
    f = LOWEST_HZ * 2 ** ((np.arange(BINS)[:, None] - 1) / PER_OCTAVE)
    x = 0.24 / (0.021 * f + 19) * f * (2 ** ((1 + np.arange(REACH)) / PER_OCTAVE) - 1)
    roughest = np.log(5.75 / 3.5) / (5.75 - 3.5)
    peak = np.exp(-3.5 * roughest) - np.exp(-5.75 * roughest)
    return np.asarray((np.exp(-3.5 * x) - np.exp(-5.75 * x)) / peak, np.float32)


@exact
def roughness(amplitude: Float32Array, weights: Float32Array, peaks: Float32Array, out: Float32Array) -> None:
    """Compute of sixteen frames: Σ of weight · p_b p_c over pairs of peaks, Σ p² of the peaks, Σ a² (out: 3, 16).

    A peak is a bin larger than its two neighbors; `peaks` is a work table (217, 16).
    """
    total = broadcast(np.float32(0))
    square = peak_square = total
    store(peaks, 0, total)
    store(peaks, BINS - 1, total)
    left, here = load(amplitude, 0), load(amplitude, 1)
    square = muladd(left, left, square)
    for b in range(1, BINS - 1):
        right = load(amplitude, b + 1)
        square = muladd(here, here, square)
        peak = here * greater(here, left) * greater(here, right)
        peak_square = muladd(peak, peak, peak_square)
        store(peaks, b, peak)
        left, here = here, right
    square = muladd(here, here, square)
    for b in range(BINS - 1):
        sum_of_pairs = broadcast(np.float32(0))
        for d in range(min(REACH, BINS - 1 - b)):
            sum_of_pairs = muladd(load(peaks, b + 1 + d), weights[b, d], sum_of_pairs)
        total = muladd(load(peaks, b), sum_of_pairs, total)
    store(out, 0, total)
    store(out, 1, peak_square)
    store(out, 2, square)
