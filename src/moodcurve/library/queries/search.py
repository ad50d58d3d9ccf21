"""Run a query: its SQL, and the songs found as rows."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from moodcurve.library.database import Library
from moodcurve.library.errors import translate_errors
from moodcurve.library.queries.query import SORTS, WORDS, Query, Range
from moodcurve.library.queries.sql_guard import ConditionError, restrict_to_songs, translate_condition_errors
from moodcurve.library.schema import WORD_SEPARATOR
from moodcurve.library.tag_codec import pack_strength, strength_sql
from moodcurve.library.text import TEXT_TAGS, clean, fold
from moodcurve.mood.circumplex import QUADRANTS
from moodcurve.mood.tags import parse_tags

SONG_FORMAT = "moodcurve-song/1"
"""Name and version of a song's JSON: keys are only added to it."""
_NEVER_NULL = {"id", "path", "duration_s", "arousal", "valence", "analysed_at", "distance"}
_DEFAULT_ORDER = ("artist", "album", "track", "title", "path")


class FoundSong(NamedTuple):
    """A song as a row of the view ``songs``; None where a value is unknown.

    Attributes
    ----------
    id : int
        Its id in the library, see `Library.song`.
    path : str
        Path of the file added first; characters that UTF-8 cannot hold are replaced. `Library.song` returns the exact
        path.
    title, artist, album, genre, year, track
        Its tags.
    duration_s, arousal, valence, arousal_low, arousal_high, valence_low, valence_high, arousal_9, valence_9 : float
        Duration, and the numbers of the key ``song`` of the curve's JSON.
    rated_arousal, rated_valence, with _low and _high : float
        Its ``rating``.
    quadrant : str
    words : str
        Mood words, the nearest first, separated by ``", "``.
    p_excited_positive, p_tense_negative, p_sad_negative, p_calm_positive : float
        Probability of each quadrant.
    mood : str
        The most probable of the finer classes, `moodcurve.mood.classes.MOODS`.
    tags : str
        Its strongest tags with their strengths, for example ``"acoustic 0.61, folk 0.44"``, see `moodcurve.mood.tags`.
        Empty if no tag is strong; None if the model reads no tags.
    novelty : float
    model, feature_set, analysed_at : str
        What analyzed it, and when (UTC).
    warnings : str
        One per line.
    content : str
        Hash of its audio content.
    copies : int
        Number of files that hold it.
    distance : float or None
        Distance from the `near` of the query.
    """

    id: int
    path: str
    title: str | None
    artist: str | None
    album: str | None
    genre: str | None
    year: int | None
    track: int | None
    duration_s: float
    arousal: float
    valence: float
    arousal_low: float | None
    arousal_high: float | None
    valence_low: float | None
    valence_high: float | None
    arousal_9: float | None
    valence_9: float | None
    rated_arousal: float | None
    rated_arousal_low: float | None
    rated_arousal_high: float | None
    rated_valence: float | None
    rated_valence_low: float | None
    rated_valence_high: float | None
    quadrant: str
    words: str
    p_excited_positive: float | None
    p_tense_negative: float | None
    p_sad_negative: float | None
    p_calm_positive: float | None
    mood: str | None
    tags: str | None
    novelty: float | None
    model: str
    feature_set: str
    analysed_at: str
    warnings: str
    content: str
    copies: int
    distance: float | None = None


COLUMNS = FoundSong._fields[:-1]
"""Columns of a song as a row, those of the view ``songs``."""


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


def search_columns(library: Library, query: Query, names: Sequence[str]) -> dict[str, list[Any]]:
    """Return some of `COLUMNS` of the songs that match a query, as lists; raises as `search`."""
    rows = list(_select(library, query, names))
    return {name: [row[i] for row in rows] for i, name in enumerate(names)}


def count(library: Library, query: Query) -> int:
    """Count the songs that match a query, ignoring its limit and offset; raises as `search`."""
    ((number,),) = _run(library, query, "count(*)", "")
    return int(number)


def song_json(song: FoundSong) -> dict[str, Any]:
    """Return a song as JSON data: words and warnings as lists, the rest as objects or None."""
    data = {"format": SONG_FORMAT, **{name: getattr(song, name) for name in COLUMNS}}
    probabilities = {name: data.pop(f"p_{name.replace('-', '_')}") for name in QUADRANTS}
    rating = {name.removeprefix("rated_"): data.pop(name) for name in COLUMNS if name.startswith("rated_")}
    data["words"] = song.words.split(WORD_SEPARATOR)
    data["warnings"] = song.warnings.splitlines()
    data["probabilities"] = None if None in probabilities.values() else probabilities
    data["tags"] = None if song.tags is None else parse_tags(song.tags)
    data["rating"] = None if None in rating.values() else rating
    return data if song.distance is None else {**data, "distance": song.distance}


_MAX_INTEGER = 2**63 - 1
"""The largest integer of SQLite, more than any library has songs."""
_SQUARED_DISTANCE = "((arousal - :near_a) * (arousal - :near_a) + (valence - :near_v) * (valence - :near_v))"
"""Not every SQLite has a square root."""


def _select(library: Library, query: Query, names: Sequence[str]) -> Iterator[Any]:
    """Yield columns of the matching songs, then the squared distance, which rows are sorted by."""
    columns = f"{', '.join(names)}, {_SQUARED_DISTANCE if query.near else 'NULL'} AS distance"
    return _run(library, query, columns, f"ORDER BY {_order(query)} LIMIT :limit OFFSET :offset")


def _run(library: Library, query: Query, columns: str, rest: str) -> Iterator[Any]:
    conditions, values = _conditions(query)
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
        **{name: getattr(query, name) for name in ("arousal", "valence", "year", "duration_s")},
        **_square_around(query),
    }
    for name, limits in ranges.items():
        low, high = limits or (None, None)
        column = name.removeprefix("near_")
        if low is not None:
            add(f"{column} >= :{name}_from", **{f"{name}_from": low})
        if high is not None:
            add(f"{column} <= :{name}_to", **{f"{name}_to": high})
    if query.near is not None:
        values |= {"near_a": query.near[0], "near_v": query.near[1]}
        if query.radius is not None:
            add(f"{_SQUARED_DISTANCE} <= :radius * :radius", radius=query.radius)
    return found, values


def _square_around(query: Query) -> dict[str, Range | None]:
    """Return ranges of the square around the query's circle, which are faster to compare than distances."""
    if query.near is None or query.radius is None:
        return {}
    return {
        name: (middle - query.radius, middle + query.radius)
        for name, middle in zip(("near_arousal", "near_valence"), query.near, strict=True)
    }


def _order(query: Query) -> str:
    keys = query.sort or (("near",) if query.near else ()) + _DEFAULT_ORDER
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
