"""Replace a file by a changed copy, so that at any moment the old file or the new one is there, whole."""

import errno
import os
import re
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from moodcurve.tagging.formats.base import UntaggableError
from moodcurve.util.files import plain_file_problem
from moodcurve.util.lock import try_lock

_PREFIX = ".moodcurve-tag-"
_NAME = re.compile(rf"{re.escape(_PREFIX)}[0-9a-f]{{16}}(\.[^/]*)?")


def check_replaceable(status: os.stat_result) -> None:
    """Check that a file may be replaced by a changed copy.

    Raises
    ------
    UntaggableError
        If it is no regular file, is read-only, or has further names, which would keep the old content.
    """
    if not stat.S_ISREG(status.st_mode):
        raise UntaggableError("it is no regular file")
    if not status.st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH):
        raise UntaggableError("it is read-only; make it writable first (chmod u+w)")
    if status.st_nlink > 1:
        raise UntaggableError(
            f"it is one of {status.st_nlink} hard links to the same file; a change would split them, so it is left as "
            "it is"
        )


@contextmanager
def scratch_file(path: Path) -> Iterator[tuple[Path, BinaryIO]]:
    """Yield a new empty file next to another, open and locked; it is removed at the end if it is still there.

    Raises
    ------
    OSError
        If it cannot be created.
    """
    scratch, file = _create(path)
    with file:
        try:
            yield scratch, file
        finally:
            scratch.unlink(missing_ok=True)


def finish(file: BinaryIO, path: Path, before: os.stat_result, *, keep_times: bool) -> None:
    """Give a scratch file the owner, rights and attributes of a file, and write it to disk.

    Its owner stays this user where only root could change that, as in a folder that several users may write.
    """
    handle = file.fileno()
    file.flush()
    if hasattr(os, "fchown"):
        for uid, gid in ((before.st_uid, -1), (-1, before.st_gid)):
            with suppress(PermissionError):
                os.fchown(handle, uid, gid)
        os.fchmod(handle, stat.S_IMODE(before.st_mode))
    if hasattr(os, "listxattr"):
        _copy_attributes(path, handle)
    if os.utime in os.supports_fd:
        now = os.fstat(handle).st_mtime_ns
        os.utime(handle, ns=(before.st_atime_ns, before.st_mtime_ns if keep_times else now))
    os.fsync(handle)


def put_in_place(scratch: Path, path: Path, before: os.stat_result) -> None:
    """Make a finished scratch file the new content of a file; the change of the name is on disk when this returns.

    Raises
    ------
    UntaggableError
        If the file was changed or replaced since `before`.
    OSError
        If this fails; then the file is as it was.
    """
    check_unchanged(path, before)
    scratch.replace(path)
    sync_folder(path.parent)


def check_unchanged(path: Path, before: os.stat_result) -> None:
    """Check that a file is still the one of a status, with the same content.

    Raises
    ------
    UntaggableError
        If it is not.
    """
    now = path.lstat()
    if _state(now) != _state(before):
        raise UntaggableError("it was changed by another program meanwhile; it is left as it is")


def sync_folder(folder: Path) -> None:
    """Write a folder's names to disk, where the system can."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def sweep(folder: Path) -> int:
    """Remove the scratch files in a folder that no running process holds; return their number.

    They are left by a process that was killed, or by a loss of power; the songs they were made from are whole.
    """
    removed = 0
    with suppress(OSError), os.scandir(folder) as found:
        for entry in found:
            if _NAME.fullmatch(entry.name):
                removed += _remove_abandoned(Path(entry.path))
    return removed


def _remove_abandoned(path: Path) -> bool:
    with suppress(OSError):
        if plain_file_problem(path.lstat()) is not None:
            return False
        handle = os.open(path, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0))
        try:
            if try_lock(handle):
                path.unlink()
                return True
        finally:
            os.close(handle)
    return False


def _copy_attributes(path: Path, handle: int) -> None:
    """Copy extended attributes, and with them access control lists; those that only the system may set are left out."""
    try:
        names = os.listxattr(path)
    except OSError:  # the file system has none
        return
    for name in names:
        try:
            os.setxattr(handle, name, os.getxattr(path, name))
        except OSError as error:
            if error.errno not in (errno.EPERM, errno.EACCES, errno.ENOTSUP, errno.ENODATA):
                raise


def _create(path: Path) -> tuple[Path, BinaryIO]:
    """Create and lock a scratch file; another process may sweep it away between the two."""
    for _ in range(10):
        scratch = path.with_name(f"{_PREFIX}{secrets.token_hex(8)}{path.suffix[:16]}")
        file = os.fdopen(os.open(scratch, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b")
        if try_lock(file.fileno()) and scratch.exists():
            return scratch, file
        file.close()
    raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN), os.fspath(path))


def _state(status: os.stat_result) -> tuple[int, ...]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns
