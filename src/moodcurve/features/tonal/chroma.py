"""Compute chroma of a frame, and what it says about key, mode, chords and harmonic change.

A chroma (12,) has the salience of each pitch class. Nothing here depends on which pitch class is the first.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from moodcurve._typing import Float32Array, FloatArray
from moodcurve.features.jit.kernel import exact
from moodcurve.features.tonal.log_spectrum import PER_OCTAVE

_KRUMHANSL = (
    (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88),
    (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17),
)
_TEMPERLEY = (
    (0.184, 0.001, 0.155, 0.003, 0.191, 0.109, 0.005, 0.214, 0.001, 0.078, 0.004, 0.055),
    (0.192, 0.005, 0.149, 0.179, 0.002, 0.144, 0.002, 0.201, 0.038, 0.012, 0.053, 0.022),
)
CHORDS = (
    (0, 4, 7),
    (0, 3, 7),
    (0, 3, 6),
    (0, 4, 8),
    (0, 4, 7, 10),
    (0, 4, 7, 11),
    (0, 3, 7, 10),
    (0, 7),
)
"""Semitones above the root: major, minor, diminished, augmented triad; dominant, major, minor seventh chord; fifth."""
KINDS = len(CHORDS)
WEAK_BASS = 0.01
"""Power of the bass's chroma relative to the whole chroma's, at which `bass_mode` is half as large."""


class ChromaPlan(NamedTuple):
    """Constants."""

    profiles: FloatArray
    """Key profiles, zero mean and unit length: Krumhansl's major, minor, Temperley's major, minor (4, 12)."""
    centroid: FloatArray
    """Tonal centroid of each pitch class (12, 6)."""
    chords: npt.NDArray[np.int64]
    """`CHORDS`, filled up with -1 (8, 4)."""


def chroma_plan() -> ChromaPlan:
    """Return the constants."""
    profiles = np.array([*_KRUMHANSL, *_TEMPERLEY])
    profiles -= profiles.mean(axis=1, keepdims=True)
    profiles /= np.linalg.norm(profiles, axis=1, keepdims=True)
    pitch = np.arange(12)[:, None]
    angles = pitch * np.pi * np.array([7 / 6, 3 / 2, 2 / 3])
    radii = np.array([1, 1, 0.5])
    centroid = np.stack([radii * np.sin(angles), radii * np.cos(angles)], axis=-1).reshape(12, 6)
    chords = np.array([(*notes, -1, -1)[:4] for notes in CHORDS])
    return ChromaPlan(profiles, centroid, chords)


@exact
def fold(salience: Float32Array, lane: int, octaves: int, out: FloatArray) -> None:
    """Add up the lowest octaves of one frame of a table (216, 16): out (36,)."""
    out[:] = 0.0
    for octave in range(octaves):
        for b in range(PER_OCTAVE):
            out[b] += salience[octave * PER_OCTAVE + b, lane]


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
    """Compute the correlation with the best major key, and how much it exceeds that with the best minor key.

    For the two pairs of profiles (4,); 0 for a chroma with equal values.
    """
    mean = power = 0.0
    for value in x:
        mean += value / 12
    for value in x:
        power += (value - mean) ** 2
    out[:] = 0.0
    length = np.sqrt(power)
    if length <= 1e-9 * mean:
        return
    for pair in range(2):
        out[2 * pair] = _best_key(x, plan.profiles[2 * pair]) / length
        out[2 * pair + 1] = out[2 * pair] - _best_key(x, plan.profiles[2 * pair + 1]) / length


@exact
def _best_key(x: FloatArray, profile: FloatArray) -> float:
    """Return the largest product of x with a rotation of a profile."""
    best = -np.inf
    for tonic in range(12):
        total = 0.0
        for p in range(12):
            total += profile[p] * x[(p + tonic) % 12]
        best = max(best, total)
    return best


@exact
def chords(x: FloatArray, plan: ChromaPlan, out: FloatArray) -> int:
    """Compute the cosine with the best chord of each kind (8,); return the best major or minor triad (0 .. 23).

    0 if all of x is 0.
    """
    power = 0.0
    for value in x:
        power += value * value
    if power <= 0.0:
        out[:] = 0.0
        return 0
    chord = 0
    for kind in range(KINDS):
        best, best_root, notes = -1.0, 0, 0
        for root in range(12):
            total, notes = 0.0, 0
            for step in plan.chords[kind]:
                if step >= 0:
                    total += x[(root + step) % 12]
                    notes += 1
            if total > best:
                best, best_root = total, root
        out[kind] = best / np.sqrt(notes * power)
        if kind == 0 or (kind == 1 and out[1] > out[0]):
            chord = 12 * kind + best_root
    return chord


@exact
def bass_mode(bass: FloatArray, x: FloatArray) -> float:
    """Return how much major thirds above the bass exceed minor thirds, relative to the length of chroma x.

    The mean over pitch classes, weighted by the square of the bass's chroma; near 0 without a bass.
    """
    power = weights = total = 0.0
    for p in range(12):
        weight = bass[p] * bass[p]
        power += x[p] * x[p]
        weights += weight
        total += weight * (x[(p + 4) % 12] - x[(p + 3) % 12])
    return float(total / ((weights + WEAK_BASS * power) * np.sqrt(power))) if power > 0.0 else 0.0


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
