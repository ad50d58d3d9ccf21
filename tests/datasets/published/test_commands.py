"""Train, evaluate and benchmark over sets with different kinds of labels, from their sound to the tables."""

import json
from pathlib import Path

import pytest

from tests.helpers import published_sets as sets
from tests.helpers.command_line import run

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("prepared")]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sets with ratings over time, ratings of clips, quadrants, words and comparisons."""
    home = tmp_path_factory.mktemp("sets")
    sets.write_pmemo(home / "PMEmo2019", songs=8, seconds=18.0)
    sets.write_musifeast(home / "MUSIFEAST-17", songs=8)
    sets.write_emopia(home / "EMOPIA_2.2", songs=7)
    sets.write_emotify(home / "emotify")
    sets.write_musav(home / "musav-dataset")
    return home


@pytest.fixture(autouse=True)
def cache_folder(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOODCURVE_CACHE", str(home / "cache"))


def test_across_three_kinds_of_labels(home: Path) -> None:
    folders = [str(home / name) for name in ("PMEmo2019", "MUSIFEAST-17", "EMOPIA_2.2")]
    result = run("benchmark", *folders, "--protocol", "across", "--models", "mlr", "-o", str(home / "results"))
    assert result.exit_code == 0, result.stderr
    found = json.loads((home / "results" / "across.json").read_text())
    assert [(one["name"], one["rated_songs"], one["songs_with_quadrant"]) for one in found["sets"]] == [
        ("PMEmo", 8, 0),
        ("MUSIFEAST-17", 8, 0),
        ("EMOPIA", 0, 8),
    ]
    names = ["PMEmo", "MUSIFEAST-17", "EMOPIA"]
    pairs = {(one["train"], one["test"]): one for one in found["pairs"]}
    assert pairs.keys() == {(a, b) for a in [*names, "all sets"] for b in names}
    # the tones' pitch and level say nothing about the labels: only that each pair was computed
    assert all(pair["arousal"]["r"]["value"] is not None for pair in pairs.values())
    assert pairs["PMEmo", "EMOPIA"]["f1"]["value"] is not None
    assert pairs["PMEmo", "EMOPIA"]["arousal"]["ccc"]["value"] is None


def test_a_set_without_a_place_on_the_plane_is_refused_across(home: Path) -> None:
    folders = [str(home / name) for name in ("PMEmo2019", "emotify")]
    result = run("benchmark", *folders, "--protocol", "across", "--models", "mlr")
    assert result.exit_code == 1
    assert "Emotify: its 2 songs have neither ratings nor quadrants" in result.stderr
    result = run("categories", folders[1], "--scheme", "quadrants")
    assert result.exit_code == 1
    assert "Emotify: its 2 songs have neither ratings nor quadrants" in result.stderr


def test_train_on_one_set_and_evaluate_on_each_kind_of_labels(home: Path) -> None:
    model = home / "mine.onnx"
    trained = run("train", str(home / "PMEmo2019"), "--model", "mlr", "-o", str(model))
    assert trained.exit_code == 0, trained.stderr

    def evaluate(name: str) -> tuple[dict, str]:
        result = run("evaluate", str(home / name), "--model", str(model), "--json", str(home / "metrics.json"))
        return json.loads((home / "metrics.json").read_text()), result.stdout

    metrics, _ = evaluate("PMEmo2019")
    assert (metrics["songs"], metrics["songs_trained_on"]) == (8, 8)
    metrics, text = evaluate("MUSIFEAST-17")
    assert metrics["arousal"]["rmse"] is not None
    assert "mean over songs" in text
    metrics, text = evaluate("EMOPIA_2.2")
    assert metrics["quadrants"]["songs"] == 8
    assert "songs with a quadrant" in text
    metrics, text = evaluate("emotify")
    assert set(metrics["words"]["r"]) >= {"calmness", "tension"}
    assert "joyful_activation" in text
    metrics, text = evaluate("musav-dataset")
    assert (metrics["comparisons"]["arousal"]["pairs"], metrics["comparisons"]["arousal"]["equal_pairs"]) == (2, 1)
    assert metrics["comparisons"]["arousal"]["accuracy"] in (0, 0.5, 1)
    assert "unanimous pairs" in text


def test_classes_and_comparisons_are_not_trained_on(home: Path) -> None:
    for name, labels in (("EMOPIA_2.2", "quadrants"), ("emotify", "words"), ("musav-dataset", "comparisons")):
        result = run("train", str(home / name), "--model", "mlr", "-o", str(home / "no.onnx"))
        assert result.exit_code == 1
        assert f"songs have {labels}, but no ratings of arousal and valence" in result.stderr
