"""A lock file next to the library, so that one scan writes to it at a time."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from moodcurve.library.errors import LibraryError
from moodcurve.util.files import AnyPath
from moodcurve.util.lock import try_lock
from moodcurve.util.text import one_line


@contextmanager
def scan_lock(library: AnyPath) -> Iterator[None]:
    """Hold the scan lock of a library; the system releases it when this process ends, killed or not.

    The lock is on ``<library>.lock``, which holds the process id. The file is never removed: another process could
    be about to lock it.

    Raises
    ------
    LibraryError
        If another process holds the lock, or the file cannot be created.
    """
    path = Path(os.path.realpath(library))
    name = one_line(os.fspath(library))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise LibraryError(
            f"{name}: cannot write there ({error.strerror}); choose another file with --library"
        ) from error
    try:
        if not try_lock(handle):
            holder = os.read(handle, 20).decode("ascii", "replace").strip()
            raise LibraryError(
                f"{name}: {f'process {holder}' if holder else 'another process'} is scanning into it; "
                "wait until it is done, or choose another file with --library"
            )
        os.ftruncate(handle, 0)
        os.write(handle, f"{os.getpid()}\n".encode("ascii"))
        yield
    finally:
        os.close(handle)
