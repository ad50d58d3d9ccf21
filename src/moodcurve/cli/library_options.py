"""Which songs of a library: the options that its commands share."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from moodcurve.cli.framework import Argument, Option, UsageError

if TYPE_CHECKING:
    from moodcurve.library.queries.search import Query

LibraryOption = Annotated[
    Path | None,
    Option("--library", metavar="FILE", help="The library's file, if not the usual one ($MOODCURVE_LIBRARY)."),
]


def library_file(given: Path | None) -> Path:
    """Give the library that a command works on."""
    from moodcurve.util.paths import default_library

    return default_library() if given is None else given


@dataclass(frozen=True, kw_only=True)
class Filters:
    """Options that choose songs; `query` says what they ask for. All that are given must hold."""

    text: Annotated[
        list[str] | None,
        Argument(metavar="TEXT", help="Words that stand in title, artist, album, genre, file or its two folders."),
    ] = None
    title: Annotated[str | None, Option("--title", metavar="TEXT", help="Part of the title.")] = None
    artist: Annotated[str | None, Option("--artist", metavar="TEXT", help="Part of the artist's name.")] = None
    album: Annotated[str | None, Option("--album", metavar="TEXT", help="Part of the album's name.")] = None
    genre: Annotated[str | None, Option("--genre", metavar="TEXT", help="Part of the genre's name.")] = None
    year: Annotated[str | None, Option("--year", metavar="FROM:TO", help="Such as 1990:1999, :1989, or 1994.")] = None
    quadrant: Annotated[
        str | None, Option("--quadrant", metavar="NAME,...", help="One of these: such as calm-positive,neutral.")
    ] = None
    words: Annotated[
        str | None,
        Option("--words", metavar="WORD,...", help="Songs with any of these mood words: such as calm,serene."),
    ] = None
    arousal: Annotated[
        str | None, Option("--arousal", metavar="FROM:TO", help="The song's mean, in [-1, 1]: such as 0.2:0.6 or :0.")
    ] = None
    valence: Annotated[str | None, Option("--valence", metavar="FROM:TO", help="The same of valence.")] = None
    near: Annotated[
        str | None,
        Option("--near", metavar="A,V[,RADIUS]", help="Nearest to this arousal and valence; no further than RADIUS."),
    ] = None
    longer: Annotated[str | None, Option("--longer", metavar="TIME", help="Than this: 90, 1:30 or 1:00:00.")] = None
    shorter: Annotated[str | None, Option("--shorter", metavar="TIME", help="Than this.")] = None
    where: Annotated[
        str | None,
        Option("--where", metavar="SQL", help="Any condition on a song's columns: such as 'novelty > 1'."),
    ] = None
    sort: Annotated[
        str | None,
        Option("--sort", metavar="KEY,...", help="Such as year,title; --sort -arousal begins with the highest."),
    ] = None
    limit: Annotated[int | None, Option("--limit", metavar="N", min=1, help="At most so many songs.")] = None

    def query(self, *, limit: int | None = None) -> "Query":
        """Give what is asked for; `limit` holds where no other was given.

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
            raise UsageError(str(error), name=f"--{error.name}") from error
