"""Multiple linear regression: arousal and valence as weighted sums of the features, by least squares."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LinearRegression

from moodcurve._typing import FloatArray
from moodcurve.datasets import Song
from moodcurve.learn.models.base import Epoch, Progress, silent
from moodcurve.learn.onnx_graph import Graph
from moodcurve.learn.preprocessing.pipeline import Preprocessing, PreprocessingConfig, fit_preprocessing, stacked


@dataclass(frozen=True, kw_only=True)
class MLRConfig:
    """Settings of linear regression: only what comes before it."""

    preprocessing: PreprocessingConfig = field(default_factory=PreprocessingConfig)


@dataclass(frozen=True, eq=False, kw_only=True)
class MLR:
    """Fitted regression ŷ = z W + b, with z the preprocessed features.

    Attributes
    ----------
    weights : (width, 2)
    bias : (2,)
    """

    config: MLRConfig
    preprocessing: Preprocessing
    weights: FloatArray
    bias: FloatArray
    history: tuple[Epoch, ...] = ()

    def predict(self, x: npt.NDArray[np.floating]) -> FloatArray:
        """Arousal and valence (n, 2) of features (n, columns); not limited to [-1, 1]."""
        predicted: FloatArray = self.preprocessing.apply(x) @ self.weights + self.bias
        return predicted

    def build(self, graph: Graph) -> str:
        """Add the same arithmetic to a graph; gives the name of the result."""
        z = self.preprocessing.build(graph)
        return graph.add("Add", graph.add("MatMul", z, graph.constant(self.weights)), graph.constant(self.bias))


def fit_mlr(songs: Sequence[Song], config: MLRConfig, *, seed: int = 0, progress: Progress = silent) -> MLR:
    """Fit by least squares on all frames; of several best solutions, the one of least norm.

    There is nothing random in it: `seed` is taken for the sake of one signature for all families.
    """
    x, y = stacked(songs)
    preprocessing = fit_preprocessing(x, config.preprocessing)
    fitted = LinearRegression().fit(preprocessing.apply(x), y)
    progress(1, 1, "fitted")
    return MLR(config=config, preprocessing=preprocessing, weights=fitted.coef_.T, bias=fitted.intercept_)
