"""A query: which songs of a library, in which order."""

import math
from dataclasses import dataclass

from moodcurve.features.tags.names import TAGS
from moodcurve.mood.circumplex import MOOD_ANGLES_DEG, NEUTRAL, QUADRANTS

Range = tuple[float | None, float | None]
"""Lowest and highest value, both included; None where there is no limit."""

WORDS = (*MOOD_ANGLES_DEG, NEUTRAL)
"""Mood words that a song can have."""
SORTS = {
    "id": "id", "title": "folded_title", "artist": "folded_artist", "album": "folded_album", "genre": "folded_genre",
    "year": "year", "track": "track", "path": "path", "duration": "duration_s", "arousal": "arousal",
    "valence": "valence", "novelty": "novelty", "analysed": "analysed_at", "near": "distance",
}  # fmt: skip
"""Sort keys, and the column of each."""


@dataclass(frozen=True, kw_only=True)
class Query:
    """A query; a song must meet all conditions that are given.

    Attributes
    ----------
    text : tuple of str
        Each must occur in the title, artist, album, genre, or the last three parts of the path. Case and accents are
        ignored, here and in the next four.
    title, artist, album, genre : str or None
        A part of each.
    quadrants : tuple of str
        The song's quadrant is one of these; empty: any.
    words : tuple of tuple of str
        Groups of words of `WORDS`; the song has at least one mood word of each group.
        ``(("calm", "serene"), ("sleepy",))`` matches songs that are sleepy and also calm or serene.
    tags : tuple of tuple of (str, float)
        Groups of tags of `moodcurve.features.tags.names.TAGS`, each with a strength in [0, 1]; of each group, the song
        has at least one tag of at least its strength. Songs whose tags are unknown do not match.
    arousal, valence : Range or None
        Of the mean of the song.
    year : Range or None
    duration_s : Range or None
        Of the analyzed audio.
    near : (float, float) or None
        Arousal and valence of a point; songs are sorted by their distance from it.
    radius : float or None
        Largest distance from that point.
    where : str or None
        A condition in SQLite's SQL on the columns of the view ``songs``, which are those of `FoundSong`.
    sort : tuple of str
        Keys of `SORTS`, the most important first; a leading ``-`` sorts from high to low. Songs without a value come
        last. Empty: by distance if `near` is given, else by artist, album, track, title and path.
    limit : int or None
        Maximum number of songs.
    offset : int
        Number of songs to skip.
    """

    text: tuple[str, ...] = ()
    title: str | None = None
    artist: str | None = None
    album: str | None = None
    genre: str | None = None
    quadrants: tuple[str, ...] = ()
    words: tuple[tuple[str, ...], ...] = ()
    tags: tuple[tuple[tuple[str, float], ...], ...] = ()
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
        self._check_names()
        for name in ("arousal", "valence", "year", "duration_s"):
            low, high = getattr(self, name) or (None, None)
            if low is not None and high is not None and not low <= high:
                raise ValueError(f"{name} must have a lowest value that is not above the highest, got {low} and {high}")
        if self.near is not None and not all(math.isfinite(value) for value in self.near):
            raise ValueError(f"near must be two finite numbers, got {self.near}")
        if self.radius is not None and (self.near is None or not self.radius >= 0):
            raise ValueError(f"radius must be 0 or more, with near given, got {self.radius} and near {self.near}")
        if self.limit is not None and self.limit < 0:
            raise ValueError(f"limit must be 0 or more, got {self.limit}")
        if self.offset < 0:
            raise ValueError(f"offset must be 0 or more, got {self.offset}")

    def _check_names(self) -> None:
        for quadrant in self.quadrants:
            if quadrant not in (*QUADRANTS, NEUTRAL):
                raise ValueError(f"quadrants must be among {', '.join((*QUADRANTS, NEUTRAL))}, got {quadrant!r}")
        for group in self.words:
            if isinstance(group, str) or not group:
                raise ValueError(f"words must be tuples of mood words, at least one in each, got {group!r}")
            for word in group:
                if word not in WORDS:
                    raise ValueError(f"words must be among {', '.join(WORDS)}, got {word!r}")
        for tags in self.tags:
            if not tags:
                raise ValueError("tags must be tuples of tags with strengths, at least one in each, got an empty one")
            for tag, strength in tags:
                if tag not in TAGS:
                    raise ValueError(f"tags must be among {', '.join(TAGS)}, got {tag!r}")
                if not 0 <= strength <= 1:
                    raise ValueError(f"tags must have strengths in [0, 1], got {strength} for {tag}")
        for key in self.sort:
            if key.removeprefix("-") not in SORTS:
                raise ValueError(f"sort must be among {', '.join(SORTS)}, got {key!r}")
            if key.removeprefix("-") == "near" and self.near is None:
                raise ValueError("sort by near requires near")
