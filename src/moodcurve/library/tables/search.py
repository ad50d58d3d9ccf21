"""Search tables of analyzed songs as a library is searched: the same queries, and the same rows."""

import itertools
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

import duckdb
import numpy as np
import pyarrow

from moodcurve.library.errors import LibraryError
from moodcurve.library.models import StoredSong
from moodcurve.library.queries.drawing import drawn_course, warped_distances
from moodcurve.library.queries.found_song import COLUMNS, FoundSong
from moodcurve.library.queries.query import Query
from moodcurve.library.queries.sql import conditions, order, squared_distance
from moodcurve.library.queries.sql_guard import MAX_SHOWN, ConditionError
from moodcurve.library.song_rows import file_of
from moodcurve.library.tables.connection import SongTables, error_text
from moodcurve.library.text import clean
from moodcurve.mood.course import POINTS, unpack_courses
from moodcurve.mood.tags import parse_tags
from moodcurve.util.text import one_line, path_text

MAX_BY_ID = 1000
"""Songs that are first put in order, and then read: the columns of all that match would be read otherwise."""
COURSES_PER_BATCH = 20_000
"""Courses that are compared with a drawn one at once."""
_REQUIRED = ("path", "duration_s", "arousal", "valence", "quadrant", "words", "model", "feature_set", "content")


def search(tables: SongTables, query: Query) -> Iterator[FoundSong]:
    """Yield the songs that match a query.

    Its condition is in DuckDB's SQL, on the same columns.

    Raises
    ------
    ConditionError
        If the query's condition is not SQL, or names an unknown column.
    LibraryError
        If a file cannot be read, or a row does not hold a song; the message names it.
    """
    end = f"ORDER BY {order(query)}"
    if query.limit is not None:
        end += f" LIMIT {query.limit}"
    if query.offset:
        end += f" OFFSET {query.offset}"
    if query.limit is not None and query.limit <= MAX_BY_ID:
        ordered = list(_run(tables, query, f"id, {_distance(query)} AS distance", end))
        rows = tables.songs([number for number, _ in ordered], ", ".join(COLUMNS)) if ordered else {}
        for number, squared in ordered:
            yield _found(tables, (*rows[number], squared))
        return
    for row in _run(tables, query, f"{', '.join(COLUMNS)}, {_distance(query)} AS distance", end):
        yield _found(tables, row)


def count(tables: SongTables, query: Query) -> int:
    """Count the songs that match a query, ignoring its limit and offset; raises as `search`."""
    ((number,),) = _run(tables, query, "count(*)", "")
    return int(number)


def find_song(tables: SongTables, name: str) -> StoredSong:
    """Return the song with this path, external id or id, tried in this order.

    Raises
    ------
    LibraryError
        If no song matches, several do, or a file cannot be read.
    """
    sought = {"name": name, "number": int(name) if name.isdecimal() and len(name) < 19 else -1}
    for condition in ("path = $name", "external_id = $name", "id = $number"):
        values = {key: value for key, value in sought.items() if f"${key}" in condition}
        ids = [number for (number,) in tables.rows(f"SELECT id FROM songs WHERE {condition} LIMIT 6", values)]  # nosec B608 # a text of this module
        if len(ids) > 1:
            raise LibraryError(
                f"{one_line(name)}: several songs match; give the id of one: {', '.join(map(str, sorted(ids)[:5]))}"
            )
        if ids:
            return _stored(tables, ids[0])
    raise LibraryError(
        f"{one_line(name)}: no matching song in {one_line(tables.given)}; give a path, an external id or an id "
        "(`moodcurve search` lists songs)"
    )


def _stored(tables: SongTables, number: int) -> StoredSong:
    file = file_of(tables.row(number), tables.given)
    assert file.analysis is not None  # nosec B101 # narrows the type for mypy: the view has no others
    assert file.content_hash is not None  # nosec B101 # as well
    return StoredSong(
        id=number,
        content_hash=file.content_hash,
        paths=(file.path,),
        shown=file.path,
        tags=file.tags,
        external_id=file.external_id,
        analysed_at=file.analysed_at,
        data=file.analysis.data() | {"source": path_text(file.path)},
        curve=file.analysis.curve,
    )


