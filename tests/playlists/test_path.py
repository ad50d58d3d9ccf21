"""Paths over the plane, and regions of it."""

import math

import numpy as np
import pytest

from moodcurve.playlists.path import MIN_RADIUS, mood_path, region, word_point


def test_a_path_is_passed_at_constant_speed() -> None:
    path = mood_path([(0.0, 0.0), (0.3, 0.0), (0.3, 0.1)])
    assert path.at(np.array([0, 0.375, 0.75, 0.875, 1, 2])).round(6).tolist() == [
        [0, 0], [0.15, 0], [0.3, 0], [0.3, 0.05], [0.3, 0.1], [0.3, 0.1],
    ]  # fmt: skip


def test_points_given_twice_change_nothing() -> None:
    path = mood_path([(0.0, 0.0), (0.0, 0.0), (0.3, 0.0), (0.3, 0.0)])
    assert path.shares.tolist() == [0, 1]


def test_a_single_point_stays_there() -> None:
    path = mood_path([(0.2, -0.1), (0.2, -0.1)])
    assert path.at(np.array([0, 0.7, 1])).tolist() == [[0.2, -0.1]] * 3


@pytest.mark.parametrize("points", [[], [(0.0, math.nan)], [(0.0, 1.1)], [(0.0, 0.0)] * 1001])
def test_a_malformed_path_is_refused(points: list[tuple[float, float]]) -> None:
    with pytest.raises(ValueError, match=r"^path must have"):
        mood_path(points)


def test_a_word_is_as_far_out_as_the_songs_are() -> None:
    means = np.random.default_rng(0).uniform(-0.4, 0.4, (1000, 2))
    arousal, valence = word_point("excited", means)
    angle = math.radians(48.6)
    assert math.atan2(arousal, valence) == pytest.approx(angle)
    projected = means @ [math.sin(angle), math.cos(angle)]
    assert (projected > math.hypot(arousal, valence)).mean() == pytest.approx(0.1, abs=0.001)


def test_a_word_that_no_song_fits_is_near_the_center() -> None:
    for means in (np.full((5, 2), -0.5), np.empty((0, 2))):
        assert math.hypot(*word_point("excited", means)) == pytest.approx(MIN_RADIUS)
    assert word_point("neutral", means) == (0, 0)


def test_a_region_is_a_polygon() -> None:
    corners = [(0.0, 0.0), (0.0, 0.5), (0.5, 0.5), (0.5, 0.0), (0.3, 0.0), (0.3, 0.3), (0.2, 0.3), (0.2, 0.0)]
    points = np.array([[0.1, 0.1], [0.25, 0.1], [0.25, 0.4], [0.6, 0.25], [0.6, 0.6], [-0.3, -0.4]])
    shape = region(corners)
    assert shape.contains(points).tolist() == [True, False, True, False, False, False]
    expected = [0, 0.05, 0, 0.1, math.hypot(0.1, 0.1), 0.5]
    np.testing.assert_allclose(shape.distances(points), expected, atol=1e-12)


def test_a_region_needs_three_corners() -> None:
    with pytest.raises(ValueError, match=r"^region must have 3 to 1000 points, got 2$"):
        region([(0.0, 0.0), (0.1, 0.1)])
