"""Hold the results of a benchmark, and convert them to JSON."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from moodcurve import __version__
from moodcurve._typing import FloatArray
from moodcurve.curve import AXES
from moodcurve.datasets import Dataset
from moodcurve.learn.benchmarks.axis_intervals import AxisIntervals, as_dict
from moodcurve.learn.benchmarks.noise_ceiling import NoiseCeiling
from moodcurve.learn.benchmarks.partial_correlation import PartialCorrelations
from moodcurve.learn.benchmarks.protocols import PROTOCOLS

DRAWS = 2000
"""Bootstrap draws of songs for each interval."""
INTERVAL = f"95 %, bootstrap over songs, {DRAWS} draws"
"""Description of the intervals in results."""


@dataclass(frozen=True, kw_only=True)
class ModelResult:
    """Result of one model family.

    Attributes
    ----------
    family : str
    config : dict
        Settings as a table.
    intervals : dict
        Metrics over all test songs, with 95 % intervals over songs.
    partials : PartialCorrelations
    splits : tuple of dict
        Metrics of each split alone; see `moodcurve.evaluation.evaluate_predictions`.
    seconds : float
        Time to train and predict, over all splits.
    predicted : tuple of (n, 2)
        Test predictions of each song, in [-1, 1].
    """

    family: str
    config: dict[str, Any]
    intervals: AxisIntervals
    partials: PartialCorrelations
    splits: tuple[dict[str, Any], ...]
    seconds: float
    predicted: tuple[FloatArray, ...]


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """Result of one of `moodcurve.learn.benchmarks.baselines.BASELINES`, with the metrics of `ModelResult`."""

    name: str
    intervals: AxisIntervals
    partials: PartialCorrelations


@dataclass(frozen=True, kw_only=True)
class Difference:
    """Metrics of `model` minus those of `other` on the same songs, with 95 % intervals over songs."""

    model: str
    other: str
    intervals: AxisIntervals


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """Results of one protocol on one dataset.

    Attributes
    ----------
    protocol : str
        One of `PROTOCOLS`.
    dataset : Dataset
    seed : int
        Seed of splits, training and intervals.
    models : tuple of ModelResult
    differences : tuple of Difference
        One for each pair of models: the later minus the earlier.
    baselines : tuple of Baseline
    labels : PartialCorrelations
        Of the labels as their own prediction; compare a model's `axes_r` with theirs.
    ceilings : tuple of NoiseCeiling
        Result of `moodcurve.learn.benchmarks.noise_ceiling.noise_ceilings`; empty without ratings of single raters.
    """

    protocol: str
    dataset: Dataset
    seed: int
    models: tuple[ModelResult, ...]
    differences: tuple[Difference, ...]
    baselines: tuple[Baseline, ...]
    labels: PartialCorrelations
    ceilings: tuple[NoiseCeiling, ...] = ()

    @property
    def label_std(self) -> dict[str, float]:
        """Standard deviation of the labels over all points, by axis: the RMSE of predicting their mean."""
        y = np.vstack([song.y for song in self.dataset.songs])
        return dict(zip(AXES, (float(std) for std in y.std(axis=0)), strict=True))

    def as_dict(self) -> dict[str, Any]:
        """Return all but songs and predictions as strict JSON content."""
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
            "label_spread": self.label_std,
            "label_axes_r": self.labels.axes_r.as_dict(),
            "baselines": [{"name": b.name, **as_dict(b.intervals), **b.partials.as_dict()} for b in self.baselines],
            "ceilings": [{"name": c.name, **as_dict(c.intervals)} for c in self.ceilings],
            "models": [
                {
                    "family": model.family,
                    "config": model.config,
                    "seconds": round(model.seconds, 1),
                    **as_dict(model.intervals),
                    **model.partials.as_dict(),
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


def result_header(dataset: Dataset, *, songs: int, folds: int, seed: int, curve: str) -> dict[str, Any]:
    """Return the first JSON keys of results that follow no protocol: dataset, folds, intervals and curve family."""
    return {
        "moodcurve_version": __version__,
        "dataset": dataset.name,
        "feature_set": dataset.feature_set.key,
        "songs": songs,
        "folds": f"{folds} folds, split by artist, seed {seed}",
        "interval": INTERVAL,
        "curve": curve,
    }
