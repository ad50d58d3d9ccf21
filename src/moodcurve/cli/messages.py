"""Print messages on standard error, and format errors for them."""

import errno
import os
import sys

from moodcurve.errors import MoodcurveError
from moodcurve.util.text import one_line


def print_message(text: str) -> None:
    """Print a line on standard error, after the program's name."""
    print(f"moodcurve: {one_line(text)}", file=sys.stderr)


_CAUSES = {
    errno.ENOENT: "the working folder was removed; change to another one",
    errno.EMFILE: "too many open files; raise the limit (ulimit -n)",
    errno.ENFILE: "the machine has too many open files",
    errno.EAGAIN: "no further process or thread can be started; end others, or raise the limit (ulimit -u)",
    errno.ENOMEM: "not enough memory",
}
"""Causes of errors that name no file, other than those of standard output."""


def error_text(error: MoodcurveError | OSError) -> str:
    """Return an error's message: which file, and what is wrong."""
    if not isinstance(error, OSError):
        return str(error)
    if error.filename is None and error.errno in _CAUSES:
        return _CAUSES[error.errno]
    return f"{os.fspath(error.filename or 'standard output')}: {error.strerror or error}"
