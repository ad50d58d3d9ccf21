"""Which songs a request asks for: its parameters as the OpenAPI document has them, and what is said of wrong ones."""

import re
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator
from pydantic.json_schema import SkipJsonSchema

from moodcurve.library.queries.parse import QueryError, QueryOptions
from moodcurve.library.queries.query import SORTS, WORDS, Query
from moodcurve.mood.circumplex import NEUTRAL, QUADRANTS
from moodcurve.web.errors import ProblemError, refused

MOST_SONGS = 1000
_LONGEST = 300
_NUMBER = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)"
_RANGE = rf"^({_NUMBER})?:({_NUMBER})?$"
_TIME = r"^([0-9]+:){0,2}[0-9]+(\.[0-9]+)?$"
Text = str | SkipJsonSchema[None]


def _written(pattern: str, description: str, *, most: int = 50) -> Any:
    """Give what the document says of a text of a form, by which `Filters` checks it too."""
    return Field(max_length=most, description=description, json_schema_extra={"pattern": pattern})


def _any_of(names: tuple[str, ...], description: str) -> Any:
    one = "|".join(names)
    return _written(rf"^({one})(,({one}))*$", description, most=_LONGEST)


class Filters(BaseModel):
    """Which songs, see docs/library.md: all that is given must hold. Numbers are written as on the command line."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[
        Text,
        Field(max_length=_LONGEST, description="Words that stand in title, artist, album, genre, file or its folders."),
    ] = None
    title: Annotated[Text, Field(max_length=_LONGEST, description="A part of the title.")] = None
    artist: Annotated[Text, Field(max_length=_LONGEST, description="A part of the artist's name.")] = None
    album: Annotated[Text, Field(max_length=_LONGEST, description="A part of the album's name.")] = None
    genre: Annotated[Text, Field(max_length=_LONGEST, description="A part of the genre's name.")] = None
    year: Annotated[Text, _written(r"^([0-9]+|[0-9]*:[0-9]*)$", "FROM:TO, :TO, FROM: or one year.")] = None
    quadrant: Annotated[Text, _any_of((*QUADRANTS, NEUTRAL), "Any of these, with commas between.")] = None
    words: Annotated[Text, _any_of(WORDS, "Songs with any of these mood words, with commas between.")] = None
    arousal: Annotated[
        Text, _written(_RANGE, "FROM:TO of the song's mean, in [-1, 1]; either end may be left out.")
    ] = None
    valence: Annotated[Text, _written(_RANGE, "The same of valence.")] = None
    near: Annotated[
        Text,
        _written(rf"^{_NUMBER},{_NUMBER}(,{_NUMBER})?$", "AROUSAL,VALENCE[,RADIUS]: the nearest songs first."),
    ] = None
    longer: Annotated[Text, _written(_TIME, "Than this: 90, 1:30 or 1:00:00.")] = None
    shorter: Annotated[Text, _written(_TIME, "Than this: 90, 1:30 or 1:00:00.")] = None
    sort: Annotated[
        Text,
        _any_of(
            tuple(f"-?{name}" for name in SORTS), "Keys, the first counts most; with a minus from the highest down."
        ),
    ] = None

    @field_validator("*")
    @classmethod
    def _is_written_so(cls, value: Any, info: ValidationInfo) -> Any:
        """Refuse a text that is not of its field's form, in the words of the command line if that refuses it too."""
        field = Filters.model_fields.get(str(info.field_name))
        extra = field.json_schema_extra if field else None
        if not isinstance(extra, dict) or re.fullmatch(str(extra["pattern"]), value):
            return value
        place = {"near": "0,0"}  # in case songs are to be sorted by their distance from it
        try:
            QueryOptions(**{**place, str(info.field_name): value}).parse()
        except QueryError as error:
            raise refused(str(error)) from error
        # what the command line takes beside
        raise refused(f"{value!r} must be written plainly, without spaces, capitals, exponents and empty parts")

    def query(self, *, limit: int, offset: int = 0) -> Query:
        """Give the question; ProblemError if it cannot be asked."""
        given = {name: getattr(self, name) for name in Filters.model_fields}
        given["text"] = (self.text,) if self.text else ()
        try:
            return QueryOptions(**given, limit=limit, offset=offset).parse()
        except QueryError as error:
            raise ProblemError(422, f"query.{error.name}: {error}") from error


class Page(Filters):
    """A page of the songs that filters choose."""

    limit: Annotated[int, Field(ge=0, le=MOST_SONGS, description="Most songs to give.")] = 50
    offset: Annotated[int, Field(ge=0, le=2**31, description="So many of the first are left out.")] = 0
