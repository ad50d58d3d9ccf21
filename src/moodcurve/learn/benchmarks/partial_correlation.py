"""What the pooled and per-song figures of single axes hide: valence as arousal's shadow, a course that is but growth.

Arousal and valence of music go together, so a model can be right about valence by knowing arousal alone; and raters
start near the middle and drift outward as a song goes on, so a curve can follow a song by knowing only how long it
has played. The figures here take either out.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from moodcurve._typing import FloatArray
from moodcurve.evaluation import AXES
from moodcurve.metrics import CONSTANT
from moodcurve.metrics.bootstrap import Interval, bootstrap, draw_counts, percentile_interval

FEWEST = 10
"""Songs that must reach a row for growth to be told from their own courses; with one, all of it would be growth."""
COLLINEAR = 1e-6
"""Series of which less than this share of the spread is left, arousal taken out, count as arousal alone: above what
rounding leaves of single-precision predictions (1e-7), far below what any rating leaves."""
LEVEL = 0.95


@dataclass(frozen=True, kw_only=True)
class Beside:
    """Figures of one model, with 95 % intervals over songs.

    Attributes
    ----------
    valence_given_arousal : Interval
        As `partial_r`, over all points.
    axes_r : Interval
        Pearson's r of predicted arousal and predicted valence over all points; undefined where either is constant.
    course : dict of Interval
        By axis: mean over songs of Pearson's r of `without_growth` of the ratings and the prediction as it is, over
        the songs where it is defined. The growth is that of all songs in every draw.
    """

    valence_given_arousal: Interval
    axes_r: Interval
    course: dict[str, Interval]

    def as_dict(self) -> dict[str, Any]:
        """Give all for JSON: None in place of NaN."""
        return {
            "valence_given_arousal": self.valence_given_arousal.as_dict(),
            "axes_r": self.axes_r.as_dict(),
            "r_song_without_growth": {axis: interval.as_dict() for axis, interval in self.course.items()},
        }


def judge_beside(y_true: Sequence[FloatArray], y_pred: Sequence[FloatArray], *, draws: int, seed: int) -> Beside:
    """Give a model's figures, with bootstrap intervals over songs as `moodcurve.metrics.bootstrap.bootstrap` draws them.

    Parameters
    ----------
    y_true, y_pred : sequences of (points, 2)
        Rated and predicted arousal and valence of each song, finite.
    draws : int
        Number of draws.
    seed : int
    """
    r = pooled_correlations(y_true, y_pred, draw_counts(len(y_true), draws, seed))
    return Beside(
        valence_given_arousal=percentile_interval(partial_r(r[:, 1, 3], r[:, 0, 1], r[:, 0, 3]), LEVEL),
        axes_r=percentile_interval(r[:, 2, 3], LEVEL),
        course={
            axis: _course([y[:, i] for y in y_true], [p[:, i] for p in y_pred], draws, seed)
            for i, axis in enumerate(AXES)
        },
    )


def partial_r(r_xy: FloatArray, r_xz: FloatArray, r_yz: FloatArray) -> FloatArray:
    """Give the correlation of x and y given z: (r_xy - r_xz r_yz) / √((1 - r_xz²) (1 - r_yz²)), in [-1, 1].

    It is Pearson's r of what the regressions of x and of y on z leave. NaN where one of the three is, and where z
    alone makes up x or y (see `COLLINEAR`).
    """
    left = np.sqrt(np.maximum(1 - r_xz**2, 0)), np.sqrt(np.maximum(1 - r_yz**2, 0))
    result = np.full(r_xy.shape, math.nan)
    np.divide(r_xy - r_xz * r_yz, left[0] * left[1], out=result, where=np.minimum(*left) > COLLINEAR)
    np.clip(result, -1, 1, out=result)  # rounding may leave it an ulp outside
    return result


def pooled_correlations(y_true: Sequence[FloatArray], y_pred: Sequence[FloatArray], weights: FloatArray) -> FloatArray:
    """Correlate rated arousal, rated valence, predicted arousal and predicted valence over the points of all songs.

    Parameters
    ----------
    y_true, y_pred : sequences of (points, 2)
    weights : (draws, songs)
        How often each song is in each draw.

    Returns
    -------
    (draws, 4, 4)
        Pearson's r = cov(x, y) / (σ_x σ_y); NaN where a series is constant, its standard deviation below
        `moodcurve.metrics.CONSTANT` of its largest magnitude.
    """
    values = [np.hstack([t, p]).astype(np.float64) for t, p in zip(y_true, y_pred, strict=True)]
    everything = np.vstack(values)
    centre = everything.mean(axis=0)  # close to each draw's mean, so that little cancels below
    n = weights @ np.array([len(v) for v in values], dtype=np.float64)
    mean = weights @ np.array([(v - centre).sum(axis=0) for v in values]) / n[:, None]
    products = np.array([(v - centre).T @ (v - centre) for v in values])
    covariance = np.einsum("ds,sij->dij", weights, products) / n[:, None, None] - mean[:, :, None] * mean[:, None, :]
    spread = np.sqrt(np.maximum(np.diagonal(covariance, axis1=1, axis2=2), 0))
    spread[spread <= CONSTANT * np.abs(everything).max(axis=0)] = math.nan
    r: FloatArray = covariance / (spread[:, :, None] * spread[:, None, :])
    return np.clip(r, -1, 1, out=r)


def without_growth(courses: Sequence[FloatArray]) -> list[FloatArray]:
    """Take out of each song's course what its mean and the time since its first rated row foretell.

    d_s(t) = y_s(t) - mean_t y_s - g(t) mean_t y_s, with t the row since the first rated one and
    g(t) = Σ_s mean_s (y_s(t) - mean_s) / Σ_s mean_s²: the least-squares regression through 0, the middle of the
    scale, of the deviation on the song's mean, over the songs that reach t. g is 0 where all means are.

    Parameters
    ----------
    courses : sequence of (points,)
        One axis of each song, in [-1, 1].

    Returns
    -------
    list of (points,)
        d of each song, on the same scale, without the rows that fewer than `FEWEST` songs reach; empty if there are
        fewer songs. What only rounding leaves is 0.
    """
    lengths = np.array([len(y) for y in courses])
    shared = int(np.sort(lengths)[-FEWEST]) if len(lengths) >= FEWEST else 0
    means = np.array([y.mean() for y in courses])
    deviations = np.zeros((len(courses), shared))
    for row, y, mean in zip(deviations, courses, means, strict=True):
        row[: len(y)] = (y - mean)[:shared]
    squares = (np.arange(shared) < lengths[:, None]).T @ means**2
    growth = np.divide(means @ deviations, squares, out=np.zeros(shared), where=squares > 0)
    left = deviations - means[:, None] * growth
    result = []
    for row, y in zip(left, courses, strict=True):
        d = row[: len(y)]
        result.append(np.where(np.abs(d) > CONSTANT * np.abs(y).max(), d, 0.0))
    return result


def _course(y_true: Sequence[FloatArray], y_pred: Sequence[FloatArray], draws: int, seed: int) -> Interval:
    left = without_growth(y_true)
    if not len(left[0]):
        return Interval(value=math.nan, low=math.nan, high=math.nan)
    predicted = [p[: len(d)] for p, d in zip(y_pred, left, strict=True)]
    return bootstrap(left, predicted, ["r_song"], n=draws, seed=seed, level=LEVEL)["r_song"]
