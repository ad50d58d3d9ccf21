"""Ratings of whole songs: predicted for themselves, or read off a curve; and whether the intervals hold."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from moodcurve.datasets import Dataset, DatasetError
from moodcurve.datasets.splits import Split, k_fold
from moodcurve.evaluation import AXES
from moodcurve.learn.benchmark import DRAWS, cross_predict, setting
from moodcurve.learn.benchmark_table import Row, as_markdown
from moodcurve.learn.model import Progress, silent
from moodcurve.learn.song_level import (
    LEVEL,
    SongLevelConfig,
    conformal_half_width,
    fit_song_level,
    song_rating,
)
from moodcurve.learn.steps import FloatArray
from moodcurve.learn.training import family
from moodcurve.metrics import bootstrap

FOLDS = 5
NAMES = {
    "mean": "mean of the curve",
    "line": "line through the mean of the curve",
    "regression": "regression on ratings of songs",
}
STATISTICS = ("r", "rmse", "ccc")


def run_song_level(dataset: Dataset, *, curve: str = "two-level", seed: int = 0, progress: Progress = silent) -> Any:
    """Compare on five folds with disjoint artists; gives strict JSON's content.

    The line is fitted, and its interval's width found, on the songs of the other folds, each with the curve of
    a model that does not know it, though some of these models have learned from the songs tested here. The
    regression and its interval have seen nothing of the tested songs or their artists.

    Raises
    ------
    DatasetError
        If no song is rated as a whole.
    """
    songs = [song for song in dataset.songs if song.annotation.song_arousal is not None]
    if not songs:
        raise DatasetError(f"{dataset.name}: no song is rated as a whole")
    splits = k_fold(songs, FOLDS, seed, by="artist")
    kind = family(curve)
    curves = cross_predict(songs, splits, kind, kind.config(), seed=seed, report=lambda done: None)
    means = np.array([course.mean(axis=0) for course in curves])
    y = np.array([song_rating(song) for song in songs])
    found = {name: np.empty_like(y) for name in NAMES}
    widths = {name: np.empty_like(y) for name in NAMES}
    for fold, (train, test) in enumerate(splits):
        progress(fold, FOLDS, "song level")
        model = fit_song_level([songs[i] for i in train], SongLevelConfig(), seed=seed)
        found["regression"][test] = [model.predict(songs[i].heard.values) for i in test]
        widths["regression"][test] = model.half_width
    found["mean"], found["line"] = means, _lines(means, y, splits)
    for name in ("mean", "line"):
        for train, test in splits:
            widths[name][test] = conformal_half_width(np.abs(found[name] - y)[train])
    progress(FOLDS, FOLDS, "done")
    result: dict[str, Any] = {
        **setting(dataset, songs=len(songs), folds=FOLDS, seed=seed, curve=curve),
        "rating_spread": dict(zip(AXES, y.std(axis=0).tolist(), strict=True)),
    }
    for axis, name in enumerate(AXES):
        result[name] = {way: _figures(y[:, axis], found[way][:, axis], widths[way][:, axis], seed) for way in NAMES}
    return result


def song_level_report(result: Mapping[str, Any]) -> str:
    """Give the figures of `run_song_level` as a Markdown page."""
    rows: list[Row] = [("rating by", "axis", "r", "RMSE", "CCC", "held by the 90 % interval", "half width", "on 1-9")]
    for axis in AXES:
        for way, found in result[axis].items():
            cells = (_cell(found[name]) for name in (*STATISTICS, "coverage"))
            width = found["half_width"]
            rows.append((NAMES[way], axis, *cells, f"{width:.3f}", f"{4 * width:.2f}"))
    spread = result["rating_spread"]
    return (
        "\n\n".join(
            [
                "# Song level",
                f"{result['dataset']}, {result['songs']} songs rated as a whole, {result['feature_set']}; "
                f"{result['folds']}. Ranges are {result['interval']}. The curve is that of the family "
                f"{result['curve']}. On the scale from -1 to 1 the ratings spread by {spread['arousal']:.3f} (arousal) "
                f"and {spread['valence']:.3f} (valence); on the scale from 1 to 9 errors and widths are four times as "
                "large, r and CCC the same.",
                as_markdown(rows),
            ]
        )
        + "\n"
    )


def _lines(means: FloatArray, y: FloatArray, splits: Sequence[Split]) -> FloatArray:
    """Predict each fold by the straight line, an axis each, that fits the other folds best."""
    result = np.empty_like(y)
    for train, test in splits:
        for axis in range(2):
            slope, base = np.polyfit(means[train, axis], y[train, axis], 1)
            result[test, axis] = base + slope * means[test, axis]
    return result


def _figures(y: FloatArray, predicted: FloatArray, width: FloatArray, seed: int) -> dict[str, Any]:
    singles = [y[i : i + 1] for i in range(len(y))], [predicted[i : i + 1] for i in range(len(y))]
    found: dict[str, Any] = {
        name: interval.as_dict() for name, interval in bootstrap(*singles, STATISTICS, n=DRAWS, seed=seed).items()
    }
    held = np.abs(y - predicted) <= width
    drawn = np.random.default_rng(seed).binomial(len(y), held.mean(), size=DRAWS) / len(y)
    low, high = np.quantile(drawn, [0.025, 0.975])
    coverage = {"value": float(held.mean()), "low": float(low), "high": float(high)}
    return found | {"coverage": coverage, "wanted": LEVEL, "half_width": float(width.mean())}


def _cell(interval: Mapping[str, float]) -> str:
    return f"{interval['value']:.3f} ({interval['low']:.3f} to {interval['high']:.3f})"
