"""Steps from features to what a model reads: each is fitted to rows, applied to rows, and written into a graph.

They compute in double precision: columns range from 1e-9 to 1e7, and their means can exceed their spread. A
column that is constant in training says nothing there: every step but `Limit` makes it 0 for any song instead
of dividing by zero or passing it on unscaled.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from moodcurve._typing import FloatArray
from moodcurve.learn.onnx_graph import Graph


class Step(Protocol):
    """A fitted step."""

    def apply(self, x: FloatArray) -> FloatArray:
        """Take rows (n, columns) one step further."""

    def build(self, graph: Graph, x: str) -> str:
        """Add the same arithmetic to a graph; gives the name of the result."""


@dataclass(frozen=True, eq=False)
class Scaling:
    """(x - offset) · scale, with one offset and scale a column."""

    offset: FloatArray
    scale: FloatArray

    def apply(self, x: FloatArray) -> FloatArray:
        """Scale rows (n, columns)."""
        return (x - self.offset) * self.scale

    def build(self, graph: Graph, x: str) -> str:
        """Add the same arithmetic to a graph; gives the name of the result."""
        return graph.add("Mul", graph.add("Sub", x, graph.constant(self.offset)), graph.constant(self.scale))


@dataclass(frozen=True)
class Compression:
    """arsinh x = ln(x + √(x² + 1)): x itself near 0, ±ln 2|x| far from it."""

    def apply(self, x: FloatArray) -> FloatArray:
        """Compress rows (n, columns)."""
        return np.arcsinh(x)

    def build(self, graph: Graph, x: str) -> str:
        """Add the same arithmetic to a graph; gives the name of the result.

        Written as sign x · ln(|x| + √(x² + 1)): ONNX Runtime's own operator takes single precision only, and
        without the sign negative x would cancel.
        """
        size = graph.add("Abs", x)
        root = graph.add("Sqrt", graph.add("Add", graph.add("Mul", x, x), graph.constant(np.float64(1))))
        return graph.add("Mul", graph.add("Sign", x), graph.add("Log", graph.add("Add", size, root)))


@dataclass(frozen=True)
class Limit:
    """Values beyond ±size become ±size."""

    size: float

    def apply(self, x: FloatArray) -> FloatArray:
        """Limit rows (n, columns)."""
        return np.clip(x, -self.size, self.size)

    def build(self, graph: Graph, x: str) -> str:
        """Add the same arithmetic to a graph; gives the name of the result."""
        size = np.float64(self.size)
        return graph.add("Clip", x, graph.constant(-size), graph.constant(size))


@dataclass(frozen=True, eq=False)
class Projection:
    """(x - centre) @ rotation, with centre (columns,) and rotation (columns, components)."""

    centre: FloatArray
    rotation: FloatArray

    def apply(self, x: FloatArray) -> FloatArray:
        """Project rows (n, columns) to (n, components)."""
        projected: FloatArray = (x - self.centre) @ self.rotation
        return projected

    def build(self, graph: Graph, x: str) -> str:
        """Add the same arithmetic to a graph; gives the name of the result."""
        centred = graph.add("Sub", x, graph.constant(self.centre))
        return graph.add("MatMul", centred, graph.constant(self.rotation))


def centring(x: FloatArray) -> Scaling:
    """Offset: the column's mean; scale 1, or 0 where the column is constant."""
    return Scaling(x.mean(axis=0), (np.ptp(x, axis=0) > 0).astype(np.float64))


def standardising(x: FloatArray) -> Scaling:
    """Offset: the column's mean; scale 1/σ with σ² = Σ(x - mean)²/n, or 0 where the column is constant."""
    return Scaling(x.mean(axis=0), _inverse(x.std(axis=0), x))


def unit_range(x: FloatArray) -> Scaling:
    """Offset: (min + max)/2; scale 2/(max - min), or 0 where the column is constant."""
    half = np.ptp(x, axis=0) / 2
    return Scaling(x.min(axis=0) + half, _inverse(half, x))


def median_distance(x: FloatArray) -> Scaling:
    """Offset: the column's median; scale 1/median|x - median|, or 0 where the column is constant.

    Where more than half of the rows are equal, and so the median distance is 0, the standard deviation takes
    its place.
    """
    middle = np.median(x, axis=0)
    distance = np.median(np.abs(x - middle), axis=0)
    return Scaling(middle, _inverse(np.where(distance > 0, distance, x.std(axis=0)), x))


def principal_components(x: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Directions of greatest variance, in falling order.

    Each direction's sign is set so that its largest entry is positive; the decomposition leaves it open.
    Directions whose variance is below 1e-10 of the greatest are left out: they hold rounding errors, which
    whitening would blow up.

    Returns
    -------
    centre : (columns,)
        The columns' means.
    directions : (columns, rank)
        Unit vectors, orthogonal.
    variances : (rank,)
        Variance of the data along each, with divisor n.
    """
    centre = x.mean(axis=0)
    variances, directions = np.linalg.eigh((x - centre).T @ (x - centre) / len(x))
    variances, directions = variances[::-1], directions[:, ::-1]
    kept = variances > 1e-10 * max(variances[0], np.finfo(np.float64).tiny)
    directions = directions[:, kept]
    largest = np.abs(directions).argmax(axis=0)
    return centre, directions * np.sign(directions[largest, np.arange(directions.shape[1])]), variances[kept]


def components_for(variances: FloatArray, share: float) -> int:
    """Least number of components that together hold this share of the variance (falling variances)."""
    held = np.cumsum(variances) / variances.sum()
    # the last sum can round to a little under 1
    return min(int(np.searchsorted(held, share)) + 1, len(variances))


def _inverse(spread: FloatArray, x: FloatArray) -> FloatArray:
    """1/spread, or 0 where x is constant: a mean's rounding can leave a constant column a spread above 0."""
    return np.divide(1.0, spread, out=np.zeros_like(spread), where=np.ptp(x, axis=0) > 0)
