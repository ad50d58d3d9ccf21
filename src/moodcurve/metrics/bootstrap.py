"""What other songs of the same kind might have given: bootstrap intervals of figures, over draws of songs."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from moodcurve._typing import FloatArray
from moodcurve.metrics.regression import STATISTICS, Series, weighted_scores


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A figure and the ends of its interval; NaN where undefined."""

    value: float
    low: float
    high: float

    def as_dict(self) -> dict[str, float | None]:
        """Give the fields for JSON: None in place of NaN."""
        return {name: None if math.isnan(value) else value for name, value in asdict(self).items()}


def bootstrap(
    y_true: Sequence[Series],
    y_pred: Sequence[Series],
    statistics: Sequence[str] = STATISTICS,
    *,
    n: int = 1000,
    seed: int,
    level: float = 0.95,
) -> dict[str, Interval]:
    """Give percentile bootstrap intervals over songs: what other songs of the same kind might have given.

    Songs are drawn with replacement, as many as there are, and never single points: the points of a song are
    not independent (Efron & Tibshirani, An introduction to the bootstrap, 1993, ch. 13). Draws in which a
    figure is undefined are left out of its interval; with one song, or no draw left, both ends are NaN.

    Parameters
    ----------
    y_true, y_pred : sequences of (n,)
        As for ``moodcurve.metrics.scores``.
    statistics : sequence of str
        Which of ``moodcurve.metrics.STATISTICS``.
    n : int
        Number of draws.
    seed : int
        The same seed draws the same songs, whatever the predictions.
    level : float
        Share of the draws inside the interval, in (0, 1).

    Raises
    ------
    ValueError
        As ``moodcurve.metrics.scores``, or if an option is out of its range.
    """
    _check_options(statistics, n, level)
    drawn = drawn_scores(y_true, y_pred, n=n, seed=seed)
    return {name: interval_of(drawn[name], level) for name in statistics}


def bootstrap_difference(
    y_true: Sequence[Series],
    y_pred: Sequence[Series],
    y_pred_other: Sequence[Series],
    statistics: Sequence[str] = STATISTICS,
    *,
    n: int = 1000,
    seed: int,
    level: float = 0.95,
) -> dict[str, Interval]:
    """Give intervals of how much a model's figures exceed another's on the same songs (``y_pred`` less other).

    Both are scored on the same draws of songs, so what makes songs hard for both cancels. The options are
    those of ``bootstrap``.

    Raises
    ------
    ValueError
        As ``bootstrap``.
    """
    _check_options(statistics, n, level)
    drawn, other = (drawn_scores(y_true, p, n=n, seed=seed) for p in (y_pred, y_pred_other))
    return {name: interval_of(drawn[name] - other[name], level) for name in statistics}


def drawn_scores(y_true: Sequence[Series], y_pred: Sequence[Series], *, n: int, seed: int) -> dict[str, FloatArray]:
    """Give all ``moodcurve.metrics.STATISTICS`` of the songs, and of n draws of them behind, (1 + n,) each.

    What ``bootstrap`` makes intervals of, for figures that are means or differences of several: the same seed draws
    the same songs, whatever the predictions.

    Raises
    ------
    ValueError
        As ``moodcurve.metrics.scores``.
    """
    return weighted_scores(y_true, y_pred, drawn_counts(len(y_true), n, seed))


def _check_options(statistics: Sequence[str], n: int, level: float) -> None:
    unknown = [name for name in statistics if name not in STATISTICS]
    if unknown:
        raise ValueError(f"statistics must be among {', '.join(STATISTICS)}, got {unknown[0]!r}")
    if n < 1:
        raise ValueError(f"n must be 1 or more, got {n}")
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, got {level}")


def drawn_counts(songs: int, n: int, seed: int) -> FloatArray:
    """Give how often each song is in each draw, shape (1 + n, songs); row 0 has each song once.

    Of a single song there is nothing to draw: row 0 stays alone.
    """
    everyone = np.ones((1, songs))
    if songs < 2:
        return everyone
    return np.vstack([everyone, np.random.default_rng(seed).multinomial(songs, np.full(songs, 1 / songs), size=n)])


def interval_of(drawn: FloatArray, level: float) -> Interval:
    """Give a figure, (1 + n,) with its value first and those of n draws behind, with the interval they span.

    Draws where it is undefined (not finite) are left out; both ends are NaN if none is left or the value is NaN.
    """
    defined = drawn[1:][np.isfinite(drawn[1:])]
    low = high = math.nan
    if len(defined) and math.isfinite(drawn[0]):
        low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return Interval(value=float(drawn[0]), low=float(low), high=float(high))
