"""Build curves from columns of numbers read from a file, checking every number; shared by all formats."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NoReturn

import numpy as np
import numpy.typing as npt

from moodcurve._typing import BoolArray, FloatArray
from moodcurve.curve import PROBABILITIES, SUM_TOLERANCE, Curve
from moodcurve.errors import MoodcurveError
from moodcurve.features.song.sound import Sound
from moodcurve.util.files import AnyPath

Locate = Callable[[str, int], str]
"""Return where in the file item i of a column is: its line, or its key."""


class FormatError(MoodcurveError):
    """A file does not hold a curve; the message gives file, line or key, and what was expected."""


def refuse(path: AnyPath, where: str, found: str, expected: str) -> NoReturn:
    """Raise a `FormatError` about one position in a file."""
    raise FormatError(f"{os.fspath(path)}: {where}: {found}; expected {expected}")


def curve_from_columns(
    path: AnyPath,
    columns: Mapping[str, npt.ArrayLike],
    locate: Locate,
    *,
    source: str,
    model: str,
    feature_set: str,
    duration_s: float,
    start_s: float | None = None,
    title: str | None = None,
    warnings: tuple[str, ...] = (),
    song_interval: FloatArray | None = None,
    song_probabilities: FloatArray | None = None,
    song_moods: FloatArray | None = None,
    rating: FloatArray | None = None,
    rating_interval: FloatArray | None = None,
    novelty: float | None = None,
    silent: BoolArray | None = None,
    tags: Mapping[str, float] | None = None,
    sound: Sound | None = None,
) -> Curve:
    """Build a curve from columns of equal length.

    Parameters
    ----------
    path : str or path
        The file, for messages.
    columns : mapping
        As `Curve.columns` returns them.
    locate : callable
        See `Locate`.

    Raises
    ------
    FormatError
        If a time is not finite or not later than the one before, a value is not in [-1, 1], an interval has only one
        end, or a low end above its high end, or probabilities do not add up to 1.
    """
    arrays = {name: np.asarray(values, np.float64) for name, values in columns.items()}
    _check(path, arrays, locate)
    for low in ("arousal_low", "valence_low"):
        high = low.replace("low", "high")
        if (low in arrays) != (high in arrays):
            refuse(path, locate(low, 0), f"only one of {low} and {high}", "both, or neither")
        if low in arrays and (reversed_ends := arrays[low] > arrays[high]).any():
            i = int(np.argmax(reversed_ends))
            refuse(path, locate(low, i), f"{low} is {arrays[low][i]:g}", f"no more than {high}, {arrays[high][i]:g}")
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
        start_s=start_s,
        title=title,
        warnings=warnings,
        song_interval=song_interval,
        probabilities=_probabilities(path, arrays, locate),
        song_probabilities=song_probabilities,
        song_moods=song_moods,
        rating=rating,
        rating_interval=rating_interval,
        novelty=novelty,
        silent=silent,
        tags=tags,
        sound=sound,
    )


def read_text(path: AnyPath) -> str:
    """Read a UTF-8 file, with or without a byte-order mark; raise FormatError for other encodings."""
    try:
        return Path(path).read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        refuse(path, f"byte {error.start + 1}", "not UTF-8", "a text file in UTF-8")


def _check(path: AnyPath, arrays: Mapping[str, FloatArray], locate: Locate) -> None:
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
            refuse(path, locate(name, i), f"{name} is {values[i]:g}", expected)


def _interval(arrays: Mapping[str, FloatArray], axis: str) -> FloatArray | None:
    if f"{axis}_low" not in arrays:
        return None
    return np.column_stack([arrays[f"{axis}_low"], arrays[f"{axis}_high"]])


def _probabilities(path: AnyPath, arrays: Mapping[str, FloatArray], locate: Locate) -> FloatArray | None:
    present = [name for name in PROBABILITIES if name in arrays]
    if not present:
        return None
    if missing := [name for name in PROBABILITIES if name not in arrays]:
        refuse(path, locate(present[0], 0), f"{present[0]} without {missing[0]}", "all four quadrants, or none")
    shares = np.column_stack([arrays[name] for name in PROBABILITIES])
    off = np.abs(shares.sum(axis=1) - 1) > SUM_TOLERANCE
    if off.any():
        i = int(np.argmax(off))
        refuse(path, locate(present[0], i), f"probabilities that add up to {shares[i].sum():.4g}", "1")
    return shares
