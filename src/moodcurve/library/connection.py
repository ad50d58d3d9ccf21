"""Connections to a library's SQLite file, and transactions on them."""

import os
import sqlite3
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from moodcurve.library.errors import LibraryError
from moodcurve.util.files import AnyPath, plain_file_problem
from moodcurve.util.text import one_line

BUSY_S = 30.0
"""How long to wait for another process that writes."""
MERGE_MS = 1000
"""How long to wait for readers before the write-ahead log is merged into the file."""
SCAN_AGAIN = "what was stored since is not in it; run the same command again"


def connect(path: AnyPath, *, write: bool) -> sqlite3.Connection:
    """Connect to a library's file; with `write`, create it and its folders if they are missing.

    Raises
    ------
    LibraryError
        If there is no file to read, the path is a folder, its folder cannot be created, or one of SQLite's own files
        next to it is a link.
    sqlite3.Error
        If SQLite cannot open it.
    """
    path = Path(path)
    name = one_line(os.fspath(path))
    _check_companions(path)
    if path.is_dir():
        raise LibraryError(f"{name}: is a folder; give the library's file")
    if write:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LibraryError(f"{name}: cannot create its folder ({error.strerror})") from error
        return _connect(path, "rwc")
    if not path.exists():
        raise LibraryError(f"{name}: no library here yet; create it with `moodcurve scan FOLDER`")
    # not "ro", which would leave the log's files behind; SQLite itself falls back to that where it must
    db = _connect(path, "rw")
    try:
        db.execute("PRAGMA query_only = ON")
        db.execute("SELECT 1 FROM sqlite_master LIMIT 1")
    except sqlite3.OperationalError:
        db.close()
        log = path.with_name(f"{path.name}-wal")
        if log.exists() and log.stat().st_size:
            raise
        # on a read-only disk the log's index cannot be created: nobody else can be writing either
        db = _connect(path, "ro&immutable=1")
    except sqlite3.Error:
        db.close()
        raise
    return db


def use_write_ahead_log(db: sqlite3.Connection) -> None:
    """Switch the file to a write-ahead log, and wait for others who do the same.

    SQLite's own waiting does not cover this switch: it fails at once while another process makes it.
    """
    deadline = time.monotonic() + BUSY_S
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """Run the block as one transaction: committed at its end, rolled back on any error."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        # SQLite ends some transactions itself, for example on a full disk
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def merge_log(db: sqlite3.Connection) -> None:
    """Merge the write-ahead log into the file, even while a server has the library open."""
    with suppress(sqlite3.Error):  # everything is stored; whoever closes the file last tries again
        db.execute(f"PRAGMA busy_timeout = {MERGE_MS}")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def file_id_of(path: AnyPath) -> tuple[int, int]:
    """Return device and inode of a library's file, after checking that no other file name leads to it.

    Lock and write-ahead log are found by the name: writers by two names would not see each other.

    Raises
    ------
    LibraryError
        If there is no file, or it has several names.
    """
    name = one_line(os.fspath(path))
    try:
        status = Path(path).stat()
    except OSError as error:
        raise LibraryError(f"{name}: its file is gone ({error.strerror}); {SCAN_AGAIN}") from error
    if status.st_nlink > 1:
        raise LibraryError(
            f"{name}: has several names (hard links), which would be written to without knowing of each other; "
            "remove the others, or use a copy"
        )
    return status.st_dev, status.st_ino


def _check_companions(path: Path) -> None:
    """Refuse links in place of SQLite's own files, which it writes even to read: it would write to their targets.

    It does not follow symbolic links itself, but cannot tell hard links.
    """
    for ending in ("-wal", "-shm", "-journal"):
        companion = Path(f"{os.path.realpath(path)}{ending}")
        with suppress(FileNotFoundError, NotADirectoryError):
            if problem := plain_file_problem(companion.lstat()):
                raise LibraryError(
                    f"{one_line(os.fspath(companion))}: {problem}; remove it if it came with the library"
                )


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    uri_path = urllib.parse.quote_from_bytes(os.fsencode(path.absolute()))
    # usable from any thread, one at a time: a server's requests arrive on several
    db = sqlite3.connect(
        f"file:{uri_path}?mode={mode}", uri=True, isolation_level=None, timeout=BUSY_S, check_same_thread=False
    )
    try:
        db.execute("PRAGMA trusted_schema = OFF")  # what the file itself defines may call no function with effects
        db.execute("PRAGMA cell_size_check = ON")  # damaged pages are found when they are read
    except sqlite3.Error:
        db.close()
        raise
    # calls Python every 100,000 steps of SQLite, so that Ctrl-C works in any statement
    db.set_progress_handler(lambda: 0, 100_000)
    return db
