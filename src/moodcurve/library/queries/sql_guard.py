"""Restrict a user's SQL to a condition that reads songs."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from moodcurve.library.errors import LibraryError

Execute = Callable[[str, Mapping[str, Any]], sqlite3.Cursor]

ALLOWED_FUNCTIONS = frozenset((
    "abs", "acos", "asin", "atan", "atan2", "avg", "ceil", "char", "coalesce", "cos", "count", "date",
    "datetime", "degrees", "exp", "floor", "format", "glob", "hex", "ifnull", "iif", "instr", "julianday",
    "length", "like", "ln", "log", "log10", "log2", "lower", "ltrim", "max", "min", "mod", "nullif", "pi",
    "pow", "power", "printf", "quote", "radians", "random", "replace", "round", "rtrim", "sign", "sin",
    "sqrt", "strftime", "substr", "substring", "sum", "tan", "time", "total", "trim", "typeof", "unicode",
    "unixepoch", "upper",
    "squared_drawing_distance",  # see `moodcurve.library.queries.search`
))  # fmt: skip
"""SQLite functions that a condition can use, if the installed SQLite has them."""
VIEW = "songs"
"""The only view that a condition can read."""
VIEW_TABLES = ("song", "file", "measured")
"""The tables that the view reads."""
MAX_SHOWN = 200
"""Characters of a condition shown in a message; SQLite accepts conditions of many thousands."""
MAX_BYTES = 10_000_000
"""Bytes of a string or blob that a condition can produce."""


class ConditionError(LibraryError):
    """A condition in SQL is malformed, or does more than read songs; the message says which."""


@contextmanager
def restrict_to_songs(db: sqlite3.Connection, condition: str | None) -> Iterator[Execute]:
    """Yield a function that executes SQL with a user's condition; without one, the plain `execute` of the connection.

    Inside the block, SQLite compiles only statements that read the view ``songs`` with `ALLOWED_FUNCTIONS`.
    """
    if condition is None:
        yield db.execute
        return

    def execute(sql: str, values: Mapping[str, Any]) -> sqlite3.Cursor:
        with translate_condition_errors(condition):
            return db.execute(sql, values)

    db.set_authorizer(_authorize)
    db.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_BYTES)
    # calls Python every 100,000 steps of SQLite, so that Ctrl-C works in a long query
    db.set_progress_handler(lambda: 0, 100_000)
    try:
        yield execute
    finally:
        db.set_authorizer(None)


@contextmanager
def translate_condition_errors(condition: str | None) -> Iterator[None]:
    """Raise SQL errors that a condition causes as `ConditionError`; without a condition, leave them as they are."""
    try:
        yield
    except (sqlite3.Error, sqlite3.Warning) as error:
        name = getattr(error, "sqlite_errorname", "")
        if name == "SQLITE_INTERRUPT":
            raise KeyboardInterrupt from error
        if condition is None or name not in _CONDITION_ERRORS:
            raise
        # further lines are not about the user's SQL
        reason = _CONDITION_ERRORS[name] or str(error).splitlines()[0]
        shown = condition if len(condition) <= MAX_SHOWN else f"{condition[:MAX_SHOWN]}..."
        raise ConditionError(
            f"condition {shown!r}: {reason[:MAX_SHOWN]}; expected SQL such as arousal > 0.2 AND year < 1990"
        ) from None


_CONDITION_ERRORS = {
    "SQLITE_ERROR": "",
    "SQLITE_TOOBIG": "it produces a string that is too long",
    "SQLITE_MISMATCH": "",
    "SQLITE_AUTH": "it can only read the columns of songs, with common functions",
    # raised by Python itself: several statements, missing parameters
    "": "",
}
"""Errors that a condition can cause, by SQLite's name, and their messages; empty: SQLite's own message."""


def _authorize(action: int, first: str | None, second: str | None, database: str | None, source: str | None) -> int:
    """Decide whether SQLite may compile a statement; see sqlite3_set_authorizer."""
    # a table of which no column is read is reported without the view that reads it
    reads_songs = action == sqlite3.SQLITE_READ and (VIEW in (first, source) or (first in VIEW_TABLES and not second))
    calls = action == sqlite3.SQLITE_FUNCTION and str(second).lower() in ALLOWED_FUNCTIONS
    allowed = action == sqlite3.SQLITE_SELECT or reads_songs or calls
    return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY
