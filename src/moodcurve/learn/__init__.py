"""The learning wing: annotated songs to a model file. All that needs the extra `train` is in this folder."""

import importlib.util

from moodcurve.errors import MoodcurveError


class TrainingError(MoodcurveError):
    """A model cannot be trained as asked: a setting, a name, or the data does not allow it."""


def _require(names: tuple[str, ...]) -> None:
    for name in names:
        try:
            found = importlib.util.find_spec(name) is not None
        except ModuleNotFoundError:
            found = False
        if not found:
            raise TrainingError(f"training needs {name}: install it with pip install 'moodcurve[train]'")


# asked here, at the wing's one door, so that its modules can import them plainly
_require(("onnx", "sklearn", "torch"))
