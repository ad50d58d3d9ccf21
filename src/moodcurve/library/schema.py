"""The tables of a library, and the migrations that update older libraries.

`MIGRATIONS` is the history: a new library runs all of it, an older one what it lacks, each step in one transaction.
A released step never changes; later changes are new steps at the end.
"""

import os
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from moodcurve.curve import INTERVALS
from moodcurve.library.connection import transaction
from moodcurve.library.curve_codec import unpack
from moodcurve.library.measured import (
    MEASURED_COLUMNS,
    ON_UNIT_SCALE,
    create_table,
    measure_batch,
    measured_columns,
    unit_scale_columns,
)
from moodcurve.library.tag_codec import pack_tags
from moodcurve.mood.circumplex import mood_words
from moodcurve.mood.tags import tags_text
from moodcurve.util.text import path_text, utc_time

APPLICATION_ID = 0x6D6F6F64
"""``mood``: distinguishes a library from other SQLite files."""
WORD_SEPARATOR = ", "
"""Between the mood words of a song."""

NAME_SEPARATOR = b"\0"
"""Between the paths that lead to a file."""

Migration = tuple[str, Callable[[sqlite3.Connection], object]]
"""A name, and a function that changes the library. One that returns True is called again, in a further transaction: a
long change is then continued where it was stopped."""


def _songs_and_files(db: sqlite3.Connection) -> None:
    """Create the tables; curves and descriptors are separate, so that rows of songs stay small."""
    for statement in (
        """CREATE TABLE song (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            content TEXT NOT NULL UNIQUE,
            file INTEGER REFERENCES file (id) ON DELETE SET NULL,
            copies INTEGER NOT NULL DEFAULT 0,
            model TEXT NOT NULL,
            feature_set TEXT NOT NULL,
            analysed_at TEXT NOT NULL,
            duration_s REAL NOT NULL,
            arousal REAL NOT NULL,
            valence REAL NOT NULL,
            arousal_low REAL,
            arousal_high REAL,
            valence_low REAL,
            valence_high REAL,
            arousal_9 REAL,
            valence_9 REAL,
            quadrant TEXT NOT NULL,
            words TEXT NOT NULL,
            novelty REAL,
            warnings TEXT NOT NULL
        )""",
        """CREATE TABLE file (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            path BLOB NOT NULL UNIQUE,
            shown TEXT NOT NULL,
            size INTEGER NOT NULL,
            mtime_ns INTEGER NOT NULL,
            content TEXT,
            song INTEGER REFERENCES song (id),
            problem TEXT,
            artist TEXT,
            title TEXT,
            album TEXT,
            genre TEXT,
            year INTEGER,
            track INTEGER,
            tagged_duration_s REAL,
            folded_artist TEXT,
            folded_title TEXT,
            folded_album TEXT,
            folded_genre TEXT,
            folded_path TEXT NOT NULL,
            CHECK ((song IS NULL) <> (problem IS NULL))
        )""",
        "CREATE INDEX file_song ON file (song)",
        "CREATE INDEX file_problem ON file (id) WHERE problem IS NOT NULL",
        """CREATE TABLE curve (
            song INTEGER PRIMARY KEY REFERENCES song (id) ON DELETE CASCADE,
            packed BLOB NOT NULL
        )""",
        """CREATE TABLE descriptors (
            song INTEGER PRIMARY KEY REFERENCES song (id) ON DELETE CASCADE,
            vector BLOB NOT NULL
        )""",
    ):
        db.execute(statement)


def _ratings_and_search(db: sqlite3.Connection) -> None:
    """Add the columns of probabilities and rating, filled from the stored curves, and the view that searches read."""
    names = [*_rating_columns({})]
    for name in names:
        db.execute(f"ALTER TABLE song ADD COLUMN {name} {'TEXT' if name == 'mood' else 'REAL'}")
    update = f"UPDATE song SET {', '.join(f'{name} = :{name}' for name in names)} WHERE id = :id"  # nosec B608 # names from this code; values are parameters
    for number, packed in db.execute("SELECT song, packed FROM curve"):
        db.execute(update, {**_rating_columns(unpack(packed)["song"]), "id": number})
    _create_view(db, names)


def _create_view(db: sqlite3.Connection, names: Sequence[str]) -> None:
    """Create the view that searches read, with these columns of `song` in its middle."""
    db.execute(
        f"""CREATE VIEW songs AS SELECT song.id AS id, file.shown AS path, file.title, file.artist, file.album,
            file.genre, file.year, file.track, song.duration_s, song.arousal, song.valence, song.arousal_low,
            song.arousal_high, song.valence_low, song.valence_high, song.arousal_9, song.valence_9,
            {", ".join(f"song.{name}" for name in names)}, song.quadrant, song.words, song.novelty, song.model,
            song.feature_set, song.analysed_at, song.warnings, song.content, song.copies,
            file.folded_title, file.folded_artist, file.folded_album, file.folded_genre, file.folded_path
            FROM song JOIN file ON file.id = song.file"""  # nosec B608 # names from this code; values are parameters
    )


