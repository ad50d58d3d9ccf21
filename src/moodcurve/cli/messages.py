"""Print messages on standard error, and format errors for them."""

import os
import sys

from moodcurve.errors import MoodcurveError
from moodcurve.util.text import one_line


def print_message(text: str) -> None:
    """Print a line on standard error, after the program's name."""
    print(f"moodcurve: {one_line(text)}", file=sys.stderr)


def error_text(error: MoodcurveError | OSError) -> str:
    """Return an error's message: which file, and what is wrong."""
    if isinstance(error, OSError):
        return f"{os.fspath(error.filename or 'standard output')}: {error.strerror or error}"
    return str(error)
