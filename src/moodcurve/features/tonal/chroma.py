"""Compute chroma of a frame, and what it says about key, mode, chords and harmonic change.

A chroma (12,) has the salience of each pitch class. Nothing here depends on which pitch class is the first.
"""

from typing import NamedTuple

import numpy as np

from moodcurve._typing import Float32Array, FloatArray
from moodcurve.features.jit.kernel import exact
from moodcurve.features.tonal.log_spectrum import BINS, PER_OCTAVE

_KRUMHANSL = (
    (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88),
    (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17),
)
_TEMPERLEY = (
    (0.184, 0.001, 0.155, 0.003, 0.191, 0.109, 0.005, 0.214, 0.001, 0.078, 0.004, 0.055),
    (0.192, 0.005, 0.149, 0.179, 0.002, 0.144, 0.002, 0.201, 0.038, 0.012, 0.053, 0.022),
)
CHORDS = ((0, 4, 7), (0, 3, 7), (0, 3, 6), (0, 4, 8))
"""Semitones above the root of major, minor, diminished and augmented triads."""
MAJOR, MINOR, DIMINISHED, AUGMENTED = range(4)


class ChromaPlan(NamedTuple):
    """Constants."""

    profiles: FloatArray
    """Key profiles, zero mean and unit length: Krumhansl's major, minor, Temperley's major, minor (4, 12)."""
    centroid: FloatArray
    """Tonal centroid of each pitch class (12, 6)."""


def chroma_plan() -> ChromaPlan:
    """Return the constants."""
    profiles = np.array([*_KRUMHANSL, *_TEMPERLEY])
    profiles -= profiles.mean(axis=1, keepdims=True)
    profiles /= np.linalg.norm(profiles, axis=1, keepdims=True)
    pitch = np.arange(12)[:, None]
    angles = pitch * np.pi * np.array([7 / 6, 3 / 2, 2 / 3])
    radii = np.array([1, 1, 0.5])
    centroid = np.stack([radii * np.sin(angles), radii * np.cos(angles)], axis=-1).reshape(12, 6)
    return ChromaPlan(profiles, centroid)


@exact
def fold(salience: Float32Array, lane: int, out: FloatArray) -> None:
    """Add up the octaves of one frame of a table (216, 16): out (36,)."""
    for b in range(PER_OCTAVE):
        out[b] = 0.0
    for b in range(BINS):
        out[b % PER_OCTAVE] += salience[b, lane]


@exact
def update_tuning(folded: FloatArray, keep: float, tuning: FloatArray) -> None:
    """Update the tuning (3,): a decaying sum of the phase over the bins of a semitone, and the offset it means.

    The offset in bins is followed without jumps, so that a pitch near the border between two semitones stays in one.
    """
    re = im = 0.0
    for b in range(0, PER_OCTAVE, 3):
        re += folded[b] - 0.5 * (folded[b + 1] + folded[b + 2])
        im += np.sqrt(0.75) * (folded[b + 1] - folded[b + 2])
    tuning[0] = keep * tuning[0] + re
    tuning[1] = keep * tuning[1] + im
    offset = np.arctan2(tuning[1], tuning[0]) * 3 / (2 * np.pi)
    step = offset - tuning[2]
    tuning[2] += step - 3 * np.floor(step / 3 + 0.5)


@exact
def chroma(folded: FloatArray, offset: float, out: FloatArray) -> None:
    """Compute the chroma: bins around each semitone, 3 p + offset, with weights cos²(π/4 · distance)."""
    whole = int(np.floor(offset))
    part = offset - whole
    for p in range(12):
        total = 0.0
        for d in range(-1, 3):
            total += np.cos(np.pi / 4 * (d - part)) ** 2 * folded[(3 * p + whole + d) % PER_OCTAVE]
        out[p] = total


@exact
def entropy(x: FloatArray) -> float:
    """Return the entropy of x / Σ x relative to its maximum, in [0, 1]; 1 if all are 0."""
    total = 0.0
    for value in x:
        total += value
    if total <= 0.0:
        return 1.0
    sum_of_logs = 0.0
    for value in x:
        if value > 0.0:
            sum_of_logs -= value / total * np.log(value / total)
    return float(sum_of_logs / np.log(len(x)))


@exact
def interval_correlations(x: FloatArray, out: FloatArray) -> None:
    """Compute Σ_p x_p x_{p+i} / Σ_p x_p², i = 1 .. 6; 0 if all are 0."""
    power = 0.0
    for value in x:
        power += value * value
    for i in range(6):
        total = 0.0
        for p in range(12):
            total += x[p] * x[(p + i + 1) % 12]
        out[i] = total / power if power > 0.0 else 0.0


@exact
def keys(x: FloatArray, plan: ChromaPlan, out: FloatArray) -> None:
    """Compute the correlation with the best major and the best minor key, and their difference, for two profiles (6,).

    0 for a chroma with equal values.
    """
    mean = power = 0.0
    for value in x:
        mean += value / 12
    for value in x:
        power += (value - mean) ** 2
    length = np.sqrt(power)
    for profile in range(4):
        best = -1.0
        for tonic in range(12):
            total = 0.0
            for p in range(12):
                total += plan.profiles[profile, p] * x[(p + tonic) % 12]
            best = max(best, total / length if length > 1e-9 * mean else 0.0)
        out[profile // 2 * 3 + profile % 2] = best
    out[2], out[5] = out[0] - out[1], out[3] - out[4]


@exact
def chords(x: FloatArray, out: FloatArray) -> int:
    """Compute the cosine with the best triad of each kind (4,); return the best major or minor one (0 .. 23), else -1.

    The kinds are major, minor, diminished and augmented; 0 if all of x is 0.
    """
    power = 0.0
    for value in x:
        power += value * value
    if power <= 0.0:
        for kind in range(4):
            out[kind] = 0.0
        return -1
    scale = 1 / np.sqrt(3 * power)
    chord, highest = -1, -1.0
    for kind in range(4):
        best = -1.0
        for root in range(12):
            fit = scale * (x[root] + x[(root + CHORDS[kind][1]) % 12] + x[(root + CHORDS[kind][2]) % 12])
            best = max(best, fit)
            if kind <= MINOR and fit > highest:
                highest, chord = fit, 12 * kind + root
        out[kind] = best
    return chord


@exact
def tonal_centroid(x: FloatArray, plan: ChromaPlan, out: FloatArray) -> None:
    """Compute the tonal centroid (6,) of Harte, Sandler & Gasser (2006); 0 if all of x is 0."""
    total = 0.0
    for value in x:
        total += value
    for i in range(6):
        out[i] = 0.0
        for p in range(12):
            out[i] += plan.centroid[p, i] * x[p] / total if total > 0.0 else 0.0
