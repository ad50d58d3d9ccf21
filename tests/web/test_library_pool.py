"""The library's file between requests: kept open, and yet each answer is that of the file that is there now."""

import os
import shutil
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from moodcurve.library import FileRemoved, LibraryError, open_library
from moodcurve.library.queries.query import Query
from moodcurve.library.queries.search import count
from moodcurve.web import library_pool as shelf_module
from moodcurve.web.library_pool import Reader, Shelf
from tests.helpers.library_fixtures import file, made_library, song
from tests.helpers.web_client import ask
from tests.helpers.web_server import Server, eventually, serving


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A library of three songs."""
    path = tmp_path / "library.sqlite"
    made_library(path, 3)
    return path


def number(shelf: Shelf) -> int | None:
    """How many songs there are, asked as the server asks."""
    with shelf.opened() as reader:
        return None if reader is None else counted(reader)


def counted(reader: Reader) -> int:
    return int(reader.answer("songs", lambda library: str(count(library, Query())).encode()))


def open_at(folder: Path) -> list[str]:
    """Names of the files of a folder that this process has open, those that are gone from it included."""
    links = [os.readlink(entry) for entry in Path("/proc/self/fd").iterdir() if entry.is_symlink()]  # noqa: PTH115
    return sorted(Path(link).name for link in links if link.startswith(f"{folder}/"))


def beside(path: Path) -> list[str]:
    return sorted(other.name for other in path.parent.iterdir() if other != path)


def test_a_file_stays_open_and_an_answer_is_made_once(path: Path) -> None:
    with closing(Shelf(path)) as shelf:
        made: list[object] = []
        readers = set()
        for _ in range(3):
            with shelf.opened() as reader:
                assert reader is not None
                readers.add(reader)
                assert reader.answer("question", lambda library: made.append(library) or b"answer") == b"answer"
        assert len(made) == len(readers) == 1
        assert "library.sqlite" in open_at(path.parent)
    assert open_at(path.parent) == []


def test_what_another_process_writes_is_seen_at_once(path: Path) -> None:
    with closing(Shelf(path)) as shelf, open_library(path, write=True) as library:
        assert number(shelf) == 3
        for i in range(20):
            library.write([song(f"more {i}"), file(f"/more/{i}", f"more {i}")])
            assert number(shelf) == 4 + i
        library.write([FileRemoved("/more/0")])
        assert number(shelf) == 22


def test_a_writer_leaves_the_whole_library_in_its_file_though_a_server_has_it_open(path: Path, tmp_path: Path) -> None:
    with closing(Shelf(path)) as shelf:
        assert number(shelf) == 3
        with open_library(path, write=True) as library:
            library.write([song("more"), file("/more", "more")])
            assert number(shelf) == 4
        assert path.with_name("library.sqlite-wal").stat().st_size == 0
        copy = Path(shutil.copy(path, tmp_path / "copy.sqlite"))
        with open_library(copy) as library:
            assert count(library, Query()) == 4
        assert number(shelf) == 4


def test_nothing_stands_beside_a_library_that_nobody_asks(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert beside(path) == []
    with closing(Shelf(path)) as shelf:
        number(shelf)
        assert beside(path) == ["library.sqlite-shm", "library.sqlite-wal"]
        shelf.rest()  # it was asked just now
        assert shelf.is_open
        monkeypatch.setattr(shelf_module, "REST_S", 0.0)
        with shelf.opened():
            shelf.rest()  # it is being asked
            assert beside(path) == ["library.sqlite-shm", "library.sqlite-wal"]
        shelf.rest()
        assert not shelf.is_open
        assert beside(path) == open_at(path.parent) == []
        assert number(shelf) == 3
    assert beside(path) == []


def test_what_a_killed_writer_left_is_in_the_file_once_nobody_asks(path: Path, tmp_path: Path) -> None:
    killed = tmp_path / "killed" / "library.sqlite"
    killed.parent.mkdir()
    with open_library(path, write=True) as library:
        library.write([song("more"), file("/more", "more")])
        for end in ("", "-wal"):
            shutil.copyfile(f"{path}{end}", f"{killed}{end}")
    with closing(Shelf(killed)) as shelf:
        assert number(shelf) == 4
    assert beside(killed) == []
    with open_library(killed) as library:
        assert count(library, Query()) == 4


@pytest.mark.parametrize("how", [os.replace, shutil.copyfile], ids=["renamed over it", "written over it"])
def test_another_library_in_its_place_is_the_one_that_is_asked(path: Path, tmp_path: Path, how: object) -> None:
    assert callable(how)
    other = tmp_path / "other" / "library.sqlite"
    made_library(other, 7)
    with closing(Shelf(path)) as shelf:
        assert number(shelf) == 3
        how(other, path)
        assert number(shelf) == 7
        # not the one that was there before
        assert not [name for name in open_at(path.parent) if "(deleted)" in name]
        with open_library(path, write=True) as library:
            library.write([song("more"), file("/more", "more")])
        assert number(shelf) == 8
    assert beside(path) == ["other"]
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_a_library_that_is_moved_away_keeps_what_it_has_and_the_next_does_not_get_it(
    path: Path, tmp_path: Path
) -> None:
    """SQLite's log goes by the name: a file that is closed late could take or remove the log of its successor."""
    backup = tmp_path / "backup" / "library.sqlite"
    backup.parent.mkdir()
    with closing(Shelf(path)) as shelf:
        with open_library(path, write=True) as library:
            library.write([song("old"), file("/old", "old")])
            assert number(shelf) == 4
        path.rename(backup)
        assert number(shelf) is None
        with open_library(path, write=True) as library:
            library.write([song("new"), file("/new", "new")])
            assert number(shelf) == 1
            library.write([song("newer"), file("/newer", "newer")])
            assert number(shelf) == 2
    for left, songs in ((path, 2), (backup, 4)):
        with open_library(left) as library:
            assert count(library, Query()) == songs
            assert library.db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_two_files_are_never_in_use_at_once(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "other" / "library.sqlite"
    made_library(other, 7)
    order: list[object] = []

    def ask_next() -> None:
        order.append(number(shelf))

    with closing(Shelf(path)) as shelf:
        thread = threading.Thread(target=ask_next)
        with shelf.opened() as reader:
            assert reader is not None
            other.replace(path)
            thread.start()
            time.sleep(0.2)  # time enough for what should not happen
            assert counted(reader) == 3
            order.append("given back")
        thread.join(timeout=20)
    assert order == ["given back", 7]


def test_many_threads_ask_at_once(path: Path) -> None:
    found: list[int | None] = []

    def ask_often() -> None:
        found.extend(number(shelf) for _ in range(50))

    with closing(Shelf(path)) as shelf, open_library(path, write=True) as library:
        threads = [threading.Thread(target=ask_often) for _ in range(6)]
        for thread in threads:
            thread.start()
        for i in range(10):
            library.write([song(f"more {i}"), file(f"/more/{i}", f"more {i}")])
        for thread in threads:
            thread.join(timeout=30)
        assert len(found) == 300
        assert set(found) <= set(range(3, 14))
        assert number(shelf) == 13


@pytest.mark.parametrize("gone", ["library.sqlite", "its folder"])
def test_a_library_that_is_removed_is_not_there_and_a_new_one_is(tmp_path: Path, gone: str) -> None:
    path = tmp_path / "folder" / "library.sqlite"
    with closing(Shelf(path)) as shelf:
        for songs in (3, 4):
            assert number(shelf) is None
            made_library(path, songs)
            assert number(shelf) == songs
            if gone == path.name:
                path.unlink()
            else:
                shutil.rmtree(path.parent)
        assert number(shelf) is None
        assert open_at(tmp_path) == []


def test_a_newer_version_that_migrates_it_is_told_and_one_that_goes_back_too(path: Path) -> None:
    with closing(Shelf(path)) as shelf, closing(sqlite3.connect(path)) as db:
        ((layout,),) = db.execute("PRAGMA user_version")
        db.execute("PRAGMA user_version = 98")
        db.execute(f"PRAGMA user_version = {layout}")
        assert number(shelf) == 3  # with a log that holds something already, whose growth nobody looks at
        db.execute("PRAGMA user_version = 99")
        for _ in range(2):
            with pytest.raises(LibraryError, match=r"later version of moodcurve \(schema 99"):
                number(shelf)
        db.execute(f"PRAGMA user_version = {layout}")
        assert number(shelf) == 3


@pytest.mark.parametrize("part", [slice(0, 100), slice(4096, None), slice(0, None)], ids=["head", "rest", "all"])
def test_a_file_that_breaks_is_told_and_one_that_is_mended_is_read(path: Path, part: slice) -> None:
    whole = path.read_bytes()
    broken = bytearray(whole)
    broken[part] = b"x" * len(broken[part])
    with closing(Shelf(path)) as shelf:
        assert number(shelf) == 3
        path.write_bytes(broken)
        for _ in range(2):
            with pytest.raises(LibraryError, match=r"library\.sqlite: (it is damaged|not a library)"):
                number(shelf)
        path.write_bytes(whole)
        assert number(shelf) == 3


def test_after_an_error_the_file_is_opened_anew(path: Path) -> None:
    with closing(Shelf(path)) as shelf:
        number(shelf)
        with pytest.raises(LibraryError, match="on purpose"), shelf.opened():
            raise LibraryError("on purpose")
        assert not shelf.is_open
        assert number(shelf) == 3


def test_what_is_in_use_at_the_end_is_closed_when_it_is_given_back(path: Path) -> None:
    shelf = Shelf(path)
    with shelf.opened() as reader:
        assert reader is not None
        shelf.close()
        assert counted(reader) == 3
    assert beside(path) == open_at(path.parent) == []


def test_answers_that_are_kept_are_limited(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf_module, "MOST_KEPT", 10)
    made = []

    def make(question: int, size: int) -> int:
        with shelf.opened() as reader:
            assert reader is not None
            reader.answer(question, lambda library: made.append(question) or bytes(size))
        return made.count(question)

    with closing(Shelf(path)) as shelf:
        assert [make(1, 6), make(2, 4), make(1, 6), make(2, 4)] == [1, 1, 1, 1]  # both fit
        assert [make(3, 11), make(3, 11), make(1, 6)] == [1, 2, 1]  # too large by itself
        assert [make(4, 5), make(4, 5), make(1, 6)] == [1, 1, 2]  # no room beside


def test_lists_follow_the_library_and_nothing_is_left_beside_it(
    scanned_music: tuple[Path, Path], tmp_path: Path
) -> None:
    path = tmp_path / "library" / "library.sqlite"
    path.parent.mkdir()
    shutil.copyfile(scanned_music[1], path)

    def totals(server: Server) -> tuple[int, int, int, int]:
        songs = ask(server, "/api/songs?limit=1").json()
        places = ask(server, "/api/map").json()
        health = ask(server, "/api/health").json()
        return songs["total"], len(places["id"]), health["songs"], ask(server, "/api/search?text=e").json()["total"]

    hurry = "from moodcurve.web import library_pool, server; library_pool.REST_S = 0.5; server.CHECK_TICKS = 1"
    with serving((scanned_music[0], path), before=hurry) as server:
        with open_library(path, write=True) as library:
            for i in range(3):
                assert totals(server) == (4 + i,) * 4
                library.write([song(f"more {i}"), file(f"/more/{i}", f"more {i}", title="E")])
        assert totals(server) == (7,) * 4
        assert "library.sqlite-wal" in beside(path)
        eventually(lambda: beside(path) == [], 20)
        assert totals(server) == (7,) * 4
    assert beside(path) == []
