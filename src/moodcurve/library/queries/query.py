"""What a library can be asked for."""

import math
from dataclasses import dataclass

from moodcurve.mood.circumplex import MOOD_ANGLES_DEG, NEUTRAL, QUADRANTS

Range = tuple[float | None, float | None]
"""Lowest and highest value, both included; None where there is no limit."""

WORDS = (*MOOD_ANGLES_DEG, NEUTRAL)
"""Words that a song can have."""
SORTS = {
    "id": "id", "title": "folded_title", "artist": "folded_artist", "album": "folded_album", "genre": "folded_genre",
    "year": "year", "track": "track", "path": "path", "duration": "duration_s", "arousal": "arousal",
    "valence": "valence", "novelty": "novelty", "analysed": "analysed_at", "near": "distance",
}  # fmt: skip
"""What songs can be sorted by, and the column of it."""


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
    offset : int
        So many of the first are left out.
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
    offset: int = 0

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
        if self.offset < 0:
            raise ValueError(f"offset must be 0 or more, got {self.offset}")
