"""Compare model families on annotated songs by a benchmark protocol, with bootstrap intervals."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from moodcurve._typing import FloatArray, IntArray
from moodcurve.datasets import Dataset, Song
from moodcurve.datasets.selection import rated_songs
from moodcurve.datasets.splits import Split, k_fold, shares_artist
from moodcurve.evaluation import evaluate_predictions
from moodcurve.learn import TrainingError
from moodcurve.learn.benchmarks.axis_intervals import axis_differences, axis_intervals
from moodcurve.learn.benchmarks.baselines import baseline_predictions
from moodcurve.learn.benchmarks.partial_correlation import partial_correlations
from moodcurve.learn.benchmarks.prediction_cache import Predictions, cache_key, cached_predictions
from moodcurve.learn.benchmarks.protocols import find_protocol
from moodcurve.learn.benchmarks.results import DRAWS, Baseline, Benchmark, Difference, ModelResult
from moodcurve.learn.config import as_table
from moodcurve.learn.cross_validation import cross_predict
from moodcurve.learn.models.base import TrainingProgress, no_progress
from moodcurve.learn.training import Family, find_family


def run_benchmark(
    dataset: Dataset,
    protocol: str,
    families: Sequence[str] = ("mlr", "svr", "ffnn"),
    *,
    configs: Mapping[str, Any] | None = None,
    seed: int = 0,
    progress: TrainingProgress = no_progress,
    cache: Path | None = None,
    extra: Sequence[Song] = (),
) -> Benchmark:
    """Train and test each family on each split of a protocol; songs that only have a quadrant are not tested.

    Parameters
    ----------
    dataset : Dataset
        Result of `moodcurve.learn.benchmarks.protocols.read_for`.
    protocol : str
        One of `PROTOCOLS`.
    families : sequence of str
        Names from `moodcurve.learn.training.FAMILIES`.
    configs : mapping, optional
        Settings by family; other families use their defaults.
    seed : int
        Seed of splits, training and bootstrap.
    progress : callable, optional
        Called before each training.
    cache : path, optional
        Folder of cached predictions; see `moodcurve.learn.benchmarks.prediction_cache`.
    extra : sequence of Song, optional
        Further songs to train on, with the dataset's features. In each split, those whose artist is tested are left
        out, and those that only have a quadrant, unless the family learns from quadrants.

    Raises
    ------
    TrainingError
        If a protocol or family is unknown, no family is given, or a cached file cannot be read.
    DatasetError
        If no song is rated, or there are too few for the split.
    """
    chosen = find_protocol(protocol)
    kinds = [find_family(name) for name in families]
    if not kinds:
        raise TrainingError("no model family given; at least one is needed")
    extra = (*extra, *(song for song in dataset.songs if not song.is_rated))
    dataset = rated_songs(dataset)
    songs = dataset.songs
    y = [song.y for song in songs]
    splits = k_fold(songs, chosen.folds, seed, by=chosen.by)

    models = []
    for number, (name, kind) in enumerate(zip(families, kinds, strict=True)):
        config = (configs or {}).get(name) or kind.config()
        report = _count_splits(progress, number * len(splits), len(kinds) * len(splits), name)
        usable = [song for song in extra if song.is_rated or kind.quadrants]
        extended = [(_with_extra(train, test, songs, usable), test) for train, test in splits]
        predictions = _predict([*songs, *usable], extended, kind, config, seed=seed, cache=cache, report=report)
        models.append(_score_model(songs, splits, name, config, predictions, seed))

    baselines = baseline_predictions(songs, splits)
    found = Benchmark(
        protocol=protocol,
        dataset=dataset,
        seed=seed,
        models=(),
        differences=(),
        baselines=tuple(_score_baseline(y, name, predicted, seed) for name, predicted in baselines.items()),
        labels=partial_correlations(y, y, draws=DRAWS, seed=seed),
    )
    return join_models(found, models)


def join_models(benchmark: Benchmark, models: Sequence[ModelResult]) -> Benchmark:
    """Return a benchmark with other models, tested on the same songs, and the differences of each pair of them."""
    y = [song.y for song in benchmark.dataset.songs]
    pairs = [(later, earlier) for i, later in enumerate(models) for earlier in models[:i]]
    differences = tuple(_compare(y, later, earlier, benchmark.seed) for later, earlier in pairs)
    return replace(benchmark, models=tuple(models), differences=differences)


def _with_extra(train: IntArray, test: IntArray, songs: Sequence[Song], extra: Sequence[Song]) -> IntArray:
    """Add the numbers of the extra songs, counted after the others, to those of the training songs."""
    if not extra:
        return train
    left_out = shares_artist(extra, [songs[i] for i in test])
    return np.concatenate([train, len(songs) + np.flatnonzero(~left_out)])


def _count_splits(progress: TrainingProgress, done: int, total: int, name: str) -> Callable[[int], None]:
    """Return a callback that adds a family's finished splits to those of earlier families."""
    return lambda split: progress(done + split, total, name)


def _predict(
    songs: Sequence[Song],
    splits: Sequence[Split],
    kind: Family,
    config: Any,
    *,
    seed: int,
    cache: Path | None,
    report: Callable[[int], None],
) -> Predictions:
    """Predict each song by a model trained on its split's training songs, or read the cached predictions."""

    def train_and_predict() -> Predictions:
        started = time.perf_counter()
        predicted = cross_predict(songs, splits, kind, config, seed=seed, report=report)
        return Predictions(songs=predicted, seconds=time.perf_counter() - started)

    key = cache_key(songs, splits, kind.fit, config, seed)
    tested = sum(len(test) for _, test in splits)
    return cached_predictions(cache, key, [len(song.y) for song in songs[:tested]], train_and_predict)


def _score_model(
    songs: Sequence[Song], splits: Sequence[Split], name: str, config: Any, predictions: Predictions, seed: int
) -> ModelResult:
    y, predicted = [song.y for song in songs], predictions.songs
    return ModelResult(
        family=name,
        config=as_table(config),
        intervals=axis_intervals(y, predicted, draws=DRAWS, seed=seed),
        partials=partial_correlations(y, predicted, draws=DRAWS, seed=seed),
        splits=tuple(
            evaluate_predictions([songs[i] for i in test], [predicted[i] for i in test]) for _, test in splits
        ),
        seconds=predictions.seconds,
        predicted=predicted,
    )


def _score_baseline(y: Sequence[FloatArray], name: str, predicted: Sequence[FloatArray], seed: int) -> Baseline:
    return Baseline(
        name=name,
        intervals=axis_intervals(y, predicted, draws=DRAWS, seed=seed),
        partials=partial_correlations(y, predicted, draws=DRAWS, seed=seed),
    )


def _compare(y: Sequence[FloatArray], model: ModelResult, other: ModelResult, seed: int) -> Difference:
    intervals = axis_differences(y, model.predicted, other.predicted, draws=DRAWS, seed=seed)
    return Difference(model=model.family, other=other.family, intervals=intervals)
