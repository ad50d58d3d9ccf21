"""What a model file states of songs that the model had not learned from: figures, intervals, what is usual.

All of it comes from five folds with disjoint artists; the file's model then learns from all songs.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from moodcurve._typing import FloatArray
from moodcurve.datasets import Dataset
from moodcurve.datasets.splits import k_fold
from moodcurve.evaluation import AXES
from moodcurve.learn.benchmarks.benchmark import Benchmark, ModelResult, run_benchmark
from moodcurve.learn.benchmarks.protocols import PROTOCOLS
from moodcurve.learn.config import check
from moodcurve.learn.models.base import Progress, silent
from moodcurve.learn.uncertainty.calibration import LEAST_SONGS, Measured, calibrate, measure
from moodcurve.learn.uncertainty.familiarity import LEAST_SONGS as USUAL_SONGS
from moodcurve.learn.uncertainty.familiarity import Familiarity, fit_familiarity
from moodcurve.runtime.novelty import PASSAGE_ROWS

PROTOCOL = "deam"
"""The one of `PROTOCOLS` whose folds these are; any annotated songs can be dealt so."""


@dataclass(frozen=True, eq=False, kw_only=True)
class HeldOut:
    """What `moodcurve.learn.export.export` takes of a model beside what it has learned.

    Attributes
    ----------
    metrics : dict
        Its recipe's figures with the folds that they were measured by, fit for JSON.
    measured : Measured
        Intervals, spreads and, where enough songs have one, the rating of songs as wholes.
    familiarity : Familiarity or None
        What is usual among the songs; None of fewer than `moodcurve.learn.uncertainty.familiarity.LEAST_SONGS` that are long enough.
    """

    metrics: dict[str, Any]
    measured: Measured
    familiarity: Familiarity | None


def hold_out(dataset: Dataset, name: str, *, config: Any = None, seed: int = 0, progress: Progress = silent) -> HeldOut:
    """Train and test a family on five folds with disjoint artists, for what a model of all songs may state.

    That takes four times as long as training once on all songs, and a little for novelty and bootstrap. The
    parameters are those of `moodcurve.learn.training.train`.

    Raises
    ------
    TrainingError
        If there is no such family, or there are fewer than `moodcurve.learn.uncertainty.calibration.LEAST_SONGS` songs.
    DatasetError
        If the songs have fewer artists than folds.
    """
    songs = len(dataset.songs)
    check(songs >= LEAST_SONGS, "songs to measure intervals on", f"{LEAST_SONGS} or more", songs)
    configs = {} if config is None else {name: config}
    judged = run_benchmark(dataset, PROTOCOL, [name], configs=configs, seed=seed, progress=progress)
    return of_benchmark(judged, judged.models[0], usual(dataset, seed=seed))


def of_benchmark(judged: Benchmark, model: ModelResult, familiarity: Familiarity | None) -> HeldOut:
    """Give what a file states of a model that a benchmark has judged by the protocol ``deam``."""
    return HeldOut(
        metrics=_metrics(judged, model),
        measured=measure(judged.dataset.songs, model.predicted),
        familiarity=familiarity,
    )


def usual(dataset: Dataset, *, seed: int) -> Familiarity | None:
    """Fit what is usual among songs, where enough of them are long enough for it."""
    long_enough = sum(len(song.full_features.values) >= PASSAGE_ROWS for song in dataset.songs)
    return fit_familiarity(dataset.songs, seed=seed) if long_enough >= USUAL_SONGS else None


def coverage(judged: Benchmark, model: ModelResult) -> dict[str, float]:
    """Give the share of points that their 90 % interval holds, by axis: the mean over songs.

    The intervals of each split's songs are calibrated on the other splits' songs alone. The models behind those
    songs' predictions have learned from this split's songs, which the released model's calibration has no part in.
    """
    songs = judged.dataset.songs
    wanted = PROTOCOLS[judged.protocol]
    held: list[FloatArray] = []
    for train_on, test_on in k_fold(songs, wanted.folds, judged.seed, by=wanted.by):
        intervals = calibrate([songs[i].y for i in train_on], [model.predicted[i] for i in train_on])
        for i in test_on:
            ends = intervals.of_points(model.predicted[i], None)
            inside = (songs[i].y >= ends[:, :, 0]) & (songs[i].y <= ends[:, :, 1])
            held.append(inside.mean(axis=0))
    return dict(zip(AXES, (float(share) for share in np.mean(held, axis=0)), strict=True))


def _metrics(judged: Benchmark, model: ModelResult) -> dict[str, Any]:
    """Give what the model file states of its recipe's figures."""
    stated = judged.as_dict()
    chosen = stated["models"][judged.models.index(model)]
    return {
        "protocol": f"{judged.protocol}: {stated['description']}; the file's model has learned from all songs",
        "songs": stated["songs"],
        "interval": stated["interval"],
        **{axis: chosen[axis] for axis in AXES},
        "coverage90": coverage(judged, model),
    }
