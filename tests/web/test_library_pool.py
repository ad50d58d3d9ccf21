"""Tests of the pool of library connections: every response comes from the current file."""

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
from moodcurve.web import library_pool
from moodcurve.web.library_pool import LibraryPool, Reader
from tests.helpers.library_fixtures import file, made_library, song
from tests.helpers.web_client import request
from tests.helpers.web_server import Server, eventually, serving


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A library of three songs."""
    path = tmp_path / "library.sqlite"
    made_library(path, 3)
    return path


def song_count(pool: LibraryPool) -> int | None:
    """Return the number of songs, read as the server does."""
    with pool.reader() as reader:
        return None if reader is None else count_cached(reader)


def count_cached(reader: Reader) -> int:
    return int(reader.cached("songs", lambda library: str(count(library, Query())).encode()))


def open_at(folder: Path) -> list[str]:
    """Return the names of a folder's files that this process has open, including deleted ones."""
    links = [os.readlink(entry) for entry in Path("/proc/self/fd").iterdir() if entry.is_symlink()]  # noqa: PTH115
    return sorted(Path(link).name for link in links if link.startswith(f"{folder}/"))


def siblings(path: Path) -> list[str]:
    return sorted(other.name for other in path.parent.iterdir() if other != path)


def test_the_file_stays_open_and_responses_are_cached(path: Path) -> None:
    with closing(LibraryPool(path)) as pool:
        computed: list[object] = []
        readers = set()
        for _ in range(3):
            with pool.reader() as reader:
                assert reader is not None
                readers.add(reader)
                assert reader.cached("key", lambda library: computed.append(library) or b"value") == b"value"
        assert len(computed) == len(readers) == 1
        assert "library.sqlite" in open_at(path.parent)
    assert open_at(path.parent) == []


def test_writes_of_another_process_are_seen_at_once(path: Path) -> None:
    with closing(LibraryPool(path)) as pool, open_library(path, write=True) as library:
        assert song_count(pool) == 3
        for i in range(20):
            library.write([song(f"more {i}"), file(f"/more/{i}", f"more {i}")])
            assert song_count(pool) == 4 + i
        library.write([FileRemoved("/more/0")])
        assert song_count(pool) == 22


def test_a_writer_merges_its_log_into_the_file_while_a_server_has_it_open(path: Path, tmp_path: Path) -> None:
    with closing(LibraryPool(path)) as pool:
        assert song_count(pool) == 3
        with open_library(path, write=True) as library:
            library.write([song("more"), file("/more", "more")])
            assert song_count(pool) == 4
        assert path.with_name("library.sqlite-wal").stat().st_size == 0
        copy = Path(shutil.copy(path, tmp_path / "copy.sqlite"))
        with open_library(copy) as library:
            assert count(library, Query()) == 4
        assert song_count(pool) == 4


