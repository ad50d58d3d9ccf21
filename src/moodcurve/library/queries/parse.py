"""Parse a query from text: options of the command line, parameters of the web API."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from moodcurve.features.song.key_names import parse_key
from moodcurve.features.tags.names import TAGS
from moodcurve.library.errors import LibraryError
from moodcurve.library.queries.query import PLACES, SORTS, WORDS, Drawing, Query, Range
from moodcurve.mood.circumplex import NEUTRAL, QUADRANTS
from moodcurve.mood.tags import MIN_TAG_STRENGTH


class QueryError(LibraryError):
    """A text cannot be parsed; ``name`` is its field of `QueryOptions`, which the message does not repeat."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


@dataclass(frozen=True, kw_only=True)
class QueryOptions:
    """A query as text; a song must meet all conditions that are given.

    Attributes
    ----------
    text : tuple of str
        Words, one or several in each text.
    title, artist, album, genre : str or None
        A part of each.
    external_id : sequence of str or None
        Ids of the user's catalogue, as they are, of which the song has one.
    year : str or None
        ``1990:1999``, ``:1989`` or ``1994``.
    quadrant : str or None
        Quadrants, separated by commas, of which the song has one.
    words : sequence of str, str or None
        Mood words, separated by commas, of which the song has at least one; of several texts, one of each.
    tag : sequence of str, str or None
        Tags of the tag network, separated by commas, of which the song has at least one; of several texts, one of each.
        ``acoustic:0.4`` asks for a strength; by default it is `moodcurve.mood.tags.MIN_TAG_STRENGTH`.
    arousal, valence : str or None
        ``0.2:0.6``; either end can be omitted.
    near : str or None
        ``-0.3,0.4``, or with a radius ``-0.3,0.4,0.2``.
    longer, shorter : str or None
        ``90`` (seconds), ``1:30`` or ``1:00:00``.
    starts, ends : str or None
        Quadrants and mood words, separated by commas, in one of which the song starts or ends.
    rise, fall, peak, peak_at, arousal_range, volatility, loudness, tempo, danceability, energy : str or None
        ``0.2:0.6``; either end can be omitted.
    time_in : str or None
        Quadrants with the least share of the song in each, ``calm-positive:0.5``, separated by commas.
    key : str or None
        Keys as names or Camelot codes, ``Am,8B``, separated by commas, of which the song has one.
    arousal_drawing, valence_drawing : str or None
        Points of a course, ``0:-0.5,0.6:0.2,1:0.8``: share of the song and value.
    where : str or None
        A condition in SQL.
    sort : str or None
        Sort keys, separated by commas, for example ``year,-title``.
    limit, offset : int
        See `moodcurve.library.queries.query.Query`.
    """

    text: tuple[str, ...] = ()
    title: str | None = None
    artist: str | None = None
    album: str | None = None
    genre: str | None = None
    external_id: Sequence[str] | None = None
    year: str | None = None
    quadrant: str | None = None
    words: Sequence[str] | str | None = None
    tag: Sequence[str] | str | None = None
    arousal: str | None = None
    valence: str | None = None
    near: str | None = None
    longer: str | None = None
    shorter: str | None = None
    starts: str | None = None
    ends: str | None = None
    rise: str | None = None
    fall: str | None = None
    peak: str | None = None
    peak_at: str | None = None
    arousal_range: str | None = None
    volatility: str | None = None
    loudness: str | None = None
    tempo: str | None = None
    danceability: str | None = None
    energy: str | None = None
    time_in: str | None = None
    key: str | None = None
    arousal_drawing: str | None = None
    valence_drawing: str | None = None
    where: str | None = None
    sort: str | None = None
    limit: int | None = None
    offset: int = 0

    def parse(self) -> Query:
        """Return the query.

        Raises
        ------
        QueryError
            If a text is malformed.
        """
        near, radius = _near(self.near)
        measures: dict[str, Any] = {
            name: _range(name, getattr(self, name), example, least=least, most=most)
            for name, (example, least, most) in _RANGES.items()
        }
        drawings: dict[str, Any] = {
            name: _drawing(name, getattr(self, name)) for name in ("arousal_drawing", "valence_drawing")
        }
        return Query(
            text=tuple(word for words in self.text for word in words.split()),
            title=self.title,
            artist=self.artist,
            album=self.album,
            genre=self.genre,
            external_ids=tuple(dict.fromkeys(self.external_id or ())),
            quadrants=_names("quadrant", self.quadrant, (*QUADRANTS, NEUTRAL), kind="quadrant"),
            words=tuple(_names("words", group, WORDS, kind="mood word") for group in _groups(self.words)),
            tags=tuple(_tags(group) for group in _groups(self.tag)),
            arousal=_range("arousal", self.arousal, "0.2:0.6", least=-1, most=1),
            valence=_range("valence", self.valence, "0.2:0.6", least=-1, most=1),
            year=_range("year", self.year, "1990:1999 or 1994", single=True),
            duration_s=_durations(self.longer, self.shorter),
            **measures,
            starts=_names("starts", self.starts, PLACES, kind="quadrant or mood word"),
            ends=_names("ends", self.ends, PLACES, kind="quadrant or mood word"),
            time_in=_time_in(self.time_in),
            keys=_keys(self.key),
            **drawings,
            near=near,
            radius=radius,
            where=self.where,
            sort=_sort(self.sort, near_given=near is not None, drawn=any(drawings.values())),
            limit=self.limit,
            offset=self.offset,
        )


