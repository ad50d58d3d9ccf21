"""Compute statistics of the rows around each row, which describe a passage as a whole."""

from dataclasses import dataclass

import numpy as np

from moodcurve._typing import FloatArray
from moodcurve.learn.onnx_graph import Graph


@dataclass(frozen=True)
class ContextStatistics:
    """Mean and standard deviation (divisor n) of each column over the rows from t - radius to t + radius.

    Near the ends of a recording, only existing rows count.
    """

    radius: int

    def apply(self, z: FloatArray, weights: FloatArray | None = None) -> FloatArray:
        """Compute (n, 2 · columns) from rows (n, columns): the means, then the standard deviations.

        With weights (n, 1) of 0 and 1, only rows of weight 1 count; both are 0 where the context has none.
        """
        n = len(z)
        positions = np.arange(n)
        first, end = np.maximum(positions - self.radius, 0), np.minimum(positions + self.radius + 1, n)

        def total(values: FloatArray) -> FloatArray:
            summed = _cumulative_sum(values)
            return summed[end] - summed[first]

        if weights is None:
            weights = np.ones((n, 1))
        count = np.maximum(total(weights), 1)
        mean = total(z * weights) / count
        mean_square = total(z * z * weights) / count
        # rounding can make the variance slightly negative
        deviation = np.sqrt(np.maximum(mean_square - mean**2, 0))
        return np.hstack([mean, deviation])

    def build(self, graph: Graph, z: str, columns: int, weights: str | None = None) -> str:
        """Add `apply` to a graph and return the name of its output."""
        n = graph.add("Squeeze", graph.add("Shape", z, start=0, end=1), graph.indices([0]))
        zero, one = graph.index(0), graph.index(1)
        positions = graph.add("Range", zero, n, one)
        first = graph.add("Max", graph.add("Sub", positions, graph.index(self.radius)), zero)
        end = graph.add("Min", graph.add("Add", positions, graph.index(self.radius + 1)), n)

        def total(values: str, width: int) -> str:
            summed = graph.add("CumSum", values, zero)
            summed = graph.add("Concat", graph.constant(np.zeros((1, width))), summed, axis=0)
            return graph.add("Sub", graph.add("Gather", summed, end), graph.add("Gather", summed, first))

        if weights is None:
            count = graph.add("Cast", graph.add("Sub", end, first), to=graph.double)
            count = graph.add("Unsqueeze", count, graph.indices([1]))
        else:
            count = graph.add("Max", total(weights, 1), graph.constant(np.float64(1)))

        def mean_of(values: str) -> str:
            counted = values if weights is None else graph.add("Mul", values, weights)
            return graph.add("Div", total(counted, columns), count)

        mean = mean_of(z)
        variance = graph.add("Sub", mean_of(graph.add("Mul", z, z)), graph.add("Mul", mean, mean))
        deviation = graph.add("Sqrt", graph.add("Max", variance, graph.constant(np.float64(0))))
        return graph.add("Concat", mean, deviation, axis=1)


def mean_and_std(z: FloatArray) -> FloatArray:
    """Compute the mean and standard deviation (1, 2 · columns) of all rows (n, columns)."""
    return np.concatenate([z.mean(axis=0), z.std(axis=0)])[None]


def _cumulative_sum(z: FloatArray) -> FloatArray:
    """Sum the first 0, 1, ..., n rows, (n + 1, columns)."""
    return np.vstack([np.zeros((1, z.shape[1])), z.cumsum(axis=0)])
