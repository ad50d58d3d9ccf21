"""The `search` command: songs of a library by mood, tags or SQL."""

import shlex
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

from moodcurve.cli.app import app
from moodcurve.cli.messages import print_message
from moodcurve.cli.options import (
    MOOD_WORDS,
    QUADRANTS,
    TAGS,
    Filters,
    JsonOption,
    LibraryOption,
    SafeCsvOption,
    library_path,
)
from moodcurve.cli.output_checks import check_results
from moodcurve.cli.parameters import Option, UsageError
from moodcurve.cli.result_files import json_list, results_stream, write_parts

if TYPE_CHECKING:
    from moodcurve.library.queries.search import FoundSong

TABLE_LIMIT = 50
"""Songs in a table without --limit: more than a screen shows."""


@app.command
def search(
    filters: Filters,
    library: LibraryOption = None,
    json_file: JsonOption = None,
    as_csv: Annotated[bool, Option("--csv", help="Print CSV, one line per song.")] = False,
    safe_csv: SafeCsvOption = False,
) -> None:
    """Search the library by mood, arousal and valence, tags, or an SQL condition.

    --tag searches what a pretrained network hears; TEXT, --genre and the like search the files' own tags.

    The table shows 50 songs unless --limit says otherwise; --json and --csv return all. To write a file in another
    format, use export.

    Example: moodcurve search --quadrant calm-positive --near -0.3,0.4 --genre jazz
    Example: moodcurve search --tag acoustic --tag "folk:0.3,country:0.3"
    """
    if json_file is not None and as_csv:
        raise UsageError("choose one of --json and --csv", name="--csv")
    check_results(json_file)

    from moodcurve.library import open_library
    from moodcurve.library.queries.search import count, song_json
    from moodcurve.library.queries.search import search as find_songs
    from moodcurve.library.queries.sql_guard import ConditionError

    query = filters.query(limit=TABLE_LIMIT if json_file is None and not as_csv else None)
    with open_library(library_path(library)) as opened:
        try:
            songs = find_songs(opened, query)
            if json_file is not None:
                write_parts(json_list(map(song_json, songs)), json_file)
            elif as_csv:
                _print_csv(songs, near=query.near is not None, safe=safe_csv)
            else:
                from moodcurve.cli.library_views import print_songs

                shown = list(songs)
                print_songs(shown)
                total = count(opened, query) if len(shown) == query.limit else len(shown)
                print_message(_summary(len(shown), total, filters.text or []))
        except ConditionError as error:
            raise UsageError(str(error), name="--where") from error


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


def _print_csv(songs: "Iterable[FoundSong]", *, near: bool, safe: bool) -> None:
    from moodcurve.library.export_tables import song_batches, song_columns, write_batches

    columns = song_columns(near=near)
    write_batches(song_batches(songs, columns), columns, results_stream(), "csv", safe=safe)
