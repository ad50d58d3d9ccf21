"""Train models on annotated songs and write model files. Only this package needs the extra ``train``."""

from moodcurve.errors import MoodcurveError
from moodcurve.util.optional import require


class TrainingError(MoodcurveError):
    """A model cannot be trained: a setting or a name is invalid, or the data do not allow it."""


# checked here, so that the modules of this package can import them without checks
require("onnx", "sklearn", "torch", what="training", extra="train", error=TrainingError)
