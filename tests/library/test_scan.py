"""Scans: which files are analyzed, recognized and forgotten, and what is reported."""

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
from moodcurve.features import DEFAULT_SET, FEATURE_SETS
from moodcurve.library import open_library
from moodcurve.library.scanning import worker
from moodcurve.library.scanning.progress import ScanObserver, ScanStats
from moodcurve.library.scanning.scan import scan
from moodcurve.library.scanning.walk import walk
from tests.helpers.command_line import run
from tests.helpers.damaged_audio import write_encoded
from tests.helpers.scans import InProcessPool, Scanner, as_json, copied, write_song

pytestmark = pytest.mark.usefixtures("prepared")


@pytest.fixture
def scanner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scanner:
    return Scanner(tmp_path, monkeypatch)


def test_a_scanned_song_equals_its_analysis(scanner: Scanner) -> None:
    path = write_song(scanner.music / "album" / "one.flac", seconds=4)
    file = mutagen.File(path)
    file["title"], file["date"] = "One", "1994"
    file.save()
    stats = scanner()
    assert (stats.files, stats.new, stats.songs) == (1, 1, 1)
    assert stats.audio_s == pytest.approx(4.0)
    with open_library(scanner.library) as opened:
        song = opened.song(str(path))
        assert song is not None
        numbers, descriptors = opened.descriptors(DEFAULT_SET.key)
    assert as_json(song.data) == as_json(moodcurve.analyze(path).to_dict())
    assert (song.tags.title, song.tags.year, song.tags.duration_s) == ("One", 1994, 4.0)
    assert numbers.tolist() == [song.id]
    rows = file_features(path, DEFAULT_SET).features.values.astype(np.float64)
    np.testing.assert_allclose(descriptors[0], rows.mean(axis=0), rtol=1e-6)  # single precision


def test_missing_folders_create_no_library(scanner: Scanner, tmp_path: Path) -> None:
    before = sorted(tmp_path.iterdir())
    assert scanner.counts(tmp_path / "absent", tmp_path / "absent.mp3") == {"unread": 2}
    assert [path for path, _ in scanner.reported] == [str(tmp_path / "absent"), str(tmp_path / "absent.mp3")]
    done = run("scan", tmp_path / "absent", "--library", tmp_path / "new" / "library.sqlite")
    assert done.exit_code == 1
    assert f"{tmp_path / 'absent'}: No such file or directory" in done.stderr
    assert sorted(tmp_path.iterdir()) == before
    assert scanner.counts(tmp_path / "absent", scanner.music) == {"unread": 1}
    assert scanner.library.exists()


def test_hashes_of_an_earlier_version_are_recomputed(scanner: Scanner) -> None:
    one, other, same = (write_song(scanner.music / f"{name}.flac", seed=i) for i, name in enumerate("abc"))
    write_song(scanner.music / "text.mp3").write_text("no music")
    assert scanner.counts() == {"new": 3, "problems": 1, "songs": 3}
    # as if two recordings had the same hash, and the curve of the first
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
        assert known[str(one)].content_hash == known[str(other)].content_hash == "x"
        assert not any(file.hash_is_current for file in known.values())
    assert scanner.counts() == {"unchanged": 1, "renewed": 2, "problems": 1, "songs": 2}
    with open_library(scanner.library) as opened:
        assert opened.known_files()[str(same)].hash_is_current
        for path in (one, other, same):
            song = opened.song(str(path))
            assert song is not None
            assert song.paths == (str(path),)
            assert as_json(song.data) == as_json(moodcurve.analyze(path).to_dict())
    assert scanner.songs() == 3
    assert scanner.counts() == {"unchanged": 3, "problems": 1}


