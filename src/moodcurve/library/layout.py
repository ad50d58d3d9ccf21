"""Check that a library is laid out as this code lays it out, and holds values of the right types.

A library may come from elsewhere. A view in place of a table may never end, a trigger may change what a scan writes,
and any column of SQLite may hold a value of any type.
"""

import re
import sqlite3
from contextlib import closing
from functools import cache

from moodcurve.curve import AXES, INTERVALS, PROBABILITIES
from moodcurve.library import schema
from moodcurve.library.measured import SOUND_COLUMNS
from moodcurve.mood.course import COURSE_COLUMNS, POINTS

MAX_CURVE_BYTES = 16 * 2**20
"""Largest packed curve; that of ten hours takes about 0.3 MB."""

_TEXTS = (
    "content",
    "model",
    "feature_set",
    "analysed_at",
    "quadrant",
    "words",
    "warnings",
    "mood",
    "tags",
    "model_version",
)
_NUMBERS = (
    "file", "copies", "duration_s", "novelty", *INTERVALS, *PROBABILITIES,
    *(f"{axis}{end}" for axis in AXES for end in ("", "_9")),
    *(f"rated_{axis}{end}" for axis in AXES for end in ("", "_low", "_high")),
)  # fmt: skip
_FILE_NUMBERS = (
    "size",
    "mtime_ns",
    "content_version",
    "song",
    "year",
    "track",
    "tagged_duration_s",
    "start_s",
    "length_s",
)
_FILE_TEXTS = (
    "external_id", "shown", "selection", "content", "problem", "artist", "title", "album", "genre",
    "folded_artist", "folded_title", "folded_album", "folded_genre", "folded_path",
)  # fmt: skip


def is_own_layout(db: sqlite3.Connection, version: int) -> bool:
    """Return True if a file has exactly the tables, views and indexes of a version, and nothing else."""
    return _layout(db) == _layout_of(version)


def wrong_type(db: sqlite3.Connection) -> str | None:
    """Return the name of a table that holds a value of a wrong type, or a curve that is too large; None if all fit."""
    # SQLite orders numbers before text before blobs, and a column of text turns numbers into text: one comparison each
    for table, conditions in (
        (
            "song",
            [
                *(f"{name} >= ''" for name in _NUMBERS),
                *(f"{name} >= x''" for name in _TEXTS),
                "tag_strengths < x''",
            ],
        ),
        (
            "file",
            [
                *(f"{name} >= ''" for name in _FILE_NUMBERS),
                *(f"{name} >= x''" for name in _FILE_TEXTS),
                "path < x''",
                "names < x''",
                *(f"typeof({name}) = 'real'" for name in ("size", "mtime_ns")),
            ],
        ),
        (
            "measured",
            [
                *(f"{name} >= ''" for name in (*COURSE_COLUMNS, *_sounds("REAL"))),
                *(f"{name} >= x''" for name in _sounds("TEXT")),
                "course < x''",
                "sound_version >= ''",
                f"length(course) <> {2 * POINTS}",
            ],
        ),
        ("curve", ["packed < x''", f"length(packed) > {MAX_CURVE_BYTES}"]),
        ("descriptors", ["vector < x''", "length(vector) % 4 <> 0"]),
    ):
        if db.execute(f"SELECT 1 FROM {table} WHERE {' OR '.join(conditions)} LIMIT 1").fetchone():  # nosec B608 # names from this code; values are parameters
            return table
    return None


def _sounds(kind: str) -> list[str]:
    return [name for name, its_kind in SOUND_COLUMNS.items() if its_kind == kind]


def _layout(db: sqlite3.Connection) -> set[tuple[str, str, str]]:
    rows = db.execute("SELECT type, name, coalesce(sql, '') FROM sqlite_master WHERE name NOT LIKE 'sqlite_stat%'")
    # what SQLite keeps of a statement's spaces and quotes differs between its versions
    return {(kind, name, re.sub(r'[\s"]+', "", str(sql)).lower()) for kind, name, sql in rows}


@cache
def _layout_of(version: int) -> set[tuple[str, str, str]]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        schema.migrate(db, schema.MIGRATIONS[:version])
        return _layout(db)
