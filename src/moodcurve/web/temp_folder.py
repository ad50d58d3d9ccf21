"""The server's own folder for what it is being sent: gone when the server ends, or when the next one starts."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from moodcurve.util.lock import try_lock

PREFIX = "moodcurve-web-"
_LOCK = "lock"


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
        try_lock(handle)
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
                free = try_lock(handle)
            finally:
                os.close(handle)
            if free:
                shutil.rmtree(folder, ignore_errors=True)
