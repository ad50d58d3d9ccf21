"""The `export` command: songs of a library, or their curves, as files."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from moodcurve.cli.app import app
from moodcurve.cli.messages import print_message
from moodcurve.cli.options.common import SafeCsvOption
from moodcurve.cli.options.filters import FilterOptions
from moodcurve.cli.options.library import LibraryOption, library_path
from moodcurve.cli.output_checks import STDOUT, check_file, check_folder
from moodcurve.cli.parameters import Option, UsageError
from moodcurve.util.text import counted, one_line

if TYPE_CHECKING:
    from moodcurve.library.export import ExportProgress


class ExportFormat(StrEnum):
    """File formats of an export."""

    csv = "csv"
    jsonl = "jsonl"
    parquet = "parquet"
    jams = "jams"


_ENDINGS = {format.value: format for format in (ExportFormat.csv, ExportFormat.jsonl, ExportFormat.parquet)}


@app.command
def export(
    filters: FilterOptions,
    library: LibraryOption = None,
    output: Annotated[
        Path,
        Option(
            "-o", "--output", metavar="FILE|DIR", help="Write this file, or with -f jams this folder, new or empty."
        ),
    ] = STDOUT,
    format: Annotated[
        ExportFormat | None,
        Option(
            "-f", "--format", help="By default from the file's extension; jams writes one file per song to a folder."
        ),
    ] = None,
    songs: Annotated[bool, Option("--songs", help="Write one row per song (the default).")] = False,
    curves: Annotated[bool, Option("--curves", help="Write one row per point of each curve.")] = False,
    full: Annotated[
        bool,
        Option(
            "--full",
            help="Write one row per file with all that the library stores of it: Parquet that search and merge read.",
        ),
    ] = False,
    safe_csv: SafeCsvOption = False,
) -> None:
    """Export songs of the library, or their curves, as a table or as JAMS files.

    The options select songs as in search; without them all songs are exported. Without -o, CSV and JSON lines go to
    standard output.

    Example: moodcurve export --full -o songs.parquet
    Example: moodcurve export --curves --genre jazz -o jazz.parquet
    """
    format = _format(format, output)
    if full and (songs or curves or format is not ExportFormat.parquet):
        raise UsageError("writes Parquet, and none of --songs and --curves", name="--full")
    if songs and (curves or format is ExportFormat.jams):
        other = "--curves" if curves else "-f jams, which holds curves"
        raise UsageError(f"choose one of this and {other}", name="--songs")
    if output == STDOUT and format in (ExportFormat.parquet, ExportFormat.jams):
        raise UsageError(f"{format} cannot go to standard output; give -o FILE|DIR", name="-f")
    if output != STDOUT:
        (check_folder if format is ExportFormat.jams else check_file)(output)
    path = library_path(library)
    if os.path.realpath(output) == os.path.realpath(path):
        raise UsageError(f"{one_line(str(output))} is the library itself; choose another file", name="-o")

    from moodcurve.cli.result_files import results_stream
    from moodcurve.cli.signals import interrupts
    from moodcurve.library import open_library
    from moodcurve.library.export import stream_table, write_jams, write_rows, write_table
    from moodcurve.library.queries.sql_guard import ConditionError

    query = filters.query()
    written = 0
    with open_library(path) as opened, interrupts() as check, _bar(output) as update:

        def progress(done: int, total: int) -> None:
            nonlocal written
            check()
            update(done, total)
            written = done

        try:
            if format is ExportFormat.jams:
                write_jams(opened, query, output, progress=progress)
            elif full:
                write_rows(opened, query, output, progress=progress)
            elif output == STDOUT:
                stream = results_stream()
                stream_table(opened, query, stream, format, curves=curves, progress=progress, safe_csv=safe_csv)
            else:
                write_table(opened, query, output, format, curves=curves, progress=progress, safe_csv=safe_csv)
        except ConditionError as error:
            raise UsageError(str(error), name="--where") from error
    if output != STDOUT:
        print_message(f"wrote {output}: {counted(written, 'song')}")


def _format(given: ExportFormat | None, output: Path) -> ExportFormat:
    """Return the given format, or that of the file's extension."""
    if given is not None:
        return given
    if output == STDOUT:
        return ExportFormat.csv
    ending = output.suffix[1:].lower()
    try:
        return _ENDINGS[ending]
    except KeyError:
        known = ", ".join(f".{name}" for name in _ENDINGS)
        hint = "; JSON lines are .jsonl" if ending == "json" else ""
        raise UsageError(
            f"{one_line(str(output))} does not end in one of {known}{hint}; give the format with -f", name="-o"
        ) from None


@contextmanager
def _bar(output: Path) -> "Iterator[ExportProgress]":
    """Show a bar of songs, if standard error is a terminal."""
    # rows that are printed to a terminal are progress enough
    if not sys.stderr.isatty() or (output == STDOUT and sys.stdout.isatty()):
        yield lambda done, total: None
        return
    from moodcurve.cli import console

    with console.progress_bar("songs") as update:
        yield update
