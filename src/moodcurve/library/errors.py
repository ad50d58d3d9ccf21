"""The errors of a library, and SQLite's errors as messages that say what to do."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from moodcurve.errors import MoodcurveError
from moodcurve.util.files import AnyPath
from moodcurve.util.text import one_line


class LibraryError(MoodcurveError):
    """A library cannot be opened, read or written; the message names the file and a remedy."""


_CAUSES = {
    "SQLITE_FULL": "the disk is full; everything stored so far is safe, free some space and try again",
    "SQLITE_IOERR": "the disk cannot be read or written",
    "SQLITE_BUSY": "another process is writing to it; try again when it is done",
    "SQLITE_LOCKED": "another process is writing to it; try again when it is done",
    "SQLITE_READONLY": "it is read-only; choose another file or change its permissions",
    "SQLITE_PERM": "permission denied; change its permissions",
    "SQLITE_CANTOPEN": "it cannot be opened; choose a file in an existing, writable folder",
    "SQLITE_CORRUPT": "it is damaged; restore a backup, or move it away and scan again",
    "SQLITE_NOTADB": "not a library of moodcurve; `moodcurve scan FOLDER` makes one",
}
"""Messages for SQLite's errors that the user or the machine causes; all others are defects of this code."""


def library_error(path: AnyPath, error: sqlite3.Error) -> LibraryError | None:
    """Return the `LibraryError` for an error of SQLite, or None if it shows a defect of this code."""
    name = getattr(error, "sqlite_errorname", "")
    for kind, cause in _CAUSES.items():
        if name == kind or name.startswith(f"{kind}_"):
            detail = "" if kind in str(error) else f" ({error})"
            return LibraryError(f"{one_line(str(path))}: {cause}{detail}")
    return None


@contextmanager
def translate_errors(path: AnyPath) -> Iterator[None]:
    """Raise SQLite's errors that a user can fix as `LibraryError`."""
    try:
        yield
    except sqlite3.Error as error:
        translated = library_error(path, error)
        if translated is None:
            raise
        raise translated from error
