"""Questions to a library: where songs lie on the plane, what they are called, and any condition in SQL."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from moodcurve.circumplex import MOOD_ANGLES_DEG, NEUTRAL, QUADRANTS
from moodcurve.library.guard import ConditionError, blamed, guarded
from moodcurve.library.refusals import told
from moodcurve.library.store import Library
from moodcurve.library.writing import clean, fold

Range = tuple[float | None, float | None]
"""Lowest and highest value, both included; None where there is no limit."""

WORDS = (*MOOD_ANGLES_DEG, NEUTRAL)
"""Words that a song can have."""
_TEXTS = ("title", "artist", "album", "genre")
SORTS = {
    "id": "id", "title": "folded_title", "artist": "folded_artist", "album": "folded_album", "genre": "folded_genre",
    "year": "year", "track": "track", "path": "path", "duration": "duration_s", "arousal": "arousal",
    "valence": "valence", "novelty": "novelty", "analysed": "analysed_at", "near": "distance",
}  # fmt: skip
"""What songs can be sorted by, and the column of it."""
_ALWAYS_KNOWN = {"id", "path", "duration_s", "arousal", "valence", "analysed_at", "distance"}
_USUAL_ORDER = ("artist", "album", "track", "title", "path")


@dataclass(frozen=True, kw_only=True)
class Query:
    """Which songs, in which order; all that is given must hold.

    Attributes
    ----------
    text : tuple of str
        Each must stand in the title, artist, album, genre, or in the last three parts of the path; case and accents
        do not count, here and in the four below.
    title, artist, album, genre : str or None
        A part of each.
    quadrants, words : tuple of str
        One of the quadrants, or ``neutral``; one of the words of `WORDS` among the song's three. Empty: any.
    arousal, valence, year : Range or None
        Of the mean of the song; of the tags.
    duration_s : Range or None
        Of what was analysed.
    near : (float, float) or None
        Arousal and valence of a place on the plane. Songs are sorted by their distance from it.
    radius : float or None
        Largest distance from there.
    where : str or None
        A condition in SQLite's SQL on the columns of the view ``songs``, which are those of `FoundSong`.
    sort : tuple of str
        Keys of `SORTS`, the first counts most; with ``-`` before it from the highest down. What a song lacks comes
        last. Empty: by distance if there is a place, else by artist, album, track, title and path.
    limit : int or None
        Most songs to give.
    """

    text: tuple[str, ...] = ()
    title: str | None = None
    artist: str | None = None
    album: str | None = None
    genre: str | None = None
    quadrants: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    arousal: Range | None = None
    valence: Range | None = None
    year: Range | None = None
    duration_s: Range | None = None
    near: tuple[float, float] | None = None
    radius: float | None = None
    where: str | None = None
    sort: tuple[str, ...] = ()
    limit: int | None = None

    def __post_init__(self) -> None:
        for name, given, known in (("quadrants", self.quadrants, (*QUADRANTS, NEUTRAL)), ("words", self.words, WORDS)):
            for item in given:
                if item not in known:
                    raise ValueError(f"{name} must be among {', '.join(known)}, got {item!r}")
        for name in ("arousal", "valence", "year", "duration_s"):
            low, high = getattr(self, name) or (None, None)
            if low is not None and high is not None and not low <= high:
                raise ValueError(f"{name} must have a lowest value that is not above the highest, got {low} and {high}")
        if self.near is not None and not all(math.isfinite(value) for value in self.near):
            raise ValueError(f"near must be two finite numbers, got {self.near}")
        if self.radius is not None and (self.near is None or not self.radius >= 0):
            raise ValueError(f"radius must be 0 or more, about a place, got {self.radius} about {self.near}")
        for key in self.sort:
            if key.removeprefix("-") not in SORTS:
                raise ValueError(f"sort must be among {', '.join(SORTS)}, got {key!r}")
            if key.removeprefix("-") == "near" and self.near is None:
                raise ValueError("sort by near needs a place to be near to")
        if self.limit is not None and self.limit < 0:
            raise ValueError(f"limit must be 0 or more, got {self.limit}")


@dataclass(frozen=True, kw_only=True)
class FoundSong:
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
        The likeliest of the finer classes, `moodcurve.categories.MOODS`.
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


COLUMNS = tuple(field.name for field in fields(FoundSong) if field.name != "distance")
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
    columns = f"{', '.join(COLUMNS)}, {_SQUARED if query.near else 'NULL'} AS distance"
    rest = f"ORDER BY {_order(query)} LIMIT :limit"
    for row in _answers(library, query, columns, rest):
        *known, squared = row
        distance = None if squared is None else math.sqrt(squared)
        yield FoundSong(**dict(zip(COLUMNS, known, strict=True)), distance=distance)


def count(library: Library, query: Query) -> int:
    """Give how many songs a query asks for, its limit aside; errors as `search`."""
    ((number,),) = _answers(library, query, "count(*)", "")
    return int(number)


def nested(song: FoundSong) -> dict[str, Any]:
    """Give a song as JSON has it: words and warnings as lists, probabilities and rating as objects or None."""
    data = {name: getattr(song, name) for name in COLUMNS}
    probabilities = {name: data.pop(f"p_{name.replace('-', '_')}") for name in QUADRANTS}
    rating = {name.removeprefix("rated_"): data.pop(name) for name in COLUMNS if name.startswith("rated_")}
    data["words"] = song.words.split(", ")
    data["warnings"] = song.warnings.splitlines()
    data["probabilities"] = None if None in probabilities.values() else probabilities
    data["rating"] = None if None in rating.values() else rating
    return data if song.distance is None else {**data, "distance": song.distance}


_SQUARED = "((arousal - :near_a) * (arousal - :near_a) + (valence - :near_v) * (valence - :near_v))"
"""Squared distance from a place: not every SQLite has a square root."""


def _answers(library: Library, query: Query, columns: str, rest: str) -> Iterator[Any]:
    conditions, values = _conditions(query)
    with told(library.path), guarded(library.db, query.where) as run:
        if query.where is not None:
            # on lines of its own, so that a comment ends there; alone first: what is wrong now is the condition's fault
            own = f"(\n{clean(query.where)}\n)"
            run(f"SELECT 1 FROM songs WHERE {own} LIMIT 0", {}).close()
            conditions.append(own)
        answers = run(f"SELECT {columns} FROM songs WHERE {' AND '.join(conditions) or '1'} {rest}", values)
    with told(library.path), blamed(query.where):
        for row in answers:  # noqa: UP028  "yield from" would close the cursor, which its library may be before it
            yield row


def _conditions(query: Query) -> tuple[list[str], dict[str, Any]]:
    """Give the conditions of a query but its own SQL, and the values of what they name."""
    found: list[str] = []
    values: dict[str, Any] = {"limit": -1 if query.limit is None else query.limit}

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
        add(" OR ".join(f"instr(words, :{name}) AND {alone.format(name)}" for name in named).join("()"), **named)
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
    "COLUMNS", "SORTS", "WORDS", "ConditionError", "FoundSong", "Query", "Range", "count", "nested", "search",
]  # fmt: skip
