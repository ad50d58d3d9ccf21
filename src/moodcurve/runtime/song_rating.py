"""Predict how listeners rate a song as a whole, from the mean of its curve.

Ratings of whole songs use the scale differently from ratings over time. In DEAM they vary by a fifth more than the
means of the same songs' ratings over time, and are lower by .17 (arousal) and .08 (valence). A straight line for each
axis maps one to the other: rating = base + slope · mean. `moodcurve.learn.uncertainty.calibration` fits it on songs
held out of training, and the model file stores it.
"""

import math
from dataclasses import asdict, dataclass

import numpy as np

from moodcurve._typing import FloatArray
from moodcurve.mood.scale import to_nine_points
from moodcurve.runtime.intervals import LEVEL


@dataclass(frozen=True, kw_only=True)
class Line:
    """Line of one axis, rating = base + slope · mean, with the margins `below` and `above` it, 0 or more."""

    base: float
    slope: float
    below: float
    above: float

    def __post_init__(self) -> None:
        if not all(math.isfinite(value) for value in asdict(self).values()) or min(self.below, self.above) < 0:
            raise ValueError(f"base and slope must be finite numbers, below and above also 0 or more, got {self}")


@dataclass(frozen=True, kw_only=True)
class SongRating:
    """Lines that map the mean of a curve to the rating of the whole song.

    Attributes
    ----------
    level : float
        Level of the intervals; always `moodcurve.runtime.intervals.LEVEL`.
    songs : int
        Number of songs the lines were fitted on.
    arousal, valence : Line
    """

    level: float = LEVEL
    songs: int
    arousal: Line
    valence: Line

    def __post_init__(self) -> None:
        if self.level != LEVEL:
            raise ValueError(f"level must be {LEVEL}, got {self.level}")

    def of_song(self, mean: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the rating (2,) and its 90 % interval (2, 2) for the mean (2,) of a song's curve.

        Rows of the interval are arousal and valence, columns the low and the high end; all are limited to [-1, 1].
        """
        lines = (self.arousal, self.valence)
        rating = np.array([line.base + line.slope * value for line, value in zip(lines, mean, strict=True)])
        ends = np.array([(r - line.below, r + line.above) for line, r in zip(lines, rating, strict=True)])
        return np.clip(rating, -1, 1), np.clip(ends, -1, 1)


def format_rating(rating: FloatArray, interval: FloatArray) -> str:
    """Format a rating (2,) and its interval (2, 2) on the scale from 1 to 9.

    Examples
    --------
    >>> format_rating(np.array([0.25, -0.5]), np.array([[0.0, 0.5], [-0.8, -0.1]]))
    'arousal 6.0 (5.0 to 7.0), valence 3.0 (1.8 to 4.6)'
    """
    axes = zip(("arousal", "valence"), to_nine_points(rating), to_nine_points(interval), strict=True)
    return ", ".join(f"{axis} {value:.1f} ({low:.1f} to {high:.1f})" for axis, value, (low, high) in axes)
