"""Read and write curves as Parquet: the columns of the CSV, with the rest of the JSON in the file's metadata.

Requires the extra ``parquet``.
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from moodcurve.curve import INTERVALS, PROBABILITIES, Curve
from moodcurve.formats.columns import FormatError, refuse
from moodcurve.formats.csv_file import POINT_S, REQUIRED, UNKNOWN
from moodcurve.formats.json_file import curve_from_dict, parse_object
from moodcurve.util.files import AnyPath
from moodcurve.util.optional import install_hint
from moodcurve.util.text import one_line

try:
    import pyarrow
    import pyarrow.parquet
except ImportError as error:
    raise FormatError(f"Parquet needs pyarrow: {install_hint('parquet')}") from error

METADATA = b"moodcurve"
"""Key of the schema's metadata: the curve's JSON without what is in columns."""
# Spark, DuckDB, Polars, R and pandas read it; a fifth smaller than snappy, the default
COMPRESSION = "zstd"
TYPES = {
    "text": pyarrow.string(),
    "whole": pyarrow.int64(),
    "number": pyarrow.float64(),
}
"""Types of the columns of tables, by kind, see `table_writer`."""


def write_parquet(curve: Curve, path: AnyPath) -> None:
    """Write a curve as a table with one row per point and the columns of `moodcurve.formats.to_csv`.

    Numbers are float64, rounded as in all formats, and equal those of the JSON.
    """
    columns = curve.rounded_columns()
    in_columns = {"times_s", "quadrants", *columns}
    rest = {key: value for key, value in curve.to_dict().items() if key not in in_columns}
    metadata = json.dumps(rest, ensure_ascii=False, allow_nan=False).encode()
    table = pyarrow.table({name: pyarrow.array(values) for name, values in columns.items()})
    table = table.replace_schema_metadata({METADATA: metadata})
    # opened here, since Arrow cannot open file names that are not UTF-8 and changes error messages
    with Path(path).open("wb") as stream:
        pyarrow.parquet.write_table(table, stream, compression=COMPRESSION)


@contextmanager
def table_writer(
    stream: BinaryIO, kinds: Mapping[str, str]
) -> "Iterator[Callable[[Mapping[str, Sequence[object]]], None]]":
    """Open a table to be written in parts, of which one at a time is in memory; yield the function that writes a part.

    Parameters
    ----------
    stream : binary file
    kinds : mapping
        Type of each column, in order: ``text``, ``whole`` (numbers) or ``number``. None is a missing value in all of
        them. Each part has all columns.
    """
    schema = pyarrow.schema([(name, TYPES[kind]) for name, kind in kinds.items()])
    with pyarrow.parquet.ParquetWriter(stream, schema, compression=COMPRESSION) as writer:
        yield lambda part: writer.write_table(pyarrow.table(dict(part), schema=schema))


def read_parquet(path: AnyPath) -> Curve:
    """Read a curve from Parquet as `write_parquet` writes it.

    Other tables need the columns ``time_s``, ``arousal`` and ``valence``. As with CSV, the source is then the path,
    model and feature set are ``unknown``, and the duration is the last time plus the length of its window, 1.0 s.

    Raises
    ------
    FormatError
        If the file is not Parquet, or its numbers do not form a curve; the message names the column.
    OSError
        If the file cannot be read.
    """
    table = _table(path)
    known = (*REQUIRED, *INTERVALS, *PROBABILITIES)
    if missing := [name for name in REQUIRED if name not in table.column_names]:
        refuse(path, f"column {missing[0]}", "missing", f"the columns {', '.join(REQUIRED)}")
    columns = {name: _numbers(path, table, name) for name in table.column_names if name in known}
    quadrants = {name: columns.pop(column) for column, name in PROBABILITIES.items() if column in columns}
    times_s = columns.pop("time_s")
    points = {"times_s": times_s, **columns, **({"quadrants": quadrants} if quadrants else {})}
    metadata = (table.schema.metadata or {}).get(METADATA)
    if metadata is None:
        rest = {"source": os.fspath(path), "model": UNKNOWN, "feature_set": UNKNOWN}
        return curve_from_dict(path, {**rest, "duration_s": times_s[-1] + POINT_S, **points})
    return curve_from_dict(path, {**parse_object(path, metadata.decode("utf-8", "replace")), **points})


def _table(path: AnyPath) -> Any:
    with Path(path).open("rb") as stream:
        try:
            return pyarrow.parquet.read_table(stream)
        except (pyarrow.ArrowException, OSError) as error:
            refuse(path, "the file", one_line(str(error))[:80], "Parquet")


def _numbers(path: AnyPath, table: Any, name: str) -> list[float]:
    column = table.column(name)
    number = pyarrow.types.is_floating(column.type) or pyarrow.types.is_integer(column.type)
    if not number or column.null_count or not len(column):
        refuse(path, f"column {name}", f"{len(column)} of {column.type}, {column.null_count} missing", "only numbers")
    return [float(value) for value in column.to_pylist()]
