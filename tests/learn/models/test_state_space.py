"""State-space models: filter and smoother compared with the Gaussian posterior; model files; settings."""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from moodcurve.datasets.splits import k_fold
from moodcurve.features import Features
from moodcurve.learn import TrainingError
from moodcurve.learn.benchmarks.protocols import read_for
from moodcurve.learn.export import export
from moodcurve.learn.kalman.filter import Dynamics, kalman_filter, kalman_smoother
from moodcurve.learn.kalman.nodes import MARGIN_ROWS
from moodcurve.learn.models.base import FittedModel, predict_rated
from moodcurve.learn.models.ffnn import FFNNConfig
from moodcurve.learn.models.state_space import (
    OBSERVATION,
    OUTPUT,
    LiveStateSpaceConfig,
    StateSpaceConfig,
    fit_dynamics,
    fit_state_space,
)
from moodcurve.learn.onnx_graph import Graph
from moodcurve.learn.training import train
from moodcurve.runtime import load_model
from tests.helpers.training_songs import made_dataset

DATASET = made_dataset(24, frames=30)
LONG = np.vstack([song.x for song in made_dataset(10, seed=4, frames=40).songs])


def some_system(seed: int) -> Dynamics:
    """Return a random stable system of eight variables."""
    rng = np.random.default_rng(seed)
    transition = rng.normal(size=(8, 8))
    transition *= 0.95 / np.abs(np.linalg.eigvals(transition)).max()
    root, start = rng.normal(size=(2, 8, 8))
    return Dynamics(
        transition=transition,
        noise=0.1 * root @ root.T,
        initial=start @ start.T,
        observation=OBSERVATION,
        output=OUTPUT,
    )


def posterior(z: np.ndarray, system: Dynamics) -> np.ndarray:
    """Compute the output given all observations by inverting the joint covariance of the whole sequence."""
    n, k = len(z), len(system.transition)
    variances = [system.initial]
    for _ in range(n - 1):
        variances.append(system.transition @ variances[-1] @ system.transition.T + system.noise)
    joint = np.empty((n, k, n, k))
    for s in range(n):
        for t in range(s, n):
            lagged = np.linalg.matrix_power(system.transition, t - s) @ variances[s]
            joint[t, :, s, :], joint[s, :, t, :] = lagged, lagged.T
    joint = joint.reshape(n * k, n * k)
    observed, wanted = np.kron(np.eye(n), system.observation), np.kron(np.eye(n), system.output)
    seen = observed @ joint @ observed.T
    return (wanted @ joint @ observed.T @ np.linalg.solve(seen, z.ravel())).reshape(n, 2)


@pytest.mark.parametrize("seed", [0, 1])
def test_smoother_is_the_posterior_of_the_whole_sequence(seed: int) -> None:
    z = np.random.default_rng(seed + 10).normal(size=(12, 2))
    # two solutions of the same linear problem with 96 unknowns in double precision
    np.testing.assert_allclose(kalman_smoother(z, some_system(seed)), posterior(z, some_system(seed)), atol=1e-8)


def test_filter_is_the_posterior_of_the_past_sequence() -> None:
    z = np.random.default_rng(3).normal(size=(9, 2))
    expected = [posterior(z[: t + 1], some_system(2))[-1] for t in range(len(z))]
    np.testing.assert_allclose(kalman_filter(z, some_system(2)), expected, atol=1e-8)


def test_filter_and_smoother_agree_on_the_last_row() -> None:
    z = np.random.default_rng(4).normal(size=(50, 2))
    np.testing.assert_allclose(kalman_smoother(z, some_system(5))[-1], kalman_filter(z, some_system(5))[-1], rtol=1e-12)


def drifting_songs() -> list[np.ndarray]:
    """Return labels and predictions (n, 4) of songs that share a level and a slow random walk around it."""
    rng = np.random.default_rng(8)
    songs = []
    for _ in range(40):
        walk = np.cumsum(rng.normal(scale=0.01, size=(60, 2)), axis=0)
        level, offset = rng.normal(scale=0.25, size=2), rng.normal(scale=0.15, size=2)
        predicted = level + offset + walk + rng.normal(scale=0.08, size=(60, 2))
        songs.append(np.hstack([level + walk, predicted]))
    return songs


@pytest.mark.parametrize("estimate", [kalman_filter, kalman_smoother])
def test_repeated_music_gives_repeated_predictions_for_hours(
    estimate: Callable[[np.ndarray, Dynamics], np.ndarray],
) -> None:
    _, system = fit_dynamics(drifting_songs(), math.exp(-0.5 / 300))
    minute = np.random.default_rng(9).normal(scale=0.2, size=(120, 2))
    found = estimate(np.vstack([minute] * 90), system).reshape(90, 120, 2)
    # beyond the memory of 300 s only rounding differs, which must not grow over 10,800 rows
    np.testing.assert_allclose(found[60:-30], found[59:-31], atol=1e-9)


def test_dynamics_recover_the_generating_process() -> None:
    rng = np.random.default_rng(0)
    transition = np.array([[0.9, 0, 0.1, 0], [0, 0.8, 0, 0.1], [0, 0, 0.6, 0.2], [0, 0, 0, 0.7]])
    levels = rng.normal(size=(40, 4)) * [0.5, 0.4, 0.3, 0.2] + [0.1, 0.2, -0.1, 0]
    songs = []
    for level in levels:
        d = np.zeros((3000, 4))
        for t in range(1, len(d)):
            d[t] = transition @ d[t - 1] + 0.1 * rng.normal(size=4)
        songs.append(level + d)
    means, system = fit_dynamics(songs, 0.99)
    # 120,000 steps determine each entry of F to about sqrt(1/120000) = 0.003
    np.testing.assert_allclose(system.transition[4:, 4:], transition, atol=0.015)
    np.testing.assert_allclose(system.noise[4:, 4:], 0.01 * np.eye(4), atol=3e-4)
    np.testing.assert_allclose(means, levels.mean(axis=0), atol=0.02)
    np.testing.assert_allclose(system.initial[:4, :4], np.cov(levels.T, ddof=0), atol=0.02)
    np.testing.assert_array_equal(system.transition[:4, :4], 0.99 * np.eye(4))


