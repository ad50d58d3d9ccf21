"""Describe the passage around each row by the rows that sound like it, so that sections of a song stand apart.

Statistics over all rows within a minute mix the sections of a song. Here each row around t has the weight

    w(t, s) = exp(-|q(t) - q(s)|² / 2),

where q are a few combinations of columns, averaged over some seconds: the directions in which songs differ most
from each other, relative to how much a song varies within itself (Fisher's linear discriminants, songs as classes;
Fukunaga, "Introduction to Statistical Pattern Recognition", 1990, chapter 10). In a steady passage all weights are
nearly equal; where the music changes, rows on the other side have small ones; a section that returns counts again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import linalg, special

from moodcurve._typing import FloatArray
from moodcurve.learn.onnx_graph import Graph
from moodcurve.learn.preprocessing.context import ContextStatistics

BLOCK_ROWS = 256
"""Rows whose weights are computed at once, to bound the memory."""
RIDGE = 0.05
"""Variance within songs that is added to that of each column, whose variance over all rows is 1."""
_EXCLUDED = 1e30
"""Subtracted from the exponent of rows that do not count, as infinity would be."""


@dataclass(frozen=True, eq=False, kw_only=True)
class SimilarContext:
    """Mean and standard deviation of each column over the rows from t - radius to t + radius that sound like row t.

    Attributes
    ----------
    radius : int
        Rows before and after t that can count.
    smoothing : int
        Rows before and after a row that q averages over.
    directions : (columns, d)
        From rows to q, exact in single precision.
    """

    radius: int
    smoothing: int
    directions: FloatArray

    @property
    def reach(self) -> int:
        """Rows before and after t that the statistics of row t depend on."""
        return self.radius + self.smoothing

    def apply(self, z: FloatArray, sounding: FloatArray) -> FloatArray:
        """Compute (n, 2 · columns) from rows (n, columns): the means, then the standard deviations.

        Only rows with `sounding` (n, 1) of 1, not 0, count; both are 0 where the context has none.
        """
        return np.vstack(list(self._blocks(z, sounding)))

    def _blocks(self, z: FloatArray, sounding: FloatArray) -> Iterator[FloatArray]:
        q = self._features(z, sounding)
        for start in range(0, len(z), BLOCK_ROWS):
            own = np.arange(start, min(start + BLOCK_ROWS, len(z)))
            around = np.arange(max(start - self.radius, 0), min(own[-1] + self.radius + 1, len(z)))
            near = np.abs(own[:, None] - around) <= self.radius
            counted = near * sounding[around].T
            squares = (q[own] ** 2).sum(axis=1)[:, None] + (q[around] ** 2).sum(axis=1)
            exponents = q[own] @ q[around].T - squares / 2 - _EXCLUDED * (1 - counted)
            weights = special.softmax(exponents, axis=1) * counted
            mean = weights @ z[around]
            # rounding can make the variance slightly negative
            yield np.hstack([mean, np.sqrt(np.maximum(weights @ z[around] ** 2 - mean**2, 0))])

    def _features(self, z: FloatArray, sounding: FloatArray) -> FloatArray:
        """Compute q (n, d)."""
        means: FloatArray = ContextStatistics(self.smoothing).apply(z @ self.directions, sounding)
        return means[:, : self.directions.shape[1]]

    def build(self, graph: Graph, z: str, sounding: str) -> "SimilarContextNodes":
        """Add what all blocks of rows share to a graph."""
        width = self.directions.shape[1]
        q = graph.add("MatMul", z, graph.constant(self.directions))
        q = ContextStatistics(self.smoothing).build(graph, q, width, sounding)
        q = graph.add("Gather", q, graph.indices(range(width)), axis=1)
        margins = graph.indices([self.radius, 0, self.radius + BLOCK_ROWS, 0])
        rows, counted, features = (graph.add("Pad", value, margins) for value in (z, sounding, q))
        # rows around a block, relative to each of its rows
        around = graph.constant(np.arange(BLOCK_ROWS + 2.0 * self.radius) - self.radius)
        distances = graph.add("Abs", graph.add("Sub", around, graph.constant(np.arange(float(BLOCK_ROWS))[:, None])))
        near = graph.add("LessOrEqual", distances, graph.constant(np.float64(self.radius)))
        near = graph.add("Cast", near, to=graph.double)
        return SimilarContextNodes(self.radius, rows, counted, features, near)


@dataclass(frozen=True)
class SimilarContextNodes:
    """Names of padded values in a graph, from which the statistics of a block of rows are computed."""

    radius: int
    rows: str
    counted: str
    features: str
    near: str

    def add_block(self, graph: Graph, start: str) -> str:
        """Add `SimilarContext.apply` of the `BLOCK_ROWS` rows from `start` on, and return the name of its output.

        Rows after the last one have some values too.
        """
        first = graph.add("Unsqueeze", start, graph.indices([0]))
        end = graph.add("Add", first, graph.indices([BLOCK_ROWS + 2 * self.radius]))
        axis = graph.indices([0])
        rows, counted, q = (graph.add("Slice", x, first, end, axis) for x in (self.rows, self.counted, self.features))
        own = graph.add("Slice", q, graph.indices([self.radius]), graph.indices([self.radius + BLOCK_ROWS]), axis)
        counted = graph.add("Mul", self.near, graph.add("Transpose", counted))
        exponents = graph.add("MatMul", own, graph.add("Transpose", q))
        for value in (_half_square(graph, own), graph.add("Transpose", _half_square(graph, q))):
            exponents = graph.add("Sub", exponents, value)
        excluded = graph.add("Sub", graph.constant(np.float64(1)), counted)
        excluded = graph.add("Mul", excluded, graph.constant(np.float64(_EXCLUDED)))
        weights = graph.add("Mul", graph.add("Softmax", graph.add("Sub", exponents, excluded), axis=1), counted)
        mean = graph.add("MatMul", weights, rows)
        variance = graph.add("MatMul", weights, graph.add("Mul", rows, rows))
        variance = graph.add("Sub", variance, graph.add("Mul", mean, mean))
        deviation = graph.add("Sqrt", graph.add("Max", variance, graph.constant(np.float64(0))))
        return graph.add("Concat", mean, deviation, axis=1)


def fit_similar_context(
    songs: Sequence[FloatArray], *, radius: int, smoothing: int, count: int, width: float
) -> SimilarContext:
    """Find the directions in which songs differ most from each other, relative to their variance within.

    Parameters
    ----------
    songs : sequence of (n, columns)
        Standardized rows of each song.
    radius, smoothing : int
        As in `SimilarContext`.
    count : int
        Number of directions; fewer if there are fewer columns or songs.
    width : float
        Root mean square difference of q, over directions, at which the weight is exp(-1/2); in units of the standard
        deviation within songs.
    """
    averages = [ContextStatistics(smoothing).apply(z)[:, : z.shape[1]] for z in songs]
    means = np.array([x.mean(axis=0) for x in averages])
    columns = means.shape[1]
    within = RIDGE * np.eye(columns)
    for x, mean in zip(averages, means, strict=True):
        within += (x - mean).T @ (x - mean) / (len(x) * len(songs))
    between = np.cov(means.T, bias=True).reshape(columns, columns)
    found = min(count, columns, len(songs))
    _, directions = linalg.eigh(between, within, subset_by_index=(columns - found, columns - 1))
    scaled = directions / (width * np.sqrt(found))
    return SimilarContext(radius=radius, smoothing=smoothing, directions=scaled.astype(np.float32).astype(np.float64))


def _half_square(graph: Graph, q: str) -> str:
    """Add |q|² / 2 of rows (n, d), as (n, 1)."""
    squares = graph.add("ReduceSum", graph.add("Mul", q, q), graph.indices([1]))
    return graph.add("Mul", squares, graph.constant(np.float64(0.5)))
