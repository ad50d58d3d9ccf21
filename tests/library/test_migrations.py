"""Libraries of earlier versions: migrated when they are opened, whole or not at all."""

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from moodcurve.curve import JSON_FORMAT, Curve
from moodcurve.library import FileFound, measured, open_library, schema
from moodcurve.library.curve_codec import pack, unpack
from moodcurve.library.queries.search import Query, search
from moodcurve.mood.circumplex import mood_words
from moodcurve.mood.course import COURSE_COLUMNS, measure_course
from tests.helpers.library_fixtures import assert_sound, dump, file, first_version, made_library, song, wandering_curve


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "new" / "library.sqlite"


def third_version(path: Path, songs: int) -> list[tuple[Curve, FileFound]]:
    """Create a library as the third migration left it, with mood words that are no longer chosen."""
    made = made_library(path, songs)
    with contextlib.closing(sqlite3.connect(path)) as db:
        for number, packed in db.execute("SELECT song, packed FROM curve").fetchall():
            data = unpack(packed)
            data["song"]["words"] = ["sleepy", "droopy", "tired"]
            db.execute("UPDATE curve SET packed = ? WHERE song = ?", (pack(data), number))
        db.execute("UPDATE song SET words = 'sleepy, droopy, tired'")
        db.commit()
    as_version(path, 3)
    return made


def as_version(path: Path, version: int) -> None:
    """Write a library again as an earlier version had it, without the columns that it lacks."""
    newer = path.with_suffix(".newer")
    path.rename(newer)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        schema.migrate(db, schema.MIGRATIONS[:version])
        db.execute("ATTACH ? AS newer", (str(newer),))
        for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            if table in ("migration", "sqlite_sequence"):
                continue
            names = ", ".join(name for _, name, *_ in db.execute(f"PRAGMA table_info({table})"))
            db.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM newer.{table}")
        db.execute("DETACH newer")
    newer.unlink()


def test_files_of_an_earlier_version_are_whole_songs(path: Path) -> None:
    made = made_library(path, 20)
    with open_library(path) as library:
        before = [(stored.id, stored.paths, stored.data, stored.tags) for stored in library.songs()]
    as_version(path, [name for name, _ in schema.MIGRATIONS].index("parts of files"))
    with open_library(path, write=True) as library:
        assert [(stored.id, stored.paths, stored.data, stored.tags) for stored in library.songs()] == before
        rows = library.db.execute("SELECT start_s, length_s, selection FROM file").fetchall()
        assert rows == [(0.0, None, "")] * len(made)
        assert all(row.start_s is None for row in search(library, Query()))
        assert library.db.execute("PRAGMA foreign_key_check").fetchall() == []
    assert_sound(path)


@pytest.mark.parametrize("write", [False, True])
def test_the_first_version_is_migrated_without_loss(path: Path, write: bool) -> None:
    first_version(path)
    with open_library(path, write=write) as library:
        assert schema.read_version(library.db) == (schema.APPLICATION_ID, len(schema.MIGRATIONS))
        names = [name for (name,) in library.db.execute("SELECT name FROM migration ORDER BY number")]
        assert names == [name for name, _ in schema.MIGRATIONS]
        rows = library.db.execute("SELECT id, path, p_calm_positive, rated_valence_low, mood FROM songs").fetchall()
        songs = list(library.songs())
    whole = wandering_curve(30, seed=1).to_dict()["song"]
    mood = max(whole["moods"], key=whole["moods"].__getitem__)
    assert rows == [
        (1, "/1", whole["probabilities"]["calm-positive"], whole["rating"]["valence_low"], mood),
        (2, "/2", None, None, None),
    ]
    assert [next(iter(stored.data.items())) for stored in songs] == [("format", JSON_FORMAT)] * 2
    assert [stored.paths for stored in songs] == [("/1",), ("/2",)]
    assert_sound(path)


def test_a_migration_that_fails_leaves_the_library_as_it_was(path: Path) -> None:
    made_library(path, 3)

    def fails(db: sqlite3.Connection) -> None:
        db.execute("DROP TABLE descriptors")
        db.execute("ALTER TABLE song ADD COLUMN x")
        raise OSError("lights out")

    with open_library(path, write=True) as library:
        before = dump(library)
        with pytest.raises(OSError, match="lights out"):
            schema.migrate(library.db, [*schema.MIGRATIONS, ("fails", fails)])
        assert dump(library) == before
        assert schema.read_version(library.db)[1] == len(schema.MIGRATIONS)


def test_threads_that_create_a_library_at_once_create_one(path: Path) -> None:
    failed: list[BaseException] = []
    barrier = threading.Barrier(4)

    def make(number: int) -> None:
        try:
            barrier.wait()
            with open_library(path, write=True) as library:
                library.write([song(f"c{number}"), file(f"/{number}", f"c{number}")])
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=make, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    with open_library(path) as library:
        assert len(library.song_models()) == 4
        assert len(library.db.execute("SELECT * FROM migration").fetchall()) == len(schema.MIGRATIONS)


