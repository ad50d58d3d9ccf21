"""Write CSV: tables as files or text, and numbers as cells."""

import csv
import io
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TextIO

from moodcurve.util.files import atomic_write

_CRLF = "\r\n"


class _LineFeeds:
    """A file for `csv.writer`, which quotes lone carriage returns only if its lines end with one; it is left out."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, line: str) -> int:
        return self._file.write(line.removesuffix(_CRLF) + "\n")


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Path:
    """Write a table as UTF-8, whole or not at all, see `moodcurve.util.files.atomic_write`; return its path."""
    with atomic_write(path) as scratch, scratch.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(_LineFeeds(file), lineterminator=_CRLF)
        writer.writerow(header)
        writer.writerows(rows)
    return path


def csv_text(rows: Iterable[Sequence[object]]) -> str:
    """Return rows as text."""
    text = io.StringIO()
    csv.writer(_LineFeeds(text), lineterminator=_CRLF).writerows(rows)
    return text.getvalue()


def number_cell(value: float) -> str:
    """Return a number with at most six decimals, and NaN as an empty cell.

    >>> number_cell(0.25), number_cell(3), number_cell(math.nan)
    ('0.25', '3', '')
    """
    return "" if math.isnan(value) else f"{value:.6f}".rstrip("0").rstrip(".")
