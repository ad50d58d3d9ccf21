"""Read tables of files and of their ids in the user's own catalogue: CSV, TSV, Parquet, or a path on each line."""

import csv
import gzip
import io
import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from moodcurve.formats import check_format
from moodcurve.util.files import AnyPath
from moodcurve.util.text import one_line, reason_of

ID_COLUMNS = ("external_id", "id", "track_id")
PATH_COLUMNS = ("path", "url", "uri", "file", "location")
"""Names of columns that are looked for, in this order."""
ENDINGS = {".parquet": "parquet", ".csv": "csv", ".tsv": "tsv", ".txt": "text", ".lst": "text"}
Row = tuple[int, str, str]
_GZIP = b"\x1f\x8b"
_ROWS = 1000
"""Rows of a Parquet file that are in memory at once, beyond its own pages."""


class TableError(Exception):
    """A table cannot be read, or lacks something; the message says what, without the table's name."""


class Columns(NamedTuple):
    """Names of a table's columns; None is the first of `ID_COLUMNS` or `PATH_COLUMNS` that there is."""

    external_id: str | None = None
    path: str | None = None


NO_COLUMNS = Columns()


def table_kind(name: str) -> str | None:
    """Return the kind of a table by its file name, or None if it is not that of a table.

    >>> table_kind("songs.csv.gz"), table_kind("songs.lst"), table_kind("songs.json")
    ('csv', 'text', None)
    """
    path = PurePosixPath(name)
    return ENDINGS.get((path.with_suffix("") if path.suffix == ".gz" else path).suffix.lower())


def read_table(path: AnyPath, kind: str, columns: Columns = NO_COLUMNS, *, needs_ids: bool = False) -> Iterator[Row]:
    """Yield the number of each row, its id and its path, in order; only a part of the table is in memory.

    The number is that of the line, or of the row in Parquet, from 1.

    Parameters
    ----------
    path : str or path
    kind : str
        One of the values of `ENDINGS`. CSV and TSV have a header line; all but Parquet are UTF-8, and may be packed
        with gzip. Ids in Parquet may have any type, of which `str` makes texts.
    columns : Columns
    needs_ids : bool
        Refuse a table without a column of ids, where else the paths are the ids.

    Raises
    ------
    FormatError
        If the package for Parquet is not installed.
    TableError
        If the table cannot be read, lacks a column, or a row has no id or no path.
    """
    if kind == "parquet":
        check_format(kind)
        rows = _parquet_rows(path, columns, needs_ids)
    else:
        rows = _text_rows(path, kind, columns, needs_ids)
    try:
        for row in rows:
            if not row[1] or not row[2]:
                raise TableError(f"{row_name(kind, row[0])} has no {'path' if row[1] else 'id'}")
            yield row
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise TableError(f"damaged gzip data ({one_line(str(error))})") from error
    except OSError as error:
        raise TableError(one_line(reason_of(error))) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise TableError(f"not {kind} in UTF-8 ({one_line(str(error))})") from error


def row_name(kind: str, number: int) -> str:
    """Return what messages call a row of a table of this kind."""
    return f"{'row' if kind == 'parquet' else 'line'} {number}"


def _text_rows(path: AnyPath, kind: str, columns: Columns, needs_ids: bool) -> Iterator[Row]:
    with ExitStack() as opened:
        file = opened.enter_context(Path(path).open("rb"))
        binary: Any = file
        if file.peek(2)[:2] == _GZIP:
            binary = opened.enter_context(gzip.GzipFile(fileobj=file))
        lines = opened.enter_context(io.TextIOWrapper(binary, encoding="utf-8-sig", newline=""))
        if kind == "text":
            for number, line in enumerate(lines, start=1):
                if text := line.rstrip("\r\n"):
                    yield number, text, text
            return
        table = csv.reader(lines, delimiter="\t" if kind == "tsv" else ",", strict=True)
        header = next(table, [])
        at = [header.index(name) for name in _find_columns(header, columns, needs_ids)]
        for cells in table:
            if cells:
                external_id, place = (cells[i] if i < len(cells) else "" for i in at)
                yield table.line_num, external_id, place


def _parquet_rows(path: AnyPath, columns: Columns, needs_ids: bool) -> Iterator[Row]:
    import pyarrow
    import pyarrow.parquet

    number = 0
    try:
        with Path(path).open("rb") as file, pyarrow.parquet.ParquetFile(file) as table:
            names = _find_columns(table.schema_arrow.names, columns, needs_ids)
            wanted = list(dict.fromkeys(names))
            if twice := [name for name in wanted if table.schema_arrow.names.count(name) > 1]:
                raise TableError(f"several columns have the name {one_line(twice[0])}")
            for group in range(table.num_row_groups):  # one by one: memory grows as it reads all
                for batch in table.iter_batches(batch_size=_ROWS, row_groups=[group], columns=wanted):
                    ids, places = (batch.column(name).to_pylist() for name in names)
                    for external_id, place in zip(ids, places, strict=True):
                        number += 1
                        if isinstance(place, bytes):  # some programs write all texts so: the ids are texts as well
                            place, external_id = _decoded(place), _decoded(external_id)
                        yield number, _text(external_id), _text(place)
    except pyarrow.ArrowException as error:
        raise TableError(f"not Parquet of ids and paths ({one_line(str(error))[:100]})") from error


def _text(value: object) -> str:
    """Return a value as text, as Python writes it: shards of results have names by the texts of their ids."""
    return "" if value is None else str(value)


def _decoded(value: object) -> object:
    return value.decode() if isinstance(value, bytes) else value


def _find_columns(names: Sequence[str], columns: Columns, needs_ids: bool) -> tuple[str, str]:
    """Return the names of the columns of ids and of paths; if there are no ids, that of paths twice."""
    found = []
    for what, wanted, known in (("ids", columns.external_id, ID_COLUMNS), ("paths", columns.path, PATH_COLUMNS)):
        name = next((name for name in ((wanted,) if wanted else known) if name in names), None)
        if name is None and what == "ids" and wanted is None and not needs_ids:
            continue  # the path is the id
        if name is None:
            has = ", ".join(names) or "none"
            raise TableError(f"no column of {what}: {wanted or ' or '.join(known)}; it has {one_line(has)}")
        found.append(name)
    return found[0], found[-1]
