"""The SQL of queries, which SQLite and DuckDB both understand."""

import math
from collections.abc import Callable, Mapping
from typing import Any

from moodcurve.features.song.key_names import CAMELOT
from moodcurve.library.queries.query import DEFAULT_ORDER, PLACE_ANGLE_DEG, RANGES, SORTS, Query, Range
from moodcurve.library.tag_codec import pack_strength, strength_sql
from moodcurve.library.text import TEXT_TAGS, fold
from moodcurve.mood.circumplex import NEUTRAL, NEUTRAL_RADIUS, QUADRANTS, word_position
from moodcurve.mood.course import TIME_IN

Strength = Callable[[str, str, float], tuple[str, Any]]
"""Returns the SQL condition that a tag has a strength, given the tag, a parameter's name and the strength; and the
parameter's value."""
_NEVER_NULL = {"id", "path", "duration_s", "arousal", "valence", "analysed_at"}
_MAX_INTEGER = 2**63 - 1
"""The largest integer of SQLite, more than any library has songs."""
_SQUARED_DISTANCE = "((arousal - :near_a) * (arousal - :near_a) + (valence - :near_v) * (valence - :near_v))"
"""Not every SQLite has a square root."""
DRAWING_DISTANCE = "squared_drawing_distance"
"""SQL function of the squared distance of a song from the drawing of a query, by id."""


def _packed_strength(tag: str, name: str, strength: float) -> tuple[str, bytes]:
    """Return the condition on the packed strengths of a library, see `Strength`."""
    return f"{strength_sql(tag)} >= :{name}", pack_strength(strength)


def conditions(query: Query, strength: Strength = _packed_strength) -> tuple[list[str], dict[str, Any]]:
    """Return the SQL conditions of a query, and the values of their parameters, which are written as ``:name``.

    Without its `where` and `external_ids`, and without the function `DRAWING_DISTANCE`. `strength` is that of tags.
    """
    found: list[str] = []
    limit = -1 if query.limit is None else min(query.limit, _MAX_INTEGER)
    values: dict[str, Any] = {"limit": limit, "offset": min(query.offset, _MAX_INTEGER)}

    def add(condition: str, **named: Any) -> None:
        found.append(condition)
        values.update(named)

    for name in TEXT_TAGS:
        part = getattr(query, name)
        if part is not None:
            add(f"instr(folded_{name}, :{name}) > 0", **{name: fold(part)})
    for i, part in enumerate(query.text):
        anywhere = " OR ".join(f"instr(folded_{name}, :text{i}) > 0" for name in (*TEXT_TAGS, "path"))
        add(f"({anywhere})", **{f"text{i}": fold(part)})
    if query.quadrants:
        named = {f"quadrant{i}": name for i, name in enumerate(query.quadrants)}
        add(f"quadrant IN ({', '.join(f':{name}' for name in named)})", **named)
    for i, group in enumerate(query.words):
        named = {f"word{i}_{j}": word for j, word in enumerate(group)}
        # concatenation is slower than instr: do it only where the word occurs
        whole_word = "instr(', ' || words || ',', ', ' || :{0} || ',') > 0"
        any_of = " OR ".join(f"instr(words, :{name}) > 0 AND {whole_word.format(name)}" for name in named)
        add(f"({any_of})", **named)
    for i, tags in enumerate(query.tags):
        least = {f"tag{i}_{j}": strength(tag, f"tag{i}_{j}", value) for j, (tag, value) in enumerate(tags)}
        any_of = " OR ".join(condition for condition, _ in least.values())
        add(f"({any_of})", **{name: value for name, (_, value) in least.items()})
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


def order(query: Query) -> str:
    """Return the SQL terms that a query sorts by; the squared distance is the column ``distance``."""
    nearest = ("drawing",) if query.has_drawing else ("near",) if query.near else ()
    keys = query.sort or nearest + DEFAULT_ORDER
    terms = []
    for key in (*keys, "id"):
        column = SORTS[key.removeprefix("-")]
        direction = " DESC" if key.startswith("-") else ""
        # only where it changes something: it keeps SQLite from using an index
        terms.append(f"{column}{direction}{'' if column in _NEVER_NULL else ' NULLS LAST'}")
    return ", ".join(terms)


def squared_distance(query: Query) -> str:
    """Return the SQL of the squared distance of a song, with the parameters of `conditions`."""
    return f"{DRAWING_DISTANCE}(id)" if query.has_drawing else _SQUARED_DISTANCE if query.near else "NULL"
