"""Rows every 10 ms to windows of 1.0 s every 0.5 s: mean and standard deviation of each column."""

import numpy as np

from moodcurve._typing import Float32Array, FloatArray
from moodcurve.features.jit.kernel import exact

HALF = 50
"""Rows in 0.5 s; a window is two of these."""


class WindowStatistics:
    """Means and population standard deviations of windows of 100 rows every 50 rows, rows coming in blocks.

    Parameters
    ----------
    columns : int
        Width of the rows.
    """

    _STATE = ("_rows", "_last")

    def __init__(self, columns: int) -> None:
        self._rows: Float32Array = np.empty((0, columns), np.float32)  # less than half a window
        self._last: tuple[FloatArray, FloatArray] | None = None  # sums of the half window before

    def push(self, rows: Float32Array) -> Float32Array:
        """Take in rows; give the finished windows (n, 2 columns), each column's stddev, then its mean."""
        self._rows = np.concatenate([self._rows, rows])
        done = []
        whole = len(self._rows) // HALF * HALF
        for start in range(0, whole, HALF):
            half = half_moments(self._rows[start : start + HALF])
            if self._last is not None:
                done.append(combine(self._last, half))
            self._last = half
        self._rows = self._rows[whole:]
        return np.array(done, np.float32).reshape(len(done), 2 * self._rows.shape[1])


def half_moments(rows: Float32Array) -> tuple[FloatArray, FloatArray]:
    """Mean, and sum of squared differences from it, of each column in double precision."""
    mean, squares = np.zeros(rows.shape[1]), np.zeros(rows.shape[1])
    _half_moments(rows, mean, squares)
    return mean, squares


@exact
def _half_moments(rows: Float32Array, mean: FloatArray, squares: FloatArray) -> None:
    n, columns = rows.shape
    for t in range(n):
        for c in range(columns):
            mean[c] += rows[t, c]
    for c in range(columns):
        mean[c] /= n
    for t in range(n):
        for c in range(columns):
            d = rows[t, c] - mean[c]
            squares[c] += d * d


def combine(first: tuple[FloatArray, FloatArray], second: tuple[FloatArray, FloatArray]) -> Float32Array:
    """Give each column's sqrt(mean (x - m)²) and mean m over two half windows, alternating (2 columns,).

    m is rounded to single precision before the differences are taken, as the reference does it.
    """
    out = np.empty(2 * len(first[0]), np.float32)
    _combine(first, second, out)
    return out


@exact
def _combine(first: tuple[FloatArray, FloatArray], second: tuple[FloatArray, FloatArray], out: Float32Array) -> None:
    for c in range(len(first[0])):
        a, b = first[0][c], second[0][c]
        mean = (a + b) / 2
        rounded = np.float32(mean)
        variance = (first[1][c] + second[1][c]) / (2 * HALF) + ((a - b) / 2) ** 2
        out[2 * c] = np.sqrt(variance + (mean - rounded) ** 2)
        out[2 * c + 1] = rounded
