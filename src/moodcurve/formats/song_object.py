"""What the JSON says of a song as a whole: its key ``song``."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from moodcurve._typing import FloatArray
from moodcurve.curve import SUM_TOLERANCE, Curve
from moodcurve.formats.columns import INTERVALS, VALUE_DECIMALS, refuse
from moodcurve.mood.circumplex import QUADRANTS, summarize
from moodcurve.mood.classes import MOODS
from moodcurve.util.files import AnyPath

AXES = ("arousal", "valence")


def song_object(curve: Curve) -> dict[str, Any]:
    """Give the curve as a whole, see `moodcurve.mood.circumplex.summarize`, as strings and rounded numbers.

    ``arousal_9`` and ``valence_9`` are the means on the scale from 1 to 9, 5 + 4 · mean; the four ends of the means'
    interval follow. ``probabilities`` are those of the quadrants, ``moods`` those of the finer classes. ``rating`` is
    what listeners are expected to give the song as a whole, with a 90 % interval, also from 1 to 9: it is another
    number than the mean, see `moodcurve.runtime.song_rating`. What the model does not know is absent.
    """
    summary = summarize(curve)
    song: dict[str, Any] = {
        "arousal": rounded(summary.arousal),
        "valence": rounded(summary.valence),
        "quadrant": summary.quadrant,
        "words": list(summary.words),
        "arousal_9": rounded(5 + 4 * summary.arousal),
        "valence_9": rounded(5 + 4 * summary.valence),
    }
    if curve.song_interval is not None:
        song |= dict(zip(INTERVALS, map(rounded, curve.song_interval.ravel()), strict=True))
    for key, names, shares in (
        ("probabilities", QUADRANTS, curve.song_probabilities),
        ("moods", MOODS, curve.song_moods),
    ):
        if shares is not None:
            song[key] = dict(zip(names, map(rounded, shares), strict=True))
    if curve.rating is not None and curve.rating_interval is not None:
        values = dict(zip(AXES, curve.rating, strict=True))
        values |= dict(zip(INTERVALS, curve.rating_interval.ravel(), strict=True))
        values = {name: rounded(value) for name, value in values.items()}
        # of the rounded values, so that what is read and written again stays the same
        song["rating"] = values | {_on_nine(name): rounded(5 + 4 * value) for name, value in values.items()}
    return song


def read_song(path: AnyPath, data: dict[str, Any]) -> dict[str, FloatArray | None]:
    """Give the fields of a `Curve` that stand in ``song`` of a parsed JSON; None for what is absent.

    Its means, quadrant and words follow from the curve and are ignored.

    Raises
    ------
    FormatError
        If a number is missing or out of range; the message names the key.
    """
    song = data.get("song", {})
    if not isinstance(song, dict):
        refuse(path, "key song", shown(song), "an object")
    rating = song.get("rating")
    if rating is not None and not isinstance(rating, dict):
        refuse(path, "key song.rating", shown(rating), "an object")
    return {
        "song_interval": _interval(path, "song", song),
        "song_probabilities": _shares(path, "song.probabilities", song.get("probabilities"), QUADRANTS),
        "song_moods": _shares(path, "song.moods", song.get("moods"), MOODS),
        "rating": None if rating is None else _values(path, "song.rating", rating, AXES),
        "rating_interval": None if rating is None else _interval(path, "song.rating", rating, needed=True),
    }


def rounded(value: float) -> float:
    """Round to the decimals of files; adding 0.0 turns the -0.0 that rounding leaves into 0.0."""
    return round(float(value), VALUE_DECIMALS) + 0.0


def shown(value: object) -> str:
    """Give what a message shows of a value that is wrong."""
    return "missing" if value is None else repr(value)[:60]


def _on_nine(name: str) -> str:
    """``arousal`` to ``arousal_9``, ``arousal_low`` to ``arousal_9_low``."""
    axis, *end = name.split("_")
    return "_".join([axis, "9", *end])


def _interval(path: AnyPath, where: str, values: dict[str, Any], *, needed: bool = False) -> FloatArray | None:
    if not needed and not any(name in values for name in INTERVALS):
        return None
    ends = _values(path, where, values, INTERVALS)
    for low, high in (INTERVALS[:2], INTERVALS[2:]):
        if values[low] > values[high]:
            refuse(path, f"key {where}.{low}", shown(values[low]), f"no more than {high}")
    return ends.reshape(2, 2)


def _values(
    path: AnyPath, where: str, values: dict[str, Any], names: Sequence[str], *, least: float = -1
) -> FloatArray:
    for name in names:
        value = values.get(name)
        if not isinstance(value, float) or not least <= value <= 1:
            refuse(path, f"key {where}.{name}", shown(value), f"a number in [{least:g}, 1]")
    return np.array([values[name] for name in names])


def _shares(path: AnyPath, where: str, values: object, names: Sequence[str]) -> FloatArray | None:
    if values is None:
        return None
    if not isinstance(values, dict):
        refuse(path, f"key {where}", shown(values), f"an object with {', '.join(names)}")
    shares = _values(path, where, values, names, least=0)
    if abs(shares.sum() - 1) > SUM_TOLERANCE:
        refuse(path, f"key {where}", f"numbers that add up to {shares.sum():.4g}", "1")
    return shares
