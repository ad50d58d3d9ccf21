"""Metrics of curves as scikit-learn scorers."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import make_scorer

from moodcurve._typing import FloatArray
from moodcurve.curve import AXES
from moodcurve.metrics import scores

LOWER_IS_BETTER = ("rmse_song", "rmse")


def rated_rows(y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return the ratings and predictions (n, 2) of the rows of a song that are rated."""
    ratings, predicted = np.asarray(y_true, dtype=np.float64), np.asarray(y_pred, dtype=np.float64)
    rated = np.isfinite(ratings).all(axis=1)
    return ratings[rated], predicted[rated]


def curve_score(y_true: Sequence[Any], y_pred: Sequence[Any], *, metric: str = "ccc", axis: str | None = None) -> float:
    """Compute a metric of predicted curves.

    Parameters
    ----------
    y_true, y_pred : sequences of (rows, 2)
        Arousal and valence of each song; rows that are NaN in `y_true` are left out.
    metric : str
        One of `moodcurve.evaluation.EVALUATION_METRICS`, such as ``ccc`` (pooled over all rows) or ``r_song`` (mean
        over songs).
    axis : {"arousal", "valence"}, optional
        Default: the mean of both.

    Raises
    ------
    ValueError
        If the metric or the axis is unknown, or the songs' lengths differ.

    Examples
    --------
    >>> y = [np.array([[0.0, 0.1], [0.5, 0.2]]), np.array([[0.2, 0.0], [0.4, 0.4]])]
    >>> curve_score(y, y, metric="rmse_song")
    0.0
    """
    if axis is not None and axis not in AXES:
        raise ValueError(f"axis must be one of {', '.join(AXES)}, got {axis!r}")
    pairs = [rated_rows(one, other) for one, other in zip(y_true, y_pred, strict=True)]
    values = []
    for index in [AXES.index(axis)] if axis else range(len(AXES)):
        table = scores([pair[0][:, index] for pair in pairs], [pair[1][:, index] for pair in pairs]).as_dict()
        if metric not in table:
            raise ValueError(f"unknown metric {metric!r}; known are {', '.join(table)}")
        value = table[metric]
        values.append(np.nan if value is None else value)
    return float(np.mean(values))


def curve_scorer(metric: str = "ccc", *, axis: str | None = None) -> Callable[..., float]:
    """Return a scorer for ``scoring=`` of `cross_val_score` and searches; errors are negated, as in scikit-learn.

    Parameters
    ----------
    metric, axis
        As for `curve_score`.
    """
    scorer: Callable[..., float] = make_scorer(
        curve_score, greater_is_better=metric not in LOWER_IS_BETTER, metric=metric, axis=axis
    )
    return scorer
