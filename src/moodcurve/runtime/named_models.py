"""Find models by name: those that come with the package, and the user's own, in a folder of this user."""

import importlib.resources
import re
from pathlib import Path
from typing import TYPE_CHECKING

from moodcurve.errors import MoodcurveError
from moodcurve.runtime.session import ModelError
from moodcurve.util.paths import models_dir

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


def packaged_models() -> dict[str, "Traversable"]:
    """Return the models that come with the package, by name."""
    folder = importlib.resources.files("moodcurve") / "pretrained"
    found = [entry for entry in folder.iterdir() if entry.name.endswith(".onnx")] if folder.is_dir() else []
    return {entry.name.removesuffix(".onnx"): entry for entry in sorted(found, key=lambda e: e.name)}


def own_models() -> dict[str, Path]:
    """Return the user's own models by name, in alphabetical order; none if the user has no folder for them."""
    try:
        found = sorted(models_dir().glob("*.onnx"))
    except (MoodcurveError, OSError):
        return {}
    taken = packaged_models()
    return {path.stem: path for path in found if _NAME.fullmatch(path.stem) and path.stem not in taken}


def own_model_path(name: str) -> Path:
    """Return where the user's own model of a name is kept; it need not exist.

    Raises
    ------
    ModelError
        If a packaged model has the name, or it could be taken for a path.
    MoodcurveError
        If the user has no folder for models.
    """
    if name in packaged_models():
        raise ModelError(f"{name!r} is the name of a packaged model, which stays as it is; choose another name")
    if not _NAME.fullmatch(name):
        raise ModelError(f"{name!r} cannot be a model's name; use up to 64 letters, digits, - and _")
    return models_dir() / f"{name}.onnx"
