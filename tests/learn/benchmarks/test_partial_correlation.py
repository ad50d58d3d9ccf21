"""Partial correlations and drift removal agree with direct formulas."""

import math

import numpy as np
import pytest

from moodcurve.datasets.splits import k_fold
from moodcurve.learn.benchmarks.baselines import BASELINES, baseline_predictions
from moodcurve.learn.benchmarks.partial_correlation import MIN_SONGS, partial_correlations, remove_drift
from tests.helpers.training_songs import made_dataset

rng = np.random.default_rng(5)
LENGTHS = rng.integers(6, 15, 30)
Y = [np.tanh(rng.normal(0, 0.4, 2) + rng.normal(0, 0.1, (n, 2))) for n in LENGTHS]
P = [0.5 * y + 0.3 * y[:, ::-1] + rng.normal(0, 0.1, y.shape) for y in Y]


def residual(x: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Residual of the regression of x on z, with intercept."""
    design = np.column_stack([z, np.ones(len(z))])
    return x - design @ np.linalg.lstsq(design, x, rcond=None)[0]


def partials(y, p, draws: int = 200):
    return partial_correlations(y, p, draws=draws, seed=0)


def test_partial_correlation_is_the_correlation_of_residuals() -> None:
    t, p = np.vstack(Y), np.vstack(P)
    expected = np.corrcoef(residual(t[:, 1], t[:, 0]), residual(p[:, 1], t[:, 0]))[0, 1]
    found = partials(Y, P)
    assert found.valence_given_arousal.value == pytest.approx(expected, abs=1e-12)
    assert found.axes_r.value == pytest.approx(np.corrcoef(p.T)[0, 1], abs=1e-12)


def test_valence_predicted_from_arousal_alone_has_no_partial_correlation() -> None:
    """Predicted valence is true arousal with noise: r is high, partial r is 0 within 1/sqrt(n), about .01."""
    rng = np.random.default_rng(1)
    arousal = rng.normal(0, 0.3, (1000, 10))
    valence = 0.8 * arousal + rng.normal(0, 0.1, arousal.shape)
    predicted = arousal + rng.normal(0, 0.1, arousal.shape)
    y = list(np.stack([arousal, valence], axis=-1))
    found = partials(y, list(np.stack([arousal, predicted], axis=-1)))
    assert abs(found.valence_given_arousal.value) < 0.04
    assert np.corrcoef(valence.ravel(), predicted.ravel())[0, 1] > 0.8
    assert partials(y, y).valence_given_arousal.value == pytest.approx(1)


def test_intervals_equal_those_of_explicit_draws() -> None:
    """The same draws of songs, concatenated and scored by NumPy."""
    counts = np.random.default_rng(0).multinomial(30, np.full(30, 1 / 30), size=200)
    drawn = [np.vstack([P[i] for i in np.repeat(np.arange(30), count)]) for count in counts]
    expected = np.quantile([np.corrcoef(p.T)[0, 1] for p in drawn], [0.025, 0.975])
    found = partials(Y, P).axes_r
    assert (found.low, found.high) == pytest.approx(tuple(expected), abs=1e-12)


def test_drift_is_the_regression_on_song_means_row_by_row() -> None:
    curves = [y[:, 0] for y in Y]
    residuals = remove_drift(curves)
    shared = max(t for t in range(20) if sum(len(y) > t for y in curves) >= MIN_SONGS) + 1
    assert [len(d) for d in residuals] == [min(len(y), shared) for y in curves]
    assert shared < max(LENGTHS)
    for t in range(shared):
        here = [(y, d) for y, d in zip(curves, residuals, strict=True) if len(y) > t]
        means = np.array([y.mean() for y, _ in here])
        deviations = np.array([y[t] - y.mean() for y, _ in here])
        g = np.linalg.lstsq(means[:, None], deviations, rcond=None)[0][0]
        np.testing.assert_allclose([d[t] for _, d in here], deviations - g * means, atol=1e-13)


def test_pure_drift_leaves_nothing_and_other_changes_remain() -> None:
    """All songs drift outward as 1 - exp(-t); without drift nothing is left to correlate. A song's other changes
    remain, slightly reduced where their mean is not 0 and enters g."""
    t = np.arange(40)
    levels = np.random.default_rng(2).uniform(-0.8, 0.8, 60)
    drifting = [level * (1 - np.exp(-t / 5)) for level in levels]
    assert all((d == 0).all() for d in remove_drift(drifting))
    own = [0.1 * np.sin(t / 3 + phase) for phase in np.random.default_rng(3).uniform(0, 6, 60)]
    y = [np.column_stack([g + o, g]) for g, o in zip(drifting, own, strict=True)]
    drift_only = partials(y, [np.column_stack([g, g]) for g in drifting])
    # 60 random phases leave about 1/sqrt(60) = .13 by chance
    assert abs(drift_only.r_song_without_drift["arousal"].value) < 0.3
    assert drift_only.r_song_without_drift["valence"].as_dict() == {"value": None, "low": None, "high": None}
    follows = partials(y, [np.column_stack([o, o]) for o in own])
    assert follows.r_song_without_drift["arousal"].value > 0.9


def test_constant_series_have_no_correlations() -> None:
    constant = [np.full_like(p, 0.3) for p in P]
    found = partials(Y, constant)
    intervals = (found.valence_given_arousal, found.axes_r, *found.r_song_without_drift.values())
    assert all(math.isnan(x) for interval in intervals for x in (interval.value, interval.low, interval.high))
    still = [np.column_stack([np.full(len(y), 0.1), y[:, 1]]) for y in Y]
    assert math.isnan(partials(still, P).valence_given_arousal.value)
    assert math.isfinite(partials(still, P).axes_r.value)


def test_valence_that_is_a_line_on_arousal_has_no_partial_correlation() -> None:
    same = [np.column_stack([p[:, 0], (y[:, 0] * 0.7 + 0.1).astype(np.float32)]) for p, y in zip(P, Y, strict=True)]
    assert math.isnan(partials(Y, same).valence_given_arousal.value)


def test_drift_of_too_few_songs_is_undefined() -> None:
    few = partials(Y[: MIN_SONGS - 1], P[: MIN_SONGS - 1])
    assert few.as_dict()["r_song_without_growth"]["arousal"] == {"value": None, "low": None, "high": None}
    assert math.isfinite(few.axes_r.low)
    zero = [np.zeros(5)] * 12
    assert all((d == 0).all() for d in remove_drift(zero))


def test_baselines_are_training_means_and_song_means() -> None:
    songs = made_dataset(12, frames=5).songs
    splits = k_fold(songs, 3, 0, by="song")
    training_means, song_means = (baseline_predictions(songs, splits)[name] for name in BASELINES)
    for train, test in splits:
        pooled = np.concatenate([songs[i].annotation.valence for i in train])
        for i in test:
            assert training_means[i].shape == song_means[i].shape == (5, 2)
            assert training_means[i][:, 1] == pytest.approx(pooled.mean())
    for song, level in zip(songs, song_means, strict=True):
        assert level[:, 0] == pytest.approx(song.annotation.arousal.mean())
