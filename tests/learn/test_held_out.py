"""A user's model file holds what the packaged one holds: metrics, intervals, probabilities, rating, novelty."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from moodcurve.datasets import Dataset, DatasetError, Song
from moodcurve.datasets.splits import k_fold
from moodcurve.features import COMPARE260, Features
from moodcurve.learn import TrainingError
from moodcurve.learn.held_out import cross_validate
from moodcurve.learn.models.base import predict_rated
from moodcurve.learn.models.mlr import MLRConfig
from moodcurve.learn.training import FAMILIES
from moodcurve.runtime import load_model
from moodcurve.runtime.intervals import Intervals
from moodcurve.runtime.song_rating import Line
from tests.helpers.command_line import run
from tests.helpers.training_songs import made_dataset, write_own_songs


def rated(song: Song) -> Song:
    """Add a rating of the whole song: the mean of its labels."""
    arousal, valence = song.y.mean(axis=0)
    return replace(song, annotation=replace(song.annotation, song_arousal=arousal, song_valence=valence))


def rated_dataset(songs: int, frames: int = 20) -> Dataset:
    made = made_dataset(songs, frames=frames, feature_set=COMPARE260)
    return replace(made, songs=tuple(rated(song) for song in made.songs))


def plain_errors(dataset: Dataset, seed: int) -> list[np.ndarray]:
    """Compute errors of linear regression on five folds with disjoint artists, by an independent loop."""
    errors: dict[int, np.ndarray] = {}
    for train, test in k_fold(dataset.songs, 5, seed, by="artist"):
        model = FAMILIES["mlr"].train([dataset.songs[i] for i in train], MLRConfig(), seed=seed)
        for i in test:
            errors[int(i)] = dataset.songs[i].y - np.clip(predict_rated(model, dataset.songs[i]), -1, 1)
    return [errors[i] for i in range(len(dataset.songs))]


def test_results_follow_from_the_folds() -> None:
    dataset = rated_dataset(60)
    held = cross_validate(dataset, "mlr", seed=3)
    errors = plain_errors(dataset, 3)
    squares = np.sqrt(np.mean([(e**2).mean(axis=0) for e in errors], axis=0))
    assert (held.calibration.rms_errors.arousal, held.calibration.rms_errors.valence) == pytest.approx(
        tuple(squares), rel=1e-9
    )
    pooled = np.sqrt((np.vstack(errors) ** 2).mean(axis=0))
    assert held.metrics["arousal"]["rmse"]["value"] == pytest.approx(pooled[0], rel=1e-9)
    assert held.metrics["songs"] == 60
    assert "5 folds, split by artist" in held.metrics["protocol"]
    intervals = held.calibration.intervals
    assert isinstance(intervals, Intervals)
    below, above = intervals.arousal
    inside = [((e[:, 0] >= -below) & (e[:, 0] <= above)).mean() for e in errors]
    # on each side .95 of 61 songs, including the new one, are inside: 57.95 of 60, in steps of one of 1200 points
    assert np.mean(inside) == pytest.approx(2 * 57.95 / 60 - 1, abs=2 / 1200)
    assert isinstance(held.calibration.song_rating.arousal, Line)
    assert held.novelty is None  # 60 songs are too few for a limit that holds 99 %


def test_settings_are_used() -> None:
    dataset = made_dataset(30, frames=5)
    plain = replace(MLRConfig().preprocessing, compress=False)
    held = cross_validate(dataset, "mlr", config=MLRConfig(preprocessing=plain))
    assert held.calibration.rms_errors != cross_validate(dataset, "mlr").calibration.rms_errors
    assert held.calibration.song_rating is None  # no song has a rating of the whole song


def test_too_few_songs_or_artists_raise() -> None:
    with pytest.raises(TrainingError, match="number of songs must be 19 or more to calibrate intervals, got 18"):
        cross_validate(made_dataset(18, frames=3), "mlr")
    dataset = made_dataset(30, frames=3)
    one = replace(dataset, songs=tuple(replace(song, artist="Ann") for song in dataset.songs))
    with pytest.raises(DatasetError, match="artist"):
        cross_validate(one, "mlr")


@pytest.fixture
def own_songs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """110 custom songs, long enough for a passage, each with a rating of the whole song."""
    monkeypatch.setenv("MOODCURVE_CACHE", str(tmp_path / "cache"))
    home = tmp_path / "my songs"
    write_own_songs(home, made_dataset(110, feature_set=COMPARE260))
    return home


def test_a_users_model_file_holds_what_the_packaged_one_holds(own_songs: Path, tmp_path: Path) -> None:
    done = run("train", own_songs, "--model", "mlr", "--intervals", "-o", tmp_path / "mine.onnx")
    assert done.exit_code == 0, done.stderr
    mine, packaged = load_model(tmp_path / "mine.onnx"), load_model()
    # the packaged model has no metadata that a user's file lacks
    assert set(mine.metadata) == set(packaged.metadata)
    metrics = json.loads(mine.metadata["metrics"])
    assert set(metrics) == set(json.loads(packaged.metadata["metrics"]))
    song = made_dataset(1, frames=60, seed=7).songs[0]
    features = Features(song.x, song.features.times_s, mine.feature_set)
    curve = mine.curve(features, source="song.flac", duration_s=30.5)
    assert curve.arousal_interval.shape == (60, 2)
    assert (curve.arousal_interval[:, 0] < curve.arousal).all()
    assert (curve.arousal < curve.arousal_interval[:, 1]).all()
    np.testing.assert_allclose(curve.probabilities.sum(axis=1), 1, atol=1e-12)
    assert curve.song_interval is not None
    assert curve.rating is not None
    assert curve.novelty is not None
    judged = run("evaluate", own_songs, "--model", tmp_path / "mine.onnx", "--json")
    # the intervals were calibrated on unseen songs; the model fits its training songs better
    assert json.loads(judged.stdout)["arousal"]["coverage90"] > 0.9


def test_without_the_option_metrics_are_marked_as_those_on_training_songs(own_songs: Path, tmp_path: Path) -> None:
    assert run("train", own_songs, "--model", "mlr", "-o", tmp_path / "mine.onnx").exit_code == 0
    mine = load_model(tmp_path / "mine.onnx")
    assert mine.intervals is None
    assert json.loads(mine.metadata["metrics"])["protocol"] == "on its own training songs"
