"""Schemas of the response bodies in the OpenAPI document; the routes build the bodies themselves."""

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
    """An object without additional keys."""

    model_config = ConfigDict(json_schema_extra={"additionalProperties": False})


class LimitsObject(_Object):
    """Limits of the server: bytes per upload, minutes per song, and songs at the same time."""

    upload_bytes: int
    minutes: float
    concurrent: int


class Health(_Object):
    """State, version and limits of the server."""

    status: Literal["ok"]
    version: str
    model: str
    feature_set: str
    library: bool
    songs: int
    limits: LimitsObject


class JobCreated(_Object):
    """A job for an uploaded song, with the paths of its events and of its curve."""

    job: str
    events: str
    curve: str


class JobStatus(_Object):
    """Progress of a job: `share` of the song analyzed so far, and the same in `seconds`."""

    job: str
    state: Literal["waiting", "running", "done", "failed"]
    share: Share
    seconds: Seconds
    name: str
    problem: ProblemObject | None


class BatchRequest(BaseModel):
    """A batch of songs to analyze: ids of library songs, URLs, or both, and where to report its end."""

    model_config = ConfigDict(extra="forbid", strict=True)

    songs: Annotated[
        list[Annotated[int, Field(ge=0, lt=2**63)]],
        Field(description="Ids of songs of the library.", fail_fast=True),
    ] = []
    urls: Annotated[
        list[Annotated[str, Field(max_length=2000)]],
        Field(description="http or https URLs of files, of hosts that the operator allows.", fail_fast=True),
    ] = []
    webhook: Annotated[
        str | SkipJsonSchema[None],
        Field(max_length=2000, description="URL that gets a signed message when all songs are analyzed."),
    ] = None


class BatchCreated(_Object):
    """A batch of songs that is being analyzed, with the paths of its state and of its results."""

    batch: str
    status: str
    results: str


class BatchCounts(_Object):
    """Numbers of songs of a batch by state."""

    waiting: int
    running: int
    done: int
    failed: int


class BatchItem(_Object):
    """A song of a batch by its number from 0, `song` or `url` as sent; `curve` is the path of its curve."""

    number: int
    song: int | None
    url: str | None
    state: Literal["waiting", "running", "done", "failed"]
    problem: ProblemObject | None
    curve: str | None


class BatchStatus(_Object):
    """State of a batch and of its songs, in the order in which they were sent: the ids, then the URLs."""

    batch: str
    state: Literal["waiting", "running", "finished"]
    created_at: str
    finished_at: str | None
    expires_at: str | None
    counts: BatchCounts
    webhook: Literal["none", "waiting", "delivered", "failed"]
    items: list[BatchItem]


class SongMeans(BaseModel):
    """Summary of a curve: means, quadrant and mood words of the song."""

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
    """A curve, as printed by `moodcurve analyze -f json`. Keys without a value for the model are absent."""

    format: Literal["moodcurve-curve/1"]
    source: str
    model: str
    feature_set: str
    duration_s: Annotated[float, Field(gt=0)]
    start_s: Annotated[float, Field(ge=0)] | SkipJsonSchema[None] = None
    title: str | SkipJsonSchema[None] = None
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
    silent: list[bool] | SkipJsonSchema[None] = None
    tags: dict[str, Share] | SkipJsonSchema[None] = None
    sound: dict[str, float | str] | SkipJsonSchema[None] = None
    warnings: list[str]


class SoundObject(_Object):
    """Loudness, tempo, key and danceability of a song; null where one is unknown."""

    loudness_lufs: float | None
    tempo_bpm: float | None
    key: str | None
    camelot: str | None
    danceability: Share | None


class Song(_Object):
    """A library song, as printed by `moodcurve search --json`, with a file name instead of a path."""

    id: int
    external_id: str | None
    file: str
    format: Literal["moodcurve-song/1"]
    title: str | None
    artist: str | None
    album: str | None
    genre: str | None
    year: int | None
    track: int | None
    duration_s: Seconds
    start_s: Seconds | None
    arousal: Unit
    valence: Unit
    arousal_low: float | None
    arousal_high: float | None
    valence_low: float | None
    valence_high: float | None
    arousal_9: float | None
    valence_9: float | None
    energy_01: Share
    valence_01: Share
    quadrant: Quadrant
    words: list[Word]
    mood: str | None
    tags: dict[str, Share] | None
    novelty: float | None
    model: str
    model_version: str | None
    feature_set: str
    analysed_at: str
    warnings: list[str]
    content: str
    copies: int
    probabilities: dict[str, Share] | None
    rating: dict[str, float] | None
    course: Annotated[dict[str, float] | None, Field(description="How the song moves, see docs/library.md.")]
    sound: SoundObject | None
    distance: Annotated[float, Field(ge=0)] | SkipJsonSchema[None] = None


class Songs(_Object):
    """A page of library songs, and the total number of songs found."""

    total: int
    songs: list[Song]


class SimilarSong(_Object):
    """A song like another one: `shares` is the share of the library that is nearer in each part."""

    song: Song
    distance: Annotated[float, Field(ge=0)]
    shares: dict[str, Share]
    agrees: list[Literal["course", "sound", "mood"]]


class SimilarSongs(_Object):
    """Songs like a song, the nearest first."""

    songs: list[SimilarSong]


class Map(_Object):
    """Columns with one item per song."""

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
    tags: Annotated[list[str | None], Field(description="Up to three strongest tags, separated by commas.")]
    file: Annotated[list[str | None], Field(description="File names of songs without a title.")]


class PlaylistSongObject(_Object):
    """A song of a playlist: when it begins, where it starts and ends, its distances from the path and the last end."""

    id: int
    file: str
    title: str | None
    artist: str | None
    album: str | None
    duration_s: Seconds
    start_s: Seconds | None
    begin_s: Seconds
    arousal: Unit
    valence: Unit
    start: Annotated[list[Unit], Field(min_length=2, max_length=2)]
    end: Annotated[list[Unit], Field(min_length=2, max_length=2)]
    path_distance: float | None
    jump: float | None


class PlaylistObject(_Object):
    """A playlist, as printed by `moodcurve playlist -f json`, with file names instead of paths."""

    format: Literal["moodcurve-playlist/1"]
    name: str
    asked_s: Seconds
    total_s: Seconds
    path: list[list[Unit]] | None
    songs: list[PlaylistSongObject]
    warnings: list[str]


class Alternatives(_Object):
    """Songs that could take a place in a list, the best first."""

    songs: list[Song]


class LiveCreated(_Object):
    """A live session, with the paths of its events and for its sound."""

    live: str
    events: str
    sound: str


class LivePosition(_Object):
    """The position after the sound that a session has heard, in samples."""

    position: int


class LiveSource(_Object):
    """Sound that the server hears itself: its id and name, and the path of its events."""

    live: str
    name: str
    events: str


class LiveInfo(_Object):
    """How many live sessions the server allows, and its own source of sound."""

    sessions: int
    source: LiveSource | None


class FileProblem(_Object):
    """A file that the last scan could not analyze."""

    file: str
    reason: str


class FileProblems(_Object):
    """A page of the files that the last scan could not analyze, and the total number of such files."""

    total: int
    problems: list[FileProblem]
