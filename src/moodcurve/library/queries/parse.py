"""A query made of the texts that a person gives: options of the command line, parameters of the web's API."""

import math
from dataclasses import dataclass

from moodcurve.library.errors import LibraryError
from moodcurve.library.queries.query import SORTS, WORDS, Query, Range
from moodcurve.mood.circumplex import NEUTRAL, QUADRANTS


class QueryError(LibraryError):
    """A text cannot be understood; ``name`` is the field of `QueryOptions` that holds it, the message does not repeat it."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


@dataclass(frozen=True, kw_only=True)
class QueryOptions:
    """What is asked of a library, as text; `parse` says what it means. All that is given must hold.

    Attributes
    ----------
    text : tuple of str
        Words, or several of them in a text.
    title, artist, album, genre : str or None
        A part of each.
    year : str or None
        ``1990:1999``, ``:1989`` or ``1994``.
    quadrant, words : str or None
        Names with commas between.
    arousal, valence : str or None
        ``0.2:0.6``; either end may be left out.
    near : str or None
        ``-0.3,0.4``, or with a radius ``-0.3,0.4,0.2``.
    longer, shorter : str or None
        ``90`` (seconds), ``1:30`` or ``1:00:00``.
    where : str or None
        A condition in SQL.
    sort : str or None
        Keys with commas between, such as ``year,-title``.
    limit, offset : int
        See `moodcurve.library.queries.query.Query`.
    """

    text: tuple[str, ...] = ()
    title: str | None = None
    artist: str | None = None
    album: str | None = None
    genre: str | None = None
    year: str | None = None
    quadrant: str | None = None
    words: str | None = None
    arousal: str | None = None
    valence: str | None = None
    near: str | None = None
    longer: str | None = None
    shorter: str | None = None
    where: str | None = None
    sort: str | None = None
    limit: int | None = None
    offset: int = 0

    def parse(self) -> Query:
        """Give what is asked for.

        Raises
        ------
        QueryError
            If a text is malformed.
        """
        near, radius = _near(self.near)
        return Query(
            text=tuple(word for words in self.text for word in words.split()),
            title=self.title,
            artist=self.artist,
            album=self.album,
            genre=self.genre,
            quadrants=_listed("quadrant", self.quadrant, (*QUADRANTS, NEUTRAL)),
            words=_listed("words", self.words, WORDS),
            arousal=_range("arousal", self.arousal, "0.2:0.6", least=-1, most=1),
            valence=_range("valence", self.valence, "0.2:0.6", least=-1, most=1),
            year=_range("year", self.year, "1990:1999 or 1994", single=True),
            duration_s=_durations(self.longer, self.shorter),
            near=near,
            radius=radius,
            where=self.where,
            sort=_sort(self.sort, placed=near is not None),
            limit=self.limit,
            offset=self.offset,
        )


def _listed(name: str, text: str | None, known: tuple[str, ...]) -> tuple[str, ...]:
    items = tuple(dict.fromkeys(item.strip().lower() for item in (text or "").split(",") if item.strip()))
    if text is not None and not items:
        raise QueryError(name, f"{text!r} names none; known are {', '.join(known)}")
    for item in items:
        if item not in known:
            raise QueryError(name, f"{item!r} is not known; known are {', '.join(known)}")
    return items


def _sort(text: str | None, *, placed: bool) -> tuple[str, ...]:
    if text is None:
        return ()
    keys = [key.strip() for key in text.split(",")]
    _listed("sort", ",".join(key.removeprefix("-") for key in keys), tuple(SORTS))
    if not placed and {"near", "-near"} & set(keys):
        raise QueryError("sort", "near needs a place to be near to, such as near=-0.3,0.4")
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
        raise QueryError(name, f"{text!r} is not FROM:TO, such as {example}; either end may be left out")
    low, high = ends
    if not all(least <= end <= most for end in ends if end is not None):
        raise QueryError(name, f"{text!r} reaches beyond {least:g} to {most:g}")
    if low is not None and high is not None and low > high:
        raise QueryError(name, f"{text!r} begins above its end")
    return low, high


def _near(text: str | None) -> tuple[tuple[float, float] | None, float | None]:
    if text is None:
        return None, None
    numbers = [_number(part) for part in text.split(",")]
    if len(numbers) not in (2, 3) or None in numbers:
        raise QueryError("near", f"{text!r} is not AROUSAL,VALENCE or AROUSAL,VALENCE,RADIUS, such as -0.3,0.4")
    arousal, valence, *radius = (number for number in numbers if number is not None)
    if max(abs(arousal), abs(valence)) > 1:
        raise QueryError("near", f"{text!r} lies beyond -1 to 1")
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
        raise QueryError(name, f"{text!r} is not a time, such as 90 (seconds), 1:30 or 1:00:00")
    return math.fsum((part or 0) * 60**place for place, part in enumerate(reversed(parts)))


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
