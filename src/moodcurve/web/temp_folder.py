"""The server's temporary folder for uploads, which is removed at exit or by the next server."""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from moodcurve.util.lock import try_lock
from moodcurve.util.ownership import is_changeable

PREFIX = "moodcurve-web-"
_NEW = "moodcurve-new-"
_LOCK = "lock"


def ensure_private(folder: Path) -> None:
    """Make a server's folder again if a cleaner removed it, for this user alone.

    Raises
    ------
    OSError
        If it cannot be made, or others can write to it.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    if is_changeable(folder.lstat()):
        raise PermissionError(errno.EPERM, "belongs to another user", os.fspath(folder))


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Create a folder that only this user can read, in the system's temporary folder; remove it at the end.

    Folders left by killed servers are removed first: those whose lock nobody holds.
    """
    _remove_stale(Path(tempfile.gettempdir()))
    # locked under another name first: the next server removes folders of this one that nobody locks
    made = Path(tempfile.mkdtemp(prefix=_NEW))
    handle = os.open(made / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    folder = made.with_name(made.name.replace(_NEW, PREFIX, 1))
    try:
        try_lock(handle)
        made.rename(folder)
        yield folder
    finally:
        os.close(handle)
        shutil.rmtree(folder, ignore_errors=True)


def _remove_stale(parent: Path) -> None:
    for folder in parent.glob(f"{PREFIX}*"):
        with suppress(OSError):
            status = folder.lstat()
            if folder.is_symlink() or (hasattr(os, "getuid") and status.st_uid != os.getuid()):
                continue
            # a folder that another server is creating has no lock file yet: opening it fails, and it stays
            handle = os.open(folder / _LOCK, os.O_RDWR)
            try:
                stale = try_lock(handle)
            finally:
                os.close(handle)
            if stale:
                shutil.rmtree(folder, ignore_errors=True)
