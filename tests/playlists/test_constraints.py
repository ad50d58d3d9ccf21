"""Rules on neighboring songs."""

from dataclasses import replace

import numpy as np
import pytest

from moodcurve.playlists.constraints import Constraints, camelot_code
from moodcurve.playlists.points import NO_ARTIST, SongPoints
from tests.helpers.playlist_songs import made_points


def keys(*names: str) -> SongPoints:
    return replace(made_points(len(names)), key=np.array([camelot_code(name) for name in names]))


def may_follow(songs: SongPoints, rules: Constraints) -> list[bool]:
    """Whether each song may follow the first."""
    return rules.allowed_after(songs, np.array(0), np.arange(len(songs))).tolist()


def test_neighboring_keys_are_those_of_the_camelot_wheel() -> None:
    songs = keys("12A", "12A", "1A", "11A", "12B", "1B", "2A", "6A", "10A")
    rules = Constraints(neighboring_keys=True)
    assert may_follow(songs, rules) == [True, True, True, True, True, False, False, False, False]


def test_songs_of_unknown_key_are_not_usable() -> None:
    songs = keys("1A", "13A", "", "H", "12b")
    assert Constraints(neighboring_keys=True).usable(songs).tolist() == [True, False, False, False, True]
    assert not Constraints(neighboring_keys=True).usable(replace(songs, key=None)).any()


def test_the_tempo_step_counts_half_and_double_tempo_as_the_same() -> None:
    songs = replace(made_points(8), tempo_bpm=np.array([100, 104, 96.2, 104.2, 200, 50, 51.9, np.nan]))
    rules = Constraints(tempo_step=4)
    assert may_follow(songs, rules) == [True, True, True, False, True, True, True, False]
    assert rules.usable(songs).tolist() == [True] * 7 + [False]


def test_artists_are_kept_apart() -> None:
    songs = replace(made_points(6), artist=np.array([1, 1, 2, 3, NO_ARTIST, NO_ARTIST]))
    lists = np.array([[0, 2, 3, 1], [0, 2, 1, 3], [2, 4, 5, 0], [2, 4, 4, 0]])
    assert Constraints(artist_gap=2).lists_allowed(songs, lists).tolist() == [True, False, True, False]
    assert Constraints(artist_gap=3).lists_allowed(songs, lists).tolist() == [False, False, True, False]
    assert Constraints(artist_gap=0).lists_allowed(songs, lists).tolist() == [True, True, True, False]
    history = np.array([[0, 2, 3]])
    assert Constraints(artist_gap=2).artist_allowed(songs, history, np.array([[1, 3, 4]])).tolist() == [
        [True, False, True]
    ]


def test_the_two_forms_of_each_rule_agree() -> None:
    """The search checks song by song, the improvement whole lists."""
    songs = made_points(40, artists=8)
    rules = Constraints(artist_gap=2, tempo_step=30, neighboring_keys=True)
    lists = np.random.default_rng(1).integers(0, 40, (20_000, 4))
    step_by_step = np.ones(len(lists), np.bool_)
    for i in range(1, 4):
        step_by_step &= rules.allowed_after(songs, lists[:, i - 1], lists[:, i])
        step_by_step &= rules.artist_allowed(songs, lists[:, :i], lists[:, i : i + 1])[:, 0]
        step_by_step &= ~(lists[:, :i] == lists[:, i : i + 1]).any(axis=1)
    assert step_by_step.any()
    assert (rules.lists_allowed(songs, lists) == step_by_step).all()


@pytest.mark.parametrize("values", [{"artist_gap": -1}, {"tempo_step": -0.1}])
def test_negative_numbers_are_refused(values: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must be 0 or more"):
        Constraints(**values)  # type: ignore[arg-type]
