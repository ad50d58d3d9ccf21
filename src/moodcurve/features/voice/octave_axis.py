"""The octave axis of the pitch search, and what of the way from bins to its points never changes."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from moodcurve._typing import Float32Array, FloatArray

HARMONICS = 15
_LOWEST_POINT_HZ = 25.0


class OctaveAxis(NamedTuple):
    """Precomputed parts of the way from bins to points of an octave axis, n of each."""

    system: FloatArray
    """The splines' equations, solved as far as the knots go: weights of three bins and of the last unknown in
    elimination, of the next unknown in substitution (n, 5)."""
    upper: npt.NDArray[np.int64]
    """The knot above each point (n,)."""
    weights: FloatArray
    """Weights of the two bins about a point and of the second derivatives there (n, 4)."""
    sensitivity: Float32Array
    """Weight of each point, rising over the lowest octaves (n,)."""
    octaves: Float32Array
    """Position of each point, log2 of Hz (n,)."""
    shifts: npt.NDArray[np.int64]
    """Distance to harmonic h in points, floor(points per octave · log2 h), h = 1..15."""
    powers: Float32Array
    """0.85^(h-1)."""


def octave_axis(freqs: FloatArray) -> OctaveAxis:
    """Prepare for a spectrum whose n bins have these frequencies (Hz, from 0 to half the sample rate).

    The points lie equally spaced from log2 25 to log2 of half the sample rate; the knots are log2 of the bins,
    that of bin 0 as far below that of bin 1 as that of bin 2 lies above it.
    """
    n = len(freqs)
    knots = np.empty(n)
    knots[1:] = np.log2(freqs[1:])
    knots[0] = 2 * knots[1] - knots[2]
    points = np.linspace(np.log2(_LOWEST_POINT_HZ), knots[-1], n)
    per_octave = n / np.log2(freqs[-1] / _LOWEST_POINT_HZ)
    start = per_octave * np.log2(65 / 50) - 1
    sensitivity = 0.5 + np.arctan(3 * (np.arange(n) + 1 - start) / per_octave) / np.pi
    step, first = np.float32(points[1] - points[0]), np.float32(points[0])
    h = np.arange(1, HARMONICS + 1)
    upper, weights = _spline_points(knots, points)
    return OctaveAxis(
        _spline_system(knots),
        upper,
        weights,
        sensitivity.astype(np.float32),
        np.arange(n, dtype=np.float32) * step + first,
        np.floor(np.float32(per_octave) * np.log2(h)).astype(np.int64),
        np.float32(0.85) ** (h - 1).astype(np.float32),
    )


def _spline_system(knots: FloatArray) -> FloatArray:
    """Factorise the natural spline's tridiagonal equations for its second derivatives, once for all frames."""
    below, above = np.diff(knots)[:-1], np.diff(knots)[1:]
    left = below / (below + above)
    following = [0.0]
    for share in left.tolist():
        following.append((share - 1) / (share * following[-1] + 2))
    pivot = left * np.array(following[:-1]) + 2
    scale = 6 / (below + above) / pivot
    system = np.zeros((len(knots), 5))
    system[1:-1, 0] = scale / below
    system[1:-1, 1] = -scale * (1 / below + 1 / above)
    system[1:-1, 2] = scale / above
    system[1:-1, 3] = -left / pivot
    system[1:-1, 4] = following[1:]
    return system


def _spline_points(knots: FloatArray, points: FloatArray) -> tuple[npt.NDArray[np.int64], FloatArray]:
    """Find each point's segment, and its weights in the cubic between two knots."""
    upper = np.clip(np.searchsorted(knots, points, side="left"), 1, len(knots) - 1)
    width = knots[upper] - knots[upper - 1]
    a = (knots[upper] - points) / width
    b = (points - knots[upper - 1]) / width
    weights = np.stack([a, b, (a**3 - a) * width**2 / 6, (b**3 - b) * width**2 / 6], axis=1)
    return upper.astype(np.int64), weights
