"""The errors of a library, and SQLite's errors as messages that say what to do."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from moodcurve.errors import MoodcurveError
from moodcurve.util.files import AnyPath
from moodcurve.util.text import one_line


class LibraryError(MoodcurveError):
    """A library cannot be opened, read or written; the message names the file and a remedy."""


RESCUE = "restore a backup, or move it away and scan again"
"""What to do about a damaged library."""
NO_SONGS = "the library holds no songs yet; scan a folder of music first"
"""What to do about an empty library."""
_CAUSES = {
    "SQLITE_FULL": "the disk is full; everything stored so far is safe, free some space and try again",
    "SQLITE_IOERR": "the disk cannot be read or written",
    "SQLITE_BUSY": "another process is writing to it; try again when it is done",
    "SQLITE_LOCKED": "another process is writing to it; try again when it is done",
    "SQLITE_READONLY": "it is read-only; choose another file or change its permissions",
    "SQLITE_PERM": "permission denied; change its permissions",
    "SQLITE_CANTOPEN": "it cannot be opened; choose a file in an existing, writable folder",
    "SQLITE_CORRUPT": f"it is damaged; {RESCUE}",
    "SQLITE_NOTADB": "not a library of moodcurve; `moodcurve scan FOLDER` makes one",
}
"""Messages for SQLite's errors that the user or the machine causes. Others mean damage; errors in the use of SQLite's
interface (`sqlite3.ProgrammingError`) are defects of this code."""


def _library_error(path: AnyPath, error: sqlite3.Error) -> LibraryError | None:
    """Return the `LibraryError` for an error of SQLite, or None if it shows a defect of this code."""
    name = getattr(error, "sqlite_errorname", "")
    for kind, cause in _CAUSES.items():
        if name == kind or name.startswith(f"{kind}_"):
            detail = "" if kind in str(error) else f" ({_shown(error)})"
            return LibraryError(f"{one_line(str(path))}: {cause}{detail}")
    if isinstance(error, sqlite3.OperationalError | sqlite3.DataError | sqlite3.IntegrityError):
        if name == "SQLITE_INTERRUPT":
            return None
        return LibraryError(f"{one_line(str(path))}: it is damaged; {RESCUE} ({_shown(error)})")
    return None


def _shown(error: sqlite3.Error) -> str:
    """Return an error of SQLite on one line; it may quote a whole table, and what is damaged in it."""
    return one_line(str(error))[:200]


@contextmanager
def translate_errors(path: AnyPath) -> Iterator[None]:
    """Raise SQLite's errors that a user can fix as `LibraryError`."""
    try:
        yield
    except sqlite3.Error as error:
        translated = _library_error(path, error)
        if translated is None:
            raise
        raise translated from error
    except UnicodeDecodeError as error:  # text of SQLite's own messages, which names what is damaged
        raise LibraryError(f"{one_line(str(path))}: it is damaged; {RESCUE}") from error
