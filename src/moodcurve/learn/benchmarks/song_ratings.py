"""Compare ways to predict ratings of whole songs, and measure the coverage of their intervals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from moodcurve._typing import FloatArray
from moodcurve.curve import AXES
from moodcurve.datasets import Dataset, DatasetError, Song
from moodcurve.datasets.splits import Split, k_fold
from moodcurve.learn.benchmarks.results import DRAWS, result_header
from moodcurve.learn.cross_validation import cross_predict
from moodcurve.learn.models.base import TrainingProgress, no_progress
from moodcurve.learn.models.song_level import (
    LEVEL,
    SongLevelConfig,
    conformal_half_width,
    fit_song_level,
    song_rating,
)
from moodcurve.learn.training import find_family
from moodcurve.learn.uncertainty.calibration import calibrate_song_rating
from moodcurve.metrics.bootstrap import bootstrap, draw_counts, percentile_interval
from moodcurve.util.markdown import TableRow, interval_text, markdown_paragraph, markdown_table

FOLDS = 5
METHODS = {
    "mean": "mean of the curve",
    "line": "linear fit to the mean of the curve",
    "regression": "regression on song ratings",
    "both": "average of linear fit and regression",
}
STATISTICS = ("r", "rmse", "ccc")


@dataclass(frozen=True, eq=False)
class SongRatings:
    """Result of `run_song_ratings`.

    Attributes
    ----------
    results : dict
        Content of strict JSON.
    songs : tuple of Song
        Those rated as a whole.
    predicted : dict
        By the names of `METHODS`: values (songs, 2).
    """

    results: dict[str, Any]
    songs: tuple[Song, ...]
    predicted: dict[str, FloatArray]


@dataclass(frozen=True, eq=False)
class _Predictions:
    """One method's predictions of all songs.

    Attributes
    ----------
    values : (songs, 2)
    ends : (songs, 2, 2)
        Ends (low, high) of 90 % intervals, by axis.
    """

    values: FloatArray
    ends: FloatArray


def run_song_ratings(
    dataset: Dataset, *, curve: str = "blend", seed: int = 0, progress: TrainingProgress = no_progress
) -> SongRatings:
    """Compare `METHODS` by cross-validation with five folds, split by artist.

    The linear fit is that of `moodcurve.learn.uncertainty.calibration.calibrate_song_rating`. It and the intervals of
    all methods but the regression are fitted on the other folds' songs, whose curves are out of fold. Some of the
    models behind these curves were trained on songs tested here. The regression and its interval use nothing of the
    test songs or their artists.

    Raises
    ------
    DatasetError
        If no song is rated as a whole, or the rated songs have fewer artists than folds.
    TrainingError
        If the family is unknown, or too few songs are rated for an interval.
    """
    songs = tuple(song for song in dataset.songs if song.annotation.song_arousal is not None)
    if not songs:
        raise DatasetError(f"{dataset.name}: no song is rated as a whole")
    splits = k_fold(songs, FOLDS, seed, by="artist")
    kind = find_family(curve)

    def report(done: int) -> None:
        progress(done, 2 * FOLDS, f"curves of {curve}")

    curves = cross_predict(songs, splits, kind, kind.config(), seed=seed, report=report)
    y = np.array([song_rating(song) for song in songs])
    predictions = _predict_folds(songs, y, curves, splits, seed, progress)
    progress(2 * FOLDS, 2 * FOLDS, "done")
    results = {
        **result_header(dataset, songs=len(songs), folds=FOLDS, seed=seed, curve=curve),
        "rating_spread": dict(zip(AXES, y.std(axis=0).tolist(), strict=True)),
        **{
            axis: {
                name: _metrics(y[:, column], one.values[:, column], one.ends[:, column], seed)
                for name, one in predictions.items()
            }
            for column, axis in enumerate(AXES)
        },
        "line_against": {
            name: dict(
                zip(AXES, _rmse_differences(y, predictions["line"].values, predictions[name].values, seed), strict=True)
            )
            for name in ("regression", "both")
        },
    }
    return SongRatings(results, songs, {name: one.values for name, one in predictions.items()})


def _predict_folds(
    songs: Sequence[Song],
    y: FloatArray,
    curves: Sequence[FloatArray],
    splits: Sequence[Split],
    seed: int,
    progress: TrainingProgress,
) -> dict[str, _Predictions]:
    """Predict the ratings y (songs, 2) of each split's test songs by each of `METHODS`."""
    means = np.array([one.mean(axis=0) for one in curves])
    predictions = {name: _Predictions(np.empty_like(y), np.empty((*y.shape, 2))) for name in METHODS}
    predictions["mean"].values[:] = means
    for fold, (train, test) in enumerate(splits):
        progress(FOLDS + fold, 2 * FOLDS, "ratings of songs")
        regression, line = predictions["regression"], predictions["line"]
        model = fit_song_level([songs[i] for i in train], SongLevelConfig(), seed=seed)
        regression.values[test] = [model.predict(songs[i].full_features.values) for i in test]
        regression.ends[test] = _symmetric_interval(regression.values[test], model.half_width)
        fit = calibrate_song_rating([songs[i] for i in train], [curves[i] for i in train])
        for i in test:
            line.values[i], line.ends[i] = fit.of_song(means[i])
    predictions["both"].values[:] = (predictions["line"].values + predictions["regression"].values) / 2
    for name in ("mean", "both"):
        for train, test in splits:
            half_width = conformal_half_width(np.abs(predictions[name].values - y)[train])
            predictions[name].ends[test] = _symmetric_interval(predictions[name].values[test], half_width)
    return predictions


