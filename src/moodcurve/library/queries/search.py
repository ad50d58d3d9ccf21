"""Questions to a library, answered: a query as SQL, and its songs as rows."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from moodcurve.library.changes import clean, fold
from moodcurve.library.database import Library
from moodcurve.library.errors import translate_errors
from moodcurve.library.queries.query import SORTS, WORDS, Query, Range
from moodcurve.library.queries.sql_guard import ConditionError, restrict_to_songs, translate_condition_errors
from moodcurve.mood.circumplex import QUADRANTS

_TEXTS = ("title", "artist", "album", "genre")
_ALWAYS_KNOWN = {"id", "path", "duration_s", "arousal", "valence", "analysed_at", "distance"}
_USUAL_ORDER = ("artist", "album", "track", "title", "path")


class FoundSong(NamedTuple):
    """A song as a row: what the view ``songs`` has of it, None where that is not known.

    Attributes
    ----------
    id : int
        Number in the library, see `Library.song`.
    path : str
        Of the file known longest, as text: what UTF-8 cannot hold is replaced. `Library.song` gives it exactly.
    title, artist, album, genre, year, track
        Its tags.
    duration_s, arousal, valence, arousal_low, arousal_high, valence_low, valence_high, arousal_9, valence_9 : float
        Length, and the numbers of the JSON's ``song``.
    rated_arousal, rated_valence, with _low and _high : float
        Its ``rating``.
    quadrant : str
    words : str
        Mood words, the nearest first, with ``", "`` between.
    p_excited_positive, p_tense_negative, p_sad_negative, p_calm_positive : float
        Probability of each quadrant.
    mood : str
        The likeliest of the finer classes, `moodcurve.mood.classes.MOODS`.
    novelty : float
    model, feature_set, analysed_at : str
        What analysed it, and when (UTC).
    warnings : str
        One a line.
    content : str
        Hash of its audio content.
    copies : int
        How many files hold it.
    distance : float or None
        From the place of a `Query` that has one.
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
    """Give the songs that a query asks for, one by one, as they are at this moment.

    Raises
    ------
    ConditionError
        If the query's condition is no SQL, names an unknown column, or does more than to look at songs.
    LibraryError
        If the library cannot be read.
    """
    wanted = f"{', '.join(COLUMNS)}, {_SQUARED if query.near else 'NULL'} AS distance"
    rest = f"ORDER BY {_order(query)} {_PART}"
    for row in _answers(library, query, wanted, rest):
        *known, squared = row
        yield FoundSong._make((*known, None if squared is None else math.sqrt(squared)))


def search_columns(library: Library, query: Query, names: Sequence[str]) -> dict[str, list[Any]]:
    """Give some of `COLUMNS` of the songs that a query asks for, as lists; errors as `search`."""
    # the distance is there to sort by
    wanted = f"{', '.join(names)}, {_SQUARED if query.near else 'NULL'} AS distance"
    rows = list(_answers(library, query, wanted, f"ORDER BY {_order(query)} {_PART}"))
    return {name: [row[i] for row in rows] for i, name in enumerate(names)}


def count(library: Library, query: Query) -> int:
    """Give how many songs a query asks for, its limit and offset aside; errors as `search`."""
    ((number,),) = _answers(library, query, "count(*)", "")
    return int(number)


def song_json(song: FoundSong) -> dict[str, Any]:
    """Give a song as JSON has it: words and warnings as lists, probabilities and rating as objects or None."""
    data = {name: getattr(song, name) for name in COLUMNS}
    probabilities = {name: data.pop(f"p_{name.replace('-', '_')}") for name in QUADRANTS}
    rating = {name.removeprefix("rated_"): data.pop(name) for name in COLUMNS if name.startswith("rated_")}
    data["words"] = song.words.split(", ")
    data["warnings"] = song.warnings.splitlines()
    data["probabilities"] = None if None in probabilities.values() else probabilities
    data["rating"] = None if None in rating.values() else rating
    return data if song.distance is None else {**data, "distance": song.distance}


