"""Model families compared on annotated songs by a stated protocol, with intervals."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from moodcurve import __version__
from moodcurve.datasets import Dataset, Song
from moodcurve.datasets.splits import Indices, Split, k_fold
from moodcurve.evaluation import AXES, figures
from moodcurve.learn import TrainingError
from moodcurve.learn.config import as_table
from moodcurve.learn.model import Progress, predict_rated, silent
from moodcurve.learn.protocols import PROTOCOLS, find_protocol
from moodcurve.learn.training import Family, family
from moodcurve.metrics import STATISTICS, Interval, bootstrap, bootstrap_difference

FloatArray = npt.NDArray[np.float64]
AxisIntervals = dict[str, dict[str, Interval]]
"""For each axis, each of `moodcurve.metrics.STATISTICS` with its interval."""

DRAWS = 2000
"""Bootstrap draws of songs for each interval."""


@dataclass(frozen=True, kw_only=True)
class ModelResult:
    """What one model family reached.

    Attributes
    ----------
    family : str
    config : dict
        Its settings as a table.
    intervals : dict
        Figures over all tested songs, with 95 % intervals over songs.
    splits : tuple of dict
        The same figures of each split alone, as `moodcurve.evaluation.figures` gives them.
    seconds : float
        Time to train and predict, all splits together.
    predicted : tuple of (n, 2)
        Predictions of each song when it was tested, limited to [-1, 1].
    """

    family: str
    config: dict[str, Any]
    intervals: AxisIntervals
    splits: tuple[dict[str, Any], ...]
    seconds: float
    predicted: tuple[FloatArray, ...]


@dataclass(frozen=True, kw_only=True)
class Difference:
    """By how much `model` exceeds `other` on the same songs, with 95 % intervals over songs."""

    model: str
    other: str
    intervals: AxisIntervals


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """Results of one protocol on one dataset.

    Attributes
    ----------
    protocol : str
        Name of one of `PROTOCOLS`.
    dataset : Dataset
    seed : int
        Of the split and of training.
    models : tuple of ModelResult
    differences : tuple of Difference
        Of each pair of models, the later less the earlier.
    """

    protocol: str
    dataset: Dataset
    seed: int
    models: tuple[ModelResult, ...]
    differences: tuple[Difference, ...]

    @property
    def label_spread(self) -> dict[str, float]:
        """Standard deviation of the labels over all points, by axis: the RMSE of their own mean."""
        y = np.vstack([song.y for song in self.dataset.songs])
        return dict(zip(AXES, (float(spread) for spread in y.std(axis=0)), strict=True))

    def as_dict(self) -> dict[str, Any]:
        """Give all but songs and predictions, fit for strict JSON."""
        protocol = PROTOCOLS[self.protocol]
        return {
            "protocol": self.protocol,
            "description": protocol.description,
            "moodcurve_version": __version__,
            "dataset": self.dataset.name,
            "feature_set": self.dataset.feature_set.key,
            "songs": len(self.dataset.songs),
            "points": sum(len(song.y) for song in self.dataset.songs),
            "seed": self.seed,
            "interval": f"95 %, bootstrap over songs, {DRAWS} draws",
            "label_spread": self.label_spread,
            "models": [
                {
                    "family": model.family,
                    "config": model.config,
                    "seconds": round(model.seconds, 1),
                    **_plain(model.intervals),
                    "splits": list(model.splits),
                }
                for model in self.models
            ],
            "differences": [{"model": d.model, "other": d.other, **_plain(d.intervals)} for d in self.differences],
            "published": [
                {
                    "model": p.model,
                    "protocol": p.protocol,
                    "arousal": dict(p.arousal),
                    "valence": dict(p.valence),
                }
                for p in protocol.published
            ],
            "remarks": list(protocol.remarks),
            "notes": list(self.dataset.notes),
        }


def run_benchmark(
    dataset: Dataset,
    protocol: str,
    families: Sequence[str] = ("mlr", "svr", "ffnn"),
    *,
    configs: Mapping[str, Any] | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> Benchmark:
    """Train and test each family on each split of a protocol.

    Parameters
    ----------
    dataset : Dataset
        As `moodcurve.learn.protocols.read_for` gives it.
    protocol : str
        One of `PROTOCOLS`.
    families : sequence of str
        Of `moodcurve.learn.training.FAMILIES`.
    configs : mapping, optional
        Settings by family; its defaults for a family that is not in it.
    seed : int
        Of the splits, of training and of the bootstrap.
    progress : callable, optional
        Called before each training.

    Raises
    ------
    TrainingError
        If a protocol or family is not known, or no family is given.
    DatasetError
        If the songs are too few for the protocol's split.
    """
    wanted = find_protocol(protocol)
    known = [(name, family(name)) for name in families]
    if not known:
        raise TrainingError("no model family given; at least one is needed")
    splits = k_fold(dataset.songs, wanted.folds, seed, by=wanted.by)
    models: list[ModelResult] = []
    for place, (name, kind) in enumerate(known):
        config = (configs or {}).get(name) or kind.config()

        def report(split: int, place: int = place, name: str = name) -> None:
            progress(place * len(splits) + split, len(known) * len(splits), name)

        started = time.perf_counter()
        predicted = cross_predict(dataset.songs, splits, kind, config, seed=seed, report=report)
        seconds = time.perf_counter() - started
        models.append(
            ModelResult(
                family=name,
                config=as_table(config),
                intervals=_intervals(dataset, predicted, seed),
                splits=tuple(_split_figures(dataset, predicted, test) for _, test in splits),
                seconds=seconds,
                predicted=predicted,
            )
        )
    pairs = [(later, earlier) for i, later in enumerate(models) for earlier in models[:i]]
    return Benchmark(
        protocol=protocol,
        dataset=dataset,
        seed=seed,
        models=tuple(models),
        differences=tuple(_difference(dataset, later, earlier, seed) for later, earlier in pairs),
    )


def cross_predict(
    songs: Sequence[Song],
    splits: Sequence[Split],
    kind: Family,
    config: Any,
    *,
    seed: int,
    report: Callable[[int], None],
) -> tuple[FloatArray, ...]:
    """Predict each song, (n, 2) limited to [-1, 1], by a model that has learned from its split's other part.

    `report` is called with the number of splits done, from 0 on.
    """
    predicted: dict[int, FloatArray] = {}
    for number, (train, test) in enumerate(splits):
        report(number)
        fitted = kind.fitted([songs[i] for i in train], config, seed=seed)
        predicted |= {int(i): np.clip(predict_rated(fitted, songs[i]), -1, 1) for i in test}
    report(len(splits))
    return tuple(predicted[i] for i in range(len(songs)))


def _intervals(dataset: Dataset, predicted: Sequence[FloatArray], seed: int) -> AxisIntervals:
    return {
        axis: bootstrap(
            [song.y[:, column] for song in dataset.songs],
            [p[:, column] for p in predicted],
            STATISTICS,
            n=DRAWS,
            seed=seed,
        )
        for column, axis in enumerate(AXES)
    }


def _difference(dataset: Dataset, model: ModelResult, other: ModelResult, seed: int) -> Difference:
    intervals = {
        axis: bootstrap_difference(
            [song.y[:, column] for song in dataset.songs],
            [p[:, column] for p in model.predicted],
            [p[:, column] for p in other.predicted],
            STATISTICS,
            n=DRAWS,
            seed=seed,
        )
        for column, axis in enumerate(AXES)
    }
    return Difference(model=model.family, other=other.family, intervals=intervals)


def _split_figures(dataset: Dataset, predicted: Sequence[FloatArray], test: Indices) -> dict[str, Any]:
    return figures([dataset.songs[i] for i in test], [predicted[i] for i in test])


def _plain(intervals: AxisIntervals) -> dict[str, dict[str, dict[str, float | None]]]:
    return {axis: {name: interval.as_dict() for name, interval in values.items()} for axis, values in intervals.items()}
