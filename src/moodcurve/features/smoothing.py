"""Smooth descriptors over time: 3-frame means and regression slopes, block by block, with both ends of the file."""

from collections.abc import Callable

import numpy as np

from moodcurve._typing import Float32Array
from moodcurve.features.jit.kernel import exact

Filter = Callable[[Float32Array], Float32Array]


class SlidingFilter:
    """Apply a filter with context on both sides to blocks of rows.

    Parameters
    ----------
    function : Filter
        Maps rows (n + 2 reach, columns) to (n, columns): row i from rows i to i + 2 reach.
    reach : int
        Rows of context on either side. The first and the last row are repeated until the output is `reach` rows longer
        than the input, as in openSMILE.
    columns : int
        Number of columns of the rows.
    """

    _STATE = ("buffer",)

    def __init__(self, function: Filter, *, reach: int, columns: int) -> None:
        self._function = function
        self._reach = reach
        self.buffer: Float32Array = np.empty((0, columns), np.float32)

    def push(self, rows: Float32Array) -> Float32Array:
        """Add rows; return the filtered rows that are complete."""
        if len(self.buffer) == 0 and len(rows) > 0:
            self.buffer = np.repeat(rows[:1], self._reach, axis=0)
        self.buffer = np.concatenate([self.buffer, rows])
        if len(self.buffer) <= 2 * self._reach:
            return self.buffer[:0]
        done = self._function(self.buffer)
        self.buffer = self.buffer[-2 * self._reach :]
        return done

    def flush(self) -> Float32Array:
        """Return the remaining rows."""
        return self.push(np.repeat(self.buffer[-1:], 2 * self._reach, axis=0))


def mean3(x: Float32Array) -> Float32Array:
    """Return (x[t-1] + x[t] + x[t+1]) / 3."""
    out = np.empty((len(x) - 2, x.shape[1]), np.float32)
    _mean3(x, out)
    return out


@exact
def _mean3(x: Float32Array, out: Float32Array) -> None:
    for t in range(len(out)):
        for c in range(x.shape[1]):
            out[t, c] = (x[t, c] + x[t + 1, c] + x[t + 2, c]) / np.float32(3)


def mean3_nonzero(x: Float32Array) -> Float32Array:
    """Return the mean of the nonzero values among x[t-1], x[t], x[t+1]; 0 where x[t] is 0."""
    out = np.zeros((len(x) - 2, x.shape[1]), np.float32)
    _mean3_nonzero(x, out)
    return out


@exact
def _mean3_nonzero(x: Float32Array, out: Float32Array) -> None:
    for t in range(len(out)):
        for c in range(x.shape[1]):
            if x[t + 1, c] == 0:
                continue
            total, number = np.float32(0), 0
            for i in range(3):
                total += x[t + i, c]
                number += x[t + i, c] != 0
            out[t, c] = total / np.float32(number)


def delta(x: Float32Array) -> Float32Array:
    """Return the regression slope over five frames, ((x[t+1] - x[t-1]) + 2 (x[t+2] - x[t-2])) / 10."""
    out = np.empty((len(x) - 4, x.shape[1]), np.float32)
    _delta(x, out)
    return out


@exact
def _delta(x: Float32Array, out: Float32Array) -> None:
    for t in range(len(out)):
        for c in range(x.shape[1]):
            near = x[t + 3, c] - x[t + 1, c]
            out[t, c] = (near + np.float32(2) * (x[t + 4, c] - x[t, c])) / np.float32(10)


def delta_nonzero(x: Float32Array, divisor: Float32Array) -> Float32Array:
    """Return the slope from the pairs t ± i, i = 1, 2, without zeros, over a divisor that grows throughout the file.

    The divisor (1,) starts at 10 and grows by i² with every pair, over all columns and the whole file, so that the
    values shrink like 1/t. The published features were computed that way.
    """
    out = np.empty((len(x) - 4, x.shape[1]), np.float32)
    _delta_nonzero(x, divisor, out)
    return out


@exact
def _delta_nonzero(x: Float32Array, divisor: Float32Array, out: Float32Array) -> None:
    for t in range(len(out)):
        for c in range(x.shape[1]):
            total = np.float32(0)
            for i in range(1, 3):
                before, after = x[t + 2 - i, c], x[t + 2 + i, c]
                if before != 0 and after != 0:
                    total += np.float32(i) * (after - before)
                    divisor[0] += np.float32(i * i)
            out[t, c] = total / divisor[0]
