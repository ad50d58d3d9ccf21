"""The `merge` command: several libraries, or tables of analyzed songs, as one library."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from moodcurve.cli.app import app
from moodcurve.cli.messages import print_message
from moodcurve.cli.options.common import JsonOption
from moodcurve.cli.output_checks import STDOUT, check_results
from moodcurve.cli.parameters import Argument, Option, PathOrUrl, UsageError
from moodcurve.util.text import counted

if TYPE_CHECKING:
    from moodcurve.library.merge import MergeStats


@app.command
def merge(
    inputs: Annotated[
        list[PathOrUrl],
        Argument(
            metavar="INPUT",
            help="Libraries, and Parquet files of analyzed songs: files, folders, patterns, or these at URLs.",
        ),
    ],
    output: Annotated[Path, Option("-o", "--output", metavar="FILE", help="Write the library to FILE.")],
    force: Annotated[bool, Option("--force", help="Replace FILE if it exists.")] = False,
    json_file: JsonOption = None,
) -> None:
    """Merge libraries and Parquet files of analyzed songs into a new library.

    A song that several inputs have is taken once, with its newest analysis. The inputs stay as they are.

    Example: moodcurve merge laptop.sqlite studio.sqlite -o all.sqlite
    Example: moodcurve merge "s3://bucket/songs/*.parquet" -o songs.sqlite
    """
    check_results(json_file)
    if output == STDOUT:
        raise UsageError("a library cannot go to standard output; give a file", name="-o")

    from moodcurve.cli.result_files import write_texts
    from moodcurve.cli.signals import interrupts
    from moodcurve.library.merge import merge as merge_libraries

    with interrupts() as check:
        stats = merge_libraries(inputs, output, force=force, check=check)
    if json_file is not None:
        write_texts({json_file: json.dumps(vars(stats)) + "\n"})
    if json_file != STDOUT:
        for line in _lines(stats):
            print_message(line)
        print_message(f"wrote {output}: {counted(stats.songs, 'song')}")


def _lines(stats: "MergeStats") -> list[str]:
    """Return what a merge decided, and what a user should know of the result."""
    lines = []
    if stats.shared:
        lines.append(
            f"{counted(stats.shared, 'song')} in several inputs, of which {stats.replaced:,} took a newer analysis"
        )
    if stats.paths:
        lines.append(f"{counted(stats.paths, 'path')} with different audio; the file of the newer analysis is kept")
    if stats.ids:
        lines.append(f"{counted(stats.ids, 'file')} with two external ids; that of the newer analysis is kept")
    if stats.problems:
        lines.append(f"{counted(stats.problems, 'file')} that could not be used; `moodcurve problems` lists them")
    if len(stats.models) > 1:
        names = (
            f"{model}{f' {version}' if version else ''} with {features}: {number:,}"
            for model, version, features, number in stats.models
        )
        lines.append(f"songs of several models ({'; '.join(names)}); scan --again analyzes all by one")
    return lines
