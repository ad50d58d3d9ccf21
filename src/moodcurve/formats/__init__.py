"""Curves as files: a module for each format, and the writing by name."""

import importlib
import os
from collections.abc import Callable

from moodcurve.curve import Curve
from moodcurve.formats.columns import FormatError
from moodcurve.formats.csv_file import read_csv, to_csv
from moodcurve.formats.jams_file import jams_text, read_jams, to_jams
from moodcurve.formats.json_file import json_text, read_json, to_dict, to_json
from moodcurve.util.files import atomic_write

__all__ = [
    "FORMATS", "TEXT_FORMATS", "FormatError", "check_format", "dumps", "jams_text", "json_text", "read_csv",
    "read_jams", "read_json", "to_csv", "to_dict", "to_jams", "to_json", "write",
]  # fmt: skip

TEXT_FORMATS: dict[str, Callable[[Curve], str]] = {"csv": to_csv, "json": to_json, "jams": to_jams}
"""What makes text of a curve, by the format's name."""
FORMATS = (*TEXT_FORMATS, "parquet")
"""Names of the formats that `write` knows; each is the ending of its files too.

`moodcurve.formats.parquet_file` holds the last, and is imported only where it is needed."""


def check_format(format: str) -> None:
    """Find out before long work whether curves can be written in a format.

    Raises
    ------
    FormatError
        If there is no such format, or it needs a package that is not installed.
    """
    if format not in FORMATS:
        raise FormatError(f"{format}: not a format of curves; known are {', '.join(FORMATS)}")
    if format == "parquet":
        importlib.import_module("moodcurve.formats.parquet_file")


def dumps(curve: Curve, format: str) -> str:
    """Give a curve as text in one of `TEXT_FORMATS`.

    Raises
    ------
    FormatError
        If there is no such format, or it is not text.
    """
    if format not in TEXT_FORMATS:
        raise FormatError(f"{format}: not a format of curves as text; known are {', '.join(TEXT_FORMATS)}")
    return TEXT_FORMATS[format](curve)


def write(curve: Curve, path: str | os.PathLike[str], format: str) -> None:
    """Write a curve in one of `FORMATS`, whole or not at all; text is UTF-8 with LF line ends.

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
