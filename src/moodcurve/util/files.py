"""Files that are written whole or not at all."""

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

AnyPath = str | os.PathLike[str]


@contextmanager
def atomic_write(path: AnyPath) -> Iterator[Path]:
    """Give a scratch path beside `path` that takes its place when the block ends without an error.

    A reader never sees half a file, and a failure or Ctrl-C leaves what was there before. Missing parent
    folders are made. The scratch name keeps the ending, since writers choose the format by it. A link stays, and
    leads to the new file.

    Raises
    ------
    OSError
        If the file cannot be written, or is a device or a pipe; it names `path`, never the scratch file.

    Examples
    --------
    >>> with atomic_write("curve.csv") as scratch:    # doctest: +SKIP
    ...     scratch.write_text("time_s,arousal,valence")
    """
    path = Path(path)
    scratch: Path | None = None
    try:
        target = _target(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".moodcurve-", suffix=path.suffix, dir=target.parent)
        os.close(handle)
        scratch = Path(name)
        # mkstemp makes files that only their owner may read; a result gets the user's usual permissions
        umask = os.umask(0)
        os.umask(umask)
        scratch.chmod(0o666 & ~umask)
        yield scratch
        scratch.replace(target)
    except OSError as error:
        if scratch is None or error.filename is None or os.fspath(error.filename) == os.fspath(scratch):
            raise OSError(error.errno, error.strerror or str(error), os.fspath(path)) from error
        raise
    finally:
        if scratch is not None:
            scratch.unlink(missing_ok=True)


def write_text(path: AnyPath, text: str) -> None:
    """Write a text as UTF-8, whole or not at all.

    Raises
    ------
    OSError
        As `atomic_write`.
    """
    with atomic_write(path) as scratch:
        scratch.write_text(text, encoding="utf-8")


def check_writable(path: AnyPath) -> None:
    """Find out before long work whether a result can be written, leaving what is there as it is.

    Of folders that are missing, none is made: it is the one above them in which a file is tried.

    Raises
    ------
    OSError
        If `path` is a folder, a device or a pipe, or a file cannot be made beside it.
    """
    path = Path(path)
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "is a folder, not a file", os.fspath(path))
    try:
        target = _target(path)
        folder = target.parent
        while not folder.exists() and folder != folder.parent:
            folder = folder.parent
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise OSError(error.errno, error.strerror, os.fspath(path)) from error


def _target(path: Path) -> Path:
    """Give the file that a path leads to; a device or a pipe, which a new file would take the place of, is refused."""
    # by the path as it is: what /dev/stdout leads to has a path that leads nowhere
    if path.exists() and not path.is_file() and not path.is_dir():
        raise OSError(errno.EINVAL, "is a device or a pipe, not a file", os.fspath(path))
    return Path(os.path.realpath(path))
