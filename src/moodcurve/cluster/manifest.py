"""Read the songs of a catalogue: a manifest of ids and places (Parquet, CSV, text), or a folder, as a stream."""

import csv
import glob
import gzip
import io
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn
from urllib.parse import urlsplit

from moodcurve.audio.filetypes import AUDIO_EXTENSIONS, may_be_audio
from moodcurve.cluster.errors import ClusterError, StoreError
from moodcurve.cluster.fetch import local_copy
from moodcurve.cluster.retries import answer, ask
from moodcurve.util.text import one_line, path_text
from moodcurve.util.urls import OBJECT_STORES, absolute, file_system, parent_of, resolved, scheme_of

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

ID_COLUMNS = ("external_id", "id", "track_id")
PATH_COLUMNS = ("path", "url", "uri", "file", "location")
"""Names of columns that are looked for, in this order."""
ENDINGS = {".parquet": "parquet", ".csv": "csv", ".tsv": "tsv", ".txt": "text", ".lst": "text"}
LISTING_S = 3600.0
"""Seconds for the listing of a folder of a store, which may hold millions of files."""
_ROWS = 1000
"""Rows of a Parquet file that are in memory at once, beyond its own pages."""


class Entry(NamedTuple):
    """A song of a catalogue: its id there, and the path or URL of its file."""

    external_id: str
    url: str


class Columns(NamedTuple):
    """Names of a manifest's columns; None is the first of `ID_COLUMNS` or `PATH_COLUMNS` that there is."""

    external_id: str | None = None
    path: str | None = None


NO_COLUMNS = Columns()


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
    name = PurePosixPath(urlsplit(source).path if scheme_of(source) else source)
    packed = name.suffix == ".gz"
    kind = ENDINGS.get(PurePosixPath(name.stem).suffix if packed else name.suffix.lower())
    if kind is None:
        endings = ", ".join(ENDINGS)
        raise ClusterError(f"{one_line(source)}: not a manifest; expected is a folder, or a file named {endings}")
    folder = parent_of(source)
    with tempfile.TemporaryDirectory(prefix="moodcurve-") as scratch:
        try:
            path = local_copy(source, Path(scratch))
            number = 0
            for number, (external_id, place) in enumerate(_rows(path, kind, packed, columns), start=1):
                if not external_id or not place:
                    _refuse(source, f"row {number} has no {'path' if external_id else 'id'}")
                yield Entry(external_id, resolved(place, folder))
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise ClusterError(f"{one_line(source)}: {one_line(reason)}") from error
        except _ColumnError as error:
            _refuse(source, str(error))
    if not number:
        _refuse(source, "it holds no rows")


class _ColumnError(Exception):
    """A manifest lacks a column, or it is no table at all."""


def _refuse(source: str, reason: str) -> NoReturn:
    raise ClusterError(f"{one_line(source)}: {reason}")


def _rows(path: str, kind: str, packed: bool, columns: Columns) -> Iterator[tuple[str, str]]:
    """Yield the id and the path of each row as text; empty where there is none."""
    if kind == "parquet":
        yield from _parquet_rows(path, columns)
        return
    binary = gzip.open(path) if packed else Path(path).open("rb")  # noqa: SIM115  the text closes it
    with io.TextIOWrapper(binary, encoding="utf-8-sig", newline="") as lines:
        if kind == "text":
            for line in lines:
                if text := line.rstrip("\r\n"):
                    yield text, text
            return
        table = csv.reader(lines, delimiter="\t" if kind == "tsv" else ",", strict=True)
        header = next(table, [])
        at = [header.index(name) for name in _find_columns(header, columns)]
        for row in table:
            if row:
                external_id, place = (row[i] if i < len(row) else "" for i in at)
                yield external_id, place


def _parquet_rows(path: str, columns: Columns) -> Iterator[tuple[str, str]]:
    import pyarrow
    import pyarrow.parquet

    try:
        with pyarrow.parquet.ParquetFile(path) as table:
            names = _find_columns(table.schema_arrow.names, columns)
            wanted = list(dict.fromkeys(names))
            for group in range(table.num_row_groups):  # one by one: memory grows as it reads all
                for batch in table.iter_batches(batch_size=_ROWS, row_groups=[group], columns=wanted):
                    ids, places = (batch.column(name).to_pylist() for name in names)
                    for external_id, place in zip(ids, places, strict=True):
                        yield "" if external_id is None else str(external_id), "" if place is None else str(place)
    except pyarrow.ArrowException as error:
        raise _ColumnError(f"not Parquet: {one_line(str(error))[:80]}") from error


def _find_columns(names: Sequence[str], columns: Columns) -> tuple[str, str]:
    found = []
    for what, wanted, known in (("ids", columns.external_id, ID_COLUMNS), ("paths", columns.path, PATH_COLUMNS)):
        name = next((name for name in ((wanted,) if wanted else known) if name in names), None)
        if name is None and what == "ids" and wanted is None:
            continue  # the path is the id
        if name is None:
            raise _ColumnError(f"no column of {what}: {wanted or ' or '.join(known)}; it has {', '.join(names)}")
        found.append(name)
    return found[0], found[-1]


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
