"""Ratings of whole songs: predicted for themselves, or read off a curve; and whether the intervals hold."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from moodcurve._typing import FloatArray
from moodcurve.datasets import Dataset, DatasetError
from moodcurve.datasets.splits import k_fold
from moodcurve.evaluation import AXES
from moodcurve.learn.benchmarks.benchmark import DRAWS, cross_predict, setting
from moodcurve.learn.benchmarks.report import Row, as_markdown
from moodcurve.learn.models.base import Progress, silent
from moodcurve.learn.models.song_level import (
    LEVEL,
    SongLevelConfig,
    conformal_half_width,
    fit_song_level,
    song_rating,
)
from moodcurve.learn.training import family
from moodcurve.learn.uncertainty.calibration import calibrate_rating
from moodcurve.metrics.bootstrap import bootstrap, draw_counts, percentile_interval

FOLDS = 5
NAMES = {
    "mean": "mean of the curve",
    "line": "line through the mean of the curve",
    "regression": "regression on ratings of songs",
    "both": "mean of line and regression",
}
STATISTICS = ("r", "rmse", "ccc")


def run_song_level(dataset: Dataset, *, curve: str = "blend", seed: int = 0, progress: Progress = silent) -> Any:
    """Compare on five folds with disjoint artists; gives strict JSON's content.

    The line (`moodcurve.learn.uncertainty.calibration.calibrate_rating`), and the intervals of the mean and of both together, are
    made from the songs of the other folds, each with the curve of a model that does not know it, though some of these
    models have learned from the songs tested here. The regression and its interval have seen nothing of the tested
    songs or their artists.

    Raises
    ------
    DatasetError
        If no song is rated as a whole, or the rated songs have fewer artists than folds.
    TrainingError
        If there is no such family, or too few songs are rated for an interval.
    """
    songs = [song for song in dataset.songs if song.annotation.song_arousal is not None]
    if not songs:
        raise DatasetError(f"{dataset.name}: no song is rated as a whole")
    splits = k_fold(songs, FOLDS, seed, by="artist")
    kind = family(curve)

    def report(done: int) -> None:
        progress(done, 2 * FOLDS, f"curves of {curve}")

    curves = cross_predict(songs, splits, kind, kind.config(), seed=seed, report=report)
    means = np.array([course.mean(axis=0) for course in curves])
    y = np.array([song_rating(song) for song in songs])
    found = {name: np.empty_like(y) for name in NAMES}
    ends = {name: np.empty((*y.shape, 2)) for name in NAMES}
    found["mean"] = means
    for fold, (train, test) in enumerate(splits):
        progress(FOLDS + fold, 2 * FOLDS, "ratings of songs")
        model = fit_song_level([songs[i] for i in train], SongLevelConfig(), seed=seed)
        found["regression"][test] = [model.predict(songs[i].full_features.values) for i in test]
        ends["regression"][test] = _around(found["regression"][test], model.half_width)
        line = calibrate_rating([songs[i] for i in train], [curves[i] for i in train])
        for i in test:
            found["line"][i], ends["line"][i] = line.of_song(means[i])
    found["both"] = (found["line"] + found["regression"]) / 2
    for name in ("mean", "both"):
        for train, test in splits:
            width = conformal_half_width(np.abs(found[name] - y)[train])
            ends[name][test] = _around(found[name][test], width)
    progress(2 * FOLDS, 2 * FOLDS, "done")
    result: dict[str, Any] = {
        **setting(dataset, songs=len(songs), folds=FOLDS, seed=seed, curve=curve),
        "rating_spread": dict(zip(AXES, y.std(axis=0).tolist(), strict=True)),
    }
    for axis, name in enumerate(AXES):
        result[name] = {way: _figures(y[:, axis], found[way][:, axis], ends[way][:, axis], seed) for way in NAMES}
    result["line_against"] = {
        way: dict(zip(AXES, _differences(y, found["line"], found[way], seed), strict=True))
        for way in ("regression", "both")
    }
    return result


def song_level_table(result: Mapping[str, Any]) -> list[Row]:
    """Give the figures of `run_song_level` as rows, the first a header."""
    rows: list[Row] = [("rating by", "axis", "r", "RMSE", "CCC", "held by the 90 % interval", "half width", "on 1-9")]
    for axis in AXES:
        for way, found in result[axis].items():
            cells = (_cell(found[name]) for name in (*STATISTICS, "coverage"))
            width = found["half_width"]
            rows.append((NAMES[way], axis, *cells, f"{width:.3f}", f"{4 * width:.2f}"))
    return rows


def song_level_report(result: Mapping[str, Any]) -> str:
    """Give the figures of `run_song_level` as a Markdown page."""
    spread = result["rating_spread"]
    rows: list[Row] = [("RMSE of the line less that of", "arousal", "valence")]
    for way, found in result["line_against"].items():
        rows.append((NAMES[way], *(_cell(found[axis]) for axis in AXES)))
    parts = [
        "# Song level",
        f"{result['dataset']}, {result['songs']} songs rated as a whole, {result['feature_set']}; "
        f"{result['folds']}. Ranges are {result['interval']}. The curve is that of the family {result['curve']}. "
        f"On the scale from -1 to 1 the ratings spread by {spread['arousal']:.3f} (arousal) and "
        f"{spread['valence']:.3f} (valence); on the scale from 1 to 9 errors and widths are four times as large, r and "
        "CCC the same. The line is what a model file states and curves carry as the song's rating.",
        as_markdown(song_level_table(result)),
        as_markdown(rows),
    ]
    return "\n\n".join(parts) + "\n"


def _around(values: FloatArray, half_width: FloatArray) -> FloatArray:
    """Give the ends (n, 2, 2) of intervals that reach as far to both sides of values (n, 2)."""
    return np.stack([values - half_width, values + half_width], axis=-1)


def _differences(y: FloatArray, first: FloatArray, second: FloatArray, seed: int) -> list[dict[str, Any]]:
    """By how much the RMSE of `first` exceeds that of `second`, by axis, on the same songs drawn again."""
    weights = draw_counts(len(y), DRAWS, seed)
    first_rmse, second_rmse = (np.sqrt(weights @ (y - p) ** 2 / len(y)) for p in (first, second))
    return [percentile_interval(values, 0.95).as_dict() for values in (first_rmse - second_rmse).T]


def _figures(y: FloatArray, predicted: FloatArray, ends: FloatArray, seed: int) -> dict[str, Any]:
    singles = [y[i : i + 1] for i in range(len(y))], [predicted[i : i + 1] for i in range(len(y))]
    found: dict[str, Any] = {
        name: interval.as_dict() for name, interval in bootstrap(*singles, STATISTICS, n=DRAWS, seed=seed).items()
    }
    held = (ends[:, 0] <= y) & (y <= ends[:, 1])
    drawn = np.random.default_rng(seed).binomial(len(y), held.mean(), size=DRAWS) / len(y)
    low, high = np.quantile(drawn, [0.025, 0.975])
    coverage = {"value": float(held.mean()), "low": float(low), "high": float(high)}
    return found | {"coverage": coverage, "wanted": LEVEL, "half_width": float((ends[:, 1] - ends[:, 0]).mean() / 2)}


def _cell(interval: Mapping[str, float]) -> str:
    return f"{interval['value']:.3f} ({interval['low']:.3f} to {interval['high']:.3f})"
