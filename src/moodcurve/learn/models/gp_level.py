"""Predict the level of a passage on one axis by Gaussian-process regression on ratings and on sides of the axis.

The level is f(x) = mean + Σ_j a_j k(x, p_j), a sum of kernels k around the training songs p_j. Ratings say what f is;
a song that only has a quadrant says on which side of the axis it lies, P(high side) = 1 / (1 + exp(-slope f)). The
weights a minimize

    Σ_rated w_i (y_i - f(x_i))² / (2 noise) - quadrant_weight Σ_sides w_i log P(side_i) + aᵀ K a / (2 prior)

by Newton's method; K holds the kernels among the p_j. For ratings alone this is the posterior mean of a Gaussian
process (Rasmussen & Williams, "Gaussian Processes for Machine Learning", 2006, chapters 2 and 3), in the form of
"subset of regressors" where there are more passages than songs (section 8.3.1).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import linalg, special

from moodcurve._typing import BoolArray, FloatArray
from moodcurve.learn.config import check
from moodcurve.learn.models.svr import SVRConfig, kernel, kernel_nodes
from moodcurve.learn.models.svr_level import correlations
from moodcurve.learn.onnx_graph import Graph
from moodcurve.learn.preprocessing.shifts import shrinkage
from moodcurve.learn.preprocessing.steps import Projection, components_for, principal_components

_STEPS = 100
_TOLERANCE = 1e-5
_DAMPING, _SHORTEST = 0.7, 1e-6
"""Share of a step of Newton's method that is taken, and the least to which it is halved while the objective grows."""
_LEAST_CURVATURE = 1e-3
"""Lower limit of the second derivative of log P(side), so that songs far on their side do not stall a step."""
_JITTER = 1e-8


@dataclass(frozen=True, kw_only=True)
class GPLevelConfig:
    """Settings of the regression of levels.

    Half or twice `gamma`, `noise` or `prior` change r by at most .005 on DEAM's excerpts. `quadrant_weight` balances
    two sets: with 1, 3 and 10, valence's r on held-out excerpts of DEAM is .73, .72 and .68, the area under the curve
    of held-out quadrants' valence .86, .88 and .90, and the axes correlate by .63, .57 and .48 on DEAM (ratings .59).

    Attributes
    ----------
    gamma : float
        Scale of the kernel exp(-gamma |x - p|²). In x each block of columns has a mean square of 1 / blocks.
    noise : float
        Variance of a song's mean rating around f, in squared units of the labels.
    prior : float
        Variance of f.
    slope : float
        Steepness of the probability of a side.
    quadrant_weight : float
        Weight of a song that only has a quadrant, against one that is rated.
    relevance : float
        Exponent of the column weights |r| ** relevance within each block, from 0 to 4. r is the correlation of a
        column with the axis over the rated songs. With 0 all columns have the same weight.
    shift_penalty : float
        How much distances shrink along directions in which altered sound moves, 0 or more; 0 for not at all. See
        `moodcurve.learn.preprocessing.shifts`, with columns as the kernel weights them.
    variance : float
        Fraction of the variance of x that its principal components keep, in (0, 1].
    """

    gamma: float = 0.25
    noise: float = 0.03
    prior: float = 0.08
    slope: float = 6.0
    quadrant_weight: float = 6.0
    relevance: float = 0.5
    shift_penalty: float = 2000.0
    variance: float = 0.98

    def __post_init__(self) -> None:
        for key in ("gamma", "noise", "prior", "slope"):
            check(getattr(self, key) > 0, key, "positive", getattr(self, key))
        check(self.quadrant_weight >= 0, "quadrant_weight", "0 or positive", self.quadrant_weight)
        check(self.shift_penalty >= 0, "shift_penalty", "0 or positive", self.shift_penalty)
        check(0 <= self.relevance <= 4, "relevance", "from 0 to 4", self.relevance)
        check(0 < self.variance <= 1, "variance", "in (0, 1]", self.variance)


@dataclass(frozen=True, eq=False, kw_only=True)
class GPLevel:
    """Fitted regression of one axis.

    Attributes
    ----------
    projection : Projection
        From passages (n, columns) to x, including the column weights.
    points : (songs, components)
        The p_j, exact in single precision.
    weights : (songs, 1)
        The a_j.
    mean : float
    config : GPLevelConfig
    """

    projection: Projection
    points: FloatArray
    weights: FloatArray
    mean: float
    config: GPLevelConfig

    def apply(self, passages: FloatArray) -> FloatArray:
        """Predict the level (n, 1) of scaled passages (n, columns)."""
        similar = kernel(self.projection.apply(passages), self.points, _kernel_config(self.config))
        level: FloatArray = similar @ self.weights + self.mean
        return level

    def build(self, graph: Graph, passages: str) -> str:
        """Add `apply` to a graph and return the name of its output."""
        x = self.projection.build(graph, passages)
        similar = kernel_nodes(graph, x, self.points, _kernel_config(self.config))
        level = graph.add("MatMul", similar, graph.constant(self.weights))
        return graph.add("Add", level, graph.constant(np.float64(self.mean)))


