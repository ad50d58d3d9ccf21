"""Models of the user's own: where they are, their names, and how they are loaded."""

import shutil
from pathlib import Path

import pytest

from moodcurve.runtime import ModelError, load_model, packaged_models
from moodcurve.runtime.loading import describe_model
from moodcurve.runtime.named_models import own_model_path, own_models
from moodcurve.util.paths import models_dir


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MOODCURVE_MODELS", str(tmp_path / "models"))
    (tmp_path / "models").mkdir()
    return tmp_path / "models"


def put(path: Path) -> None:
    with packaged_models()["fast"].open("rb") as source, path.open("wb") as target:
        shutil.copyfileobj(source, target)


def test_a_model_in_the_folder_is_loaded_by_name(folder):
    put(own_model_path("mine"))
    assert own_models() == {"mine": folder / "mine.onnx"}
    assert load_model("mine").name == describe_model("fast")[0]


def test_packaged_models_cannot_be_replaced(folder):
    put(folder / "default.onnx")
    assert own_models() == {}
    assert load_model("default").name == "moodcurve-default-4"
    with pytest.raises(ModelError, match="'default' is the name of a packaged model"):
        own_model_path("default")


@pytest.mark.parametrize("name", ["", "../mine", "a/b", ".hidden", "mine.onnx", "with blank", "x" * 65, "ö"])
def test_names_are_no_paths(folder, name):
    with pytest.raises(ModelError, match="cannot be a model's name"):
        own_model_path(name)


def test_an_unknown_name_lists_the_models(folder):
    put(folder / "mine.onnx")
    put(folder / "not a name.onnx")
    with pytest.raises(ModelError, match=r"packaged models: default, fast, live; or one of your own: mine$"):
        load_model("mime")


def test_the_folder_is_the_users_data_folder(monkeypatch, tmp_path):
    monkeypatch.delenv("MOODCURVE_MODELS", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    assert models_dir().parts[-2:] == ("moodcurve", "models")
    assert own_models() == {}  # and none is created
    assert not models_dir().exists()
