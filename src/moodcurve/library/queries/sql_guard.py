"""SQL that a user wrote, kept to what it is for: a condition on songs."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from moodcurve.library.errors import LibraryError

Run = Callable[[str, Mapping[str, Any]], sqlite3.Cursor]

FUNCTIONS = frozenset((
    "abs", "acos", "asin", "atan", "atan2", "avg", "ceil", "char", "coalesce", "cos", "count", "date",
    "datetime", "degrees", "exp", "floor", "format", "glob", "hex", "ifnull", "iif", "instr", "julianday",
    "length", "like", "ln", "log", "log10", "log2", "lower", "ltrim", "max", "min", "mod", "nullif", "pi",
    "pow", "power", "printf", "quote", "radians", "random", "replace", "round", "rtrim", "sign", "sin",
    "sqrt", "strftime", "substr", "substring", "sum", "tan", "time", "total", "trim", "typeof", "unicode",
    "unixepoch", "upper",
))  # fmt: skip
"""Functions of SQLite that a condition may use, where the SQLite at hand has them."""
SONGS = "songs"
"""The one view that a condition may look at."""
TABLES = ("song", "file")
"""What it is made of."""
SHOWN = 200
"""Characters of a condition that a message shows; SQLite takes conditions of many thousands."""
LONGEST = 10_000_000
"""Bytes of a text or number that a condition may make."""


class ConditionError(LibraryError):
    """A condition in SQL is wrong, or asks for more than to look at songs; the message says what."""


@contextmanager
def restrict_to_songs(db: sqlite3.Connection, condition: str | None) -> Iterator[Run]:
    """Give what runs SQL that holds a user's condition; without one, it is just `sqlite3.Connection.execute`.

    While the block lasts, nothing but reading the view ``songs`` with harmless functions is compiled.
    """
    if condition is None:
        yield db.execute
        return

    def run(sql: str, values: Mapping[str, Any]) -> sqlite3.Cursor:
        with translate_condition_errors(condition):
            return db.execute(sql, values)

    db.set_authorizer(_allowed)
    db.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST)
    # Python looks for Ctrl-C while its own code runs: each so many steps of SQLite's
    db.set_progress_handler(lambda: 0, 100_000)
    try:
        yield run
    finally:
        db.set_authorizer(None)


@contextmanager
def translate_condition_errors(condition: str | None) -> Iterator[None]:
    """Turn errors of SQL into `ConditionError` where there is a condition to blame."""
    try:
        yield
    except (sqlite3.Error, sqlite3.Warning) as error:
        name = getattr(error, "sqlite_errorname", "")
        if name == "SQLITE_INTERRUPT":
            raise KeyboardInterrupt from error
        if condition is None or name not in _CONDITIONS_FAULT:
            raise
        # what follows the first line is not the user's
        said = _CONDITIONS_FAULT[name] or str(error).splitlines()[0]
        shown = condition if len(condition) <= SHOWN else f"{condition[:SHOWN]}..."
        raise ConditionError(
            f"condition {shown!r}: {said[:SHOWN]}; expected SQL such as arousal > 0.2 AND year < 1990"
        ) from None


_CONDITIONS_FAULT = {
    "SQLITE_ERROR": "",
    "SQLITE_TOOBIG": "it makes a text that is too long",
    "SQLITE_MISMATCH": "",
    "SQLITE_AUTH": "it may only look at the columns of songs, with usual functions",
    # of Python's own: several statements, values that are asked for
    "": "",
}
"""Errors that a condition can cause, by SQLite's name, and what is said of them; empty: what SQLite says."""


def _allowed(action: int, first: str | None, second: str | None, database: str | None, source: str | None) -> int:
    """Say whether a statement may be compiled; see sqlite3_set_authorizer."""
    # a table of which no column is read is named as if by itself: one that the view stands on
    reads_songs = action == sqlite3.SQLITE_READ and (SONGS in (first, source) or (first in TABLES and not second))
    calls = action == sqlite3.SQLITE_FUNCTION and str(second).lower() in FUNCTIONS
    good = action == sqlite3.SQLITE_SELECT or reads_songs or calls
    return sqlite3.SQLITE_OK if good else sqlite3.SQLITE_DENY
