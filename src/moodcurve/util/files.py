"""Write files atomically: completely or not at all."""

import errno
import hashlib
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

AnyPath = str | os.PathLike[str]
MAX_STEM_BYTES = 240
"""Longest stem of a result's file name: file systems allow 255 bytes, with a number and an extension behind it."""
_DIGITS = 8


def short_stem(stem: str) -> str:
    """Return a stem for result files that any extension fits: long ones are cut, and end in ``~`` and a digest.

    The digest is of the whole stem, so that two names with the same beginning stay apart, in any order of calls.

    >>> short_stem("one"), len(short_stem("long " * 60)), short_stem("long " * 60)[-9:]
    ('one', 240, '~337dc82b')
    """
    whole = os.fsencode(stem)
    if len(whole) <= MAX_STEM_BYTES:
        return stem
    digest = hashlib.blake2b(whole, digest_size=_DIGITS // 2).hexdigest()
    cut = whole[: MAX_STEM_BYTES - 1 - _DIGITS]
    while cut and whole[len(cut)] & 0xC0 == 0x80:  # in the middle of a UTF-8 character
        cut = cut[:-1]
    return f"{os.fsdecode(cut)}~{digest}"


@contextmanager
def atomic_write(path: AnyPath) -> Iterator[Path]:
    """Yield a temporary path in the same folder that replaces `path` when the context exits without an error.

    Readers never see a partial file, and an error or Ctrl-C leaves the old file unchanged. Missing parent folders are
    created. The temporary name has the same extension, since writers choose the format by it. A symbolic link is
    replaced, not followed: one that came with a folder of music could lead to any file of the user's.

    Raises
    ------
    OSError
        If the file cannot be written, or is a device or a pipe; the error names `path`, never the temporary file.

    Examples
    --------
    >>> with atomic_write("curve.csv") as temporary:    # doctest: +SKIP
    ...     temporary.write_text("time_s,arousal,valence")
    """
    path = Path(path)
    temporary: Path | None = None
    try:
        target = _target(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".moodcurve-", suffix=path.suffix, dir=target.parent)
        os.close(handle)
        temporary = Path(name)
        # mkstemp creates files that only their owner may read; use the user's default permissions instead
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        yield temporary
        temporary.replace(target)
    except OSError as error:
        if temporary is None or error.filename is None or os.fspath(error.filename) == os.fspath(temporary):
            raise OSError(error.errno, error.strerror or str(error), os.fspath(path)) from error
        raise
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def write_text(path: AnyPath, text: str) -> None:
    """Write text to a file as UTF-8, atomically.

    Raises
    ------
    OSError
        If the file cannot be written; see `atomic_write`.
    """
    with atomic_write(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def check_writable(path: AnyPath) -> None:
    """Raise an error if an output file cannot be written, before long work starts.

    Nothing is changed: a temporary file is created in the deepest existing parent folder, and deleted.

    Raises
    ------
    OSError
        If `path` is a folder, a device or a pipe, its name is too long, or no file can be created in its folder.
    """
    path = Path(path)
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "is a folder, not a file", os.fspath(path))
    try:
        check_name(path)
        folder = _existing_parent(_target(path))
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise OSError(error.errno, error.strerror, os.fspath(path)) from error


def check_name(path: AnyPath) -> None:
    """Raise an error if the file system does not allow names as long as those of a file, or of its missing folders.

    Raises
    ------
    OSError
        With the errno ENAMETOOLONG.
    """
    target = Path(os.path.realpath(path))
    folder = _existing_parent(target)
    longest = os.pathconf(folder, "PC_NAME_MAX") if hasattr(os, "pathconf") else 255
    if any(len(os.fsencode(name)) > longest for name in target.relative_to(folder).parts):
        raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG), os.fspath(path))


def _existing_parent(path: Path) -> Path:
    folder = path.parent
    while not os.path.exists(folder) and folder != folder.parent:  # noqa: PTH110  False for a name that is too long
        folder = folder.parent
    return folder


def plain_file_problem(status: os.stat_result) -> str | None:
    """Say why a file may not be what its name promises: a link, pipe or device, or one with several names.

    Files of fixed names next to a library are written without asking: a link there could lead to any file of the user.
    """
    if stat.S_ISLNK(status.st_mode):
        return "is a link"
    if not stat.S_ISREG(status.st_mode):
        return "is not a regular file"
    return "is a hard link of another file" if status.st_nlink > 1 else None


def _target(path: Path) -> Path:
    """Resolve links in the path's folder; raise OSError for what an atomic write would replace by a file: a device.

    Their links count too: /dev/stdout is one.
    """
    folder = Path(os.path.realpath(path.parent))
    is_device = path.exists() and not path.is_file() and not path.is_dir()
    if is_device or ((path.is_symlink() and folder.is_relative_to("/dev")) or folder.is_relative_to("/proc")):
        raise OSError(errno.EINVAL, "is a device or a pipe, not a file", os.fspath(path))
    return folder / path.name
