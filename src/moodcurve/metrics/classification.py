"""Compute the macro-F1 of classes from counts of true and predicted ones."""

import numpy as np

from moodcurve._typing import FloatArray


def macro_f1(confusion: FloatArray) -> FloatArray:
    """Compute the mean over classes of F1 = 2 tp / (2 tp + fp + fn), for one or several confusion matrices.

    A class that neither occurs nor is predicted is left out.

    Parameters
    ----------
    confusion : (draws, classes, classes)
        Counts of items of each class (row) predicted as each class (column).

    Returns
    -------
    (draws,)
        In [0, 1]; NaN for a draw without items.

    Examples
    --------
    >>> macro_f1(np.array([[[3, 1, 0], [0, 4, 0], [0, 0, 0]]])).round(3)
    array([0.873])
    """
    f1 = class_f1(confusion)
    occurs = ~np.isnan(f1)
    classes, sums = occurs.sum(axis=1), np.where(occurs, f1, 0).sum(axis=1)
    result: FloatArray = np.divide(sums, classes, out=np.full(len(f1), np.nan), where=classes > 0)
    return result


def class_f1(confusion: FloatArray) -> FloatArray:
    """Compute F1 = 2 tp / (2 tp + fp + fn) of each class, for one or several confusion matrices.

    Parameters
    ----------
    confusion : (..., classes, classes)
        Counts of items of each class (row) predicted as each class (column).

    Returns
    -------
    (..., classes)
        In [0, 1]; NaN for a class that neither occurs nor is predicted.

    Examples
    --------
    >>> class_f1(np.array([[3, 1, 0], [0, 4, 0], [0, 0, 0]])).round(3)
    array([0.857, 0.889,   nan])
    """
    hits = np.diagonal(confusion, axis1=-2, axis2=-1)
    either = confusion.sum(axis=-2) + confusion.sum(axis=-1)
    result: FloatArray = np.divide(2 * hits, either, out=np.full(hits.shape, np.nan), where=either > 0)
    return result
