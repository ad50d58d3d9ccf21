"""How well predicted curves follow rated ones: RMSE, r, r², CCC, determination, per song and pooled.

`moodcurve.metrics.bootstrap` gives intervals of them.

Conventions
-----------
One axis (arousal or valence) at a time. A song is a pair of arrays (n,), rated and predicted; a set of songs
is a list of such arrays for each side. *Per song* (``*_song``) is the mean of a figure over the songs: how
well the course within a song is met. *Pooled* is the figure over the points of all songs end to end: mostly
how well the songs' means are met, since most of the variance of rated music lies between songs. Give both,
always. ``r2`` is the *squared correlation* r², not the coefficient of determination: that is ``determination``,
of which there is the pooled figure alone, since within a song whose ratings hardly move it falls without limit.

Undefined cases
---------------
A series is constant if its standard deviation is below ``CONSTANT`` of its largest magnitude. r and r² are
NaN where either series is constant or has fewer than two points, determination where the rated one is constant or has.
CCC is NaN with fewer than two points or
where both series are the same constant; otherwise it is 0 where one is constant. Means over songs are over
the songs where the figure is defined (NaN if nowhere), and ``Scores`` says in how many it is not. Values
beyond ``LARGEST``, whose squares would be none any more, are refused. No case warns.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields

import numpy as np
import numpy.typing as npt

from moodcurve._typing import FloatArray

Series = npt.NDArray[np.floating]

CONSTANT = 1e-7
"""Relative spread below which a series counts as constant: what single precision, in which models predict,
makes of a constant."""
LARGEST = 1e100
"""Largest magnitude of a value: sums of squares, and their products, stay numbers."""

STATISTICS = ("rmse_song", "r_song", "r2_song", "ccc_song", "rmse", "r", "r2", "ccc", "determination")
"""The figures of ``Scores``, by name."""


def rmse(y_true: Series, y_pred: Series) -> float:
    """Give the root of the mean squared error, the paper's eq. (2): sqrt(mean((y - ŷ)²)).

    Raises
    ------
    ValueError
        If the two are not finite, of one length, and at least one point long.
    """
    return _single(y_true, y_pred, "rmse")


def pearson_r(y_true: Series, y_pred: Series) -> float:
    """Give Pearson's correlation, cov(y, ŷ) / (σ_y σ_ŷ), in [-1, 1]; see the module for undefined cases.

    Raises
    ------
    ValueError
        As ``rmse``.
    """
    return _single(y_true, y_pred, "r")


def r2(y_true: Series, y_pred: Series) -> float:
    """Give the squared correlation, the paper's eq. (3): cov(y, ŷ)² / (var(y) var(ŷ)), in [0, 1].

    It is not the coefficient of determination, `determination`: scale and level of the predictions do not matter,
    nor does their sign. The paper is Feng, Markov & Yu, "Music Emotion Recognition", 2016.

    Raises
    ------
    ValueError
        As ``rmse``.
    """
    return _single(y_true, y_pred, "r2")


def determination(y_true: Series, y_pred: Series) -> float:
    """Give the coefficient of determination: 1 - mean((y - ŷ)²) / var(y), in (-∞, 1].

    0 is what the mean of the ratings themselves would reach, and less is worse than that. Of predictions that least
    squares fitted to these very ratings it is the squared correlation; of all others it is less.

    Raises
    ------
    ValueError
        As ``rmse``.
    """
    return _single(y_true, y_pred, "determination")


def ccc(y_true: Series, y_pred: Series) -> float:
    """Give Lin's concordance correlation: 2 cov(y, ŷ) / (var(y) + var(ŷ) + (mean(y) - mean(ŷ))²), in [-1, 1].

    Variances and covariance are means over the n points (not n - 1), as in Lin, "A concordance correlation
    coefficient to evaluate reproducibility", Biometrics 45(1), 1989, https://doi.org/10.2307/2532051.

    Raises
    ------
    ValueError
        As ``rmse``.
    """
    return _single(y_true, y_pred, "ccc")


@dataclass(frozen=True, kw_only=True)
class Scores:
    """How well the predictions of a set of songs do on one axis.

    Attributes
    ----------
    songs, points : int
    rmse_song, r_song, r2_song, ccc_song : float
        Means over the songs where the figure is defined.
    rmse, r, r2, ccc, determination : float
        Over all points.
    songs_without_r, songs_without_ccc : int
        Songs where r and r2, or ccc, are undefined.
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
        """Give the fields for JSON: None in place of NaN."""
        return {name: None if math.isnan(value) else value for name, value in asdict(self).items()}


def scores(y_true: Sequence[Series], y_pred: Sequence[Series]) -> Scores:
    """Score the predictions of several songs, per song and pooled.

    Parameters
    ----------
    y_true, y_pred : sequences of (n,)
        One array a song, in the same order.

    Raises
    ------
    ValueError
        If there is no song, or a song's two arrays are not finite, of one length, and at least one point
        long.
    """
    songs = _moments(y_true, y_pred)
    figures = _figures(songs)
    values = _statistics(songs, np.ones((1, len(songs.n))))
    return Scores(
        songs=len(songs.n),
        points=int(songs.n.sum()),
        songs_without_r=int(np.isnan(figures["r"]).sum()),
        songs_without_ccc=int(np.isnan(figures["ccc"]).sum()),
        **{name: float(values[name][0]) for name in STATISTICS},
    )


