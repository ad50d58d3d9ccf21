"""The notebooks of docs/notebooks run from the first to the last cell, in an empty folder."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from matplotlib import pyplot

from tests.helpers import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("prepared")]
NOTEBOOKS = sorted((ROOT / "docs" / "notebooks").glob("*.ipynb"))


def run_cells(notebook: Path, **changes: Any) -> dict[str, Any]:
    """Run the code cells in this process; `changes` are set after each cell that defines their name."""
    names: dict[str, Any] = {}
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), f"{notebook.name}, {cell['id']}", "exec"), names)
            names.update({name: value for name, value in changes.items() if name in names})
    pyplot.close("all")
    return names


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MOODCURVE_CACHE", str(tmp_path / "cache"))


def notebook(name: str) -> Path:
    return ROOT / "docs" / "notebooks" / f"{name}.ipynb"


def outputs(path: Path) -> list[dict[str, Any]]:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [output for cell in cells if cell["cell_type"] == "code" for output in cell["outputs"]]


def without_digits(text: str) -> str:
    """Leave out what may differ between machines and versions of a model: digits, signs and padding."""
    return re.sub(r"[-+]?[\d.]+", "#", re.sub(" +", " ", text))


def assert_stored_outputs_are(printed: str, name: str) -> None:
    stored = "".join("".join(output["text"]) for output in outputs(notebook(name)) if output["output_type"] == "stream")
    assert without_digits(stored) == without_digits(printed)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_outputs_are_stored(path: Path) -> None:
    """`make notebooks` stores them: from one run in order, without errors, warnings or paths of a machine."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    counts = [cell["execution_count"] for cell in cells if cell["cell_type"] == "code"]
    assert counts == list(range(1, len(counts) + 1))
    found = outputs(path)
    assert found
    assert [output for output in found if output["output_type"] == "error" or output.get("name") == "stderr"] == []
    assert re.findall(r"/(?:tmp|home|root|Users)/", json.dumps(found)) == []


def test_all_notebooks_are_tested_here() -> None:
    source = Path(__file__).read_text(encoding="utf-8")
    assert NOTEBOOKS
    for path in NOTEBOOKS:
        assert f'notebook("{path.stem}")' in source


def test_curve(capsys: pytest.CaptureFixture[str]) -> None:
    names = run_cells(notebook("curve"))
    assert len(names["curve"].arousal) > 150
    assert Path("song.json").is_file()
    printed = capsys.readouterr().out
    assert_stored_outputs_are(printed, "curve")
    lines = [line for line in printed.splitlines() if " s: arousal " in line]
    assert [line.split()[0] for line in lines] == ["sad", "tense", "excited", "calm"]


def test_film_scene(capsys: pytest.CaptureFixture[str]) -> None:
    names = run_cells(notebook("film_scene"))
    assert_stored_outputs_are(capsys.readouterr().out, "film_scene")
    assert [name for name, _ in names["ranked"]][-1] == "descent"
    assert names["ranked"][0][1][1] < names["ranked"][-1][1][1]


def test_train_and_compare(capsys: pytest.CaptureFixture[str]) -> None:
    names = run_cells(notebook("train_and_compare"))
    assert len(names["dataset"].songs) == 12
    assert names["comparison"].differences["arousal"]["rmse_song"].low is not None
    assert_stored_outputs_are(capsys.readouterr().out, "train_and_compare")


def test_library_map(capsys: pytest.CaptureFixture[str]) -> None:
    names = run_cells(notebook("library_map"))
    assert_stored_outputs_are(capsys.readouterr().out, "library_map")
    assert len(names["songs"]) == 8


@pytest.mark.real
def test_paper(deam_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The linear models alone: the notebook's numbers are those of docs/results/paper.json."""
    names = run_cells(notebook("paper"), DEAM=str(deam_dir), FAMILIES=("mlr",))
    stored = json.loads((ROOT / "docs" / "results" / "paper.json").read_text(encoding="utf-8"))
    expected = next(model for model in stored["models"] if model["family"] == "mlr")
    (found,) = names["result"]["models"]
    for axis in ("arousal", "valence"):
        assert found[axis]["r2"]["value"] == pytest.approx(expected[axis]["r2"]["value"], abs=1e-4)
    assert "FFNN (paper)" in capsys.readouterr().out
