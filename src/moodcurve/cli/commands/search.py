"""The command `search`."""

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

from moodcurve.cli.app import app, say
from moodcurve.cli.framework import Option, UsageError
from moodcurve.cli.library_options import Filters, LibraryOption, library_file
from moodcurve.cli.printing import print_json

if TYPE_CHECKING:
    from moodcurve.library.queries.search import FoundSong

TABLE_LIMIT = 50
"""Songs in a table where no other number is asked for: more than a screen holds."""


@app.command
def search(
    filters: Filters,
    library: LibraryOption = None,
    as_json: Annotated[bool, Option("--json", help="Print a list of songs as JSON.")] = False,
    as_csv: Annotated[bool, Option("--csv", help="Print a line per song as CSV.")] = False,
) -> None:
    """Find songs of the library by mood, place on the plane, tags, or any condition in SQL.

    A table shows 50 songs where --limit says nothing else; --json and --csv give all.

    Example: moodcurve search --quadrant calm-positive --near -0.3,0.4 --genre jazz
    """
    if as_json and as_csv:
        raise UsageError("choose one of --json and --csv", name="--csv")

    from moodcurve.library import open_library
    from moodcurve.library.queries.search import count, nested
    from moodcurve.library.queries.search import search as find_songs
    from moodcurve.library.queries.sql_guard import ConditionError

    query = filters.query(limit=None if as_json or as_csv else TABLE_LIMIT)
    with open_library(library_file(library)) as opened:
        try:
            songs = find_songs(opened, query)
            if as_json:
                print_json(map(nested, songs))
            elif as_csv:
                _print_csv(songs, near=query.near is not None)
            else:
                from moodcurve.cli.library_views import print_songs

                shown = list(songs)
                print_songs(shown)
                total = count(opened, query) if len(shown) == query.limit else len(shown)
                say(_summary(len(shown), total))
        except ConditionError as error:
            raise UsageError(str(error), name="--where") from error


def _summary(shown: int, total: int) -> str:
    if not total:
        return "no song is like that"
    if shown < total:
        return f"{shown} of {total} songs; --limit shows more"
    return "1 song" if total == 1 else f"{total} songs"


def _print_csv(songs: "Iterable[FoundSong]", *, near: bool) -> None:
    from moodcurve.library.export_tables import print_parts, song_columns, song_parts

    columns = song_columns(near=near)
    print_parts(song_parts(songs, columns), columns, sys.stdout.buffer, "csv")
