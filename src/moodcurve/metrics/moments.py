"""Sum up rated and predicted series, and compute the metrics of `moodcurve.metrics.regression` from the sums."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from moodcurve._typing import FloatArray

Series = npt.NDArray[np.floating]

CONSTANT = 1e-7
"""Relative standard deviation below which a series is constant; rounding to single precision stays below it."""
MAX_MAGNITUDE = 1e100
"""Largest magnitude of a value, so that sums of squares and their products are finite."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Moments:
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


def moments(y_true: Sequence[Series], y_pred: Sequence[Series]) -> Moments:
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
    return Moments(**{field.name: column for field, column in zip(fields(Moments), columns, strict=True)})


def pool(songs: Moments, weights: FloatArray) -> Moments:
    """Sum up draws of songs; weights (draws, songs) are how often each song is in each draw."""
    n = weights @ songs.n
    # deviations from the mean of all songs, which is close to each draw's mean and so avoids cancellation
    center_t, center_p = (float(songs.n @ mean / songs.n.sum()) for mean in (songs.mean_t, songs.mean_p))
    dt, dp = songs.mean_t - center_t, songs.mean_p - center_p
    mean_t, mean_p = weights @ (songs.n * dt) / n, weights @ (songs.n * dp) / n
    return Moments(
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


def metrics_of(m: Moments) -> dict[str, FloatArray]:
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
