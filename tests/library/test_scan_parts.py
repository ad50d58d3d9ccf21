"""Scans of files that hold several songs, or several audio tracks."""

import contextlib
import sqlite3
from pathlib import Path

import pytest

from moodcurve.audio.parts import Split
from moodcurve.library import LibraryError, open_library
from moodcurve.library.queries.find_song import find_song
from moodcurve.library.queries.search import FoundSong, Query, search
from moodcurve.library.scanning.progress import ScanStats
from moodcurve.library.scanning.scan import scan
from moodcurve.library.scanning.selection import NO_SELECTION, Selection
from tests.helpers.albums import SONG_S, STARTS, TITLES, cue, write_album
from tests.helpers.library_fixtures import assert_sound
from tests.helpers.scans import InProcessPool
from tests.helpers.timed_audio import write_timed

CUE = Selection(split=Split.cue)


@pytest.fixture(autouse=True)
def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("moodcurve.library.scanning.scan_run.Pool", InProcessPool)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "music"
    folder.mkdir()
    write_album(folder / "album.flac").with_suffix(".cue").write_text(cue("album.wav"))
    return folder


def scanned(folder: Path, selection: Selection = NO_SELECTION, **options: bool) -> tuple[ScanStats, list[FoundSong]]:
    path = folder.parent / "library.sqlite"
    stats = scan([folder], path, workers=1, selection=selection, **options)
    assert_sound(path)
    with open_library(path) as library:
        return stats, list(search(library, Query(sort=("track",))))


def starts(songs: list[FoundSong]) -> list[float | None]:
    return [song.start_s for song in songs]


def test_each_track_is_a_song(folder: Path) -> None:
    stats, songs = scanned(folder, CUE)
    assert (stats.new, stats.songs, round(stats.audio_s)) == (1, 3, 36)
    assert [(song.title, song.artist, song.album, song.track) for song in songs] == [
        (title, "The Band", "The Album", number) for number, title in enumerate(TITLES, start=1)
    ]
    assert [(song.start_s, song.duration_s, song.copies) for song in songs] == [(start, SONG_S, 1) for start in STARTS]
    with open_library(folder.parent / "library.sqlite") as library:
        stored = find_song(library, "Tense")
        assert (stored.data["start_s"], stored.data["title"], stored.curve.start_s) == (SONG_S, "Tense", SONG_S)
        assert stored.paths == (str(folder / "album.flac"),)
        assert [(size > 0) for size, _ in library.files_of(stored.id).values()] == [True]


@pytest.mark.parametrize("selection", [CUE, NO_SELECTION])
def test_an_unchanged_album_is_not_opened(folder: Path, selection: Selection) -> None:
    ids = [song.id for song in scanned(folder, CUE)[1]]
    stats, songs = scanned(folder, selection)
    assert (stats.unchanged, stats.songs, [song.id for song in songs]) == (1, 0, ids)


@pytest.mark.parametrize("selection", [CUE, NO_SELECTION])
def test_a_moved_album_is_recognized_with_its_parts(folder: Path, selection: Selection) -> None:
    ids = [song.id for song in scanned(folder, CUE)[1]]
    (folder / "new").mkdir()
    for file in ("album.flac", "album.cue"):
        (folder / file).rename(folder / "new" / file)
    stats, songs = scanned(folder, selection)
    assert (stats.moved, stats.songs, [song.id for song in songs]) == (1, 0, ids)
    assert {song.path for song in songs} == {str(folder / "new" / "album.flac")}


def test_a_copied_album_counts_twice(folder: Path) -> None:
    scanned(folder, CUE)
    (folder / "copy.flac").write_bytes((folder / "album.flac").read_bytes())
    (folder / "copy.cue").write_text(cue("album.wav"))
    stats, songs = scanned(folder, CUE)
    assert (stats.copied, stats.songs, [song.copies for song in songs]) == (1, 0, [2, 2, 2])
    (folder / "album.flac").unlink()
    assert [song.copies for song in scanned(folder, CUE)[1]] == [1, 1, 1]


def test_a_whole_album_is_split_later_and_stays_so(folder: Path) -> None:
    assert starts(scanned(folder)[1]) == [None]
    stats, songs = scanned(folder, CUE)
    assert (stats.changed, starts(songs)) == (1, list(STARTS))
    (folder / "album.flac").touch()
    assert starts(scanned(folder)[1]) == list(STARTS)


def test_a_changed_sheet_is_read_once_the_file_is_touched(folder: Path) -> None:
    scanned(folder, CUE)
    (folder / "album.cue").write_text(cue("album.wav", starts=(0, 10, 24)))
    (folder / "album.flac").touch()
    stats, songs = scanned(folder, CUE)
    assert (stats.songs, starts(songs)) == (3, [0, 10, 24])


def test_a_sheet_that_is_gone_leaves_one_song(folder: Path) -> None:
    scanned(folder, CUE)
    (folder / "album.cue").unlink()
    (folder / "album.flac").touch()
    assert starts(scanned(folder, CUE)[1]) == [None]
    assert scanned(folder, CUE)[0].unchanged == 1


def test_a_broken_album_is_a_problem_without_songs(folder: Path) -> None:
    scanned(folder, CUE)
    (folder / "album.flac").write_bytes(b"fLaC no more")
    stats, songs = scanned(folder, CUE)
    assert (stats.problems, songs) == (1, [])
    write_album(folder / "album.flac")
    assert starts(scanned(folder, CUE)[1]) == list(STARTS)


