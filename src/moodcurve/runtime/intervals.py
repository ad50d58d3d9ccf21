"""Apply a model file's 90 % intervals and error estimates to its predictions.

`moodcurve.learn.uncertainty.calibration` measures both on songs that were held out of training.
"""

import math
from dataclasses import dataclass

import numpy as np

from moodcurve._typing import FloatArray

Margins = tuple[float, float]
"""Distance from a prediction down to its interval's low end and up to its high end, in units of the scale."""

LEVEL = 0.9
"""Share of ratings expected inside an interval; half of the others lie on each side."""
SCALES = ("constant", "spread")
"""Intervals have the same width everywhere, or a width proportional to the model's own standard deviation."""


@dataclass(frozen=True, kw_only=True)
class Intervals:
    """Margins of a model's 90 % intervals.

    Attributes
    ----------
    level : float
        Always `LEVEL`.
    scale : str
        One of `SCALES`: margins are on the scale of [-1, 1], or multiples of the model's standard deviation.
    songs : int
        Number of songs the margins were measured on.
    arousal, valence : (float, float)
        Margins below and above a single point, 0 or more.
    song_arousal, song_valence : (float, float)
        Margins below and above a song's mean; its scale is the mean of its points' scales.
    """

    level: float = LEVEL
    scale: str
    songs: int
    arousal: Margins
    valence: Margins
    song_arousal: Margins
    song_valence: Margins

    def __post_init__(self) -> None:
        if self.level != LEVEL:
            raise ValueError(f"level must be {LEVEL}, got {self.level}")
        if self.scale not in SCALES:
            raise ValueError(f"scale must be one of {', '.join(SCALES)}, got {self.scale!r}")
        for name in ("arousal", "valence", "song_arousal", "song_valence"):
            margins = getattr(self, name)
            if len(margins) != 2 or not all(math.isfinite(side) and side >= 0 for side in margins):
                raise ValueError(f"{name} must be two finite numbers, 0 or more, got {margins}")

    def of_points(self, values: FloatArray, std: FloatArray | None) -> FloatArray:
        """Return the intervals of single points, limited to [-1, 1].

        Parameters
        ----------
        values : (n, 2)
            Predicted arousal and valence in [-1, 1].
        std : (n, 2) or None
            The model's standard deviation; required where `scale` is ``spread``.

        Returns
        -------
        ndarray (n, 2, 2)
            By point, axis (arousal, valence) and end (low, high).
        """
        return _ends(values, self._scale(values, std), (self.arousal, self.valence))

    def of_song(self, values: FloatArray, std: FloatArray | None) -> FloatArray:
        """Return the interval of a song's mean, (2, 2) by axis and end; parameters as `of_points`, with n ≥ 1."""
        scale = self._scale(values, std).mean(axis=0, keepdims=True)
        ends: FloatArray = _ends(values.mean(axis=0, keepdims=True), scale, (self.song_arousal, self.song_valence))[0]
        return ends

    def _scale(self, values: FloatArray, std: FloatArray | None) -> FloatArray:
        if self.scale == "constant":
            return np.ones_like(values)
        if std is None:
            raise ValueError("std must be given where the scale is 'spread', got None")
        return std


@dataclass(frozen=True, kw_only=True)
class RmsErrors:
    """Root mean square error of a model's predictions, from which class probabilities are computed.

    Attributes
    ----------
    songs : int
        Number of songs it was measured on.
    arousal, valence : float
        Error of single points; positive.
    song_arousal, song_valence : float
        Error of songs' means; positive.
    """

    songs: int
    arousal: float
    valence: float
    song_arousal: float
    song_valence: float

    def __post_init__(self) -> None:
        for name in ("arousal", "valence", "song_arousal", "song_valence"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise ValueError(f"{name} must be positive, got {value}")

    @property
    def of_points(self) -> FloatArray:
        """Error of single points, (2,): arousal, valence."""
        return np.array([self.arousal, self.valence])

    @property
    def of_song(self) -> FloatArray:
        """Error of songs' means, (2,): arousal, valence."""
        return np.array([self.song_arousal, self.song_valence])


def _ends(values: FloatArray, scale: FloatArray, margins: tuple[Margins, Margins]) -> FloatArray:
    below, above = np.array(margins).T
    ends: FloatArray = np.clip(np.stack([values - below * scale, values + above * scale], axis=-1), -1, 1)
    return ends
