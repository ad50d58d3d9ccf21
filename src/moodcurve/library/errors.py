"""What a library refuses, and SQLite's errors as lines that say what to do."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from moodcurve.errors import MoodcurveError
from moodcurve.util.files import AnyPath
from moodcurve.util.text import one_line


class LibraryError(MoodcurveError):
    """A library cannot be opened, read or written; the message names its file and says what would do."""


_CAUSES = {
    "SQLITE_FULL": "the disk is full; what was stored before is kept, make room and go on",
    "SQLITE_IOERR": "the disk cannot be read or written",
    "SQLITE_BUSY": "another process is writing to it; try again when that is done",
    "SQLITE_LOCKED": "another process is writing to it; try again when that is done",
    "SQLITE_READONLY": "it cannot be written here; choose another file or change its permissions",
    "SQLITE_PERM": "it may not be opened; change its permissions",
    "SQLITE_CANTOPEN": "it cannot be opened; give a file in a folder that exists and may be written",
    "SQLITE_CORRUPT": "it is damaged; restore a copy, or move it away and scan again",
    "SQLITE_NOTADB": "not a library of moodcurve; `moodcurve scan FOLDER` makes one",
}
"""Of SQLite's kinds of errors, those that are the user's or the machine's and not this code's."""


def library_error(path: AnyPath, error: sqlite3.Error) -> LibraryError | None:
    """Give the line for an error of SQLite; None if it shows a defect of this code."""
    name = getattr(error, "sqlite_errorname", "")
    for kind, cause in _CAUSES.items():
        if name == kind or name.startswith(f"{kind}_"):
            said = "" if kind in str(error) else f" ({error})"
            return LibraryError(f"{one_line(str(path))}: {cause}{said}")
    return None


@contextmanager
def translate_errors(path: AnyPath) -> Iterator[None]:
    """Turn SQLite's errors that a user can mend into `LibraryError`."""
    try:
        yield
    except sqlite3.Error as error:
        line = library_error(path, error)
        if line is None:
            raise
        raise line from error
