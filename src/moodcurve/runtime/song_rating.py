"""The rating that listeners are expected to give a song as a whole, from the mean of its curve.

Listeners who rate a song as a whole use the scale otherwise than those who follow it: in DEAM such ratings spread by
a fifth more, and lie lower by .17 (arousal) and .08 (valence) than the means of the same songs' moments. A straight
line for each axis takes the one to the other: rating = base + slope · mean of the curve. It is made by
`moodcurve.learn.uncertainty.calibration` from songs that the model had not learned from, and the model file states it.
"""

import math
from dataclasses import asdict, dataclass

import numpy as np

from moodcurve._typing import FloatArray
from moodcurve.runtime.intervals import LEVEL


@dataclass(frozen=True, kw_only=True)
class Line:
    """One axis: rating = base + slope · mean; ratings lie between `below` under it and `above` over it, 0 or more."""

    base: float
    slope: float
    below: float
    above: float

    def __post_init__(self) -> None:
        if not all(math.isfinite(value) for value in asdict(self).values()) or min(self.below, self.above) < 0:
            raise ValueError(f"base and slope must be finite numbers, below and above also 0 or more, got {self}")


@dataclass(frozen=True, kw_only=True)
class SongRating:
    """How ratings of whole songs follow from curves.

    Attributes
    ----------
    level : float
        Of the intervals: `moodcurve.runtime.intervals.LEVEL`; there is no other.
    songs : int
        How many songs that was measured on.
    arousal, valence : Line
    """

    level: float = LEVEL
    songs: int
    arousal: Line
    valence: Line

    def __post_init__(self) -> None:
        if self.level != LEVEL:
            raise ValueError(f"level must be {LEVEL}, got {self.level}")

    def of_song(self, means: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Give the rating (2,) of a song from the mean of its curve (2,), and the ends of its 90 % interval (2, 2).

        Rows are the axes, columns the low and the high end; all is limited to [-1, 1].
        """
        lines = (self.arousal, self.valence)
        rating = np.array([line.base + line.slope * mean for line, mean in zip(lines, means, strict=True)])
        ends = np.array([(r - line.below, r + line.above) for line, r in zip(lines, rating, strict=True)])
        return np.clip(rating, -1, 1), np.clip(ends, -1, 1)


def in_words(rating: FloatArray, interval: FloatArray) -> str:
    """Say a rating and its interval on the scale from 1 to 9.

    Examples
    --------
    >>> in_words(np.array([0.25, -0.5]), np.array([[0.0, 0.5], [-0.8, -0.1]]))
    'arousal 6.0 (5.0 to 7.0), valence 3.0 (1.8 to 4.6)'
    """
    axes = zip(("arousal", "valence"), 5 + 4 * rating, 5 + 4 * interval, strict=True)
    return ", ".join(f"{axis} {value:.1f} ({low:.1f} to {high:.1f})" for axis, value, (low, high) in axes)