_RANGES = {
    "rise": ("0.3:", 0, 2),
    "fall": ("0.3:", 0, 2),
    "peak": ("0.5:", -1, 1),
    "peak_at": ("0.6:0.9", 0, 1),
    "arousal_range": ("0.4:", 0, 2),
    "volatility": (":0.05", 0, 3),
    "loudness": ("-14:-8", -100, 20),
    "tempo": ("118:126", 0, 1000),
    "danceability": ("0.6:", 0, 1),
    "energy": ("0.6:", 0, 1),
}
"""Options that are ranges of a measure: an example, and the limits of their values."""


def _time_in(text: str | None) -> tuple[tuple[str, float], ...]:
    """Return quadrants with the least share of the song in each."""
    found = []
    for item in [] if text is None else text.split(","):
        name, _, share = item.strip().rpartition(":")
        value = _number(share)
        if name.lower() not in QUADRANTS or value is None or not 0 <= value <= 1:
            raise QueryError(
                "time_in",
                f"{item.strip()!r} is not QUADRANT:SHARE, such as calm-positive:0.5, with one of "
                f"{', '.join(QUADRANTS)}",
            )
        found.append((name.lower(), value))
    return tuple(found)


def _keys(text: str | None) -> tuple[str, ...]:
    found = []
    for item in [] if text is None else text.split(","):
        key = parse_key(item)
        if key is None:
            raise QueryError("key", f"{item.strip()!r} is not a key, such as Am, F#, Bb or 8A")
        found.append(key)
    return tuple(dict.fromkeys(found))


def _drawing(name: str, text: str | None) -> Drawing:
    """Return the points of a drawing."""
    points: list[tuple[float, float]] = []
    for item in [] if text is None else text.split(","):
        time, _, value = item.partition(":")
        point = _number(time), _number(value)
        if point[0] is None or point[1] is None or not 0 <= point[0] <= 1 or not -1 <= point[1] <= 1:
            raise QueryError(
                name,
                f"{item.strip()!r} is not SHARE:VALUE with a share of the song from 0 to 1 and a "
                "value from -1 to 1; an example is 0:-0.5,0.6:0.2,1:0.8",
            )
        if points and point[0] <= points[-1][0]:
            raise QueryError(name, f"{text!r} must have shares that increase")
        points.append((point[0], point[1]))
    return tuple(points)


def _names(name: str, text: str | None, known: Sequence[str], *, kind: str) -> tuple[str, ...]:
    """Return the names in a text, separated by commas, each of which must be known."""
    if text is None:
        return ()
    lower = [name.lower() for name in known]
    items = tuple(dict.fromkeys(item.strip().lower() for item in text.split(",") if item.strip()))
    choices = f"choose from {', '.join(known)}"
    if not items:
        raise QueryError(name, f"{text!r} is not a {kind}; {choices}")
    for item in items:
        if item not in lower:
            raise QueryError(name, f"{item!r} is not a {kind}; {choices}")
    return items


