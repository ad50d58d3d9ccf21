"""The `show` command: one song of a library."""

from enum import StrEnum
from typing import Annotated

from moodcurve.cli.app import app
from moodcurve.cli.messages import print_message
from moodcurve.cli.options.library import LibraryOrTablesOption, open_songs
from moodcurve.cli.parameters import Argument, Option, UsageError
from moodcurve.cli.result_files import print_text


class PrintFormat(StrEnum):
    """Formats in which a stored curve can be printed."""

    csv = "csv"
    json = "json"


@app.command
def show(
    song: Annotated[str, Argument(metavar="SONG", help="File, id in the library, external id, or part of the title.")],
    library: LibraryOrTablesOption = None,
    format: Annotated[PrintFormat | None, Option("-f", "--format", help="Print the curve in this format.")] = None,
) -> None:
    """Show a song of the library in the same way as analyze.

    Of Parquet files, SONG is a path, an external id or an id.

    Example: moodcurve show "clair de lune" -f json
    """
    if not song.strip():
        raise UsageError(f"{song!r} names no song", name="SONG")
    from moodcurve.formats import json_text, to_csv
    from moodcurve.library import Library
    from moodcurve.library.queries.find_song import find_song

    with open_songs(library) as opened:
        if isinstance(opened, Library):
            stored = find_song(opened, song)
        else:
            from moodcurve.library.tables.search import find_song as find_row

            stored = find_row(opened, song)
    if format is None:
        from moodcurve.cli import curve_views
        from moodcurve.cli.library_views import print_origin

        curve_views.print_curves([stored.curve])
        print_origin(stored)
        for warning in stored.curve.warnings:
            print_message(f"{stored.shown}: {warning}")
    else:
        print_text([json_text(stored.data) if format is PrintFormat.json else to_csv(stored.curve)])
