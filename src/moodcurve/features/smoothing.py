"""Descriptors over time: 3-frame means and regression slopes, block by block, with both ends of the file."""

from collections.abc import Callable

import numpy as np

from moodcurve._typing import Float32Array
from moodcurve.features.jit.kernel import exact

Filter = Callable[[Float32Array], Float32Array]


class SlidingFilter:
    """Applies a kernel that looks a few rows to both sides, over rows that come in blocks.

    Parameters
    ----------
    kernel : Kernel
        Takes rows (n + 2 reach, columns), gives (n, columns): row i from rows i to i + 2 reach.
    reach : int
        Rows that are needed on either side. The first and the last row are repeated so often that the output is
        longer than the input by reach rows, as the reference makes it.
    columns : int
        Width of the rows.
    """

    _STATE = ("buffer",)

    def __init__(self, function: Filter, *, reach: int, columns: int) -> None:
        self._function = function
        self._reach = reach
        self.buffer: Float32Array = np.empty((0, columns), np.float32)

    def push(self, rows: Float32Array) -> Float32Array:
        """Take in rows; give those that are finished."""
        if len(self.buffer) == 0 and len(rows) > 0:
            self.buffer = np.repeat(rows[:1], self._reach, axis=0)
        self.buffer = np.concatenate([self.buffer, rows])
        if len(self.buffer) <= 2 * self._reach:
            return self.buffer[:0]
        done = self._function(self.buffer)
        self.buffer = self.buffer[-2 * self._reach :]
        return done

    def flush(self) -> Float32Array:
        """Give the rest."""
        return self.push(np.repeat(self.buffer[-1:], 2 * self._reach, axis=0))


def mean3(x: Float32Array) -> Float32Array:
    """(x[t-1] + x[t] + x[t+1]) / 3."""
    out = np.empty((len(x) - 2, x.shape[1]), np.float32)
    _mean3(x, out)
    return out


@exact
def _mean3(x: Float32Array, out: Float32Array) -> None:
    for t in range(len(out)):
        for c in range(x.shape[1]):
            out[t, c] = (x[t, c] + x[t + 1, c] + x[t + 2, c]) / np.float32(3)


def mean3_nonzero(x: Float32Array) -> Float32Array:
    """Mean over those of x[t-1], x[t], x[t+1] that are not 0; 0 where x[t] is."""
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
    """Slope of the regression over five frames, ((x[t+1] - x[t-1]) + 2 (x[t+2] - x[t-2])) / 10."""
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
    """Slope from the pairs t ± i, i = 1, 2, of which neither is 0, over a divisor that never stops growing.

    The divisor (1,) starts at 10 and gains i² with every pair, over all columns and the whole file: the values
    shrink like 1/t. That is how the published features were made.
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
