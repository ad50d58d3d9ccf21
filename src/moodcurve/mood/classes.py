"""Compute mood classes of points and their probabilities: the four quadrants, or nine finer moods.

The probability of a class is the share of a normal distribution that lies in the class's part of the plane. The
distribution is centered on the predicted point, and its axes are independent.
"""

import math
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from moodcurve._typing import FloatArray
from moodcurve.mood.circumplex import NEUTRAL, NEUTRAL_RADIUS, QUADRANTS

MOODS = ("pleased", "excited", "energetic", "tense", "miserable", "gloomy", "tired", "calm", NEUTRAL)
"""Finer classes: eight sectors of 45°, anticlockwise from pleasure, and the neutral middle within `NEUTRAL_RADIUS`.

Sectors are centered on the axes, where quadrants would split similar songs: one of high arousal and medium valence is
energetic, not half excited and half tense. Models cannot distinguish more: they err by .2 on each axis, at a typical
distance of .3 from the center."""
SCHEMES = {"quadrants": QUADRANTS, "moods": MOODS}
"""Names of the classes, by scheme."""

_SIDE = 41
"""Points on each axis of the lattice that approximates a normal distribution; shares of moods are within about .01."""
_BLOCK = 2048
"""Points of a curve classified at once: 2048 · 41² numbers are 28 MB."""


def classes(points: FloatArray, scheme: str) -> npt.NDArray[np.int64]:
    """Return the class of each point (n, 2) of arousal and valence, as its index in the names of the scheme.

    Here quadrants have no neutral middle, and an exact zero counts as positive, so each point is in one.

    Raises
    ------
    ValueError
        If there is no such scheme.
    """
    _check(scheme)
    arousal, valence = points[:, 0], points[:, 1]
    if scheme == "quadrants":
        return np.where(arousal >= 0, np.where(valence >= 0, 0, 1), np.where(valence >= 0, 3, 2))
    sector = np.floor(np.arctan2(arousal, valence) / (math.pi / 4) + 0.5).astype(np.int64) % 8
    return np.where(np.hypot(arousal, valence) < NEUTRAL_RADIUS, 8, sector)


def probabilities(points: FloatArray, std: FloatArray, scheme: str) -> FloatArray:
    """Return the probability of each class, (n, classes); each row adds up to 1.

    Parameters
    ----------
    points : (n, 2)
        Predicted arousal and valence, of moments or of whole songs.
    std : (n, 2) or (2,)
        Standard deviation of ratings around these predictions, positive.
    scheme : str
        ``quadrants`` or ``moods``.

    Raises
    ------
    ValueError
        If there is no such scheme, or a standard deviation is not positive.

    Examples
    --------
    >>> probabilities(np.array([[0.3, 0.0]]), np.array([0.3, 0.2]), "quadrants").round(3).tolist()
    [[0.421, 0.421, 0.079, 0.079]]
    """
    _check(scheme)
    stds = np.broadcast_to(std, points.shape)
    if not (stds > 0).all():
        raise ValueError(f"std must be positive, got {float(np.min(stds))}")
    if scheme == "quadrants":
        high, positive = _above_zero(points / stds).T
        shares = (high * positive, high * (1 - positive), (1 - high) * (1 - positive), (1 - high) * positive)
        return np.column_stack(shares)
    steps = np.array([NormalDist().inv_cdf((i + 0.5) / _SIDE) for i in range(_SIDE)])
    lattice = np.stack(np.meshgrid(steps, steps, indexing="ij"), axis=-1).reshape(-1, 2)
    result = np.empty((len(points), len(MOODS)))
    for start in range(0, len(points), _BLOCK):
        rows = slice(start, start + _BLOCK)
        around = points[rows, None] + lattice * stds[rows, None]
        found = classes(around.reshape(-1, 2), scheme).reshape(around.shape[:2])
        result[rows] = np.stack([(found == index).mean(axis=1) for index in range(len(MOODS))], axis=1)
    return result


def _above_zero(means: FloatArray) -> FloatArray:
    """Return the share above 0 of normal distributions of these means and std 1: Φ(mean) = erfc(-mean/√2)/2.

    `math.erfc` in a loop: importing SciPy would take longer than all points of a song.
    """
    scaled = (-means.ravel() / math.sqrt(2)).tolist()
    return np.fromiter(map(math.erfc, scaled), np.float64, len(scaled)).reshape(means.shape) / 2


def _check(scheme: str) -> None:
    if scheme not in SCHEMES:
        raise ValueError(f"scheme must be one of {', '.join(SCHEMES)}, got {scheme!r}")
