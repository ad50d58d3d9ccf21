"""Read the songs of a catalogue: a manifest of ids and places (Parquet, CSV, text), or a folder, as a stream."""

import glob
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn
from urllib.parse import urlsplit

from moodcurve.audio.filetypes import AUDIO_EXTENSIONS, may_be_audio
from moodcurve.cluster.errors import ClusterError, StoreError
from moodcurve.cluster.fetch import local_copy
from moodcurve.cluster.retries import answer, ask
from moodcurve.library.id_tables import ENDINGS, NO_COLUMNS, Columns, TableError, read_table, table_kind
from moodcurve.util.text import one_line, path_text, reason_of
from moodcurve.util.urls import OBJECT_STORES, absolute, file_system, parent_of, resolved, scheme_of

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

LISTING_S = 3600.0
"""Seconds for the listing of a folder of a store, which may hold millions of files."""


class Entry(NamedTuple):
    """A song of a catalogue: its id there, and the path or URL of its file."""

    external_id: str
    url: str


def read_entries(source: str, columns: Columns = NO_COLUMNS) -> Iterator[Entry]:
    """Yield the songs of a manifest or a folder in order, one by one.

    Parameters
    ----------
    source : str
        A manifest, named ``.parquet``, ``.csv``, ``.tsv`` or ``.txt`` (one path per line), also with ``.gz`` except
        Parquet; several by a pattern with ``*``; or a folder, whose songs have their paths in it as ids. All may be
        URLs. Relative paths in a manifest are below its folder. A manifest of a store is copied first, so that a change
        does not matter.
    columns : Columns

    Raises
    ------
    ClusterError
        If it cannot be read, a column is missing, or a row has no id or no path.
    """
    source = absolute(source)
    if "*" in source and (scheme_of(source) or not os.path.lexists(source)):
        for path in _matches(source):
            yield from _manifest(path, columns)
    elif _is_folder(source):
        yield from _folder(source)
    else:
        yield from _manifest(source, columns)


def _manifest(source: str, columns: Columns) -> Iterator[Entry]:
    kind = table_kind(urlsplit(source).path if scheme_of(source) else source)
    if kind is None:
        endings = ", ".join(ENDINGS)
        raise ClusterError(f"{one_line(source)}: not a manifest; expected is a folder, or a file named {endings}")
    folder = parent_of(source)
    empty = True
    with tempfile.TemporaryDirectory(prefix="moodcurve-") as scratch:
        try:
            for _, external_id, place in read_table(local_copy(source, Path(scratch)), kind, columns):
                empty = False
                yield Entry(external_id, resolved(place, folder))
        except TableError as error:
            _refuse(source, str(error))
        except OSError as error:  # of the copy
            _refuse(source, one_line(reason_of(error)))
    if empty:
        _refuse(source, "it holds no rows")


def _refuse(source: str, reason: str) -> NoReturn:
    raise ClusterError(f"{one_line(source)}: {reason}")


def _matches(pattern: str) -> list[str]:
    """Return the files that a pattern stands for, sorted."""
    if scheme_of(pattern) is None:
        found = sorted(glob.glob(pattern))  # noqa: PTH207  as text
    else:
        system, path = file_system(pattern, error=ClusterError)
        listed = _asked(pattern, system, "glob", path)
        found = sorted(str(system.unstrip_protocol(name)) for name in listed)
    if not found:
        _refuse(pattern, "no such file")
    return found


def _asked(source: str, system: "AbstractFileSystem", method: str, *arguments: Any, **options: Any) -> Any:
    """Return what a store answers about a manifest or folder."""
    try:
        return answer(ask(system, method, *arguments, timeout_s=LISTING_S, **options))
    except StoreError as error:
        raise ClusterError(f"{one_line(source)}: {error}") from error


def _is_folder(source: str) -> bool:
    scheme = scheme_of(source)
    if scheme is None:
        return os.path.isdir(source)  # noqa: PTH112  any string
    if scheme not in OBJECT_STORES or PurePosixPath(source).suffix in (*ENDINGS, ".gz"):
        return False
    system, path = file_system(source, error=ClusterError)
    return bool(_asked(source, system, "isdir", path))


def _folder(source: str) -> Iterator[Entry]:
    """Yield the songs of a folder by their names, folder by folder; the listing of one folder is in memory at a time.

    Links to folders are not followed, and what is hidden is left out.
    """
    root = source.rstrip("/")
    is_song = may_be_audio if scheme_of(source) is None else _is_named_like_audio
    number = 0
    for folder, names in _local_folders(root) if scheme_of(source) is None else _store_folders(root):
        for path in (f"{folder}/{name}" for name in names if not name.startswith(".")):
            if is_song(path):
                number += 1
                url = path_text(path)
                yield Entry(url.removeprefix(f"{root}/"), url)
    if not number:
        _refuse(source, "it holds no audio files")


def _is_named_like_audio(path: str) -> bool:
    return path.rpartition(".")[2].lower() in AUDIO_EXTENSIONS  # pathlib would keep the parts of all paths in memory


def _local_folders(root: str) -> Iterator[tuple[str, list[str]]]:
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield folder.rstrip("/"), sorted(files)


def _store_folders(root: str) -> Iterator[tuple[str, list[str]]]:
    system, _ = file_system(root, error=ClusterError)
    folders = [root]
    while folders:
        folder = folders.pop()
        path = str(system._strip_protocol(folder))
        listed = _asked(folder, system, "ls", path, detail=True)
        names: dict[str, list[str]] = {"directory": [], "file": []}
        for one in listed:
            if one["name"].rstrip("/") != path:  # a folder may be an object of its own
                names[one["type"]].append(one["name"].rstrip("/").rpartition("/")[2])
        yield folder, sorted(names["file"])
        folders.extend(f"{folder}/{name}" for name in sorted(names["directory"], reverse=True))