def _rating_columns(song: Mapping[str, Any]) -> dict[str, float | str | None]:
    """Return a song's columns of probabilities and rating from the key ``song`` of its JSON; None where missing."""
    probabilities, rating, moods = (song.get(key, {}) for key in ("probabilities", "rating", "moods"))
    columns: dict[str, float | str | None] = {
        f"p_{name.replace('-', '_')}": probabilities.get(name)
        for name in ("excited-positive", "tense-negative", "sad-negative", "calm-positive")
    }
    for axis in ("arousal", "valence"):
        columns |= {f"rated_{axis}{end}": rating.get(f"{axis}{end}") for end in ("", "_low", "_high")}
    columns["mood"] = max(moods, key=moods.__getitem__) if moods else None
    return columns


def analysis_columns(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return a song's columns of what analysis measured, from a curve's `to_dict`; None where missing."""
    song = data["song"]
    return {
        "duration_s": data["duration_s"],
        **{key: song[key] for key in ("arousal", "valence", "quadrant", "arousal_9", "valence_9")},
        **{key: song.get(key) for key in INTERVALS},
        **_rating_columns(song),
        "words": WORD_SEPARATOR.join(song["words"]),
        **tag_columns(data.get("tags")),
        "novelty": data.get("novelty"),
        "warnings": "\n".join(data["warnings"]),
    }


def song_columns(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return all columns of a song that follow from its curve's `to_dict`; None where missing."""
    columns = analysis_columns(data)
    return {**columns, **unit_scale_columns(columns), **measured_columns(data)}


def _content_hash_version(db: sqlite3.Connection) -> None:
    """Add the version of each file's content hash, `moodcurve.audio.content_hash.CONTENT_VERSION`; it was 1 so far."""
    db.execute("ALTER TABLE file ADD COLUMN content_version INTEGER NOT NULL DEFAULT 1")


def _current_mood_words(db: sqlite3.Connection) -> None:
    """Recompute the mood words of all songs, which `moodcurve.mood.circumplex.mood_words` now chooses otherwise."""
    db.create_function("mood_words", 2, lambda a, v: WORD_SEPARATOR.join(mood_words(a, v)), deterministic=True)
    db.execute("UPDATE song SET words = mood_words(arousal, valence)")
    db.create_function("mood_words", 2, None)


def tag_columns(tags: Mapping[str, float] | None) -> dict[str, Any]:
    """Return a song's columns of tags from the key ``tags`` of its JSON: the strongest as text, and all as bytes."""
    if tags is None:
        return {"tags": None, "tag_strengths": None}
    return {"tags": tags_text(tags, most=len(tags)), "tag_strengths": pack_tags(tags)}


def _tags(db: sqlite3.Connection) -> None:
    """Add the columns of tags, empty for the songs that were analyzed without."""
    db.execute("ALTER TABLE song ADD COLUMN tags TEXT")
    db.execute("ALTER TABLE song ADD COLUMN tag_strengths BLOB")
    db.execute("DROP VIEW songs")
    _create_view(db, [*_rating_columns({}), *tag_columns(None)])


def _course_and_sound(db: sqlite3.Connection) -> None:
    """Create the table of courses and sounds, and the view with its columns.

    Outer joins, which SQLite leaves out where a query reads nothing of a table: both have one row per song.
    """
    create_table(db)
    # what most questions ask of a song, so that they need not read its row
    db.execute("CREATE INDEX song_place ON song (arousal, valence, quadrant, duration_s, words, file)")
    db.execute("DROP VIEW songs")
    _create_view_of_courses(db, "song.duration_s")


def _create_view_of_courses(
    db: sqlite3.Connection, length: str, *, path: str = "file.shown AS path", model: str = "song.model"
) -> None:
    """Create the view that searches read since courses are stored.

    `length` is the column of durations, `path` that of paths, and `model` that of models, each with others.
    """
    db.execute(
        f"""CREATE VIEW songs AS SELECT song.id AS id, {path}, file.title, file.artist, file.album,
            file.genre, file.year, file.track, {length}, song.arousal, song.valence, song.arousal_low,
            song.arousal_high, song.valence_low, song.valence_high, song.arousal_9, song.valence_9,
            {", ".join(f"round((song.{source} + 1) / 2, 4) AS {name}" for name, source in ON_UNIT_SCALE.items())},
            {", ".join(f"song.{name}" for name in (*_rating_columns({}), *tag_columns(None)))},
            {", ".join(f"measured.{name}" for name in MEASURED_COLUMNS)}, song.quadrant, song.words, song.novelty,
            {model}, song.feature_set, song.analysed_at, song.warnings, song.content, song.copies,
            file.folded_title, file.folded_artist, file.folded_album, file.folded_genre, file.folded_path
            FROM song LEFT JOIN file ON file.id = song.file LEFT JOIN measured ON measured.song = song.id
            WHERE song.file IS NOT NULL"""  # nosec B608 # names from this code
    )


def _names_of_links(db: sqlite3.Connection) -> None:
    """Add the paths of links to files, separated by zero bytes; show paths that are not UTF-8 as `path_text` does."""
    db.execute("ALTER TABLE file ADD COLUMN names BLOB")
    for number, path in db.execute("SELECT id, path FROM file").fetchall():
        text = os.fsdecode(path)
        if path_text(text) != text:
            db.execute("UPDATE file SET shown = ? WHERE id = ?", (path_text(text), number))


def _parts_of_files(db: sqlite3.Connection) -> None:
    """Let a file hold several songs, each with its start and length; what was asked for in a scan becomes a column."""
    db.execute("DROP VIEW songs")
    db.execute(
        """CREATE TABLE new_file (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            path BLOB NOT NULL,
            start_s REAL NOT NULL DEFAULT 0,
            length_s REAL,
            selection TEXT NOT NULL DEFAULT '',
            shown TEXT NOT NULL,
            size INTEGER NOT NULL,
            mtime_ns INTEGER NOT NULL,
            content TEXT,
            song INTEGER REFERENCES song (id),
            problem TEXT,
            artist TEXT,
            title TEXT,
            album TEXT,
            genre TEXT,
            year INTEGER,
            track INTEGER,
            tagged_duration_s REAL,
            folded_artist TEXT,
            folded_title TEXT,
            folded_album TEXT,
            folded_genre TEXT,
            folded_path TEXT NOT NULL,
            content_version INTEGER NOT NULL DEFAULT 1,
            names BLOB,
            CHECK ((song IS NULL) <> (problem IS NULL)),
            UNIQUE (path, start_s)
        )"""
    )
    names = ", ".join(name for _, name, *_ in db.execute("PRAGMA table_info(file)"))
    db.execute(f"INSERT INTO new_file ({names}) SELECT {names} FROM file ORDER BY id")  # nosec B608 # names of our table
    # SQLite cannot change a constraint; dropping the table empties `song.file`, which follows from the files
    db.execute("DROP TABLE file")
    db.execute("ALTER TABLE new_file RENAME TO file")
    db.execute("CREATE INDEX file_song ON file (song)")
    db.execute("CREATE INDEX file_problem ON file (id) WHERE problem IS NOT NULL")
    db.execute("UPDATE song SET file = (SELECT min(id) FROM file WHERE file.song = song.id)")
    _create_view_of_courses(db, _LENGTH_AND_START)


_LENGTH_AND_START = "song.duration_s, CASE WHEN file.length_s IS NOT NULL THEN file.start_s END AS start_s"


def _external_ids(db: sqlite3.Connection) -> None:
    """Add the ids of files in the user's own catalogue, and the versions of models; both are unknown so far."""
    db.execute("ALTER TABLE file ADD COLUMN external_id TEXT")
    db.execute("ALTER TABLE song ADD COLUMN model_version TEXT")
    db.execute("CREATE INDEX file_external_id ON file (external_id) WHERE external_id IS NOT NULL")
    db.execute("DROP VIEW songs")
    _create_view_of_courses(
        db,
        _LENGTH_AND_START,
        path="file.external_id, file.shown AS path",
        model="song.model, song.model_version",
    )


MIGRATIONS: Sequence[Migration] = (
    ("songs and files", _songs_and_files),
    ("ratings and search", _ratings_and_search),
    ("version of contents", _content_hash_version),
    ("mood words of the own quadrant", _current_mood_words),
    ("tags", _tags),
    ("course and sound", _course_and_sound),
    ("courses of stored curves", measure_batch),
    ("names of links", _names_of_links),
    ("parts of files", _parts_of_files),
    ("external ids", _external_ids),
)
CURRENT_VERSION = (APPLICATION_ID, len(MIGRATIONS))
"""What `read_version` returns for a library of this version."""


def read_version(db: sqlite3.Connection) -> tuple[int, int]:
    """Return a file's application id and its number of applied migrations."""
    (application,), (version,) = (
        db.execute(f"PRAGMA {name}").fetchone() for name in ("application_id", "user_version")
    )
    return application, version


def is_empty(db: sqlite3.Connection) -> bool:
    """Return True if a file has no tables: it is new."""
    return db.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone() is None


def migrate(db: sqlite3.Connection, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """Apply the migrations that a file lacks, each in transactions; several processes may do so at once.

    Parameters
    ----------
    db : sqlite3.Connection
        In autocommit mode (``isolation_level=None``), without an open transaction; empty, or a library.
    migrations : sequence
        Names and functions, in order.
    """
    for number, migration in enumerate(migrations, start=1):
        while not _apply(db, number, *migration):
            pass


def _apply(db: sqlite3.Connection, number: int, name: str, change: Callable[[sqlite3.Connection], object]) -> bool:
    """Apply a migration, or a part of it, in one transaction; return True if it is complete."""
    with transaction(db):
        if read_version(db)[1] >= number:  # read with the lock held: another process may have been faster
            return True
        if number == 1:
            db.execute("CREATE TABLE migration (number INTEGER PRIMARY KEY, name TEXT, applied_at TEXT)")
            db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        if change(db) is True:
            return False
        db.execute("INSERT INTO migration VALUES (?, ?, ?)", (number, name, utc_time()))
        db.execute(f"PRAGMA user_version = {number}")
        return True
