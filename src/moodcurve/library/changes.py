"""Changes of a library as SQL, one function a kind of change."""

import os
import sqlite3
import unicodedata
from pathlib import PurePath

import numpy as np

from moodcurve.audio.content_hash import CONTENT_VERSION
from moodcurve.formats import to_dict
from moodcurve.library.curve_codec import pack
from moodcurve.library.models import (
    Change,
    DropOrphans,
    FileFound,
    FileRemoved,
    ProblemFound,
    SongAnalyzed,
)
from moodcurve.library.schema import now, rating_columns

_ENDS = ("arousal_low", "arousal_high", "valence_low", "valence_high")
_LAST_PARTS = 3
"""So many parts at a path's end are searched: the usual folders of artist and album, and the file's name. What stands
before them is the same for all."""


def apply(db: sqlite3.Connection, change: Change) -> None:
    """Make one change, within a transaction.

    Raises
    ------
    ValueError
        If a file's song is not known.
    """
    if isinstance(change, SongAnalyzed):
        _song_analyzed(db, change)
    elif isinstance(change, FileFound):
        _file_found(db, change)
    elif isinstance(change, ProblemFound):
        _problem_found(db, change)
    elif isinstance(change, FileRemoved):
        _file_removed(db, change)
    elif isinstance(change, DropOrphans):
        db.execute("DELETE FROM song WHERE copies = 0")


def fold(text: str) -> str:
    """Give text as it is searched: without case and accents, a Latin letter the same however it is encoded.

    >>> fold("Für ÉLISE"), fold("Straße")
    ('fur elise', 'strasse')
    """
    apart = unicodedata.normalize("NFKD", clean(text).casefold())
    return "".join(c for c in apart if not unicodedata.combining(c))


def clean(text: str) -> str:
    """Replace what SQLite's text cannot hold: lone surrogates, and the zero character that would end it."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", " ")


def _song_analyzed(db: sqlite3.Connection, change: SongAnalyzed) -> None:
    curve = change.analysis.curve
    data = to_dict(curve)
    song = data["song"]
    row = {
        "content": change.content_hash,
        "model": clean(curve.model),
        "feature_set": clean(curve.feature_set),
        "analysed_at": now(),
        "duration_s": data["duration_s"],
        **{key: song[key] for key in ("arousal", "valence", "quadrant", "arousal_9", "valence_9")},
        **{key: song.get(key) for key in _ENDS},
        **rating_columns(song),
        "words": ", ".join(song["words"]),
        "novelty": data.get("novelty"),
        "warnings": "\n".join(data["warnings"]),
    }
    updates = ", ".join(f"{name} = excluded.{name}" for name in row if name != "content")
    db.execute(
        f"INSERT INTO song ({', '.join(row)}) VALUES ({', '.join(f':{name}' for name in row)}) "
        f"ON CONFLICT (content) DO UPDATE SET {updates}",
        row,
    )
    (number,) = db.execute("SELECT id FROM song WHERE content = ?", (change.content_hash,)).fetchone()
    vector = np.ascontiguousarray(change.analysis.descriptors, "<f4").tobytes()
    # the file's place is translate_errors when it is read: it may have moved by then
    db.execute("INSERT OR REPLACE INTO curve VALUES (?, ?)", (number, pack({**data, "source": ""})))
    db.execute("INSERT OR REPLACE INTO descriptors VALUES (?, ?)", (number, vector))


def _file_found(db: sqlite3.Connection, change: FileFound) -> None:
    found = db.execute("SELECT id FROM song WHERE content = ?", (change.content_hash,)).fetchone()
    if found is None:
        raise ValueError(f"content of {change.path!r} must be that of a song heard before, got {change.content_hash!r}")
    tags = change.tags
    texts = {name: getattr(tags, name) for name in ("artist", "title", "album", "genre")}
    row = {
        "song": found[0],
        "problem": None,
        **{name: None if text is None else clean(text) for name, text in texts.items()},
        **{f"folded_{name}": None if text is None else fold(text) for name, text in texts.items()},
        "year": tags.year,
        "track": tags.track,
        "tagged_duration_s": tags.duration_s,
    }
    _put_file(db, change, row)


def _problem_found(db: sqlite3.Connection, change: ProblemFound) -> None:
    tags = ("artist", "title", "album", "genre")
    row = {
        "song": None,
        "problem": clean(change.reason),
        **dict.fromkeys((*tags, *(f"folded_{name}" for name in tags), "year", "track", "tagged_duration_s")),
    }
    _put_file(db, change, row)


def _put_file(db: sqlite3.Connection, change: FileFound | ProblemFound, row: dict[str, object]) -> None:
    before = _song_of(db, change.path)
    row |= {
        "path": os.fsencode(change.path),
        "shown": clean(change.path),
        "folded_path": fold("/".join(PurePath(change.path).parts[-_LAST_PARTS:])),
        "size": change.size,
        "mtime_ns": change.mtime_ns,
        "content": change.content_hash,
        "content_version": CONTENT_VERSION,
    }
    updates = ", ".join(f"{name} = excluded.{name}" for name in row if name != "path")
    db.execute(
        f"INSERT INTO file ({', '.join(row)}) VALUES ({', '.join(f':{name}' for name in row)}) "
        f"ON CONFLICT (path) DO UPDATE SET {updates}",
        row,
    )
    for song in {before, row["song"]} - {None}:
        _choose_file(db, song)


def _file_removed(db: sqlite3.Connection, change: FileRemoved) -> None:
    song = _song_of(db, change.path)
    db.execute("DELETE FROM file WHERE path = ?", (os.fsencode(change.path),))
    if song is not None:
        _choose_file(db, song)


def _song_of(db: sqlite3.Connection, path: str) -> int | None:
    found = db.execute("SELECT song FROM file WHERE path = ?", (os.fsencode(path),)).fetchone()
    return None if found is None else found[0]


def _choose_file(db: sqlite3.Connection, song: object) -> None:
    """Let the file that was known first stand for a song, so that each song is one row of a search."""
    db.execute(
        "UPDATE song SET (file, copies) = (SELECT min(id), count(*) FROM file WHERE song = :song) WHERE id = :song",
        {"song": song},
    )
