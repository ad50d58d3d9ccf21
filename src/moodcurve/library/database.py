"""The library's file: opened to read or to write, and what it holds.

One process writes, any number read at the same time (SQLite's write-ahead log). Each `Library.write` is one
transaction that is on the disk when it returns: killed at any moment, the file opens and holds all that was written
before.
"""

import os
import sqlite3
import urllib.parse
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import numpy as np
import numpy.typing as npt

from moodcurve.audio.content_hash import CONTENT_VERSION
from moodcurve.audio.tags import Tags
from moodcurve.formats.json_file import curve_of_object
from moodcurve.library import schema
from moodcurve.library.changes import apply, clean
from moodcurve.library.curve_codec import PackingError, unpack
from moodcurve.library.errors import LibraryError, translate_errors
from moodcurve.library.models import Change, KnownFile, Problem, StoredSong
from moodcurve.util.files import AnyPath
from moodcurve.util.text import one_line

__all__ = ["Library", "LibraryError", "open_library"]

BUSY_S = 30.0
"""How long to wait for another process that writes."""
MERGE_MS = 1000
"""How long to wait for others' questions to be answered before the log is written into the file."""
_SONG = """SELECT song.id, song.content, song.analysed_at, curve.packed, file.path, file.artist, file.title,
    file.album, file.genre, file.year, file.track, file.tagged_duration_s
    FROM song JOIN file ON file.id = song.file JOIN curve ON curve.song = song.id"""


@contextmanager
def open_library(path: AnyPath, *, write: bool = False) -> "Iterator[Library]":
    """Open a library, to read or also to write.

    Opened to write, it is made if it is not there, with missing folders, and brought up to date if an earlier version
    of moodcurve made it; so it is when opened to read, where it can be written. On a medium that cannot be written it
    is read as it is.

    Raises
    ------
    LibraryError
        If there is no such file to read, it is no library, a later version of moodcurve made it, or it cannot be
        opened or brought up to date.
    """
    with translate_errors(path):
        db = _connected(path, write=write)
    with closing(db):
        with translate_errors(path):
            _check(path, db, write=write)
            if write:
                schema.migrate(db)
        yield Library(path, db)
        if write:
            _merge_log(db)


