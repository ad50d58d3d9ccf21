"""Options that several commands share."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from moodcurve.cli.parameters import Argument, Option, PathOrUrl, UsageError
from moodcurve.errors import MoodcurveError
from moodcurve.util.text import counted, one_line

if TYPE_CHECKING:
    from moodcurve.features import FeatureSet
    from moodcurve.library import Library
    from moodcurve.library.queries.search import Query
    from moodcurve.library.scanning.rules import Rules
    from moodcurve.library.tables.connection import SongTables

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

FEATURE_SETS = ("compare260", "compare236", "tonal1", "tags1")
"""Names of single feature sets: a copy as well."""

FeatureSetOption = Annotated[
    str,
    Option(
        "--set",
        metavar="NAME",
        help=f"Feature set: {', '.join(FEATURE_SETS)} or default, or an installed encoder. Several are joined by "
        "+, each at most once.",
    ),
]
ModelOption = Annotated[
    str, Option("--model", metavar="NAME|FILE", help="Name of a model, see moodcurve models, or path of a model file.")
]
OptionalModelOption = Annotated[
    str | None,
    Option("--model", metavar="NAME|FILE", help="Name of a model, see moodcurve models, or path of a model file."),
]
MAX_TRACK = 1000
"""Largest number of an audio track, also in `moodcurve.web.routes.analyses`."""
TrackOption = Annotated[
    int | None,
    Option(
        "--track",
        metavar="N",
        min=1,
        max=MAX_TRACK,
        help="Audio track of files with several, from 1; by default the one that players play.",
    ),
]


class SplitBy(StrEnum):
    """A copy of `moodcurve.audio.parts.Split`."""

    cue = "cue"
    chapters = "chapters"


SplitOption = Annotated[
    SplitBy | None,
    Option(
        "--split",
        help="Analyze each track of files that hold several, as a song: by the cue sheet beside a file or in its tags, "
        "or by its chapters. Files without one are analyzed as a whole.",
    ),
]
JsonOption = Annotated[
    Path | None,
    Option("--json", metavar="FILE", implied="-", ending=".json", help="Print JSON, or write it to FILE."),
]
SafeCsvOption = Annotated[
    bool,
    Option("--safe-csv", help="In CSV, put an apostrophe before texts that a spreadsheet could take for formulas."),
]
SeedOption = Annotated[
    int, Option("--seed", metavar="N", min=0, help="Seed of splits, training and confidence intervals.")
]
LibraryOption = Annotated[
    PathOrUrl | None,
    Option(
        "--library",
        metavar="FILE",
        help="Library file; by default $MOODCURVE_LIBRARY or a file in the user's data folder.",
    ),
]
LibraryOrTablesOption = Annotated[
    PathOrUrl | None,
    Option(
        "--library",
        metavar="FILE|URL",
        help="Library file; by default $MOODCURVE_LIBRARY or a file in the user's data folder. Or Parquet files of "
        "analyzed songs: a file, a folder, a pattern such as 'songs/*.parquet', or one of these at a URL such as s3://.",
    ),
]


def find_feature_set(name: str) -> "FeatureSet":
    """Return the feature set that `FeatureSetOption` names.

    Raises
    ------
    UsageError
        If it is unknown.
    """
    from moodcurve.features import feature_set

    try:
        return feature_set(name)
    except MoodcurveError as error:
        raise UsageError(str(error), name="--set") from None


def library_path(given: str | None) -> Path:
    """Return the library file that a command uses.

    Raises
    ------
    UsageError
        If Parquet files are given, which only some commands read.
    """
    from moodcurve.library.tables.location import names_tables
    from moodcurve.util.paths import default_library

    if given is not None and names_tables(given):
        raise UsageError(
            f"{one_line(given)}: only search, show and merge read Parquet files; make a library of them first: "
            "moodcurve merge FILES -o FILE.sqlite",
            name="--library",
        )
    return default_library() if given is None else Path(given)


@contextmanager
def open_songs(given: str | None) -> "Iterator[Library | SongTables]":
    """Open the library, or the tables, of `LibraryOrTablesOption`; raises LibraryError."""
    from moodcurve.library import open_library
    from moodcurve.library.tables.location import names_tables

    if given is not None and names_tables(given):
        from moodcurve.library.tables.connection import open_tables

        with open_tables(given) as tables:
            yield tables
    else:
        with open_library(library_path(given)) as library:
            yield library


_OPTIONS = {"arousal_drawing": "--draw-arousal", "valence_drawing": "--draw-valence"}
"""Options whose names are not those of their fields."""


@dataclass(frozen=True, kw_only=True)
class FolderOptions:
    """Options that say which files of folders to take."""

    exclude: Annotated[
        list[str] | None,
        Option(
            "--exclude",
            metavar="GLOB",
            help="Leave out what matches a pattern in the syntax of .gitignore, e.g. '*.wav', Podcasts/ or /Incoming; "
            "may be repeated. A file .moodcurveignore in a folder holds such patterns for it.",
        ),
    ] = None
    include_hidden: Annotated[
        bool, Option("--include-hidden", help="Also take files and folders whose names begin with a dot.")
    ] = False

    def rules(self) -> "Rules":
        """Return the rules of the walk.

        Raises
        ------
        UsageError
            If a pattern cannot be used.
        """
        from moodcurve.library.scanning.rules import PatternError, Rules

        try:
            return Rules(exclude=tuple(self.exclude or ()), include_hidden=self.include_hidden)
        except PatternError as error:
            raise UsageError(str(error), name="--exclude") from None


def left_out_text(*, hidden: int, system: int, excluded: int) -> str:
    """Return a line about what was left out of folders; empty if nothing was.

    >>> left_out_text(hidden=2, system=1, excluded=0)
    'left out: 2 hidden (--include-hidden takes them), 1 system folder (recycle bins, snapshots and the like)'
    """
    counts = (
        (hidden, f"{hidden:,} hidden (--include-hidden takes them)"),
        (system, f"{counted(system, 'system folder')} (recycle bins, snapshots and the like)"),
        (excluded, f"{excluded:,} excluded"),
    )
    parts = [words for number, words in counts if number]
    return f"left out: {', '.join(parts)}" if parts else ""


@dataclass(frozen=True, kw_only=True)
class Filters:
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
