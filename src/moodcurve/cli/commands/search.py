"""The `search` command: songs of a library by mood, tags or SQL."""

import shlex
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from moodcurve.cli.app import app
from moodcurve.cli.messages import print_message
from moodcurve.cli.options.common import JsonOption, SafeCsvOption
from moodcurve.cli.options.filters import MOOD_WORDS, QUADRANTS, TAGS, FilterOptions
from moodcurve.cli.options.library import LibraryOrTablesOption, open_songs
from moodcurve.cli.output_checks import STDOUT, check_file, check_results
from moodcurve.cli.parameters import Option, UsageError
from moodcurve.cli.playlist_files import AbsoluteOption, PlaylistFormat, playlist_file
from moodcurve.cli.result_files import json_list, results_stream, write_parts, write_texts

if TYPE_CHECKING:
    from moodcurve.library import Library
    from moodcurve.library.queries.search import FoundSong, Query
    from moodcurve.library.tables.connection import SongTables

TABLE_LIMIT = 50
"""Songs in a table without --limit: more than a screen shows."""


@app.command
def search(
    filters: FilterOptions,
    library: LibraryOrTablesOption = None,
    json_file: JsonOption = None,
    as_csv: Annotated[bool, Option("--csv", help="Print CSV, one line per song.")] = False,
    format: Annotated[
        PlaylistFormat | None, Option("-f", "--format", help="Print a playlist, for players, or write it with -o.")
    ] = None,
    output: Annotated[Path | None, Option("-o", "--output", metavar="FILE", help="Write the playlist to FILE.")] = None,
    absolute: AbsoluteOption = False,
    safe_csv: SafeCsvOption = False,
) -> None:
    """Search the library by mood, arousal and valence, tags, or an SQL condition.

    --tag searches what a pretrained network predicts; TEXT, --genre and the like search the files' own tags.

    The table shows 50 songs unless --limit says otherwise; --json, --csv and -f return all. To write a table in another
    format, use export.

    Example: moodcurve search --quadrant calm-positive --near -0.3,0.4 --genre jazz
    Example: moodcurve search --tag acoustic --tag "folk:0.3,country:0.3"
    Example: moodcurve search --library "s3://bucket/songs/*.parquet" --starts calm --ends excited
    Example: moodcurve search --words calm --sort arousal -f m3u8 -o calm.m3u8
    """
    if json_file is not None and as_csv:
        raise UsageError("choose one of --json and --csv", name="--csv")
    if format is not None and (json_file is not None or as_csv):
        raise UsageError("choose one of -f, --json and --csv", name="-f")
    if output is not None and format is None:
        raise UsageError(f"needs the format of a playlist, -f {'|'.join(PlaylistFormat)}", name="-o")
    if output not in (None, STDOUT):
        check_file(output)
    check_results(json_file)

    from moodcurve.library import Library
    from moodcurve.library.errors import NO_SONGS
    from moodcurve.library.queries.query import Query
    from moodcurve.library.queries.search import song_json
    from moodcurve.library.queries.sql_guard import ConditionError

    query = filters.query(limit=TABLE_LIMIT if json_file is None and format is None and not as_csv else None)
    with open_songs(library) as opened:
        if format is not None and not isinstance(opened, Library):
            raise UsageError("playlists need a library; make one of the Parquet files with merge", name="-f")
        try:
            songs = _search(opened, query)
            if json_file is not None:
                write_parts(json_list(map(song_json, songs)), json_file)
            elif as_csv:
                _print_csv(songs, distance=query.has_distance, safe=safe_csv)
            elif format is not None and isinstance(opened, Library):
                from moodcurve.playlists.library_songs import read_tracks

                target = output or STDOUT
                tracks = read_tracks(opened, [song.id for song in songs])
                name = "moodcurve search" if target == STDOUT else target.stem
                write_texts({target: playlist_file(tracks, format, target, name=name, absolute=absolute)})
                if not tracks:
                    print_message(_summary(0, 0, filters.text or []))
            else:
                from moodcurve.cli.library_views import print_songs

                shown = list(songs)
                print_songs(shown, asked=query.asked_columns, by_tag=bool(query.tags))
                total = _count(opened, query) if len(shown) == query.limit else len(shown)
                # all rows of tables would be read just for another message
                is_empty = not total and isinstance(opened, Library) and not _count(opened, Query())
                print_message(NO_SONGS if is_empty else _summary(len(shown), total, filters.text or []))
        except ConditionError as error:
            raise UsageError(str(error), name="--where") from error


def _search(opened: "Library | SongTables", query: "Query") -> "Iterable[FoundSong]":
    """Return the songs of a library, or of tables, that match a query."""
    from moodcurve.library import Library
    from moodcurve.library.queries.search import search as search_library

    if isinstance(opened, Library):
        return search_library(opened, query)
    from moodcurve.library.tables.search import search as search_tables

    return search_tables(opened, query)


def _count(opened: "Library | SongTables", query: "Query") -> int:
    """Count the songs of a library, or of tables, that match a query."""
    from moodcurve.library import Library
    from moodcurve.library.queries.search import count as count_library

    if isinstance(opened, Library):
        return count_library(opened, query)
    from moodcurve.library.tables.search import count as count_tables

    return count_tables(opened, query)


def _summary(shown: int, total: int, text: list[str]) -> str:
    """Return the line below the table: how many songs match, or a hint if none does."""
    if not total:
        return "no matching songs" + _option_hint(" ".join(text))
    if shown < total:
        return f"{shown} of {total} songs; use --limit to show more"
    return "1 song" if total == 1 else f"{total} songs"


def _option_hint(text: str) -> str:
    """Return the option that finds the moods, quadrants or tags of the words of a text, as the end of a sentence."""
    padded = f" {' '.join(text.lower().split())} "
    for option, names, what in (
        ("--words", MOOD_WORDS, "mood"), ("--quadrant", QUADRANTS, "mood"), ("--tag", TAGS, "tag"),
    ):  # fmt: skip
        places = {name: padded.find(f" {name.lower()} ") for name in names}
        if found := sorted((name for name, at in places.items() if at >= 0), key=places.__getitem__):
            return f"; to search by {what}, use {option} {shlex.quote(','.join(found))}"
    return ""


def _print_csv(songs: "Iterable[FoundSong]", *, distance: bool, safe: bool) -> None:
    from moodcurve.library.export_tables import song_batches, song_columns, write_batches

    columns = song_columns(distance=distance)
    write_batches(song_batches(songs, columns), columns, results_stream(), "csv", safe=safe)
