"""Support vector regression: a weighted sum of kernels centred on training frames, one machine an axis."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from sklearn import svm

from moodcurve._typing import FloatArray
from moodcurve.datasets import Song
from moodcurve.learn.config import check
from moodcurve.learn.models.base import Epoch, Progress, silent
from moodcurve.learn.onnx_graph import Graph
from moodcurve.learn.preprocessing.pipeline import Preprocessing, PreprocessingConfig, fit_preprocessing, stacked

KERNELS = ("linear", "poly", "rbf", "sigmoid")


@dataclass(frozen=True, kw_only=True)
class SVRConfig:
    """Settings of support vector regression, with z·s the scalar product of two preprocessed frames.

    The defaults were chosen as the network's, see `moodcurve.learn.models.ffnn.FFNNConfig`.

    Attributes
    ----------
    kernel : str
        ``linear`` z·s; ``poly`` (gamma z·s + coef0)^degree; ``rbf`` exp(-gamma |z - s|²); ``sigmoid``
        tanh(gamma z·s + coef0).
    C : float
        What an error beyond epsilon costs against the flatness of the function.
    epsilon : float
        Errors up to this size, on the labels' scale, cost nothing.
    gamma, coef0, degree : float, float, int
        Of the kernels that have them. The squared distance of two standardised frames is about twice the
        number of columns, so 1/columns (0.004) is a narrow rbf and a tenth of it a wide one.
    frame_step : int
        Learn from every so many frames of each song. Neighbouring frames overlap by half and have nearly the
        same labels, while the time to fit grows with the square of their number.
    """

    kernel: str = "rbf"
    C: float = 0.3
    epsilon: float = 0.1
    gamma: float = 0.001
    coef0: float = 0.0
    degree: int = 3
    frame_step: int = 5
    preprocessing: PreprocessingConfig = field(default_factory=PreprocessingConfig)

    def __post_init__(self) -> None:
        check(self.kernel in KERNELS, "kernel", f"one of {', '.join(KERNELS)}", self.kernel)
        check(self.C > 0, "C", "positive", self.C)
        check(self.epsilon >= 0, "epsilon", "0 or positive", self.epsilon)
        check(self.gamma > 0, "gamma", "positive", self.gamma)
        check(self.degree >= 1, "degree", "1 or more", self.degree)
        check(self.frame_step >= 1, "frame_step", "1 or more", self.frame_step)


@dataclass(frozen=True, eq=False, kw_only=True)
class SVR:
    """Fitted machines ŷ = k(z, S) W + b.

    Attributes
    ----------
    support : (vectors, width)
        S: preprocessed training frames that either axis needs; single precision holds them exactly.
    weights : (vectors, 2)
        W: 0 where an axis does not need the frame.
    bias : (2,)
    """

    config: SVRConfig
    preprocessing: Preprocessing
    support: FloatArray
    weights: FloatArray
    bias: FloatArray
    history: tuple[Epoch, ...] = ()

    def predict(self, x: npt.NDArray[np.floating]) -> FloatArray:
        """Arousal and valence (n, 2) of features (n, columns); not limited to [-1, 1]."""
        similar = kernel(self.preprocessing.apply(x), self.support, self.config)
        predicted: FloatArray = similar @ self.weights + self.bias
        return predicted

    def build(self, graph: Graph) -> str:
        """Add the same arithmetic to a graph; gives the name of the result.

        The operator that ONNX has for this computes in single precision, where the sum over thousands of
        vectors loses the fifth decimal; so the kernel is written out.
        """
        z = self.preprocessing.build(graph)
        k = kernel_nodes(graph, z, self.support, self.config)
        return graph.add("Add", graph.add("MatMul", k, graph.constant(self.weights)), graph.constant(self.bias))


def fit_svr(songs: Sequence[Song], config: SVRConfig, *, seed: int = 0, progress: Progress = silent) -> SVR:
    """Fit one machine an axis on every `frame_step`-th frame; the preprocessing is fitted on all frames.

    There is nothing random in it: `seed` is taken for the sake of one signature for all families.
    """
    preprocessing = fit_preprocessing(stacked(songs)[0], config.preprocessing)
    x, y = stacked(songs, step=config.frame_step)
    # rounded before the fit, so that a model file can hold the support vectors in single precision
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
        progress(axis + 1, 2, f"{name}: {len(machine.support_)} of {len(z)} frames are support vectors")
    needed = dual.any(axis=1)
    return SVR(config=config, preprocessing=preprocessing, support=z[needed], weights=dual[needed], bias=bias)


def kernel(z: FloatArray, s: FloatArray, config: SVRConfig) -> FloatArray:
    """Kernel of each frame with each support vector, (n, vectors)."""
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
    bells: FloatArray = np.exp(-config.gamma * (squares - 2 * product))
    return bells


def kernel_nodes(graph: Graph, z: str, s: FloatArray, config: SVRConfig) -> str:
    """Add `kernel` to a graph."""

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
