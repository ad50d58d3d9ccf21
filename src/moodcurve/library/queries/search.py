"""Run a query: its SQL, and the songs found as rows."""

import json
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from moodcurve._typing import FloatArray, IntArray
from moodcurve.library.database import Library
from moodcurve.library.errors import translate_errors
from moodcurve.library.queries.drawing import drawn_course, warped_distances
from moodcurve.library.queries.found_song import COLUMNS, SONG_FORMAT, FoundSong, song_json
from moodcurve.library.queries.query import SORTS, WORDS, Query, Range
from moodcurve.library.queries.sql import DRAWING_DISTANCE, conditions, order, squared_distance
from moodcurve.library.queries.sql_guard import ConditionError, restrict_to_songs, translate_condition_errors
from moodcurve.library.text import clean
from moodcurve.mood.course import unpack_courses


def search(library: Library, query: Query) -> Iterator[FoundSong]:
    """Yield the songs that match a query, from a snapshot of the library.

    Raises
    ------
    ConditionError
        If the query's condition is not SQL, names an unknown column, or does more than read songs.
    LibraryError
        If the library cannot be read.
    """
    for row in _select(library, query, COLUMNS):
        *values, squared = row
        yield FoundSong._make((*values, None if squared is None else math.sqrt(squared)))


def songs_by_id(library: Library, ids: Sequence[int]) -> dict[int, FoundSong]:
    """Return the songs with these ids, without missing ones; raises LibraryError."""
    listed = ", ".join(str(int(number)) for number in ids)
    with translate_errors(library.path):
        statement = f"SELECT {', '.join(COLUMNS)} FROM songs WHERE id IN ({listed})"  # nosec B608 # names, whole numbers
        rows = library.db.execute(statement).fetchall()
    return {row[0]: FoundSong._make((*row, None)) for row in rows}


def matching_ids(library: Library, query: Query) -> IntArray:
    """Return the ids of the songs that match a query (n,), in no order, ignoring its limit; raises as `search`."""
    return np.fromiter((row[0] for row in _run(library, query, "id", "")), np.int64)


def matching_distances(library: Library, query: Query) -> tuple[IntArray, FloatArray]:
    """Return ids and squared distances of the songs that match a query (n,) each, NaN where unknown; as `search`."""
    rows = np.array(list(_run(library, query, f"id, {squared_distance(query)}", "")), np.float64).reshape(-1, 2)
    return rows[:, 0].astype(np.int64), rows[:, 1]


def ordered_ids(library: Library, sort: Sequence[str]) -> IntArray:
    """Return the ids of all songs in an order of `SORTS` without ``near`` and ``drawing`` (n,); raises LibraryError."""
    return np.fromiter(
        (row[0] for row in _run(library, Query(), "id", f"ORDER BY {order(Query(sort=tuple(sort)))}")), np.int64
    )


def search_columns(library: Library, query: Query, names: Sequence[str]) -> dict[str, list[Any]]:
    """Return some of `COLUMNS` of the songs that match a query, as lists; raises as `search`."""
    rows = list(_select(library, query, names))
    return {name: [row[i] for row in rows] for i, name in enumerate(names)}


def count(library: Library, query: Query) -> int:
    """Count the songs that match a query, ignoring its limit and offset; raises as `search`."""
    ((number,),) = _run(library, query, "count(*)", "")
    return int(number)


def _drawing_distances(library: Library, query: Query) -> dict[int, float]:
    """Return the distance of each song's course from the drawing of a query, by id; raises LibraryError."""
    drawn, axes = drawn_course(query)
    with translate_errors(library.path):
        rows = library.db.execute("SELECT song, course FROM measured WHERE course NOT NULL").fetchall()
    courses = unpack_courses(b"".join(course for _, course in rows))[:, :, axes]
    return dict(zip([song for song, _ in rows], warped_distances(courses, drawn).tolist(), strict=True))


def songs_of_ids(library: Library, external_ids: Sequence[str]) -> list[int]:
    """Return the ids of the songs of which a file has one of these ids of the user's catalogue; raises LibraryError."""
    with translate_errors(library.path):
        rows = library.db.execute(
            "SELECT DISTINCT song FROM file JOIN json_each(?) AS wanted ON external_id = wanted.value "
            "WHERE song IS NOT NULL ORDER BY song",
            (json.dumps(external_ids),),
        ).fetchall()
    return [song for (song,) in rows]


def _compare_with_drawing(library: Library, query: Query) -> None:
    """Define the SQL function that returns the squared distance of a song from the drawing of a query."""
    squared = {song: distance**2 for song, distance in _drawing_distances(library, query).items()}
    library.db.create_function(DRAWING_DISTANCE, 1, squared.get)


def _select(library: Library, query: Query, names: Sequence[str]) -> Iterator[Any]:
    """Yield columns of the matching songs, then the squared distance, which rows are sorted by."""
    columns = f"{', '.join(names)}, {squared_distance(query)} AS distance"
    return _run(library, query, columns, f"ORDER BY {order(query)} LIMIT :limit OFFSET :offset")


def _run(library: Library, query: Query, columns: str, rest: str) -> Iterator[Any]:
    found, values = conditions(query)
    if query.external_ids:
        found.append(f"id IN ({', '.join(map(str, songs_of_ids(library, query.external_ids)))})")
    if query.has_drawing:
        _compare_with_drawing(library, query)
    with translate_errors(library.path), restrict_to_songs(library.db, query.where) as execute:
        if query.where is not None:
            # on separate lines, so that a comment ends there; first alone, so that errors are the condition's fault
            condition = f"(\n{clean(query.where)}\n)"
            execute(f"SELECT 1 FROM songs WHERE {condition} LIMIT 0", {}).close()  # nosec B608 # the condition is restricted by sql_guard
            found.append(condition)
        rows = execute(f"SELECT {columns} FROM songs WHERE {' AND '.join(found) or '1'} {rest}", values)  # nosec B608 # the condition is restricted by sql_guard
    with translate_errors(library.path), translate_condition_errors(query.where):
        for row in rows:  # noqa: UP028  "yield from" would close the cursor, perhaps after its library was closed
            yield row


__all__ = [
    "COLUMNS", "SONG_FORMAT", "SORTS", "WORDS", "ConditionError", "FoundSong", "Query", "Range", "count", "search",
    "search_columns", "song_json",
]  # fmt: skip
