"""Commands that ask a library: search, one song, and the files that could not be used."""

import json
import sys
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

from moodcurve.cli.app import app, say
from moodcurve.cli.framework import Argument, Option, UsageError
from moodcurve.cli.library_options import Filters, LibraryOption, library_file

if TYPE_CHECKING:
    from moodcurve.library.queries.search import FoundSong

TABLE_LIMIT = 50
"""Songs in a table where no other number is asked for: more than a screen holds."""


class Shown(StrEnum):
    """Formats of a song of the library."""

    csv = "csv"
    json = "json"


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
    from moodcurve.library.queries.search import count, song_json
    from moodcurve.library.queries.search import search as find_songs
    from moodcurve.library.queries.sql_guard import ConditionError

    query = filters.query(limit=None if as_json or as_csv else TABLE_LIMIT)
    with open_library(library_file(library)) as opened:
        try:
            songs = find_songs(opened, query)
            if as_json:
                _print_json(map(song_json, songs))
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


@app.command
def show(
    song: Annotated[str, Argument(metavar="SONG", help="Its file, its number, or a part of its title.")],
    library: LibraryOption = None,
    format: Annotated[Shown | None, Option("-f", help="Print this instead.")] = None,
) -> None:
    """Show a song of the library as analyze shows it, without listening again.

    Example: moodcurve show "clair de lune" -f json
    """
    if not song.strip():
        raise UsageError(f"{song!r} names no song", name="SONG")
    from moodcurve.formats import json_text, to_csv
    from moodcurve.library import open_library
    from moodcurve.library.queries.find_song import find_song

    with open_library(library_file(library)) as opened:
        stored = find_song(opened, song)
    if format is None:
        from moodcurve.cli import views
        from moodcurve.cli.library_views import print_origin

        views.print_curves([stored.curve])
        print_origin(stored)
        for warning in stored.curve.warnings:
            say(f"{stored.paths[0]}: {warning}")
    else:
        _print_text([json_text(stored.data) if format is Shown.json else to_csv(stored.curve)])


@app.command
def problems(
    library: LibraryOption = None,
    as_json: Annotated[bool, Option("--json", help="Print a list of files as JSON.")] = False,
) -> None:
    """List the files that a scan could not use, with the reasons.

    They are not tried again until they change.

    Example: moodcurve problems
    """
    from moodcurve.library import open_library
    from moodcurve.util.text import utf8_text

    with open_library(library_file(library)) as opened:
        found = opened.problems()
    if as_json:
        _print_json({"path": utf8_text(problem.path), "reason": problem.reason} for problem in found)
    elif found:
        from moodcurve.cli.library_views import print_problems

        print_problems(found)
    else:
        say("no problems")


def _summary(shown: int, total: int) -> str:
    if not total:
        return "no song is like that"
    if shown < total:
        return f"{shown} of {total} songs; --limit shows more"
    return "1 song" if total == 1 else f"{total} songs"


def _print_json(items: Iterable[dict[str, Any]]) -> None:
    """Print a list, an item a line, as the items come."""

    def lines() -> Iterator[str]:
        before = "[\n"
        for item in items:
            yield before + json.dumps(item, ensure_ascii=False, allow_nan=False)
            before = ",\n"
        yield "[]\n" if before == "[\n" else "\n]\n"

    _print_text(lines())


def _print_csv(songs: "Iterable[FoundSong]", *, near: bool) -> None:
    from moodcurve.library.export_tables import song_batches, song_columns, write_batches

    columns = song_columns(near=near)
    write_batches(song_batches(songs, columns), columns, sys.stdout.buffer, "csv")


def _print_text(parts: Iterable[str]) -> None:
    for part in parts:
        # bytes: JSON and CSV are UTF-8 wherever they go
        sys.stdout.buffer.write(part.encode("utf-8", "replace"))
