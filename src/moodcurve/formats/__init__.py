"""Curves as files: a module for each format, and the writing by name."""

import os
from collections.abc import Callable

from moodcurve.curve import Curve
from moodcurve.files import written_whole
from moodcurve.formats.columns import FormatError
from moodcurve.formats.csv_file import read_csv, to_csv
from moodcurve.formats.json_file import read_json, to_dict, to_json

__all__ = [
    "FORMATS", "FormatError", "dumps", "read_csv", "read_json", "to_csv", "to_dict", "to_json", "write",
]  # fmt: skip

_TEXT_FORMATS: dict[str, Callable[[Curve], str]] = {"csv": to_csv, "json": to_json}
FORMATS = tuple(_TEXT_FORMATS)
"""Names of the formats that `write` knows; each is the ending of its files too."""


def dumps(curve: Curve, format: str) -> str:
    """Give a curve as text in one of `FORMATS`.

    Raises
    ------
    FormatError
        If there is no such format.
    """
    if format not in _TEXT_FORMATS:
        raise FormatError(f"{format}: not a format of curves; known are {', '.join(FORMATS)}")
    return _TEXT_FORMATS[format](curve)


def write(curve: Curve, path: str | os.PathLike[str], format: str) -> None:
    """Write a curve in one of `FORMATS`, whole or not at all; text is UTF-8 with LF line ends.

    Raises
    ------
    FormatError
        If there is no such format.
    OSError
        If the file cannot be written.
    """
    text = dumps(curve, format)
    with written_whole(path) as scratch:
        scratch.write_bytes(text.encode("utf-8"))
