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
from dataclasses import asdict, dataclass, fields

import numpy as np
import numpy.typing as npt

from moodcurve._typing import FloatArray

Series = npt.NDArray[np.floating]

CONSTANT = 1e-7
"""Relative standard deviation below which a series is constant; rounding to single precision stays below it."""
MAX_MAGNITUDE = 1e100
"""Largest magnitude of a value, so that sums of squares and their products are finite."""

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
    songs = _moments(y_true, y_pred)
    per_song = _metrics(songs)
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
    return _weighted(_moments(y_true, y_pred), weights)


@dataclass(frozen=True, eq=False, kw_only=True)
class _Moments:
    """Sums over pairs of series from which all metrics follow; each field has one entry per pair.

    ``t`` is rated, ``p`` predicted: means, sums of squared deviations and of products of deviations from the means, sum
    of squared errors, largest magnitudes.
    """

    n: FloatArray
    mean_t: FloatArray
    mean_p: FloatArray
    tt: FloatArray
    pp: FloatArray
    tp: FloatArray
    errors: FloatArray
    top_t: FloatArray
    top_p: FloatArray


def _moments(y_true: Sequence[Series], y_pred: Sequence[Series]) -> _Moments:
    """Check the songs and sum up each; deviations are from the song's own means, which avoids cancellation."""
    if len(y_true) != len(y_pred) or not len(y_true):
        raise ValueError(
            f"y_true and y_pred must hold the same songs, at least one, got {len(y_true)} and {len(y_pred)}"
        )
    rows = []
    for i, pair in enumerate(zip(y_true, y_pred, strict=True)):
        t, p = (np.asarray(series, dtype=np.float64) for series in pair)
        if t.ndim != 1 or t.shape != p.shape or not len(t):
            raise ValueError(
                f"y_true[{i}] and y_pred[{i}] must be arrays of the same length, at least one point long, "
                f"got shapes {t.shape} and {p.shape}"
            )
        if not (np.isfinite(t).all() and np.isfinite(p).all()):
            raise ValueError(f"y_true[{i}] and y_pred[{i}] must be finite, got NaN or infinity")
        if (largest := max(np.abs(t).max(), np.abs(p).max())) > MAX_MAGNITUDE:
            raise ValueError(
                f"y_true[{i}] and y_pred[{i}] must be at most {MAX_MAGNITUDE:g} in magnitude, got {largest:g}"
            )
        mean_t, mean_p = t.mean(), p.mean()
        dt, dp, error = t - mean_t, p - mean_p, t - p
        sums = (dt @ dt, dp @ dp, dt @ dp, error @ error)
        rows.append((len(t), mean_t, mean_p, *sums, np.abs(t).max(), np.abs(p).max()))
    columns = np.array(rows, dtype=np.float64).T
    return _Moments(**{field.name: column for field, column in zip(fields(_Moments), columns, strict=True)})


def _pool(songs: _Moments, weights: FloatArray) -> _Moments:
    """Sum up draws of songs; weights (draws, songs) are how often each song is in each draw."""
    n = weights @ songs.n
    # deviations from the mean of all songs, which is close to each draw's mean and so avoids cancellation
    center_t, center_p = (float(songs.n @ mean / songs.n.sum()) for mean in (songs.mean_t, songs.mean_p))
    dt, dp = songs.mean_t - center_t, songs.mean_p - center_p
    mean_t, mean_p = weights @ (songs.n * dt) / n, weights @ (songs.n * dp) / n
    return _Moments(
        n=n,
        mean_t=mean_t + center_t,
        mean_p=mean_p + center_p,
        tt=np.maximum(weights @ (songs.tt + songs.n * dt**2) - n * mean_t**2, 0),
        pp=np.maximum(weights @ (songs.pp + songs.n * dp**2) - n * mean_p**2, 0),
        tp=weights @ (songs.tp + songs.n * dt * dp) - n * mean_t * mean_p,
        errors=weights @ songs.errors,
        top_t=np.full(len(n), songs.top_t.max()),
        top_p=np.full(len(n), songs.top_p.max()),
    )


def _metrics(m: _Moments) -> dict[str, FloatArray]:
    """Return rmse, r, r2, ccc and determination of each entry."""
    flat_t = m.tt <= m.n * (CONSTANT * m.top_t) ** 2
    flat_p = m.pp <= m.n * (CONSTANT * m.top_p) ** 2
    difference = m.mean_t - m.mean_p
    same = flat_t & flat_p & (np.abs(difference) <= CONSTANT * np.maximum(m.top_t, m.top_p))
    r = np.full(len(m.n), math.nan)
    defined = ~(flat_t | flat_p) & (m.n >= 2)
    np.divide(m.tp, np.sqrt(m.tt) * np.sqrt(m.pp), out=r, where=defined)
    r = np.clip(r, -1, 1)  # rounding may leave it just outside
    concordance = np.full(len(m.n), math.nan)
    covariance = np.where(flat_t | flat_p, 0, m.tp / m.n)
    scale = (m.tt + m.pp) / m.n + difference**2
    np.divide(2 * covariance, scale, out=concordance, where=~same & (m.n >= 2) & (scale > 0))
    explained = np.full(len(m.n), math.nan)
    np.divide(m.tt - m.errors, m.tt, out=explained, where=~flat_t & (m.n >= 2))
    return {
        "rmse": np.sqrt(m.errors / m.n),
        "r": r,
        "r2": r**2,
        "ccc": np.clip(concordance, -1, 1),
        "determination": explained,
    }


def _weighted(songs: _Moments, weights: FloatArray) -> dict[str, FloatArray]:
    """Return ``METRICS`` of draws of songs, (draws,) each."""
    values = _metrics(_pool(songs, weights))
    for name, per_song in _metrics(songs).items():
        if f"{name}_song" not in METRICS:
            continue
        defined = np.isfinite(per_song)
        counted = weights @ defined
        mean = np.full(len(weights), math.nan)
        np.divide(weights @ np.where(defined, per_song, 0), counted, out=mean, where=counted > 0)
        values[f"{name}_song"] = mean
    return values


def _single(y_true: Series, y_pred: Series, name: str) -> float:
    return float(_metrics(_moments([y_true], [y_pred]))[name][0])
