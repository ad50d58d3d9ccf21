"""Each row beside the mean and spread of the rows around it: what a passage is like as a whole."""

from dataclasses import dataclass

import numpy as np

from moodcurve._typing import FloatArray
from moodcurve.learn.onnx_graph import Graph


@dataclass(frozen=True)
class Surroundings:
    """Mean and standard deviation (divisor n) of each column over the rows from t - radius to t + radius.

    At the ends of a recording they are taken over the rows that there are.
    """

    radius: int

    def apply(self, z: FloatArray) -> FloatArray:
        """Take rows (n, columns) to (n, 2 · columns): the means, then the deviations."""
        n = len(z)
        places = np.arange(n)
        first, end = np.maximum(places - self.radius, 0), np.minimum(places + self.radius + 1, n)
        count = (end - first)[:, None]
        mean = (_summed(z)[end] - _summed(z)[first]) / count
        mean_square = (_summed(z * z)[end] - _summed(z * z)[first]) / count
        # in exact arithmetic never below 0
        deviation = np.sqrt(np.maximum(mean_square - mean**2, 0))
        return np.hstack([mean, deviation])

    def build(self, graph: Graph, z: str, columns: int) -> str:
        """Add the same arithmetic to a graph; gives the name of the result."""
        n = graph.add("Squeeze", graph.add("Shape", z, start=0, end=1), graph.indices([0]))
        zero, one = graph.index(0), graph.index(1)
        places = graph.add("Range", zero, n, one)
        first = graph.add("Max", graph.add("Sub", places, graph.index(self.radius)), zero)
        end = graph.add("Min", graph.add("Add", places, graph.index(self.radius + 1)), n)
        count = graph.add("Cast", graph.add("Sub", end, first), to=graph.double)
        count = graph.add("Unsqueeze", count, graph.indices([1]))

        def mean_of(values: str) -> str:
            summed = graph.add("CumSum", values, zero)
            summed = graph.add("Concat", graph.constant(np.zeros((1, columns))), summed, axis=0)
            taken = graph.add("Sub", graph.add("Gather", summed, end), graph.add("Gather", summed, first))
            return graph.add("Div", taken, count)

        mean = mean_of(z)
        variance = graph.add("Sub", mean_of(graph.add("Mul", z, z)), graph.add("Mul", mean, mean))
        deviation = graph.add("Sqrt", graph.add("Max", variance, graph.constant(np.float64(0))))
        return graph.add("Concat", mean, deviation, axis=1)


def summary(z: FloatArray) -> FloatArray:
    """Give the mean and standard deviation of all rows (n, columns) together, (1, 2 · columns)."""
    return np.concatenate([z.mean(axis=0), z.std(axis=0)])[None]


def _summed(z: FloatArray) -> FloatArray:
    """Add up the first 0, 1, ..., n rows, (n + 1, columns)."""
    return np.vstack([np.zeros((1, z.shape[1])), z.cumsum(axis=0)])
