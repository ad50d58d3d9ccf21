"""The two-level model compared with scikit-learn and direct formulas; its files; songs of any length."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.svm import SVR

from moodcurve.features import Features
from moodcurve.learn import TrainingError
from moodcurve.learn.export import export
from moodcurve.learn.models.two_level import TwoLevelConfig, exponential_average, fit_two_level
from moodcurve.learn.preprocessing.pipeline import fit_preprocessing, stack_songs
from moodcurve.learn.training import train
from moodcurve.runtime import load_model
from tests.helpers.training_songs import made_dataset

DATASET = made_dataset(24, frames=30)
SONGS = DATASET.songs
LONG = np.vstack([song.x for song in made_dataset(10, seed=4, frames=40).songs])


def loop_average(x: np.ndarray, decay: float) -> np.ndarray:
    rows = [x[0]]
    for row in x[1:]:
        rows.append(decay * rows[-1] + (1 - decay) * row)
    return np.array(rows)


def test_exponential_average_equals_the_recursion() -> None:
    x = np.random.default_rng(0).normal(size=(40, 3))
    np.testing.assert_allclose(exponential_average(x, 0.8), loop_average(x, 0.8), atol=1e-12)
    np.testing.assert_array_equal(exponential_average(x, 0.0), x)
    np.testing.assert_allclose(exponential_average(np.ones((9, 2)), 0.9), 1, rtol=1e-12)


def test_model_equals_scikit_learns_svr_of_songs_and_ridge_of_moments() -> None:
    config = TwoLevelConfig(lag_s=2.0, ridge=0.5)
    model = fit_two_level(SONGS, config)
    steps = fit_preprocessing(stack_songs(SONGS)[0], config.preprocessing)
    z = [steps.apply(song.x) for song in SONGS]
    stats = np.array([np.hstack([v.mean(axis=0), v.std(axis=0)]) for v in z])
    center, std = stats.mean(axis=0), stats.std(axis=0)
    decay = np.exp(-0.5 / 2.0)

    def passages(s: np.ndarray) -> np.ndarray:
        return np.clip((s - center) / std, -5, 5)

    moments = [loop_average(v, decay) - v.mean(axis=0) for v in z]
    rows, target = np.vstack(moments), np.vstack([song.y - song.y.mean(axis=0) for song in SONGS])
    size = np.sqrt((rows**2).mean(axis=0))
    ridge = Ridge(alpha=0.5 * len(rows), fit_intercept=False, solver="cholesky").fit(rows / size, target)
    new = steps.apply(LONG[:40])
    for axis in range(2):
        means = np.array([song.y[:, axis].mean() for song in SONGS])
        weights = np.array([abs(np.corrcoef(column, means)[0, 1]) ** 0.5 for column in passages(stats).T])
        weights /= np.sqrt((weights**2).mean())
        level = SVR(C=1.0, epsilon=0.1, gamma=0.25 / stats.shape[1])
        level.fit((passages(stats) * weights).astype(np.float32).astype(float), means)
        summary = np.hstack([new.mean(axis=0), new.std(axis=0)])
        expected = level.predict(passages(summary[None]) * weights)
        expected = expected + (loop_average(new, decay) - new.mean(axis=0)) / size @ ridge.coef_[axis]
        # standard deviations come from cumulative sums, and the ridge from another solver
        np.testing.assert_allclose(model.predict(LONG[:40])[:, axis], expected, atol=1e-7)


def test_constant_song_has_a_constant_prediction() -> None:
    model = fit_two_level(SONGS, TwoLevelConfig())
    predicted = model.predict(np.repeat(LONG[:1], 50, axis=0))
    np.testing.assert_allclose(predicted, predicted[:1].repeat(50, axis=0), atol=1e-7)


def test_level_is_trained_on_all_rows_and_trajectory_on_rated_rows() -> None:
    def extended(song, before: np.ndarray):
        rows = np.vstack([before, song.x])
        times = song.features.times_s[0] + (np.arange(len(rows)) - len(before)) * 0.5
        return replace(song, recording=Features(rows, times, song.features.feature_set))

    songs = [extended(song, song.x[:5]) for song in SONGS]
    assert songs[3].rated == slice(5, 35)
    same = fit_two_level(SONGS, TwoLevelConfig())
    model = fit_two_level(songs, TwoLevelConfig())
    assert np.abs(model.predict(LONG) - same.predict(LONG)).max() > 1e-4
    z = model.preprocessing.apply(songs[0].full_features.values)
    expected = np.mean([model.preprocessing.apply(s.full_features.values).mean(axis=0) for s in songs], axis=0)
    np.testing.assert_allclose(model.scaling.offset[: z.shape[1]], expected, atol=1e-9)


def test_long_rated_songs_give_several_passages() -> None:
    # of 30 rows, 8 s to each side (32 rows) give one passage, 4 s (16 rows) two
    one, two = (fit_two_level(SONGS, TwoLevelConfig(context_s=s, epsilon=0.0)) for s in (8.0, 4.0))
    for few, many in zip(one.levels, two.levels, strict=True):
        assert len(few.support) <= len(SONGS) < len(many.support)


def test_constant_labels_give_equal_weights_and_are_predicted() -> None:
    def constant(song):
        return replace(song, annotation=replace(song.annotation, arousal=song.annotation.arousal * 0 + 0.3))

    model = fit_two_level([constant(song) for song in SONGS], TwoLevelConfig())
    np.testing.assert_array_equal(model.levels[0].relevance, 1.0)
    # within epsilon of the regression
    np.testing.assert_allclose(model.predict(LONG)[:, 0], 0.3, atol=0.1)


def test_prediction_depends_on_the_context_only() -> None:
    config = TwoLevelConfig(context_s=8.0, lag_s=1.0)
    model = fit_two_level(SONGS, config)
    whole, part = model.predict(LONG), model.predict(LONG[100:300])
    # the context reaches 16 rows, and the average has decayed to e^-50
    np.testing.assert_allclose(whole[200:284], part[100:184], atol=1e-9)


@pytest.mark.parametrize("config", [TwoLevelConfig(), TwoLevelConfig(context_s=5.0, lag_s=0.0)])
def test_file_and_trained_model_agree(config: TwoLevelConfig, tmp_path: Path) -> None:
    trained = train(DATASET, "two-level", config=config)
    export(trained, tmp_path / "m.onnx", name="m")
    model = load_model(tmp_path / "m.onnx")
    for rows in (LONG, LONG[:1], LONG * 20):
        features = Features(rows, np.arange(len(rows)) * 0.5, DATASET.feature_set)
        # predictions of the file are in single precision
        np.testing.assert_allclose(model.predict(features), np.clip(trained.model.predict(rows), -1, 1), atol=1e-5)


def test_windows_of_a_long_recording_give_the_same_predictions(tmp_path: Path) -> None:
    trained = train(DATASET, "two-level", config=TwoLevelConfig(context_s=20.0))
    export(trained, tmp_path / "m.onnx", name="m")
    rows = np.vstack([LONG] * 12)
    assert len(rows) > 4096
    features = Features(rows, np.arange(len(rows)) * 0.5, DATASET.feature_set)
    predicted = load_model(tmp_path / "m.onnx").predict(features)
    np.testing.assert_allclose(predicted, np.clip(trained.model.predict(rows), -1, 1), atol=1e-5)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"context_s": 0.0}, "context_s must be from 0.5 to 600"),
        ({"C": 0.0}, "C must be positive"),
        ({"epsilon": -0.1}, "epsilon must be 0 or positive"),
        ({"gamma": 0.0}, "gamma must be positive"),
        ({"lag_s": 61.0}, "lag_s must be from 0 to 60"),
        ({"ridge": 0.0}, "ridge must be positive"),
    ],
)
def test_settings_out_of_range_raise(settings: dict, message: str) -> None:
    with pytest.raises(TrainingError, match=message):
        TwoLevelConfig(**settings)
