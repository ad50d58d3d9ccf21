"""Compute the area under the ROC curve: how often a positive song scores above a negative one."""

import numpy as np
import numpy.typing as npt

from moodcurve._typing import FloatArray


def auc(positive: npt.ArrayLike, scores: npt.ArrayLike) -> float:
    """Compute the area under the ROC curve: P(s_i > s_j) + P(s_i = s_j) / 2 for i positive and j negative.

    Parameters
    ----------
    positive : (n,)
        Which items are positive.
    scores : (n,)
        Higher for items that are more likely positive.

    Returns
    -------
    float
        In [0, 1]; .5 for scores that tell nothing. NaN if all or none of the items are positive.

    Examples
    --------
    >>> auc([True, True, False], [0.9, 0.1, 0.2])
    0.5
    """
    return float(weighted_auc(positive, scores, np.ones((1, len(np.asarray(scores)))))[0])


def weighted_auc(positive: npt.ArrayLike, scores: npt.ArrayLike, weights: FloatArray) -> FloatArray:
    """Compute `auc` for several weightings of the items, such as bootstrap draws.

    Parameters
    ----------
    positive, scores : (n,)
    weights : (draws, n)
        Number of times each item counts in each draw.

    Returns
    -------
    (draws,)
        NaN for a draw without positive or without negative items.
    """
    is_positive, s = np.asarray(positive, dtype=bool), np.asarray(scores, dtype=np.float64)
    above, below = s[is_positive], s[~is_positive]
    wins = (above[:, None] > below) + 0.5 * (above[:, None] == below)
    w_above, w_below = weights[:, is_positive], weights[:, ~is_positive]
    pairs = w_above.sum(axis=1) * w_below.sum(axis=1)
    won = ((w_above @ wins) * w_below).sum(axis=1)
    result: FloatArray = np.divide(won, pairs, out=np.full(len(weights), np.nan), where=pairs > 0)
    return result
