"""Libraries that are meant to harm, or damaged: each ends in time, in memory, and with one line."""

import os
import random
import shutil
import sqlite3
import struct
import sys
import zlib
from contextlib import closing
from pathlib import Path

import pytest

from moodcurve.library import LibraryError, open_library
from moodcurve.library.curve_codec import _HEAD, _ZLIB_DICTIONARY, VERSION, PackingError, unpack
from tests.helpers.library_fixtures import made_library
from tests.helpers.limited import run_limited

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform == "win32", reason="limits of POSIX")]

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"
HARMFUL = {
    "a view without end": f"DROP VIEW songs; CREATE VIEW songs AS {ENDLESS}",
    "a table that is a view": f"ALTER TABLE file RENAME TO f; CREATE VIEW file AS {ENDLESS}",
    "a trigger": "CREATE TRIGGER t AFTER INSERT ON file BEGIN DELETE FROM song; END",
    "another table": "CREATE TABLE more (x)",
    "an index that calls a function": "CREATE INDEX more ON song (abs(arousal))",
    "a missing table": "DROP TABLE curve",
    "another column": "ALTER TABLE song ADD COLUMN more",
    "text for a number": "UPDATE song SET arousal = 'loud'",
    "a number for text": "UPDATE song SET feature_set = x'00ff'",
    "a path of text": "UPDATE file SET path = '/' || id",
    "a time of text": "UPDATE file SET mtime_ns = 'x'",
    "a huge curve": "UPDATE curve SET packed = zeroblob(100000000)",
    "a curve of text": "UPDATE curve SET packed = 'x'",
    "odd descriptors": "UPDATE descriptors SET vector = x'000000'",
}


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("libraries") / "sound.sqlite"
    made_library(path, 12)
    return path


@pytest.fixture
def library(sound: Path, tmp_path: Path) -> Path:
    return Path(shutil.copyfile(sound, tmp_path / "library.sqlite"))


def test_a_sound_library_is_read(library: Path) -> None:
    with open_library(library) as opened:
        assert len(list(opened.songs())) == 12


@pytest.mark.parametrize("name", HARMFUL)
def test_a_harmful_library_is_refused_in_one_line(library: Path, name: str) -> None:
    with closing(sqlite3.connect(library)) as db:
        db.executescript(HARMFUL[name])
    for command in (("search",), ("problems",), ("show", "1"), ("export", "-f", "csv")):
        words = [*command, "--library", str(library)]
        ended = run_limited(*words, folder=library.parent, seconds=20, megabytes=1024)
        assert ended.exit_code == 1, (command, ended)
        assert ended.stderr.startswith(f"moodcurve: {library}: its table")
        assert len(ended.stderr.splitlines()) == 1


@pytest.mark.parametrize("table", ["song", "file", "curve", "descriptors"])
def test_no_column_holds_a_value_of_another_type(library: Path, table: str) -> None:
    with closing(sqlite3.connect(library)) as db:
        columns = [(name, kind) for _, name, kind, _, _, key in db.execute(f"PRAGMA table_info({table})") if not key]
    held = 0
    for name, kind in columns:
        for value in {"TEXT": ["x'00'"], "BLOB": ["'x'", "7"]}.get(kind, ["'x'", "x'00'"]):
            path = library.with_name("changed.sqlite")
            shutil.copyfile(library, path)
            with closing(sqlite3.connect(path)) as db, db:
                db.execute("PRAGMA ignore_check_constraints = ON")
                db.execute(f"UPDATE {table} SET {name} = {value} WHERE rowid = 1")
            held += 1
            assert "holds values of a wrong type" in read_all(path), (name, value)
    assert held >= len(columns)


def test_a_curve_that_unpacks_to_gigabytes_is_refused() -> None:
    deflate = zlib.compressobj(9, zdict=_ZLIB_DICTIONARY)
    packed = deflate.compress(bytes(100 * 2**20)) + deflate.flush()
    with pytest.raises(PackingError, match="more than 64 MiB"):
        unpack(_HEAD.pack(VERSION, 2) + packed)
    with pytest.raises(PackingError):
        unpack(struct.pack("<BI", VERSION, 200_000) + zlib.compress(b"[" * 200_000))


def read_all(path: Path) -> str:
    """Return the message of a library that cannot be read, or nothing."""
    try:
        with open_library(path) as opened:
            list(opened.songs())
            opened.problems()
            opened.known_files()
            opened.descriptors("compare236/1")
    except LibraryError as error:
        return str(error)
    return ""


def test_damaged_pages_are_said_to_be_damaged(sound: Path, tmp_path: Path) -> None:
    whole, rng = sound.read_bytes(), random.Random(0)
    path = tmp_path / "damaged.sqlite"
    for _ in range(int(os.environ.get("MOODCURVE_FUZZ", "200"))):
        data = bytearray(whole)
        for _ in range(rng.randrange(1, 40)):
            data[rng.randrange(100, len(data))] = rng.randrange(256)
        path.write_bytes(data)
        assert len(read_all(path).splitlines()) <= 1
