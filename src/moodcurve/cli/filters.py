"""Which songs of a library: the options that its commands share."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from moodcurve.cli.parsing import Argument, Option, UsageError

if TYPE_CHECKING:
    from moodcurve.library.search import Query, Range

LibraryOption = Annotated[
    Path | None,
    Option("--library", metavar="FILE", help="The library's file, if not the usual one ($MOODCURVE_LIBRARY)."),
]


def library_file(given: Path | None) -> Path:
    """Give the library that a command works on."""
    from moodcurve.library import default_library

    return default_library() if given is None else given


@dataclass(frozen=True, kw_only=True)
class Filters:
    """Options that choose songs; `query` says what they ask for. All that are given must hold."""

    text: Annotated[
        list[str] | None,
        Argument(metavar="TEXT", help="Words that stand in title, artist, album, genre, file or its two folders."),
    ] = None
    title: Annotated[str | None, Option("--title", metavar="TEXT", help="Part of the title.")] = None
    artist: Annotated[str | None, Option("--artist", metavar="TEXT", help="Part of the artist's name.")] = None
    album: Annotated[str | None, Option("--album", metavar="TEXT", help="Part of the album's name.")] = None
    genre: Annotated[str | None, Option("--genre", metavar="TEXT", help="Part of the genre's name.")] = None
    year: Annotated[str | None, Option("--year", metavar="FROM:TO", help="Such as 1990:1999, :1989, or 1994.")] = None
    quadrant: Annotated[
        str | None, Option("--quadrant", metavar="NAME,...", help="One of these: such as calm-positive,neutral.")
    ] = None
    words: Annotated[
        str | None,
        Option("--words", metavar="WORD,...", help="Songs with any of these mood words: such as calm,serene."),
    ] = None
    arousal: Annotated[
        str | None, Option("--arousal", metavar="FROM:TO", help="The song's mean, in [-1, 1]: such as 0.2:0.6 or :0.")
    ] = None
    valence: Annotated[str | None, Option("--valence", metavar="FROM:TO", help="The same of valence.")] = None
    near: Annotated[
        str | None,
        Option("--near", metavar="A,V[,RADIUS]", help="Nearest to this arousal and valence; no further than RADIUS."),
    ] = None
    longer: Annotated[str | None, Option("--longer", metavar="TIME", help="Than this: 90, 1:30 or 1:00:00.")] = None
    shorter: Annotated[str | None, Option("--shorter", metavar="TIME", help="Than this.")] = None
    where: Annotated[
        str | None,
        Option("--where", metavar="SQL", help="Any condition on a song's columns: such as 'novelty > 1'."),
    ] = None
    sort: Annotated[
        str | None,
        Option("--sort", metavar="KEY,...", help="Such as year,title; --sort -arousal begins with the highest."),
    ] = None
    limit: Annotated[int | None, Option("--limit", metavar="N", min=1, help="At most so many songs.")] = None

    def query(self, *, limit: int | None = None) -> "Query":
        """Give what is asked for; `limit` holds where no other was given.

        Raises
        ------
        UsageError
            If a value is malformed.
        """
        from moodcurve.circumplex import NEUTRAL, QUADRANTS
        from moodcurve.library.search import SORTS, WORDS, Query

        near, radius = _near(self.near)
        return Query(
            text=tuple(word for words in self.text or () for word in words.split()),
            title=self.title,
            artist=self.artist,
            album=self.album,
            genre=self.genre,
            quadrants=_listed("--quadrant", self.quadrant, (*QUADRANTS, NEUTRAL)),
            words=_listed("--words", self.words, WORDS),
            arousal=_range("--arousal", self.arousal, "0.2:0.6", least=-1, most=1),
            valence=_range("--valence", self.valence, "0.2:0.6", least=-1, most=1),
            year=_range("--year", self.year, "1990:1999 or 1994", single=True),
            duration_s=_durations(self.longer, self.shorter),
            near=near,
            radius=radius,
            where=self.where,
            sort=_sort(self.sort, tuple(SORTS), placed=near is not None),
            limit=limit if self.limit is None else self.limit,
        )


def _listed(option: str, text: str | None, known: tuple[str, ...]) -> tuple[str, ...]:
    items = tuple(dict.fromkeys(item.strip().lower() for item in (text or "").split(",") if item.strip()))
    if text is not None and not items:
        raise UsageError(f"{text!r} names none; known are {', '.join(known)}", name=option)
    for item in items:
        if item not in known:
            raise UsageError(f"{item!r} is not known; known are {', '.join(known)}", name=option)
    return items


def _sort(text: str | None, known: tuple[str, ...], *, placed: bool) -> tuple[str, ...]:
    if text is None:
        return ()
    keys = [key.strip() for key in text.split(",")]
    _listed("--sort", ",".join(key.removeprefix("-") for key in keys), known)
    if not placed and {"near", "-near"} & set(keys):
        raise UsageError("near needs a place to be near to: --near A,V", name="--sort")
    return tuple(key for key in keys if key)


def _range(
    option: str,
    text: str | None,
    example: str,
    *,
    least: float = -math.inf,
    most: float = math.inf,
    single: bool = False,
) -> "Range | None":
    if text is None:
        return None
    parts = text.split(":")
    if single and len(parts) == 1:
        parts *= 2
    ends = [_number(part) for part in parts]
    if len(parts) != 2 or any(end is None and part.strip() for end, part in zip(ends, parts, strict=True)):
        raise UsageError(f"{text!r} is not FROM:TO, such as {example}; either end may be left out", name=option)
    low, high = ends
    if not all(least <= end <= most for end in ends if end is not None):
        raise UsageError(f"{text!r} reaches beyond {least:g} to {most:g}", name=option)
    if low is not None and high is not None and low > high:
        raise UsageError(f"{text!r} begins above its end", name=option)
    return low, high


def _near(text: str | None) -> tuple[tuple[float, float] | None, float | None]:
    if text is None:
        return None, None
    numbers = [_number(part) for part in text.split(",")]
    if len(numbers) not in (2, 3) or None in numbers:
        raise UsageError(f"{text!r} is not AROUSAL,VALENCE or AROUSAL,VALENCE,RADIUS, such as -0.3,0.4", name="--near")
    arousal, valence, *radius = (number for number in numbers if number is not None)
    if max(abs(arousal), abs(valence)) > 1:
        raise UsageError(f"{text!r} lies beyond -1 to 1", name="--near")
    if radius and radius[0] < 0:
        raise UsageError(f"{text!r} has a radius below 0", name="--near")
    return (arousal, valence), radius[0] if radius else None


def _durations(longer: str | None, shorter: str | None) -> "Range | None":
    low, high = _seconds("--longer", longer), _seconds("--shorter", shorter)
    if low is not None and high is not None and low > high:
        raise UsageError(f"{shorter!r} is less than --longer {longer}", name="--shorter")
    return None if low is None and high is None else (low, high)


def _seconds(option: str, text: str | None) -> float | None:
    if text is None:
        return None
    parts = [_number(part) for part in text.split(":")]
    if len(parts) > 3 or any(part is None or part < 0 for part in parts):
        raise UsageError(f"{text!r} is not a time, such as 90 (seconds), 1:30 or 1:00:00", name=option)
    return math.fsum((part or 0) * 60**place for place, part in enumerate(reversed(parts)))


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