def test_an_idle_library_has_no_extra_files(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert siblings(path) == []
    with closing(LibraryPool(path)) as pool:
        song_count(pool)
        assert siblings(path) == ["library.sqlite-shm", "library.sqlite-wal"]
        pool.close_if_idle()  # too early
        assert pool.is_open
        monkeypatch.setattr(library_pool, "IDLE_S", 0.0)
        with pool.reader():
            pool.close_if_idle()  # in use
            assert siblings(path) == ["library.sqlite-shm", "library.sqlite-wal"]
        pool.close_if_idle()
        assert not pool.is_open
        assert siblings(path) == open_at(path.parent) == []
        assert song_count(pool) == 3
    assert siblings(path) == []


def test_the_log_of_a_killed_writer_is_merged_once_the_library_is_idle(path: Path, tmp_path: Path) -> None:
    killed = tmp_path / "killed" / "library.sqlite"
    killed.parent.mkdir()
    with open_library(path, write=True) as library:
        library.write([song("more"), file("/more", "more")])
        for end in ("", "-wal"):
            shutil.copyfile(f"{path}{end}", f"{killed}{end}")
    with closing(LibraryPool(killed)) as pool:
        assert song_count(pool) == 4
    assert siblings(killed) == []
    with open_library(killed) as library:
        assert count(library, Query()) == 4


@pytest.mark.parametrize("how", [os.replace, shutil.copyfile], ids=["renamed", "overwritten"])
def test_a_library_that_replaces_another_is_used(path: Path, tmp_path: Path, how: object) -> None:
    assert callable(how)
    other = tmp_path / "other" / "library.sqlite"
    made_library(other, 7)
    with closing(LibraryPool(path)) as pool:
        assert song_count(pool) == 3
        how(other, path)
        assert song_count(pool) == 7
        # the old file is closed
        assert not [name for name in open_at(path.parent) if "(deleted)" in name]
        with open_library(path, write=True) as library:
            library.write([song("more"), file("/more", "more")])
        assert song_count(pool) == 8
    assert siblings(path) == ["other"]
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_a_moved_library_keeps_its_log_and_a_new_one_does_not_get_it(path: Path, tmp_path: Path) -> None:
    """SQLite finds the log by its name: closing the old file late could use or delete the log of the new file."""
    backup = tmp_path / "backup" / "library.sqlite"
    backup.parent.mkdir()
    with closing(LibraryPool(path)) as pool:
        with open_library(path, write=True) as library:
            library.write([song("old"), file("/old", "old")])
            assert song_count(pool) == 4
        path.rename(backup)
        assert song_count(pool) is None
        with open_library(path, write=True) as library:
            library.write([song("new"), file("/new", "new")])
            assert song_count(pool) == 1
            library.write([song("newer"), file("/newer", "newer")])
            assert song_count(pool) == 2
    for file_path, songs in ((path, 2), (backup, 4)):
        with open_library(file_path) as library:
            assert count(library, Query()) == songs
            assert library.db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_two_files_are_never_used_at_the_same_time(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "other" / "library.sqlite"
    made_library(other, 7)
    order: list[object] = []

    def count_next() -> None:
        order.append(song_count(pool))

    with closing(LibraryPool(path)) as pool:
        thread = threading.Thread(target=count_next)
        with pool.reader() as reader:
            assert reader is not None
            other.replace(path)
            thread.start()
            time.sleep(0.2)  # long enough for the thread to open the new file, if it wrongly did
            assert count_cached(reader) == 3
            order.append("released")
        thread.join(timeout=20)
    assert order == ["released", 7]


def test_many_threads_read_at_once(path: Path) -> None:
    found: list[int | None] = []

    def count_often() -> None:
        found.extend(song_count(pool) for _ in range(50))

    with closing(LibraryPool(path)) as pool, open_library(path, write=True) as library:
        threads = [threading.Thread(target=count_often) for _ in range(6)]
        for thread in threads:
            thread.start()
        for i in range(10):
            library.write([song(f"more {i}"), file(f"/more/{i}", f"more {i}")])
        for thread in threads:
            thread.join(timeout=30)
        assert len(found) == 300
        assert set(found) <= set(range(3, 14))
        assert song_count(pool) == 13


@pytest.mark.parametrize("gone", ["library.sqlite", "its folder"])
def test_a_library_can_be_removed_and_created_again(tmp_path: Path, gone: str) -> None:
    path = tmp_path / "folder" / "library.sqlite"
    with closing(LibraryPool(path)) as pool:
        for songs in (3, 4):
            assert song_count(pool) is None
            made_library(path, songs)
            assert song_count(pool) == songs
            if gone == path.name:
                path.unlink()
            else:
                shutil.rmtree(path.parent)
        assert song_count(pool) is None
        assert open_at(tmp_path) == []


def test_changes_of_the_schema_version_are_noticed(path: Path) -> None:
    with closing(LibraryPool(path)) as pool, closing(sqlite3.connect(path)) as db:
        ((layout,),) = db.execute("PRAGMA user_version")
        db.execute("PRAGMA user_version = 98")
        db.execute(f"PRAGMA user_version = {layout}")
        assert song_count(pool) == 3  # the log already has content, and its growth is not checked
        db.execute("PRAGMA user_version = 99")
        for _ in range(2):
            with pytest.raises(LibraryError, match=r"later version of moodcurve \(schema 99"):
                song_count(pool)
        db.execute(f"PRAGMA user_version = {layout}")
        assert song_count(pool) == 3


@pytest.mark.parametrize("part", [slice(0, 100), slice(4096, None), slice(0, None)], ids=["head", "rest", "all"])
def test_a_damaged_file_raises_until_it_is_repaired(path: Path, part: slice) -> None:
    whole = path.read_bytes()
    broken = bytearray(whole)
    broken[part] = b"x" * len(broken[part])
    with closing(LibraryPool(path)) as pool:
        assert song_count(pool) == 3
        path.write_bytes(broken)
        for _ in range(2):
            with pytest.raises(LibraryError, match=r"library\.sqlite: (it is damaged|not a library)"):
                song_count(pool)
        path.write_bytes(whole)
        assert song_count(pool) == 3


def test_the_file_is_opened_again_after_an_error(path: Path) -> None:
    with closing(LibraryPool(path)) as pool:
        song_count(pool)
        with pytest.raises(LibraryError, match="on purpose"), pool.reader():
            raise LibraryError("on purpose")
        assert not pool.is_open
        assert song_count(pool) == 3


def test_a_reader_in_use_is_closed_on_release_after_close(path: Path) -> None:
    pool = LibraryPool(path)
    with pool.reader() as reader:
        assert reader is not None
        pool.close()
        assert count_cached(reader) == 3
    assert siblings(path) == open_at(path.parent) == []


def test_the_cache_is_limited(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library_pool, "MAX_CACHE_BYTES", 10)
    computed = []

    def compute(key: int, size: int) -> int:
        with pool.reader() as reader:
            assert reader is not None
            reader.cached(key, lambda library: computed.append(key) or bytes(size))
        return computed.count(key)

    with closing(LibraryPool(path)) as pool:
        assert [compute(1, 6), compute(2, 4), compute(1, 6), compute(2, 4)] == [1, 1, 1, 1]  # both fit
        assert [compute(3, 11), compute(3, 11), compute(1, 6)] == [1, 2, 1]  # larger than the cache
        assert [compute(4, 5), compute(4, 5), compute(1, 6)] == [1, 1, 2]  # clears the cache


def test_the_server_follows_changes_and_leaves_no_extra_files(scanned_music: tuple[Path, Path], tmp_path: Path) -> None:
    path = tmp_path / "library" / "library.sqlite"
    path.parent.mkdir()
    shutil.copyfile(scanned_music[1], path)

    def totals(server: Server) -> tuple[int, int, int, int]:
        songs = request(server, "/api/songs?limit=1").json()
        points = request(server, "/api/map").json()
        health = request(server, "/api/health").json()
        return songs["total"], len(points["id"]), health["songs"], request(server, "/api/search?text=e").json()["total"]

    hurry = "from moodcurve.web import library_pool, server; library_pool.IDLE_S = 0.5; server.CHECK_TICKS = 1"
    with serving((scanned_music[0], path), before=hurry) as server:
        with open_library(path, write=True) as library:
            for i in range(3):
                assert totals(server) == (4 + i,) * 4
                library.write([song(f"more {i}"), file(f"/more/{i}", f"more {i}", title="E")])
        assert totals(server) == (7,) * 4
        assert "library.sqlite-wal" in siblings(path)
        eventually(lambda: siblings(path) == [], 20)
        assert totals(server) == (7,) * 4
    assert siblings(path) == []
