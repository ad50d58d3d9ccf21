"""Compute correlations with confounders removed: valence given arousal, and curves without label drift.

Arousal and valence of music are correlated, so a model can predict valence from arousal alone. Raters start near the
middle of the scale and drift outward during a clip, so a curve can follow the ratings by knowing the elapsed time
alone. The metrics here remove either effect.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from moodcurve._typing import FloatArray
from moodcurve.curve import AXES
from moodcurve.metrics import CONSTANT
from moodcurve.metrics.bootstrap import Interval, bootstrap, draw_counts, percentile_interval

MIN_SONGS = 10
"""Songs that must reach a row to estimate the drift there; with one song, its whole curve would count as drift."""
COLLINEAR = 1e-6
"""Smallest share of a standard deviation that must remain once arousal is regressed out. It lies above the rounding of
single-precision predictions (1e-7), and far below what ratings leave."""
LEVEL = 0.95


@dataclass(frozen=True, kw_only=True)
class PartialCorrelations:
    """Correlations of one model's predictions, with 95 % intervals over songs.

    Attributes
    ----------
    valence_given_arousal : Interval
        Partial correlation of predicted and true valence given true arousal, over all points; see `partial_r`.
    axes_r : Interval
        Pearson's r of predicted arousal and predicted valence over all points; undefined if either is constant.
    r_song_without_drift : dict of Interval
        By axis, the mean over songs of Pearson's r between the ratings after `remove_drift` and the unchanged
        prediction. Songs where it is undefined are left out. All draws use the drift of all songs.
    """

    valence_given_arousal: Interval
    axes_r: Interval
    r_song_without_drift: dict[str, Interval]

    def as_dict(self) -> dict[str, Any]:
        """Return all values for JSON, with None in place of NaN."""
        return {
            "valence_given_arousal": self.valence_given_arousal.as_dict(),
            "axes_r": self.axes_r.as_dict(),
            "r_song_without_growth": {axis: interval.as_dict() for axis, interval in self.r_song_without_drift.items()},
        }


def partial_correlations(
    y_true: Sequence[FloatArray], y_pred: Sequence[FloatArray], *, draws: int, seed: int
) -> PartialCorrelations:
    """Compute partial correlations with the bootstrap intervals of `moodcurve.metrics.bootstrap.bootstrap`.

    Parameters
    ----------
    y_true, y_pred : sequences of (points, 2)
        Rated and predicted arousal and valence of each song; must be finite.
    draws : int
        Number of bootstrap draws.
    seed : int

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> songs = [rng.uniform(-1, 1, (20, 2)) for _ in range(12)]
    >>> round(partial_correlations(songs, songs, draws=100, seed=0).valence_given_arousal.value, 3)
    1.0
    """
    r = pooled_correlations(y_true, y_pred, draw_counts(len(y_true), draws, seed))
    return PartialCorrelations(
        valence_given_arousal=percentile_interval(partial_r(r[:, 1, 3], r[:, 0, 1], r[:, 0, 3]), LEVEL),
        axes_r=percentile_interval(r[:, 2, 3], LEVEL),
        r_song_without_drift={
            axis: _r_song_without_drift([y[:, i] for y in y_true], [p[:, i] for p in y_pred], draws, seed)
            for i, axis in enumerate(AXES)
        },
    )


def partial_r(r_xy: FloatArray, r_xz: FloatArray, r_yz: FloatArray) -> FloatArray:
    """Compute the partial correlation of x and y given z: (r_xy - r_xz r_yz) / √((1 - r_xz²) (1 - r_yz²)).

    It equals Pearson's r of the residuals of x and y regressed on z, and lies in [-1, 1]. NaN if an input is NaN, or if
    z determines x or y (see `COLLINEAR`).

    Examples
    --------
    >>> partial_r(np.array([0.5]), np.array([0.0]), np.array([0.0]))
    array([0.5])
    """
    residual_std = np.sqrt(np.maximum(1 - r_xz**2, 0)), np.sqrt(np.maximum(1 - r_yz**2, 0))
    result = np.full(r_xy.shape, math.nan)
    np.divide(
        r_xy - r_xz * r_yz, residual_std[0] * residual_std[1], out=result, where=np.minimum(*residual_std) > COLLINEAR
    )
    np.clip(result, -1, 1, out=result)  # rounding may exceed it by an ulp
    return result


def pooled_correlations(y_true: Sequence[FloatArray], y_pred: Sequence[FloatArray], weights: FloatArray) -> FloatArray:
    """Correlate rated arousal, rated valence, predicted arousal and predicted valence over the points of all songs.

    Parameters
    ----------
    y_true, y_pred : sequences of (points, 2)
    weights : (draws, songs)
        Number of times each song is in each draw.

    Returns
    -------
    (draws, 4, 4)
        Pearson's r = cov(x, y) / (σ_x σ_y). NaN for a constant series: one whose standard deviation is at most
        `moodcurve.metrics.CONSTANT` times its largest magnitude.
    """
    values = [np.hstack([t, p]).astype(np.float64) for t, p in zip(y_true, y_pred, strict=True)]
    everything = np.vstack(values)
    center = everything.mean(axis=0)  # close to each draw's mean, which limits cancellation below
    n = weights @ np.array([len(v) for v in values], dtype=np.float64)
    mean = weights @ np.array([(v - center).sum(axis=0) for v in values]) / n[:, None]
    products = np.array([(v - center).T @ (v - center) for v in values])
    covariance = np.einsum("ds,sij->dij", weights, products) / n[:, None, None] - mean[:, :, None] * mean[:, None, :]
    std = np.sqrt(np.maximum(np.diagonal(covariance, axis1=1, axis2=2), 0))
    std[std <= CONSTANT * np.abs(everything).max(axis=0)] = math.nan
    r: FloatArray = covariance / (std[:, :, None] * std[:, None, :])
    return np.clip(r, -1, 1, out=r)


def remove_drift(curves: Sequence[FloatArray]) -> list[FloatArray]:
    """Subtract from each song's curve its mean, and the drift expected from that mean and the elapsed time.

    d_s(t) = y_s(t) - mean_s - g(t) mean_s, where t is the row since the first rated one, mean_s the mean of y_s, and
    g(t) = Σ_s mean_s (y_s(t) - mean_s) / Σ_s mean_s². g is the least-squares regression of the deviation on the
    song's mean, through 0 (the middle of the scale), over the songs that reach t. It is 0 if all means are 0.

    Parameters
    ----------
    curves : sequence of (points,)
        One axis of each song, in [-1, 1].

    Returns
    -------
    list of (points,)
        d of each song on the same scale, without the rows that fewer than `MIN_SONGS` songs reach. Empty arrays if
        there are fewer songs. Rounding residue is set to 0.
    """
    lengths = np.array([len(y) for y in curves])
    shared = int(np.sort(lengths)[-MIN_SONGS]) if len(lengths) >= MIN_SONGS else 0
    means = np.array([y.mean() for y in curves])
    deviations = np.zeros((len(curves), shared))
    for row, y, mean in zip(deviations, curves, means, strict=True):
        row[: len(y)] = (y - mean)[:shared]
    squares = (np.arange(shared) < lengths[:, None]).T @ means**2
    g = np.divide(means @ deviations, squares, out=np.zeros(shared), where=squares > 0)
    residuals = deviations - means[:, None] * g
    result = []
    for row, y in zip(residuals, curves, strict=True):
        d = row[: len(y)]
        result.append(np.where(np.abs(d) > CONSTANT * np.abs(y).max(), d, 0.0))
    return result


def _r_song_without_drift(
    y_true: Sequence[FloatArray], y_pred: Sequence[FloatArray], draws: int, seed: int
) -> Interval:
    residuals = remove_drift(y_true)
    if not len(residuals[0]):
        return Interval(value=math.nan, low=math.nan, high=math.nan)
    predicted = [p[: len(d)] for p, d in zip(y_pred, residuals, strict=True)]
    return bootstrap(residuals, predicted, ["r_song"], n=draws, seed=seed, level=LEVEL)["r_song"]
