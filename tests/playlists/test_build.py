"""Songs in the order of a playlist: the rules they keep, and how good the order is."""

import time
from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest

from moodcurve.playlists.build import PlaylistError, order_songs
from moodcurve.playlists.constraints import Constraints
from moodcurve.playlists.improve import rated
from moodcurve.playlists.objective import Objective
from moodcurve.playlists.path import MoodPath, mood_path, region
from moodcurve.playlists.points import SongPoints
from tests.helpers.playlist_songs import made_points

PATH = mood_path([(0.4, -0.3), (-0.3, 0.3)])
EVERY_RULE = Constraints(artist_gap=4, tempo_step=25, neighboring_keys=True)


def plain_cost(songs: SongPoints, rows: tuple[int, ...], path: MoodPath, length_s: float) -> float:
    """The cost of the docstring of `Objective`, song by song."""
    at, cost, jumps = 0.0, 0.0, 0.0
    for i, row in enumerate(rows):
        duration = float(songs.duration_s[row])
        begin, end = path.at(np.array([at, at + duration]) / length_s)
        off = (np.linalg.norm(songs.start[row] - begin) + np.linalg.norm(songs.end[row] - end)) / 2
        cost += duration / length_s * float(off)
        if i:
            jumps += float(np.linalg.norm(songs.end[rows[i - 1]] - songs.start[row]))
        at += duration
    jumps /= max(1.0, length_s / float(np.median(songs.duration_s)) - 1)
    return cost + jumps + abs(at - length_s) / length_s


