"""Songs to which links lead, as in git-annex: shown and found by the links' paths, identified by their targets."""

import contextlib
import json
import os
import sqlite3
from pathlib import Path

import pytest

from moodcurve.library import open_library, schema
from moodcurve.library.queries.find_song import find_song
from moodcurve.library.queries.search import Query, search
from tests.helpers.command_line import run
from tests.helpers.library_fixtures import first_version
from tests.helpers.scans import Scanner, write_song

pytestmark = pytest.mark.usefixtures("prepared")


@pytest.fixture
def scanner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scanner:
    return Scanner(tmp_path, monkeypatch)


def annexed(music: Path, name: str, *, seed: int = 0) -> Path:
    """Write a song as `git annex add` leaves it: a link to a file below ``.git`` that is named by its content."""
    key = f"SHA256E-s1234--{seed:064x}.flac"
    target = write_song(music / ".git" / "annex" / "objects" / "Wx" / "4q" / key / key, seed=seed)
    target.chmod(0o444)
    link = music / name
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(os.path.relpath(target, link.parent))
    return target


def found(scanner: Scanner, text: str) -> list[str]:
    with open_library(scanner.library) as opened:
        return [song.path for song in search(opened, Query(text=tuple(text.split())))]


def test_annexed_songs_are_shown_and_found_by_the_paths_of_their_links(scanner: Scanner) -> None:
    link = scanner.music / "Nina" / "Baltimore" / "01 Tune.flac"
    target = annexed(scanner.music, "Nina/Baltimore/01 Tune.flac")
    assert scanner.counts() == {"new": 1, "songs": 1}
    assert scanner.paths() == {os.path.relpath(target, scanner.music)}  # the identity
    assert found(scanner, "nina baltimore tune") == found(scanner, "sha256e") == [str(link)]
    with open_library(scanner.library) as opened:
        song = find_song(opened, str(link))
        assert (song.shown, song.paths, song.data["source"]) == (str(link), (str(target),), str(link))
    library = ("--library", scanner.library)
    assert str(link) in run("export", *library, "-f", "csv").stdout
    assert json.loads(run("show", link, *library, "-f", "json").stdout)["source"] == str(link)
    assert run("analyze", scanner.music, "-f", "json").stdout.startswith(
        f'{{"format": "moodcurve-curve/1", "source": "{link}"'
    )
    assert scanner.counts() == {"unchanged": 1}


def test_renamed_links_rename_a_song_without_opening_it(scanner: Scanner) -> None:
    target = annexed(scanner.music, "old.flac")
    scanner()
    (scanner.music / "old.flac").rename(scanner.music / "new name.flac")
    os.utime(target.parent, ns=(0, 0))
    assert scanner.counts() == {"unchanged": 1}
    assert found(scanner, "new name") == [str(scanner.music / "new name.flac")]
    assert found(scanner, "old") == []
    # a second link to the same content, as of a copied song
    (scanner.music / "also here.flac").symlink_to(target)
    assert scanner.counts() == {"unchanged": 1}
    assert found(scanner, "also here") == found(scanner, "new name") == [str(scanner.music / "also here.flac")]


def test_removed_links_remove_a_song_and_dropped_contents_do_not(scanner: Scanner) -> None:
    for seed in range(3):
        annexed(scanner.music, f"{seed}.flac", seed=seed)
    target = annexed(scanner.music, "3.flac", seed=3)
    assert scanner.counts() == {"new": 4, "songs": 4}
    (scanner.music / "0.flac").unlink()  # git rm; the content stays until it is dropped
    target.unlink()  # git annex drop: it is somewhere else, and may come back
    assert scanner.counts() == {"unchanged": 2, "gone": 1}
    assert found(scanner, "0.flac") == []
    assert found(scanner, "3.flac") == [str(scanner.music / "3.flac")]


def test_a_song_that_lies_in_a_folder_keeps_its_own_path_and_is_found_by_its_links(
    scanner: Scanner, tmp_path: Path
) -> None:
    own = write_song(scanner.music / "album" / "own.flac")
    (scanner.music / "best of").symlink_to(scanner.music / "album")
    (scanner.music / "favorite.flac").symlink_to(own)
    scanner()
    assert found(scanner, "favorite") == found(scanner, "album own") == [str(own)]
    # scanned from either side in turn, its names stay
    links = tmp_path / "links"
    links.mkdir()
    (links / "linked.flac").symlink_to(own)
    before = None
    for roots in ((scanner.music,), (links,), (scanner.music,), (links,)):
        assert scanner.counts(*roots) == {"unchanged": 1}
        with open_library(scanner.library) as opened:
            (known,) = opened.known_files().values()
        if roots == (links,):
            assert before in (None, known.names)
            before = known.names
    assert before == (str(own), str(links / "linked.flac"), str(scanner.music / "favorite.flac"))


def test_songs_below_linked_folders_are_shown_by_the_links_path(scanner: Scanner, tmp_path: Path) -> None:
    write_song(tmp_path / "disk" / "a" / "1.flac")
    (scanner.music / "more").symlink_to(tmp_path / "disk")
    scanner()
    assert found(scanner, "more") == [str(scanner.music / "more" / "a" / "1.flac")]
    (tmp_path / "disk").rename(tmp_path / "away")  # not mounted: nothing is forgotten
    assert scanner.counts() == {}
    assert len(scanner.paths()) == 1


def test_problems_are_shown_by_the_links_path(scanner: Scanner, tmp_path: Path) -> None:
    (tmp_path / "key.flac").write_text("no music")
    link = scanner.music / os.fsdecode(b"song\x85.flac")
    link.symlink_to(tmp_path / "key.flac")
    assert scanner.counts() == {"problems": 1}
    assert scanner.reported[0][0] == str(link)
    (problem,) = json.loads(run("problems", "--library", scanner.library, "--json").stdout)
    assert problem["path"] == link.as_uri()


def test_an_earlier_library_shows_names_that_are_not_utf8_as_uris(tmp_path: Path) -> None:
    path = tmp_path / "new" / "library.sqlite"
    first_version(path)
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE file SET path = ?, shown = '/mod?.mp3' WHERE id = 1", (b"/mod\x85.mp3",))
    with open_library(path) as opened:
        assert [song.path for song in search(opened, Query(sort=("id",)))] == ["file:///mod%85.mp3", "/2"]
        assert [file.names for file in opened.known_files().values()] == [(), ()]
        assert schema.read_version(opened.db) == schema.CURRENT_VERSION
