"""Train on one annotated set or all of them and test on each, and score the means of songs.

A model that was only tested within its own set may know that set's recordings, raters and artists. Only the mean of
each song is scored, since sets differ in what they rate: moments, clips, or quadrants.
"""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from moodcurve import __version__
from moodcurve.datasets import Dataset, Song
from moodcurve.datasets.recordings import unify_artists
from moodcurve.datasets.selection import placed_songs
from moodcurve.datasets.splits import Split, k_fold_sets, shares_artist
from moodcurve.learn import TrainingError
from moodcurve.learn.benchmarks.across_scores import score_songs, song_truth
from moodcurve.learn.benchmarks.prediction_cache import Predictions, cache_key, cached_predictions
from moodcurve.learn.benchmarks.results import INTERVAL
from moodcurve.learn.cross_validation import cross_predict
from moodcurve.learn.models.base import TrainingProgress, no_progress
from moodcurve.learn.training import Family, find_family

PROTOCOL = "across"
FOLDS = 5
DESCRIPTION = (
    "train on one set, test on another, artists of the test songs left out of training; within a set, and where two "
    f"sets share most artists, {FOLDS} folds with disjoint artists; all sets together in the same folds; means of songs"
)
ALL = "all sets"
"""Name of all sets together as a training set."""
MOST_LEFT_OUT = 0.5
"""Largest share of the training songs that is left out for sharing an artist; beyond it, both sets are split."""


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

    Families that learn from quadrants are trained on songs that only have a quadrant as they are, if any song of the
    training set is rated. Otherwise every row of these songs is rated as the middle of the quadrant.

    Within a set, its five folds have disjoint artists. From one set to another, all songs are used to train whose
    artist is not among the test songs'. If that leaves less than half of them, fold i of the test set is predicted
    by a model trained on the other set without its fold i; folds are disjoint across sets. With several sets, fold i
    of each set is also predicted by a model trained on all sets without their folds i.

    A recording that several sets hold, as emoMusic and DEAM do, counts as of the same artist in all of them
    (`moodcurve.datasets.recordings.unify_artists`), so that it is never trained on and tested in one split.

    Metrics, all of song means, with 95 % intervals over the test songs:

    - r and CCC by axis, over rated songs. In a set of quadrants, a quadrant counts as its middle, and there is no CCC.
    - AUC by axis: of the sides of an axis that the quadrants, or else the mean ratings, lie on.
    - `f1`: mean over the quadrants of F1 = 2 tp / (2 tp + fp + fn), over songs with a quadrant; predictions are split
      at 0 on both axes.
    - `valence_given_arousal`: partial correlation of predicted and true valence given true arousal.
    - `axes_r`: correlation of predicted arousal and valence; `label_axes_r`: of the labels.

    Parameters
    ----------
    datasets : sequence of Dataset
        Two or more sets, or one, all with the same feature set. Songs without ratings and without a quadrant are left
        out.
    families : sequence of str
        Names from `moodcurve.learn.training.FAMILIES`.
    configs, seed, progress, cache
        As for `moodcurve.learn.benchmarks.benchmark.run_benchmark`.

    Returns
    -------
    dict
        Content of strict JSON: ``sets``, the number of ``shared_recordings``, and one entry of ``pairs`` for each
        family, training set and test set, then for all sets together (`ALL`) and each test set.

    Raises
    ------
    TrainingError
        If a family is unknown, none is given, or the sets have different features.
    DatasetError
        If a set has fewer artists than folds, or neither ratings nor quadrants.
    """
    kinds = {name: find_family(name) for name in families}
    if not kinds or not datasets:
        raise TrainingError("expected at least one model family and one dataset")
    if len({dataset.feature_set for dataset in datasets}) > 1:
        found = ", ".join(f"{dataset.name} {dataset.feature_set.key}" for dataset in datasets)
        raise TrainingError(f"all datasets must have the same features, got {found}")
    datasets, shared = unify_artists([placed_songs(dataset) for dataset in datasets])
    names = _unique_names([dataset.name for dataset in datasets])
    sets = [dataset.songs for dataset in datasets]
    truths = [song_truth(songs) for songs in sets]
    folds = k_fold_sets(sets, FOLDS, seed)
    numbers = range(len(sets))
    trainings = [(names[a], names[b], [b], _splits(sets, folds, a, b)) for a in numbers for b in numbers]
    if len(sets) > 1:
        trainings.append((ALL, ALL, list(numbers), _joined_splits(sets, folds)))
    jobs = [(family, *training) for family in kinds for training in trainings]
    pairs = []
    for number, (family, trained, tested, members, (songs, splits)) in enumerate(jobs):
        progress(number, len(jobs), f"{family}: {trained} to {tested}")
        config = (configs or {}).get(family) or kinds[family].config()
        counts = [len(sets[member]) for member in members]
        predicted = _predict(songs, splits, sum(counts), kinds[family], config, seed, cache)
        means = np.array([rows.mean(axis=0) for rows in predicted.songs])
        sizes = sorted({len(train) for train, _ in splits})
        for member, part in zip(members, np.split(means, np.cumsum(counts)[:-1]), strict=True):
            pairs.append({
                "family": family,
                "train": trained,
                "test": names[member],
                "folds": len(splits),
                "training_songs": sizes[0] if len(splits) == 1 else [sizes[0], sizes[-1]],
                "songs": len(sets[member]),
                "seconds": round(predicted.seconds, 1),
                **score_songs(truths[member], part, seed),
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
        "shared_recordings": shared,
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


def _joined_splits(sets: Sequence[Sequence[Song]], folds: Sequence[Sequence[Split]]) -> tuple[list[Song], list[Split]]:
    """Return the songs of all sets, and for each fold what to train on and test of all sets together."""
    first = np.cumsum([0, *(len(songs) for songs in sets)])[:-1]
    splits = []
    for fold in zip(*folds, strict=True):
        train = [start + part for start, (part, _) in zip(first, fold, strict=True)]
        test = [start + part for start, (_, part) in zip(first, fold, strict=True)]
        splits.append((np.concatenate(train), np.concatenate(test)))
    return [song for songs in sets for song in songs], splits


def _predict(
    songs: Sequence[Song],
    splits: Sequence[Split],
    tested: int,
    kind: Family,
    config: Any,
    seed: int,
    cache: Path | None,
) -> Predictions:
    """Predict the first songs, as many as are tested, or read their cached predictions."""
    rated = [song.rated_by_quadrant() for song in songs]
    uses_quadrants = kind.quadrants and all(any(songs[i].is_rated for i in train) for train, _ in splits)
    learned = songs if uses_quadrants else rated

    def train_and_predict() -> Predictions:
        started = time.perf_counter()
        predicted = cross_predict(learned, splits, kind, config, seed=seed, report=_ignore, tested=rated)
        return Predictions(songs=predicted, seconds=time.perf_counter() - started)

    key = cache_key(learned, splits, kind.fit, config, seed)
    return cached_predictions(cache, key, [len(song.y) for song in rated[:tested]], train_and_predict)


def _ignore(done: int) -> None:
    pass