@pytest.mark.parametrize("n", [30, 300, 3000])
@pytest.mark.parametrize("constraints", [Constraints(), EVERY_RULE])
def test_playlists_keep_the_rules(n: int, constraints: Constraints) -> None:
    for seed in range(4):
        songs = made_points(n, seed=seed, artists=max(6, n // 20))
        found = order_songs(songs, 1800, path=PATH, constraints=constraints, seed=seed)
        rows = found.rows
        assert constraints.lists_allowed(songs, rows[None]).all()
        assert len(set(rows.tolist())) == len(rows)
        assert found.total_s == pytest.approx(songs.duration_s[rows].sum())
        np.testing.assert_allclose(found.begin_s, np.cumsum(songs.duration_s[rows]) - songs.duration_s[rows])
        within = abs(found.total_s - 1800) <= found.total_s / len(rows) / 2
        assert within == (found.shortfall == "")
        assert within or n == 30


def test_the_list_follows_its_path_and_joins_its_songs() -> None:
    songs = made_points(3000)
    found = order_songs(songs, 2400, path=PATH)
    begin, end = (PATH.at(t / 2400) for t in (found.begin_s, found.begin_s + songs.duration_s[found.rows]))
    off = np.linalg.norm(songs.start[found.rows] - begin, axis=1) + np.linalg.norm(songs.end[found.rows] - end, axis=1)
    np.testing.assert_allclose(found.distances, off / 2)
    jumps = np.linalg.norm(songs.end[found.rows[:-1]] - songs.start[found.rows[1:]], axis=1)
    np.testing.assert_allclose(found.jumps, jumps)
    assert found.distances.mean() < 0.06
    assert found.jumps.mean() < 0.04
    assert found.cost == pytest.approx(plain_cost(songs, tuple(found.rows), PATH, 2400), rel=0.02)


def test_small_libraries_get_almost_the_best_list() -> None:
    ratios = []
    for seed in range(12):
        songs = made_points(8, seed=seed)
        lists = [rows for count in range(1, 6) for rows in permutations(range(8), count)]
        durations = songs.duration_s
        fitting = [rows for rows in lists if abs(durations[list(rows)].sum() - 900) <= durations[list(rows)].mean() / 2]
        best = min(plain_cost(songs, rows, PATH, 900) for rows in fitting)
        found = order_songs(songs, 900, path=PATH)
        assert found.cost == pytest.approx(plain_cost(songs, tuple(found.rows), PATH, 900))
        ratios.append(found.cost / best)
    assert min(ratios) >= 1 - 1e-9
    assert max(ratios) < 1.0001


def test_costs_of_many_lists_are_those_of_each() -> None:
    songs = made_points(50)
    objective = Objective(songs=songs, path=PATH, length_s=1000, own_cost=np.zeros(50))
    lists = np.array([np.random.default_rng(i).permutation(50)[:4] for i in range(30)])
    expected = [plain_cost(songs, tuple(rows), PATH, 1000) for rows in lists]
    np.testing.assert_allclose(objective.costs(lists), expected)
    fits = np.isfinite(rated(objective, Constraints(), lists))
    assert 0 < fits.sum() < 30


def test_the_same_seed_gives_the_same_list() -> None:
    songs = made_points(500)
    lists = [order_songs(songs, 1800, path=PATH, seed=seed).rows.tolist() for seed in (None, None, 1, 1, 2)]
    assert lists[0] == lists[1]
    assert lists[2] == lists[3]
    assert len({tuple(rows) for rows in lists}) == 3
    best, varied = (order_songs(songs, 1800, path=PATH, seed=seed).cost for seed in (None, 1))
    assert best < varied < best + 0.2  # `VARIATION`


def test_a_list_stays_in_its_region() -> None:
    songs = made_points(2000)
    shape = region([(-0.1, 0.1), (-0.1, 0.4), (-0.4, 0.4), (-0.4, 0.1)])
    found = order_songs(songs, 2400, region=shape)
    assert shape.contains(songs.mean[found.rows]).all()
    assert shape.distances(songs.start[found.rows]).max() < 0.1
    assert found.jumps.mean() < 0.04
    assert found.distances.tolist() == [0] * len(found.rows)
    with pytest.raises(PlaylistError, match="no songs in the region"):
        order_songs(songs, 2400, region=region([(0.99, 0.99), (0.99, 1.0), (1.0, 1.0)]))


def test_a_list_begins_with_the_given_song() -> None:
    songs = made_points(300)
    found = order_songs(songs, 1800, path=mood_path([tuple(songs.mean[17])]), first=17, seed=3)
    assert found.rows[0] == 17
    assert abs(found.total_s - 1800) < 180


def test_too_few_songs_give_a_shorter_list_along_the_whole_path() -> None:
    songs = made_points(4)
    found = order_songs(songs, 7200, path=PATH)
    assert sorted(found.rows) == [0, 1, 2, 3]
    assert found.shortfall.endswith(" of 2:00:00: there are no more songs")
    # the best order for a path that takes as long as the songs, not one that is cut off
    total = float(songs.duration_s.sum())
    best = min(permutations(range(4)), key=lambda rows: plain_cost(songs, rows, PATH, total))
    assert found.rows.tolist() == list(best)


def test_rules_that_leave_no_song_give_a_shorter_list() -> None:
    songs = replace(made_points(50), artist=np.arange(50) % 2)
    found = order_songs(songs, 1800, path=PATH)
    assert len(found.rows) == 2
    assert found.shortfall.endswith(" of 30:00: the rules leave no song to go on with")
    assert order_songs(songs, 1800, path=PATH, constraints=Constraints(artist_gap=1)).shortfall == ""


def test_what_cannot_be_made_is_said() -> None:
    songs = made_points(20)
    with pytest.raises(PlaylistError, match=r"^all songs are too long, the shortest of them \d:\d\d; "):
        order_songs(songs, 30, path=PATH)
    with pytest.raises(PlaylistError, match=r"^the first song is too long; "):
        order_songs(songs, 30, path=PATH, first=3)
    with pytest.raises(PlaylistError, match=r"^no songs to choose from"):
        order_songs(songs.take(np.zeros(0, np.int64)), 1800, path=PATH)
    untimed = replace(songs, tempo_bpm=None, key=None)
    with pytest.raises(PlaylistError, match=r"^no song has a tempo and a key"):
        order_songs(untimed, 1800, path=PATH, constraints=EVERY_RULE)
    for length in (0, -1, np.nan, 1e6):
        with pytest.raises(ValueError, match=r"^length_s must be"):
            order_songs(songs, length)


def test_points_are_checked() -> None:
    songs = made_points(3)
    for name, value in (("start", np.zeros((2, 2))), ("end", songs.end * np.nan), ("key", np.zeros(4, np.int64))):
        with pytest.raises(ValueError, match=f"^{name} must"):
            replace(songs, **{name: value})
    with pytest.raises(ValueError, match=r"^duration_s must be positive"):
        replace(songs, duration_s=np.zeros(3))


@pytest.mark.slow
def test_a_hundred_thousand_songs_take_less_than_two_seconds() -> None:
    songs = made_points(100_000, artists=8000)
    start = time.process_time()
    order_songs(songs, 2400, path=PATH)
    assert time.process_time() - start < 2