@pytest.mark.parametrize("write", [False, True])
def test_mood_words_of_the_third_version_are_recomputed(path: Path, write: bool) -> None:
    made = third_version(path, 20)
    with contextlib.closing(sqlite3.connect(path)) as db:
        before = db.execute("SELECT id, arousal, valence, quadrant FROM song ORDER BY id").fetchall()
    with open_library(path, write=write) as library:
        found = list(search(library, Query(sort=("id",))))
        stored = list(library.songs())
        for word in {word for row in found for word in row.words.split(", ")}:
            expected = [row.id for row in found if word in row.words.split(", ")]
            assert [row.id for row in search(library, Query(words=((word,),), sort=("id",)))] == expected
    assert [(row.id, row.arousal, row.valence, row.quadrant) for row in found] == before
    for row, song_, (curve, file_) in zip(found, stored, made, strict=True):
        words = mood_words(row.arousal, row.valence)
        assert row.words == ", ".join(words)
        # the words of the JSON follow, everything else is as it was
        assert song_.data == {**replace(curve, tags=None).to_dict(), "source": file_.path}
        assert song_.data["song"]["words"] == list(words)
    assert_sound(path)


KILLED_MIGRATION = """
import os, signal, sys
from moodcurve.library import FileFound, measured, open_library, schema
calls = []
def killed(arousal, valence):
    calls.append(arousal)
    if len(calls) == 5:
        os.kill(os.getpid(), signal.SIGKILL)
    return ("calm",)
schema.mood_words = killed
with open_library(sys.argv[1], write=True):
    pass
"""


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_a_killed_migration_leaves_the_library_as_it_was(path: Path) -> None:
    third_version(path, 10)
    done = subprocess.run([sys.executable, "-c", KILLED_MIGRATION, path], check=False)
    assert done.returncode == -signal.SIGKILL
    assert_sound(path)
    with contextlib.closing(sqlite3.connect(path)) as db:
        assert schema.read_version(db) == (schema.APPLICATION_ID, 3)
        assert db.execute("SELECT DISTINCT words FROM song").fetchall() == [("sleepy, droopy, tired",)]
    with open_library(path) as library:
        assert all(row.words == ", ".join(mood_words(row.arousal, row.valence)) for row in search(library, Query()))


def fifth_version(path: Path, songs: int) -> None:
    """Create a library as the fifth migration left it, without courses."""
    made_library(path, songs)
    as_version(path, 5)


def courses(path: Path) -> list[tuple[float, ...]]:
    with contextlib.closing(sqlite3.connect(path)) as db:
        return db.execute(f"SELECT song, {', '.join(COURSE_COLUMNS)}, course FROM measured ORDER BY song").fetchall()


def test_courses_of_the_fifth_version_are_computed_as_a_scan_does(path: Path) -> None:
    fifth_version(path.with_name("old.sqlite"), 12)
    made = made_library(path, 12)
    with open_library(path.with_name("old.sqlite")) as library:
        rows = list(search(library, Query(sort=("id",))))
    assert courses(path.with_name("old.sqlite")) == courses(path)
    for row, (curve, _) in zip(rows, made, strict=True):
        data = curve.to_dict()
        times, arousal, valence = (np.array(data[name]) for name in ("times_s", "arousal", "valence"))
        expected = measure_course(times, arousal, valence, data["duration_s"])
        assert {name: getattr(row, name) for name in COURSE_COLUMNS} == expected
        assert row.loudness_lufs is row.key is None
    assert_sound(path.with_name("old.sqlite"))


KILLED_BATCH = """
import os, signal, sys
from moodcurve.library import measured, open_library
measured.SONGS_PER_BATCH = 4
put, calls = measured.put_measured, []
def killed(*arguments):
    calls.append(1)
    if len(calls) == 7:
        os.kill(os.getpid(), signal.SIGKILL)
    put(*arguments)
measured.put_measured = killed
with open_library(sys.argv[1], write=True):
    pass
"""


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_a_killed_migration_continues_after_its_last_batch(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fifth_version(path, 10)
    done = subprocess.run([sys.executable, "-c", KILLED_BATCH, path], check=False)
    assert done.returncode == -signal.SIGKILL
    assert_sound(path)
    assert [row[0] for row in courses(path)] == [1, 2, 3, 4]
    put = measured.put_measured
    again: list[int] = []
    monkeypatch.setattr(measured, "put_measured", lambda db, song, data: (again.append(song), put(db, song, data)))
    with open_library(path) as library:
        assert [row.id for row in search(library, Query(sort=("id",), where="arousal_start NOT NULL"))] == [
            *range(1, 11)
        ]
    assert again == [5, 6, 7, 8, 9, 10]


def test_a_damaged_curve_leaves_its_song_without_a_course(path: Path) -> None:
    fifth_version(path, 3)
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE curve SET packed = x'00' WHERE song = 2")
        db.commit()
    with open_library(path) as library:
        rows = list(search(library, Query(sort=("arousal_start",))))
    assert rows[-1].id == 2
    assert rows[-1].arousal_start is None
    assert len(rows) == 3
