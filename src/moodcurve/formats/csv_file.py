"""Read and write curves as CSV: one line per point, for tables and spreadsheets, without metadata."""

import csv
import io
import os

import numpy as np

from moodcurve.curve import INTERVALS, PROBABILITIES, TIME_DECIMALS, VALUE_DECIMALS, Curve
from moodcurve.formats.columns import curve_from_columns, read_text, refuse
from moodcurve.util.files import AnyPath

REQUIRED = ("time_s", "arousal", "valence")
UNKNOWN = "unknown"
"""Model and feature set of a curve read from CSV."""
POINT_S = 1.0
"""Length of a point's window in seconds; the duration is the last time plus this."""


def to_csv(curve: Curve) -> str:
    """Return a curve as CSV: a header and a line per point, with commas, decimal points and 3 or 4 decimals.

    Columns are ``time_s,arousal,valence``, then ``arousal_low,arousal_high,valence_low,valence_high`` if there are
    90 % intervals, then ``p_excited_positive,p_tense_negative,p_sad_negative,p_calm_positive`` if there are
    probabilities of the quadrants.
    """
    columns = curve.rounded_columns()
    line = ",".join(f"{{:.{TIME_DECIMALS if name == 'time_s' else VALUE_DECIMALS}f}}" for name in columns)
    rows = zip(*(values.tolist() for values in columns.values()), strict=True)
    return "\n".join([",".join(columns), *(line.format(*row) for row in rows), ""])


def read_csv(path: AnyPath) -> Curve:
    """Read a curve from CSV as `to_csv` writes it; a byte-order mark, CRLF and empty lines are accepted.

    Columns may be in any order. CSV has no metadata: the source is the path, model and feature set are ``unknown``,
    and the duration is the last time plus the length of its window, 1.0 s.

    Raises
    ------
    FormatError
        If the file is not such a table; the message gives the line.
    OSError
        If the file cannot be read.
    """
    rows = csv.reader(io.StringIO(read_text(path), newline=""))
    points: list[list[float]] = []
    lines: list[int] = []
    try:
        names = _header(path, next(rows, []))
        for row in rows:
            if row:
                points.append(_point(path, rows.line_num, row, names))
                lines.append(rows.line_num)
    except csv.Error as error:
        refuse(path, f"line {rows.line_num}", str(error), "numbers with commas between")
    if not points:
        refuse(path, "line 2", "no points", "a line for each point of the curve")
    columns = dict(zip(names, np.array(points).T, strict=True))
    return curve_from_columns(
        path,
        columns,
        lambda _, i: f"line {lines[i]}",
        source=os.fspath(path),
        model=UNKNOWN,
        feature_set=UNKNOWN,
        duration_s=float(columns["time_s"][-1]) + POINT_S,
    )


def _header(path: AnyPath, row: list[str]) -> list[str]:
    names = [name.strip() for name in row]
    known = {*REQUIRED, *INTERVALS, *PROBABILITIES}
    if len(set(names)) < len(names) or not set(REQUIRED) <= set(names) <= known:
        expected = f"the columns {', '.join(REQUIRED)}, perhaps {', '.join([*INTERVALS, *PROBABILITIES])}"
        refuse(path, "line 1", f"the header is {','.join(names)[:80]!r}", expected)
    return names


def _point(path: AnyPath, line: int, row: list[str], names: list[str]) -> list[float]:
    if len(row) != len(names):
        refuse(path, f"line {line}", f"{len(row)} fields", f"{len(names)}, one per column")
    point = []
    for name, text in zip(names, row, strict=True):
        try:
            point.append(float(text))
        except ValueError:
            refuse(path, f"line {line}", f"{name} is {text[:40]!r}", "a number")
    return point