@dataclass(frozen=True, eq=False, kw_only=True)
class Passages:
    """What one axis' level is learned from.

    Attributes
    ----------
    x : (n, columns)
        Scaled passages.
    y : (n,)
        The level, or -1 and 1 for the low and the high side.
    is_side : (n,) bool
    weights : (n,)
        Weight of each passage; those of one song have the sum 1.
    first : (n,) bool
        One passage of each song, which becomes a p_j.
    shifts : (m, columns)
        Differences of passages of altered sound from those of the unaltered, m ≥ 0.
    """

    x: FloatArray
    y: FloatArray
    is_side: BoolArray
    weights: FloatArray
    first: BoolArray
    shifts: FloatArray


def fit_gp_level(passages: Passages, blocks: Sequence[int], config: GPLevelConfig) -> GPLevel:
    """Fit one axis.

    Parameters
    ----------
    passages : Passages
    blocks : sequence of int
        Number of columns of each block, in order.
    config : GPLevelConfig
    """
    rated = ~passages.is_side
    relevance = _column_weights(passages.x[rated], passages.y[rated], blocks, config.relevance)
    # columns are weighted, then shrunk
    weighted = relevance[:, None] * shrinkage(passages.shifts * relevance, config.shift_penalty)
    _, directions, variances = principal_components(passages.x @ weighted)
    kept = directions[:, : components_for(variances, config.variance)]
    projection = Projection(passages.x.mean(axis=0), (weighted @ kept).astype(np.float32).astype(np.float64))
    x = projection.apply(passages.x).astype(np.float32).astype(np.float64)
    points = x[passages.first]
    kernels = _kernel_config(config)
    mean = float(np.average(passages.y[rated], weights=passages.weights[rated])) if rated.any() else 0.0
    weights = _solve(kernel(x, points, kernels), kernel(points, points, kernels), mean, passages, config)
    return GPLevel(projection=projection, points=points, weights=weights[:, None], mean=mean, config=config)


def _solve(k: FloatArray, among: FloatArray, mean: float, passages: Passages, config: GPLevelConfig) -> FloatArray:
    """Return the weights a (m,) from the kernels (n, m) of passages and points, and (m, m) among the points."""
    side = passages.is_side
    rated = k[~side].T * (passages.weights[~side] / config.noise)
    prior = among / config.prior + _JITTER * np.eye(len(among))
    matrix, target = prior + rated @ k[~side], rated @ (passages.y[~side] - mean)
    factor = linalg.cho_factor(matrix)
    a: FloatArray = linalg.cho_solve(factor, target)
    if not side.any() or not config.quadrant_weight:
        return a
    # the sides change the matrix by few ranks, so that a step needs no new factor (Woodbury's formula)
    sides, y, share = k[side], passages.y[side], config.quadrant_weight * passages.weights[side]
    solved = linalg.cho_solve(factor, sides.T)
    among_sides, without = sides @ solved, a

    def objective(a: FloatArray) -> float:
        return float(a @ (matrix @ a / 2 - target) + share @ np.logaddexp(0, -config.slope * y * (mean + sides @ a)))

    for _ in range(_STEPS):
        f = mean + sides @ a
        miss = special.expit(-config.slope * y * f)
        bend = np.maximum(config.slope**2 * miss * (1 - miss), _LEAST_CURVATURE)
        aim = f + config.slope * y * miss / bend - mean
        unbounded = without + solved @ (share * bend * aim)
        within = np.diag(1 / (share * bend)) + among_sides
        step = unbounded - solved @ linalg.solve(within, sides @ unbounded, assume_a="pos") - a
        size, before = _DAMPING, objective(a)
        while objective(a + size * step) > before and size > _SHORTEST:
            size /= 2
        a = a + size * step
        if np.abs(sides @ step).max() < _TOLERANCE:
            break
    return a


def _column_weights(x: FloatArray, y: FloatArray, blocks: Sequence[int], exponent: float) -> FloatArray:
    """Return the weight of each column: |r| ** exponent, scaled so that each block has a mean square of 1 / blocks."""
    found, start = [], 0
    for size in blocks:
        weights = correlations(x[:, start : start + size], y) ** exponent if exponent else np.ones(size)
        # a column that tells nothing keeps a small weight: zero could not be divided by
        weights = np.maximum(weights, 0.01 * weights.max()) if weights.max() > 0 else np.ones(size)
        found.append(weights / math.sqrt((weights**2).sum() * len(blocks)))
        start += size
    return np.concatenate(found)


def _kernel_config(config: GPLevelConfig) -> SVRConfig:
    return SVRConfig(kernel="rbf", gamma=config.gamma)
