"""A curve as named columns of rounded numbers, and back with every number checked: common to all formats."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NoReturn

import numpy as np
import numpy.typing as npt

from moodcurve._typing import FloatArray
from moodcurve.curve import SUM_TOLERANCE, Curve
from moodcurve.errors import MoodcurveError
from moodcurve.mood.circumplex import QUADRANTS
from moodcurve.util.files import AnyPath

VALUE_DECIMALS = 4
"""Arousal and valence: steps of 0.0001, far below what any model or listener can tell apart."""
TIME_DECIMALS = 3
"""Times: milliseconds."""
INTERVALS = ("arousal_low", "arousal_high", "valence_low", "valence_high")
PROBABILITIES = {f"p_{name.replace('-', '_')}": name for name in QUADRANTS}
"""Columns of the quadrants' probabilities, ``p_excited_positive`` and so on, with the quadrants' names."""


class FormatError(MoodcurveError):
    """A file is not a curve; the message gives file, line or key, and what was expected."""


def refuse(path: AnyPath, where: str, found: str, expected: str) -> NoReturn:
    """Raise the `FormatError` for one place of a file."""
    raise FormatError(f"{os.fspath(path)}: {where}: {found}; expected {expected}")


def columns_of(curve: Curve) -> dict[str, FloatArray]:
    """Give ``time_s``, ``arousal``, ``valence``, the ends of intervals and the probabilities that exist, rounded."""
    columns = {"time_s": curve.times_s, "arousal": curve.arousal, "valence": curve.valence}
    for axis, interval in (("arousal", curve.arousal_interval), ("valence", curve.valence_interval)):
        if interval is not None:
            columns |= {f"{axis}_low": interval[:, 0], f"{axis}_high": interval[:, 1]}
    if curve.probabilities is not None:
        columns |= dict(zip(PROBABILITIES, curve.probabilities.T, strict=True))
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
    song_probabilities: FloatArray | None = None,
    song_moods: FloatArray | None = None,
    rating: FloatArray | None = None,
    rating_interval: FloatArray | None = None,
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
        If a time is not finite or not later than the one before, a value not in [-1, 1], an interval has only one
        end, or a low one above its high one, or probabilities do not add up to 1.
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
        probabilities=_probabilities(path, arrays, place),
        song_probabilities=song_probabilities,
        song_moods=song_moods,
        rating=rating,
        rating_interval=rating_interval,
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
        if name == "time_s":
            good, expected = np.isfinite(values) & later, "a time later than the one before"
        elif name in PROBABILITIES:
            good, expected = (values >= 0) & (values <= 1), "a number in [0, 1]"
        else:
            good, expected = np.abs(values) <= 1, "a number in [-1, 1]"
        if not good.all():
            i = int(np.argmin(good))
            refuse(path, place(name, i), f"{name} is {values[i]:g}", expected)


def _interval(arrays: Mapping[str, FloatArray], axis: str) -> FloatArray | None:
    if f"{axis}_low" not in arrays:
        return None
    return np.column_stack([arrays[f"{axis}_low"], arrays[f"{axis}_high"]])


def _probabilities(
    path: AnyPath, arrays: Mapping[str, FloatArray], place: Callable[[str, int], str]
) -> FloatArray | None:
    given = [name for name in PROBABILITIES if name in arrays]
    if not given:
        return None
    if missing := [name for name in PROBABILITIES if name not in arrays]:
        refuse(path, place(given[0], 0), f"{given[0]} without {missing[0]}", "all four quadrants, or none")
    shares = np.column_stack([arrays[name] for name in PROBABILITIES])
    off = np.abs(shares.sum(axis=1) - 1) > SUM_TOLERANCE
    if off.any():
        i = int(np.argmax(off))
        refuse(path, place(given[0], i), f"probabilities that add up to {shares[i].sum():.4g}", "1")
    return shares
