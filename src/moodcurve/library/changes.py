"""Changes of a library as SQL, one function per kind of change."""

import os
import sqlite3

import numpy as np

from moodcurve.audio.content_hash import CONTENT_VERSION
from moodcurve.library.curve_codec import pack
from moodcurve.library.measured import put_measured
from moodcurve.library.models import (
    Change,
    DropOrphans,
    FileFound,
    FileIdentified,
    FileNamed,
    FileRemoved,
    ProblemFound,
    SongAnalyzed,
)
from moodcurve.library.schema import NAME_SEPARATOR, analysis_columns
from moodcurve.library.text import TEXT_TAGS, clean, fold, folded_path
from moodcurve.util.text import path_text, utc_time


def apply_change(db: sqlite3.Connection, change: Change) -> None:
    """Apply one change, within a transaction.

    Raises
    ------
    ValueError
        If a file's song is unknown.
    """
    match change:
        case SongAnalyzed():
            _song_analyzed(db, change)
        case FileFound():
            _file_found(db, change)
        case ProblemFound():
            _problem_found(db, change)
        case FileNamed():
            db.execute(
                "UPDATE file SET names = :names, shown = :shown, folded_path = :folded_path WHERE path = :path",
                {"path": os.fsencode(change.path), **_name_columns(change.path, change.names)},
            )
        case FileIdentified():
            db.execute(
                "UPDATE file SET external_id = ? WHERE path = ?", (clean(change.external_id), os.fsencode(change.path))
            )
            for song in _songs_of(db, change.path):
                _choose_file(db, song)
        case FileRemoved():
            _file_removed(db, change)
        case DropOrphans():
            db.execute("DELETE FROM song WHERE copies = 0")


def _song_analyzed(db: sqlite3.Connection, change: SongAnalyzed) -> None:
    curve = change.analysis.curve
    data = change.analysis.data()
    row = {
        "content": change.content_hash,
        "model": clean(curve.model),
        "model_version": change.analysis.model_version,
        "feature_set": clean(curve.feature_set),
        "analysed_at": change.analysed_at or utc_time(),
        **analysis_columns(data),
    }
    _upsert(db, "song", row, key="content")
    (number,) = db.execute("SELECT id FROM song WHERE content = ?", (change.content_hash,)).fetchone()
    put_measured(db, number, data)
    vector = np.ascontiguousarray(change.analysis.descriptors, "<f4").tobytes()
    # filled in when the curve is read: the file may have moved by then, and the format of JSON have another version
    del data["format"]
    data.pop("tags", None)  # in columns of the song, smaller
    data["source"] = ""
    db.execute("INSERT OR REPLACE INTO curve VALUES (?, ?)", (number, pack(data)))
    db.execute("INSERT OR REPLACE INTO descriptors VALUES (?, ?)", (number, vector))


def _file_found(db: sqlite3.Connection, change: FileFound) -> None:
    found = db.execute("SELECT id FROM song WHERE content = ?", (change.content_hash,)).fetchone()
    if found is None:
        raise ValueError(f"content_hash of {change.path!r} must be that of a stored song, got {change.content_hash!r}")
    texts = {name: getattr(change.tags, name) for name in TEXT_TAGS}
    row = {
        "song": found[0],
        "problem": None,
        **{name: None if text is None else clean(text) for name, text in texts.items()},
        **{f"folded_{name}": None if text is None else fold(text) for name, text in texts.items()},
        "year": change.tags.year,
        "track": change.tags.track,
        "tagged_duration_s": change.tags.duration_s,
    }
    row |= {"start_s": change.start_s, "length_s": change.length_s}
    _put_file(db, change, row)


def _problem_found(db: sqlite3.Connection, change: ProblemFound) -> None:
    folded = (f"folded_{name}" for name in TEXT_TAGS)
    row = {
        "song": None,
        "problem": clean(change.reason),
        **dict.fromkeys((*TEXT_TAGS, *folded, "year", "track", "tagged_duration_s", "length_s")),
        "start_s": 0.0,
    }
    _put_file(db, change, row)


def _put_file(db: sqlite3.Connection, change: FileFound | ProblemFound, row: dict[str, object]) -> None:
    before = _songs_of(db, change.path, row["start_s"])
    row |= {
        "path": os.fsencode(change.path),
        **_name_columns(change.path, change.names),
        "size": change.size,
        "mtime_ns": change.mtime_ns,
        "content": change.content_hash,
        "content_version": CONTENT_VERSION,
        "selection": change.selection,
    }
    if change.external_id is not None:
        row["external_id"] = clean(change.external_id)
    _upsert(db, "file", row, key="path, start_s")
    for song in {*before, row["song"]} - {None}:
        _choose_file(db, song)


def _name_columns(path: str, names: tuple[str, ...]) -> dict[str, object]:
    """Return the columns of the paths that lead to a file: searches read all of them, and its own."""
    return {
        "names": NAME_SEPARATOR.join(map(os.fsencode, names)) or None,
        "shown": path_text((*names, path)[0]),
        "folded_path": folded_path((*names, path)),
    }


def _file_removed(db: sqlite3.Connection, change: FileRemoved) -> None:
    path = os.fsencode(change.path)
    rows = db.execute("SELECT song, external_id FROM file WHERE path = ? AND song IS NOT NULL", (path,)).fetchall()
    db.execute("DELETE FROM file WHERE path = ?", (path,))
    for song, external_id in rows:
        if change.pass_id and external_id is not None:
            _pass_id(db, song, external_id, path)
        _choose_file(db, song)


def _pass_id(db: sqlite3.Connection, song: int, external_id: str, path: bytes) -> None:
    """Give the external id of a file that is gone to a file of its song without one, best one of the same name."""
    others = db.execute(
        "SELECT id, path FROM file WHERE song = ? AND external_id IS NULL ORDER BY id", (song,)
    ).fetchall()
    if others:
        number, _ = min(others, key=lambda other: os.path.basename(other[1]) != os.path.basename(path))  # noqa: PTH119
        db.execute("UPDATE file SET external_id = ? WHERE id = ?", (external_id, number))


def _upsert(db: sqlite3.Connection, table: str, row: dict[str, object], *, key: str) -> None:
    """Insert a row, or update the one with the same key, one column or several, which keeps its id."""
    updates = ", ".join(f"{name} = excluded.{name}" for name in row if name not in key.split(", "))
    db.execute(
        f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join(f':{name}' for name in row)}) "  # nosec B608 # names from this code; values are parameters
        f"ON CONFLICT ({key}) DO UPDATE SET {updates}",
        row,
    )


def _songs_of(db: sqlite3.Connection, path: str, start_s: object = None) -> list[int]:
    """Return the songs of a file, or of its part that begins at a time."""
    rows = db.execute(
        "SELECT song FROM file WHERE path = :path AND song IS NOT NULL AND (:start IS NULL OR start_s = :start)",
        {"path": os.fsencode(path), "start": start_s},
    )
    return [song for (song,) in rows]


def _choose_file(db: sqlite3.Connection, song: object) -> None:
    """Let one file represent a song, so that searches read one row per song; count its files.

    It is the one added first, of those with an external id if there are any.
    """
    db.execute(
        "UPDATE song SET copies = (SELECT count(*) FROM file WHERE song = :song), "
        "file = (SELECT id FROM file WHERE song = :song ORDER BY external_id IS NULL, id LIMIT 1) WHERE id = :song",
        {"song": song},
    )
