"""Statistics of past rows against plain weighted sums, the running level, and their graphs with a carried state."""

import numpy as np
import pytest

from moodcurve.features import COMPARE236
from moodcurve.learn.preprocessing.loudness import REFERENCE_LEVEL, fit_level_normalization
from moodcurve.learn.preprocessing.running import RunningLevelNormalization, RunningStatistics
from tests.helpers.onnx_values import onnx_values
from tests.helpers.training_songs import level_exponents, made_sounding_dataset

RNG = np.random.default_rng(0)
Z = RNG.normal((0, 5, -2), size=(50, 3))
WEIGHTS = (RNG.random((50, 1)) < 0.7).astype(float)
WEIGHTS[:4] = 0
STATISTICS = RunningStatistics(8.0, 3)
SONGS = made_sounding_dataset(12).songs
EXPONENTS = level_exponents(COMPARE236)
STEP = fit_level_normalization(COMPARE236.names, np.vstack([song.x for song in SONGS]).astype(np.float64))
LEVEL = RunningLevelNormalization(normalization=STEP, memory_s=20.0)
X = np.vstack([song.x for song in SONGS[:3]]).astype(np.float64)


def test_statistics_are_those_of_weighted_rows() -> None:
    found = STATISTICS.apply(Z, WEIGHTS)
    assert (found[:4] == 0).all()
    for t in range(4, len(Z)):
        heard = Z[: t + 1][WEIGHTS[: t + 1, 0] > 0]
        if not len(heard):
            continue
        weights = np.exp(-0.5 * np.arange(len(heard))[::-1] / 8.0)
        mean = np.average(heard, axis=0, weights=weights)
        variance = np.average((heard - mean) ** 2, axis=0, weights=weights)
        np.testing.assert_allclose(found[t], np.concatenate([mean, np.sqrt(variance)]), atol=1e-12)


def test_statistics_of_a_constant_are_exact() -> None:
    found = STATISTICS.apply(np.full((9, 3), 0.1), np.ones((9, 1)))
    np.testing.assert_array_equal(found, np.tile([0.1, 0.1, 0.1, 0, 0, 0], (9, 1)))


def test_graph_computes_the_same_statistics() -> None:
    x = np.hstack([Z, WEIGHTS]).astype(np.float32)

    def build(graph) -> str:
        z, weights = (graph.add("Gather", graph.x, graph.indices(columns), axis=1) for columns in ([0, 1, 2], [3]))
        return STATISTICS.build(graph, z, weights, graph.constant(np.zeros(STATISTICS.state_size)))[0]

    found = onnx_values(x, build, 6)
    np.testing.assert_allclose(found, STATISTICS.apply(x[:, :3].astype(np.float64), WEIGHTS), atol=1e-6)


def test_level_of_a_steady_recording_is_the_reference() -> None:
    steady = X[:1].repeat(30, axis=0)
    normalized, sounding = LEVEL.apply(steady)
    rms = list(STEP.rms)
    power = (np.exp(normalized[:, rms]) ** 2).sum(axis=1)
    np.testing.assert_allclose(power, REFERENCE_LEVEL**2, rtol=1e-9)
    np.testing.assert_array_equal(sounding, 1.0)
    np.testing.assert_allclose(normalized, STEP.apply(steady), rtol=1e-9)


@pytest.mark.parametrize("gain", [0.1, 2.0])
def test_gain_does_not_change_the_rows(gain: float) -> None:
    usual, sounding = LEVEL.apply(X)
    found, same = LEVEL.apply(X * gain**EXPONENTS)
    np.testing.assert_allclose(found, usual, rtol=1e-9, atol=1e-12)
    np.testing.assert_array_equal(same, sounding)


def test_a_quiet_passage_does_not_lower_the_level() -> None:
    quiet = X[:20] * 0.1**EXPONENTS  # 20 dB below, beyond the relative gate
    joined = np.vstack([X, quiet, X])
    found = LEVEL.apply(joined)[0]
    np.testing.assert_allclose(found[len(X) : len(X) + 20, EXPONENTS == 0], X[:20, EXPONENTS == 0])
    before, after = found[len(X) - 1], LEVEL.apply(np.vstack([X, X]))[0][len(X)]
    np.testing.assert_allclose(found[len(X) + 20], after, rtol=1e-9)
    assert before.shape == after.shape


def test_silent_rows_lie_50_db_below_what_was_heard() -> None:
    for db, expected in ((-45, 1.0), (-60, 0.0)):
        x = np.vstack([X, X[-1:] * (10 ** (db / 20)) ** EXPONENTS])
        assert LEVEL.apply(x)[1][-1, 0] == expected
    silence = np.where(EXPONENTS > 0, 0.0, X[:3])
    np.testing.assert_array_equal(LEVEL.apply(silence)[1], 0.0)
    assert np.isfinite(LEVEL.apply(silence)[0]).all()


@pytest.mark.parametrize("output", [0, 1])
def test_graph_computes_the_same_level(output: int) -> None:
    silence = np.where(EXPONENTS > 0, 0.0, X[:5])
    x = np.vstack([silence, X, silence, 0.01**EXPONENTS * X]).astype(np.float32)

    def build(graph) -> str:
        return LEVEL.build(graph, graph.x, graph.constant(np.zeros(LEVEL.state_size)))[output]

    expected = LEVEL.apply(x.astype(np.float64))[output]
    np.testing.assert_allclose(onnx_values(x, build, expected.shape[1]), expected, rtol=1e-6, atol=1e-30)
