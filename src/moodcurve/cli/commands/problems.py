"""The command `problems`."""

from typing import Annotated

from moodcurve.cli.app import app, say
from moodcurve.cli.framework import Option
from moodcurve.cli.library_options import LibraryOption, library_file
from moodcurve.cli.printing import print_json


@app.command
def problems(
    library: LibraryOption = None,
    as_json: Annotated[bool, Option("--json", help="Print a list of files as JSON.")] = False,
) -> None:
    """List the files that a scan could not use, with the reasons.

    They are not tried again until they change.

    Example: moodcurve problems
    """
    from moodcurve.formats.json_file import utf8_text
    from moodcurve.library import open_library

    with open_library(library_file(library)) as opened:
        found = opened.problems()
    if as_json:
        print_json({"path": utf8_text(problem.path), "reason": problem.reason} for problem in found)
    elif found:
        from moodcurve.cli.library_views import print_problems

        print_problems(found)
    else:
        say("no problems")
