"""Options that select songs of a library."""

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Annotated

from moodcurve.cli.parameters import Argument, Option, UsageError

if TYPE_CHECKING:
    from moodcurve.library.queries.search import Query

QUADRANTS = ("excited-positive", "tense-negative", "sad-negative", "calm-positive", "neutral")
MOOD_WORDS = (
    "happy", "delighted", "excited", "astonished", "aroused", "tense", "alarmed", "angry", "afraid", "annoyed",
    "distressed", "frustrated", "miserable", "sad", "gloomy", "depressed", "bored", "droopy", "tired", "sleepy",
    "calm", "relaxed", "satisfied", "at ease", "content", "serene", "glad", "pleased", "neutral",
)  # fmt: skip
TAGS = (
    "rock", "pop", "alternative", "indie", "electronic", "female vocalists", "dance", "00s", "alternative rock", "jazz",
    "beautiful", "metal", "chillout", "male vocalists", "classic rock", "soul", "indie rock", "Mellow", "electronica",
    "80s", "folk", "90s", "chill", "instrumental", "punk", "oldies", "blues", "hard rock", "ambient", "acoustic",
    "experimental", "female vocalist", "guitar", "Hip-Hop", "70s", "party", "country", "easy listening", "sexy",
    "catchy", "funk", "electro", "heavy metal", "Progressive rock", "60s", "rnb", "indie pop", "sad", "House", "happy",
)  # fmt: skip
"""Copies of the names in `moodcurve.mood.circumplex` and `moodcurve.features.tags.names`, so that help needs no NumPy;
a test compares them."""
MIN_TAG_STRENGTH = 0.1
"""A copy of the limit in `moodcurve.mood.tags`."""

_OPTIONS = {"arousal_drawing": "--draw-arousal", "valence_drawing": "--draw-valence"}
"""Options whose names are not those of their fields."""


