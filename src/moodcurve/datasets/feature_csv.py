"""Read DEAM's feature files: ``frameTime`` and 260 columns, separated by semicolons."""

from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np
import numpy.typing as npt

from moodcurve._typing import Float32Array, FloatArray
from moodcurve.datasets.csv_tables import read_text
from moodcurve.datasets.song import DatasetError
from moodcurve.features import COMPARE260, Features
from moodcurve.features.feature_sets import HOP_S

HEADER = ("frameTime", *COMPARE260.names)
_LARGEST = float(np.finfo(np.float32).max)
_TIME_DIGITS_S = 1e-6
"""Precision of times in the files, which have six decimals."""
_STEP_TOLERANCE = 0.01
"""Largest relative error of the step. openSMILE rounds its 10 ms hop to whole samples: at 22.05 kHz, 221 samples
instead of 220.5, and 0.501134 s instead of 0.5 s."""


@dataclass(frozen=True, eq=False, kw_only=True)
class AlignedRows:
    """The feature rows that belong to rated times.

    Attributes
    ----------
    features : Features, m rows
        The matching rows, with times as in the file.
    recording : Features or None
        All rows of the file. None if the matching rows are not consecutive, as in a long file with a rounded step.
    rated : (m,)
        Index of each row's time among the requested times, increasing.
    step_s : float
        Distance between the file's rows: 0.5 s, or slightly more or less with a rounded hop.
    """

    features: Features
    recording: Features | None
    rated: npt.NDArray[np.intp]
    step_s: float


def read_rows(path: Path, times_s: FloatArray) -> AlignedRows:
    """Read the rows of a feature file that start at the given times.

    In a file whose step is not exactly 0.5 s (see ``_STEP_TOLERANCE``), the nearest row is taken, at most half a step
    away. Times without a row are left out. All times and values of the file are checked.

    Parameters
    ----------
    path : Path
    times_s : (n,)
        Increasing multiples of 0.5 s, from the same start as those in the file.

    Raises
    ------
    DatasetError
        If the file cannot be read, its header differs, a line does not have 261 cells, a value is not a finite
        number, or the times do not increase in steps of 0.5 s.
    """
    recording, step_s = _read(path)
    row_times_s = recording.times_s
    nearest = np.rint((times_s - row_times_s[0]) / step_s).astype(np.intp)
    rated = np.flatnonzero((nearest >= 0) & (nearest < len(row_times_s)))
    rows = nearest[rated]
    features = Features(recording.values[rows], row_times_s[rows], COMPARE260)
    consecutive = bool((np.diff(rows) == 1).all())
    return AlignedRows(features=features, recording=recording if consecutive else None, rated=rated, step_s=step_s)


def read_features(path: Path) -> Features:
    """Read all rows of a feature file, with the checks of ``read_rows``.

    Raises
    ------
    DatasetError
        As ``read_rows`` does.
    """
    return _read(path)[0]


def _read(path: Path) -> tuple[Features, float]:
    """Return all rows of a file, and their distance in seconds."""
    lines = read_text(path).rstrip().splitlines()
    _check_header(path, lines)
    times_s = _row_times(path, lines)
    step_s = _step(path, times_s)
    return Features(_values(path, lines), times_s, COMPARE260), step_s


def _check_header(path: Path, lines: list[str]) -> None:
    if len(lines) < 2:
        raise DatasetError(f"{path}: expected a header and at least one row, found {len(lines)} lines")
    found = [name.strip() for name in lines[0].split(";")]
    if len(found) != len(HEADER):
        raise DatasetError(f"{path}, line 1: expected {len(HEADER)} columns between ';', found {len(found)}")
    for i, (name, expected) in enumerate(zip(found, HEADER, strict=True), start=1):
        if name != expected:
            raise DatasetError(f"{path}, line 1: column {i} is {name!r}, expected {expected!r}")


def _row_times(path: Path, lines: list[str]) -> FloatArray:
    times_s = np.empty(len(lines) - 1)
    for number, line in enumerate(lines[1:], start=2):
        if line.count(";") != len(HEADER) - 1:
            found = line.count(";") + 1
            raise DatasetError(f"{path}, line {number}: expected {len(HEADER)} cells between ';', found {found}")
        times_s[number - 2] = _number(path, number, 0, line.partition(";")[0])
    return times_s


def _step(path: Path, times_s: FloatArray) -> float:
    """Return the distance between rows, after checking that all are on one grid of about 0.5 s."""
    if len(times_s) == 1:
        return HOP_S
    steps = np.diff(times_s)
    usual = float(np.median(steps))
    uneven = np.flatnonzero(np.abs(steps - usual) > 3 * _TIME_DIGITS_S)
    if len(uneven) or abs(usual / HOP_S - 1) > _STEP_TOLERANCE:
        row = int(uneven[0]) + 1 if len(uneven) else 1
        raise DatasetError(
            f"{path}, line {row + 2}: frameTime is {times_s[row]:f} after {times_s[row - 1]:f}, "
            f"expected rows every {HOP_S} s"
        )
    step_s = float(times_s[-1] - times_s[0]) / len(steps)
    if abs(step_s - HOP_S) > 2 * _TIME_DIGITS_S:
        return step_s
    off = np.flatnonzero(np.abs(times_s - np.rint(times_s / HOP_S) * HOP_S) > 2 * _TIME_DIGITS_S)
    if len(off):
        raise DatasetError(
            f"{path}, line {off[0] + 2}: frameTime is {times_s[off[0]]:f}, expected a multiple of {HOP_S} s"
        )
    return HOP_S


def _values(path: Path, lines: list[str]) -> Float32Array:
    try:
        # float64 first, so that a value beyond float32 becomes infinite below without a warning of the parser
        table = np.loadtxt(lines[1:], delimiter=";", comments=None, ndmin=2)
    except ValueError:
        _raise_first_bad(path, lines)
    with np.errstate(over="ignore"):
        values = table[:, 1:].astype(np.float32)
    if not np.isfinite(values).all():
        _raise_first_bad(path, lines)
    return values


def _raise_first_bad(path: Path, lines: list[str]) -> NoReturn:
    """Read cell by cell, which is slow, and raise an error that names the cell that the fast parser rejected."""
    for number, line in enumerate(lines[1:], start=2):
        for column, cell in enumerate(line.split(";")):
            _number(path, number, column, cell)
    raise DatasetError(f"{path}: expected lines of {len(HEADER)} plain decimal numbers")


def _number(path: Path, line: int, column: int, cell: str) -> float:
    try:
        value = float(cell)
    except ValueError:
        value = np.nan
    if not abs(value) <= _LARGEST:
        raise DatasetError(f"{path}, line {line}: {HEADER[column]} is {cell.strip()!r}, expected a finite number")
    return value
