"""Open connections to the library file, shared by requests, and a cache of responses until the file changes.

SQLite requires that nobody replaces or removes a file while it is open, but users do both. So the file stays open for
a few seconds only. Each request checks whether the path still refers to the same file; if not, all connections to the
old file are closed before the new one is opened.
"""

import os
import threading
import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from moodcurve.library import Library, open_library

IDLE_S = 2.0
"""Seconds without a request after which the file is closed."""
MAX_CACHE_BYTES = 12 << 20
"""Size of the response cache of one connection."""

LibraryFileState = tuple[int, int, int, int, bool]
"""Device, inode, size, modification time in nanoseconds, and whether the write-ahead log has content."""


class Reader:
    """A connection to a library for one thread at a time, with a cache that is cleared when the library changes.

    Parameters
    ----------
    path : Path
        Raises the same errors as `moodcurve.library.open_library`.

    Attributes
    ----------
    library : Library
    """

    def __init__(self, path: Path) -> None:
        self._open = ExitStack()
        self.library: Library = self._open.enter_context(open_library(path))
        self._version: int | None = None
        self._cache: dict[Hashable, bytes] = {}
        self._size = 0

    def refresh(self) -> bool:
        """Clear the cache if another process wrote to the library; return False if its schema version changed."""
        version = self.library.data_version()
        if version != self._version:
            self._version = version
            self._clear()
        return version is not None  # otherwise, reopening the file raises an error with a readable message

    def cached(self, key: Hashable, compute: Callable[[Library], bytes]) -> bytes:
        """Return the cached value of a key, or compute and cache it."""
        found = self._cache.get(key)
        if found is not None:
            return found
        value = compute(self.library)
        if len(value) <= MAX_CACHE_BYTES:
            if self._size + len(value) > MAX_CACHE_BYTES:
                self._clear()
            self._cache[key] = value
            self._size += len(value)
        return value

    def close(self) -> None:
        """Close the file."""
        self._open.close()

    def _clear(self) -> None:
        self._cache.clear()
        self._size = 0


class LibraryPool:
    """Pool of readers of a library file, which need not exist; thread-safe.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._changed = threading.Condition()
        """Guards all attributes below; notified when a reader is returned."""
        self._state: LibraryFileState | None = None
        """State of the file that all readers have open."""
        self._idle: list[Reader] = []
        self._in_use = 0
        self._last_used = 0.0
        self._closed = False

    @contextmanager
    def reader(self) -> Iterator[Reader | None]:
        """Return a reader of the current file, or None if there is no file.

        Raises
        ------
        LibraryError, OSError
            If the file cannot be opened.
        """
        if not self._acquire():
            yield None
            return
        reader: Reader | None = None
        succeeded = False
        try:
            reader = self._idle_or_new()
            yield reader
            succeeded = True
        finally:
            self._release(reader, succeeded=succeeded)

    def close_if_idle(self) -> None:
        """Close the file if it was not used for `IDLE_S`. This may take as long as merging its write-ahead log."""
        with self._changed:
            if not self._in_use and time.monotonic() - self._last_used >= IDLE_S:
                self._close_idle()

    @property
    def is_open(self) -> bool:
        """Whether `close_if_idle` may have something to close."""
        return bool(self._idle)

    def close(self) -> None:
        """Close all idle readers, and those in use as soon as they are returned."""
        with self._changed:
            self._closed = True
            self._close_idle()

    def _acquire(self) -> bool:
        """Wait until no reader uses an older file at the path; return False if there is no file."""
        with self._changed:
            while (state := _file_state(self.path)) != self._state:
                self._close_idle()
                if self._in_use:
                    self._changed.wait()
                else:
                    self._state = state
            if state is not None:
                self._in_use += 1
            return state is not None

    def _idle_or_new(self) -> Reader:
        with self._changed:
            reader = self._idle.pop() if self._idle else None
        if reader is not None and not reader.refresh():
            reader.close()
            reader = None
        if reader is None:
            reader = Reader(self.path)
            reader.refresh()
        return reader

    def _release(self, reader: Reader | None, *, succeeded: bool) -> None:
        with self._changed:
            self._in_use -= 1
            self._last_used = time.monotonic()
            if reader is not None:
                self._idle.append(reader)
            if self._closed or not succeeded:  # after an error, the next request opens the file again
                self._close_idle()
            self._changed.notify_all()

    def _close_idle(self) -> None:
        while self._idle:
            self._idle.pop().close()


def _file_state(path: Path) -> LibraryFileState | None:
    """Return the state of a file, or None if it does not exist."""
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        log = Path(f"{os.path.realpath(path)}-wal").stat().st_size > 0
    except FileNotFoundError:
        log = False
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, log
