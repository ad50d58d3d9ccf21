"""The command `show`."""

from enum import StrEnum
from typing import Annotated

from moodcurve.cli.app import app, say
from moodcurve.cli.framework import Argument, Option, UsageError
from moodcurve.cli.library_options import LibraryOption, library_file
from moodcurve.cli.printing import print_text


class Shown(StrEnum):
    """Formats of a song of the library."""

    csv = "csv"
    json = "json"


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
    from moodcurve.library.queries.find_song import find

    with open_library(library_file(library)) as opened:
        stored = find(opened, song)
    if format is None:
        from moodcurve.cli import views
        from moodcurve.cli.library_views import print_origin

        views.print_curves([stored.curve])
        print_origin(stored)
        for warning in stored.curve.warnings:
            say(f"{stored.paths[0]}: {warning}")
    else:
        print_text([json_text(stored.data) if format is Shown.json else to_csv(stored.curve)])