_PART = "LIMIT :limit OFFSET :offset"
_MOST = 2**63 - 1
"""The largest whole number of SQLite, more than any library has songs."""
_SQUARED = "((arousal - :near_a) * (arousal - :near_a) + (valence - :near_v) * (valence - :near_v))"
"""Squared distance from a place: not every SQLite has a square root."""


def _answers(library: Library, query: Query, columns: str, rest: str) -> Iterator[Any]:
    conditions, values = _conditions(query)
    with translate_errors(library.path), restrict_to_songs(library.db, query.where) as run:
        if query.where is not None:
            # on lines of its own, so that a comment ends there; alone first: what is wrong now is the condition's fault
            own = f"(\n{clean(query.where)}\n)"
            run(f"SELECT 1 FROM songs WHERE {own} LIMIT 0", {}).close()
            conditions.append(own)
        answers = run(f"SELECT {columns} FROM songs WHERE {' AND '.join(conditions) or '1'} {rest}", values)
    with translate_errors(library.path), translate_condition_errors(query.where):
        for row in answers:  # noqa: UP028  "yield from" would close the cursor, which its library may be before it
            yield row


def _conditions(query: Query) -> tuple[list[str], dict[str, Any]]:
    """Give the conditions of a query but its own SQL, and the values of what they name."""
    found: list[str] = []
    limit = -1 if query.limit is None else min(query.limit, _MOST)
    values: dict[str, Any] = {"limit": limit, "offset": min(query.offset, _MOST)}

    def add(condition: str, **named: Any) -> None:
        found.append(condition)
        values.update(named)

    for name in _TEXTS:
        part = getattr(query, name)
        if part is not None:
            add(f"instr(folded_{name}, :{name})", **{name: fold(part)})
    for i, part in enumerate(query.text):
        anywhere = " OR ".join(f"instr(folded_{name}, :text{i})" for name in (*_TEXTS, "path"))
        add(f"({anywhere})", **{f"text{i}": fold(part)})
    if query.quadrants:
        named = {f"quadrant{i}": name for i, name in enumerate(query.quadrants)}
        add(f"quadrant IN ({', '.join(f':{name}' for name in named)})", **named)
    if query.words:
        named = {f"word{i}": word for i, word in enumerate(query.words)}
        # joining texts takes longer than to look for one: only where the word may stand alone
        alone = "instr(', ' || words || ',', ', ' || :{0} || ',')"
        any_of = " OR ".join(f"instr(words, :{name}) AND {alone.format(name)}" for name in named)
        add(f"({any_of})", **named)
    ranges: Mapping[str, Range | None] = {
        **{name: getattr(query, name) for name in ("arousal", "valence", "year", "duration_s")},
        **_around(query),
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
            add(f"{_SQUARED} <= :radius * :radius", radius=query.radius)
    return found, values


def _around(query: Query) -> dict[str, Range | None]:
    """Give the square about a circle, which an index finds."""
    if query.near is None or query.radius is None:
        return {}
    return {
        name: (middle - query.radius, middle + query.radius)
        for name, middle in zip(("near_arousal", "near_valence"), query.near, strict=True)
    }


def _order(query: Query) -> str:
    keys = query.sort or (("near",) if query.near else ()) + _USUAL_ORDER
    terms = []
    for key in (*keys, "id"):
        column = SORTS[key.removeprefix("-")]
        down = " DESC" if key.startswith("-") else ""
        # said only where it changes something: it keeps SQLite from going by an index
        terms.append(f"{column}{down}{'' if column in _ALWAYS_KNOWN else ' NULLS LAST'}")
    return ", ".join(terms)


__all__ = [
    "COLUMNS",
    "SORTS",
    "WORDS",
    "ConditionError",
    "FoundSong",
    "Query",
    "Range",
    "count",
    "search",
    "search_columns",
    "song_json",
]  # fmt: skip