def song_rating_table(result: Mapping[str, Any]) -> list[TableRow]:
    """Return a header and one row per axis and method."""
    rows: list[TableRow] = [
        ("method", "axis", "r", "RMSE", "CCC", "coverage of 90 % interval", "half width", "half width on 1-9")
    ]
    for axis in AXES:
        for name, found in result[axis].items():
            cells = (interval_text(found[statistic]) for statistic in (*STATISTICS, "coverage"))
            width = found["half_width"]
            rows.append((METHODS[name], axis, *cells, f"{width:.3f}", f"{4 * width:.2f}"))
    return rows


def song_rating_report(result: Mapping[str, Any]) -> str:
    """Return the results of `run_song_ratings` as a Markdown page; it refers to two pictures."""
    std = result["rating_spread"]
    rows: list[TableRow] = [("RMSE of the linear fit minus that of", "arousal", "valence")]
    for name, found in result["line_against"].items():
        rows.append((METHODS[name], *(interval_text(found[axis]) for axis in AXES)))
    parts = [
        "# Ratings of whole songs",
        markdown_paragraph(
            "For readers who use the song rating that curves and model files contain. Written by `moodcurve songlevel`."
        ),
        markdown_paragraph(_summary(result)),
        "![Dots with bars for each method, by axis: RMSE, r and coverage with 95 % intervals; RMSE is "
        f"{_both(result, 'mean', 'rmse')} for the plain mean of the curve, {_both(result, 'line', 'rmse')} for the "
        "linear fit](song_level.png)",
        markdown_table(song_rating_table(result)),
        markdown_table(rows),
        "![Two panels for each axis: dots of songs around the diagonal, predicted by the linear fit over rated; RMSE "
        "of each genre with intervals, for the linear fit and the plain mean of the curve](song_level-songs.png)",
        markdown_paragraph(
            f"{result['dataset']}, {result['songs']} songs rated as a whole, {result['feature_set']}; "
            f"{result['folds']}. Intervals: {result['interval']}. The curve is that of the family `{result['curve']}`. "
            "Values are on the scale from -1 to 1, where the ratings' standard deviation is "
            f"{std['arousal']:.3f} (arousal) and {std['valence']:.3f} (valence). On the scale from 1 to 9, errors and "
            "widths are four times as large; r and CCC are the same."
        ),
    ]
    return "\n\n".join(parts) + "\n"


def _summary(result: Mapping[str, Any]) -> str:
    """Compare the linear fit, which model files contain, with the mean of the curve and with the best method."""
    best = min(METHODS, key=lambda name: sum(result[axis][name]["rmse"]["value"] for axis in AXES))
    rmse = {name: _both(result, name, "rmse") for name in METHODS}
    return (
        f"The linear fit to the mean of the curve, which model files contain, has RMSE {rmse['line']} and r "
        f"{_both(result, 'line', 'r')} (arousal / valence). The plain mean of the curve has RMSE {rmse['mean']}. The "
        f"lowest RMSE is {rmse[best]} ({METHODS[best]}). The linear fit's 90 % interval covers "
        f"{_both(result, 'line', 'coverage')} of the ratings."
    )


def _both(result: Mapping[str, Any], name: str, statistic: str) -> str:
    """Format a method's values of both axes."""
    return " / ".join(f"{result[axis][name][statistic]['value']:.3f}" for axis in AXES)


def _symmetric_interval(values: FloatArray, half_width: FloatArray) -> FloatArray:
    """Return the ends (n, 2, 2) of symmetric intervals around values (n, 2)."""
    return np.stack([values - half_width, values + half_width], axis=-1)


def _rmse_differences(y: FloatArray, first: FloatArray, second: FloatArray, seed: int) -> list[dict[str, Any]]:
    """Compute the RMSE of `first` minus that of `second` by axis, with intervals over songs."""
    weights = draw_counts(len(y), DRAWS, seed)
    first_rmse, second_rmse = (np.sqrt(weights @ (y - p) ** 2 / len(y)) for p in (first, second))
    return [percentile_interval(values, 0.95).as_dict() for values in (first_rmse - second_rmse).T]


def _metrics(y: FloatArray, predicted: FloatArray, ends: FloatArray, seed: int) -> dict[str, Any]:
    """Compute `STATISTICS`, coverage and mean half width of one axis."""
    singles = [y[i : i + 1] for i in range(len(y))], [predicted[i : i + 1] for i in range(len(y))]
    metrics: dict[str, Any] = {
        name: interval.as_dict() for name, interval in bootstrap(*singles, STATISTICS, n=DRAWS, seed=seed).items()
    }
    inside = (ends[:, 0] <= y) & (y <= ends[:, 1])
    drawn = np.random.default_rng(seed).binomial(len(y), inside.mean(), size=DRAWS) / len(y)
    low, high = np.quantile(drawn, [0.025, 0.975])
    coverage = {"value": float(inside.mean()), "low": float(low), "high": float(high)}
    return metrics | {"coverage": coverage, "wanted": LEVEL, "half_width": float((ends[:, 1] - ends[:, 0]).mean() / 2)}