def weighted_scores(y_true: Sequence[Series], y_pred: Sequence[Series], weights: FloatArray) -> dict[str, FloatArray]:
    """Give all ``STATISTICS`` of draws of songs, (draws,) each.

    Parameters
    ----------
    y_true, y_pred : sequences of (n,)
        As for ``scores``.
    weights : (draws, songs)
        How often each song is in each draw; a whole number, and in each draw at least one above 0.

    Raises
    ------
    ValueError
        As ``scores``.
    """
    return _statistics(_moments(y_true, y_pred), weights)


@dataclass(frozen=True, eq=False, kw_only=True)
class _Moments:
    """All that the figures need to know of some pairs of series: each field has one entry a pair.

    ``t`` is rated, ``p`` predicted: means, sums of squared deviations and of products of deviations from
    them, sum of squared errors, largest magnitudes.
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
    """Check the songs and sum each up; deviations are from the song's own means, so nothing cancels."""
    if len(y_true) != len(y_pred) or not len(y_true):
        raise ValueError(
            f"y_true and y_pred must hold the same songs, at least one, got {len(y_true)} and {len(y_pred)}"
        )
    rows = []
    for i, pair in enumerate(zip(y_true, y_pred, strict=True)):
        t, p = (np.asarray(series, dtype=np.float64) for series in pair)
        if t.ndim != 1 or t.shape != p.shape or not len(t):
            raise ValueError(
                f"y_true[{i}] and y_pred[{i}] must be arrays of one length, at least one point long, "
                f"got shapes {t.shape} and {p.shape}"
            )
        if not (np.isfinite(t).all() and np.isfinite(p).all()):
            raise ValueError(f"y_true[{i}] and y_pred[{i}] must be finite, got NaN or infinity")
        if (largest := max(np.abs(t).max(), np.abs(p).max())) > LARGEST:
            raise ValueError(f"y_true[{i}] and y_pred[{i}] must be at most {LARGEST:g} in magnitude, got {largest:g}")
        mean_t, mean_p = t.mean(), p.mean()
        dt, dp, error = t - mean_t, p - mean_p, t - p
        sums = (dt @ dt, dp @ dp, dt @ dp, error @ error)
        rows.append((len(t), mean_t, mean_p, *sums, np.abs(t).max(), np.abs(p).max()))
    columns = np.array(rows, dtype=np.float64).T
    return _Moments(**{field.name: column for field, column in zip(fields(_Moments), columns, strict=True)})


def _pool(songs: _Moments, weights: FloatArray) -> _Moments:
    """Sum up draws of songs, laid end to end; weights (draws, songs) says how often each song is in each."""
    n = weights @ songs.n
    # deviations from the mean of all, close to each draw's mean, so that little cancels below
    centre_t, centre_p = (float(songs.n @ mean / songs.n.sum()) for mean in (songs.mean_t, songs.mean_p))
    dt, dp = songs.mean_t - centre_t, songs.mean_p - centre_p
    mean_t, mean_p = weights @ (songs.n * dt) / n, weights @ (songs.n * dp) / n
    return _Moments(
        n=n,
        mean_t=mean_t + centre_t,
        mean_p=mean_p + centre_p,
        tt=np.maximum(weights @ (songs.tt + songs.n * dt**2) - n * mean_t**2, 0),
        pp=np.maximum(weights @ (songs.pp + songs.n * dp**2) - n * mean_p**2, 0),
        tp=weights @ (songs.tp + songs.n * dt * dp) - n * mean_t * mean_p,
        errors=weights @ songs.errors,
        top_t=np.full(len(n), songs.top_t.max()),
        top_p=np.full(len(n), songs.top_p.max()),
    )


def _figures(m: _Moments) -> dict[str, FloatArray]:
    """Give rmse, r, r2, ccc and determination of each entry."""
    flat_t = m.tt <= m.n * (CONSTANT * m.top_t) ** 2
    flat_p = m.pp <= m.n * (CONSTANT * m.top_p) ** 2
    apart = m.mean_t - m.mean_p
    same = flat_t & flat_p & (np.abs(apart) <= CONSTANT * np.maximum(m.top_t, m.top_p))
    r = np.full(len(m.n), math.nan)
    defined = ~(flat_t | flat_p) & (m.n >= 2)
    np.divide(m.tp, np.sqrt(m.tt) * np.sqrt(m.pp), out=r, where=defined)
    r = np.clip(r, -1, 1)  # rounding may leave it an ulp outside
    concordance = np.full(len(m.n), math.nan)
    covariance = np.where(flat_t | flat_p, 0, m.tp / m.n)
    spread = (m.tt + m.pp) / m.n + apart**2
    np.divide(2 * covariance, spread, out=concordance, where=~same & (m.n >= 2) & (spread > 0))
    explained = np.full(len(m.n), math.nan)
    np.divide(m.tt - m.errors, m.tt, out=explained, where=~flat_t & (m.n >= 2))
    return {
        "rmse": np.sqrt(m.errors / m.n),
        "r": r,
        "r2": r**2,
        "ccc": np.clip(concordance, -1, 1),
        "determination": explained,
    }


def _statistics(songs: _Moments, weights: FloatArray) -> dict[str, FloatArray]:
    """Give all ``STATISTICS`` of draws of songs, (draws,) each."""
    values = _figures(_pool(songs, weights))
    for name, per_song in _figures(songs).items():
        if f"{name}_song" not in STATISTICS:
            continue
        defined = np.isfinite(per_song)
        counted = weights @ defined
        mean = np.full(len(weights), math.nan)
        np.divide(weights @ np.where(defined, per_song, 0), counted, out=mean, where=counted > 0)
        values[f"{name}_song"] = mean
    return values


def _single(y_true: Series, y_pred: Series, name: str) -> float:
    return float(_figures(_moments([y_true], [y_pred]))[name][0])
