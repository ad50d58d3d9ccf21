"""The measures of a course against signals with known answers, and against plain formulas."""

import numpy as np
import pytest

from moodcurve.mood.course import (
    COURSE_COLUMNS,
    POINTS,
    TIME_IN,
    measure_course,
    moving_mean,
    pack_course,
    resample_course,
    unpack_courses,
)


def measures(arousal: np.ndarray, valence: np.ndarray | None = None) -> dict[str, float]:
    n = len(arousal)
    valence = np.zeros(n) if valence is None else valence
    return measure_course(np.arange(n) / 2, arousal, valence, n / 2 + 0.5)


def test_a_step_up_and_a_smaller_one_down() -> None:
    """60 s at -.5, 60 s at .7, 60 s at .2: starts, ends, rise, fall and peak are those of the steps."""
    arousal = np.repeat([-0.5, 0.7, 0.2], 120)
    found = measures(arousal, -arousal)
    assert tuple(found) == COURSE_COLUMNS
    assert (found["arousal_start"], found["arousal_end"]) == (-0.5, 0.2)
    assert (found["arousal_min"], found["arousal_max"], found["arousal_range"]) == (-0.5, 0.7, 1.2)
    assert (found["arousal_rise"], found["arousal_fall"]) == (1.2, 0.5)
    assert (found["valence_rise"], found["valence_fall"]) == (0.5, 1.2)
    # the first point whose window of 11 lies within the plateau
    assert found["peak_s"] == (120 + 5) / 2
    assert found["peak_at"] == pytest.approx(63 / 180.5, abs=1e-4)
    # arousal and valence of opposite signs: never excited-positive
    shares = {"time_calm_positive": 1 / 3, "time_tense_negative": 2 / 3}
    assert {name: found[name] for name in TIME_IN.values()} == pytest.approx(
        dict.fromkeys(TIME_IN.values(), 0) | shares, abs=1e-4
    )


def test_one_odd_point_counts_little() -> None:
    arousal = np.zeros(400)
    arousal[200] = 1.0
    found = measures(arousal)
    assert found["arousal_max"] == found["arousal_rise"] == round(1 / 11, 4)


def test_start_and_end_are_means_over_a_tenth_of_the_song() -> None:
    ramp = np.linspace(-1, 1, 401)  # a tenth is 40 points
    found = measures(ramp)
    assert found["arousal_start"] == pytest.approx(ramp[:40].mean(), abs=1e-4)
    assert found["arousal_end"] == pytest.approx(ramp[-40:].mean(), abs=1e-4)
    assert measures(np.linspace(-1, 1, 8))["arousal_start"] == pytest.approx(np.linspace(-1, 1, 8)[:4].mean(), abs=1e-4)


def test_volatility_is_the_speed_of_a_steady_movement() -> None:
    """.01 a point on one axis: .1 in 5 s, but at the ends of the song, where fewer points are averaged."""
    assert measures(np.arange(100) / 100)["volatility"] == pytest.approx(0.1, abs=0.005)
    assert measures(np.full(100, 0.3))["volatility"] == 0


@pytest.mark.parametrize("n", [1, 2, 10, 11])
def test_short_songs_have_every_measure(n: int) -> None:
    found = measures(np.full(n, 0.25))
    assert found["arousal_start"] == found["arousal_end"] == found["arousal_max"] == 0.25
    assert found["arousal_rise"] == found["volatility"] == 0
    assert 0 < found["peak_at"] <= 1


def test_moving_mean_is_the_plain_formula() -> None:
    x = np.random.default_rng(0).normal(size=40)
    expected = [x[max(0, t - 5) : t + 6].mean() for t in range(40)]
    np.testing.assert_allclose(moving_mean(x), expected, atol=1e-12)


@pytest.mark.parametrize("n", [1, 10, 64, 128, 1000])
def test_a_resampled_course_keeps_the_mean_and_comes_back_from_bytes(n: int) -> None:
    a, v = np.clip(np.random.default_rng(n).normal(0, 0.3, (2, n)), -1, 1)
    course = resample_course(a, v)
    assert course.shape == (POINTS, 2)
    np.testing.assert_allclose(course.mean(axis=0), [a.mean(), v.mean()], atol=1e-12)
    (restored,) = unpack_courses(pack_course(course))
    np.testing.assert_allclose(restored, course, atol=0.5 / 127 + 1e-6)


def test_resampling_takes_means_of_equal_stretches() -> None:
    a = np.random.default_rng(1).uniform(-1, 1, 2 * POINTS)
    np.testing.assert_allclose(resample_course(a, a)[:, 0], a.reshape(POINTS, 2).mean(axis=1), atol=1e-12)