def _groups(texts: Sequence[str] | str | None) -> Sequence[str]:
    return [texts] if isinstance(texts, str) else texts or ()


def _tags(text: str) -> tuple[tuple[str, float], ...]:
    """Return the tags in a text, separated by commas, with their strengths."""
    items = [item.partition(":") for item in text.split(",")]
    names = {tag.lower(): tag for tag in TAGS}
    given = ",".join(name for name, _, _ in items)
    _names("tag", given, TAGS, kind="tag of the tag network")
    strengths = {}
    for name, colon, strength in items:
        value = _number(strength) if colon else MIN_TAG_STRENGTH
        if value is None or not 0 <= value <= 1 or (colon and not name.strip()):
            raise QueryError("tag", f"{text!r} is not TAG or TAG:STRENGTH with a strength from 0 to 1, as acoustic:0.4")
        if name.strip():
            strengths[names[name.strip().lower()]] = value
    return tuple(strengths.items())


def _sort(text: str | None, *, near_given: bool, drawn: bool) -> tuple[str, ...]:
    if text is None:
        return ()
    keys = [key.strip() for key in text.split(",")]
    _names("sort", ",".join(key.removeprefix("-") for key in keys), tuple(SORTS), kind="sort key")
    if not near_given and {"near", "-near"} & set(keys):
        raise QueryError("sort", "near requires a point to be near to, such as near=-0.3,0.4")
    if not drawn and {"drawing", "-drawing"} & set(keys):
        raise QueryError("sort", "drawing requires a drawn course, such as arousal_drawing=0:-0.5,1:0.8")
    return tuple(key for key in keys if key)


def _range(
    name: str,
    text: str | None,
    example: str,
    *,
    least: float = -math.inf,
    most: float = math.inf,
    single: bool = False,
) -> Range | None:
    if text is None:
        return None
    parts = text.split(":")
    if single and len(parts) == 1:
        parts *= 2
    ends = [_number(part) for part in parts]
    if len(parts) != 2 or any(end is None and part.strip() for end, part in zip(ends, parts, strict=True)):
        raise QueryError(name, f"{text!r} is not FROM:TO, such as {example}; either end can be omitted")
    low, high = ends
    if not all(least <= end <= most for end in ends if end is not None):
        raise QueryError(name, f"{text!r} is outside {least:g} to {most:g}")
    if low is not None and high is not None and low > high:
        raise QueryError(name, f"{text!r} starts above its end")
    return low, high


def _near(text: str | None) -> tuple[tuple[float, float] | None, float | None]:
    if text is None:
        return None, None
    numbers = [_number(part) for part in text.split(",")]
    if len(numbers) not in (2, 3) or None in numbers:
        raise QueryError("near", f"{text!r} is not AROUSAL,VALENCE or AROUSAL,VALENCE,RADIUS, such as -0.3,0.4")
    arousal, valence, *radius = (number for number in numbers if number is not None)
    if max(abs(arousal), abs(valence)) > 1:
        raise QueryError("near", f"{text!r} is outside -1 to 1")
    if radius and radius[0] < 0:
        raise QueryError("near", f"{text!r} has a radius below 0")
    return (arousal, valence), radius[0] if radius else None


def _durations(longer: str | None, shorter: str | None) -> Range | None:
    low, high = _seconds("longer", longer), _seconds("shorter", shorter)
    if low is not None and high is not None and low > high:
        raise QueryError("shorter", f"{shorter!r} is less than longer={longer}")
    return None if low is None and high is None else (low, high)


def _seconds(name: str, text: str | None) -> float | None:
    if text is None:
        return None
    parts = [_number(part) for part in text.split(":")]
    if len(parts) > 3 or any(part is None or part < 0 for part in parts):
        raise QueryError(name, f"{text!r} is not a duration, such as 90 (seconds), 1:30 or 1:00:00")
    return math.fsum((part or 0) * 60**power for power, part in enumerate(reversed(parts)))


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
