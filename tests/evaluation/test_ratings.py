"""Evaluation agrees with direct formulas."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from moodcurve.evaluation import count_training_songs, evaluate, evaluate_predictions, training_ids
from moodcurve.learn.export import export
from moodcurve.learn.training import train
from moodcurve.learn.uncertainty.calibration import Calibration
from moodcurve.runtime import ModelError, load_model
from moodcurve.runtime.intervals import Intervals, RmsErrors
from tests.helpers.training_songs import made_dataset

DATASET = made_dataset(12)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory):
    path = tmp_path_factory.mktemp("models") / "mlr.onnx"
    export(train(made_dataset(30, seed=1), "mlr"), path, name="made-mlr")
    return load_model(path)


def concordance(t: np.ndarray, p: np.ndarray) -> float:
    return 2 * np.cov(t, p, bias=True)[0, 1] / (t.var() + p.var() + (t.mean() - p.mean()) ** 2)


def test_metrics_agree_with_direct_formulas(model) -> None:
    metrics = evaluate(DATASET, model)
    assert list(metrics) == ["model", "songs", "arousal", "valence", "songs_trained_on"]
    assert (metrics["model"], metrics["songs"]) == ("made-mlr", 12)
    for axis, column in (("arousal", 0), ("valence", 1)):
        pairs = [(s.y[:, column], model.predict(s.features)[:, column]) for s in DATASET.songs]
        t, p = np.concatenate([a for a, _ in pairs]), np.concatenate([b for _, b in pairs])
        expected = {
            "rmse_song": np.mean([np.sqrt(((a - b) ** 2).mean()) for a, b in pairs]),
            "r_song": np.mean([np.corrcoef(a, b)[0, 1] for a, b in pairs]),
            "ccc_song": np.mean([concordance(a, b) for a, b in pairs]),
            "rmse": np.sqrt(((t - p) ** 2).mean()),
            "r": np.corrcoef(t, p)[0, 1],
            "r2": np.corrcoef(t, p)[0, 1] ** 2,
            "ccc": concordance(t, p),
            "determination": 1 - ((t - p) ** 2).mean() / t.var(),
        }
        # a model without intervals
        assert (metrics[axis].pop("coverage90"), metrics[axis].pop("width90")) == (None, None)
        assert metrics[axis] == pytest.approx(expected, rel=1e-9)
        assert list(metrics[axis]) == list(expected)


def test_interval_metrics_are_coverage_and_width(tmp_path: Path) -> None:
    reaches = {"song_arousal": (0.1, 0.1), "song_valence": (0.1, 0.1)}
    spreads = RmsErrors(songs=30, arousal=0.1, valence=0.1, song_arousal=0.1, song_valence=0.1)
    intervals = Intervals(scale="constant", songs=30, arousal=(0.1, 0.2), valence=(0.0, 2.0), **reaches)
    export(
        train(made_dataset(30, seed=1), "mlr"),
        tmp_path / "intervals.onnx",
        name="intervals",
        calibration=Calibration(intervals=intervals, rms_errors=spreads),
    )
    model = load_model(tmp_path / "intervals.onnx")
    metrics = evaluate(DATASET, model)
    inside, widths = [], []
    for song in DATASET.songs:
        p = model.predict(song.features)
        low, high = np.maximum(p - np.array([0.1, 0.0]), -1), np.minimum(p + np.array([0.2, 2.0]), 1)
        inside.append(((low <= song.y) & (song.y <= high)).mean(axis=0))
        widths.append((high - low).mean(axis=0))
    for axis, column in (("arousal", 0), ("valence", 1)):
        assert metrics[axis]["coverage90"] == pytest.approx(np.mean(inside, axis=0)[column], rel=1e-12)
        assert metrics[axis]["width90"] == pytest.approx(np.mean(widths, axis=0)[column], rel=1e-12)
    assert 0 < metrics["arousal"]["coverage90"] < 1


def test_undefined_metrics_are_none_and_strict_json() -> None:
    constant = [np.full((len(song.y), 2), 0.1) for song in DATASET.songs]
    metrics = evaluate_predictions(DATASET.songs, constant)
    assert metrics["arousal"]["r_song"] is None
    assert metrics["arousal"]["r"] is None
    assert metrics["arousal"]["rmse"] > 0
    json.dumps(metrics, allow_nan=False)


def test_predictions_are_clipped_before_scoring() -> None:
    far = [song.y * 100 for song in DATASET.songs]
    clipped = [np.clip(song.y * 100, -1, 1) for song in DATASET.songs]
    assert evaluate_predictions(DATASET.songs, far) == evaluate_predictions(DATASET.songs, clipped)
    assert evaluate_predictions(DATASET.songs, far)["arousal"]["rmse"] < 2


def test_training_songs_of_the_model_are_counted(tmp_path: Path) -> None:
    half = replace(DATASET, songs=DATASET.songs[:6])
    export(train(half, "mlr"), tmp_path / "half.onnx", name="half")
    model = load_model(tmp_path / "half.onnx")
    assert training_ids(model.metadata) == ("1", "2", "3", "4", "5", "6")
    assert evaluate(DATASET, model)["songs_trained_on"] == 6
    assert evaluate(replace(DATASET, name="other songs with the same ids"), model)["songs_trained_on"] == 0
    several = replace(model, metadata={**model.metadata, "training_data": f"other songs + {DATASET.name}"})
    assert evaluate(DATASET, several)["songs_trained_on"] == 6


@pytest.mark.parametrize(("name", "count"), [("others", 1), ("mine", 2), ("all + of it", 3), ("of it", 3), ("new", 0)])
def test_the_same_id_in_another_set_is_another_song(name: str, count: int) -> None:
    metadata = {
        "training_data": "others + mine + all + of it",
        "song_ids": '["1", "1", "2", "1", "2", "3"]',
        "training_sets": '{"others": 1, "mine": 2, "all + of it": 3}',
    }
    assert count_training_songs(replace(DATASET, name=name), metadata) == count


@pytest.mark.parametrize("counts", ["{", "[6]", '{"made": 5}', '{"made": "6"}', '{"a": 7, "made": -1}'])
def test_training_sets_that_do_not_count_the_ids_are_refused(counts: str) -> None:
    metadata = {"training_data": "made", "song_ids": '["1", "2", "3", "4", "5", "6"]', "training_sets": counts}
    with pytest.raises(ModelError, match="'training_sets' do not count"):
        count_training_songs(DATASET, metadata)
