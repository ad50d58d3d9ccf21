"""Measure what a model file states about unseen songs: metrics, calibrated intervals, and the limits of novelty.

All of it comes from five folds with disjoint artists; the model in the file is then trained on all songs.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from moodcurve._typing import FloatArray
from moodcurve.curve import AXES
from moodcurve.datasets import Dataset
from moodcurve.datasets.selection import rated_songs
from moodcurve.datasets.splits import k_fold
from moodcurve.learn.benchmarks.benchmark import run_benchmark
from moodcurve.learn.benchmarks.protocols import PROTOCOLS
from moodcurve.learn.benchmarks.results import Benchmark, ModelResult
from moodcurve.learn.config import check
from moodcurve.learn.models.base import TrainingProgress, no_progress
from moodcurve.learn.training import find_family
from moodcurve.learn.uncertainty.calibration import MIN_SONGS, Calibration, calibrate, calibrate_intervals
from moodcurve.learn.uncertainty.novelty import MIN_SONGS as MIN_NOVELTY_SONGS
from moodcurve.learn.uncertainty.novelty import Level, NoveltyDetector, fit_novelty_detector
from moodcurve.runtime.novelty import PASSAGE_ROWS

PROTOCOL = "deam"
"""Protocol that defines the folds; they apply to any annotated songs."""


@dataclass(frozen=True, eq=False, kw_only=True)
class HeldOut:
    """Results on held-out songs, for `moodcurve.learn.export.export`.

    Attributes
    ----------
    metrics : dict
        Metrics and the protocol they were measured by, as JSON types.
    calibration : Calibration
        Intervals, RMS errors and, if enough songs have one, the rating of whole songs.
    novelty : NoveltyDetector or None
        None if fewer than `moodcurve.learn.uncertainty.novelty.MIN_SONGS` songs are long enough.
    """

    metrics: dict[str, Any]
    calibration: Calibration
    novelty: NoveltyDetector | None


def cross_validate(
    dataset: Dataset, name: str, *, config: Any = None, seed: int = 0, progress: TrainingProgress = no_progress
) -> HeldOut:
    """Train and test a family on five folds with disjoint artists.

    This takes about four times as long as training once on all songs. The parameters are those of
    `moodcurve.learn.training.train`.

    Raises
    ------
    TrainingError
        If the family is unknown, or there are fewer than `moodcurve.learn.uncertainty.calibration.MIN_SONGS` songs.
    DatasetError
        If no song is rated, or the rated songs have fewer artists than folds.
    """
    rated, family = rated_songs(dataset), find_family(name)
    songs = len(rated.songs)
    check(songs >= MIN_SONGS, "number of songs", f"{MIN_SONGS} or more to calibrate intervals", songs)
    configs = {} if config is None else {name: config}
    result = run_benchmark(dataset, PROTOCOL, [name], configs=configs, seed=seed, progress=progress)
    # what the model has learned from is usual
    novelty = novelty_detector(dataset if family.quadrants else rated, name, seed=seed)
    return from_benchmark(result, result.models[0], novelty)


def from_benchmark(result: Benchmark, model: ModelResult, novelty: NoveltyDetector | None) -> HeldOut:
    """Collect the results of a model from a benchmark by the protocol ``deam``."""
    return HeldOut(
        metrics=_metrics(result, model),
        calibration=calibrate(result.dataset.songs, model.predicted),
        novelty=novelty,
    )


def novelty_detector(dataset: Dataset, name: str, *, seed: int) -> NoveltyDetector | None:
    """Fit a novelty detector for a model of a family, or return None if too few songs are long enough."""
    long_enough = sum(len(song.full_features.values) >= PASSAGE_ROWS for song in dataset.songs)
    if long_enough < MIN_NOVELTY_SONGS:
        return None
    family = find_family(name)
    level: Level = "kept"
    if family.quadrants:
        level = "left out" if family.past_only else "normalized"
    return fit_novelty_detector(dataset.songs, seed=seed, level=level)


def coverage(result: Benchmark, model: ModelResult) -> dict[str, float]:
    """Compute the fraction of points inside their 90 % interval on each axis, averaged over songs.

    The intervals of each split's songs are calibrated on the songs of the other splits. The models that predicted
    those songs were trained on this split's songs too, unlike the models behind the released calibration.
    """
    songs = result.dataset.songs
    protocol = PROTOCOLS[result.protocol]
    held: list[FloatArray] = []
    for train_on, test_on in k_fold(songs, protocol.folds, result.seed, by=protocol.by):
        intervals = calibrate_intervals([songs[i].y for i in train_on], [model.predicted[i] for i in train_on])
        for i in test_on:
            ends = intervals.of_points(model.predicted[i], None)
            inside = (songs[i].y >= ends[:, :, 0]) & (songs[i].y <= ends[:, :, 1])
            held.append(inside.mean(axis=0))
    return dict(zip(AXES, (float(fraction) for fraction in np.mean(held, axis=0)), strict=True))


def _metrics(result: Benchmark, model: ModelResult) -> dict[str, Any]:
    """Return the metrics to store in the model file."""
    results = result.as_dict()
    chosen = results["models"][result.models.index(model)]
    return {
        "protocol": f"{result.protocol}: {results['description']}; the model in the file was trained on all songs",
        "songs": results["songs"],
        "interval": results["interval"],
        **{axis: chosen[axis] for axis in AXES},
        "coverage90": coverage(result, model),
    }
