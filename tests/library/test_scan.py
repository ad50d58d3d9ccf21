"""A scan: what is analysed, what is recognised, what is forgotten, and what it says."""

import contextlib
import errno
import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import mutagen
import numpy as np
import pytest

import moodcurve
from moodcurve.analysis import file_features
from moodcurve.cli import progress
from moodcurve.features import COMPARE236, FEATURE_SETS
from moodcurve.formats import to_dict
from moodcurve.library import open_library
from moodcurve.library.scanning import worker
from moodcurve.library.scanning.progress import Tally, Teller
from moodcurve.library.scanning.scan import scan
from moodcurve.library.scanning.walk import walk
from tests.helpers.command_line import run
from tests.helpers.damaged_audio import write_encoded
from tests.helpers.scans import Inside, Scanner, as_json, copied, write_song

pytestmark = pytest.mark.usefixtures("prepared")


@pytest.fixture
def scanner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scanner:
    return Scanner(tmp_path, monkeypatch)


def test_a_song_is_stored_as_analyze_gives_it(scanner: Scanner) -> None:
    path = write_song(scanner.music / "album" / "one.flac", seconds=4)
    file = mutagen.File(path)
    file["title"], file["date"] = "One", "1994"
    file.save()
    tally = scanner()
    assert (tally.files, tally.new, tally.songs) == (1, 1, 1)
    assert tally.audio_s == pytest.approx(4.0)
    with open_library(scanner.library) as opened:
        song = opened.song(str(path))
        assert song is not None
        numbers, descriptors = opened.descriptors(COMPARE236.key)
    assert as_json(song.data) == as_json(to_dict(moodcurve.analyze(path)))
    assert (song.tags.title, song.tags.year, song.tags.duration_s) == ("One", 1994, 4.0)
    assert numbers.tolist() == [song.id]
    rows = file_features(path, COMPARE236).features.values.astype(np.float64)
    np.testing.assert_allclose(descriptors[0], rows.mean(axis=0), rtol=1e-6)  # single precision


def test_no_library_is_made_of_folders_that_are_not_there(scanner: Scanner, tmp_path: Path) -> None:
    before = sorted(tmp_path.iterdir())
    assert scanner.counts(tmp_path / "absent", tmp_path / "absent.mp3") == {"unread": 2}
    assert [path for path, _ in scanner.said] == [str(tmp_path / "absent"), str(tmp_path / "absent.mp3")]
    done = run("scan", tmp_path / "absent", "--library", tmp_path / "new" / "library.sqlite")
    assert done.exit_code == 1
    assert f"{tmp_path / 'absent'}: No such file or directory" in done.stderr
    assert sorted(tmp_path.iterdir()) == before
    assert scanner.counts(tmp_path / "absent", scanner.music) == {"unread": 1}
    assert scanner.library.exists()


def test_contents_of_an_earlier_version_are_made_anew(scanner: Scanner) -> None:
    one, other, same = (write_song(scanner.music / f"{name}.flac", seed=i) for i, name in enumerate("abc"))
    write_song(scanner.music / "text.mp3").write_text("no music")
    assert scanner.counts() == {"new": 3, "problems": 1, "songs": 3}
    # two recordings were taken for one, with the curve of the first
    with contextlib.closing(sqlite3.connect(scanner.library)) as db, db:
        numbers = [
            db.execute("SELECT song FROM file WHERE path = ?", (os.fsencode(path),)).fetchone()[0]
            for path in (one, other)
        ]
        db.execute("UPDATE song SET content = 'x', copies = 2 WHERE id = ?", numbers[:1])
        db.execute("UPDATE file SET content = 'x', song = ? WHERE song IN (?, ?)", (numbers[0], *numbers))
        db.execute("DELETE FROM song WHERE id = ?", numbers[1:])
        db.execute("UPDATE file SET content_version = 1")
    with open_library(scanner.library) as opened:
        known = opened.known_files()
        assert known[str(one)].content == known[str(other)].content == "x"
        assert not any(file.current for file in known.values())
    assert scanner.counts() == {"unchanged": 1, "renewed": 2, "problems": 1, "songs": 2}
    with open_library(scanner.library) as opened:
        assert opened.known_files()[str(same)].current
        for path in (one, other, same):
            song = opened.song(str(path))
            assert song is not None
            assert song.paths == (str(path),)
            assert as_json(song.data) == as_json(to_dict(moodcurve.analyze(path)))
    assert scanner.songs() == 3
    assert scanner.counts() == {"unchanged": 3, "problems": 1}