class Library:
    """A library that is open; made by `open_library`.

    Attributes
    ----------
    path : str or path
        Its file, as it was given.
    db : sqlite3.Connection
        For the modules of this folder.
    """

    def __init__(self, path: AnyPath, db: sqlite3.Connection) -> None:
        self.path = path
        self.db = db

    def write(self, changes: Iterable[Change]) -> None:
        """Make changes in their order, all or none, on the disk when this returns.

        Raises
        ------
        LibraryError
            If the disk is full or fails, the library may not be written, or another process writes to it for long.
        ValueError
            If a file's song is not known (see `FileFound`).
        """
        with translate_errors(self.path):
            self.db.execute("BEGIN IMMEDIATE")
            try:
                for change in changes:
                    apply(self.db, change)
                self.db.execute("COMMIT")
            except BaseException:
                # SQLite ends some transactions by itself, on a full disk for one
                if self.db.in_transaction:
                    self.db.execute("ROLLBACK")
                raise

    def known_files(self) -> dict[str, KnownFile]:
        """Give what is known of each file, by path."""
        rows = self._rows("SELECT path, size, mtime_ns, content, problem, content_version FROM file")
        return {
            os.fsdecode(path): KnownFile(size, mtime_ns, content, problem, version == CONTENT_VERSION)
            for path, size, mtime_ns, content, problem, version in rows
        }

    def files_of(self, song: int) -> dict[str, tuple[int, int]]:
        """Give the files that hold a song, the one known longest first, and the size and time of change of each."""
        if not abs(song) < 2**63:  # SQLite has no such numbers
            return {}
        rows = self._rows("SELECT path, size, mtime_ns FROM file WHERE song = ? ORDER BY id", (song,))
        return {os.fsdecode(path): (size, mtime_ns) for path, size, mtime_ns in rows}

    def song_models(self) -> dict[str, tuple[str, str]]:
        """Give model and feature set that each song was analysed with, by content; orphans are there too."""
        rows = self._rows("SELECT content, model, feature_set FROM song")
        return {content: (model, feature_set) for content, model, feature_set in rows}

    def song_model(self, content: str) -> tuple[str, str] | None:
        """Give model and feature set that a song was analysed with; None if it is not known."""
        for model, feature_set in self._rows("SELECT model, feature_set FROM song WHERE content = ?", (content,)):
            return model, feature_set
        return None

    def song(self, key: int | str) -> StoredSong | None:
        """Give a song by its number, or by the path of any file that holds it; None if there is none."""
        if isinstance(key, int):
            if not abs(key) < 2**63:  # SQLite has no such numbers
                return None
            found = self._songs(f"{_SONG} WHERE song.id = ?", (key,))
        else:
            found = self._songs(f"{_SONG} WHERE song.id = (SELECT song FROM file WHERE path = ?)", (os.fsencode(key),))
        return next(found, None)

    def songs(self, ids: Sequence[int] | None = None) -> Iterator[StoredSong]:
        """Give songs one by one: those of the numbers, in their order and without those that are not there, or all."""
        if ids is None:
            yield from self._songs(f"{_SONG} ORDER BY song.id")
            return
        for number in ids:
            found = self.song(int(number))
            if found is not None:
                yield found

    def problem(self, path: str) -> str | None:
        """Give why a file cannot be used; None if it can, or is not known."""
        for (reason,) in self._rows("SELECT problem FROM file WHERE path = ?", (os.fsencode(path),)):
            return str(reason) if reason is not None else None
        return None

    def problems(self) -> list[Problem]:
        """Give the files that cannot be used, by path."""
        rows = self._rows("SELECT path, problem FROM file WHERE problem IS NOT NULL ORDER BY path")
        return [Problem(os.fsdecode(path), reason) for path, reason in rows]

    def descriptors(self, feature_set: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """Give numbers (n,) and descriptors (n, columns) of all songs that a feature set was used for."""
        rows = list(
            self._rows(
                "SELECT song, vector FROM descriptors JOIN song ON song.id = descriptors.song "
                "WHERE feature_set = ? AND copies > 0 ORDER BY song",
                (feature_set,),
            )
        )
        joined = np.frombuffer(b"".join(vector for _, vector in rows), "<f4").astype(np.float32)
        return np.array([number for number, _ in rows], np.int64), joined.reshape(len(rows), -1 if rows else 0)

    def _rows(self, sql: str, values: Sequence[object] = ()) -> Iterator[sqlite3.Row]:
        with translate_errors(self.path):
            for row in self.db.execute(sql, values):  # noqa: UP028  see `moodcurve.library.queries.search`
                yield row

    def _songs(self, sql: str, values: Sequence[object] = ()) -> Iterator[StoredSong]:
        for number, content, analysed_at, packed, path, *tags in self._rows(sql, values):
            paths = self._rows("SELECT path FROM file WHERE song = ? ORDER BY id", (number,))
            yield _stored_song(
                self.path,
                packed,
                id=number,
                content_hash=content,
                analysed_at=analysed_at,
                paths=tuple(os.fsdecode(other) for (other,) in paths) or (os.fsdecode(path),),
                tags=Tags(**dict(zip(Tags.__dataclass_fields__, tags, strict=True))),
            )


def _stored_song(
    library: AnyPath, packed: bytes, *, id: int, content_hash: str, analysed_at: str, paths: tuple[str, ...], tags: Tags
) -> StoredSong:
    try:
        data = unpack(packed)
    except PackingError as error:
        raise LibraryError(f"{_named(library)}: the curve of song {id} is damaged ({error}); scan it again") from error
    data["source"] = clean(paths[0])
    return StoredSong(
        id=id,
        content_hash=content_hash,
        paths=paths,
        tags=tags,
        analysed_at=analysed_at,
        data=data,
        curve=curve_of_object(library, data),
    )


def _named(path: AnyPath) -> str:
    return one_line(os.fspath(path))


def _check(path: AnyPath, db: sqlite3.Connection, *, write: bool) -> None:
    """Refuse what is no library before anything of it is changed, and let a writer's log be one that readers pass."""
    # in this order: another process may be making it, and its first tables come together with its application id
    empty = schema.is_empty(db)
    application, version = schema.layout(db)
    if not (write and empty) and application != schema.APPLICATION_ID:
        raise LibraryError(f"{_named(path)}: not a library of moodcurve; `moodcurve scan FOLDER` makes one")
    current = len(schema.MIGRATIONS)
    if version > current:
        raise LibraryError(
            f"{_named(path)}: made by a later version of moodcurve (layout {version}, this one knows {current}); "
            "update moodcurve"
        )
    if write:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA foreign_keys = ON")
    elif version < current:
        _bring_up_to_date(path, version)


def _connected(path: AnyPath, *, write: bool) -> sqlite3.Connection:
    path = Path(path)
    if path.is_dir():
        raise LibraryError(f"{_named(path)}: is a folder; give the library's file")
    if write:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LibraryError(f"{_named(path)}: its folder cannot be made ({error.strerror})") from error
    elif not path.exists():
        raise LibraryError(f"{_named(path)}: no library there yet; `moodcurve scan FOLDER` makes it")
    if write:
        return _connection(path, "rwc")
    # not "ro", which would leave the log's files behind; SQLite itself falls back to that where it must
    db = _connection(path, "rw")
    try:
        db.execute("PRAGMA query_only = ON")
        schema.is_empty(db)
    except sqlite3.OperationalError:
        db.close()
        log = path.with_name(f"{path.name}-wal")
        if log.exists() and log.stat().st_size:
            raise
        # a medium that cannot be written, where the log's index cannot be made: nobody else can be writing either
        db = _connection(path, "ro&immutable=1")
    except sqlite3.Error:
        db.close()
        raise
    return db


def _connection(path: Path, mode: str) -> sqlite3.Connection:
    place = urllib.parse.quote_from_bytes(os.fsencode(path.absolute()))
    # by any thread, one at a time: a server's requests come in several
    return sqlite3.connect(
        f"file:{place}?mode={mode}", uri=True, isolation_level=None, timeout=BUSY_S, check_same_thread=False
    )


def _merge_log(db: sqlite3.Connection) -> None:
    """Write the log into the file, as its last user does when it ends: a server may have it open for long."""
    with suppress(sqlite3.Error):  # all is stored; whoever closes the file last tries again
        db.execute(f"PRAGMA busy_timeout = {MERGE_MS}")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _bring_up_to_date(path: AnyPath, version: int) -> None:
    try:
        with open_library(path, write=True):
            pass
    except LibraryError as error:
        raise LibraryError(
            f"{_named(path)}: made by an earlier version of moodcurve (layout {version}, this one reads "
            f"{len(schema.MIGRATIONS)}) and cannot be brought up to date here: {error}"
        ) from error
