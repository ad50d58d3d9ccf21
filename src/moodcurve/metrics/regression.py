"""Compute RMSE, r, r², CCC and the coefficient of determination of predicted curves, per song and pooled.

`moodcurve.metrics.bootstrap` computes their intervals.

Conventions
-----------
All functions take one axis (arousal or valence). A song is a pair of arrays (n,), rated and predicted; a set of songs
is two lists of such arrays. *Per song* (``*_song``) is the mean of a metric over songs: how well changes within a song
are predicted. *Pooled* is the metric over the points of all songs together: mostly how well the songs' means are
predicted, since most of the variance of rated music lies between songs. Always report both. ``r2`` is the squared
correlation r², not the coefficient of determination. That is ``determination``, which is only pooled, since it has no
lower limit within a song whose ratings hardly change.

Undefined cases
---------------
A series is constant if its standard deviation is below ``CONSTANT`` times its largest magnitude. r and r² are NaN if
either series is constant or has fewer than two points, determination if the rated series is. CCC is NaN with fewer than
two points or if both series are the same constant, and 0 if one of them is constant otherwise. Means over songs skip
songs where the metric is undefined (NaN if it is nowhere defined), and ``Scores`` counts these songs. No case warns.
Values beyond ``MAX_MAGNITUDE`` raise a ValueError.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from moodcurve._typing import FloatArray
from moodcurve.metrics.moments import Moments, Series, metrics_of, moments, pool

METRICS = ("rmse_song", "r_song", "r2_song", "ccc_song", "rmse", "r", "r2", "ccc", "determination")
"""Names of the metrics in ``Scores``."""


def rmse(y_true: Series, y_pred: Series) -> float:
    """Return the root mean squared error, sqrt(mean((y - ŷ)²)).

    Raises
    ------
    ValueError
        If the two are not finite, not of the same length, or empty.

    Examples
    --------
    >>> round(rmse(np.array([0.0, 0.5]), np.array([0.3, 0.1])), 4)
    0.3536
    """
    return _single(y_true, y_pred, "rmse")


def pearson_r(y_true: Series, y_pred: Series) -> float:
    """Return Pearson's correlation, cov(y, ŷ) / (σ_y σ_ŷ), in [-1, 1]; see the module for undefined cases.

    Raises
    ------
    ValueError
        As ``rmse``.

    Examples
    --------
    >>> round(pearson_r(np.array([0.0, 0.5, 1.0]), np.array([0.2, 0.3, 0.7])), 4)
    0.9449
    """
    return _single(y_true, y_pred, "r")


def r2(y_true: Series, y_pred: Series) -> float:
    """Return the squared correlation, cov(y, ŷ)² / (var(y) var(ŷ)), in [0, 1].

    This is not the coefficient of determination, see `determination`: scale, level and sign of the predictions have no
    effect. RMSE and r² are eq. (2) and (3) of Feng, Markov & Yu, "Music Emotion Recognition", 2016.

    Raises
    ------
    ValueError
        As ``rmse``.

    Examples
    --------
    >>> round(r2(np.array([0.0, 0.5, 1.0]), np.array([0.2, 0.3, 0.7])), 4)
    0.8929
    """
    return _single(y_true, y_pred, "r2")


def determination(y_true: Series, y_pred: Series) -> float:
    """Return the coefficient of determination, 1 - mean((y - ŷ)²) / var(y), in (-∞, 1].

    Predicting the mean of the ratings gives 0. For predictions fitted to these ratings by least squares it equals the
    squared correlation; for all others it is smaller.

    Raises
    ------
    ValueError
        As ``rmse``.

    Examples
    --------
    >>> round(determination(np.array([0.0, 0.5, 1.0]), np.array([0.2, 0.3, 0.7])), 4)
    0.66
    """
    return _single(y_true, y_pred, "determination")


def ccc(y_true: Series, y_pred: Series) -> float:
    """Return Lin's concordance correlation, 2 cov(y, ŷ) / (var(y) + var(ŷ) + (mean(y) - mean(ŷ))²), in [-1, 1].

    Variances and covariance are means over the n points (not n - 1), as in Lin, "A concordance correlation
    coefficient to evaluate reproducibility", Biometrics 45(1), 1989, https://doi.org/10.2307/2532051.

    Raises
    ------
    ValueError
        As ``rmse``.

    Examples
    --------
    >>> round(ccc(np.array([0.0, 0.5, 1.0]), np.array([0.2, 0.3, 0.7])), 4)
    0.7463
    """
    return _single(y_true, y_pred, "ccc")


@dataclass(frozen=True, kw_only=True)
class Scores:
    """Metrics of the predictions for a set of songs, on one axis.

    Attributes
    ----------
    songs, points : int
    rmse_song, r_song, r2_song, ccc_song : float
        Means over the songs where the metric is defined.
    rmse, r, r2, ccc, determination : float
        Metrics over all points.
    songs_without_r, songs_without_ccc : int
        Number of songs where r and r2, or ccc, are undefined.
    """

    songs: int
    points: int
    rmse_song: float
    r_song: float
    r2_song: float
    ccc_song: float
    rmse: float
    r: float
    r2: float
    ccc: float
    determination: float
    songs_without_r: int
    songs_without_ccc: int

    def as_dict(self) -> dict[str, float | int | None]:
        """Return the fields for JSON, with None instead of NaN."""
        return {name: None if math.isnan(value) else value for name, value in asdict(self).items()}


def scores(y_true: Sequence[Series], y_pred: Sequence[Series]) -> Scores:
    """Compute the metrics of several songs, per song and pooled.

    Parameters
    ----------
    y_true, y_pred : sequences of (n,)
        One array per song, in the same order.

    Raises
    ------
    ValueError
        If there is no song, or a song's two arrays are not finite, not of the same length, or empty.

    Examples
    --------
    >>> y_true, y_pred = [np.array([0.0, 1.0]), np.array([0.5, 0.6])], [np.array([0.2, 0.7]), np.array([0.6, 0.5])]
    >>> found = scores(y_true, y_pred)
    >>> found.songs, round(found.rmse_song, 3), round(found.r, 3)
    (2, 0.177, 0.938)
    """
    songs = moments(y_true, y_pred)
    per_song = metrics_of(songs)
    values = _weighted(songs, np.ones((1, len(songs.n))))
    return Scores(
        songs=len(songs.n),
        points=int(songs.n.sum()),
        songs_without_r=int(np.isnan(per_song["r"]).sum()),
        songs_without_ccc=int(np.isnan(per_song["ccc"]).sum()),
        **{name: float(values[name][0]) for name in METRICS},
    )


def weighted_scores(y_true: Sequence[Series], y_pred: Sequence[Series], weights: FloatArray) -> dict[str, FloatArray]:
    """Compute ``METRICS`` for weighted sets of songs, (draws,) each.

    Parameters
    ----------
    y_true, y_pred : sequences of (n,)
        As for ``scores``.
    weights : (draws, songs)
        How often each song is in each draw: whole numbers, at least one of them above 0 in each draw.

    Raises
    ------
    ValueError
        As ``scores``.
    """
    return _weighted(moments(y_true, y_pred), weights)


def _weighted(songs: Moments, weights: FloatArray) -> dict[str, FloatArray]:
    """Return ``METRICS`` of draws of songs, (draws,) each."""
    values = metrics_of(pool(songs, weights))
    for name, per_song in metrics_of(songs).items():
        if f"{name}_song" not in METRICS:
            continue
        defined = np.isfinite(per_song)
        counted = weights @ defined
        mean = np.full(len(weights), math.nan)
        np.divide(weights @ np.where(defined, per_song, 0), counted, out=mean, where=counted > 0)
        values[f"{name}_song"] = mean
    return values


def _single(y_true: Series, y_pred: Series, name: str) -> float:
    return float(metrics_of(moments([y_true], [y_pred]))[name][0])
