"""The server's temporary folder for uploads, which is removed at exit or by the next server."""

import asyncio
import errno
import os
import secrets
import stat
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager
from pathlib import Path

from moodcurve.util.ownership import is_changeable
from moodcurve.util.temp_folder import own_temporary_folder
from moodcurve.web.errors import ProblemError

WRITE_BYTES = 1 << 20
"""Number of bytes written to disk at a time."""
PREFIX = "moodcurve-web-"


def ensure_private(folder: Path) -> None:
    """Make a server's folder again if a cleaner removed it, for this user alone.

    Raises
    ------
    OSError
        If it cannot be made, or others can write to it.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    if is_changeable(status):
        if stat.S_ISLNK(status.st_mode):
            reason = "is a symbolic link"
        elif status.st_uid in (0, os.geteuid()):
            reason = "others can write to it"
        else:
            reason = "belongs to another user"
        raise PermissionError(errno.EPERM, reason, os.fspath(folder))


def open_private(path: str, flags: int) -> int:
    """Open a file that only this user can read."""
    return os.open(path, flags, 0o600)


async def store_file(chunks: AsyncIterator[bytes], folder: Path, *, max_bytes: int, too_large: ProblemError) -> Path:
    """Write chunks to a new file in `folder` under a random name, and return its path.

    Raises
    ------
    ProblemError
        `too_large` if there are more than `max_bytes`; 507 if the file cannot be written. The file is then deleted,
        also if `chunks` raises an error.
    """
    path = folder / secrets.token_hex(16)
    size, pending, complete = 0, bytearray(), False
    try:
        ensure_private(folder)
        with open(path, "xb", opener=open_private) as file:
            async for chunk in chunks:
                size += len(chunk)
                if size > max_bytes:
                    raise too_large
                pending += chunk
                if len(pending) >= WRITE_BYTES:
                    await asyncio.to_thread(file.write, bytes(pending))
                    pending.clear()
            await asyncio.to_thread(file.write, pending)
        complete = True
    except OSError as error:
        raise ProblemError(507, f"cannot store the file ({error.strerror})") from error
    finally:
        if not complete:
            path.unlink(missing_ok=True)
    return path


def temporary_folder() -> AbstractContextManager[Path]:
    """Create a folder that only this user can read; folders left by killed servers are removed first."""
    return own_temporary_folder(PREFIX)
