"""What a rater's page sends: numbered pieces of events, checked before they are stored."""

import math
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter

from moodcurve.web.errors import invalid_value

MAX_ROWS = 20_000
MAX_PIECES = 500
MAX_EVENTS = 200
Axis = Literal["arousal", "valence", "both"]
Milliseconds = Annotated[float, Field(ge=0, le=1e13, allow_inf_nan=False)]
Item = Annotated[int, Field(ge=-1, lt=100_000)]
Text = Annotated[str, Field(max_length=10_000)]
Name = Annotated[str, Field(min_length=1, max_length=100)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Opened(_Strict):
    """The page was opened. `clock_ms` and `unix_ms` are the same moment."""

    kind: Literal["opened"]
    clock_ms: Milliseconds
    unix_ms: Milliseconds
    agent: Annotated[str, Field(max_length=1000)]
    width: Annotated[int, Field(ge=0, le=100_000)]
    height: Annotated[int, Field(ge=0, le=100_000)]
    pixel_ratio: Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]
    touch: bool


class Samples(_Strict):
    """Samples of a pass; `first` is the number of samples that the page sent before."""

    kind: Literal["samples"]
    item: Item
    axis: Axis
    first: Annotated[int, Field(ge=0)]
    rows: Annotated[list[list[float]], Field(min_length=1, max_length=MAX_ROWS)]


class Mark(_Strict):
    """The song was started or stopped, by the rater or because the page was hidden."""

    kind: Literal["mark"]
    clock_ms: Milliseconds
    name: Literal["play", "pause", "hidden", "waiting", "end"]
    item: Item
    axis: Axis
    song_s: Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)]


class Pass(_Strict):
    """A pass over a song is complete."""

    kind: Literal["pass"]
    clock_ms: Milliseconds
    item: Item
    axis: Axis


class Rating(_Strict):
    """The rating of a whole song."""

    kind: Literal["rating"]
    clock_ms: Milliseconds
    item: Item
    arousal: Annotated[int, Field(ge=1, le=9)]
    valence: Annotated[int, Field(ge=1, le=9)]


class Answers(_Strict):
    """Answers to the questions before or after the songs."""

    kind: Literal["answers"]
    clock_ms: Milliseconds
    part: Literal["before", "after"]
    answers: Annotated[dict[Name, Text | float], Field(max_length=200)]


class Headphones(_Strict):
    """The result of a headphones check."""

    kind: Literal["headphones"]
    clock_ms: Milliseconds
    correct: Annotated[int, Field(ge=0, le=100)]
    trials: Annotated[int, Field(ge=1, le=100)]


class Input(_Strict):
    """Another device moves the slider from now on."""

    kind: Literal["input"]
    clock_ms: Milliseconds
    device: Literal["mouse", "touch", "pen", "keyboard", "gamepad"]


class Finished(_Strict):
    """The training example or the study was finished."""

    kind: Literal["trained", "finished"]
    clock_ms: Milliseconds


Event = Annotated[
    Opened | Samples | Mark | Pass | Rating | Answers | Headphones | Input | Finished, Field(discriminator="kind")
]


class Piece(_Strict):
    """Events, with a number that increases by one from piece to piece of a page."""

    number: Annotated[int, Field(ge=0, lt=2**53)]
    events: Annotated[list[Event], Field(max_length=MAX_EVENTS)]


def _checked(pieces: list[Piece]) -> list[Piece]:
    """Check that pieces follow each other, and the numbers in the rows of samples."""
    if any(after.number != before.number + 1 for before, after in pairwise(pieces)):
        raise invalid_value("the numbers of pieces must increase by one")
    for piece in pieces:
        for event in piece.events:
            if isinstance(event, Samples):
                _check_rows(event)
    return pieces


def _check_rows(samples: Samples) -> None:
    columns = 4 if samples.axis == "both" else 3
    for row in samples.rows:
        if len(row) != columns:
            raise invalid_value(f"rows of {samples.axis} must have {columns} numbers")
        clock_ms, song_s, *values = row
        # a comparison with NaN is false
        if not (0 <= clock_ms < 1e13 and 0 <= song_s <= 1e6 and all(math.fabs(value) <= 1 for value in values)):
            raise invalid_value("rows must hold clock and song time, 0 or more, and values in [-1, 1]")


class EventUpload(_Strict):
    """The body of a request with pieces.

    Attributes
    ----------
    rater : str
        Name of the rater whose page it is; in another window of the browser, another rater's link may have been opened.
    client : str
        Random name of the opened page.
    gap : bool
        Whether pieces before these are lost, as if the browser's disk was full when it crashed.
    pieces : list of Piece
    """

    rater: Name
    client: Annotated[str, Field(pattern=r"^[0-9a-f]{16,64}$")]
    gap: bool = False
    pieces: Annotated[list[Piece], Field(min_length=1, max_length=MAX_PIECES), AfterValidator(_checked)]


UPLOAD: TypeAdapter[EventUpload] = TypeAdapter(EventUpload)
