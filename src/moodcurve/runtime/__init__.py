"""Run model files with ONNX Runtime: features to predictions and curves, without training code.

A model is one ONNX file that includes its preprocessing. Its input ``features`` is float32 (rows, columns), its
output ``arousal_valence`` float32 (rows, 2). Two outputs are optional. ``spread``, float32 (rows, 2), is the
standard deviation of ratings around each prediction. ``place`` is an embedding of each row among the training songs
(`moodcurve.runtime.novelty`). Models that read songs forward pass a ``state`` from row to row. The file's metadata
hold the rest: training data, and how outputs depend on other rows. `FORMAT` is the version of this layout.
"""

from moodcurve.runtime.loading import FORMAT, load_model
from moodcurve.runtime.model import Model, Stream
from moodcurve.runtime.named_models import packaged_models
from moodcurve.runtime.prediction import Prediction
from moodcurve.runtime.session import EMBEDDING, ModelError

__all__ = ["EMBEDDING", "FORMAT", "Model", "ModelError", "Prediction", "Stream", "load_model", "packaged_models"]
