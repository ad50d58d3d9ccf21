"""Preprocessing steps: each is fitted to rows, applied to rows, and added to an ONNX graph.

They compute in double precision: columns range from 1e-9 to 1e7, and a mean can exceed the standard deviation. A
column that is constant in training becomes 0 for any song in every step except `Clip`. It is neither divided by zero
nor passed on unscaled.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from moodcurve._typing import FloatArray
from moodcurve.learn.onnx_graph import Graph


class Step(Protocol):
    """A fitted step."""

    def apply(self, x: FloatArray) -> FloatArray:
        """Transform rows (n, columns)."""

    def build(self, graph: Graph, x: str) -> str:
        """Add the step to a graph and return the name of its output."""


@dataclass(frozen=True, eq=False)
class Scaling:
    """(x - offset) · scale, with one offset and scale per column."""

    offset: FloatArray
    scale: FloatArray

    def apply(self, x: FloatArray) -> FloatArray:
        """Scale rows (n, columns)."""
        return (x - self.offset) * self.scale

    def build(self, graph: Graph, x: str) -> str:
        """Add the step to a graph and return the name of its output."""
        return graph.add("Mul", graph.add("Sub", x, graph.constant(self.offset)), graph.constant(self.scale))


@dataclass(frozen=True)
class ColumnSelection:
    """Some of the columns, by their positions."""

    columns: tuple[int, ...]

    def apply(self, x: FloatArray) -> FloatArray:
        """Select columns of rows (n, columns)."""
        return x[:, list(self.columns)]

    def build(self, graph: Graph, x: str) -> str:
        """Add the step to a graph and return the name of its output."""
        return graph.add("Gather", x, graph.indices(self.columns), axis=1)


@dataclass(frozen=True)
class Compression:
    """arsinh x = ln(x + √(x² + 1)): x itself near 0, ±ln 2|x| far from it."""

    def apply(self, x: FloatArray) -> FloatArray:
        """Compress rows (n, columns)."""
        return np.arcsinh(x)

    def build(self, graph: Graph, x: str) -> str:
        """Add the step to a graph and return the name of its output.

        It is composed as sign x · ln(|x| + √(x² + 1)): ONNX Runtime's own operator takes single precision only, and
        ln(x + √(x² + 1)) cancels for negative x.
        """
        size = graph.add("Abs", x)
        root = graph.add("Sqrt", graph.add("Add", graph.add("Mul", x, x), graph.constant(np.float64(1))))
        return graph.add("Mul", graph.add("Sign", x), graph.add("Log", graph.add("Add", size, root)))


@dataclass(frozen=True)
class Clip:
    """Limit values to ±size."""

    size: float

    def apply(self, x: FloatArray) -> FloatArray:
        """Limit rows (n, columns)."""
        return np.clip(x, -self.size, self.size)

    def build(self, graph: Graph, x: str) -> str:
        """Add the step to a graph and return the name of its output."""
        size = np.float64(self.size)
        return graph.add("Clip", x, graph.constant(-size), graph.constant(size))


@dataclass(frozen=True, eq=False)
class Projection:
    """(x - center) @ rotation, with center (columns,) and rotation (columns, components)."""

    center: FloatArray
    rotation: FloatArray

    def apply(self, x: FloatArray) -> FloatArray:
        """Project rows (n, columns) to (n, components)."""
        projected: FloatArray = (x - self.center) @ self.rotation
        return projected

    def build(self, graph: Graph, x: str) -> str:
        """Add the step to a graph and return the name of its output."""
        centered = graph.add("Sub", x, graph.constant(self.center))
        return graph.add("MatMul", centered, graph.constant(self.rotation))


def fit_centering(x: FloatArray) -> Scaling:
    """Fit a scaling that subtracts each column's mean; a constant column becomes 0."""
    return Scaling(x.mean(axis=0), (np.ptp(x, axis=0) > 0).astype(np.float64))


def fit_standardization(x: FloatArray) -> Scaling:
    """Fit a scaling to mean 0 and standard deviation 1 (divisor n); a constant column becomes 0."""
    return Scaling(x.mean(axis=0), _inverse(x.std(axis=0), x))


def fit_unit_range(x: FloatArray) -> Scaling:
    """Fit a scaling of each column's range to [-1, 1]; a constant column becomes 0."""
    half = np.ptp(x, axis=0) / 2
    return Scaling(x.min(axis=0) + half, _inverse(half, x))


def fit_median_scaling(x: FloatArray) -> Scaling:
    """Fit a scaling to median 0 and median |x| 1; a constant column becomes 0.

    If more than half of the rows are equal, the median distance is 0 and the standard deviation replaces it.
    """
    middle = np.median(x, axis=0)
    distance = np.median(np.abs(x - middle), axis=0)
    return Scaling(middle, _inverse(np.where(distance > 0, distance, x.std(axis=0)), x))


def principal_components(x: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Compute the directions of greatest variance, in descending order.

    The sign of a direction, which the decomposition leaves open, is chosen so that its largest entry is positive.
    Directions whose variance is below 1e-10 of the greatest are omitted: they hold rounding errors, which whitening
    would amplify.

    Returns
    -------
    center : (columns,)
        The columns' means.
    directions : (columns, rank)
        Unit vectors, orthogonal.
    variances : (rank,)
        Variance of the data along each, with divisor n.
    """
    center = x.mean(axis=0)
    variances, directions = np.linalg.eigh((x - center).T @ (x - center) / len(x))
    variances, directions = variances[::-1], directions[:, ::-1]
    significant = variances > 1e-10 * max(variances[0], np.finfo(np.float64).tiny)
    directions = directions[:, significant]
    largest = np.abs(directions).argmax(axis=0)
    return center, directions * np.sign(directions[largest, np.arange(directions.shape[1])]), variances[significant]


def components_for(variances: FloatArray, fraction: float) -> int:
    """Return the least number of components that hold a fraction of the variance (descending variances)."""
    held = np.cumsum(variances) / variances.sum()
    # rounding can leave the last sum slightly below 1
    return min(int(np.searchsorted(held, fraction)) + 1, len(variances))


def _inverse(size: FloatArray, x: FloatArray) -> FloatArray:
    """Return 1/size, or 0 where x is constant: rounding of the mean can leave a constant column a size above 0."""
    return np.divide(1.0, size, out=np.zeros_like(size), where=np.ptp(x, axis=0) > 0)
