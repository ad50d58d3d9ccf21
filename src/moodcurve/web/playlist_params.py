"""Query parameters of playlists."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema

from moodcurve.library.queries.query import WORDS
from moodcurve.mood.circumplex import Point
from moodcurve.playlists import Constraints, Request, RequestError, RequestOptions
from moodcurve.playlists.files import FileFormat
from moodcurve.playlists.path import MoodPath, mood_path
from moodcurve.web.errors import ProblemError, invalid_value
from moodcurve.web.query_params import SongFilters, Text

MAX_SONGS = 1000
"""Songs of a list in a URL."""
_UNIT = r"-?(0(\.[0-9]+)?|1(\.0+)?)"
_POINTS = rf"{_UNIT},{_UNIT}( {_UNIT},{_UNIT})*"
_PLACE = rf"({'|'.join(WORDS)}|{_UNIT},{_UNIT})"
_IDS = r"[0-9]{1,15}(,[0-9]{1,15})*"


def _matches(pattern: str, expected: str) -> AfterValidator:
    """Return a validator of a regular expression; `expected` ends the message about other text."""

    def check(value: str | None) -> str | None:
        if value is None or re.fullmatch(pattern, value):
            return value
        shown = value if len(value) <= 60 else f"{value[:60]}..."
        raise invalid_value(f"{shown!r} is not {expected}")

    return AfterValidator(check)


def _field(pattern: str, description: str, *, max_length: int, examples: list[str] | None = None) -> Any:
    """Return a field whose regular expression the OpenAPI document shows."""
    return Field(
        max_length=max_length,
        description=description,
        examples=examples,
        json_schema_extra={"pattern": f"^{pattern}$"},
    )


Place = Annotated[
    Text,
    _matches(_PLACE, "a mood word, or AROUSAL,VALENCE in [-1, 1] such as 0.4,-0.3"),
    _field(_PLACE, "A mood word, or AROUSAL,VALENCE in [-1, 1].", max_length=60),
]
Points = Annotated[
    Text,
    _matches(_POINTS, "points AROUSAL,VALENCE in [-1, 1] such as '0.4,-0.3 -0.3,0.4'"),
    _field(_POINTS, "Points AROUSAL,VALENCE in [-1, 1], separated by spaces.", max_length=8000),
]
_SONGS = (
    _matches(_IDS, "ids of songs separated by commas"),
    _field(_IDS, f"Up to {MAX_SONGS} ids of songs, separated by commas.", max_length=16 * MAX_SONGS, examples=["1,2"]),
)
Songs = Annotated[str, *_SONGS]
OptionalSongs = Annotated[Text, *_SONGS]


class RuleParams(SongFilters):
    """Rules on neighboring songs; the filters select the songs to choose from."""

    artist_gap: Annotated[int, Field(ge=0, le=1000, description="Songs between two of the same artist, at least.")] = (
        Constraints.artist_gap
    )
    tempo_step: Annotated[
        float | SkipJsonSchema[None],
        Field(ge=0, le=100, description="Largest change of tempo from song to song, in percent."),
    ] = None
    neighboring_keys: Annotated[bool, Field(description="Only change to neighboring keys.")] = False

    def constraints(self) -> Constraints:
        """Return the rules."""
        return Constraints(
            artist_gap=self.artist_gap, tempo_step=self.tempo_step, neighboring_keys=self.neighboring_keys
        )


class PlaylistParams(RuleParams):
    """What a playlist is asked to be, see docs/playlists.md; the filters select the songs to choose from."""

    from_: Annotated[Place, Field(alias="from", examples=["tense"])] = None
    to: Annotated[Place, Field(examples=["serene"])] = None
    path: Points = None
    region: Points = None
    first: Annotated[int | SkipJsonSchema[None], Field(ge=0, lt=2**63, description="Id of the song to begin with.")] = (
        None
    )
    minutes: Annotated[float, Field(gt=0, le=1440, description="Length.")] = 60.0
    seed: Annotated[
        int | SkipJsonSchema[None], Field(ge=0, lt=2**63, description="Another list; the same number gives the same.")
    ] = None

    def request(self) -> Request:
        """Return the request; raise ProblemError if parameters contradict each other."""
        try:
            return RequestOptions(
                minutes=self.minutes, from_=self.from_, to=self.to, path=self.path, region=self.region,
                first=self.first, artist_gap=self.artist_gap, tempo_step=self.tempo_step,
                neighboring_keys=self.neighboring_keys, seed=self.seed,
            ).parse()  # fmt: skip
        except RequestError as error:
            raise ProblemError(422, f"query.{error.name}: {error}") from error


class ListParams(BaseModel):
    """A list of songs, and the path that it is compared with."""

    model_config = ConfigDict(extra="forbid")

    songs: Songs
    path: Points = None


class AlternativeParams(RuleParams):
    """A place in a list of songs, and what the songs that may take it must keep."""

    songs: Songs
    place: Annotated[int, Field(ge=0, lt=MAX_SONGS, description="Index of the song to replace.", examples=[0])]
    path: Points = None
    limit: Annotated[int, Field(ge=1, le=100, description="Maximum number of songs to return.")] = 10


class FileParams(SongFilters):
    """A playlist file: of the listed songs, or of all that match the filters and lie in the region."""

    songs: OptionalSongs = None
    region: Points = None
    format: FileFormat = FileFormat.m3u8
    name: Annotated[str, Field(min_length=1, max_length=100, description="Name of the playlist.")] = "Playlist"


def parse_ids(text: str) -> list[int]:
    """Return ids that commas separate; raise ProblemError if there are too many."""
    ids = [int(part) for part in text.split(",")]
    if len(ids) > MAX_SONGS:
        raise ProblemError(422, f"query.songs: a list has at most {MAX_SONGS} songs, not {len(ids)}")
    return ids


def parse_points(text: str) -> list[Point]:
    """Return points that spaces separate."""
    pairs = [part.split(",") for part in text.split(" ")]
    return [(float(arousal), float(valence)) for arousal, valence in pairs]


def parse_path(text: str | None) -> MoodPath | None:
    """Return the path through points that spaces separate, if there are any; raise ProblemError if too many."""
    if text is None:
        return None
    try:
        return mood_path(parse_points(text))
    except ValueError as error:
        raise ProblemError(422, f"query.path: {error}") from error
