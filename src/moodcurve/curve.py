"""The curve of a song: what the model gives and all that follows shares."""

from dataclasses import dataclass

import numpy as np

from moodcurve._typing import FloatArray

SUM_TOLERANCE = 0.001
"""How far probabilities may miss 1 in sum: nine that are rounded to 4 decimals miss it by .00045 at most."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Curve:
    """Arousal and valence of one recording, twice a second.

    Attributes
    ----------
    times_s : (n,)
        Start of each point's window [t, t + 1.0 s), in seconds from the start of the recording.
    arousal, valence : (n,)
        In [-1, 1]; the neutral middle is 0.
    arousal_interval, valence_interval : (n, 2) or None
        Low and high end of the 90 % interval of each point: nine of ten ratings are expected inside, on average
        over songs. None while the model has none.
    song_interval : (2, 2) or None
        The same of the song's mean: low and high end (columns) of arousal and valence (rows).
    probabilities : (n, 4) or None
        Probability of each quadrant at each point, in the order of `moodcurve.mood.circumplex.QUADRANTS`, each row adding
        up to 1; None while the model does not say how far it errs.
    song_probabilities : (4,) or None
        The same of the song as a whole.
    song_moods : (9,) or None
        Probability of each finer class of the song as a whole, in the order of `moodcurve.mood.classes.MOODS`.
    rating : (2,) or None
        Arousal and valence that listeners are expected to give the song as a whole, who use the scale otherwise than
        those who follow it, see `moodcurve.runtime.song_rating`; None while the model does not know how.
    rating_interval : (2, 2) or None
        Low and high end (columns) of the rating's 90 % interval, of arousal and valence (rows).
    novelty : float or None
        How unlike the songs that the model has learned from the recording is, 0 or more: above 1 it is out of the
        model's range, see `moodcurve.runtime.novelty`. None where the model cannot tell, or the recording is too short.
    source : str
        What was analysed: the path as it was given.
    model : str
        Name of the model that made it.
    feature_set : str
        Name and version of the features it was made from, such as ``compare236/1``.
    duration_s : float
        Length of the audio that was analysed, in seconds.
    warnings : tuple of str
        What a reader of the curve must know: that the file was truncated, for example.
    """

    times_s: FloatArray
    arousal: FloatArray
    valence: FloatArray
    source: str
    model: str
    feature_set: str
    duration_s: float
    arousal_interval: FloatArray | None = None
    valence_interval: FloatArray | None = None
    song_interval: FloatArray | None = None
    probabilities: FloatArray | None = None
    song_probabilities: FloatArray | None = None
    song_moods: FloatArray | None = None
    rating: FloatArray | None = None
    rating_interval: FloatArray | None = None
    novelty: float | None = None
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        n = len(self.times_s)
        if n == 0:
            raise ValueError("times_s must hold at least one point, got none")
        for name in ("times_s", "arousal", "valence"):
            _check_numbers(name, getattr(self, name), n)
        if np.any(np.diff(self.times_s) <= 0):
            raise ValueError("times_s must increase")
        if self.rating is not None:
            _check_numbers("rating", self.rating, 2)
        for name in ("arousal", "valence", "rating"):
            values = getattr(self, name)
            if values is not None and np.abs(values).max() > 1:
                raise ValueError(f"{name} must lie in [-1, 1], got up to {np.abs(values).max():.3g}")
        for name, rows in (
            ("arousal_interval", n), ("valence_interval", n), ("song_interval", 2), ("rating_interval", 2),
        ):  # fmt: skip
            _check_interval(name, getattr(self, name), rows)
        if (self.rating is None) != (self.rating_interval is None):
            raise ValueError("rating and rating_interval must be given both, or neither")
        for name, shape in (("probabilities", (n, 4)), ("song_probabilities", (4,)), ("song_moods", (9,))):
            _check_shares(name, getattr(self, name), shape)
        if self.novelty is not None and not 0 <= self.novelty < np.inf:
            raise ValueError(f"novelty must be a number, 0 or more, got {self.novelty}")

    def __repr__(self) -> str:
        """Say which curve it is in a line: its thousands of numbers would say less."""
        return (
            f"<Curve of {self.source!r} by {self.model!r}: {self.duration_s:.1f} s, {len(self.times_s)} points, "
            f"mean arousal {self.arousal.mean():+.2f}, mean valence {self.valence.mean():+.2f}>"
        )


def _check_numbers(name: str, values: FloatArray, n: int) -> None:
    if values.shape != (n,) or not np.isfinite(values).all():
        raise ValueError(f"{name} must be {n} finite numbers, got shape {values.shape}")


def _check_interval(name: str, interval: FloatArray | None, rows: int) -> None:
    if interval is None:
        return
    if interval.shape != (rows, 2):
        raise ValueError(f"{name} must have shape ({rows}, 2), got {interval.shape}")
    if not (interval[:, 0] <= interval[:, 1]).all():  # NaN fails this too
        raise ValueError(f"{name} must have low ends that are not above its high ends")


def _check_shares(name: str, shares: FloatArray | None, shape: tuple[int, ...]) -> None:
    if shares is None:
        return
    if shares.shape != shape:
        raise ValueError(f"{name} must have shape {shape}, got {shares.shape}")
    # NaN fails both
    if not (shares >= 0).all() or not (np.abs(shares.sum(axis=-1) - 1) <= SUM_TOLERANCE).all():
        raise ValueError(f"{name} must be 0 or more and add up to 1")
