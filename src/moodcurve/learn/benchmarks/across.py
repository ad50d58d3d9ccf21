"""Train on one annotated set and test on another, for all pairs of sets, and score the means of songs.

A model that was only tested within its own set may know that set's recordings, raters and artists. Only the mean of
each song is scored, since sets differ in what they rate: moments, clips, or quadrants.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from moodcurve import __version__
from moodcurve._typing import FloatArray
from moodcurve.curve import AXES
from moodcurve.datasets import Dataset, Song
from moodcurve.datasets.song import QUADRANT_RATINGS
from moodcurve.datasets.splits import Split, k_fold_sets, shares_artist
from moodcurve.learn import TrainingError
from moodcurve.learn.benchmarks.partial_correlation import partial_r, pooled_correlations
from moodcurve.learn.benchmarks.prediction_cache import Predictions, cache_key, cached_predictions
from moodcurve.learn.benchmarks.results import DRAWS, INTERVAL
from moodcurve.learn.cross_validation import cross_predict
from moodcurve.learn.models.base import TrainingProgress, no_progress
from moodcurve.learn.training import find_family
from moodcurve.metrics.bootstrap import bootstrap, draw_counts, percentile_interval
from moodcurve.metrics.ranking import weighted_auc

PROTOCOL = "across"
FOLDS = 5
DESCRIPTION = (
    "train on one set, test on another, artists of the test songs left out of training; within a set, and where two "
    f"sets share most artists, {FOLDS} folds with disjoint artists; means of songs"
)
MOST_LEFT_OUT = 0.5
"""Largest share of the training songs that is left out for sharing an artist; beyond it, both sets are split."""
LEVEL = 0.95


@dataclass(frozen=True, eq=False, kw_only=True)
class _Truth:
    """Labels of one set's songs.

    Attributes
    ----------
    values : (songs, 2)
        Mean rating, or the middle of the quadrant for a song that only has one.
    sides : (songs, 2)
        Whether the song lies on the high side of each axis: that of its quadrant, if it has one.
    compared : (songs,)
        Songs that r and CCC are computed from: the rated ones, or all if none is.
    is_rated : bool
        Whether any song is rated.
    """

    values: FloatArray
    sides: np.ndarray
    compared: np.ndarray
    is_rated: bool


def run_across(
    datasets: Sequence[Dataset],
    families: Sequence[str] = ("mlr",),
    *,
    configs: Mapping[str, Any] | None = None,
    seed: int = 0,
    progress: TrainingProgress = no_progress,
    cache: Path | None = None,
) -> dict[str, Any]:
    """Train each family on each set and test it on each set.

    Songs that only have a quadrant are trained on as if every row were rated with the middle of the quadrant.

    Within a set, its five folds have disjoint artists. From one set to another, all songs are used to train whose
    artist is not among the test songs'. If that leaves less than half of them, fold i of the test set is predicted
    by a model trained on the other set without its fold i; folds are disjoint across sets.

    Metrics, all of song means, with 95 % intervals over the test songs:

    - r and CCC by axis, over rated songs. In a set of quadrants, a quadrant counts as its middle, and there is no CCC.
    - AUC by axis: of the sides of an axis that the quadrants, or else the mean ratings, lie on.
    - `valence_given_arousal`: partial correlation of predicted and true valence given true arousal.
    - `axes_r`: correlation of predicted arousal and valence; `label_axes_r`: of the labels.

    Parameters
    ----------
    datasets : sequence of Dataset
        Two or more sets, or one, all with the same feature set.
    families : sequence of str
        Names from `moodcurve.learn.training.FAMILIES`.
    configs, seed, progress, cache
        As for `moodcurve.learn.benchmarks.benchmark.run_benchmark`.

    Returns
    -------
    dict
        Content of strict JSON: ``sets``, and one entry of ``pairs`` for each family, training set and test set.

    Raises
    ------
    TrainingError
        If a family is unknown, none is given, or the sets have different features.
    DatasetError
        If a set has fewer artists than folds.
    """
    kinds = {name: find_family(name) for name in families}
    if not kinds or not datasets:
        raise TrainingError("expected at least one model family and one dataset")
    if len({dataset.feature_set for dataset in datasets}) > 1:
        found = ", ".join(f"{dataset.name} {dataset.feature_set.key}" for dataset in datasets)
        raise TrainingError(f"all datasets must have the same features, got {found}")
    names = _unique_names([dataset.name for dataset in datasets])
    sets = [[song.rated_by_quadrant() for song in dataset.songs] for dataset in datasets]
    truths = [_truth(dataset.songs, songs) for dataset, songs in zip(datasets, sets, strict=True)]
    folds = k_fold_sets(sets, FOLDS, seed)
    jobs = [(name, a, b) for name in kinds for a in range(len(sets)) for b in range(len(sets))]
    pairs = []
    for number, (family, a, b) in enumerate(jobs):
        progress(number, len(jobs), f"{family}: {names[a]} to {names[b]}")
        config = (configs or {}).get(family) or kinds[family].config()
        songs, splits = _splits(sets, folds, a, b)
        predicted = _predict(songs, splits, len(sets[b]), kinds[family], config, seed, cache)
        trained = sorted({len(train) for train, _ in splits})
        pairs.append({
            "family": family,
            "train": names[a],
            "test": names[b],
            "folds": len(splits),
            "training_songs": trained[0] if len(splits) == 1 else [trained[0], trained[-1]],
            "songs": len(sets[b]),
            "seconds": round(predicted.seconds, 1),
            **score_songs(truths[b], np.array([rows.mean(axis=0) for rows in predicted.songs]), seed),
        })  # fmt: skip
    progress(len(jobs), len(jobs), "done")
    return {
        "protocol": PROTOCOL,
        "description": DESCRIPTION,
        "moodcurve_version": __version__,
        "feature_set": datasets[0].feature_set.key,
        "seed": seed,
        "interval": INTERVAL,
        "sets": [_describe(name, dataset) for name, dataset in zip(names, datasets, strict=True)],
        "pairs": pairs,
        "notes": [f"{name}: {note}" for name, dataset in zip(names, datasets, strict=True) for note in dataset.notes],
    }


def _unique_names(names: Sequence[str]) -> list[str]:
    """Add a number to each name that occurs more than once."""
    unique: list[str] = []
    for i, name in enumerate(names):
        unique.append(f"{name} ({names[: i + 1].count(name)})" if names.count(name) > 1 else name)
    return unique


def _describe(name: str, dataset: Dataset) -> dict[str, Any]:
    return {
        "name": name,
        "songs": len(dataset.songs),
        "rated_songs": sum(song.is_rated for song in dataset.songs),
        "songs_with_quadrant": sum(quadrant is not None for quadrant in dataset.quadrants),
    }


def _truth(songs: Sequence[Song], rated: Sequence[Song]) -> _Truth:
    """Return the labels of songs; `rated` are the same songs, rated by their quadrant if they only have one."""
    values = np.array([song.y.mean(axis=0) for song in rated])
    centers = [
        QUADRANT_RATINGS.get(song.annotation.quadrant or "", mean) for song, mean in zip(songs, values, strict=True)
    ]
    is_rated = np.array([song.is_rated for song in songs])
    return _Truth(
        values=values,
        sides=np.array(centers) >= 0,
        compared=is_rated if is_rated.any() else np.ones(len(songs), dtype=bool),
        is_rated=bool(is_rated.any()),
    )


def _splits(
    sets: Sequence[Sequence[Song]], folds: Sequence[Sequence[Split]], a: int, b: int
) -> tuple[list[Song], list[Split]]:
    """Return the songs of both sets, those to test first, and what to train on and test in each split."""
    if a == b:
        return list(sets[b]), list(folds[b])
    songs, tested = [*sets[b], *sets[a]], len(sets[b])
    left_out = shares_artist(sets[a], sets[b])
    if left_out.mean() <= MOST_LEFT_OUT:
        return songs, [(tested + np.flatnonzero(~left_out), np.arange(tested))]
    return songs, [(tested + train, test) for (train, _), (_, test) in zip(folds[a], folds[b], strict=True)]


def _predict(
    songs: Sequence[Song],
    splits: Sequence[Split],
    tested: int,
    kind: Any,
    config: Any,
    seed: int,
    cache: Path | None,
) -> Predictions:
    """Predict the first songs, as many as are tested, or read their cached predictions."""

    def train_and_predict() -> Predictions:
        started = time.perf_counter()
        predicted = cross_predict(songs, splits, kind, config, seed=seed, report=_ignore)
        return Predictions(songs=predicted, seconds=time.perf_counter() - started)

    key = cache_key(songs, splits, kind.fit, config, seed)
    return cached_predictions(cache, key, [len(song.y) for song in songs[:tested]], train_and_predict)


def _ignore(done: int) -> None:
    pass


def score_songs(truth: _Truth, predicted: FloatArray, seed: int) -> dict[str, Any]:
    """Compute all metrics of the predicted means (songs, 2) of a set's songs; undefined ones are None."""
    y, p = truth.values[truth.compared], predicted[truth.compared]
    singles = [row[None] for row in y], [row[None] for row in p]
    weights = draw_counts(len(predicted), DRAWS, seed)
    result: dict[str, Any] = {}
    for i, axis in enumerate(AXES):
        scored = bootstrap(
            [row[:, i] for row in singles[0]], [row[:, i] for row in singles[1]], ["r", "ccc"], n=DRAWS, seed=seed
        )
        drawn = weighted_auc(truth.sides[:, i], predicted[:, i], weights)
        result[axis] = {
            "r": scored["r"].as_dict(),
            "ccc": scored["ccc"].as_dict() if truth.is_rated else {"value": None, "low": None, "high": None},
            "auc": percentile_interval(drawn, LEVEL).as_dict(),
        }
    r = pooled_correlations(*singles, draw_counts(len(y), DRAWS, seed))
    return result | {
        "valence_given_arousal": _interval(partial_r(r[:, 1, 3], r[:, 0, 1], r[:, 0, 3])),
        "axes_r": _interval(r[:, 2, 3]),
        "label_axes_r": _interval(r[:, 0, 1]),
    }


def _interval(drawn: FloatArray) -> dict[str, float | None]:
    return percentile_interval(drawn, LEVEL).as_dict()
