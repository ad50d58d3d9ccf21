"""Read small CSV tables so that an error can name the file, the line and the column."""

import csv
import io
import math
from dataclasses import dataclass
from pathlib import Path

from moodcurve.datasets.song import DatasetError

_LONGEST_HEADER = 1 << 20
_LONGEST_ID = 255
"""Longest file name of common systems."""


@dataclass(frozen=True, kw_only=True)
class CsvRow:
    """One row of a table: its line number in the file, from 1, and its cells without surrounding blanks."""

    line: int
    cells: tuple[str, ...]

    def cell(self, column: int | None) -> str:
        """Return a cell; empty if the column does not exist, or the row is too short."""
        return self.cells[column] if column is not None and column < len(self.cells) else ""

    def text(self, column: int | None) -> str:
        """Return a cell with single blanks between words."""
        return " ".join(self.cell(column).split())


@dataclass(frozen=True, kw_only=True)
class Table:
    """A CSV file with a header line; header and cells have no surrounding blanks."""

    path: Path
    header: tuple[str, ...]
    rows: tuple[CsvRow, ...]

    def column(self, *names: str) -> int:
        """Return the index of the first of these columns that exists, ignoring case.

        Raises
        ------
        DatasetError
            If there is none.
        """
        header = [name.casefold() for name in self.header]
        for name in names:
            if name in header:
                return header.index(name)
        raise DatasetError(
            f"{self.path}, line 1: expected a column {' or '.join(map(repr, names))}, "
            f"found {', '.join(self.header[:8])}"
        )

    def optional_column(self, *names: str) -> int | None:
        """Return the index of the first of these columns that exists, ignoring case; None if there is none."""
        header = {name.casefold() for name in self.header}
        return self.column(*names) if header & {*names} else None

    def error(self, row: CsvRow, message: str) -> DatasetError:
        """Return an error about one row, for the caller to raise."""
        return DatasetError(f"{self.path}, line {row.line}: {message}")

    def number(self, row: CsvRow, column: int, *, low: float, high: float) -> float:
        """Return a cell as a number in [low, high].

        Raises
        ------
        DatasetError
            If the cell is missing, not a finite number, or outside the range.
        """
        cell = row.cell(column)
        try:
            value = float(cell)
        except ValueError:
            value = math.nan
        if not low <= value <= high:
            raise self.error(row, f"{self.header[column]} is {cell!r}, expected a number from {low:g} to {high:g}")
        return value

    def song_id(self, row: CsvRow, column: int) -> str:
        """Return the id of a row's song, any name that a file can have.

        Raises
        ------
        DatasetError
            If it is empty or too long.
        """
        found = row.cell(column)
        if not 0 < len(found) <= _LONGEST_ID:
            raise self.error(
                row, f"{self.header[column]} has {len(found)} characters, expected a name of 1 to {_LONGEST_ID}"
            )
        return found

    def by_song(self, column: int = 0) -> dict[int, CsvRow]:
        """Return the rows by song id, a whole number.

        Raises
        ------
        DatasetError
            If an id is not a whole number from 1, or occurs twice.
        """
        rows: dict[int, CsvRow] = {}
        for row in self.rows:
            cell = row.cell(column)
            if not cell.isdecimal() or int(cell) < 1:
                raise self.error(row, f"song id is {cell!r}, expected a whole number from 1")
            if int(cell) in rows:
                raise self.error(row, f"song {cell} is already in line {rows[int(cell)].line}")
            rows[int(cell)] = row
        return rows


def read_text(path: Path) -> str:
    """Read a text file as UTF-8, with bytes that are not UTF-8 replaced.

    A name with a broken accent still differs from other names, and a broken number is rejected later.

    Raises
    ------
    DatasetError
        If the file cannot be read.
    """
    try:
        return path.read_bytes().decode("utf-8-sig", errors="replace")
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read ({error.strerror})") from error


def read_header(path: Path) -> tuple[str, ...]:
    """Read the names in a table's header line, in lower case; empty if the file cannot be read as a table."""
    try:
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as stream:
            first = stream.readline(_LONGEST_HEADER)
        return tuple(cell.strip().casefold() for cell in next(csv.reader([first]), []))
    except (OSError, csv.Error):
        return ()


def read_table(path: Path, *, separators: str = ",") -> Table:
    """Read a comma-separated file with a header line, skipping empty lines.

    Of several allowed separators, the one that the header has most of is used.

    Raises
    ------
    DatasetError
        If the file cannot be read, is empty, or is not CSV.
    """
    text = read_text(path)
    separator = max(separators, key=text.partition("\n")[0].count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    rows: list[CsvRow] = []
    try:
        for cells in reader:
            stripped = tuple(cell.strip() for cell in cells)
            if any(stripped):
                rows.append(CsvRow(line=reader.line_num, cells=stripped))
    except csv.Error as error:
        raise DatasetError(f"{path}, line {reader.line_num}: not a CSV line ({error})") from error
    if not rows:
        raise DatasetError(f"{path}: is empty, expected a header line")
    return Table(path=path, header=rows[0].cells, rows=tuple(rows[1:]))
