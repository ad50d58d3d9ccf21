"""The server's temporary folder for uploads, which is removed at exit or by the next server."""

import errno
import os
from contextlib import AbstractContextManager
from pathlib import Path

from moodcurve.util.ownership import is_changeable
from moodcurve.util.temp_folder import own_temporary_folder

PREFIX = "moodcurve-web-"


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


def temporary_folder() -> AbstractContextManager[Path]:
    """Create a folder that only this user can read; folders left by killed servers are removed first."""
    return own_temporary_folder(PREFIX)
