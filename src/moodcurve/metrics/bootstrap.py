"""Compute bootstrap confidence intervals of metrics over songs."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from moodcurve._typing import FloatArray
from moodcurve.metrics.moments import Series
from moodcurve.metrics.regression import METRICS, weighted_scores


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A metric and the ends of its interval; NaN where undefined."""

    value: float
    low: float
    high: float

    def as_dict(self) -> dict[str, float | None]:
        """Return the fields for JSON, with None instead of NaN."""
        return {name: None if math.isnan(value) else value for name, value in asdict(self).items()}


def bootstrap(
    y_true: Sequence[Series],
    y_pred: Sequence[Series],
    metrics: Sequence[str] = METRICS,
    *,
    n: int = 1000,
    seed: int,
    level: float = 0.95,
) -> dict[str, Interval]:
    """Compute percentile bootstrap intervals of metrics over songs.

    Each draw takes as many songs as there are, with replacement. Single points are not drawn, since the points of a
    song are not independent (Efron & Tibshirani, An introduction to the bootstrap, 1993, ch. 13). Draws in which a
    metric is undefined do not count; with one song, or no draw left, both ends are NaN.

    Parameters
    ----------
    y_true, y_pred : sequences of (n,)
        As for ``moodcurve.metrics.scores``.
    metrics : sequence of str
        Names out of ``moodcurve.metrics.METRICS``.
    n : int
        Number of draws.
    seed : int
        The same seed draws the same songs for any predictions.
    level : float
        Share of the draws inside the interval, in (0, 1).

    Raises
    ------
    ValueError
        As ``moodcurve.metrics.scores``, or if an option is out of range.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> y_true = [rng.uniform(-1, 1, 20) for song in range(10)]
    >>> y_pred = [0.5 * y + rng.normal(0, 0.2, 20) for y in y_true]
    >>> r = bootstrap(y_true, y_pred, ["r"], seed=0)["r"]
    >>> round(r.value, 2), r.low < r.value < r.high
    (0.81, True)
    """
    _check_options(metrics, n, level)
    drawn = bootstrap_scores(y_true, y_pred, n=n, seed=seed)
    return {name: percentile_interval(drawn[name], level) for name in metrics}


def bootstrap_difference(
    y_true: Sequence[Series],
    y_pred: Sequence[Series],
    y_pred_other: Sequence[Series],
    metrics: Sequence[str] = METRICS,
    *,
    n: int = 1000,
    seed: int,
    level: float = 0.95,
) -> dict[str, Interval]:
    """Compute intervals of the difference between two models' metrics on the same songs (``y_pred`` minus other).

    Both are evaluated on the same draws, so that the songs' difficulty cancels. The options are those of
    ``bootstrap``.

    Raises
    ------
    ValueError
        As ``bootstrap``.
    """
    _check_options(metrics, n, level)
    drawn, other = (bootstrap_scores(y_true, p, n=n, seed=seed) for p in (y_pred, y_pred_other))
    return {name: percentile_interval(drawn[name] - other[name], level) for name in metrics}


def bootstrap_scores(y_true: Sequence[Series], y_pred: Sequence[Series], *, n: int, seed: int) -> dict[str, FloatArray]:
    """Compute ``moodcurve.metrics.METRICS`` of all songs, then of n draws of them: (1 + n,) each.

    Use them for intervals of means or differences of several metrics: the same seed draws the same songs for any
    predictions.

    Raises
    ------
    ValueError
        As ``moodcurve.metrics.scores``.
    """
    return weighted_scores(y_true, y_pred, draw_counts(len(y_true), n, seed))


def _check_options(metrics: Sequence[str], n: int, level: float) -> None:
    unknown = [name for name in metrics if name not in METRICS]
    if unknown:
        raise ValueError(f"metrics must be among {', '.join(METRICS)}, got {unknown[0]!r}")
    if n < 1:
        raise ValueError(f"n must be 1 or more, got {n}")
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, got {level}")


def draw_counts(songs: int, n: int, seed: int) -> FloatArray:
    """Return how often each song is in each draw, (1 + n, songs); row 0 has each song once.

    With a single song there is only row 0.
    """
    all_songs = np.ones((1, songs))
    if songs < 2:
        return all_songs
    return np.vstack([all_songs, np.random.default_rng(seed).multinomial(songs, np.full(songs, 1 / songs), size=n)])


def percentile_interval(drawn: FloatArray, level: float) -> Interval:
    """Return the interval of a metric from `drawn`, (1 + n,): its value, then those of n draws.

    Draws where it is not finite do not count; both ends are NaN if none is left or the value is NaN.
    """
    defined = drawn[1:][np.isfinite(drawn[1:])]
    low = high = math.nan
    if len(defined) and math.isfinite(drawn[0]):
        low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return Interval(value=float(drawn[0]), low=float(low), high=float(high))
