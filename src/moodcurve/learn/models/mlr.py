"""Multiple linear regression: arousal and valence as weighted sums of the features, fitted by least squares."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LinearRegression

from moodcurve._typing import FloatArray
from moodcurve.datasets import Song
from moodcurve.learn.models.base import Epoch, TrainingProgress, no_progress
from moodcurve.learn.onnx_graph import Graph
from moodcurve.learn.preprocessing.pipeline import Preprocessing, PreprocessingConfig, fit_preprocessing, stack_songs


@dataclass(frozen=True, kw_only=True)
class MLRConfig:
    """Settings of linear regression.

    Attributes
    ----------
    preprocessing : PreprocessingConfig
        Steps between the features and the model.
    """

    preprocessing: PreprocessingConfig = field(default_factory=PreprocessingConfig)


@dataclass(frozen=True, eq=False, kw_only=True)
class MLR:
    """Fitted regression ŷ = z W + b, where z are the preprocessed features.

    Attributes
    ----------
    weights : (width, 2)
        W.
    bias : (2,)
        b.
    """

    config: MLRConfig
    preprocessing: Preprocessing
    weights: FloatArray
    bias: FloatArray
    history: tuple[Epoch, ...] = ()

    def predict(self, x: npt.NDArray[np.floating]) -> FloatArray:
        """Predict arousal and valence (n, 2) from features (n, columns); not limited to [-1, 1]."""
        predicted: FloatArray = self.preprocessing.apply(x) @ self.weights + self.bias
        return predicted

    def build(self, graph: Graph) -> str:
        """Add the model to a graph and return the name of its output."""
        z = self.preprocessing.build(graph)
        return graph.add("Add", graph.add("MatMul", z, graph.constant(self.weights)), graph.constant(self.bias))


def fit_mlr(
    songs: Sequence[Song], config: MLRConfig, *, seed: int = 0, progress: TrainingProgress = no_progress
) -> MLR:
    """Fit by least squares on all rows; among several solutions, take the one of least norm.

    The fit is deterministic; `seed` is accepted so that all families have the same signature.
    """
    x, y = stack_songs(songs)
    preprocessing = fit_preprocessing(x, config.preprocessing)
    fitted = LinearRegression().fit(preprocessing.apply(x), y)
    progress(1, 1, "fitted")
    return MLR(config=config, preprocessing=preprocessing, weights=fitted.coef_.T, bias=fitted.intercept_)
