"""Run a query: its SQL, and the songs found as rows."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from moodcurve._typing import FloatArray, IntArray
from moodcurve.features.song.key_names import CAMELOT
from moodcurve.library.database import Library
from moodcurve.library.errors import translate_errors
from moodcurve.library.queries.drawing import drawn_course, warped_distances
from moodcurve.library.queries.found_song import COLUMNS, SONG_FORMAT, FoundSong, song_json
from moodcurve.library.queries.query import DEFAULT_ORDER, PLACE_ANGLE_DEG, RANGES, SORTS, WORDS, Query, Range
from moodcurve.library.queries.sql_guard import ConditionError, restrict_to_songs, translate_condition_errors
from moodcurve.library.tag_codec import pack_strength, strength_sql
from moodcurve.library.text import TEXT_TAGS, clean, fold
from moodcurve.mood.circumplex import NEUTRAL, NEUTRAL_RADIUS, QUADRANTS, word_position
from moodcurve.mood.course import TIME_IN, unpack_courses

_NEVER_NULL = {"id", "path", "duration_s", "arousal", "valence", "analysed_at"}


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
    rows = np.array(list(_run(library, query, f"id, {_distance(query)}", "")), np.float64).reshape(-1, 2)
    return rows[:, 0].astype(np.int64), rows[:, 1]


def ordered_ids(library: Library, sort: Sequence[str]) -> IntArray:
    """Return the ids of all songs in an order of `SORTS` without ``near`` and ``drawing`` (n,); raises LibraryError."""
    return np.fromiter(
        (row[0] for row in _run(library, Query(), "id", f"ORDER BY {_order(Query(sort=tuple(sort)))}")), np.int64
    )


def search_columns(library: Library, query: Query, names: Sequence[str]) -> dict[str, list[Any]]:
    """Return some of `COLUMNS` of the songs that match a query, as lists; raises as `search`."""
    rows = list(_select(library, query, names))
    return {name: [row[i] for row in rows] for i, name in enumerate(names)}


def count(library: Library, query: Query) -> int:
    """Count the songs that match a query, ignoring its limit and offset; raises as `search`."""
    ((number,),) = _run(library, query, "count(*)", "")
    return int(number)


_MAX_INTEGER = 2**63 - 1
"""The largest integer of SQLite, more than any library has songs."""
_SQUARED_DISTANCE = "((arousal - :near_a) * (arousal - :near_a) + (valence - :near_v) * (valence - :near_v))"
"""Not every SQLite has a square root."""
_DRAWING = "squared_drawing_distance"
"""Function of SQL, which `_compare_with_drawing` defines."""


def drawing_distances(library: Library, query: Query) -> dict[int, float]:
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
    squared = {song: distance**2 for song, distance in drawing_distances(library, query).items()}
    library.db.create_function(_DRAWING, 1, squared.get)


def _select(library: Library, query: Query, names: Sequence[str]) -> Iterator[Any]:
    """Yield columns of the matching songs, then the squared distance, which rows are sorted by."""
    columns = f"{', '.join(names)}, {_distance(query)} AS distance"
    return _run(library, query, columns, f"ORDER BY {_order(query)} LIMIT :limit OFFSET :offset")


def _distance(query: Query) -> str:
    """Return the SQL of the squared distance."""
    return f"{_DRAWING}(id)" if query.has_drawing else _SQUARED_DISTANCE if query.near else "NULL"


def _run(library: Library, query: Query, columns: str, rest: str) -> Iterator[Any]:
    conditions, values = _conditions(query)
    if query.external_ids:
        conditions.append(f"id IN ({', '.join(map(str, songs_of_ids(library, query.external_ids)))})")
    if query.has_drawing:
        _compare_with_drawing(library, query)
    with translate_errors(library.path), restrict_to_songs(library.db, query.where) as execute:
        if query.where is not None:
            # on separate lines, so that a comment ends there; first alone, so that errors are the condition's fault
            condition = f"(\n{clean(query.where)}\n)"
            execute(f"SELECT 1 FROM songs WHERE {condition} LIMIT 0", {}).close()  # nosec B608 # the condition is restricted by sql_guard
            conditions.append(condition)
        rows = execute(f"SELECT {columns} FROM songs WHERE {' AND '.join(conditions) or '1'} {rest}", values)  # nosec B608 # the condition is restricted by sql_guard
    with translate_errors(library.path), translate_condition_errors(query.where):
        for row in rows:  # noqa: UP028  "yield from" would close the cursor, perhaps after its library was closed
            yield row


def _conditions(query: Query) -> tuple[list[str], dict[str, Any]]:
    """Return the SQL conditions of a query except its own, and the values of their parameters."""
    found: list[str] = []
    limit = -1 if query.limit is None else min(query.limit, _MAX_INTEGER)
    values: dict[str, Any] = {"limit": limit, "offset": min(query.offset, _MAX_INTEGER)}

    def add(condition: str, **named: Any) -> None:
        found.append(condition)
        values.update(named)

    for name in TEXT_TAGS:
        part = getattr(query, name)
        if part is not None:
            add(f"instr(folded_{name}, :{name})", **{name: fold(part)})
    for i, part in enumerate(query.text):
        anywhere = " OR ".join(f"instr(folded_{name}, :text{i})" for name in (*TEXT_TAGS, "path"))
        add(f"({anywhere})", **{f"text{i}": fold(part)})
    if query.quadrants:
        named = {f"quadrant{i}": name for i, name in enumerate(query.quadrants)}
        add(f"quadrant IN ({', '.join(f':{name}' for name in named)})", **named)
    for i, group in enumerate(query.words):
        named = {f"word{i}_{j}": word for j, word in enumerate(group)}
        # concatenation is slower than instr: do it only where the word occurs
        whole_word = "instr(', ' || words || ',', ', ' || :{0} || ',')"
        any_of = " OR ".join(f"instr(words, :{name}) AND {whole_word.format(name)}" for name in named)
        add(f"({any_of})", **named)
    for i, tags in enumerate(query.tags):
        least = {f"tag{i}_{j}": pack_strength(strength) for j, (_, strength) in enumerate(tags)}
        any_of = " OR ".join(f"{strength_sql(tag)} >= :{name}" for name, (tag, _) in zip(least, tags, strict=True))
        add(f"({any_of})", **least)
    ranges: Mapping[str, Range | None] = {
        **{column: getattr(query, name) for name, column in RANGES.items()},
        **_square_around(query),
    }
    for name, limits in ranges.items():
        low, high = limits or (None, None)
        column = name.removeprefix("near_")
        if low is not None:
            add(f"{column} >= :{name}_from", **{f"{name}_from": low})
        if high is not None:
            add(f"{column} <= :{name}_to", **{f"{name}_to": high})
    for end, places in (("start", query.starts), ("end", query.ends)):
        if places:
            any_place = " OR ".join(_in_place(f"arousal_{end}", f"valence_{end}", place) for place in places)
            add(f"({any_place})")
    for i, (quadrant, share) in enumerate(query.time_in):
        add(f"{TIME_IN[quadrant]} >= :share{i}", **{f"share{i}": share})
    if query.keys:
        named = {f"key{i}": CAMELOT[key] for i, key in enumerate(query.keys)}
        add(f"camelot IN ({', '.join(f':{name}' for name in named)})", **named)
    if query.near is not None:
        values |= {"near_a": query.near[0], "near_v": query.near[1]}
        if query.radius is not None:
            add(f"{_SQUARED_DISTANCE} <= :radius * :radius", radius=query.radius)
    return found, values


def _in_place(arousal: str, valence: str, place: str) -> str:
    """Return the SQL condition that a point lies in a quadrant, or near the direction of a mood word."""
    squared = f"({arousal} * {arousal} + {valence} * {valence})"
    if place == NEUTRAL:
        return f"{squared} < {NEUTRAL_RADIUS**2}"
    if place in QUADRANTS:
        number = QUADRANTS.index(place)
        signs = f"{arousal} {'>=' if number < 2 else '<'} 0 AND {valence} {'>=' if number in (0, 3) else '<'} 0"
        return f"({signs} AND {squared} >= {NEUTRAL_RADIUS**2})"
    sine, cosine = word_position(place)
    along = f"({arousal} * {sine!r} + {valence} * {cosine!r})"
    within = math.cos(math.radians(PLACE_ANGLE_DEG)) ** 2
    return f"({along} > 0 AND {along} * {along} >= {within!r} * {squared} AND {squared} >= {NEUTRAL_RADIUS**2})"


def _square_around(query: Query) -> dict[str, Range | None]:
    """Return ranges of the square around the query's circle, which are faster to compare than distances."""
    if query.near is None or query.radius is None:
        return {}
    return {
        name: (middle - query.radius, middle + query.radius)
        for name, middle in zip(("near_arousal", "near_valence"), query.near, strict=True)
    }


def _order(query: Query) -> str:
    nearest = ("drawing",) if query.has_drawing else ("near",) if query.near else ()
    keys = query.sort or nearest + DEFAULT_ORDER
    terms = []
    for key in (*keys, "id"):
        column = SORTS[key.removeprefix("-")]
        direction = " DESC" if key.startswith("-") else ""
        # only where it changes something: it keeps SQLite from using an index
        terms.append(f"{column}{direction}{'' if column in _NEVER_NULL else ' NULLS LAST'}")
    return ", ".join(terms)


__all__ = [
    "COLUMNS", "SONG_FORMAT", "SORTS", "WORDS", "ConditionError", "FoundSong", "Query", "Range", "count", "search",
    "search_columns", "song_json",
]  # fmt: skip
