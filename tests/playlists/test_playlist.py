"""Playlists made from a library."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from moodcurve.library import Library, open_library
from moodcurve.library.queries.search import Query, search
from moodcurve.playlists import (
    Constraints,
    Playlist,
    PlaylistError,
    RequestOptions,
    alternatives,
    given_playlist,
    make_playlist,
)
from moodcurve.playlists.library_songs import read_points, read_tracks
from moodcurve.playlists.path import mood_path
from tests.helpers.library_fixtures import file, made_library, song, wandering_curve

SONGS = 120


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("library") / "library.sqlite"
    made_library(path, SONGS)
    return path


def make(path: Path, query: Query | None = None, **options: object) -> Playlist:
    with open_library(path) as library:
        return make_playlist(library, query or Query(), RequestOptions(**{"minutes": 60, **options}).parse())  # type: ignore[arg-type]


def test_a_playlist_leads_from_one_mood_to_another(path: Path) -> None:
    made = make(path, from_="tense", to="serene")
    assert made.name == "tense to serene"
    assert made.ordering.shortfall == ""
    assert abs(made.ordering.total_s - 3600) <= made.ordering.total_s / len(made.tracks) / 2
    assert made.path is not None
    (first_arousal, first_valence), (last_arousal, last_valence) = made.path
    assert first_arousal > 0.2
    assert abs(first_valence) < 0.05
    assert last_arousal < -0.05
    assert last_valence > 0.1
    assert made.points.start[0, 0] > made.points.end[-1, 0] + 0.2
    assert [track.id for track in made.tracks] == made.points.ids.tolist()
    assert len({track.id for track in made.tracks}) == len(made.tracks)


def test_starts_and_ends_are_those_of_the_curves(tmp_path: Path) -> None:
    path = tmp_path / "library.sqlite"
    curves = [wandering_curve(n, seed=n) for n in (1, 4, 100, 400, 2000)]
    edges = [1, 2, 20, 40, 60]  # a tenth, at least 20 points, at most 60, and at most half
    silent = np.zeros(400, np.bool_)
    silent[:50] = True
    curves.append(wandering_curve(400, seed=1, silent=silent))
    with open_library(path, write=True) as library:
        library.write(
            change for i, curve in enumerate(curves) for change in (song(f"c{i}", curve), file(f"/{i}.mp3", f"c{i}"))
        )
        songs = read_points(library, Query(sort=("id",)))
    for i, (curve, k) in enumerate(zip(curves, [*edges, 35], strict=True)):
        points = np.column_stack([curve.arousal, curve.valence])[curve.sounding]
        np.testing.assert_allclose(songs.start[i], points[:k].mean(axis=0), atol=1e-4)
        np.testing.assert_allclose(songs.end[i], points[len(points) - k :].mean(axis=0), atol=1e-4)


def test_a_song_without_a_course_starts_and_ends_at_its_mean(tmp_path: Path) -> None:
    """The migration leaves the row of a song empty whose curve is damaged."""
    made_library(tmp_path / "library.sqlite", 3)
    with open_library(tmp_path / "library.sqlite", write=True) as library:
        library.db.execute("UPDATE measured SET arousal_start = NULL, valence_start = NULL WHERE song = 2")
        songs = read_points(library, Query(sort=("id",)))
    np.testing.assert_array_equal(songs.start[1], songs.mean[1])
    assert not np.array_equal(songs.start[0], songs.mean[0])
    assert not np.array_equal(songs.end[1], songs.mean[1])


def test_filters_select_the_songs_to_choose_from(path: Path) -> None:
    made = make(path, Query(genre="rock"), to="calm", minutes=30)
    with open_library(path) as library:
        rock = {found.id for found in search(library, Query(genre="rock"))}
    assert {track.id for track in made.tracks} <= rock


def test_a_list_begins_with_a_song_that_the_filters_leave_out(path: Path) -> None:
    with open_library(path) as library:
        jazz = next(search(library, Query(genre="jazz"))).id
    made = make(path, Query(genre="rock"), first=jazz, minutes=30)
    assert made.tracks[0].id == jazz
    assert made.path is not None
    np.testing.assert_allclose(made.path, made.points.mean[:1])
    assert len(made.tracks) > 1
    onwards = make(path, first=jazz, to="0.1,0.1", minutes=30)
    assert onwards.tracks[0].id == jazz
    assert onwards.path is not None
    np.testing.assert_allclose(onwards.path, [made.points.mean[0], [0.1, 0.1]])


def test_a_first_song_that_is_missing_is_named(path: Path) -> None:
    with pytest.raises(PlaylistError, match="no song with id 999 in the library"):
        make(path, first=999)


def test_songs_without_an_artist_are_never_too_close(path: Path) -> None:
    """A quarter of the songs have no artist; the others have three, two of them one name without case and accents."""
    made = make(path, Query(where="artist IS NULL"), minutes=60)
    assert len(made.tracks) > 4
    only_three = make(path, Query(where="artist IS NOT NULL"), minutes=120)
    assert len(only_three.tracks) == 3
    assert "the rules leave no song" in only_three.ordering.shortfall
    assert only_three.to_dict()["warnings"] == [only_three.ordering.shortfall]


def test_a_given_list_is_described_in_its_order(path: Path) -> None:
    ids = [17, 3, 99]
    with open_library(path) as library:
        made = given_playlist(library, ids, name="Mine", path=mood_path([(0.1, 0.1)]))
        songs = read_points(library, Query(sort=("id",))).take(np.array(ids) - 1)
        assert [track.id for track in made.tracks] == ids
        np.testing.assert_allclose(made.ordering.jumps, np.linalg.norm(songs.end[:-1] - songs.start[1:], axis=1))
        assert made.length_s == made.ordering.total_s
        with pytest.raises(PlaylistError, match="no song with id 500 in the library"):
            given_playlist(library, [1, 500], name="x")
        with pytest.raises(PlaylistError, match="no songs in the list"):
            given_playlist(library, [], name="x")


def total_jump(library: Library, ids: list[int]) -> float:
    return float(given_playlist(library, ids, name="x").ordering.jumps.sum())


def test_alternatives_fit_between_their_neighbors(path: Path) -> None:
    ids, free = [17, 3, 99, 41], Constraints(artist_gap=0)
    with open_library(path) as library:
        found = alternatives(library, Query(), ids, 2, constraints=free, limit=SONGS)
        assert len(found) == SONGS - len(ids)
        assert set(found).isdisjoint(ids)
        lengths = {one.id: one.duration_s for one in search(library, Query())}
        # of songs of about the same length, those that join best come first
        alike = [number for number in found if abs(lengths[number] - lengths[99]) < 40]
        jumps = [total_jump(library, [17, 3, number, 41]) for number in alike]
        assert len(alike) > 5
        assert jumps[0] == min(jumps)
        kept = alternatives(library, Query(), ids, 2, constraints=Constraints(artist_gap=3), limit=SONGS)
        artists = {one.id: one.artist for one in search(library, Query())}
        assert all(
            artists[number] is None or artists[number] not in {artists[i] for i in (17, 3, 41)} for number in kept
        )
        assert alternatives(library, Query(genre="no such"), ids, 0) == []
        for place in range(len(ids)):
            assert len(alternatives(library, Query(), ids, place, constraints=free)) == 10
        assert len(alternatives(library, Query(), [17], 0, path=mood_path([(0.1, 0.1)]))) == 10


def test_tracks_keep_the_exact_paths(tmp_path: Path) -> None:
    path = tmp_path / "library.sqlite"
    odd = "/music/caf\udce9.mp3"
    with open_library(path, write=True) as library:
        library.write([song("c1"), file(odd, "c1", title="Un", track=4), song("c2"), file("/b.mp3", "c2")])
        tracks = read_tracks(library, [2, 7, 1])
    assert [(track.id, track.path, track.title, track.number) for track in tracks] == [
        (2, "/b.mp3", None, None),
        (1, odd, "Un", 4),
    ]
    assert [track.name for track in tracks] == ["b", "Un"]


def test_tracks_have_the_paths_that_are_shown_and_the_starts_of_parts(tmp_path: Path) -> None:
    odd = os.fsdecode(b"/music/caf\xe9.mp3")
    files = [
        replace(file("/store/123.flac", "c0"), names=("/music/song.flac",)),
        file(odd, "c1"),
        replace(file("/music/album.flac", "c2"), start_s=0.0, length_s=60.0),
        replace(file("/music/album.flac", "c3"), start_s=60.0, length_s=90.0),
    ]
    with open_library(tmp_path / "library.sqlite", write=True) as library:
        library.write(
            change
            for i, found in enumerate(files)
            for change in (song(found.content_hash, wandering_curve(30, seed=i)), found)
        )
        shown = {one.content: one for one in search(library, Query())}
        ids = [shown[f"c{i}"].id for i in (3, 2, 1, 0)]
        tracks = read_tracks(library, ids)
        listed = given_playlist(library, ids, name="x").to_dict()["songs"]
    assert [(one.path, one.start_s) for one in tracks] == [
        ("/music/album.flac", 60.0),
        ("/music/album.flac", 0.0),
        (odd, None),
        ("/music/song.flac", None),
    ]
    assert [one["path"] for one in listed] == [shown[f"c{i}"].path for i in (3, 2, 1, 0)]
    assert listed[2]["path"] == "file:///music/caf%E9.mp3"
    assert [one["start_s"] for one in listed] == [60.0, 0.0, None, None]
