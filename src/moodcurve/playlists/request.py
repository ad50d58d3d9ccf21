"""Parse what a playlist is asked to be from text: options of the command line, parameters of the web API."""

import math
from dataclasses import dataclass, field

from moodcurve.errors import MoodcurveError
from moodcurve.library.queries.query import WORDS
from moodcurve.mood.circumplex import Point
from moodcurve.playlists.build import MAX_LENGTH_S
from moodcurve.playlists.constraints import Constraints
from moodcurve.playlists.path import MAX_CORNERS

Waypoint = str | Point
"""A mood word, or a point (arousal, valence)."""


class RequestError(MoodcurveError):
    """A text cannot be parsed; ``name`` is its field of `RequestOptions`, which the message does not repeat."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a playlist is asked to be.

    Attributes
    ----------
    length_s : float
    waypoints : tuple
        Mood words and points that the playlist passes, in order; one stays there. Empty: it goes anywhere, or, with a
        first song, stays around it.
    region : tuple of (float, float)
        Corners of a polygon that the songs' means lie in; empty for the whole plane.
    first : int or None
        Id of the song to begin with.
    constraints : Constraints
    seed : int or None
        See `moodcurve.playlists.build.order_songs`.
    """

    length_s: float
    waypoints: tuple[Waypoint, ...] = ()
    region: tuple[Point, ...] = ()
    first: int | None = None
    constraints: Constraints = field(default_factory=Constraints)
    seed: int | None = None

    @property
    def name(self) -> str:
        """A name for the playlist, such as ``tense to serene``."""
        words = [point for point in self.waypoints if isinstance(point, str)]
        if words and len(words) == len(self.waypoints):
            return " to ".join(words)
        return "Playlist along a path" if len(self.waypoints) > 1 else "Playlist"


@dataclass(frozen=True, kw_only=True)
class RequestOptions:
    """A request as text.

    Attributes
    ----------
    minutes : float
    from_, to : str or None
        A mood word, or ``AROUSAL,VALENCE``. With one of them alone, the playlist stays there, or with a first song
        leads from it to ``to``.
    path : str or None
        Points that it passes: ``0.4,-0.3 0,0 -0.3,0.4``.
    region : str or None
        Corners of a polygon, in the same form.
    first : int or None
        Id of the first song.
    artist_gap : int
    tempo_step : float or None
    neighboring_keys : bool
    seed : int or None
        See `Request` and `Constraints`.
    """

    minutes: float
    from_: str | None = None
    to: str | None = None
    path: str | None = None
    region: str | None = None
    first: int | None = None
    artist_gap: int = Constraints.artist_gap
    tempo_step: float | None = None
    neighboring_keys: bool = False
    seed: int | None = None

    def parse(self) -> Request:
        """Return the request.

        Raises
        ------
        RequestError
            If a text is malformed, or options exclude each other.
        """
        if not 0 < self.minutes <= MAX_LENGTH_S / 60:
            raise RequestError("minutes", f"{self.minutes:g} is not above 0 and at most {MAX_LENGTH_S / 60:g}")
        if self.path is not None and (self.from_ is not None or self.to is not None):
            raise RequestError("path", "a path has its own start and end; leave out from and to")
        if self.first is not None and (self.from_ is not None or self.path is not None):
            raise RequestError("first", "a list begins with this song, or with from or a path, not with both")
        waypoints: tuple[Waypoint, ...] = _points("path", self.path, least=2)
        ends = (("from", self.from_), ("to", self.to))
        waypoints += tuple(_waypoint(name, text) for name, text in ends if text is not None)
        return Request(
            length_s=60 * self.minutes,
            waypoints=waypoints,
            region=_points("region", self.region, least=3),
            first=self.first,
            constraints=Constraints(
                artist_gap=self.artist_gap, tempo_step=self.tempo_step, neighboring_keys=self.neighboring_keys
            ),
            seed=self.seed,
        )


def _waypoint(name: str, text: str) -> Waypoint:
    word = text.strip().lower()
    if word in WORDS:
        return word
    point = _point(text)
    if point is None:
        raise RequestError(
            name, f"{text!r} is not AROUSAL,VALENCE in [-1, 1], such as 0.4,-0.3, nor one of {', '.join(WORDS)}"
        )
    return point


def _points(name: str, text: str | None, *, least: int) -> tuple[Point, ...]:
    if text is None:
        return ()
    points = [_point(part) for part in text.replace(";", " ").split()]
    valid = [point for point in points if point is not None]
    if len(valid) < len(points) or not least <= len(points) <= MAX_CORNERS:
        shown = text if len(text) <= 60 else f"{text[:60]}..."
        raise RequestError(
            name,
            f"{shown!r} is not {least} to {MAX_CORNERS} points AROUSAL,VALENCE in [-1, 1], such as "
            f"{'0.4,-0.3 0,0 -0.3,0.4'!r}",
        )
    return tuple(valid)


def _point(text: str) -> Point | None:
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        return None
    valid = len(numbers) == 2 and all(math.isfinite(number) and abs(number) <= 1 for number in numbers)
    return (numbers[0], numbers[1]) if valid else None
