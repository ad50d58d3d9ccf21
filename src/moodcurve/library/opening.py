"""Open a library's file to read or to write: check that it is one, and migrate older ones.

One process writes while any number read (SQLite's write-ahead log).
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

from moodcurve.library import schema
from moodcurve.library.connection import connect, file_id_of, merge_log, use_write_ahead_log
from moodcurve.library.database import Library
from moodcurve.library.errors import RESCUE, LibraryError, translate_errors
from moodcurve.library.layout import is_own_layout, wrong_type
from moodcurve.util.files import AnyPath
from moodcurve.util.text import one_line


@contextmanager
def open_library(path: AnyPath, *, write: bool = False) -> Iterator[Library]:
    """Open a library to read it, or with `write` also to change it.

    With `write`, a missing file and its folders are created. A library of an older version is migrated, also when
    it is only read. On a read-only disk an up-to-date library is read as it is.

    Raises
    ------
    LibraryError
        If there is no file to read, it is not a library, a newer version of moodcurve created it, or it cannot be
        opened or migrated; with `write`, also if it has several names, or was removed or replaced meanwhile.
    """
    with translate_errors(path):
        db = connect(path, write=write)
    with closing(db):
        with translate_errors(path):
            if write:
                file_id_of(path)
            _check(path, db, write=write)
            if write:
                schema.migrate(db)
            if (table := wrong_type(db)) is not None:
                raise LibraryError(f"{_name(path)}: its table {table!r} holds values of a wrong type; {RESCUE}")
        library = Library(path, db, file_id_of(path) if write else None)
        yield library
        if write:
            merge_log(db)
            library.check_in_place()


def _name(path: AnyPath) -> str:
    return one_line(os.fspath(path))


def _check(path: AnyPath, db: sqlite3.Connection, *, write: bool) -> None:
    """Refuse files that are not a library of this version before they change; migrate older libraries."""
    # in this order: another process may be creating it, and its first tables come together with its application id
    empty = schema.is_empty(db)
    application, version = schema.read_version(db)
    if not (write and empty) and application != schema.APPLICATION_ID:
        raise LibraryError(f"{_name(path)}: not a library of moodcurve; `moodcurve scan FOLDER` makes one")
    current = len(schema.MIGRATIONS)
    if version > current:
        raise LibraryError(
            f"{_name(path)}: created by a later version of moodcurve (schema {version}; this version reads up to "
            f"{current}); update moodcurve"
        )
    if application == schema.APPLICATION_ID and not is_own_layout(db, version):
        raise LibraryError(
            f"{_name(path)}: its tables are not those of a library; it is damaged, or made to harm: do not use it"
        )
    if write:
        use_write_ahead_log(db)
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA foreign_keys = ON")
    elif version < current:
        _migrate(path, version)


def _migrate(path: AnyPath, version: int) -> None:
    """Migrate a library that is opened to be read."""
    try:
        with open_library(path, write=True):
            pass
    except LibraryError as error:
        raise LibraryError(
            f"{_name(path)}: created by an earlier version of moodcurve (schema {version}; this version needs "
            f"{len(schema.MIGRATIONS)}) and cannot be updated here: {error}"
        ) from error
