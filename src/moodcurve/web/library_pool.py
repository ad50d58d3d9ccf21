"""The library's file between requests: kept open while it is being asked, and its answers as long as it is the same.

SQLite wants a file that it has open neither replaced nor removed, and people do both. So a file is kept open for
moments only; before each request it is looked at whether it still is the one at its place, and where it is not, all of
it is closed before the other is opened.
"""

import os
import threading
import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from moodcurve.library import Library, open_library

REST_S = 2.0
"""How long a file stays open that nobody asks."""
MOST_KEPT = 4 << 20
"""Bytes of answers that are kept with one connection."""

State = tuple[int, int, int, int, bool]
"""Of a file: device, number, size, time of change in nanoseconds, and whether its log holds anything."""


class Reader:
    """A library that is open, for one thread at a time, and what it has answered since it last changed.

    Parameters
    ----------
    path : Path
        Errors as `moodcurve.library.open_library`.

    Attributes
    ----------
    library : Library
    """

    def __init__(self, path: Path) -> None:
        self._open = ExitStack()
        self.library: Library = self._open.enter_context(open_library(path))
        self._version: int | None = None
        self._answers: dict[Hashable, bytes] = {}
        self._size = 0

    def is_sound(self) -> bool:
        """Forget answers if another process has written, and tell whether it still is a library of this version."""
        version = self.library.data_version()
        if version != self._version:
            self._version = version
            self._forget()
        return version is not None  # else it is opened again, and refused with a message

    def answer(self, question: Hashable, make: Callable[[Library], bytes]) -> bytes:
        """Give what `make` makes of the library, or made of it for the same question since it last changed."""
        known = self._answers.get(question)
        if known is not None:
            return known
        made = make(self.library)
        if len(made) <= MOST_KEPT:
            if self._size + len(made) > MOST_KEPT:
                self._forget()
            self._answers[question] = made
            self._size += len(made)
        return made

    def close(self) -> None:
        """Close the file."""
        self._open.close()

    def _forget(self) -> None:
        self._answers.clear()
        self._size = 0


class Shelf:
    """A library's file, which need not be there; for any number of threads.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._news = threading.Condition()
        """Held while anything below is looked at or changed."""
        self._state: State | None = None
        """Of the file that all readers have open."""
        self._idle: list[Reader] = []
        self._in_use = 0
        self._used = 0.0
        self._closed = False

    @contextmanager
    def opened(self) -> Iterator[Reader | None]:
        """Give a reader of the file that is there now, None where there is none.

        Raises
        ------
        LibraryError, OSError
            If it cannot be opened.
        """
        if not self._begin():
            yield None
            return
        reader: Reader | None = None
        kept = False
        try:
            reader = self._reader()
            yield reader
            kept = True  # after an error it is opened anew
        finally:
            self._end(reader, kept=kept)

    def rest(self) -> None:
        """Close the file if nobody has asked it for some time; may take as long as to write its log into it."""
        with self._news:
            if not self._in_use and time.monotonic() - self._used >= REST_S:
                self._close_idle()

    @property
    def is_open(self) -> bool:
        """Whether `rest` may have something to close."""
        return bool(self._idle)

    def close(self) -> None:
        """Close the file, for each that is in use as soon as it is given back."""
        with self._news:
            self._closed = True
            self._close_idle()

    def _begin(self) -> bool:
        """Wait until no other file is in use than the one at the place; False where there is none."""
        with self._news:
            while (state := _state(self.path)) != self._state:
                self._close_idle()
                if self._in_use:
                    self._news.wait()
                else:
                    self._state = state
            if state is not None:
                self._in_use += 1
            return state is not None

    def _reader(self) -> Reader:
        with self._news:
            reader = self._idle.pop() if self._idle else None
        if reader is not None and not reader.is_sound():
            reader.close()
            reader = None
        if reader is None:
            reader = Reader(self.path)
            reader.is_sound()
        return reader

    def _end(self, reader: Reader | None, *, kept: bool) -> None:
        with self._news:
            self._in_use -= 1
            self._used = time.monotonic()
            if reader is not None:
                self._idle.append(reader)
            if self._closed or not kept:
                self._close_idle()
            self._news.notify_all()

    def _close_idle(self) -> None:
        while self._idle:
            self._idle.pop().close()


def _state(path: Path) -> State | None:
    """Look at what is at a place: None where nothing is."""
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        log = Path(f"{os.path.realpath(path)}-wal").stat().st_size > 0
    except FileNotFoundError:
        log = False
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, log
