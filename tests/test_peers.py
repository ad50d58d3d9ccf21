"""The comparison with other tools (`benchmarks/peers.py`): metrics against other formulas, and runs without peers."""

import csv
import json
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import scipy.stats
import sklearn.linear_model
import sklearn.metrics
import soundfile

from moodcurve.runtime.named_models import packaged_models
from tests.helpers import ROOT
from tests.helpers.short_song import write_song

SEED = 3


@pytest.fixture
def accuracy(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    import peers_accuracy

    return peers_accuracy


@pytest.fixture
def speed(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    import peers_speed

    return peers_speed


def write_clips(folder: Path, rows: list[dict[str, str]]) -> Path:
    """Write `labels.csv` and a short clip for each row."""
    (folder / "audio").mkdir(parents=True)
    for row in rows:
        write_song(folder / "audio", "x.opus", 2.0).rename(folder / "audio" / f"{next(iter(row.values()))}.opus")
    with (folder / "labels.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, rows[0])
        table.writeheader()
        table.writerows(rows)
    return folder


def clips(module: ModuleType, labels: np.ndarray) -> list[object]:
    """Return clips with these labels, two of each artist."""
    return [module.Clip(str(i), f"artist {i // 2}", Path("x"), *map(float, row)) for i, row in enumerate(labels)]


def test_auc_is_that_of_scikit_learn_for_each_draw(accuracy: ModuleType) -> None:
    rng = np.random.default_rng(SEED)
    positive, predicted = rng.random(60) < 0.4, rng.integers(0, 8, 60) / 8.0  # with ties
    draws = rng.multinomial(60, np.full(60, 1 / 60), size=5)
    expected = [sklearn.metrics.roc_auc_score(positive, predicted, sample_weight=weights) for weights in draws]
    np.testing.assert_allclose(accuracy.auc(positive, predicted, draws.astype(float)), expected, rtol=1e-12)


def test_auc_is_undefined_without_both_kinds(accuracy: ModuleType) -> None:
    assert np.isnan(accuracy.auc(np.array([True, True]), np.array([0.1, 0.2]), np.ones((1, 2)))).all()


def test_rating_figures_agree_with_plain_formulas(accuracy: ModuleType) -> None:
    rng = np.random.default_rng(SEED)
    rated = rng.multivariate_normal([0, 0], [[0.09, 0.04], [0.04, 0.09]], 80)
    predicted = 0.5 + 0.2 * rated + rng.normal(0, 0.05, rated.shape)
    figures = accuracy.rating_figures(clips(accuracy, rated), predicted)
    residuals = [
        y - sklearn.linear_model.LinearRegression().fit(rated[:, :1], y).predict(rated[:, :1])
        for y in (rated[:, 1], predicted[:, 1])
    ]
    expected = {
        "r_arousal": scipy.stats.pearsonr(rated[:, 0], predicted[:, 0]).statistic,
        "r_valence": scipy.stats.pearsonr(rated[:, 1], predicted[:, 1]).statistic,
        "valence_given_arousal": scipy.stats.pearsonr(*residuals).statistic,
        "axes_r": scipy.stats.pearsonr(*predicted.T).statistic,
        "labels_axes_r": scipy.stats.pearsonr(*rated.T).statistic,
    }
    for name, value in expected.items():
        assert figures[name]["value"] == pytest.approx(value, abs=1e-12)
        assert figures[name]["low"] < value < figures[name]["high"]


def test_line_is_fitted_on_other_artists(accuracy: ModuleType) -> None:
    rng = np.random.default_rng(SEED)
    rated = rng.normal(size=(40, 2))
    made = clips(accuracy, rated)
    predicted = rng.normal(size=40)
    before = accuracy.fitted(made, rated[:, 0], predicted)
    changed = rated[:, 0].copy()
    changed[:2] += 10  # both clips of the first artist
    after = accuracy.fitted(made, changed, predicted)
    np.testing.assert_array_equal(before[:2], after[:2])
    assert (before[2:] != after[2:]).sum() > 20  # clips of other folds


def test_predictions_on_a_line_are_perfect_after_the_fit(accuracy: ModuleType) -> None:
    rated = np.random.default_rng(SEED).uniform(-1, 1, (30, 2))
    figures = accuracy.rating_figures(clips(accuracy, rated), 7 + 3 * rated)
    assert figures["ccc_arousal"]["value"] == pytest.approx(1, abs=1e-12)
    assert figures["valence_given_arousal"]["value"] == pytest.approx(1, abs=1e-9)


def test_a_constant_answer_has_no_correlation(accuracy: ModuleType) -> None:
    rated = np.random.default_rng(SEED).uniform(-1, 1, (30, 2))
    figures = accuracy.rating_figures(clips(accuracy, rated), np.full((30, 2), 0.5))
    assert figures["r_arousal"] == {"value": None, "low": None, "high": None}
    assert abs(figures["ccc_arousal"]["value"]) < 0.1


def test_valence_known_from_arousal_alone_is_chance_within_halves(accuracy: ModuleType) -> None:
    signs = np.repeat([[1, 1], [1, -1], [-1, -1], [-1, 1]], [30, 10, 30, 10], axis=0).astype(float)
    arousal = signs[:, :1] + np.random.default_rng(SEED).normal(0, 0.1, (80, 1))
    figures = accuracy.quadrant_figures(clips(accuracy, signs), np.hstack([arousal, arousal]))
    assert figures["auc_arousal"]["value"] == 1
    assert figures["auc_valence"]["value"] == pytest.approx(0.75, abs=0.02)
    for half in ("aroused", "calm"):
        assert figures[f"auc_valence_{half}"]["low"] < 0.5 < figures[f"auc_valence_{half}"]["high"]


def test_both_layouts_of_labels_are_read(accuracy: ModuleType, tmp_path: Path) -> None:
    rated = {"song_id": "7", "artist": "a", "arousal_0ms": "0.2", "arousal_500ms": "0.4", "valence_0ms": "-0.5"}
    empty = dict.fromkeys(rated, "") | {"song_id": "8"}
    kind, found = accuracy.read_clips(write_clips(tmp_path / "ratings", [rated, empty]))
    assert kind == "ratings"
    assert [(c.clip_id, c.artist, c.valence) for c in found] == [("7", "a", -0.5)]
    assert found[0].arousal == pytest.approx(0.3)
    rows = [{"clip": quadrant, "quadrant": quadrant, "artist": "a"} for quadrant in ("Q1", "Q2", "Q3", "Q4")]
    kind, found = accuracy.read_clips(write_clips(tmp_path / "quadrants", rows))
    assert kind == "quadrants"
    assert [(c.arousal, c.valence) for c in found] == [(1, 1), (1, -1), (-1, -1), (-1, 1)]


def test_models_are_refused_on_their_training_songs(accuracy: ModuleType) -> None:
    with pytest.raises(SystemExit, match=r"default: trained on 1 of these clips, such as 1001; .*--predictions"):
        accuracy.refuse_training_clips("default", ["1001", "not a song of DEAM"])


def test_models_and_predictions_are_compared_on_the_same_clips(
    accuracy: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accuracy, "PEERS", ())
    rows = [
        {"clip": f"clip-{i}", "quadrant": quadrant, "artist": f"{i}"}
        for i, quadrant in enumerate(("Q1", "Q2", "Q3", "Q4") * 2)
    ]
    folder = write_clips(tmp_path / "clips", rows)
    predictions = tmp_path / "cross-validated.csv"
    lines = [f"{row['clip']},{0.5 - i % 4 // 2},{0.1 * i}" for i, row in enumerate(rows)]
    predictions.write_text("\n".join(["id,arousal,valence", *lines]), encoding="utf-8")
    (result,) = accuracy.measure([folder], tmp_path, ["default"], {"ours": predictions})["accuracy"]
    assert (result["folder"], result["labels"], result["clips"]) == ("clips", "quadrants", 8)
    assert result["tools"]["ours"]["auc_arousal"]["value"] == 1
    assert result["tools"]["default"]["auc_arousal"]["value"] == 0.5  # every clip is the same
    import peers_report

    table = peers_report.markdown(json.loads(json.dumps({"accuracy": [result]})))
    assert "| ours | 1.000 (1.000 to 1.000) |" in table

    predictions.write_text("id,arousal,valence\nclip-0,1,1", encoding="utf-8")
    with pytest.raises(SystemExit, match=r"ours: no prediction for 7 clips of .*, such as clip-1"):
        accuracy.measure([folder], tmp_path, [], {"ours": predictions})


@pytest.mark.slow
def test_speed_of_models_is_measured_and_reported(
    speed: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speed, "PEERS", ())
    monkeypatch.setattr(speed, "SONG_S", 6.0)
    (tmp_path / "music").mkdir()
    write_song(tmp_path / "music", "x.ogg", 2.0)
    # a first run compiles the extractor: that of `fast` takes a third of the time of the others
    other = tmp_path / "other.onnx"
    other.write_bytes(packaged_models()["fast"].read_bytes())
    results = speed.measure(tmp_path / "music", tmp_path, ["fast", str(other)], songs=2, turns=2)["speed"]
    for tool in results["tools"].values():
        assert tool["times_real_time"] == 6.0 / tool["cpu_s"]
        assert 0 < tool["cpu_s"] < tool["start_cpu_s"] < tool["first_run_cpu_s"]  # a start; compilation
        assert tool["least_cpu_s"] <= tool["cpu_s"]
        assert 50 < tool["peak_mb"] < 1000
    ratio = results["ratios"][str(other)]["fast"]["cpu_s"]
    assert 0 < ratio["low"] <= ratio["value"] <= ratio["high"]
    import peers_report

    assert "moodcurve `fast` |" in peers_report.markdown(json.loads(json.dumps({"speed": results})))
    song = tmp_path / "song-01.mp3"
    assert soundfile.info(song).duration == pytest.approx(6.0, abs=0.1)


def test_a_tool_that_fails_is_named(speed: ModuleType, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match=r"default: failed on .*gone\.mp3"):
        speed.run_once("default", tmp_path / "gone.mp3")
    assert "gone.mp3" in capfd.readouterr().err


def test_tables_of_stored_results_are_printed(
    speed: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import peers

    figure = {"value": 0.5, "low": 0.4, "high": 0.6}
    names = ("auc_arousal", "auc_valence", "auc_valence_aroused", "auc_valence_calm", "axes_r")
    stored = {
        "folder": "f", "labels": "quadrants", "clips": 4, "date": "2026-11-30", "versions": {"vibenet": "0.1.0"},
        "tools": {"vibenet": dict.fromkeys(names, figure)},
    }  # fmt: skip
    file = tmp_path / "results.json"
    file.write_text(json.dumps({"accuracy": [stored]}), encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["peers.py", "report", str(file)])
    peers.main()
    assert "| vibenet | .500 (.400 to .600) |" in capsys.readouterr().out


def test_the_page_says_what_the_stored_results_say(speed: ModuleType) -> None:
    import peers_report

    page = (ROOT / "docs/comparison.md").read_text(encoding="utf-8")
    stored = json.loads((ROOT / "docs/results/peers.json").read_text(encoding="utf-8"))
    missing = [part for part in peers_report.markdown(stored).split("\n\n") if part not in page]
    assert missing == []
    tools = stored["speed"]["tools"]
    own = {
        (pair["train"], pair["test"]): [pair[axis] for axis in ("arousal", "valence")]
        for pair in json.loads((ROOT / "docs/results/across.json").read_text(encoding="utf-8"))["pairs"]
    }
    for row, cells in {
        "CPU time for 3 minutes": [f"{1e3 * tools[name]['cpu_s']:.0f}" for name in ("default", "vibenet", "sonara")],
        "memory, MB": [f"{tools[name]['peak_mb']:.0f}" for name in ("default", "vibenet", "sonara")],
        "first run": [f"{tools[name]['first_run_cpu_s']:.1f}" for name in ("default", "vibenet", "sonara")],
    }.items():
        (line,) = [line for line in page.splitlines() if line.startswith(f"| {row}")]
        assert [cell.split(",")[0] for cell in line.strip("| ").split(" | ")[1:]] == cells
    for folder, figure in zip(stored["accuracy"], ("auc", "r"), strict=True):
        test = "quadrants4q" if figure == "auc" else "DEAM excerpts"
        values = [[axis[figure]["value"] for axis in own["DEAM excerpts", test]]]
        values += [
            [folder["tools"][name][f"{figure}_{axis}"]["value"] for axis in ("arousal", "valence")]
            for name in ("vibenet", "sonara")
        ]
        cells = [" / ".join(f"{value:.3f}".removeprefix("0") for value in pair) for pair in values]
        (line,) = [line for line in page.splitlines() if line.startswith(("| AUC of", "| r of")) and cells[0] in line]
        assert [cell.split(",")[0] for cell in line.strip("| ").split(" | ")[1:]] == cells
