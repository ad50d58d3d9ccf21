"""A curve as named columns of rounded numbers, and back with every number checked: common to all formats."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NoReturn

import numpy as np
import numpy.typing as npt

from moodcurve.curve import Curve, FloatArray
from moodcurve.errors import MoodcurveError
from moodcurve.files import AnyPath

VALUE_DECIMALS = 4
"""Arousal and valence: steps of 0.0001, far below what any model or listener can tell apart."""
TIME_DECIMALS = 3
"""Times: milliseconds."""
INTERVALS = ("arousal_low", "arousal_high", "valence_low", "valence_high")


class FormatError(MoodcurveError):
    """A file is not a curve; the message gives file, line or key, and what was expected."""


def refuse(path: AnyPath, where: str, found: str, expected: str) -> NoReturn:
    """Raise the `FormatError` for one place of a file."""
    raise FormatError(f"{os.fspath(path)}: {where}: {found}; expected {expected}")


def columns_of(curve: Curve) -> dict[str, FloatArray]:
    """Give ``time_s``, ``arousal``, ``valence`` and the ends of the intervals that exist, rounded."""
    columns = {"time_s": curve.times_s, "arousal": curve.arousal, "valence": curve.valence}
    for axis, interval in (("arousal", curve.arousal_interval), ("valence", curve.valence_interval)):
        if interval is not None:
            columns |= {f"{axis}_low": interval[:, 0], f"{axis}_high": interval[:, 1]}
    # adding 0.0 turns the -0.0 that rounding leaves into 0.0
    return {
        name: np.round(values, TIME_DECIMALS if name == "time_s" else VALUE_DECIMALS) + 0.0
        for name, values in columns.items()
    }


def curve_of(
    path: AnyPath,
    columns: Mapping[str, npt.ArrayLike],
    place: Callable[[str, int], str],
    *,
    source: str,
    model: str,
    feature_set: str,
    duration_s: float,
    warnings: tuple[str, ...] = (),
    song_interval: FloatArray | None = None,
    novelty: float | None = None,
) -> Curve:
    """Make a curve of columns of equal length that a file gave.

    Parameters
    ----------
    path : str or path
        The file, for messages.
    columns : mapping
        As `columns_of` gives them.
    place : callable
        Names the place of item i of a column in the file: its line, or its key.

    Raises
    ------
    FormatError
        If a time is not finite or not later than the one before, a value not in [-1, 1], or an interval has
        only one end, or a low one above its high one.
    """
    arrays = {name: np.asarray(values, np.float64) for name, values in columns.items()}
    _check(path, arrays, place)
    for low in ("arousal_low", "valence_low"):
        high = low.replace("low", "high")
        if (low in arrays) != (high in arrays):
            refuse(path, place(low, 0), f"only one of {low} and {high}", "both, or neither")
        if low in arrays and (turned := arrays[low] > arrays[high]).any():
            i = int(np.argmax(turned))
            refuse(path, place(low, i), f"{low} is {arrays[low][i]:g}", f"no more than {high}, {arrays[high][i]:g}")
    return Curve(
        times_s=arrays["time_s"],
        arousal=arrays["arousal"],
        valence=arrays["valence"],
        arousal_interval=_interval(arrays, "arousal"),
        valence_interval=_interval(arrays, "valence"),
        source=source,
        model=model,
        feature_set=feature_set,
        duration_s=duration_s,
        warnings=warnings,
        song_interval=song_interval,
        novelty=novelty,
    )


def read_text(path: AnyPath) -> str:
    """Read a UTF-8 file, with or without a byte-order mark; other encodings are refused."""
    try:
        return Path(path).read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        refuse(path, f"byte {error.start + 1}", "not UTF-8", "a text file in UTF-8")


def _check(path: AnyPath, arrays: Mapping[str, FloatArray], place: Callable[[str, int], str]) -> None:
    times_s = arrays["time_s"]
    later = np.concatenate([[True], np.diff(times_s) > 0])
    for name, values in arrays.items():
        good = np.isfinite(values) & later if name == "time_s" else np.abs(values) <= 1
        if not good.all():
            i = int(np.argmin(good))
            expected = "a time later than the one before" if name == "time_s" else "a number in [-1, 1]"
            refuse(path, place(name, i), f"{name} is {values[i]:g}", expected)


def _interval(arrays: Mapping[str, FloatArray], axis: str) -> FloatArray | None:
    if f"{axis}_low" not in arrays:
        return None
    return np.column_stack([arrays[f"{axis}_low"], arrays[f"{axis}_high"]])
