"""The server's own folder for what it is being sent: gone when the server ends, or when the next one starts."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX = "moodcurve-web-"
_LOCK = "lock"

if sys.platform != "win32":
    import fcntl


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Give a folder that only this user can read, in the system's place for temporary files.

    It is removed at the end. What an earlier server left that was killed is removed now: its folder is there, and
    nobody holds its lock.
    """
    _sweep(Path(tempfile.gettempdir()))
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    handle = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _is_free(handle)
        yield folder
    finally:
        os.close(handle)
        shutil.rmtree(folder, ignore_errors=True)


def _sweep(place: Path) -> None:
    for folder in place.glob(f"{PREFIX}*"):
        with suppress(OSError):
            status = folder.lstat()
            if folder.is_symlink() or (hasattr(os, "getuid") and status.st_uid != os.getuid()):
                continue
            # one that is just being made has no lock yet, and is left alone
            handle = os.open(folder / _LOCK, os.O_RDWR)
            try:
                free = _is_free(handle)
            finally:
                os.close(handle)
            if free:
                shutil.rmtree(folder, ignore_errors=True)


def _is_free(handle: int) -> bool:
    """Take the lock of a folder, which ends with this process or the handle; False if another has it."""
    if sys.platform == "win32":
        return True  # there a file that is open cannot be removed
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
