"""Adapt a model to a few rated songs, and measure on songs held out whether that is better."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from moodcurve._typing import FloatArray
from moodcurve.curve import AXES
from moodcurve.datasets import Dataset
from moodcurve.datasets.selection import rated_songs
from moodcurve.learn.adaptation.choice import choose_and_fit, predict_held_out, split_by
from moodcurve.learn.adaptation.correction import Correction
from moodcurve.learn.adaptation.intervals import calibrate_few
from moodcurve.learn.adaptation.outputs import model_outputs
from moodcurve.learn.benchmarks.axis_intervals import AxisIntervals, as_dict, axis_differences, axis_intervals
from moodcurve.learn.benchmarks.results import DRAWS, INTERVAL
from moodcurve.learn.config import check
from moodcurve.learn.uncertainty.calibration import Calibration
from moodcurve.metrics.bootstrap import Interval, draw_counts, percentile_interval

MIN_SONGS = 10
"""With fewer songs, cross-validation cannot tell whether a correction helps."""
SURE = 0.75
"""Share of draws of songs in which the adapted model must have the lower error. Of DEAM's raters with ten songs, half
have such a model, and for all of these it is the better one on their other songs; with 0.9, only a third have one."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Adaptation:
    """A correction of a model, and how good it is on songs that it was chosen and fitted without.

    Attributes
    ----------
    base : str
        Name or file of the model.
    dataset : Dataset
        The rated songs.
    seed : int
    folds : str
        What the folds kept together: ``artist`` or ``song``.
    correction : Correction
        Chosen and fitted with all songs.
    before, after, differences : AxisIntervals
        Metrics of the base and of the adapted model on the same held-out songs, and their differences.
    improvement : Interval
        Share by which the adapted model lowers the mean squared error, over songs and axes with equal weight.
    probability : float
        Share of draws of songs in which it lowers that error.
    calibration : Calibration
        From the held-out songs.
    """

    base: str
    dataset: Dataset
    seed: int
    folds: str
    correction: Correction
    before: AxisIntervals
    after: AxisIntervals
    differences: AxisIntervals
    improvement: Interval
    probability: float
    calibration: Calibration

    @property
    def is_better(self) -> bool:
        """True if the adapted model has the lower error in at least `SURE` of the draws of songs."""
        return self.probability >= SURE

    def as_dict(self) -> dict[str, Any]:
        """Return the result as strict JSON content."""
        return {
            "base": self.base,
            "training_data": self.dataset.name,
            "songs": len(self.dataset.songs),
            "correction": {axis: one.name for axis, one in zip(AXES, self.correction.candidates, strict=True)},
            "protocol": f"nested cross-validation, split by {self.folds}",
            "interval": INTERVAL,
            "before": as_dict(self.before),
            "after": as_dict(self.after),
            "difference": as_dict(self.differences),
            "squared_error_removed": self.improvement.as_dict(),
            "probability_better": self.probability,
            "needed": SURE,
            "better": self.is_better,
        }


def adapt(
    dataset: Dataset,
    base: str = "default",
    *,
    seed: int = 0,
    report: Callable[[int, int], None] = lambda done, total: None,
    check_stop: Callable[[], None] = lambda: None,
) -> Adaptation:
    """Choose, fit and measure a correction of a model.

    Parameters
    ----------
    dataset : Dataset
        With the features of the model; songs without ratings over time are left out.
    base : str
        Name or file of the model. Its outputs for these songs should be predictions: songs that it was trained on make
        it look better than it is.
    seed : int
        Of folds and draws.
    report : callable, optional
        Called with the number of finished steps and of all.
    check_stop : callable, optional
        Called repeatedly; an error that it raises, such as KeyboardInterrupt, stops everything.

    Raises
    ------
    TrainingError
        If there are fewer than `MIN_SONGS` songs.
    DatasetError
        If no song is rated.
    ModelError
        If the model cannot be used, or expects other features.
    """
    dataset = rated_songs(dataset)
    check(len(dataset.songs) >= MIN_SONGS, "number of rated songs", f"{MIN_SONGS} or more", len(dataset.songs))
    songs = model_outputs(dataset.songs, base, check=check_stop)
    by = split_by(songs)
    y = [song.song.y for song in songs]
    before = [np.clip(song.values, -1, 1) for song in songs]
    after = predict_held_out(songs, seed=seed, by=by, report=report)
    improvement, probability = _compare(y, before, after, seed)
    return Adaptation(
        base=base,
        dataset=dataset,
        seed=seed,
        folds=by,
        correction=choose_and_fit(songs, seed=seed, by=by),
        before=axis_intervals(y, before, draws=DRAWS, seed=seed),
        after=axis_intervals(y, after, draws=DRAWS, seed=seed),
        differences=axis_differences(y, after, before, draws=DRAWS, seed=seed),
        improvement=improvement,
        probability=probability,
        calibration=calibrate_few(dataset.songs, after),
    )


def _compare(
    y: list[FloatArray], before: list[FloatArray], after: tuple[FloatArray, ...], seed: int
) -> tuple[Interval, float]:
    """Return the share of the squared error removed, and the share of draws of songs in which it is above 0."""
    errors = [np.array([((p - t) ** 2).mean() for p, t in zip(side, y, strict=True)]) for side in (before, after)]
    drawn = draw_counts(len(y), DRAWS, seed)
    first, second = (drawn @ error for error in errors)
    removed = 1 - second / np.maximum(first, np.finfo(float).tiny)
    return percentile_interval(removed, 0.95), float((removed[1:] > 0).mean())
