"""Support vector regression: a weighted sum of kernels centered on training rows, one machine per axis."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from sklearn import svm

from moodcurve._typing import FloatArray
from moodcurve.datasets import Song
from moodcurve.learn.config import check
from moodcurve.learn.models.base import Epoch, TrainingProgress, no_progress
from moodcurve.learn.onnx_graph import Graph
from moodcurve.learn.preprocessing.pipeline import Preprocessing, PreprocessingConfig, fit_preprocessing, stack_songs

KERNELS = ("linear", "poly", "rbf", "sigmoid")


@dataclass(frozen=True, kw_only=True)
class SVRConfig:
    """Settings of support vector regression.

    In the formulas, z and s are two preprocessed rows and z·s is their dot product. The defaults were chosen in
    the same way as those of `moodcurve.learn.models.ffnn.FFNNConfig`.

    Attributes
    ----------
    kernel : str
        Kernel function: ``linear``, ``poly``, ``rbf`` or ``sigmoid``. They are z·s, (gamma z·s + coef0)^degree,
        exp(-gamma |z - s|²) and tanh(gamma z·s + coef0).
    C : float
        Cost of errors beyond epsilon; larger values regularize less.
    epsilon : float
        Errors up to this size cost nothing, in units of the labels.
    gamma : float
        Scale of the poly, rbf and sigmoid kernels. The squared distance of two standardized rows is about twice
        the number of columns: 1/columns (0.004) gives a narrow rbf kernel and a tenth of it a wide one.
    coef0 : float
        Constant term of the poly and sigmoid kernels.
    degree : int
        Degree of the poly kernel.
    row_step : int
        Train on every n-th row of each song. Neighboring rows overlap by half and have nearly the same labels,
        while the time to fit grows with the square of their number.
    preprocessing : PreprocessingConfig
        Steps between the features and the model.
    """

    kernel: str = "rbf"
    C: float = 0.3
    epsilon: float = 0.1
    gamma: float = 0.001
    coef0: float = 0.0
    degree: int = 3
    row_step: int = 5
    preprocessing: PreprocessingConfig = field(default_factory=PreprocessingConfig)

    def __post_init__(self) -> None:
        check(self.kernel in KERNELS, "kernel", f"one of {', '.join(KERNELS)}", self.kernel)
        check(self.C > 0, "C", "positive", self.C)
        check(self.epsilon >= 0, "epsilon", "0 or positive", self.epsilon)
        check(self.gamma > 0, "gamma", "positive", self.gamma)
        check(self.degree >= 1, "degree", "1 or more", self.degree)
        check(self.row_step >= 1, "row_step", "1 or more", self.row_step)


@dataclass(frozen=True, eq=False, kw_only=True)
class SVR:
    """Fitted machines ŷ = k(z, S) W + b.

    Attributes
    ----------
    support : (vectors, width)
        S: preprocessed training rows that are support vectors of either axis, exact in single precision.
    weights : (vectors, 2)
        W: 0 where a row is not a support vector of the axis.
    bias : (2,)
        b.
    """

    config: SVRConfig
    preprocessing: Preprocessing
    support: FloatArray
    weights: FloatArray
    bias: FloatArray
    history: tuple[Epoch, ...] = ()

    def predict(self, x: npt.NDArray[np.floating]) -> FloatArray:
        """Predict arousal and valence (n, 2) from features (n, columns); not limited to [-1, 1]."""
        similar = kernel(self.preprocessing.apply(x), self.support, self.config)
        predicted: FloatArray = similar @ self.weights + self.bias
        return predicted

    def build(self, graph: Graph) -> str:
        """Add the model to a graph and return the name of its output.

        ONNX's own operator computes in single precision, where the sum over thousands of vectors loses the fifth
        decimal. The kernel is therefore composed of basic operators.
        """
        z = self.preprocessing.build(graph)
        k = kernel_nodes(graph, z, self.support, self.config)
        return graph.add("Add", graph.add("MatMul", k, graph.constant(self.weights)), graph.constant(self.bias))


def fit_svr(
    songs: Sequence[Song], config: SVRConfig, *, seed: int = 0, progress: TrainingProgress = no_progress
) -> SVR:
    """Fit one machine per axis on every `row_step`-th row; the preprocessing is fitted on all rows.

    The fit is deterministic; `seed` is accepted so that all families have the same signature.
    """
    preprocessing = fit_preprocessing(stack_songs(songs)[0], config.preprocessing)
    x, y = stack_songs(songs, step=config.row_step)
    # round before the fit, so that a model file can store the support vectors in single precision
    z = preprocessing.apply(x).astype(np.float32).astype(np.float64)
    dual, bias = np.zeros_like(y), np.zeros(2)
    for axis, name in enumerate(("arousal", "valence")):
        machine = svm.SVR(
            kernel=config.kernel,
            C=config.C,
            epsilon=config.epsilon,
            gamma=config.gamma,
            coef0=config.coef0,
            degree=config.degree,
            cache_size=500,
        ).fit(z, y[:, axis])
        dual[machine.support_, axis] = machine.dual_coef_[0]
        bias[axis] = machine.intercept_[0]
        progress(axis + 1, 2, f"{name}: {len(machine.support_)} of {len(z)} rows are support vectors")
    needed = dual.any(axis=1)
    return SVR(config=config, preprocessing=preprocessing, support=z[needed], weights=dual[needed], bias=bias)


def kernel(z: FloatArray, s: FloatArray, config: SVRConfig) -> FloatArray:
    """Compute the kernel of each row z with each support vector s, (n, vectors)."""
    product: FloatArray = z @ s.T
    match config.kernel:
        case "linear":
            return product
        case "poly":
            power: FloatArray = (config.gamma * product + config.coef0) ** config.degree
            return power
        case "sigmoid":
            return np.tanh(config.gamma * product + config.coef0)
    squares = (z**2).sum(axis=1)[:, None] + (s**2).sum(axis=1)
    gaussian: FloatArray = np.exp(-config.gamma * (squares - 2 * product))
    return gaussian


def kernel_nodes(graph: Graph, z: str, s: FloatArray, config: SVRConfig) -> str:
    """Add `kernel` to a graph and return the name of its output."""

    def number(value: float) -> str:
        return graph.constant(np.float64(value))

    product = graph.add("MatMul", z, graph.constant(s.T))
    if config.kernel == "linear":
        return product
    if config.kernel in ("poly", "sigmoid"):
        inner = graph.add("Add", graph.add("Mul", product, number(config.gamma)), number(config.coef0))
        if config.kernel == "sigmoid":
            return graph.add("Tanh", inner)
        return graph.add("Pow", inner, number(config.degree))
    ones = graph.constant(np.ones((s.shape[1], 1)))
    squares = graph.add("MatMul", graph.add("Mul", z, z), ones)
    squares = graph.add("Add", squares, graph.constant((s**2).sum(axis=1)))
    distance = graph.add("Sub", squares, graph.add("Mul", product, number(2.0)))
    return graph.add("Exp", graph.add("Mul", distance, number(-config.gamma)))
