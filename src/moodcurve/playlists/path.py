"""Paths over the plane that a playlist follows, and regions that it stays in."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from moodcurve._typing import BoolArray, FloatArray
from moodcurve.mood.circumplex import NEUTRAL, Point, word_position

OUTER_QUANTILE = 0.9
"""A mood word stands for the point in its direction that a tenth of the songs lie beyond."""
MIN_RADIUS = 0.1
"""The smallest distance of a mood word's point from the center: that of `moodcurve.mood.circumplex.NEUTRAL_RADIUS`."""
MAX_CORNERS = 1000
"""Largest number of points of a path or corners of a region."""


@dataclass(frozen=True, eq=False)
class MoodPath:
    """A path of straight lines over the plane.

    Attributes
    ----------
    points : (k, 2)
        Arousal and valence, at least one point.
    shares : (k,)
        When each point is passed, as shares of the playing time: rising from 0 to 1. One point alone has the share 0,
        and is a path that stays there.
    """

    points: FloatArray
    shares: FloatArray

    def at(self, shares: FloatArray) -> FloatArray:
        """Return the points (..., 2) at shares (...) of the playing time; beyond the ends, the ends."""
        return np.stack([np.interp(shares, self.shares, axis) for axis in self.points.T], axis=-1)


def mood_path(points: Sequence[Point]) -> MoodPath:
    """Return the path through points, passed at constant speed.

    Parameters
    ----------
    points : sequence of (float, float)
        Arousal and valence; one point stays there.

    Raises
    ------
    ValueError
        If there is no point, there are too many, or one lies outside [-1, 1].

    Examples
    --------
    >>> mood_path([(0.4, -0.4), (0.0, 0.0), (-0.2, 0.2)]).shares.round(2).tolist()
    [0.0, 0.67, 1.0]
    """
    corners = _checked(points, least=1, name="path")
    steps = np.hypot(*np.diff(corners, axis=0).T)
    keep = np.concatenate([[True], steps > 0])
    reached = np.concatenate([[0.0], np.cumsum(steps)])[keep]
    return MoodPath(corners[keep], reached / reached[-1] if reached[-1] else reached)


def word_point(word: str, means: FloatArray) -> Point:
    """Return the point of the plane that a mood word stands for among some songs.

    It lies in the word's direction, as far from the center as `OUTER_QUANTILE` of the songs reach in this direction.
    Few songs come near the unit circle, on which the words lie, so a path between the words themselves would keep
    outside of any library.

    Parameters
    ----------
    word : str
        One of `moodcurve.mood.circumplex.MOOD_ANGLES_DEG`, or ``neutral``, which is the center.
    means : (n, 2)
        Mean arousal and valence of the songs.

    Raises
    ------
    KeyError
        If the word is unknown.
    """
    if word == NEUTRAL:
        return 0.0, 0.0
    direction = np.array(word_position(word))
    reach = float(np.quantile(means @ direction, OUTER_QUANTILE)) if len(means) else MIN_RADIUS
    arousal, valence = direction * min(1.0, max(MIN_RADIUS, reach))
    return float(arousal), float(valence)


@dataclass(frozen=True, eq=False)
class Region:
    """A polygon on the plane.

    Attributes
    ----------
    corners : (k, 2)
        Arousal and valence, at least three corners; the last is joined to the first.
    """

    corners: FloatArray

    def contains(self, points: FloatArray) -> BoolArray:
        """Return which points (n, 2) lie inside, by the even-odd rule."""
        inside = np.zeros(len(points), np.bool_)
        x, y = points.T
        for (x1, y1), (x0, y0) in zip(self.corners, np.roll(self.corners, 1, axis=0), strict=True):
            if y1 != y0:
                crosses = ((y1 > y) != (y0 > y)) & (x < (x0 - x1) * (y - y1) / (y0 - y1) + x1)
                inside ^= crosses
        return inside

    def distances(self, points: FloatArray) -> FloatArray:
        """Return the distance of points (n, 2) from the region; 0 inside."""
        nearest = np.full(len(points), np.inf)
        for first, second in zip(np.roll(self.corners, 1, axis=0), self.corners, strict=True):
            edge = second - first
            length = float(edge @ edge)
            along = np.clip((points - first) @ edge / length, 0, 1) if length else np.zeros(len(points))
            nearest = np.minimum(nearest, np.hypot(*(points - first - along[:, None] * edge).T))
        return np.where(self.contains(points), 0.0, nearest)


def region(corners: Sequence[Point]) -> Region:
    """Return the region within a polygon.

    Raises
    ------
    ValueError
        If there are fewer than three corners, too many, or one lies outside [-1, 1].
    """
    return Region(_checked(corners, least=3, name="region"))


def _checked(points: Sequence[Point], *, least: int, name: str) -> FloatArray:
    if not least <= len(points) <= MAX_CORNERS:
        raise ValueError(f"{name} must have {least} to {MAX_CORNERS} points, got {len(points)}")
    corners = np.array(points, dtype=np.float64)
    if corners.shape != (len(points), 2) or not (np.abs(corners) <= 1).all():  # NaN fails this too
        raise ValueError(f"{name} must have points (arousal, valence) in [-1, 1]")
    return corners