def test_unchanged_files_are_not_opened(scanner: Scanner, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(3):
        write_song(scanner.music / f"{seed}.flac", seed=seed)
    (scanner.music / "text.mp3").write_text("no music")
    assert scanner.counts() == {"new": 3, "problems": 1, "songs": 3}

    def opened(*arguments: object, **options: object) -> None:
        raise AssertionError("opened")

    monkeypatch.setattr(InProcessPool, "__init__", opened)
    monkeypatch.setattr("moodcurve.library.scanning.walk.may_be_audio", opened)
    assert scanner.counts() == {"unchanged": 3, "problems": 1}
    os.utime(scanner.music / "0.flac", ns=(0, 0))
    with pytest.raises(AssertionError, match="opened"):
        scanner()


def test_moved_and_copied_files_are_recognized(scanner: Scanner) -> None:
    one = write_song(scanner.music / "one.flac", seed=1)
    two = write_song(scanner.music / "two.flac", seed=2)
    scanner()
    (scanner.music / "folder").mkdir()
    one.rename(scanner.music / "folder" / "one renamed.flac")
    copied(two, scanner.music / "a copy.flac")
    assert scanner.counts() == {"moved": 1, "copied": 1, "unchanged": 1}
    assert scanner.paths() == {"folder/one renamed.flac", "a copy.flac", "two.flac"}
    assert scanner.songs() == 2


def test_new_tags_are_read_without_another_analysis(scanner: Scanner) -> None:
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


def test_the_same_audio_in_several_files_is_analyzed_once(scanner: Scanner) -> None:
    path = write_song(scanner.music / "one.flac")
    copied(path, scanner.music / "two.flac")
    copied(path, scanner.music / "three.flac")
    assert scanner.counts() == {"new": 3, "songs": 1}
    assert scanner.paths() == {"one.flac", "two.flac", "three.flac"}


def test_a_file_with_new_audio_is_analyzed_again(scanner: Scanner) -> None:
    path = write_song(scanner.music / "one.flac", seed=1)
    scanner()
    write_song(path, seed=2, seconds=3)
    assert scanner.counts() == {"changed": 1, "songs": 1}
    assert scanner.songs() == 1


def test_removed_files_are_forgotten(scanner: Scanner) -> None:
    for name in ("one.flac", "folder/two.flac", "folder/three.flac"):
        write_song(scanner.music / name, seed=len(name))
    scanner()
    (scanner.music / "folder" / "two.flac").unlink()
    assert scanner.counts() == {"unchanged": 2, "gone": 1}
    (scanner.music / "folder" / "three.flac").unlink()
    (scanner.music / "folder").rmdir()
    assert scanner.counts() == {"unchanged": 1, "gone": 1}
    assert (scanner.paths(), scanner.songs()) == ({"one.flac"}, 1)


def test_swapped_names_are_recognized(scanner: Scanner) -> None:
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


def test_a_problem_is_stored_and_not_retried_until_the_file_changes(scanner: Scanner) -> None:
    (scanner.music / "folder").mkdir()  # an empty music folder would count as an unmounted disk
    path = scanner.music / "text.mp3"
    path.write_text("no music")
    assert scanner.counts() == {"problems": 1}
    reason = "not audio, or damaged at the start"
    assert scanner.problems()["text.mp3"].startswith(reason)
    assert scanner.reported[0][0] == str(path)
    assert scanner.counts() == {"problems": 1}
    assert scanner.reported == []
    assert scanner.counts(again=True) == {"problems": 1}
    assert len(scanner.reported) == 1
    write_song(path)
    assert scanner.counts() == {"changed": 1, "songs": 1}
    assert scanner.problems() == {}
    path.write_text("no music again")
    assert scanner.counts() == {"problems": 1}
    assert (scanner.paths(), scanner.songs()) == (set(), 0)
    path.unlink()
    assert scanner.counts() == {"gone": 1}
    assert scanner.problems() == {}


def test_a_file_without_read_permission_is_retried(scanner: Scanner, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_song(scanner.music / "one.flac")

    def denied(path: str, **options: object) -> str:
        raise PermissionError(13, "Permission denied", path)

    # permissions do not apply to the superuser, who may run the tests
    with monkeypatch.context() as patched:
        patched.setattr(worker, "content_hash", denied)
        assert scanner.counts() == {"problems": 1}
        assert scanner.problems() == {"one.flac": "Permission denied"}
    assert scanner.counts() == {"changed": 1, "songs": 1}
    assert scanner.paths() == {path.name}


def test_a_file_modified_while_read_is_retried(scanner: Scanner, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_song(scanner.music / "one.flac")
    real = worker.analyze_file

    def growing(*arguments: object, **options: object) -> object:
        found = real(*arguments, **options)  # type: ignore[arg-type]
        with path.open("ab") as file:
            file.write(b"more")
        return found

    with monkeypatch.context() as patched:
        patched.setattr(worker, "analyze_file", growing)
        assert scanner.counts() == {"problems": 1}
        assert scanner.problems()["one.flac"].startswith("it was modified while it was read")
    assert scanner.counts() == {"changed": 1, "songs": 1}


@pytest.mark.parametrize("mtime_s", [13_569_465_600, -13_569_465_600])  # the years 2400 and 1540
def test_any_modification_time_is_stored_exactly(
    scanner: Scanner, monkeypatch: pytest.MonkeyPatch, mtime_s: int
) -> None:
    song = write_song(scanner.music / "one.flac")
    write_song(scanner.music / "two.flac", seed=2)
    status = os.stat

    def dated(path: Path, **options: bool) -> os.stat_result:
        """Return such a time even where the file system cannot store it."""
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


def test_a_broken_file_does_not_affect_another_with_the_same_audio(scanner: Scanner) -> None:
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


def test_again_analyzes_songs_of_another_model(scanner: Scanner) -> None:
    write_song(scanner.music / "one.flac", seed=1)
    assert scanner(model="live").other_model == 0
    assert "stays as it is" not in run("scan", scanner.music, "--library", scanner.library, "--model", "live").stdout
    assert "1 unchanged file analyzed by another model stays as it is; --again analyzes it by default" in (
        run("scan", scanner.music, "--library", scanner.library).stdout
    )
    write_song(scanner.music / "two.flac", seed=2)
    assert scanner.counts() == {"unchanged": 1, "new": 1, "songs": 1}
    assert scanner().other_model == 1
    assert scanner.counts(again=True) == {"unchanged": 1, "renewed": 1, "songs": 1}
    assert scanner.counts(again=True) == {"unchanged": 2}
    with open_library(scanner.library) as opened:
        (model, feature_set), other = opened.song_models().values()
    assert (model, feature_set) == other


def test_an_unknown_model_creates_no_library(scanner: Scanner) -> None:
    with pytest.raises(moodcurve.runtime.ModelError, match="nonsense: no such model"):
        scanner(model="nonsense")
    assert not scanner.library.exists()


# --- which files ---


def test_files_are_chosen_by_extension_and_content_without_hidden_ones(scanner: Scanner) -> None:
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
    # behind a broken link the song is not gone: its folder was not read
    outside.rename(tmp_path / "away")
    assert scanner.counts() == {"unchanged": 2}
    assert len(scanner.paths()) == 3


def test_an_unreadable_link_does_not_affect_others(
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
    assert sorted(scanner.reported) == [
        (str(scanner.music / "broken"), "Input/output error"),
        (str(tmp_path / "root"), "Input/output error"),
    ]


def test_files_of_size_0_are_not_opened(scanner: Scanner, monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as ``/proc/kmsg``, where a read waits for the next kernel message."""
    write_song(scanner.music / "one.flac")
    waits = scanner.music / "kmsg"
    waits.touch()
    opened = Path.open

    def hanging(path: Path, *arguments: Any, **options: Any) -> Any:
        assert path != waits
        return opened(path, *arguments, **options)

    monkeypatch.setattr(Path, "open", hanging)
    assert scanner.counts() == {"new": 1, "songs": 1}


def test_folders_named_twice_or_by_a_link_count_once(scanner: Scanner, tmp_path: Path) -> None:
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
def test_unusual_file_names(scanner: Scanner) -> None:
    for seed, name in enumerate(STRANGE):
        write_song(scanner.music / os.fsdecode(b"\xe9") / name, seed=seed)
    broken = scanner.music / os.fsdecode(b"broken\n\xff.mp3")
    broken.write_bytes(b"no music")
    assert scanner.counts() == {"new": len(STRANGE), "songs": len(STRANGE), "problems": 1}
    assert scanner.reported[0][0] == str(broken)
    assert "\n" not in scanner.reported[0][1]
    folder = os.fsdecode(b"\xe9")
    assert scanner.paths() == {f"{folder}/{name}" for name in STRANGE}
    assert scanner.counts() == {"unchanged": len(STRANGE), "problems": 1}


# --- unavailable folders ---


@pytest.mark.parametrize("marker", [".disk-is-not-mounted", "lost+found/", "System Volume Information/", None])
def test_a_mount_point_without_its_disk_keeps_its_songs_until_told(
    scanner: Scanner, tmp_path: Path, marker: str | None
) -> None:
    for seed in range(5):
        write_song(scanner.music / f"album {seed}" / "song.flac", seed=seed)
    scanner()
    scanner.music.rename(tmp_path / "disk")
    scanner.music.mkdir()
    if marker is not None:
        (scanner.music / marker).mkdir() if marker.endswith("/") else (scanner.music / marker).touch()
    for _ in range(2):
        assert scanner.counts() == {"unread": 1}
        ((path, reason),) = scanner.reported
        assert path == str(scanner.music)
        assert reason == (
            "is empty, perhaps a disk is not mounted; the library keeps 5 files from there; "
            "if they are gone for good, scan it with --forget"
        )
    assert scanner.songs() == 5
    assert scanner.counts(forget=True) == {"gone": 5}
    assert scanner.songs() == 0


def test_a_folder_most_of_whose_songs_are_missing_keeps_them(scanner: Scanner, tmp_path: Path) -> None:
    for seed in range(14):
        write_song(scanner.music / f"{seed}.flac", seed=seed, seconds=1.1)
    scanner()
    for seed in range(9):  # too few
        (scanner.music / f"{seed}.flac").rename(tmp_path / f"{seed}.flac")
    assert scanner.counts() == {"unchanged": 5, "gone": 9}
    for seed in range(9):
        (tmp_path / f"{seed}.flac").rename(scanner.music / f"{seed}.flac")
    scanner()
    for seed in range(12):  # another disk, or a folder from which most was removed by mistake
        (scanner.music / f"{seed}.flac").rename(tmp_path / f"{seed}.flac")
    for _ in range(2):
        assert scanner.counts() == {"unchanged": 2, "unread": 1}
        ((path, reason),) = scanner.reported
        assert (path, reason[:31]) == (str(scanner.music), "most of its files are missing, ")
        assert "keeps 12 files from there" in reason
    assert scanner.songs() == 14
    for seed in range(6):  # moved
        (tmp_path / f"{seed}.flac").rename(scanner.music / f"again {seed}.flac")
    assert scanner.counts() == {"unchanged": 2, "moved": 6, "gone": 6}
    assert scanner.songs() == 8


def test_a_missing_folder_keeps_its_songs(scanner: Scanner, tmp_path: Path) -> None:
    write_song(scanner.music / "disk" / "one.flac", seed=1)
    write_song(scanner.music / "two.flac", seed=2)
    scanner()
    disk = scanner.music / "disk"
    disk.rename(tmp_path / "away")
    assert scanner.counts(disk) == {"unread": 1}
    assert scanner.reported == [(str(disk), "No such file or directory; the library keeps 1 file from there")]
    disk.mkdir()  # like a mount point without its disk
    message = (
        "is empty, perhaps a disk is not mounted; the library keeps 1 file from there; "
        "if they are gone for good, scan it with --forget"
    )
    for roots in ([disk], [disk, tmp_path / "music"]):
        assert scanner.counts(*roots)["unread"] == 1
        assert scanner.reported == [(str(disk), message)]
        assert len(scanner.paths()) == 2
    disk.rmdir()
    (tmp_path / "away").rename(disk)
    assert scanner.counts(disk) == {"unchanged": 1}


def test_an_unmounted_disk_in_a_subfolder_keeps_its_songs(scanner: Scanner, tmp_path: Path) -> None:
    disk = scanner.music / "disk"
    for seed, name in enumerate(("disk/one.flac", "disk/album/two.flac", "three.flac")):
        write_song(scanner.music / name, seed=seed)
    (scanner.music / "never held anything").mkdir()
    scanner()
    disk.rename(tmp_path / "away")
    disk.mkdir()
    for _ in range(2):
        assert scanner.counts() == {"unchanged": 1, "unread": 1}
        ((path, reason),) = scanner.reported
        assert path == str(disk)
        assert "keeps 2 files from there; if they are gone for good, scan it with --forget" in reason
    assert (len(scanner.paths()), scanner.songs()) == (3, 3)
    disk.rmdir()
    (tmp_path / "away").rename(disk)
    assert scanner.counts() == {"unchanged": 3}
    # removing the folder forgets its songs too
    (disk / "one.flac").unlink()
    (disk / "album" / "two.flac").unlink()
    assert scanner.counts() == {"unchanged": 1, "gone": 1, "unread": 1}
    assert scanner.reported[0][0] == str(disk / "album")
    (disk / "album").rmdir()
    disk.rmdir()
    assert scanner.counts() == {"unchanged": 1, "gone": 1}
    assert (scanner.paths(), scanner.songs()) == ({"three.flac"}, 1)


def test_songs_moved_out_of_a_folder_are_not_kept_twice(scanner: Scanner, tmp_path: Path) -> None:
    """The empty folder left behind is not an unmounted disk; it keeps only songs not found elsewhere."""
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
    assert "keeps 1 file from there;" in scanner.reported[0][1]
    assert scanner.paths() == {"../other/one.flac", "../other/two.flac", "album/three.flac"}
    away.rename(other / "3.flac")
    assert scanner.counts(scanner.music, other) == {"moved": 1, "unchanged": 2}
    assert scanner.reported == []
    assert scanner.paths() == {"../other/one.flac", "../other/two.flac", "../other/3.flac"}


def test_songs_moved_and_analyzed_again_are_not_kept_twice(scanner: Scanner) -> None:
    path = write_song(scanner.music / "album" / "one.flac")
    scanner(model="live")
    path.rename(scanner.music / "one.flac")
    assert scanner.counts(again=True) == {"new": 1, "gone": 1, "songs": 1}
    assert (scanner.paths(), scanner.songs()) == ({"one.flac"}, 1)


def test_an_empty_folder_keeps_its_problems(scanner: Scanner) -> None:
    path = scanner.music / "album" / "text.mp3"
    path.parent.mkdir()
    path.write_text("no music")
    assert scanner.counts() == {"problems": 1}
    path.unlink()
    assert scanner.counts() == {"unread": 1}
    assert set(scanner.problems()) == {"album/text.mp3"}


def test_a_folder_that_was_always_empty_is_not_reported(scanner: Scanner) -> None:
    assert scanner.counts() == {}
    (scanner.music / "empty").mkdir()
    assert scanner.counts() == {}


def test_an_unreadable_folder_keeps_its_songs(scanner: Scanner, monkeypatch: pytest.MonkeyPatch) -> None:
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
    assert scanner.reported == [
        (str(scanner.music / "locked"), "Permission denied; the library keeps 2 files from there")
    ]
    assert scanner.paths() == {"locked/two.flac", "locked/below/three.flac"}


def test_other_folders_are_not_affected(scanner: Scanner, tmp_path: Path) -> None:
    other = tmp_path / "musical"  # a name with the same start
    write_song(scanner.music / "one.flac", seed=1)
    write_song(other / "two.flac", seed=2)
    scanner(scanner.music, other)
    (other / "two.flac").unlink()
    (scanner.music / "one.flac").unlink()
    write_song(scanner.music / "three.flac", seed=3)
    assert scanner.counts() == {"new": 1, "gone": 1, "songs": 1}
    assert scanner.paths() == {"three.flac", "../musical/two.flac"}


def test_a_folder_replaces_a_file(scanner: Scanner) -> None:
    path = write_song(scanner.music / "one.flac")
    scanner()
    path.unlink()
    write_song(path / "two.flac", seed=1)
    assert scanner.counts() == {"new": 1, "gone": 1, "songs": 1}


def test_walk_reports_which_folders_were_read(tmp_path: Path) -> None:
    (tmp_path / "folder" / "below").mkdir(parents=True)
    names = ("one.mp3", "two.mp3", "folder/a.mp3", "folder/b.mp3", "folder/below/a.mp3", "other/a.mp3")
    (tmp_path / "other" / "empty").mkdir(parents=True)
    for name in names:
        (tmp_path / name).touch()
    found = walk([tmp_path, tmp_path / "absent"])
    assert list(found.files) == [str(tmp_path / name) for name in names]  # folder by folder
    assert found.listed == {str(tmp_path / part) for part in ("", "folder", "folder/below", "other")}
    assert found.errors == [(str(tmp_path / "absent"), "No such file or directory")]
    assert found.empty == {str(tmp_path / "other" / "empty")}
    for path, folder in (("other/empty/a/b.mp3", tmp_path / "other" / "empty"), ("other/b.mp3", None)):
        assert found.empty_parent(str(tmp_path / path)) == (folder and str(folder))
    assert found.empty_parent("/elsewhere.mp3") is None
    assert not found.is_gone(str(tmp_path / "other" / "empty" / "a.mp3"))
    assert found.is_gone(str(tmp_path / "other" / "empty"))  # as a file of that name
    assert found.is_gone(str(tmp_path / "absent.mp3"))
    assert found.is_gone(str(tmp_path / "folder" / "was" / "there.mp3"))
    assert not found.is_gone(str(tmp_path / "one.mp3"))
    assert not found.is_gone(str(tmp_path.parent / "elsewhere.mp3"))
    assert not found.is_gone("/elsewhere.mp3")


@pytest.mark.parametrize("roots", [[""], ["music", ""]])
def test_an_empty_path_is_refused(roots: list[str]) -> None:
    with pytest.raises(ValueError, match="roots must be paths of folders and files, got ''"):
        walk(roots)


# --- progress and output ---


def test_progress_counts_only_what_is_on_disk(scanner: Scanner) -> None:
    for seed in range(5):
        write_song(scanner.music / f"{seed}.flac", seed=seed)
    (scanner.music / "text.mp3").write_text("no music")
    seen = []

    def progress(stats: ScanStats) -> None:
        with open_library(scanner.library) as opened:
            known = opened.known_files()
        stored = sum(file.problem is None for file in known.values())
        assert (stored, len(known) - stored) == (stats.songs, stats.problems)
        assert stats.files_done == len(known)
        assert stats.size_done == sum(stats.counted_size(Path(path).stat().st_size) for path in known)
        seen.append(stats.files_done)

    scan([scanner.music], scanner.library, observer=ScanObserver(progress=progress))
    assert seen[-1] == 6


def test_time_left_follows_the_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("moodcurve.library.scanning.progress.time.monotonic", lambda: now)
    stats = ScanStats(size=1000)
    stats.record_pace()
    assert stats.left_s is None
    now, stats.size_done = 10.0, 100
    stats.record_pace()
    assert stats.left_s == pytest.approx(90.0)  # 10 bytes a second, 900 to go
    now, stats.size_done = 150.0, 200
    stats.record_pace()
    now, stats.size_done = 250.0, 300
    stats.record_pace()
    assert stats.left_s == pytest.approx(700.0)  # 1 byte a second over the last two minutes
    now = 350.0
    assert stats.left_s == pytest.approx(1400.0)  # nothing was done since: half the pace


def test_a_huge_sparse_file_does_not_spoil_the_time_left(scanner: Scanner, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(6):
        (scanner.music / f"{number}.mp3").write_bytes(b"no music" * 100)
    with (scanner.music / "sparse.mp3").open("wb") as file:
        file.truncate(1 << 26)
    seen: list[ScanStats] = []
    scan([scanner.music], scanner.library, observer=ScanObserver(progress=seen.append))
    assert seen[-1].size_done == seen[-1].size == 26 * 800  # the sparse file counts as twenty of the others


def test_no_time_left_is_given_from_a_pace_of_an_instant(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("moodcurve.library.scanning.progress.time.monotonic", lambda: now)
    stats = ScanStats(size=1000)
    stats.record_pace()
    now, stats.size_done = 0.1, 1
    stats.record_pace()
    assert stats.left_s is None


def test_the_command_prints_a_summary(scanner: Scanner) -> None:
    write_song(scanner.music / "one.flac", seconds=3)
    write_song(scanner.music / "two.flac", seed=2, seconds=4)
    done = run("scan", scanner.music, "--library", scanner.library)
    assert (done.exit_code, done.stderr) == (0, "")
    first, second = done.stdout.splitlines()
    assert first == "2 files: 2 new"
    assert second.startswith("2 songs (0:07) analyzed in ")
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
        "1 file could not be used; `moodcurve problems` lists them",
    ]
    listed = json.loads(run("problems", "--library", scanner.library, "--json").stdout)
    assert [Path(problem["path"]).name for problem in listed] == ["text\n.mp3"]


def test_progress_lines_without_a_terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    now = 0.0
    monkeypatch.setattr("moodcurve.cli.progress.time.monotonic", lambda: now)
    with progress.scan_observer(FEATURE_SETS["compare236"]) as observer:
        observer.files_found(5)
        now = 10.0
        observer.files_found(1234)
        now = 13.0
        stats = ScanStats(files=2000, files_done=1500, size=100, songs=7, audio_s=1200.0, problems=2, started=7.0)
        stats.record_pace()
        observer.progress(stats)
        now, stats.size_done = 20.0, 50
        stats.record_pace()
        observer.progress(stats)
    assert capsys.readouterr().err.splitlines() == [
        "moodcurve: finding audio files: 1,234 so far",
        # 1200 s of audio in 13 s; half of the bytes took 7 s
        "moodcurve: 1,500 of 2,000 files, 7 songs (20:00) analyzed, 92 times real time, 2 problems, about 0:07 left",
    ]


def test_only_the_first_problems_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    with progress.scan_observer(FEATURE_SETS["compare236"]) as observer:
        for number in range(100_000):
            observer.problem(f"/music/{number}.mp3", "not audio")
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == progress.MAX_PROBLEM_LINES + 1
    assert lines[-2:] == [
        f"moodcurve: /music/{progress.MAX_PROBLEM_LINES - 1}.mp3: not audio",
        "moodcurve: further problems are only counted; `moodcurve problems` lists all files with problems",
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="pseudoterminals")
def test_a_progress_bar_on_a_terminal(scanner: Scanner) -> None:
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
        except OSError:  # how Linux reports that the other side was closed
            pass
    os.close(ours)
    assert running.returncode == 1
    text = shown.decode()
    assert "finding audio files" in text
    assert "1 song (0:02) analyzed" in text
    assert f"moodcurve: {scanner.music}/text.mp3: not audio" in text
