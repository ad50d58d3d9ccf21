"""Moods as classes: the four quadrants, and finer ones, with the probability of each.

A curve says where a moment lies, and its spread how sure that is. The probability of a class is the share of the
normal distribution around the predicted point, with independent axes, that lies in the class's part of the plane.
"""

import math
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from moodcurve._typing import FloatArray
from moodcurve.mood.circumplex import NEUTRAL, NEUTRAL_RADIUS, QUADRANTS

MOODS = ("pleased", "excited", "energetic", "tense", "miserable", "gloomy", "tired", "calm", NEUTRAL)
"""Finer classes: eight sectors of 45°, anticlockwise from pleasure, each centred on its direction, and the neutral
middle within `moodcurve.mood.circumplex.NEUTRAL_RADIUS`. Sectors centred on the axes keep songs apart that quadrants cut in
two: a song of high arousal and middling valence is energetic, not half excited and half tense. More than eight would
ask for more than models tell: they err by .2 on each axis, at a typical distance of .3 from the centre."""
SCHEMES = {"quadrants": QUADRANTS, "moods": MOODS}
"""Names of the classes by the name of their scheme."""

_SIDE = 41
"""Points of the lattice on each axis that stands for a normal distribution: shares of moods are exact to about .01."""
_BLOCK = 2048
"""Points of a curve judged at once: 2048 · 41² numbers are 28 MB."""


def classes(points: FloatArray, scheme: str) -> npt.NDArray[np.int64]:
    """Give the class of each arousal and valence (n, 2) as its place among the scheme's names.

    Quadrants have no neutral middle here, and an exact zero counts as positive: each point belongs to one.

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


def probabilities(points: FloatArray, spread: FloatArray, scheme: str) -> FloatArray:
    """Give the probability of each class, (n, classes), each row adding up to 1.

    Parameters
    ----------
    points : (n, 2)
        Predicted arousal and valence: of each moment, or of whole songs.
    spread : (n, 2) or (2,)
        Standard deviation of what is rated around what is predicted, positive: of moments or of whole songs,
        as the points are.
    scheme : str
        ``quadrants`` or ``moods``.

    Raises
    ------
    ValueError
        If there is no such scheme, or a spread is not positive.

    Examples
    --------
    >>> probabilities(np.array([[0.3, 0.0]]), np.array([0.3, 0.2]), "quadrants").round(3).tolist()
    [[0.421, 0.421, 0.079, 0.079]]
    """
    _check(scheme)
    spreads = np.broadcast_to(spread, points.shape)
    if not (spreads > 0).all():
        raise ValueError(f"spread must be positive, got {float(np.min(spreads))}")
    if scheme == "quadrants":
        high, positive = _above_zero(points / spreads).T
        shares = (high * positive, high * (1 - positive), (1 - high) * (1 - positive), (1 - high) * positive)
        return np.column_stack(shares)
    steps = np.array([NormalDist().inv_cdf((i + 0.5) / _SIDE) for i in range(_SIDE)])
    lattice = np.stack(np.meshgrid(steps, steps, indexing="ij"), axis=-1).reshape(-1, 2)
    result = np.empty((len(points), len(MOODS)))
    for start in range(0, len(points), _BLOCK):
        rows = slice(start, start + _BLOCK)
        around = points[rows, None] + lattice * spreads[rows, None]
        found = classes(around.reshape(-1, 2), scheme).reshape(around.shape[:2])
        result[rows] = np.stack([(found == place).mean(axis=1) for place in range(len(MOODS))], axis=1)
    return result


def _above_zero(means: FloatArray) -> FloatArray:
    """Share of a normal distribution of spread 1 that lies above 0, for each mean: Φ(mean) = erfc(-mean/√2)/2.

    Python's own function: SciPy's would take longer to import than all of a song's points take.
    """
    scaled = (-means.ravel() / math.sqrt(2)).tolist()
    return np.fromiter(map(math.erfc, scaled), np.float64, len(scaled)).reshape(means.shape) / 2


def _check(scheme: str) -> None:
    if scheme not in SCHEMES:
        raise ValueError(f"scheme must be one of {', '.join(SCHEMES)}, got {scheme!r}")
