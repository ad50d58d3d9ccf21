"""A query: which songs of a library, in which order."""

import math
from dataclasses import dataclass, replace
from itertools import pairwise

from moodcurve.curve import AXES
from moodcurve.features.song.key_names import CAMELOT
from moodcurve.features.tags.names import TAGS
from moodcurve.library.queries.found_song import COLUMNS
from moodcurve.mood.circumplex import MOOD_ANGLES_DEG, NEUTRAL, QUADRANTS

Range = tuple[float | None, float | None]
"""Lowest and highest value, both included; None where there is no limit."""

WORDS = (*MOOD_ANGLES_DEG, NEUTRAL)
"""Mood words that a song can have."""
DEFAULT_ORDER = ("artist", "album", "track", "title", "path")
"""Sort keys of a query without any."""
PLACE_ANGLE_DEG = 45
"""A point is in the direction of a mood word up to this angle from it."""
PLACES = (*QUADRANTS, *WORDS)
"""Names of regions of the plane in which a song can start and end."""
Drawing = tuple[tuple[float, float], ...]
"""Points of a drawn course: a share of the song in [0, 1], which increases, and a value in [-1, 1]."""
RANGES = {
    "arousal": "arousal", "valence": "valence", "year": "year", "duration_s": "duration_s", "rise": "arousal_rise",
    "fall": "arousal_fall", "peak": "arousal_max", "peak_at": "peak_at", "arousal_range": "arousal_range",
    "volatility": "volatility", "loudness": "loudness_lufs", "tempo": "tempo_bpm", "danceability": "danceability",
    "energy": "energy_01",
}  # fmt: skip
"""Attributes of a query that are ranges, and the column of each."""
SORTS = {
    **{name: name for name in COLUMNS},
    **{name: f"folded_{name}" for name in ("title", "artist", "album", "genre")},
    "duration": "duration_s", "analysed": "analysed_at", "loudness": "loudness_lufs", "tempo": "tempo_bpm",
    "energy": "energy_01", "near": "distance", "drawing": "distance",
}  # fmt: skip
"""Sort keys, and the column of each: every column, and shorter names of some."""


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
    external_ids : tuple of str
        A file of the song has one of these ids of the user's catalogue; empty: any, or none.
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
    rise, fall, peak, peak_at, arousal_range, volatility, loudness, tempo, danceability, energy : Range or None
        Of the column that `RANGES` names, see `FoundSong`.
    starts, ends : tuple of str
        The song starts, or ends, in one of these of `PLACES`: a quadrant, or within `PLACE_ANGLE_DEG` of a mood word's
        direction. Empty: anywhere.
    time_in : tuple of (str, float)
        Quadrants, and the least share of the song in each.
    keys : tuple of str
        The song's key is one of these of `moodcurve.features.song.key_names.CAMELOT`.
    arousal_drawing, valence_drawing : Drawing
        A course; songs are sorted by their distance from it, see `moodcurve.library.queries.drawing`. Empty: none, for
        that axis or for both.
    near : (float, float) or None
        Arousal and valence of a point; songs are sorted by their distance from it.
    radius : float or None
        Largest distance from that point.
    where : str or None
        A condition in SQLite's SQL on the columns of the view ``songs``, which are those of `FoundSong`.
    sort : tuple of str
        Keys of `SORTS`, the most important first; a leading ``-`` sorts from high to low. Songs without a value come
        last. Empty: by distance if a drawing or `near` is given, else by artist, album, track, title and path.
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
    external_ids: tuple[str, ...] = ()
    quadrants: tuple[str, ...] = ()
    words: tuple[tuple[str, ...], ...] = ()
    tags: tuple[tuple[tuple[str, float], ...], ...] = ()
    arousal: Range | None = None
    valence: Range | None = None
    year: Range | None = None
    duration_s: Range | None = None
    rise: Range | None = None
    fall: Range | None = None
    peak: Range | None = None
    peak_at: Range | None = None
    arousal_range: Range | None = None
    volatility: Range | None = None
    loudness: Range | None = None
    tempo: Range | None = None
    danceability: Range | None = None
    energy: Range | None = None
    starts: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    time_in: tuple[tuple[str, float], ...] = ()
    keys: tuple[str, ...] = ()
    arousal_drawing: Drawing = ()
    valence_drawing: Drawing = ()
    near: tuple[float, float] | None = None
    radius: float | None = None
    where: str | None = None
    sort: tuple[str, ...] = ()
    limit: int | None = None
    offset: int = 0

    def __post_init__(self) -> None:
        self._check_names()
        for name in RANGES:
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
        for name in ("arousal_drawing", "valence_drawing"):
            _check_drawing(name, getattr(self, name))

    def without_page(self) -> "Query":
        """Return the query of all pages."""
        return replace(self, limit=None, offset=0)

    @property
    def has_drawing(self) -> bool:
        """Whether songs are compared with a drawn course."""
        return bool(self.arousal_drawing or self.valence_drawing)

    @property
    def has_distance(self) -> bool:
        """Whether songs have a distance, from a drawing or a point."""
        return self.has_drawing or self.near is not None

    @property
    def asked_columns(self) -> tuple[str, ...]:
        """Columns of `FoundSong` that the query sorts by or limits, each once, those of the sort first."""
        asked = [SORTS[key.removeprefix("-")].removeprefix("folded_") for key in self.sort]
        asked += [column for name, column in RANGES.items() if getattr(self, name) is not None]
        for name, places in (("start", self.starts), ("end", self.ends)):
            asked += [f"{axis}_{name}" for axis in AXES if places]
        asked += [f"time_{quadrant.replace('-', '_')}" for quadrant, _ in self.time_in]
        asked += ["external_id"] if self.external_ids else []
        return (*dict.fromkeys([*asked, *(["key", "camelot"] if self.keys else [])]),)

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
        for name in ("starts", "ends"):
            for place in getattr(self, name):
                if place not in PLACES:
                    raise ValueError(f"{name} must be among {', '.join(PLACES)}, got {place!r}")
        for quadrant, share in self.time_in:
            if quadrant not in QUADRANTS or not 0 <= share <= 1:
                raise ValueError(f"time_in must have quadrants with shares in [0, 1], got {quadrant!r}, {share}")
        for key in self.keys:
            if key not in CAMELOT:
                raise ValueError(f"keys must be among {', '.join(CAMELOT)}, got {key!r}")
        for key in self.sort:
            if key.removeprefix("-") not in SORTS:
                raise ValueError(f"sort must be among {', '.join(SORTS)}, got {key!r}")
            if key.removeprefix("-") == "near" and self.near is None:
                raise ValueError("sort by near requires near")
            if key.removeprefix("-") == "drawing" and not self.has_drawing:
                raise ValueError("sort by drawing requires a drawing")


def _check_drawing(name: str, drawing: Drawing) -> None:
    times = [time for time, _ in drawing]
    if any(not 0 <= time <= 1 for time in times) or any(b <= a for a, b in pairwise(times)):
        raise ValueError(f"{name} must have times that increase from 0 to 1, got {times}")
    if any(not -1 <= value <= 1 for _, value in drawing):
        raise ValueError(f"{name} must have values in [-1, 1], got {[value for _, value in drawing]}")
