r"""Compare the courses of songs with a drawn one by dynamic time warping.

Both are resampled to `moodcurve.mood.course.POINTS` points :math:`x_i`, :math:`y_j` over the axes that were drawn. The
distance is that of the best warping path :math:`p`: pairs (i, j) from the first points to the last, in steps of (1, 0),
(0, 1) or (1, 1), within `BAND` points of the diagonal (Sakoe and Chiba 1978):

.. math:: d = \sqrt{\frac{1}{64} \min_p \sum_{(i, j) \in p} \lVert x_i - y_j \rVert^2}

A song may thus do what was drawn a little earlier or later. All songs are compared at once, cell by cell.
"""

import numpy as np

from moodcurve._typing import Float32Array, FloatArray
from moodcurve.library.queries.query import Query
from moodcurve.mood.course import POINTS

BAND = 6
"""Points by which a path may leave the diagonal: a tenth of the song."""
_TIMES = (np.arange(POINTS) + 0.5) / POINTS


def drawn_course(query: Query) -> tuple[Float32Array, list[int]]:
    """Return the drawing of a query resampled (64, axes), and its axes: 0 for arousal, 1 for valence.

    Between its points a drawing is a straight line; before the first and after the last it is constant.
    """
    drawings = {0: query.arousal_drawing, 1: query.valence_drawing}
    axes = [axis for axis, drawing in drawings.items() if drawing]
    columns = [np.interp(_TIMES, *np.array(drawings[axis]).T) for axis in axes]
    return np.stack(columns, axis=1).astype(np.float32), axes


def warped_distances(courses: Float32Array, drawn: Float32Array) -> FloatArray:
    """Return the distance of each course (n, 64, axes) from a drawn one (64, axes), by dynamic time warping (n,).

    Examples
    --------
    >>> drawn = np.linspace(-1, 1, 64, dtype=np.float32)[:, None]
    >>> warped_distances(np.stack([drawn, drawn * 0]), drawn).round(2)
    array([0.  , 0.59])
    """
    n = len(courses)
    by_point = np.ascontiguousarray(courses.transpose(1, 2, 0))  # (64, axes, n): songs side by side
    outside = np.full(n, np.inf, np.float32)
    before = [outside] * (POINTS + 1)
    before[0] = np.zeros(n, np.float32)
    for i in range(POINTS):
        row = [outside] * (POINTS + 1)
        for j in range(max(0, i - BAND), min(POINTS, i + BAND + 1)):
            cost = np.zeros(n, np.float32)
            for axis in range(drawn.shape[1]):
                step = by_point[i, axis] - drawn[j, axis]
                cost += step * step
            best = np.minimum(before[j], before[j + 1])
            np.minimum(best, row[j], out=best)
            row[j + 1] = cost + best
        before = row
    distances: FloatArray = np.sqrt(before[POINTS] / POINTS).astype(np.float64)
    return distances
