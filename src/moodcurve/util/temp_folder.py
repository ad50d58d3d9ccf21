"""Temporary folders that the next process of their kind removes, if this one is killed."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from moodcurve.util.lock import try_lock

_NEW = "moodcurve-new-"
_LOCK = "lock"


@contextmanager
def own_temporary_folder(prefix: str) -> Iterator[Path]:
    """Create a folder that only this user can read, in the system's temporary folder; remove it at the end.

    Folders of the same prefix, left by killed processes, are removed first: those whose lock nobody holds.
    """
    _remove_stale(Path(tempfile.gettempdir()), prefix)
    # locked under another name first: the next process removes folders of this one that nobody locks
    made = Path(tempfile.mkdtemp(prefix=_NEW))
    handle = os.open(made / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    folder = made.with_name(made.name.replace(_NEW, prefix, 1))
    try:
        try_lock(handle)
        made.rename(folder)
        yield folder
    finally:
        os.close(handle)
        shutil.rmtree(folder, ignore_errors=True)


def _remove_stale(parent: Path, prefix: str) -> None:
    for folder in parent.glob(f"{prefix}*"):
        with suppress(OSError):
            status = folder.lstat()
            if folder.is_symlink() or (hasattr(os, "getuid") and status.st_uid != os.getuid()):
                continue
            # a folder that another process is creating has no lock file yet: opening it fails, and it stays
            handle = os.open(folder / _LOCK, os.O_RDWR)
            try:
                stale = try_lock(handle)
            finally:
                os.close(handle)
            if stale:
                shutil.rmtree(folder, ignore_errors=True)
