"""The level of a passage on one axis: support vector regression with a weight for each column."""

import math
from dataclasses import dataclass

import numpy as np
from sklearn import svm

from moodcurve._typing import FloatArray
from moodcurve.learn.models.svr import SVRConfig, kernel, kernel_nodes
from moodcurve.learn.onnx_graph import Graph


@dataclass(frozen=True, eq=False, kw_only=True)
class SupportVectorLevel:
    """Support vector regression of one axis' level on scaled means and spreads (2 · width).

    Attributes
    ----------
    relevance : (2 · width,)
        w, what the scaled means and spreads are multiplied by.
    support : (vectors, 2 · width)
        Support vectors, so multiplied; single precision holds them.
    weights : (vectors, 1)
    bias : float
    config : SVRConfig
        Its kernel.
    """

    relevance: FloatArray
    support: FloatArray
    weights: FloatArray
    bias: float
    config: SVRConfig

    def apply(self, passages: FloatArray) -> FloatArray:
        """Level of passages, (n, 1)."""
        result: FloatArray = kernel(passages * self.relevance, self.support, self.config) @ self.weights + self.bias
        return result

    def build(self, graph: Graph, passages: str) -> str:
        """Add `apply` to a graph."""
        weighed = graph.add("Mul", passages, graph.constant(self.relevance))
        similar = kernel_nodes(graph, weighed, self.support, self.config)
        level = graph.add("MatMul", similar, graph.constant(self.weights))
        return graph.add("Add", level, graph.constant(np.float64(self.bias)))


def fit_level(passages: FloatArray, levels: FloatArray, config: SVRConfig, *, relevance: float) -> SupportVectorLevel:
    """Fit one axis' level (n,) to scaled passages (n, columns).

    `relevance` is the exponent of |r| in the weights of the columns: 0 lets all count alike.
    """
    weights = _correlations(passages, levels) ** relevance
    size = math.sqrt((weights**2).mean())
    weights = weights / size if size else np.ones_like(weights)  # without any, all count alike
    # rounded before the fit, so that a model file can hold the support vectors in single precision
    z = (passages * weights).astype(np.float32).astype(np.float64)
    fitted = svm.SVR(kernel=config.kernel, C=config.C, epsilon=config.epsilon, gamma=config.gamma).fit(z, levels)
    return SupportVectorLevel(
        relevance=weights,
        support=z[fitted.support_],
        weights=fitted.dual_coef_.T,
        bias=float(fitted.intercept_[0]),
        config=config,
    )


def _correlations(x: FloatArray, y: FloatArray) -> FloatArray:
    """|r| of each column of x (n, columns) with y (n,); 0 where either is constant."""
    x, y = x - x.mean(axis=0), y - y.mean()
    sizes = np.sqrt((x**2).sum(axis=0) * (y**2).sum())
    r: FloatArray = np.divide(y @ x, sizes, out=np.zeros_like(sizes), where=sizes > 0)
    return np.abs(r)
