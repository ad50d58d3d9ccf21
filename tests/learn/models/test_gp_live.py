"""The live Gaussian-process model: its file, rows that arrive one by one, levels, silence, and what it learns from."""

from pathlib import Path

import numpy as np
import pytest

from moodcurve.features import COMPARE236, Features
from moodcurve.learn import TrainingError
from moodcurve.learn.export import export
from moodcurve.learn.held_out import cross_validate
from moodcurve.learn.models.gp_live import GPLiveConfig, fit_gp_live
from moodcurve.learn.models.state_space import fit_state_space
from moodcurve.learn.training import train
from moodcurve.runtime import Model, load_model
from tests.helpers.training_songs import level_exponents, made_sounding_dataset, with_quadrants_only
from tests.learn.models.test_gp import LONG, RATED, SONGS, with_silence

ROWS = LONG["compare236"]
LEVELS = level_exponents(COMPARE236)
STATE_TOLERANCE = 1e-5
"""The state between calls is in single precision."""


@pytest.fixture(scope="module", params=["compare236", "joined"])
def files(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple:
    """A trained model, its file, and the rows of a long recording."""
    trained = train(SONGS[request.param], "gp-live")
    path = tmp_path_factory.mktemp("models") / "m.onnx"
    export(trained, path, name="m")
    return trained.model, load_model(path), LONG[request.param]


def features(model: Model, rows: np.ndarray, start: int = 0) -> Features:
    return Features(rows, np.arange(start, start + len(rows)) * 0.5, model.feature_set)


def streamed(model: Model, rows: np.ndarray, size: int) -> np.ndarray:
    stream = model.stream()
    parts = [stream.push(features(model, rows[i : i + size], i)).values for i in range(0, len(rows), size)]
    return np.vstack(parts)


def test_file_and_trained_model_agree(files: tuple) -> None:
    trained, model, rows = files
    for some in (rows, rows[:1], rows[:7], with_silence(rows, 50), with_silence(rows[:1], 3)[1:]):
        # predictions of the file are in single precision
        expected = np.clip(trained.predict(some), -1, 1)
        np.testing.assert_allclose(model.predict(features(model, some)), expected, atol=1e-5)


@pytest.mark.parametrize("size", [1, 7, 64])
def test_rows_that_arrive_in_parts_give_the_same_predictions(files: tuple, size: int) -> None:
    _, model, rows = files
    some = np.vstack([with_silence(rows[:30], 9), rows[30:]])
    np.testing.assert_allclose(streamed(model, some, size), model.predict(features(model, some)), atol=STATE_TOLERANCE)


def test_hours_in_parts_give_the_same_predictions(files: tuple) -> None:
    _, model, rows = files
    many = np.vstack([rows] * 20)
    np.testing.assert_allclose(streamed(model, many, 50), model.predict(features(model, many)), atol=STATE_TOLERANCE)


def test_later_rows_do_not_matter(files: tuple) -> None:
    trained, _, rows = files
    np.testing.assert_allclose(trained.predict(rows)[:40], trained.predict(rows[:40]), atol=1e-12)


@pytest.mark.parametrize("gain", [0.1, 2.0])
def test_level_of_the_recording_does_not_matter(gain: float) -> None:
    model = fit_gp_live(SONGS["compare236"].songs, GPLiveConfig())
    quiet = (ROWS * gain**LEVELS).astype(np.float32)
    # the features are in single precision
    np.testing.assert_allclose(model.predict(quiet), model.predict(ROWS), atol=1e-5)


def test_a_change_of_level_is_forgotten_within_the_memory() -> None:
    model = fit_gp_live(SONGS["compare236"].songs, GPLiveConfig(memory_s=5.0, loudness_memory_s=5.0))
    louder = ROWS.copy()
    louder[100:] = (ROWS[100:] * 2.0**LEVELS).astype(np.float32)
    changed = np.abs(model.predict(louder) - model.predict(ROWS))
    assert changed[:100].max() == 0
    assert changed[100:110].max() > 0.01
    # the Kalman filter, whose memory is ten minutes, remembers the rows that were too loud
    assert changed[220:].max() < 0.02


def test_silence_changes_nothing_but_the_filter_in_the_rows_after_it() -> None:
    model = fit_gp_live(SONGS["compare236"].songs, GPLiveConfig(share_arousal=0.0, share_valence=0.0))
    paused = np.vstack([with_silence(ROWS[:60], 20), ROWS[60:]])
    found = model.predict(paused)
    expected = model.predict(ROWS)
    np.testing.assert_allclose(found[:60], expected[:60], atol=1e-12)
    np.testing.assert_allclose(found[60:80], expected[59:60].repeat(20, axis=0), atol=1e-12)
    np.testing.assert_allclose(found[80:], expected[60:], atol=1e-12)


def test_silence_alone_is_finite() -> None:
    model = fit_gp_live(SONGS["compare236"].songs, GPLiveConfig())
    assert np.isfinite(model.predict(with_silence(ROWS[:1], 20)[1:])).all()


def test_shares_choose_between_the_filter_and_the_rest() -> None:
    songs = SONGS["compare236"].songs
    filtered = fit_gp_live(songs, GPLiveConfig(share_arousal=1.0, share_valence=1.0, stretch_arousal=1.0))
    rest = fit_gp_live(songs, GPLiveConfig(share_arousal=0.0, share_valence=0.0, stretch_arousal=1.0))
    half = fit_gp_live(songs, GPLiveConfig(share_arousal=0.5, share_valence=0.5, stretch_arousal=1.0))
    expected = (filtered.predict(ROWS) + rest.predict(ROWS)) / 2
    np.testing.assert_allclose(half.predict(ROWS), expected, atol=1e-12)
    assert np.abs(filtered.predict(ROWS) - rest.predict(ROWS)).max() > 0.05


def test_filter_is_that_of_the_state_space_model() -> None:
    config = GPLiveConfig(share_arousal=1.0, share_valence=1.0, stretch_arousal=1.0, stretch_valence=1.0)
    model = fit_gp_live(SONGS["compare236"].songs, config)
    z, sounding, _ = model.past.apply(ROWS)
    np.testing.assert_allclose(model.predict(ROWS), model.state_space.predict(z * sounding), atol=1e-12)
    assert type(model.state_space) is type(fit_state_space(RATED, config.state_space))


def test_quadrants_help_where_few_songs_are_rated() -> None:
    quadrants = with_quadrants_only(made_sounding_dataset(60, frames=30, seed=2)).songs
    test = made_sounding_dataset(60, frames=30, seed=6).songs
    y = np.array([song.y.mean(axis=0)[0] for song in test])
    r = []
    for songs in (RATED[:10], [*RATED[:10], *quadrants]):
        model = fit_gp_live(songs, GPLiveConfig())
        r.append(np.corrcoef([model.predict(song.x)[:, 0].mean() for song in test], y)[0, 1])
    assert r[1] > r[0] + 0.02


def test_same_songs_give_the_same_model_and_progress_is_reported() -> None:
    steps: list[tuple] = []
    one = fit_gp_live(SONGS["compare236"].songs, GPLiveConfig(), progress=lambda *step: steps.append(step))
    two = fit_gp_live(SONGS["compare236"].songs, GPLiveConfig())
    np.testing.assert_array_equal(one.predict(ROWS), two.predict(ROWS))
    assert [step[:2] for step in steps] == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_novelty_does_not_depend_on_the_level_or_on_later_rows(tmp_path: Path) -> None:
    """The embedding reads single rows, without the columns that depend on the level."""
    dataset = made_sounding_dataset(110, frames=22)
    held = cross_validate(dataset, "gp-live")
    path = tmp_path / "m.onnx"
    export(train(dataset, "gp-live"), path, name="m", calibration=held.calibration, novelty=held.novelty)
    model = load_model(path)
    novelty = model.predict_with_std(features(model, ROWS[:60])).novelty
    quiet = (ROWS[:60] * 0.1**LEVELS).astype(np.float32)
    assert novelty is not None
    assert model.predict_with_std(features(model, quiet)).novelty == pytest.approx(novelty, rel=1e-6)
    stream = model.stream()
    for start in range(0, 60, 5):
        last = stream.push(features(model, ROWS[start : start + 5], start))
    assert last.novelty == pytest.approx(novelty, rel=1e-6)


def test_no_songs_and_no_ratings_raise() -> None:
    with pytest.raises(TrainingError, match="songs must be at least one song, got 0"):
        fit_gp_live([], GPLiveConfig())
    with pytest.raises(TrainingError, match="at least one song with ratings, got 'none'"):
        fit_gp_live(with_quadrants_only(made_sounding_dataset(6)).songs, GPLiveConfig())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"memory_s": 0.5}, "memory_s must be from 1 to 3600"),
        ({"loudness_memory_s": 4000.0}, "loudness_memory_s must be from 1 to 3600"),
        ({"lag_s": 0.0}, "lag_s must be from 0.5 to 60"),
        ({"ridge": 0.0}, "ridge must be positive"),
        ({"share_arousal": 1.1}, "share_arousal must be from 0 to 1"),
        ({"stretch_valence": 0.0}, "stretch_valence must be positive"),
    ],
)
def test_settings_out_of_range_raise(settings: dict, message: str) -> None:
    with pytest.raises(TrainingError, match=message):
        GPLiveConfig(**settings)
