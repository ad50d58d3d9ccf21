"""Ids of the user's own catalogue: read which file has which, and find these files among those of a walk."""

import csv
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from moodcurve.library.errors import LibraryError
from moodcurve.library.scanning.walk import WalkResult
from moodcurve.util.files import AnyPath
from moodcurve.util.text import one_line, text_path

_COLUMNS = ("path", "id")
_BATCH = 10_000


def read_ids(table: AnyPath) -> dict[str, str]:
    """Return the ids of files by absolute path, from a CSV or Parquet table with the columns ``path`` and ``id``.

    CSV is UTF-8, with a header line; Parquet is a file whose name ends so. Ids may be whole numbers there. Relative
    paths are those of the current folder; paths that are not UTF-8 may be written as URIs, as `path_text` does.

    Raises
    ------
    FormatError
        If the package for Parquet is not installed.
    LibraryError
        If the table cannot be read, lacks a column or a value, or gives a file two ids; the message names the line or
        row.
    """
    found: dict[str, str] = {}
    for where, path, identifier in (_parquet_rows if Path(table).suffix.lower() == ".parquet" else _csv_rows)(table):
        if not path or not identifier:
            raise _error(table, f"{where}: needs a path and an id")
        absolute = os.path.abspath(text_path(path))  # noqa: PTH100  any name
        if found.setdefault(absolute, identifier) != identifier:
            raise _error(table, f"{where}: {path} has two ids, {found[absolute]} and {identifier}")
    return found


def match_ids(ids: Mapping[str, str], found: WalkResult) -> tuple[dict[str, str], int]:
    """Return the ids of a walk's files by real path, given those by absolute path, which may lead over links.

    The second value is the number of ids whose files the walk did not find.
    """
    matched: dict[str, str] = {}
    unmatched = 0
    for path, identifier in ids.items():
        real = path if path in found.files else os.path.realpath(path)
        if real not in found.files:
            unmatched += 1
        elif real == path:  # what its own path says goes before what a link says
            matched[real] = identifier
        else:
            matched.setdefault(real, identifier)
    return matched, unmatched


def _csv_rows(table: AnyPath) -> Iterator[tuple[str, str, str]]:
    """Yield where each row stands, its path and its id."""
    try:
        with Path(table).open(encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(file, strict=True)
            header = next(rows, [])
            if missing := [name for name in _COLUMNS if name not in header]:
                raise _error(table, f"lacks the column {missing[0]!r}; it needs {' and '.join(_COLUMNS)}")
            at = [header.index(name) for name in _COLUMNS]
            for row in rows:
                cells = [row[i] if i < len(row) else "" for i in at]
                if row:
                    yield f"line {rows.line_num}", cells[0], cells[1]
    except OSError as error:
        raise _error(table, error.strerror or str(error)) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise _error(table, f"not CSV in UTF-8 ({error})") from error


def _parquet_rows(table: AnyPath) -> Iterator[tuple[str, str, str]]:
    """Yield where each row stands, its path and its id."""
    from moodcurve.formats import check_format

    check_format("parquet")
    import pyarrow.parquet

    try:
        with Path(table).open("rb") as stream:
            file = pyarrow.parquet.ParquetFile(stream)
            if missing := [name for name in _COLUMNS if name not in file.schema_arrow.names]:
                raise _error(table, f"lacks the column {missing[0]!r}; it needs {' and '.join(_COLUMNS)}")
            number = 0
            for batch in file.iter_batches(_BATCH, columns=list(_COLUMNS)):
                paths, ids = (batch.column(name).cast(pyarrow.string()).to_pylist() for name in _COLUMNS)
                for path, identifier in zip(paths, ids, strict=True):
                    number += 1
                    yield f"row {number}", path or "", identifier or ""
    except OSError as error:
        raise _error(table, error.strerror or str(error)) from error
    except pyarrow.ArrowException as error:
        raise _error(table, f"not a Parquet table of paths and ids ({one_line(str(error))[:100]})") from error


def _error(table: AnyPath, message: str) -> LibraryError:
    return LibraryError(f"{one_line(os.fspath(table))}: {one_line(message)}")
