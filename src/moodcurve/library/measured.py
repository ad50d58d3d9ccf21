"""The table ``measured``: the course and the sound of each song as columns, and its course resampled.

It stands apart from the table ``song``, so that searches that do not read it are no slower.
"""

import sqlite3
from collections.abc import Mapping
from typing import Any

import numpy as np

from moodcurve._typing import FloatArray
from moodcurve.curve import sounding_points
from moodcurve.formats import FormatError
from moodcurve.formats.json_file import curve_from_dict
from moodcurve.library.curve_codec import PackingError, unpack
from moodcurve.mood.course import COURSE_COLUMNS, measure_course, pack_course, resample_course

SOUND_COLUMNS = {
    "loudness_lufs": "REAL",
    "tempo_bpm": "REAL",
    "key": "TEXT",
    "camelot": "TEXT",
    "danceability": "REAL",
}
"""Columns of the key ``sound`` of a curve's JSON, with their types in SQL; NULL where it lacks them."""
SOUND_VERSION = 1
"""Version of the measures of sound; NULL for a song that was analyzed before there were any."""
MEASURED_COLUMNS = (*COURSE_COLUMNS, *SOUND_COLUMNS)
ON_UNIT_SCALE = {"energy_01": "arousal", "valence_01": "valence"}
"""Columns of the view that map a column of `song` from [-1, 1] to [0, 1]."""
SONGS_PER_BATCH = 500
"""Songs measured in one transaction of a migration."""


def measured_columns(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return `MEASURED_COLUMNS` of a song, from a curve's `to_dict`."""
    sound = data.get("sound", {})
    times_s, arousal, valence = _sounding(data)
    return {
        **measure_course(times_s, arousal, valence, data["duration_s"]),
        **{name: sound.get(name) for name in SOUND_COLUMNS},
    }


def unit_scale_columns(song: Mapping[str, Any]) -> dict[str, float]:
    """Return `ON_UNIT_SCALE` of a song from its columns, as the view computes them."""
    return {name: round((song[source] + 1) / 2, 4) for name, source in ON_UNIT_SCALE.items()}


def put_measured(db: sqlite3.Connection, song: int, data: Mapping[str, Any]) -> None:
    """Insert or replace the row of a song, from a curve's `to_dict`."""
    row = {
        "song": song,
        **measured_columns(data),
        "course": course_bytes(data),
        "sound_version": SOUND_VERSION if "sound" in data else None,
    }
    db.execute(
        f"INSERT OR REPLACE INTO measured ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", (*row.values(),)
    )


def course_bytes(data: Mapping[str, Any]) -> bytes:
    """Return the resampled course of a song from a curve's `to_dict`, see `moodcurve.mood.course.pack_course`."""
    _, arousal, valence = _sounding(data)
    return pack_course(resample_course(arousal, valence))


def create_table(db: sqlite3.Connection) -> None:
    """Create the table ``measured``, empty."""
    columns = [*(f"{name} REAL" for name in COURSE_COLUMNS), *map(" ".join, SOUND_COLUMNS.items())]
    db.execute(
        "CREATE TABLE measured (song INTEGER PRIMARY KEY REFERENCES song (id) ON DELETE CASCADE, "
        f"{', '.join(columns)}, course BLOB, "
        "sound_version INTEGER)"
    )


def measure_batch(db: sqlite3.Connection) -> bool:
    """Measure some of the songs that have no row yet, from their stored curves; return True if any may be left.

    The row of a song whose curve is damaged has no values; the next scan with ``--again`` measures it.
    """
    rows = db.execute(
        "SELECT song, packed FROM curve WHERE song > (SELECT coalesce(max(song), 0) FROM measured) "
        "ORDER BY song LIMIT ?",
        (SONGS_PER_BATCH,),
    ).fetchall()
    for song, packed in rows:
        try:
            data = unpack(packed)
            curve_from_dict("", {"source": "", **data})
        except (PackingError, FormatError):
            db.execute("INSERT INTO measured (song) VALUES (?)", (song,))
        else:
            put_measured(db, song, data)
    return len(rows) == SONGS_PER_BATCH


def _sounding(data: Mapping[str, Any]) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return times, arousal and valence of the points that are not silent."""
    silent = data.get("silent")
    n = len(data["times_s"])
    sounding = sounding_points(None if silent is None else np.array(silent, np.bool_), n)
    times_s, arousal, valence = (
        np.asarray(data[name], np.float64)[sounding] for name in ("times_s", "arousal", "valence")
    )
    return times_s, arousal, valence