@dataclass(frozen=True, kw_only=True)
class FilterOptions:
    """Options that select songs of a library; all of them must match."""

    text: Annotated[
        list[str] | None,
        Argument(metavar="TEXT", help="Words in the title, artist, album, genre or file path."),
    ] = None
    title: Annotated[str | None, Option("--title", metavar="TEXT", help="Part of the title.")] = None
    artist: Annotated[str | None, Option("--artist", metavar="TEXT", help="Part of the artist's name.")] = None
    album: Annotated[str | None, Option("--album", metavar="TEXT", help="Part of the album's name.")] = None
    genre: Annotated[str | None, Option("--genre", metavar="TEXT", help="Part of the genre.")] = None
    external_id: Annotated[
        list[str] | None,
        Option("--external-id", metavar="ID", help="Id in your own catalogue, see scan --ids; may be repeated."),
    ] = None
    year: Annotated[str | None, Option("--year", metavar="FROM:TO", help="Year, e.g. 1990:1999, :1989 or 1994.")] = None
    quadrant: Annotated[
        str | None,
        Option("--quadrant", metavar="NAME,...", help=f"One or more of {', '.join(QUADRANTS)}; any of them matches."),
    ] = None
    words: Annotated[
        list[str] | None,
        Option(
            "--words",
            metavar="WORD,...",
            help="Mood words; of a comma-separated list, any matches. Repeat the option to require several. "
            f"Known words: {', '.join(MOOD_WORDS)}.",
        ),
    ] = None
    tag: Annotated[
        list[str] | None,
        Option(
            "--tag",
            metavar="TAG[:STRENGTH],...",
            help="What a pretrained network expects listeners to call the music, with a strength of at least STRENGTH, "
            f"by default {MIN_TAG_STRENGTH:g}; of a comma-separated list, any matches. Repeat the option to require "
            f"several. Known tags: {', '.join(TAGS)}.",
        ),
    ] = None
    arousal: Annotated[
        str | None, Option("--arousal", metavar="FROM:TO", help="Mean arousal in [-1, 1], e.g. 0.2:0.6 or :0.")
    ] = None
    valence: Annotated[
        str | None, Option("--valence", metavar="FROM:TO", help="Mean valence in [-1, 1], e.g. 0.2:0.6 or :0.")
    ] = None
    starts: Annotated[
        str | None,
        Option("--starts", metavar="MOOD,...", help="The song starts in one of these quadrants or near a mood word."),
    ] = None
    ends: Annotated[
        str | None,
        Option("--ends", metavar="MOOD,...", help="The song ends in one of these quadrants or near a mood word."),
    ] = None
    rise: Annotated[
        str | None, Option("--rise", metavar="FROM:TO", help="Largest increase of arousal, from 0 to 2, e.g. 0.3:.")
    ] = None
    fall: Annotated[
        str | None, Option("--fall", metavar="FROM:TO", help="Largest decrease of arousal, from 0 to 2, e.g. 0.3:.")
    ] = None
    peak: Annotated[str | None, Option("--peak", metavar="FROM:TO", help="Highest arousal, in [-1, 1], e.g. 0.5:.")] = (
        None
    )
    peak_at: Annotated[
        str | None, Option("--peak-at", metavar="FROM:TO", help="Where the peak is, 0 start, 1 end, e.g. 0.6:0.9.")
    ] = None
    arousal_range: Annotated[
        str | None,
        Option("--arousal-range", metavar="FROM:TO", help="Highest less lowest arousal, from 0 to 2, e.g. 0.4:."),
    ] = None
    volatility: Annotated[
        str | None,
        Option("--volatility", metavar="FROM:TO", help="Mean distance on the plane between points 5 s apart."),
    ] = None
    time_in: Annotated[
        str | None,
        Option("--time-in", metavar="QUADRANT:SHARE,...", help="Least share of the song, e.g. calm-positive:0.5."),
    ] = None
    arousal_drawing: Annotated[
        str | None,
        Option(
            "--draw-arousal",
            metavar="SHARE:VALUE,...",
            help="Sort by distance from a course of arousal, e.g. 0:-0.5,0.6:0.2,1:0.8.",
        ),
    ] = None
    valence_drawing: Annotated[
        str | None,
        Option("--draw-valence", metavar="SHARE:VALUE,...", help="The same for valence; both can be given."),
    ] = None
    loudness: Annotated[
        str | None, Option("--loudness", metavar="FROM:TO", help="Integrated loudness in LUFS, e.g. -14:-8.")
    ] = None
    tempo: Annotated[
        str | None, Option("--tempo", metavar="FROM:TO", help="Tempo in beats per minute, e.g. 118:126.")
    ] = None
    key: Annotated[
        str | None, Option("--key", metavar="KEY,...", help="Musical keys or Camelot codes, e.g. Am,C or 8A,8B.")
    ] = None
    danceability: Annotated[str | None, Option("--danceability", metavar="FROM:TO", help="From 0 to 1, e.g. 0.6:.")] = (
        None
    )
    energy: Annotated[
        str | None, Option("--energy", metavar="FROM:TO", help="Mean arousal mapped to [0, 1], e.g. 0.6:.")
    ] = None
    near: Annotated[
        str | None,
        Option("--near", metavar="A,V[,RADIUS]", help="Sort by distance from arousal A, valence V; at most RADIUS."),
    ] = None
    longer: Annotated[
        str | None, Option("--longer", metavar="TIME", help="Minimum duration, e.g. 90, 1:30 or 1:00:00.")
    ] = None
    shorter: Annotated[
        str | None, Option("--shorter", metavar="TIME", help="Maximum duration, e.g. 90, 1:30 or 1:00:00.")
    ] = None
    where: Annotated[
        str | None,
        Option("--where", metavar="SQL", help="SQL condition on the columns of a song, e.g. 'novelty > 1'."),
    ] = None
    sort: Annotated[
        str | None,
        Option("--sort", metavar="KEY,...", help="Sort keys, e.g. year,title; -arousal sorts in descending order."),
    ] = None
    limit: Annotated[int | None, Option("--limit", metavar="N", min=1, help="Maximum number of songs.")] = None

    def query(self, *, limit: int | None = None) -> "Query":
        """Return the query; `limit` applies when the user set none.

        Raises
        ------
        UsageError
            If a value is malformed.
        """
        from moodcurve.library.queries.parse import QueryError, QueryOptions

        given = {field.name: getattr(self, field.name) for field in fields(self)}
        given["text"] = tuple(self.text or ())
        given["limit"] = limit if self.limit is None else self.limit
        try:
            return QueryOptions(**given).parse()
        except QueryError as error:
            raise UsageError(str(error), name=_OPTIONS.get(error.name, f"--{error.name.replace('_', '-')}")) from error