def test_a_removed_album_is_forgotten(folder: Path) -> None:
    scanned(folder, CUE)
    (folder / "album.flac").unlink()
    stats, songs = scanned(folder, CUE, forget=True)
    assert (stats.gone, songs) == (1, [])


def test_chapters_and_another_track(tmp_path: Path) -> None:
    folder = tmp_path / "films"
    folder.mkdir()
    chapters = [(0, 2, "One"), (2, 4, "Two")]
    write_timed(folder / "x.mka", [[(0, 330)], [(0, 440)]], chapters=chapters)
    first = scanned(folder)[1]
    second = scanned(folder, Selection(track=2))[1]
    assert "audio tracks" in first[0].warnings
    assert "audio tracks" not in second[0].warnings
    assert first[0].content != second[0].content
    split = scanned(folder, Selection(track=2, split=Split.chapters))[1]
    assert [(song.title, song.start_s) for song in split] == [("One", 0), ("Two", 2)]
    assert scanned(folder)[0].unchanged == 1


TITLES_BEYOND = (*TITLES, "Beyond")
STARTS_BEYOND = (*STARTS, 100.0)


@pytest.fixture
def beyond(folder: Path) -> Path:
    """Return a folder with an album whose cue sheet has a track beyond the file's end."""
    (folder / "album.cue").write_text(cue("album.wav", starts=STARTS_BEYOND, titles=TITLES_BEYOND))
    return folder


def write_copy(folder: Path, name: str, titles: tuple[str, ...] = TITLES_BEYOND) -> None:
    (folder / f"{name}.flac").write_bytes((folder / "album.flac").read_bytes())
    (folder / f"{name}.cue").write_text(cue("album.wav", starts=STARTS_BEYOND, titles=titles))


def test_copies_of_an_album_with_a_track_beyond_its_end(beyond: Path) -> None:
    for number in range(6):  # more than are probed before the first is analyzed
        write_copy(beyond, f"copy{number}", tuple(f"{title} {number}" for title in TITLES_BEYOND))
    stats, songs = scanned(beyond, CUE)
    assert (stats.new, stats.songs, starts(songs)) == (7, 3, list(STARTS))
    assert [song.copies for song in songs] == [7, 7, 7]


def test_an_album_with_a_track_beyond_its_end_is_recognized(beyond: Path) -> None:
    ids = [song.id for song in scanned(beyond, CUE)[1]]
    (beyond / "album.flac").touch()
    stats, songs = scanned(beyond, CUE)
    assert (stats.retagged, stats.songs, [song.id for song in songs]) == (1, 0, ids)
    write_copy(beyond, "moved")
    for ending in ("flac", "cue"):
        (beyond / f"album.{ending}").unlink()
    stats, songs = scanned(beyond)
    assert (stats.moved, stats.songs, [song.id for song in songs]) == (1, 0, ids)
    (beyond / "moved.cue").write_text(cue("album.wav", starts=STARTS_BEYOND, titles=("a", "b", "c", "d")))
    (beyond / "moved.flac").touch()
    assert [song.title for song in scanned(beyond, CUE)[1]] == ["a", "b", "c"]


def test_a_sheet_with_other_tracks_is_analyzed(beyond: Path) -> None:
    scanned(beyond, CUE)
    (beyond / "album.cue").write_text(cue("album.wav", starts=(*STARTS, 30), titles=TITLES_BEYOND))
    (beyond / "album.flac").touch()
    stats, songs = scanned(beyond, CUE)
    assert (stats.songs, starts(songs)) == (4, [*STARTS, 30])


def test_chapters_added_later_are_analyzed(tmp_path: Path) -> None:
    folder = tmp_path / "films"
    folder.mkdir()
    chapters = [(0, 2, "One"), (2, 4, "Two")]
    selection = Selection(split=Split.chapters)
    for count in (1, 2):
        write_timed(folder / "x.mka", [[(0, 330)]], chapters=chapters[:count])
        assert len(scanned(folder, selection)[1]) == count


@pytest.mark.parametrize("text", ["junk", "track=10000", "split=junk"])
def test_a_damaged_selection_counts_as_none(folder: Path, text: str) -> None:
    ids = [song.id for song in scanned(folder)[1]]
    with contextlib.closing(sqlite3.connect(folder.parent / "library.sqlite")) as db, db:
        db.execute("UPDATE file SET selection = ?", (text,))
    (folder / "album.flac").touch()
    stats, songs = scanned(folder)
    assert (stats.retagged, stats.songs, [song.id for song in songs]) == (1, 0, ids)


def test_songs_of_a_split_file_that_lack_sound_are_measured_again(folder: Path) -> None:
    scanned(folder, CUE)
    with contextlib.closing(sqlite3.connect(folder.parent / "library.sqlite")) as db, db:
        db.execute("DELETE FROM measured WHERE song = (SELECT max(id) FROM song)")
    assert scanned(folder)[0].unchanged == 1
    stats, _ = scanned(folder, again=True)
    assert (stats.renewed, stats.songs) == (1, 3)
    with open_library(folder.parent / "library.sqlite") as library:
        assert library.without_sound() == set()
    assert scanned(folder, again=True)[0].unchanged == 1


def test_the_path_of_a_split_file_names_no_song(folder: Path) -> None:
    scanned(folder, CUE)
    path = str(folder / "album.flac")
    with (
        open_library(folder.parent / "library.sqlite") as library,
        pytest.raises(LibraryError, match=r"album\.flac: 3 songs match; give the id of one: 1: The Band – Sad; 2: The"),
    ):
        find_song(library, path)
