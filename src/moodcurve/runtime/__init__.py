"""A model file applied to features: ONNX Runtime and NumPy only, no training code.

A model is one ONNX file with preprocessing inside: input ``features``, float32 (rows, columns); output
``arousal_valence``, float32 (rows, 2). Some give a second output ``spread``, float32 (rows, 2), how far ratings may
be expected to lie from the answer, or ``place``, where rows lie among the training songs (`moodcurve.runtime.novelty`);
some read songs forward and carry a ``state`` from row to row. What it was trained on, and how its rows depend on each
other, stands in its metadata; `FORMAT` names the layout of all that.

`session` runs the graph, `model` gives curves from what it says, and `loading` takes a file for a model.
"""

from moodcurve.runtime.loading import FORMAT, load_model, packaged_models
from moodcurve.runtime.model import Model, Prediction, Stream
from moodcurve.runtime.session import PLACE, ModelError

__all__ = ["FORMAT", "PLACE", "Model", "ModelError", "Prediction", "Stream", "load_model", "packaged_models"]
