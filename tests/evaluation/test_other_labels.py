"""Evaluation against quadrants, comparisons and words agrees with direct counts."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score, roc_auc_score

from moodcurve.datasets import Dataset, DatasetError, Song
from moodcurve.datasets.comparison import Comparison
from moodcurve.evaluation import evaluate
from moodcurve.evaluation.other_labels import evaluate_comparisons, evaluate_other_labels
from moodcurve.learn.export import export
from moodcurve.learn.training import train
from moodcurve.mood.circumplex import QUADRANTS
from moodcurve.runtime import load_model
from tests.helpers.training_songs import made_dataset, with_quadrants_only

DATASET = made_dataset(30)
MEANS = np.random.default_rng(0).uniform(-1, 1, (30, 2))


def with_words(song: Song, words: dict[str, float]) -> Song:
    none = np.empty(0)
    annotation = replace(song.annotation, times_s=none, arousal=none, valence=none, words=words)
    empty = replace(song.features, values=song.x[:0], times_s=none)
    return replace(song, features=empty, recording=song.features, annotation=annotation)


def test_quadrants() -> None:
    songs = with_quadrants_only(DATASET).songs
    found = evaluate_other_labels(songs, MEANS)
    assert list(found) == ["quadrants"]
    truth = [QUADRANTS.index(song.annotation.quadrant or "") for song in songs]
    predicted = [(0 if v >= 0 else 1) if a >= 0 else (3 if v >= 0 else 2) for a, v in MEANS]
    assert found["quadrants"]["songs"] == 30
    assert found["quadrants"]["accuracy"] == pytest.approx(accuracy_score(truth, predicted))
    assert found["quadrants"]["f1"] == pytest.approx(f1_score(truth, predicted, average="macro"))
    high = {"arousal": [t in (0, 1) for t in truth], "valence": [t in (0, 3) for t in truth]}
    for column, axis in enumerate(("arousal", "valence")):
        assert found["quadrants"]["auc"][axis] == pytest.approx(roc_auc_score(high[axis], MEANS[:, column]))


def test_one_quadrant_has_no_auc() -> None:
    songs = [song for song in with_quadrants_only(DATASET).songs if song.annotation.quadrant == QUADRANTS[0]]
    found = evaluate_other_labels(songs, MEANS[: len(songs)])["quadrants"]
    assert found["auc"] == {"arousal": None, "valence": None}


def test_comparisons() -> None:
    means = {"a": (0.9, 0.1), "b": (0.1, 0.1), "c": (-0.4, 0.8)}
    pairs = [
        Comparison(axis="arousal", higher="a", lower="b", is_unanimous=True),  # as predicted
        Comparison(axis="arousal", higher="c", lower="b"),  # the other way round
        Comparison(axis="arousal", higher="a", lower="c"),  # as predicted
        Comparison(axis="arousal", higher="a", lower="b", is_equal=True),  # not counted
        Comparison(axis="valence", higher="a", lower="b"),  # predicted equal
    ]
    found = evaluate_comparisons(means, pairs)
    assert found["arousal"] == {
        "pairs": 3,
        "accuracy": pytest.approx(2 / 3),
        "unanimous_pairs": 1,
        "unanimous_accuracy": 1.0,
        "equal_pairs": 1,
    }
    assert found["valence"]["accuracy"] == 0.5
    assert found["valence"]["unanimous_accuracy"] is None


def test_words() -> None:
    rng = np.random.default_rng(1)
    shares = [{"calm": float(rng.uniform()), "tense": 0.5} for _ in DATASET.songs]
    songs = [with_words(song, one) for song, one in zip(DATASET.songs, shares, strict=True)]
    found = evaluate_other_labels(songs, MEANS)["words"]
    assert found["songs"] == 30
    expected = np.corrcoef([one["calm"] for one in shares], MEANS[:, 1])[0, 1]
    assert found["r"]["calm"]["valence"] == pytest.approx(expected)
    assert found["r"]["tense"] == {"arousal": None, "valence": None}


def test_a_model_is_evaluated_on_songs_without_ratings(tmp_path: Path) -> None:
    path = tmp_path / "mlr.onnx"
    export(train(made_dataset(20, seed=1), "mlr"), path, name="made-mlr")
    model = load_model(path)
    songs = with_quadrants_only(DATASET).songs
    means = {song.song_id: model.predict(song.full_features).clip(-1, 1).mean(axis=0) for song in songs}
    higher, lower = sorted(("1", "2"), key=lambda name: -means[name][0])
    comparison = Comparison(axis="arousal", higher=higher, lower=lower)
    dataset = Dataset(name="made", songs=songs, comparisons=(comparison,))
    result = evaluate(dataset, model)
    assert list(result) == ["model", "songs", "quadrants", "comparisons", "songs_trained_on"]
    assert (result["songs"], result["comparisons"]["arousal"]["accuracy"]) == (30, 1.0)
    assert evaluate(dataset, path) == result
    # songs with ratings next to those with a quadrant: both kinds of metrics
    mixed = evaluate(Dataset(name="made", songs=(*DATASET.songs[:10], *songs[10:])), model)
    assert (mixed["songs"], mixed["quadrants"]["songs"]) == (10, 20)
    assert mixed["arousal"] == evaluate(Dataset(name="made", songs=DATASET.songs[:10]), model)["arousal"]


def test_songs_without_any_label_cannot_be_tested_on(tmp_path: Path) -> None:
    export(train(made_dataset(20, seed=1), "mlr"), tmp_path / "mlr.onnx", name="made-mlr")
    songs = tuple(with_words(song, {}) for song in DATASET.songs)
    with pytest.raises(DatasetError, match="its 30 songs have other labels, but no ratings"):
        evaluate(Dataset(name="made", songs=songs), load_model(tmp_path / "mlr.onnx"))
