"""Valence beside arousal, and the course without growth, against plain second formulas."""

import math

import numpy as np
import pytest

from moodcurve.datasets.splits import k_fold
from moodcurve.learn.benchmarks.baselines import NAMES, baselines
from moodcurve.learn.benchmarks.partial_correlation import FEWEST, judge_beside, without_growth
from tests.helpers.training_songs import made_dataset

rng = np.random.default_rng(5)
LENGTHS = rng.integers(6, 15, 30)
Y = [np.tanh(rng.normal(0, 0.4, 2) + rng.normal(0, 0.1, (n, 2))) for n in LENGTHS]
P = [0.5 * y + 0.3 * y[:, ::-1] + rng.normal(0, 0.1, y.shape) for y in Y]


def residual(x: np.ndarray, z: np.ndarray) -> np.ndarray:
    """What a regression of x on z, with intercept, leaves."""
    design = np.column_stack([z, np.ones(len(z))])
    return x - design @ np.linalg.lstsq(design, x, rcond=None)[0]


def judged(y, p, draws: int = 200):
    return judge_beside(y, p, draws=draws, seed=0)


def test_partial_correlation_is_that_of_residuals() -> None:
    t, p = np.vstack(Y), np.vstack(P)
    expected = np.corrcoef(residual(t[:, 1], t[:, 0]), residual(p[:, 1], t[:, 0]))[0, 1]
    found = judged(Y, P)
    assert found.valence_given_arousal.value == pytest.approx(expected, abs=1e-12)
    assert found.axes_r.value == pytest.approx(np.corrcoef(p.T)[0, 1], abs=1e-12)


def test_valence_that_is_arousals_shadow_has_no_partial_correlation() -> None:
    """Noise on true arousal, in many songs: 0 up to 1/sqrt(n), about .01 here; the plain r is high."""
    rng = np.random.default_rng(1)
    arousal = rng.normal(0, 0.3, (1000, 10))
    valence = 0.8 * arousal + rng.normal(0, 0.1, arousal.shape)
    shadow = arousal + rng.normal(0, 0.1, arousal.shape)
    y = list(np.stack([arousal, valence], axis=-1))
    found = judged(y, list(np.stack([arousal, shadow], axis=-1)))
    assert abs(found.valence_given_arousal.value) < 0.04
    assert np.corrcoef(valence.ravel(), shadow.ravel())[0, 1] > 0.8
    assert judged(y, y).valence_given_arousal.value == pytest.approx(1)


def test_intervals_are_those_of_songs_drawn_one_by_one() -> None:
    """The same draws of songs, written out and scored by numpy."""
    counts = np.random.default_rng(0).multinomial(30, np.full(30, 1 / 30), size=200)
    drawn = [np.vstack([P[i] for i in np.repeat(np.arange(30), count)]) for count in counts]
    expected = np.quantile([np.corrcoef(p.T)[0, 1] for p in drawn], [0.025, 0.975])
    found = judged(Y, P).axes_r
    assert (found.low, found.high) == pytest.approx(tuple(expected), abs=1e-12)


def test_growth_is_the_regression_on_the_songs_means_row_by_row() -> None:
    courses = [y[:, 0] for y in Y]
    left = without_growth(courses)
    shared = max(t for t in range(20) if sum(len(y) > t for y in courses) >= FEWEST) + 1
    assert [len(d) for d in left] == [min(len(y), shared) for y in courses]
    assert shared < max(LENGTHS)
    for t in range(shared):
        here = [(y, d) for y, d in zip(courses, left, strict=True) if len(y) > t]
        means = np.array([y.mean() for y, _ in here])
        deviations = np.array([y[t] - y.mean() for y, _ in here])
        g = np.linalg.lstsq(means[:, None], deviations, rcond=None)[0][0]
        np.testing.assert_allclose([d[t] for _, d in here], deviations - g * means, atol=1e-13)


def test_a_course_that_only_grows_leaves_nothing_and_one_beside_it_is_found() -> None:
    """All drift outward as 1 - exp(-t): per song the drift itself has r 1, without growth none; a course of the
    song's own comes through, a little less than whole where its mean is not 0 and g takes its average along."""
    t = np.arange(40)
    levels = np.random.default_rng(2).uniform(-0.8, 0.8, 60)
    grown = [level * (1 - np.exp(-t / 5)) for level in levels]
    assert all((d == 0).all() for d in without_growth(grown))
    own = [0.1 * np.sin(t / 3 + phase) for phase in np.random.default_rng(3).uniform(0, 6, 60)]
    y = [np.column_stack([g + o, g]) for g, o in zip(grown, own, strict=True)]
    knows_place = judged(y, [np.column_stack([g, g]) for g in grown])
    # of 60 random phases about 1/sqrt(60) = .13 is left by chance
    assert abs(knows_place.course["arousal"].value) < 0.3
    assert knows_place.course["valence"].as_dict() == {"value": None, "low": None, "high": None}
    follows = judged(y, [np.column_stack([o, o]) for o in own])
    assert follows.course["arousal"].value > 0.9


def test_constant_series_have_no_figures() -> None:
    constant = [np.full_like(p, 0.3) for p in P]
    found = judged(Y, constant)
    figures = (found.valence_given_arousal, found.axes_r, *found.course.values())
    assert all(math.isnan(x) for figure in figures for x in (figure.value, figure.low, figure.high))
    still = [np.column_stack([np.full(len(y), 0.1), y[:, 1]]) for y in Y]
    assert math.isnan(judged(still, P).valence_given_arousal.value)
    assert math.isfinite(judged(still, P).axes_r.value)


def test_valence_that_is_arousal_itself_has_nothing_left_to_correlate() -> None:
    same = [np.column_stack([p[:, 0], (y[:, 0] * 0.7 + 0.1).astype(np.float32)]) for p, y in zip(P, Y, strict=True)]
    assert math.isnan(judged(Y, same).valence_given_arousal.value)


def test_growth_of_few_songs_is_not_told() -> None:
    few = judged(Y[: FEWEST - 1], P[: FEWEST - 1])
    assert few.as_dict()["r_song_without_growth"]["arousal"] == {"value": None, "low": None, "high": None}
    assert math.isfinite(few.axes_r.low)
    zero = [np.zeros(5)] * 12
    assert all((d == 0).all() for d in without_growth(zero))


def test_baselines_know_the_training_labels_or_the_level_alone() -> None:
    songs = made_dataset(12, frames=5).songs
    splits = k_fold(songs, 3, 0, by="song")
    constant, oracle = (baselines(songs, splits)[name] for name in NAMES)
    for train, test in splits:
        pooled = np.concatenate([songs[i].annotation.valence for i in train])
        for i in test:
            assert constant[i].shape == oracle[i].shape == (5, 2)
            assert constant[i][:, 1] == pytest.approx(pooled.mean())
    for song, level in zip(songs, oracle, strict=True):
        assert level[:, 0] == pytest.approx(song.annotation.arousal.mean())
