"""Query parameters that select songs, and the error messages for invalid ones."""

import re
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator
from pydantic.json_schema import SkipJsonSchema

from moodcurve.features.tags.names import TAGS
from moodcurve.library.queries.parse import QueryError, QueryOptions
from moodcurve.library.queries.query import PLACES, SORTS, WORDS, Query
from moodcurve.mood.circumplex import NEUTRAL, QUADRANTS
from moodcurve.mood.tags import MIN_TAG_STRENGTH
from moodcurve.web.errors import ProblemError, invalid_value

MAX_PAGE_SIZE = 1000
_MAX_TEXT = 300
_NUMBER = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)"
_TAG = rf"({'|'.join(sorted({*TAGS, *map(str.lower, TAGS)}))})(:(0|1|0?\.[0-9]+|1\.0+))?"
_RANGE = rf"^({_NUMBER})?:({_NUMBER})?$"
_SHARE = r"(0|1|0?\.[0-9]+|1\.0+)"
_POINT = rf"{_SHARE}:-?{_SHARE}"
_KEY = r"([A-G](b|#)?m?|(1[0-2]|[1-9])[AB])"
_MAX_DRAWING = 2000
_TIME = r"^([0-9]+:){0,2}[0-9]+(\.[0-9]+)?$"
Text = str | SkipJsonSchema[None]


def _pattern(pattern: str, description: str, *, max_length: int = 50, examples: list[str] | None = None) -> Any:
    """Return a field with a regular expression, which the OpenAPI document shows and `SongFilters` checks."""
    return Field(
        max_length=max_length, description=description, examples=examples, json_schema_extra={"pattern": pattern}
    )


def _any_of(names: tuple[str, ...], description: str, *, prefix: str = "") -> Any:
    one = f"{prefix}({'|'.join(names)})"
    text = f"{description}: {', '.join(names)}."
    return _pattern(f"^{one}(,{one})*$", text, max_length=_MAX_TEXT)


