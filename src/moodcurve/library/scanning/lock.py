"""One scan at a time: a file beside the library that the scanning process holds locked."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from moodcurve.library.errors import LibraryError
from moodcurve.util.files import AnyPath
from moodcurve.util.text import one_line

if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> None:
        # a byte far behind the number, which stays readable
        os.lseek(handle, 1 << 20, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        os.lseek(handle, 0, os.SEEK_SET)
else:
    import fcntl

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextmanager
def scan_lock(library: AnyPath) -> Iterator[None]:
    """Hold the lock of a library, which the system gives back when this process ends, however it does.

    The lock is on ``<library>.lock``, which holds the number of the process and stays when the lock is given back:
    whoever removed it could take it from under the next.

    Raises
    ------
    LibraryError
        If another process holds it, or the file cannot be made.
    """
    path = Path(os.path.realpath(library))
    name = one_line(os.fspath(library))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise LibraryError(
            f"{name}: cannot be written there ({error.strerror}); choose another file with --library"
        ) from error
    try:
        try:
            _lock(handle)
        except OSError as error:
            holder = os.read(handle, 20).decode("ascii", "replace").strip()
            raise LibraryError(
                f"{name}: {f'process {holder}' if holder else 'another process'} is scanning into it; "
                "wait until that is done, or choose another file with --library"
            ) from error
        os.ftruncate(handle, 0)
        os.write(handle, f"{os.getpid()}\n".encode("ascii"))
        yield
    finally:
        os.close(handle)
