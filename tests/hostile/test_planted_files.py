"""Files that somebody planted beside a library, under names that moodcurve and SQLite write to."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.helpers.library_fixtures import made_library
from tests.helpers.limited import run_limited
from tests.helpers.scans import write_song

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform == "win32", reason="links and pipes of POSIX")]
PRECIOUS = "every word that I wrote\n" * 5000


def symbolic(path: Path, victim: Path) -> None:
    path.symlink_to(victim)


def hard(path: Path, victim: Path) -> None:
    path.hardlink_to(victim)


def dangling(path: Path, victim: Path) -> None:
    path.symlink_to(victim.with_name("new"))


def pipe(path: Path, victim: Path) -> None:
    os.mkfifo(path)


def folder(path: Path, victim: Path) -> None:
    path.mkdir()


def device(path: Path, victim: Path) -> None:
    path.symlink_to("/dev/null")


def text(path: Path, victim: Path) -> None:
    path.write_text(PRECIOUS)


@pytest.fixture
def library(tmp_path: Path) -> Path:
    (tmp_path / "music").mkdir()
    made_library(tmp_path / "library.sqlite", 3)
    return tmp_path / "library.sqlite"


@pytest.mark.parametrize("planted", [symbolic, hard, dangling, pipe, folder, device, text])
def test_a_lock_that_is_no_lock_is_refused_by_name(library: Path, planted: Callable[[Path, Path], None]) -> None:
    victim, lock = library.with_name("victim"), library.with_name("library.sqlite.lock")
    victim.write_text(PRECIOUS)
    planted(lock, victim)
    ended = run_limited("scan", "music", "--library", library, folder=library.parent, seconds=20)
    assert ended.exit_code == 1, ended
    assert ended.stderr.startswith("moodcurve: "), ended
    assert ("library.sqlite.lock" in ended.stderr) or planted is folder
    assert len(ended.stderr.splitlines()) == 1
    assert victim.read_text() == PRECIOUS
    assert not library.with_name("new").exists()
    if planted is text:
        assert lock.read_text() == PRECIOUS


@pytest.mark.parametrize("content", ["", "4711\n", "4711"])
def test_locks_of_earlier_scans_are_taken(library: Path, content: str) -> None:
    library.with_name("library.sqlite.lock").write_text(content)
    ended = run_limited("scan", "music", "--library", library, folder=library.parent)
    assert "lock" not in ended.stderr


@pytest.mark.parametrize("planted", [symbolic, hard, dangling, pipe, folder, device])
@pytest.mark.parametrize("ending", ["-wal", "-shm", "-journal"])
@pytest.mark.parametrize("command", [("scan", "music"), ("search",)])
def test_files_of_sqlite_that_are_links_are_refused(
    library: Path, planted: Callable[[Path, Path], None], ending: str, command: tuple[str, ...]
) -> None:
    victim = library.with_name("victim")
    victim.write_text(PRECIOUS)
    planted(library.with_name(f"{library.name}{ending}"), victim)
    ended = run_limited(*command, "--library", library, folder=library.parent, seconds=20)
    assert ended.exit_code == 1, ended
    assert f"library.sqlite{ending}: is " in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
    assert victim.read_bytes() == PRECIOUS.encode()
    assert not library.with_name("new").exists()


@pytest.mark.usefixtures("prepared")
def test_a_result_replaces_a_link_of_its_name(tmp_path: Path) -> None:
    music, victim = tmp_path / "music", tmp_path / "victim"
    victim.write_text(PRECIOUS)
    write_song(music / "song.flac", seconds=1.5)
    names = ["song.csv", "song.json", "song.jams", "song.png", "song.html"]
    for name in names:
        (music / name).symlink_to("../victim")
    words = "analyze song.flac -o . -f csv -f json -f jams --plot --report"
    ended = run_limited(*words.split(" "), folder=music, seconds=60)
    assert ended.exit_code == 0, ended
    assert victim.read_text() == PRECIOUS
    assert not any((music / name).is_symlink() for name in names)
    (music / "table.csv").symlink_to("../victim")
    (music / "features.csv").hardlink_to(victim)
    for words in ("analyze song.flac -o table.csv", "features song.flac -o features.csv"):
        assert run_limited(*words.split(" "), folder=music, seconds=60).exit_code == 0
    assert victim.read_text() == PRECIOUS