class SongFilters(BaseModel):
    """Filters for songs (see docs/library.md); a song must match all of them."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[
        Text,
        Field(max_length=_MAX_TEXT, description="Words in title, artist, album, genre, file name or folders."),
    ] = None
    title: Annotated[Text, Field(max_length=_MAX_TEXT, description="Part of the title.")] = None
    artist: Annotated[Text, Field(max_length=_MAX_TEXT, description="Part of the artist's name.")] = None
    album: Annotated[Text, Field(max_length=_MAX_TEXT, description="Part of the album's name.")] = None
    genre: Annotated[Text, Field(max_length=_MAX_TEXT, description="Part of the genre's name.")] = None
    external_id: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=_MAX_TEXT)]] | SkipJsonSchema[None],
        Field(
            max_length=MAX_PAGE_SIZE,
            description="Id in the operator's own catalogue. It may be repeated; any of several matches.",
        ),
    ] = None
    year: Annotated[Text, _pattern(r"^([0-9]+|[0-9]*:[0-9]*)$", "FROM:TO, FROM:, :TO or one year.")] = None
    quadrant: Annotated[Text, _any_of((*QUADRANTS, NEUTRAL), "One or more quadrants, separated by commas")] = None
    words: Annotated[Text, _any_of(WORDS, "One or more mood words, separated by commas")] = None
    tag: Annotated[
        Text,
        _pattern(
            f"^{_TAG}(,{_TAG})*$",
            "One or more tags of the tag network, separated by commas, each with a minimum strength such as "
            f"acoustic:0.4, by default {MIN_TAG_STRENGTH:g}: {', '.join(TAGS)}.",
            max_length=_MAX_TEXT,
        ),
    ] = None
    arousal: Annotated[Text, _pattern(_RANGE, "Mean arousal in [-1, 1]: FROM:TO, FROM: or :TO.")] = None
    valence: Annotated[Text, _pattern(_RANGE, "Mean valence in [-1, 1]: FROM:TO, FROM: or :TO.")] = None
    near: Annotated[
        Text,
        _pattern(
            rf"^{_NUMBER},{_NUMBER}(,{_NUMBER})?$",
            "AROUSAL,VALENCE[,RADIUS]: nearest songs first.",
            examples=["-0.3,0.4"],
        ),
    ] = None
    starts: Annotated[Text, _any_of(PLACES, "The song starts in one of these quadrants, or near a mood word")] = None
    ends: Annotated[Text, _any_of(PLACES, "The song ends in one of these quadrants, or near a mood word")] = None
    rise: Annotated[Text, _pattern(_RANGE, "Largest increase of arousal, 0 to 2: FROM:TO, FROM: or :TO.")] = None
    fall: Annotated[Text, _pattern(_RANGE, "Largest decrease of arousal, 0 to 2.")] = None
    peak: Annotated[Text, _pattern(_RANGE, "Highest arousal, in [-1, 1].")] = None
    peak_at: Annotated[Text, _pattern(_RANGE, "Where the peak is, from 0 (start) to 1 (end).")] = None
    arousal_range: Annotated[Text, _pattern(_RANGE, "Highest less lowest arousal, 0 to 2.")] = None
    volatility: Annotated[Text, _pattern(_RANGE, "Mean distance on the plane between points 5 s apart.")] = None
    time_in: Annotated[
        Text,
        _pattern(
            rf"^({'|'.join(QUADRANTS)}):{_SHARE}(,({'|'.join(QUADRANTS)}):{_SHARE})*$",
            "Least share of the song in quadrants, such as calm-positive:0.5, separated by commas.",
            max_length=_MAX_TEXT,
        ),
    ] = None
    arousal_drawing: Annotated[
        Text,
        _pattern(
            rf"^{_POINT}(,{_POINT})*$",
            "A course of arousal, SHARE:VALUE with increasing shares of the song, separated by commas: the nearest "
            "songs first.",
            max_length=_MAX_DRAWING,
            examples=["0:-0.5,0.6:0.2,1:0.8"],
        ),
    ] = None
    valence_drawing: Annotated[
        Text, _pattern(rf"^{_POINT}(,{_POINT})*$", "The same of valence.", max_length=_MAX_DRAWING)
    ] = None
    loudness: Annotated[Text, _pattern(_RANGE, "Integrated loudness in LUFS, such as -14:-8.")] = None
    tempo: Annotated[Text, _pattern(_RANGE, "Tempo in beats per minute, such as 118:126.")] = None
    key: Annotated[
        Text,
        _pattern(
            rf"^{_KEY}(,{_KEY})*$", "Musical keys or Camelot codes, separated by commas, such as Am,8B.", max_length=200
        ),
    ] = None
    danceability: Annotated[Text, _pattern(_RANGE, "From 0 to 1.")] = None
    energy: Annotated[Text, _pattern(_RANGE, "Mean arousal mapped to [0, 1].")] = None
    longer: Annotated[Text, _pattern(_TIME, "Minimum duration: 90, 1:30 or 1:00:00.")] = None
    shorter: Annotated[Text, _pattern(_TIME, "Maximum duration: 90, 1:30 or 1:00:00.")] = None
    sort: Annotated[
        Text,
        _any_of(
            tuple(SORTS), "Sort keys by priority, separated by commas; a minus sorts in descending order", prefix="-?"
        ),
    ] = None

    @field_validator("*")
    @classmethod
    def _check_pattern(cls, value: Any, info: ValidationInfo) -> Any:
        """Reject a value that its pattern does not match, with the command line's message if that rejects it too."""
        field = SongFilters.model_fields.get(str(info.field_name))
        extra = field.json_schema_extra if field else None
        if not isinstance(extra, dict) or re.fullmatch(str(extra["pattern"]), value):
            return value
        near = {"near": "0,0", "arousal_drawing": "0:0"}  # sort=near and sort=drawing are valid only with them
        try:
            QueryOptions(**{**near, str(info.field_name): value}).parse()
        except QueryError as error:
            raise invalid_value(str(error)) from error
        # the command line is more tolerant than the pattern
        raise invalid_value(f"{value!r} must not contain spaces, capital letters, exponents or empty items")

    def query(self, *, limit: int, offset: int = 0) -> Query:
        """Return the library query; raise ProblemError if the filters contradict each other."""
        values = {name: getattr(self, name) for name in SongFilters.model_fields}
        values["text"] = (self.text,) if self.text else ()
        try:
            return QueryOptions(**values, limit=limit, offset=offset).parse()
        except QueryError as error:
            raise ProblemError(422, f"query.{error.name}: {error}") from error


class Page(BaseModel):
    """A page of a list."""

    model_config = ConfigDict(extra="forbid")

    limit: Annotated[int, Field(ge=0, le=MAX_PAGE_SIZE, description="Maximum number of items to return.")] = 50
    offset: Annotated[int, Field(ge=0, le=2**31, description="Number of items to skip.")] = 0


class SongPage(SongFilters, Page):
    """A page of the songs that match filters."""
