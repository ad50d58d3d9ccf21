"""Model families compared on annotated songs by a stated protocol, with intervals."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from moodcurve import __version__
from moodcurve._typing import FloatArray
from moodcurve.datasets import Dataset
from moodcurve.datasets.splits import Indices, Split, k_fold
from moodcurve.evaluation import AXES, figures
from moodcurve.learn import TrainingError
from moodcurve.learn.benchmarks.axis_intervals import AxisIntervals, as_dict, axis_differences, axis_intervals
from moodcurve.learn.benchmarks.baselines import baselines
from moodcurve.learn.benchmarks.noise_ceiling import Ceiling
from moodcurve.learn.benchmarks.partial_correlation import Beside, judge_beside
from moodcurve.learn.benchmarks.prediction_cache import Predictions, digest_of, kept
from moodcurve.learn.benchmarks.protocols import PROTOCOLS, find_protocol
from moodcurve.learn.config import as_table
from moodcurve.learn.cross_validation import cross_predict
from moodcurve.learn.models.base import TrainingProgress, no_progress
from moodcurve.learn.training import Family, find_family

DRAWS = 2000
"""Bootstrap draws of songs for each interval."""
INTERVAL = f"95 %, bootstrap over songs, {DRAWS} draws"
"""What intervals are, as results state it."""


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
    beside : Beside
        Valence beside arousal, and the course without growth.
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
    beside: Beside
    splits: tuple[dict[str, Any], ...]
    seconds: float
    predicted: tuple[FloatArray, ...]


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """What one of `moodcurve.learn.benchmarks.baselines` reached, the figures being those of `ModelResult`."""

    name: str
    intervals: AxisIntervals
    beside: Beside


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
    baselines : tuple of Baseline
    labels : Beside
        Figures that the labels would have as their own prediction: their `axes_r` is what a model's is to be seen
        beside.
    ceilings : tuple of Ceiling
        As `moodcurve.learn.benchmarks.noise_ceiling` gives them; empty where raters are not known.
    """

    protocol: str
    dataset: Dataset
    seed: int
    models: tuple[ModelResult, ...]
    differences: tuple[Difference, ...]
    baselines: tuple[Baseline, ...]
    labels: Beside
    ceilings: tuple[Ceiling, ...] = ()

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
            "interval": INTERVAL,
            "label_spread": self.label_spread,
            "label_axes_r": self.labels.axes_r.as_dict(),
            "baselines": [{"name": b.name, **as_dict(b.intervals), **b.beside.as_dict()} for b in self.baselines],
            "ceilings": [{"name": c.name, **as_dict(c.intervals)} for c in self.ceilings],
            "models": [
                {
                    "family": model.family,
                    "config": model.config,
                    "seconds": round(model.seconds, 1),
                    **as_dict(model.intervals),
                    **model.beside.as_dict(),
                    "splits": list(model.splits),
                }
                for model in self.models
            ],
            "differences": [{"model": d.model, "other": d.other, **as_dict(d.intervals)} for d in self.differences],
            "published": [
                {
                    "model": p.model,
                    "protocol": p.protocol,
                    "source": p.source,
                    "arousal": dict(p.arousal),
                    "valence": dict(p.valence),
                }
                for p in protocol.published
            ],
            "remarks": list(protocol.remarks),
            "notes": list(self.dataset.notes),
        }


def setting(dataset: Dataset, *, songs: int, folds: int, seed: int, curve: str) -> dict[str, Any]:
    """Say what figures beside the protocols were measured on: the head of their JSON."""
    return {
        "moodcurve_version": __version__,
        "dataset": dataset.name,
        "feature_set": dataset.feature_set.key,
        "songs": songs,
        "folds": f"{folds} folds, artists disjoint, seed {seed}",
        "interval": INTERVAL,
        "curve": curve,
    }


def run_benchmark(
    dataset: Dataset,
    protocol: str,
    families: Sequence[str] = ("mlr", "svr", "ffnn"),
    *,
    configs: Mapping[str, Any] | None = None,
    seed: int = 0,
    progress: TrainingProgress = no_progress,
    cache: Path | None = None,
) -> Benchmark:
    """Train and test each family on each split of a protocol.

    Parameters
    ----------
    dataset : Dataset
        As `moodcurve.learn.benchmarks.protocols.read_for` gives it.
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
    cache : path, optional
        Folder where predictions are kept and looked for, see `moodcurve.learn.benchmarks.prediction_cache`.

    Raises
    ------
    TrainingError
        If a protocol or family is not known, no family is given, or what is kept cannot be read.
    DatasetError
        If the songs are too few for the protocol's split.
    """
    wanted = find_protocol(protocol)
    known = [(name, find_family(name)) for name in families]
    if not known:
        raise TrainingError("no model family given; at least one is needed")
    splits = k_fold(dataset.songs, wanted.folds, seed, by=wanted.by)
    y = [song.y for song in dataset.songs]
    models: list[ModelResult] = []
    for place, (name, kind) in enumerate(known):
        config = (configs or {}).get(name) or kind.config()

        def predict(kind: Family = kind, config: Any = config, place: int = place, name: str = name) -> Predictions:
            def report(split: int) -> None:
                progress(place * len(splits) + split, len(known) * len(splits), name)

            started = time.perf_counter()
            found = cross_predict(dataset.songs, splits, kind, config, seed=seed, report=report)
            return Predictions(songs=found, seconds=time.perf_counter() - started)

        digest = digest_of(dataset.songs, splits, kind.fit, config, seed)
        models.append(_judged(dataset, splits, name, config, kept(cache, digest, list(map(len, y)), predict), seed))
    pairs = [(later, earlier) for i, later in enumerate(models) for earlier in models[:i]]
    return Benchmark(
        protocol=protocol,
        dataset=dataset,
        seed=seed,
        models=tuple(models),
        differences=tuple(_difference(dataset, later, earlier, seed) for later, earlier in pairs),
        baselines=_baselines(dataset, splits, seed),
        labels=judge_beside(y, y, draws=DRAWS, seed=seed),
    )


def _judged(
    dataset: Dataset, splits: Sequence[Split], name: str, config: Any, found: Predictions, seed: int
) -> ModelResult:
    """Score one family's predictions."""
    y = [song.y for song in dataset.songs]
    return ModelResult(
        family=name,
        config=as_table(config),
        intervals=axis_intervals(y, found.songs, draws=DRAWS, seed=seed),
        beside=judge_beside(y, found.songs, draws=DRAWS, seed=seed),
        splits=tuple(_split_figures(dataset, found.songs, test) for _, test in splits),
        seconds=found.seconds,
        predicted=found.songs,
    )


def _baselines(dataset: Dataset, splits: Sequence[Split], seed: int) -> tuple[Baseline, ...]:
    y = [song.y for song in dataset.songs]
    return tuple(
        Baseline(
            name=name,
            intervals=axis_intervals(y, predicted, draws=DRAWS, seed=seed),
            beside=judge_beside(y, predicted, draws=DRAWS, seed=seed),
        )
        for name, predicted in baselines(dataset.songs, splits).items()
    )


def _difference(dataset: Dataset, model: ModelResult, other: ModelResult, seed: int) -> Difference:
    y = [song.y for song in dataset.songs]
    intervals = axis_differences(y, model.predicted, other.predicted, draws=DRAWS, seed=seed)
    return Difference(model=model.family, other=other.family, intervals=intervals)


def _split_figures(dataset: Dataset, predicted: Sequence[FloatArray], test: Indices) -> dict[str, Any]:
    return figures([dataset.songs[i] for i in test], [predicted[i] for i in test])
