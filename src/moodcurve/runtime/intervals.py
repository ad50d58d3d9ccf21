"""90 % intervals about a model's answers, and how far it errs, from factors that its file states.

The factors are made by `moodcurve.learn.uncertainty.calibration` from songs that the model had not learned from; here they are
only applied.
"""

import math
from dataclasses import dataclass

import numpy as np

from moodcurve._typing import FloatArray

Reach = tuple[float, float]
"""How far an interval reaches below and above an answer, in units of its scale."""

LEVEL = 0.9
"""Share of ratings that an interval is to hold; the half of the others lies on each side of it."""
SCALES = ("constant", "spread")
"""Half-widths are the same everywhere, or grow with the model's own spread."""


@dataclass(frozen=True, kw_only=True)
class Intervals:
    """How far ratings lie from a model's answers.

    Attributes
    ----------
    level : float
        `LEVEL`; there is no other.
    scale : str
        One of `SCALES`: the reaches are on the scale of [-1, 1], or multiples of the model's spread.
    songs : int
        How many songs they were measured on.
    arousal, valence : (float, float)
        Reach of a single point's interval below and above it, 0 or more.
    song_arousal, song_valence : (float, float)
        The same of a song's mean; of its points' spreads the mean is its spread.
    """

    level: float = LEVEL
    scale: str
    songs: int
    arousal: Reach
    valence: Reach
    song_arousal: Reach
    song_valence: Reach

    def __post_init__(self) -> None:
        if self.level != LEVEL:
            raise ValueError(f"level must be {LEVEL}, got {self.level}")
        if self.scale not in SCALES:
            raise ValueError(f"scale must be one of {', '.join(SCALES)}, got {self.scale!r}")
        for name in ("arousal", "valence", "song_arousal", "song_valence"):
            reach = getattr(self, name)
            if len(reach) != 2 or not all(math.isfinite(side) and side >= 0 for side in reach):
                raise ValueError(f"{name} must be two finite numbers, 0 or more, got {reach}")

    def of_points(self, values: FloatArray, spread: FloatArray | None) -> FloatArray:
        """Give low and high end, (n, 2, 2) by point, axis and end, limited to [-1, 1].

        Parameters
        ----------
        values : (n, 2)
            Arousal and valence in [-1, 1].
        spread : (n, 2) or None
            The model's own; needed where the scale is that.
        """
        return _ends(values, self._scale(values, spread), (self.arousal, self.valence))

    def of_song(self, values: FloatArray, spread: FloatArray | None) -> FloatArray:
        """Give low and high end of a song's mean, (2, 2) by axis and end, limited to [-1, 1]; as `of_points`, n ≥ 1."""
        scale = self._scale(values, spread).mean(axis=0, keepdims=True)
        ends: FloatArray = _ends(values.mean(axis=0, keepdims=True), scale, (self.song_arousal, self.song_valence))[0]
        return ends

    def _scale(self, values: FloatArray, spread: FloatArray | None) -> FloatArray:
        if self.scale == "constant":
            return np.ones_like(values)
        if spread is None:
            raise ValueError("spread must be given where the intervals' scale is that, got None")
        return spread


@dataclass(frozen=True, kw_only=True)
class Spreads:
    """Root mean square distance of ratings from a model's answers: what the probabilities of classes are made of.

    Attributes
    ----------
    songs : int
        How many songs they were measured on.
    arousal, valence : float
        Of single points; positive.
    song_arousal, song_valence : float
        Of songs' means; positive.
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
        """Of single points, (2,)."""
        return np.array([self.arousal, self.valence])

    @property
    def of_song(self) -> FloatArray:
        """Of songs' means, (2,)."""
        return np.array([self.song_arousal, self.song_valence])


def _ends(values: FloatArray, scale: FloatArray, reaches: tuple[Reach, Reach]) -> FloatArray:
    below, above = np.array(reaches).T
    ends: FloatArray = np.clip(np.stack([values - below * scale, values + above * scale], axis=-1), -1, 1)
    return ends
