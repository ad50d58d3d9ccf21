"""The objects of answers, as the OpenAPI document describes them; the answers themselves are made elsewhere."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema

from moodcurve.library.queries.query import WORDS
from moodcurve.web.errors import ProblemObject

Unit = Annotated[float, Field(ge=-1, le=1)]
Share = Annotated[float, Field(ge=0, le=1)]
Quadrant = Literal["excited-positive", "tense-negative", "sad-negative", "calm-positive", "neutral"]
Seconds = Annotated[float, Field(ge=0)]
Word = Annotated[str, Field(json_schema_extra={"enum": list(WORDS)})]


class _Object(BaseModel):
    """An object that has these keys and no others."""

    model_config = ConfigDict(json_schema_extra={"additionalProperties": False})


class LimitsObject(_Object):
    """What the server takes."""

    upload_bytes: int
    minutes: float
    concurrent: int


class Health(_Object):
    """How the server is."""

    status: Literal["ok"]
    version: str
    model: str
    feature_set: str
    library: bool
    songs: int
    limits: LimitsObject


class JobBegun(_Object):
    """A song that has arrived, and where its curve will be."""

    job: str
    events: str
    curve: str


class JobStatus(_Object):
    """How far a song is."""

    job: str
    state: Literal["waiting", "running", "done", "failed"]
    share: Share
    seconds: Seconds
    name: str
    problem: ProblemObject | None


class SongMeans(BaseModel):
    """A curve as a whole."""

    arousal: Unit
    valence: Unit
    quadrant: Quadrant
    words: list[Word]
    arousal_9: float
    valence_9: float
    arousal_low: float | SkipJsonSchema[None] = None
    arousal_high: float | SkipJsonSchema[None] = None
    valence_low: float | SkipJsonSchema[None] = None
    valence_high: float | SkipJsonSchema[None] = None
    probabilities: dict[str, Share] | SkipJsonSchema[None] = None
    moods: dict[str, Share] | SkipJsonSchema[None] = None
    rating: dict[str, float] | SkipJsonSchema[None] = None


class CurveObject(BaseModel):
    """A curve, as `moodcurve analyze -f json` prints it; what the model does not know is absent."""

    source: str
    model: str
    feature_set: str
    duration_s: Annotated[float, Field(gt=0)]
    times_s: list[float]
    arousal: list[Unit]
    valence: list[Unit]
    arousal_low: list[float] | SkipJsonSchema[None] = None
    arousal_high: list[float] | SkipJsonSchema[None] = None
    valence_low: list[float] | SkipJsonSchema[None] = None
    valence_high: list[float] | SkipJsonSchema[None] = None
    quadrants: dict[str, list[Share]] | SkipJsonSchema[None] = None
    song: SongMeans
    novelty: Annotated[float, Field(ge=0)] | SkipJsonSchema[None] = None
    warnings: list[str]


class Song(_Object):
    """A song of the library, as `moodcurve search --json` prints it, with the name of its file instead of the path."""

    id: int
    file: str
    format: Literal["moodcurve-song/1"]
    title: str | None
    artist: str | None
    album: str | None
    genre: str | None
    year: int | None
    track: int | None
    duration_s: Seconds
    arousal: Unit
    valence: Unit
    arousal_low: float | None
    arousal_high: float | None
    valence_low: float | None
    valence_high: float | None
    arousal_9: float | None
    valence_9: float | None
    quadrant: Quadrant
    words: list[Word]
    mood: str | None
    novelty: float | None
    model: str
    feature_set: str
    analysed_at: str
    warnings: list[str]
    content: str
    copies: int
    probabilities: dict[str, Share] | None
    rating: dict[str, float] | None
    distance: Annotated[float, Field(ge=0)] | SkipJsonSchema[None] = None


class Songs(_Object):
    """Songs of the library, and how many there are in all."""

    total: int
    songs: list[Song]


class Map(_Object):
    """Columns of as many items as there are songs."""

    id: list[int]
    arousal: list[Unit]
    valence: list[Unit]
    quadrant: Annotated[
        list[Annotated[int, Field(ge=0, le=4)]],
        Field(description="0 excited-positive, 1 tense-negative, 2 sad-negative, 3 calm-positive, 4 neutral"),
    ]
    title: list[str | None]
    artist: list[str | None]
    duration_s: list[Seconds]
    file: Annotated[list[str | None], Field(description="Names of the files of songs without a title.")]


class FileProblem(_Object):
    """A file that a scan could not use."""

    file: str
    reason: str


class FileProblems(_Object):
    """All of them."""

    problems: list[FileProblem]