def _run(tables: SongTables, query: Query, columns: str, end: str) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a query, whose SQL is that of a library but for the marks of parameters."""
    source = "songs"
    found, values = conditions(query, _strength)
    if query.external_ids:
        found.append("list_contains(:external_ids, external_id)")
        values["external_ids"] = list(query.external_ids)
    where, values = _marked(" AND ".join(found) or "true", values)
    if query.where is not None:
        where += f" AND {_checked(tables, query.where)}"
    if query.has_drawing:
        _compare_with_drawing(tables, query, where, values)
        source = "songs LEFT JOIN drawing USING (id)"
    columns, more = _marked(columns, {"near_a": (query.near or (0, 0))[0], "near_v": (query.near or (0, 0))[1]})
    return tables.rows(f"SELECT {columns} FROM {source} WHERE {where} {end}", values | more)  # nosec B608 # names from this code; the condition can read nothing but these files


def _marked(sql: str, values: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return SQL with its parameters as DuckDB marks them, and the values of those that it has."""
    names = {*re.findall(r":(\w+)", sql)}
    return re.sub(r":(\w+)", r"$\1", sql), {name: value for name, value in values.items() if name in names}


def _strength(tag: str, name: str, strength: float) -> tuple[str, float]:
    """Return the condition on the strength of a tag, see `moodcurve.library.queries.sql.Strength`."""
    return f'tag_strengths."{tag}" >= CAST(:{name} AS FLOAT)', strength


def _checked(tables: SongTables, condition: str) -> str:
    """Return a user's condition in parentheses, after compiling it alone, so that errors are its own fault."""
    sql = f"(\n{clean(condition)}\n)"
    try:
        tables.check(f"SELECT 1 FROM songs WHERE {sql}")  # nosec B608 # checked; these files alone can be read
    except duckdb.Error as error:
        shown = condition if len(condition) <= MAX_SHOWN else f"{condition[:MAX_SHOWN]}..."
        raise ConditionError(
            f"condition {shown!r}: {error_text(error)}; expected SQL such as arousal > 0.2 AND year < 1990"
        ) from None
    return sql


def _distance(query: Query) -> str:
    return "squared" if query.has_drawing else squared_distance(query)


def _compare_with_drawing(tables: SongTables, query: Query, where: str, values: Mapping[str, Any]) -> None:
    """Let statements read the squared distances of the matching songs from the drawing of a query."""
    drawn, axes = drawn_course(query)
    ids, distances = [np.empty(0, np.int64)], [np.empty(0)]
    found = tables.rows(f"SELECT id, course FROM songs WHERE octet_length(course) = {2 * POINTS} AND {where}", values)  # nosec B608 # as in `_run`
    while batch := list(itertools.islice(found, COURSES_PER_BATCH)):
        courses = unpack_courses(b"".join(course for _, course in batch))[:, :, axes]
        ids.append(np.array([number for number, _ in batch], np.int64))
        distances.append(warped_distances(courses, drawn) ** 2)
    tables.register("drawing", pyarrow.table({"id": np.concatenate(ids), "squared": np.concatenate(distances)}))


def _found(tables: SongTables, row: tuple[Any, ...]) -> FoundSong:
    """Return a row as a song; numbers that are not finite are unknown."""
    *values, squared = (None if isinstance(value, float) and not math.isfinite(value) else value for value in row)
    song = FoundSong._make((*values, None if squared is None else math.sqrt(squared)))
    missing = [name for name in _REQUIRED if getattr(song, name) is None]
    try:
        parse_tags(song.tags or "")
    except ValueError:
        missing.append("tags")
    if missing:
        where = one_line(tables.given)
        raise LibraryError(f"{where}: row {song.id} has no valid {missing[0]}; it does not hold a song")
    return song._replace(analysed_at=song.analysed_at or "", warnings=song.warnings or "")