def test_what_is_as_it_was_is_not_opened(scanner: Scanner, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(3):
        write_song(scanner.music / f"{seed}.flac", seed=seed)
    (scanner.music / "text.mp3").write_text("no music")
    assert scanner.counts() == {"new": 3, "problems": 1, "songs": 3}

    def opened(*arguments: object, **options: object) -> None:
        raise AssertionError("opened")

    monkeypatch.setattr(Inside, "__init__", opened)
    monkeypatch.setattr("moodcurve.library.scanning.walk.may_be_audio", opened)
    assert scanner.counts() == {"unchanged": 3, "problems": 1}
    os.utime(scanner.music / "0.flac", ns=(0, 0))
    with pytest.raises(AssertionError, match="opened"):
        scanner()


def test_moved_and_copied_files_are_recognised(scanner: Scanner) -> None:
    one = write_song(scanner.music / "one.flac", seed=1)
    two = write_song(scanner.music / "two.flac", seed=2)
    scanner()
    (scanner.music / "folder").mkdir()
    one.rename(scanner.music / "folder" / "one renamed.flac")
    copied(two, scanner.music / "a copy.flac")
    assert scanner.counts() == {"moved": 1, "copied": 1, "unchanged": 1}
    assert scanner.paths() == {"folder/one renamed.flac", "a copy.flac", "two.flac"}
    assert scanner.songs() == 2


def test_tags_are_read_anew_without_another_analysis(scanner: Scanner) -> None:
    path = write_song(scanner.music / "one.flac")
    scanner()
    file = mutagen.File(path)
    file["title"] = "a title"
    file.save()
    assert scanner.counts() == {"retagged": 1}
    with open_library(scanner.library) as opened:
        song = opened.song(str(path))
        assert song is not None
        assert song.tags.title == "a title"
    os.utime(path)
    assert scanner.counts() == {"retagged": 1}


def test_the_same_sound_twice_in_a_scan_is_analysed_once(scanner: Scanner) -> None:
    path = write_song(scanner.music / "one.flac")
    copied(path, scanner.music / "two.flac")
    copied(path, scanner.music / "three.flac")
    assert scanner.counts() == {"new": 3, "songs": 1}
    assert scanner.paths() == {"one.flac", "two.flac", "three.flac"}


def test_another_sound_under_the_same_name(scanner: Scanner) -> None:
    path = write_song(scanner.music / "one.flac", seed=1)
    scanner()
    write_song(path, seed=2, seconds=3)
    assert scanner.counts() == {"changed": 1, "songs": 1}
    assert scanner.songs() == 1


def test_what_is_gone_is_forgotten(scanner: Scanner) -> None:
    for name in ("one.flac", "folder/two.flac", "folder/three.flac"):
        write_song(scanner.music / name, seed=len(name))
    scanner()
    (scanner.music / "folder" / "two.flac").unlink()
    assert scanner.counts() == {"unchanged": 2, "gone": 1}
    (scanner.music / "folder" / "three.flac").unlink()
    (scanner.music / "folder").rmdir()
    assert scanner.counts() == {"unchanged": 1, "gone": 1}
    assert (scanner.paths(), scanner.songs()) == ({"one.flac"}, 1)


def test_a_swap_of_names_is_no_new_song(scanner: Scanner) -> None:
    one = write_song(scanner.music / "one.flac", seed=1)
    two = write_song(scanner.music / "two.flac", seed=2, seconds=3)
    scanner()
    one.rename(scanner.music / "x")
    two.rename(one)
    (scanner.music / "x").rename(two)
    assert scanner.counts() == {"changed": 2}
    with open_library(scanner.library) as opened:
        lengths = [song.curve.duration_s for path in (one, two) if (song := opened.song(str(path)))]
    assert lengths == [3.0, 2.0]


# --- problems ---


def test_a_problem_is_on_record_and_not_tried_again_until_the_file_changes(scanner: Scanner) -> None:
    (scanner.music / "folder").mkdir()  # with nothing at all in it, the music would count as away
    path = scanner.music / "text.mp3"
    path.write_text("no music")
    assert scanner.counts() == {"problems": 1}
    reason = "not audio of a known format, or damaged from the start"
    assert scanner.problems()["text.mp3"].startswith(reason)
    assert scanner.said[0][0] == str(path)
    assert scanner.counts() == {"problems": 1}
    assert scanner.said == []
    assert scanner.counts(again=True) == {"problems": 1}
    assert len(scanner.said) == 1
    write_song(path)
    assert scanner.counts() == {"changed": 1, "songs": 1}
    assert scanner.problems() == {}
    path.write_text("no music again")
    assert scanner.counts() == {"problems": 1}
    assert (scanner.paths(), scanner.songs()) == (set(), 0)
    path.unlink()
    assert scanner.counts() == {"gone": 1}
    assert scanner.problems() == {}


def test_a_file_that_may_not_be_read_is_tried_at_each_scan(scanner: Scanner, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_song(scanner.music / "one.flac")

    def denied(path: str, **options: object) -> str:
        raise PermissionError(13, "Permission denied", path)

    # permissions do not stop the superuser, who may run the tests
    with monkeypatch.context() as patched:
        patched.setattr(worker, "content_hash", denied)
        assert scanner.counts() == {"problems": 1}
        assert scanner.problems() == {"one.flac": "Permission denied"}
    assert scanner.counts() == {"changed": 1, "songs": 1}
    assert scanner.paths() == {path.name}


def test_a_file_that_is_written_to_is_taken_at_the_next_scan(scanner: Scanner, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_song(scanner.music / "one.flac")
    real = worker.hear

    def growing(*arguments: object, **options: object) -> object:
        found = real(*arguments, **options)  # type: ignore[arg-type]
        with path.open("ab") as file:
            file.write(b"more")
        return found

    with monkeypatch.context() as patched:
        patched.setattr(worker, "hear", growing)
        assert scanner.counts() == {"problems": 1}
        assert scanner.problems()["one.flac"].startswith("it was written to while it was read")
    assert scanner.counts() == {"changed": 1, "songs": 1}


@pytest.mark.parametrize("mtime_s", [13_569_465_600, -13_569_465_600])  # the years 2400 and 1540
def test_any_time_of_change_is_known_again(scanner: Scanner, monkeypatch: pytest.MonkeyPatch, mtime_s: int) -> None:
    song = write_song(scanner.music / "one.flac")
    write_song(scanner.music / "two.flac", seed=2)
    status = os.stat

    def dated(path: Path, **options: bool) -> os.stat_result:
        """As a file system tells it that keeps such times; not all do."""
        found = status(path, **options)
        if os.fspath(path) != os.fspath(song):
            return found
        return os.stat_result(found[:10], {"st_mtime_ns": (mtime_s + later_s) * 10**9})

    later_s = 0
    monkeypatch.setattr(os, "stat", dated)
    assert scanner.counts() == {"new": 2, "songs": 2}
    assert scanner.counts() == {"unchanged": 2}
    later_s = 1
    assert scanner.counts() == {"unchanged": 1, "retagged": 1}


def test_a_broken_file_does_not_harm_another_of_the_same_sound(scanner: Scanner) -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, (2 * 44_100, 1)).astype(np.float32)
    whole = write_encoded(scanner.music, "aac.m4a", noise)
    data = whole.read_bytes()
    # the samples are the same, but where they lie is lost
    index = data.index(b"moov") + 4
    (scanner.music / "a broken.m4a").write_bytes(data[:index] + bytes(len(data) - index))
    assert scanner.counts() == {"problems": 1, "new": 1, "songs": 1}
    assert set(scanner.problems()) == {"a broken.m4a"}
    assert scanner.counts() == {"problems": 1, "unchanged": 1}


# --- models ---


def test_another_model_analyses_what_is_out_of_date_on_request(scanner: Scanner) -> None:
    write_song(scanner.music / "one.flac", seed=1)
    scanner(model="live")
    write_song(scanner.music / "two.flac", seed=2)
    assert scanner.counts() == {"unchanged": 1, "new": 1, "songs": 1}
    assert scanner.counts(again=True) == {"unchanged": 1, "renewed": 1, "songs": 1}
    assert scanner.counts(again=True) == {"unchanged": 2}
    with open_library(scanner.library) as opened:
        (model, feature_set), other = opened.contents().values()
    assert (model, feature_set) == other


def test_a_model_that_is_not_there(scanner: Scanner) -> None:
    with pytest.raises(moodcurve.runtime.ModelError, match="nonsense: no such model"):
        scanner(model="nonsense")
    assert not scanner.library.exists()


# --- which files ---


def test_by_ending_and_by_content_and_none_of_the_hidden(scanner: Scanner) -> None:
    song = write_song(scanner.music / "one.FLAC")
    for name in ("no ending", "track.01", ".hidden.flac", "._mac.flac", "picture.jpg", ".folder/in it.flac"):
        (scanner.music / name).parent.mkdir(exist_ok=True)
        copied(song, scanner.music / name)
    (scanner.music / "notes.02").write_text("some notes")
    os.mkfifo(scanner.music / "pipe.mp3")
    scanner()
    assert scanner.paths() == {"one.FLAC", "no ending", "track.01"}
    named = scanner.music / "picture.jpg"
    assert scanner.counts(named) == {"copied": 1}
    assert scanner.paths() >= {"picture.jpg"}


def test_links_count_once_and_loops_end(scanner: Scanner, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    write_song(scanner.music / "z" / "one.flac", seed=1)
    write_song(outside / "two.flac", seed=2)
    write_song(tmp_path / "three.flac", seed=3)
    for link, target in (
        ("a", "z"),
        ("b", "."),
        ("z/c", ".."),
        ("itself", "itself"),
        ("nowhere.flac", "absent.flac"),
        ("one again.flac", "z/one.flac"),
        ("out", outside),
        ("out again", outside),
        ("three.flac", tmp_path / "three.flac"),
    ):
        (scanner.music / link).symlink_to(target)
    (outside / "back").symlink_to(scanner.music)
    assert scanner.counts() == {"new": 3, "songs": 3}
    assert scanner.paths() == {"z/one.flac", "../outside/two.flac", "../three.flac"}
    assert scanner.counts() == {"unchanged": 3}
    # where the link leads nowhere, the song is not gone: its folder was not looked into
    outside.rename(tmp_path / "away")
    assert scanner.counts() == {"unchanged": 2}
    assert len(scanner.paths()) == 3


def test_a_link_that_cannot_be_read_costs_itself_only(
    scanner: Scanner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_song(scanner.music / "one.flac")
    for link in (scanner.music / "broken", tmp_path / "root"):
        link.symlink_to("one.flac")
    read = os.readlink

    def failing(path: str, **options: int) -> str:
        if Path(path).name in ("broken", "root"):
            raise OSError(errno.EIO, "Input/output error", path)
        return read(path, **options)

    monkeypatch.setattr(os, "readlink", failing)
    assert scanner.counts(scanner.music, tmp_path / "root") == {"new": 1, "songs": 1, "unread": 2}
    assert sorted(scanner.said) == [
        (str(scanner.music / "broken"), "Input/output error"),
        (str(tmp_path / "root"), "Input/output error"),
    ]


def test_what_the_system_says_is_empty_is_not_opened(scanner: Scanner, monkeypatch: pytest.MonkeyPatch) -> None:
    """As ``/proc/kmsg``, whose reader waits for what the kernel says next."""
    write_song(scanner.music / "one.flac")
    waits = scanner.music / "kmsg"
    waits.touch()
    opened = Path.open

    def hanging(path: Path, *arguments: Any, **options: Any) -> Any:
        assert path != waits
        return opened(path, *arguments, **options)

    monkeypatch.setattr(Path, "open", hanging)
    assert scanner.counts() == {"new": 1, "songs": 1}


def test_folders_named_twice_or_by_a_link_are_one(scanner: Scanner, tmp_path: Path) -> None:
    write_song(scanner.music / "folder" / "one.flac")
    (tmp_path / "link").symlink_to(scanner.music)
    assert scanner.counts(tmp_path / "link", scanner.music / "folder", scanner.music) == {"new": 1, "songs": 1}
    assert scanner.paths() == {"folder/one.flac"}


STRANGE = (
    "two\nlines.flac",
    "\U0001f3b5 tune.flac",
    "percent %s {x}.flac",
    " .flac",
    "-o.flac",
    os.fsdecode(b"\xff\xfe.flac"),
)


@pytest.mark.skipif(sys.platform in {"win32", "darwin"}, reason="such names cannot be there")
def test_strange_names(scanner: Scanner) -> None:
    for seed, name in enumerate(STRANGE):
        write_song(scanner.music / os.fsdecode(b"\xe9") / name, seed=seed)
    broken = scanner.music / os.fsdecode(b"broken\n\xff.mp3")
    broken.write_bytes(b"no music")
    assert scanner.counts() == {"new": len(STRANGE), "songs": len(STRANGE), "problems": 1}
    assert scanner.said[0][0] == str(broken)
    assert "\n" not in scanner.said[0][1]
    folder = os.fsdecode(b"\xe9")
    assert scanner.paths() == {f"{folder}/{name}" for name in STRANGE}
    assert scanner.counts() == {"unchanged": len(STRANGE), "problems": 1}


# --- folders that are away ---


def test_an_absent_folder_keeps_its_songs(scanner: Scanner, tmp_path: Path) -> None:
    write_song(scanner.music / "disk" / "one.flac", seed=1)
    write_song(scanner.music / "two.flac", seed=2)
    scanner()
    disk = scanner.music / "disk"
    disk.rename(tmp_path / "away")
    assert scanner.counts(disk) == {"unread": 1}
    assert scanner.said == [(str(disk), "No such file or directory; the library keeps what it has of it, 1 file")]
    disk.mkdir()  # where a disk is mounted
    kept = (
        "is empty, a disk that is not mounted perhaps; the library keeps what it has of it, 1 file; "
        "if that is gone for good, remove the folder and scan the one above it"
    )
    for roots in ([disk], [disk, tmp_path / "music"]):
        assert scanner.counts(*roots)["unread"] == 1
        assert scanner.said == [(str(disk), kept)]
        assert len(scanner.paths()) == 2
    disk.rmdir()
    (tmp_path / "away").rename(disk)
    assert scanner.counts(disk) == {"unchanged": 1}


def test_a_disk_below_that_is_not_mounted_keeps_its_songs(scanner: Scanner, tmp_path: Path) -> None:
    disk = scanner.music / "disk"
    for seed, name in enumerate(("disk/one.flac", "disk/album/two.flac", "three.flac")):
        write_song(scanner.music / name, seed=seed)
    (scanner.music / "never held anything").mkdir()
    scanner()
    disk.rename(tmp_path / "away")
    disk.mkdir()
    for _ in range(2):
        assert scanner.counts() == {"unchanged": 1, "unread": 1}
        ((path, reason),) = scanner.said
        assert path == str(disk)
        assert "keeps what it has of it, 2 files; if that is gone for good, remove the folder" in reason
    assert (len(scanner.paths()), scanner.songs()) == (3, 3)
    disk.rmdir()
    (tmp_path / "away").rename(disk)
    assert scanner.counts() == {"unchanged": 3}
    # as the line says: who removes the folder means it
    (disk / "one.flac").unlink()
    (disk / "album" / "two.flac").unlink()
    assert scanner.counts() == {"unchanged": 1, "gone": 1, "unread": 1}
    assert scanner.said[0][0] == str(disk / "album")
    (disk / "album").rmdir()
    disk.rmdir()
    assert scanner.counts() == {"unchanged": 1, "gone": 1}
    assert (scanner.paths(), scanner.songs()) == ({"three.flac"}, 1)


def test_songs_that_move_out_of_a_folder_leave_nothing_behind(scanner: Scanner, tmp_path: Path) -> None:
    """The empty folder that they leave is none whose disk is away; only what has not turned up elsewhere is kept."""
    one, two, three = (
        write_song(scanner.music / "album" / f"{name}.flac", seed=seed)
        for seed, name in enumerate(("one", "two", "three"))
    )
    scanner()
    other = tmp_path / "other"
    other.mkdir()
    one.rename(other / "one.flac")
    two.rename(other / "two.flac")
    away = three.rename(tmp_path / "three.flac")
    assert scanner.counts(scanner.music, other) == {"moved": 2, "unread": 1}
    assert "keeps what it has of it, 1 file;" in scanner.said[0][1]
    assert scanner.paths() == {"../other/one.flac", "../other/two.flac", "album/three.flac"}
    away.rename(other / "3.flac")
    assert scanner.counts(scanner.music, other) == {"moved": 1, "unchanged": 2}
    assert scanner.said == []
    assert scanner.paths() == {"../other/one.flac", "../other/two.flac", "../other/3.flac"}


def test_songs_that_moved_and_are_analysed_anew_leave_nothing_behind(scanner: Scanner) -> None:
    path = write_song(scanner.music / "album" / "one.flac")
    scanner(model="live")
    path.rename(scanner.music / "one.flac")
    assert scanner.counts(again=True) == {"new": 1, "gone": 1, "songs": 1}
    assert (scanner.paths(), scanner.songs()) == ({"one.flac"}, 1)


def test_a_file_with_a_problem_is_kept_with_its_folder(scanner: Scanner) -> None:
    path = scanner.music / "album" / "text.mp3"
    path.parent.mkdir()
    path.write_text("no music")
    assert scanner.counts() == {"problems": 1}
    path.unlink()
    assert scanner.counts() == {"unread": 1}
    assert set(scanner.problems()) == {"album/text.mp3"}


def test_an_empty_folder_that_never_held_anything_is_no_fault(scanner: Scanner) -> None:
    assert scanner.counts() == {}
    (scanner.music / "empty").mkdir()
    assert scanner.counts() == {}


def test_a_folder_that_cannot_be_looked_into_keeps_its_songs(scanner: Scanner, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("one.flac", "locked/two.flac", "locked/below/three.flac"):
        write_song(scanner.music / name, seed=len(name))
    scanner()
    real = os.scandir

    def scandir(path: str) -> object:
        if Path(path).name == "locked":
            raise PermissionError(13, "Permission denied", path)
        return real(path)

    (scanner.music / "one.flac").unlink()
    monkeypatch.setattr(os, "scandir", scandir)
    assert scanner.counts() == {"gone": 1, "unread": 1}
    assert scanner.said == [
        (str(scanner.music / "locked"), "Permission denied; the library keeps what it has of it, 2 files")
    ]
    assert scanner.paths() == {"locked/two.flac", "locked/below/three.flac"}


def test_another_folder_is_not_touched(scanner: Scanner, tmp_path: Path) -> None:
    other = tmp_path / "musical"  # whose name begins alike
    write_song(scanner.music / "one.flac", seed=1)
    write_song(other / "two.flac", seed=2)
    scanner(scanner.music, other)
    (other / "two.flac").unlink()
    (scanner.music / "one.flac").unlink()
    write_song(scanner.music / "three.flac", seed=3)
    assert scanner.counts() == {"new": 1, "gone": 1, "songs": 1}
    assert scanner.paths() == {"three.flac", "../musical/two.flac"}


def test_a_folder_in_the_place_of_a_file(scanner: Scanner) -> None:
    path = write_song(scanner.music / "one.flac")
    scanner()
    path.unlink()
    write_song(path / "two.flac", seed=1)
    assert scanner.counts() == {"new": 1, "gone": 1, "songs": 1}


def test_a_walk_tells_what_it_looked_into(tmp_path: Path) -> None:
    (tmp_path / "folder" / "below").mkdir(parents=True)
    names = ("one.mp3", "two.mp3", "folder/a.mp3", "folder/b.mp3", "folder/below/a.mp3", "other/a.mp3")
    (tmp_path / "other" / "empty").mkdir(parents=True)
    for name in names:
        (tmp_path / name).touch()
    found = walk([tmp_path, tmp_path / "absent"])
    assert list(found.files) == [str(tmp_path / name) for name in names]  # album by album
    assert found.listed == {str(tmp_path / part) for part in ("", "folder", "folder/below", "other")}
    assert found.faults == [(str(tmp_path / "absent"), "No such file or directory")]
    assert found.empty == {str(tmp_path / "other" / "empty")}
    for path, folder in (("other/empty/a/b.mp3", tmp_path / "other" / "empty"), ("other/b.mp3", None)):
        assert found.emptied(str(tmp_path / path)) == (folder and str(folder))
    assert found.emptied("/elsewhere.mp3") is None
    assert not found.lacks(str(tmp_path / "other" / "empty" / "a.mp3"))
    assert found.lacks(str(tmp_path / "other" / "empty"))  # a file of that name
    assert found.lacks(str(tmp_path / "absent.mp3"))
    assert found.lacks(str(tmp_path / "folder" / "was" / "there.mp3"))
    assert not found.lacks(str(tmp_path / "one.mp3"))
    assert not found.lacks(str(tmp_path.parent / "elsewhere.mp3"))
    assert not found.lacks("/elsewhere.mp3")


@pytest.mark.parametrize("roots", [[""], ["music", ""]])
def test_an_empty_text_is_not_the_folder_one_is_in(roots: list[str]) -> None:
    with pytest.raises(ValueError, match="roots must be paths of folders and files, got ''"):
        walk(roots)


# --- what it says ---


def test_progress_counts_what_is_on_the_disk(scanner: Scanner) -> None:
    for seed in range(5):
        write_song(scanner.music / f"{seed}.flac", seed=seed)
    (scanner.music / "text.mp3").write_text("no music")
    seen = []

    def progress(tally: Tally) -> None:
        with open_library(scanner.library) as opened:
            known = opened.known_files()
        stored = sum(file.problem is None for file in known.values())
        assert (stored, len(known) - stored) == (tally.songs, tally.problems)
        assert tally.files_done == len(known)
        assert tally.size_done == sum(Path(path).stat().st_size for path in known)
        seen.append(tally.files_done)

    scan([scanner.music], scanner.library, teller=Teller(progress=progress))
    assert seen[-1] == 6


def test_time_left_follows_the_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("moodcurve.library.scanning.progress.time.monotonic", lambda: now)
    tally = Tally(size=1000)
    tally.mark()
    assert tally.left_s is None
    now, tally.size_done = 10.0, 100
    tally.mark()
    assert tally.left_s == pytest.approx(90.0)  # 10 bytes a second, 900 to go
    now, tally.size_done = 150.0, 200
    tally.mark()
    now, tally.size_done = 250.0, 300
    tally.mark()
    assert tally.left_s == pytest.approx(700.0)  # 1 byte a second over the last two minutes
    now = 350.0
    assert tally.left_s == pytest.approx(1400.0)  # nothing came since: half the pace


def test_the_command_tells_what_it_did(scanner: Scanner) -> None:
    write_song(scanner.music / "one.flac", seconds=3)
    write_song(scanner.music / "two.flac", seed=2, seconds=4)
    done = run("scan", scanner.music, "--library", scanner.library)
    assert (done.exit_code, done.stderr) == (0, "")
    first, second = done.stdout.splitlines()
    assert first == "2 files: 2 new"
    assert second.startswith("2 songs of 0:07 analysed in ")
    (scanner.music / "text\n.mp3").write_text("no music")
    done = run("scan", scanner.music, "--library", scanner.library, "--json")
    assert done.exit_code == 1
    summary = json.loads(done.stdout)
    assert {key: value for key, value in summary.items() if value and key != "elapsed_s"} == {
        "files": 3, "unchanged": 2, "problems": 1,
    }  # fmt: skip
    assert done.stderr.startswith(f"moodcurve: {scanner.music}/text\\n.mp3: not audio")
    assert len(done.stderr.splitlines()) == 1
    done = run("scan", scanner.music, "--library", scanner.library)
    assert (done.exit_code, done.stderr) == (1, "")
    assert done.stdout.splitlines() == [
        "3 files: 2 unchanged",
        "1 file cannot be used; `moodcurve problems` lists them",
    ]
    listed = json.loads(run("problems", "--library", scanner.library, "--json").stdout)
    assert [Path(problem["path"]).name for problem in listed] == ["text\n.mp3"]


def test_lines_come_now_and_then_where_there_is_no_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = 0.0
    monkeypatch.setattr("moodcurve.cli.progress.time.monotonic", lambda: now)
    with progress.scan_teller(FEATURE_SETS["compare236"]) as teller:
        teller.looking(5)
        now = 10.0
        teller.looking(1234)
        now = 19.0
        tally = Tally(files=2000, files_done=1500, size=100, songs=7, audio_s=1200.0, problems=2, begun=7.0)
        tally.mark()
        teller.progress(tally)
        now, tally.size_done = 20.0, 50
        tally.mark()
        teller.progress(tally)
    assert capsys.readouterr().err.splitlines() == [
        "moodcurve: looking for music: 1,234 files so far",
        # 1200 s of audio in 13 s; half of the bytes took 1 s
        "moodcurve: 1,500 of 2,000 files, 7 songs of 20:00 analysed, 92 times real time, 2 problems, about 0:01 left",
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="pseudoterminals")
def test_a_bar_on_a_terminal(scanner: Scanner) -> None:
    import pty

    write_song(scanner.music / "one.flac")
    (scanner.music / "text.mp3").write_text("no music")
    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", "from moodcurve.cli import main; main()", "scan", scanner.music]
    environment = os.environ | {"COLUMNS": "200", "TERM": "xterm"}
    with subprocess.Popen(
        [*command, "--library", scanner.library], stderr=theirs, stdout=subprocess.DEVNULL, env=environment
    ) as running:
        os.close(theirs)
        shown = b""
        try:
            while piece := os.read(ours, 1 << 16):
                shown += piece
        except OSError:  # how Linux tells the other side's end
            pass
    os.close(ours)
    assert running.returncode == 1
    text = shown.decode()
    assert "looking for music" in text
    assert "1 song of 0:02 analysed" in text
    assert f"moodcurve: {scanner.music}/text.mp3: not audio" in text
