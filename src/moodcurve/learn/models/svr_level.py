"""Predict the level of a passage on one axis by support vector regression with column weights."""

import math
from dataclasses import dataclass

import numpy as np
from sklearn import svm

from moodcurve._typing import FloatArray
from moodcurve.learn.models.svr import SVRConfig, kernel, kernel_nodes
from moodcurve.learn.onnx_graph import Graph


@dataclass(frozen=True, eq=False, kw_only=True)
class SupportVectorLevel:
    """Support vector regression of one axis' level on scaled means and standard deviations (2 · width).

    Attributes
    ----------
    relevance : (2 · width,)
        Weight of each scaled column.
    support : (vectors, 2 · width)
        Weighted support vectors, exact in single precision.
    weights : (vectors, 1)
    bias : float
    config : SVRConfig
        Settings of the kernel.
    """

    relevance: FloatArray
    support: FloatArray
    weights: FloatArray
    bias: float
    config: SVRConfig

    def apply(self, passages: FloatArray) -> FloatArray:
        """Predict the level (n, 1) of scaled passages (n, 2 · width)."""
        result: FloatArray = kernel(passages * self.relevance, self.support, self.config) @ self.weights + self.bias
        return result

    def build(self, graph: Graph, passages: str) -> str:
        """Add `apply` to a graph and return the name of its output."""
        weighted = graph.add("Mul", passages, graph.constant(self.relevance))
        similar = kernel_nodes(graph, weighted, self.support, self.config)
        level = graph.add("MatMul", similar, graph.constant(self.weights))
        return graph.add("Add", level, graph.constant(np.float64(self.bias)))


def fit_level(passages: FloatArray, levels: FloatArray, config: SVRConfig, *, relevance: float) -> SupportVectorLevel:
    """Fit one axis' level (n,) to scaled passages (n, columns).

    Columns are weighted by |r| ** `relevance`, where r is their correlation with the level, scaled to a mean
    square of 1. With 0, or if no column correlates with the level, all weights are 1.
    """
    weights = correlations(passages, levels) ** relevance
    size = math.sqrt((weights**2).mean())
    weights = weights / size if size else np.ones_like(weights)
    # round before the fit, so that a model file can store the support vectors in single precision
    z = (passages * weights).astype(np.float32).astype(np.float64)
    fitted = svm.SVR(kernel=config.kernel, C=config.C, epsilon=config.epsilon, gamma=config.gamma).fit(z, levels)
    return SupportVectorLevel(
        relevance=weights,
        support=z[fitted.support_],
        weights=fitted.dual_coef_.T,
        bias=float(fitted.intercept_[0]),
        config=config,
    )


def correlations(x: FloatArray, y: FloatArray) -> FloatArray:
    """Compute |r| of each column of x (n, columns) with y (n,); 0 where either is constant, or without rows."""
    if not len(x):
        return np.zeros(x.shape[1])
    x, y = x - x.mean(axis=0), y - y.mean()
    sizes = np.sqrt((x**2).sum(axis=0) * (y**2).sum())
    r: FloatArray = np.divide(y @ x, sizes, out=np.zeros_like(sizes), where=sizes > 0)
    return np.abs(r)
