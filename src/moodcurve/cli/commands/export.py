"""The command that takes songs out of a library."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from moodcurve.cli.app import advance, app, say
from moodcurve.cli.framework import Option, UsageError
from moodcurve.cli.library_options import Filters, LibraryOption, library_file
from moodcurve.cli.output_checks import STDOUT, check_file, check_folder
from moodcurve.util.text import one_line

if TYPE_CHECKING:
    from moodcurve.library.export import ExportProgress


class Format(StrEnum):
    """File formats of what is taken out."""

    csv = "csv"
    jsonl = "jsonl"
    parquet = "parquet"
    jams = "jams"


_ENDINGS = {format.value: format for format in (Format.csv, Format.jsonl, Format.parquet)}


@app.command
def export(
    filters: Filters,
    library: LibraryOption = None,
    output: Annotated[
        Path, Option("-o", metavar="FILE|DIR", help="Write this file; of JAMS, this folder, new or empty.")
    ] = STDOUT,
    format: Annotated[
        Format | None, Option("-f", help="By default as the file's name ends; jams is a file per song, in a folder.")
    ] = None,
    songs: Annotated[bool, Option("--songs", help="A row for each song, as without --curves.")] = False,
    curves: Annotated[bool, Option("--curves", help="A row for each point of each song's curve.")] = False,
) -> None:
    """Write songs of the library, or their curves, as a table or as JAMS files.

    All songs, or those that the options choose, as with search. Without -o, CSV and JSON lines go to standard output.

    Example: moodcurve export --curves --genre jazz -o jazz.parquet
    """
    format = _format(format, output)
    if songs and (curves or format is Format.jams):
        other = "--curves" if curves else "-f jams, which holds curves"
        raise UsageError(f"choose one of this and {other}", name="--songs")
    if output == STDOUT and format in (Format.parquet, Format.jams):
        raise UsageError(f"{format} does not go to standard output: give -o FILE|DIR", name="-f")
    if output != STDOUT:
        (check_folder if format is Format.jams else check_file)(output)
    path = library_file(library)
    if os.path.realpath(output) == os.path.realpath(path):
        raise UsageError(f"{one_line(str(output))} is the library itself; choose another", name="-o")

    from moodcurve.cli.progress import interrupts
    from moodcurve.library import open_library
    from moodcurve.library.export import stream_table, write_jams, write_table
    from moodcurve.library.queries.sql_guard import ConditionError

    query = filters.query()
    written = 0
    with open_library(path) as opened, interrupts() as check, _bar(output) as watch:

        def progress(done: int, total: int) -> None:
            nonlocal written
            check()
            watch(done, total)
            written = done

        try:
            if format is Format.jams:
                write_jams(opened, query, output, progress=progress)
            elif output == STDOUT:
                stream_table(opened, query, sys.stdout.buffer, format, curves=curves, progress=progress)
            else:
                write_table(opened, query, output, format, curves=curves, progress=progress)
        except ConditionError as error:
            raise UsageError(str(error), name="--where") from error
    if output != STDOUT:
        say(f"wrote {output}: {'1 song' if written == 1 else f'{written} songs'}")


def _format(given: Format | None, output: Path) -> Format:
    """Give the format that is asked for, else that of the file's ending; nothing is written under another's name."""
    if given is not None:
        return given
    if output == STDOUT:
        return Format.csv
    ending = output.suffix[1:].lower()
    try:
        return _ENDINGS[ending]
    except KeyError:
        known = ", ".join(f".{name}" for name in _ENDINGS)
        hint = "; JSON lines are .jsonl" if ending == "json" else ""
        raise UsageError(
            f"{one_line(str(output))} does not end in one of {known}{hint}; -f says which format is meant", name="-o"
        ) from None


@contextmanager
def _bar(output: Path) -> "Iterator[ExportProgress]":
    """Show a bar of songs where standard error is a terminal."""
    # rows that go to a terminal are their own progress
    if not sys.stderr.isatty() or (output == STDOUT and sys.stdout.isatty()):
        yield lambda done, total: None
        return
    from moodcurve.cli import views

    with views.progress_bar() as bar:
        yield partial(advance, bar, bar.add_task("songs", total=None))
