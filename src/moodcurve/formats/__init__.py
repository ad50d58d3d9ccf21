"""Read and write curves as CSV, JSON, JAMS and Parquet, with one module per format."""

import importlib
from collections.abc import Callable

from moodcurve.curve import Curve
from moodcurve.formats.columns import FormatError
from moodcurve.formats.csv_file import read_csv, to_csv
from moodcurve.formats.jams_file import jams_text, read_jams, to_jams
from moodcurve.formats.json_file import json_text, read_json, to_json
from moodcurve.util.files import AnyPath, atomic_write

__all__ = [
    "FORMATS", "TEXT_FORMATS", "FormatError", "check_format", "dumps", "jams_text", "json_text", "read_csv",
    "read_jams", "read_json", "to_csv", "to_jams", "to_json", "write",
]  # fmt: skip

TEXT_FORMATS: dict[str, Callable[[Curve], str]] = {"csv": to_csv, "json": to_json, "jams": to_jams}
"""Functions that return a curve as text, by the format's name."""
FORMATS = (*TEXT_FORMATS, "parquet")
"""Names of the formats that `write` accepts; each is also the extension of its files.

`moodcurve.formats.parquet_file` is imported only when it is needed."""


def check_format(format: str) -> None:
    """Check before long work that curves can be written in a format.

    Raises
    ------
    FormatError
        If there is no such format, or it needs a package that is not installed.
    """
    if format not in FORMATS:
        raise FormatError(f"{format}: unknown curve format; use one of {', '.join(FORMATS)}")
    if format == "parquet":
        importlib.import_module("moodcurve.formats.parquet_file")


def dumps(curve: Curve, format: str) -> str:
    """Return a curve as text in one of `TEXT_FORMATS`.

    Raises
    ------
    FormatError
        If there is no such format, or it is not a text format.
    """
    if format not in TEXT_FORMATS:
        raise FormatError(f"{format}: unknown text format of curves; use one of {', '.join(TEXT_FORMATS)}")
    return TEXT_FORMATS[format](curve)


def write(curve: Curve, path: AnyPath, format: str) -> None:
    """Write a curve in one of `FORMATS`; a failure leaves no partial file. Text is UTF-8 with LF line ends.

    Raises
    ------
    FormatError
        If there is no such format, or it needs a package that is not installed.
    OSError
        If the file cannot be written.
    """
    check_format(format)
    if format == "parquet":
        from moodcurve.formats.parquet_file import write_parquet

        with atomic_write(path) as scratch:
            write_parquet(curve, scratch)
        return
    text = dumps(curve, format)
    with atomic_write(path) as scratch:
        scratch.write_bytes(text.encode("utf-8"))
