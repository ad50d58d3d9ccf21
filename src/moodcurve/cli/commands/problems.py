"""The `problems` command: files of a library that cannot be used."""

from moodcurve.cli.app import app
from moodcurve.cli.messages import print_message
from moodcurve.cli.options.common import JsonOption
from moodcurve.cli.options.library import LibraryOption, library_path
from moodcurve.cli.output_checks import check_results
from moodcurve.cli.result_files import json_list, write_parts


@app.command
def problems(library: LibraryOption = None, json_file: JsonOption = None) -> None:
    """List files that could not be analyzed, with the reasons.

    A scan tries these files again when they have changed.

    Example: moodcurve problems
    """
    from moodcurve.library import open_library
    from moodcurve.util.text import path_text

    check_results(json_file)
    with open_library(library_path(library)) as opened:
        found = opened.problems()
    if json_file is not None:
        items = ({"path": path_text(problem.path), "reason": problem.reason} for problem in found)
        write_parts(json_list(items), json_file)
    elif found:
        from moodcurve.cli.library_views import print_problems

        print_problems(found)
    else:
        print_message("no problems")
