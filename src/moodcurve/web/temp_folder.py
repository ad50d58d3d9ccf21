"""The server's temporary folder for uploads, which is removed at exit or by the next server."""

import asyncio
import errno
import os
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from moodcurve.util.lock import try_lock
from moodcurve.util.ownership import is_changeable
from moodcurve.web.errors import ProblemError

WRITE_BYTES = 1 << 20
"""Number of bytes written to disk at a time."""
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
