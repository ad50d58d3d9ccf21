"""Describe where on the pitch axis the energy of a frame lies, and how much of it stays."""

import numpy as np

from moodcurve._typing import Float32Array, FloatArray
from moodcurve.features.jit.kernel import exact
from moodcurve.features.tonal.log_spectrum import BINS, OCTAVES, PER_OCTAVE


@exact
def distribution(x: Float32Array, lane: int, out: FloatArray) -> float:
    """Compute the center of a column of a table (216, 16) in semitones above C2, and the share of each octave (7,).

    Returns the sum of the column; if it is 0, all results are 0.
    """
    out[:] = 0.0
    total = moment = 0.0
    for octave in range(OCTAVES):
        for b in range(octave * PER_OCTAVE, (octave + 1) * PER_OCTAVE):
            value = np.float64(x[b, lane])
            out[1 + octave] += value
            moment += (b - 1) * value
        total += out[1 + octave]
    if total > 0.0:
        out[0] = moment / (3 * total)
        for octave in range(OCTAVES):
            out[1 + octave] /= total
    return total


@exact
def overlap(x: Float32Array, lane: int, before: Float32Array) -> float:
    """Return Σ min(x, before) / Σ max(x, before) of a column and an earlier one (216,); 1 if both are 0."""
    common = united = 0.0
    for b in range(BINS):
        low, high = np.float64(x[b, lane]), np.float64(before[b])
        if low > high:
            low, high = high, low
        common += low
        united += high
    return common / united if united > 0.0 else 1.0
