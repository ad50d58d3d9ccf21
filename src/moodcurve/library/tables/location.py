"""Find the Parquet files that a text names: a path, a pattern, a folder, or one of these at a URL."""

import glob
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from moodcurve.library.errors import LibraryError
from moodcurve.util.text import one_line, text_path
from moodcurve.util.urls import file_system, scheme_of

ENDING = ".parquet"


@dataclass(frozen=True)
class TableFiles:
    """The Parquet files that a text names.

    Attributes
    ----------
    given : str
        The text, for messages.
    files : tuple of str
        Absolute paths or URLs, sorted; at least one.
    filesystem : fsspec filesystem or None
        What reads the URLs; None for files of this machine.
    """

    given: str
    files: tuple[str, ...]
    filesystem: Any = None


def names_tables(text: str) -> bool:
    """Return True if a text names Parquet files rather than a library: by its form, or as a folder that holds some.

    >>> names_tables("s3://bucket/songs/*.parquet"), names_tables("library.sqlite")
    (True, False)
    """
    if scheme_of(text) or text.lower().endswith(ENDING):
        return True
    if glob.has_magic(text) and not Path(text).exists():
        return True
    return Path(text).is_dir() and bool(_local_files(text))


def find_tables(text: str) -> TableFiles:
    """Return the Parquet files that a text names.

    Of a folder, those in it and below are taken, without those whose names, or folders, begin with ``.`` or ``_``:
    these are what other programs are still writing.

    Raises
    ------
    LibraryError
        If there are none, or the place cannot be read.
    """
    filesystem, files = _remote_files(text) if scheme_of(text) else (None, _local_files(text_path(text)))
    if not files:
        raise LibraryError(f"{one_line(text)}: no Parquet files there")
    return TableFiles(text, tuple(sorted(files)), filesystem)


def _local_files(text: str) -> list[str]:
    path = Path(text)
    if path.is_dir():
        return [str(found.absolute()) for found in path.rglob("*") if _is_complete(str(found.relative_to(path)))]
    is_pattern = glob.has_magic(text) and not path.exists()
    paths = glob.glob(text, recursive=True) if is_pattern else [text]  # noqa: PTH207  an absolute pattern
    return [os.path.abspath(found) for found in paths if Path(found).is_file()]  # noqa: PTH100  also without ".."


def _remote_files(text: str) -> tuple[Any, list[str]]:
    filesystem, path = file_system(text, error=LibraryError, lists_once=True)
    with translate_remote_errors(text):
        if glob.has_magic(path):
            found = filesystem.glob(path)
        elif path.endswith(ENDING):
            found = [path]
        else:
            found = [name for name in filesystem.find(path) if _is_complete(name.removeprefix(path).lstrip("/"))]
        return filesystem, [filesystem.unstrip_protocol(name) for name in found]


@contextmanager
def translate_remote_errors(given: str) -> Iterator[None]:
    """Raise errors of a network or an object store as `LibraryError`."""
    try:
        yield
    except Exception as error:
        if not isinstance(error, _remote_errors()):
            raise
        reason = one_line(str(error).strip() or type(error).__name__)[:200]
        raise LibraryError(f"{one_line(given)}: cannot be read ({reason})") from error


def _remote_errors() -> tuple[type[Exception], ...]:
    """Return the errors of the network libraries that are loaded, which have no common class."""
    found = (
        getattr(sys.modules.get(module), name, None)
        for module, name in (
            ("botocore.exceptions", "BotoCoreError"),
            ("botocore.exceptions", "ClientError"),
            ("aiohttp", "ClientError"),
            ("gcsfs.retry", "HttpError"),
        )
    )
    return OSError, *(kind for kind in found if kind is not None)


def _is_complete(below: str) -> bool:
    """Return True if a path below a folder is that of a Parquet file that nobody is still writing."""
    parts = PurePosixPath(below.replace(os.sep, "/")).parts
    return below.lower().endswith(ENDING) and not any(part.startswith((".", "_")) for part in parts)
