"""The curve of a song: what the model gives and all that follows shares."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


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
    novelty : float or None
        How unlike the songs that the model has learned from the recording is, 0 or more: above 1 it is out of the
        model's range, see `moodcurve.novelty`. None where the model cannot tell, or the recording is too short.
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
    novelty: float | None = None
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        n = len(self.times_s)
        if n == 0:
            raise ValueError("times_s must hold at least one point, got none")
        for name in ("times_s", "arousal", "valence"):
            values = getattr(self, name)
            if values.shape != (n,) or not np.isfinite(values).all():
                raise ValueError(f"{name} must be {n} finite numbers, got shape {values.shape}")
        if np.any(np.diff(self.times_s) <= 0):
            raise ValueError("times_s must increase")
        for name in ("arousal", "valence"):
            if np.abs(getattr(self, name)).max() > 1:
                raise ValueError(f"{name} must lie in [-1, 1], got up to {np.abs(getattr(self, name)).max():.3g}")
        for name, rows in (("arousal_interval", n), ("valence_interval", n), ("song_interval", 2)):
            interval = getattr(self, name)
            if interval is not None and interval.shape != (rows, 2):
                raise ValueError(f"{name} must have shape ({rows}, 2), got {interval.shape}")
            if interval is not None and not (interval[:, 0] <= interval[:, 1]).all():  # NaN fails this too
                raise ValueError(f"{name} must have low ends that are not above its high ends")
        if self.novelty is not None and not 0 <= self.novelty < np.inf:
            raise ValueError(f"novelty must be a number, 0 or more, got {self.novelty}")
