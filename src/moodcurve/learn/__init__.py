"""The learning wing: annotated songs to a model file. All that needs the extra `train` is in this folder."""

from moodcurve.errors import MoodcurveError
from moodcurve.util.optional import require


class TrainingError(MoodcurveError):
    """A model cannot be trained as asked: a setting, a name, or the data does not allow it."""


# asked here, at the wing's one door, so that its modules can import them plainly
require("onnx", "sklearn", "torch", what="training", extra="train", error=TrainingError)