def test_system_is_stationary_even_if_ratings_move_outward() -> None:
    growing = [np.outer(np.linspace(0.5, 1.5, 40), level) for level in np.random.default_rng(1).normal(size=(30, 4))]
    _, system = fit_dynamics(growing, 0.999)
    assert np.abs(np.linalg.eigvals(system.transition)).max() <= 1
    after = system.transition @ system.initial @ system.transition.T + system.noise
    np.testing.assert_allclose(after, system.initial, atol=1e-12)


@pytest.mark.parametrize("config", [StateSpaceConfig(), LiveStateSpaceConfig()])
def test_constant_labels_are_predicted(config: StateSpaceConfig) -> None:
    flat = made_dataset(10, frames=8)
    for song in flat.songs:
        song.annotation.arousal[:], song.annotation.valence[:] = 0.25, -0.5
    predicted = fit_state_space(flat.songs, config).predict(LONG)
    np.testing.assert_allclose(predicted, np.tile([0.25, -0.5], (len(LONG), 1)), atol=1e-6)


@pytest.mark.real
def test_smoother_is_better_than_its_base_on_real_songs(deam_dir: Path) -> None:
    songs = read_for(deam_dir, "deam").songs[::2]
    trained, tested = k_fold(songs, 5, 0, by="artist")[0]
    model = fit_state_space([songs[i] for i in trained], StateSpaceConfig())

    def arousal_r(fitted: FittedModel) -> float:
        predicted = np.vstack([predict_rated(fitted, songs[i]) for i in tested])
        return float(np.corrcoef(predicted[:, 0], np.vstack([songs[i].y for i in tested])[:, 0])[0, 1])

    # .79 and .72 over all five folds; the standard error of a single fold of 88 songs is about .04
    assert arousal_r(model) > arousal_r(model.base) + 0.02


def test_filter_uses_past_rows_only() -> None:
    model = fit_state_space(DATASET.songs, LiveStateSpaceConfig())
    np.testing.assert_allclose(model.predict(LONG[:50]), model.predict(LONG)[:50], atol=1e-12)
    changed = LONG.copy()
    changed[60:] = LONG[:1]
    assert np.abs(model.predict(changed)[60:] - model.predict(LONG)[60:]).max() > 1e-3
    both_ways = fit_state_space(DATASET.songs, StateSpaceConfig())
    assert np.abs(both_ways.predict(changed)[:60] - both_ways.predict(LONG)[:60]).max() > 1e-3


@pytest.mark.parametrize(
    ("family", "config"),
    [
        ("state-space", StateSpaceConfig()),
        ("state-space-live", LiveStateSpaceConfig()),
        ("state-space", StateSpaceConfig(base="ffnn", ffnn=FFNNConfig(hidden=(4,), epochs=1))),
    ],
)
def test_file_and_trained_model_agree(family: str, config: StateSpaceConfig, tmp_path: Path) -> None:
    trained = train(DATASET, family, config=config)
    export(trained, tmp_path / "m.onnx", name="m")
    times = np.arange(len(LONG)) * 0.5
    predicted = load_model(tmp_path / "m.onnx").predict(Features(LONG, times, DATASET.feature_set))
    # predictions, and the filter's state between blocks, are in single precision
    np.testing.assert_allclose(predicted, np.clip(trained.model.predict(LONG), -1, 1), atol=1e-6)


def test_single_rows_give_the_predictions_of_the_whole_song(tmp_path: Path) -> None:
    trained = train(DATASET, "state-space-live")
    graph = Graph()
    file = graph.to_model(trained.model.build(graph), columns=LONG.shape[1]).SerializeToString()
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    state, found = graph.rows.new_state, []
    for row in LONG[:200]:
        answer, state = session.run(["arousal_valence", "next_state"], {"features": row[None], "state": state})
        found.append(answer[0])
    # covariances are rounded to single precision at each row; the filter forgets these errors
    np.testing.assert_allclose(found, trained.model.predict(LONG[:200]), atol=1e-5)


def test_rows_beyond_the_margin_do_not_matter() -> None:
    model = fit_state_space(DATASET.songs, StateSpaceConfig())
    observed = np.random.default_rng(0).normal(size=(2 * MARGIN_ROWS + 100, 2)) * 0.2
    changed = observed.copy()
    changed[-50:] += 1.0
    effect = np.abs(kalman_smoother(changed, model.dynamics) - kalman_smoother(observed, model.dynamics))
    assert effect[-50:].max() > 0.1
    assert effect[: 50 + MARGIN_ROWS].max() < 1e-5


def test_memory_is_the_time_constant_of_the_level() -> None:
    model = fit_state_space(DATASET.songs, StateSpaceConfig(level_memory_s=100.0))
    rho = model.dynamics.transition[0, 0]
    assert rho ** (100 / 0.5) == pytest.approx(math.exp(-1))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"base": "svr"}, "base must be mlr or ffnn, got 'svr'"),
        ({"level_memory_s": 1.0}, "level_memory_s must be from 30 to 36000, got 1.0"),
    ],
)
def test_settings_out_of_range_raise(settings: dict, message: str) -> None:
    with pytest.raises(TrainingError, match=message):
        StateSpaceConfig(**settings)
