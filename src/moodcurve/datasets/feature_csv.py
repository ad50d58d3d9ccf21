"""DEAM's feature files (``frameTime`` and 260 columns, ``;`` between them) to rows at given times."""

from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np
import numpy.typing as npt

from moodcurve.datasets.csv_tables import read_text
from moodcurve.datasets.song import DatasetError
from moodcurve.features import COMPARE260, Features
from moodcurve.features.feature_sets import HOP_S

HEADER = ("frameTime", *COMPARE260.names)
_LARGEST = float(np.finfo(np.float32).max)
_TIME_DIGITS_S = 1e-6
"""Time stamps are written with six decimals."""
_STEP_TOLERANCE = 0.01
"""Largest relative error of the step: openSMILE rounds its 10 ms hop to whole samples, which at 22.05 kHz
makes 221 samples for 220.5 and 0.501134 s for 0.5 s."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Aligned:
    """The feature rows that belong to rated moments.

    Attributes
    ----------
    features : Features, m rows
        The rows found, with the file's own times.
    recording : Features or None
        All rows of the file; None where the rows found do not follow each other in it, as in a long file whose
        step is not quite that of the moments.
    rated : (m,)
        Index of each row's moment among those asked for, increasing.
    step_s : float
        Distance of the file's rows: 0.5 s, or what a rounded hop made of it.
    """

    features: Features
    recording: Features | None
    rated: npt.NDArray[np.intp]
    step_s: float


def read_rows(path: Path, times_s: npt.NDArray[np.float64]) -> Aligned:
    """Read the rows of a feature file that start at the given times.

    A moment's row is the one that starts at the same time or, in a file whose step is not quite 0.5 s (see
    ``_STEP_TOLERANCE``), the nearest, half a step away at most. Moments without a row are left out.
    All time stamps and values of the file are checked.

    Parameters
    ----------
    path : Path
    times_s : (n,)
        Increasing multiples of 0.5 s, on the clock of the file.

    Raises
    ------
    DatasetError
        If the file cannot be read, its header is another one, a line has not 261 cells, a value is not a
        finite number, or the time stamps do not go up in steps of 0.5 s.
    """
    everything, step_s = _read(path)
    stamps = everything.times_s
    nearest = np.rint((times_s - stamps[0]) / step_s).astype(np.intp)
    rated = np.flatnonzero((nearest >= 0) & (nearest < len(stamps)))
    rows = nearest[rated]
    features = Features(everything.values[rows], stamps[rows], COMPARE260)
    consecutive = bool((np.diff(rows) == 1).all())
    return Aligned(features=features, recording=everything if consecutive else None, rated=rated, step_s=step_s)


def read_features(path: Path) -> Features:
    """Read all rows of a feature file, with the checks of ``read_rows``.

    Raises
    ------
    DatasetError
        As ``read_rows`` does.
    """
    return _read(path)[0]


def _read(path: Path) -> tuple[Features, float]:
    """Give all rows of a file, and their distance in seconds."""
    lines = read_text(path).rstrip().splitlines()
    _check_header(path, lines)
    stamps = _time_stamps(path, lines)
    step_s = _step(path, stamps)
    return Features(_values(path, lines), stamps, COMPARE260), step_s


def _check_header(path: Path, lines: list[str]) -> None:
    if len(lines) < 2:
        raise DatasetError(f"{path}: expected a header and at least one row, found {len(lines)} lines")
    found = [name.strip() for name in lines[0].split(";")]
    if len(found) != len(HEADER):
        raise DatasetError(f"{path}, line 1: expected {len(HEADER)} columns between ';', found {len(found)}")
    for i, (name, expected) in enumerate(zip(found, HEADER, strict=True), start=1):
        if name != expected:
            raise DatasetError(f"{path}, line 1: column {i} is {name!r}, expected {expected!r}")


def _time_stamps(path: Path, lines: list[str]) -> npt.NDArray[np.float64]:
    stamps = np.empty(len(lines) - 1)
    for number, line in enumerate(lines[1:], start=2):
        if line.count(";") != len(HEADER) - 1:
            found = line.count(";") + 1
            raise DatasetError(f"{path}, line {number}: expected {len(HEADER)} cells between ';', found {found}")
        stamps[number - 2] = _number(path, number, 0, line.partition(";")[0])
    return stamps


def _step(path: Path, stamps: npt.NDArray[np.float64]) -> float:
    """Give the distance of the rows, after a check that all stand on one grid of about 0.5 s."""
    if len(stamps) == 1:
        return HOP_S
    steps = np.diff(stamps)
    usual = float(np.median(steps))
    uneven = np.flatnonzero(np.abs(steps - usual) > 3 * _TIME_DIGITS_S)
    if len(uneven) or abs(usual / HOP_S - 1) > _STEP_TOLERANCE:
        row = int(uneven[0]) + 1 if len(uneven) else 1
        raise DatasetError(
            f"{path}, line {row + 2}: frameTime is {stamps[row]:f} after {stamps[row - 1]:f}, "
            f"expected rows every {HOP_S} s"
        )
    step_s = float(stamps[-1] - stamps[0]) / len(steps)
    if abs(step_s - HOP_S) > 2 * _TIME_DIGITS_S:
        return step_s
    off = np.flatnonzero(np.abs(stamps - np.rint(stamps / HOP_S) * HOP_S) > 2 * _TIME_DIGITS_S)
    if len(off):
        raise DatasetError(
            f"{path}, line {off[0] + 2}: frameTime is {stamps[off[0]]:f}, expected a multiple of {HOP_S} s"
        )
    return HOP_S


def _values(path: Path, lines: list[str]) -> npt.NDArray[np.float32]:
    try:
        # float64 first: a value beyond float32 then shows as infinite below, without a warning from the
        # parser
        table = np.loadtxt(lines[1:], delimiter=";", comments=None, ndmin=2)
    except ValueError:
        _raise_first_bad(path, lines)
    with np.errstate(over="ignore"):
        values = table[:, 1:].astype(np.float32)
    if not np.isfinite(values).all():
        _raise_first_bad(path, lines)
    return values


def _raise_first_bad(path: Path, lines: list[str]) -> NoReturn:
    """Read cell by cell, slowly, to name the cell that the fast parser refused."""
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
