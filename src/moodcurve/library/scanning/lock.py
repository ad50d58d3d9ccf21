"""A lock file next to the library, so that one scan writes to it at a time."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from moodcurve.library.errors import LibraryError
from moodcurve.util.files import AnyPath, plain_file_problem
from moodcurve.util.lock import try_lock
from moodcurve.util.text import one_line


@contextmanager
def scan_lock(library: AnyPath) -> Iterator[None]:
    """Hold the scan lock of a library; the system releases it when this process ends, killed or not.

    The lock is on ``<library>.lock``, which holds the process id. The file is never removed: another process could
    be about to lock it. Nothing else is ever overwritten: a lock that is a link, a pipe, or holds anything but a number
    may have come with an archive, or from another user of the folder.

    Raises
    ------
    LibraryError
        If another process holds the lock, the file cannot be created, or it is not a lock file.
    """
    path = Path(os.path.realpath(library))
    name = one_line(os.fspath(library))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = _open(path.with_name(f"{path.name}.lock"), path)
    except OSError as error:
        raise LibraryError(
            f"{name}: cannot write there ({error.strerror}); choose another file with --library"
        ) from error
    try:
        if not try_lock(handle):
            holder = _read_process(handle)
            raise LibraryError(
                f"{name}: {f'process {holder}' if holder else 'another process'} is scanning into it; "
                "wait until it is done, or choose another file with --library"
            )
        os.ftruncate(handle, 0)
        os.write(handle, f"{os.getpid()}\n".encode("ascii"))
        yield
    finally:
        os.close(handle)


def _open(lock: Path, library: Path) -> int:
    """Open a lock file, or create it, without following links; return its descriptor.

    Raises
    ------
    LibraryError
        If something else has its name.
    OSError
        If it cannot be opened or created.
    """
    with suppress(FileNotFoundError):  # before it is opened: opening a device or a pipe may already do something
        _check(lock, lock.lstat(), library)
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    handle = os.open(lock, flags, 0o666)
    try:
        _check(lock, os.fstat(handle), library)
        _read_process(handle, lock)
    except BaseException:
        os.close(handle)
        raise
    return handle


def _check(lock: Path, status: os.stat_result, library: Path) -> None:
    problem = plain_file_problem(status)
    if problem is None and hasattr(os, "geteuid"):
        owners = {os.geteuid(), 0}
        with suppress(FileNotFoundError):  # whoever owns the library may lock it too
            owners.add(library.stat().st_uid)
        if status.st_uid not in owners:
            problem = "belongs to another user"
    if problem is not None:
        raise LibraryError(f"{one_line(os.fspath(lock))}: {problem}, so it is no lock of a scan; remove it")


def _read_process(handle: int, lock: Path | None = None) -> str:
    """Return the process id that a lock file holds, or an empty string; refuse anything else if `lock` names it."""
    os.lseek(handle, 0, os.SEEK_SET)
    content = os.read(handle, 32)
    if lock is not None and not re.fullmatch(rb"(\d{1,20}\s*)?", content):
        raise LibraryError(f"{one_line(os.fspath(lock))}: holds more than a process id, so it is no lock; remove it")
    return content.decode("ascii", "replace").strip()
