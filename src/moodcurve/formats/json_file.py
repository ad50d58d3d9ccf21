"""Read and write curves as JSON, with all that a curve holds; `Curve.to_dict` defines the keys."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from moodcurve._typing import BoolArray, FloatArray
from moodcurve.curve import AXES, INTERVALS, JSON_FORMAT, PROBABILITIES, SOUND_DECIMALS, SUM_TOLERANCE, Curve
from moodcurve.features.song.key_names import KEYS
from moodcurve.features.song.sound import Sound
from moodcurve.features.tags.names import TAGS
from moodcurve.formats.columns import curve_from_columns, read_text, refuse
from moodcurve.mood.circumplex import QUADRANTS
from moodcurve.mood.classes import MOODS
from moodcurve.util.files import AnyPath


def to_json(curve: Curve) -> str:
    """Return a curve as one strict JSON object (no NaN), one line per key."""
    return json_text(curve.to_dict())


def json_text(data: dict[str, Any]) -> str:
    """Return a dictionary of `Curve.to_dict` as the text of `to_json`."""
    lines = (
        f"  {json.dumps(key)}: {json.dumps(value, ensure_ascii=False, allow_nan=False)}" for key, value in data.items()
    )
    return "{\n" + ",\n".join(lines) + "\n}\n"


def read_json(path: AnyPath) -> Curve:
    """Read a curve from JSON as `to_json` writes it; unknown keys, and keys that follow from the points, are ignored.

    Raises
    ------
    FormatError
        If the file is not JSON, or not of a curve; the message gives the line, or the key and item.
    OSError
        If the file cannot be read.
    """
    return curve_from_dict(path, parse_object(path, read_text(path)))


def curve_from_dict(path: AnyPath, data: dict[str, Any]) -> Curve:
    """Build a curve from a dictionary of `Curve.to_dict` whose numbers are all floats.

    Raises
    ------
    FormatError
        If it is not the dictionary of a curve; the message names the file, key and item.
    """
    version = data.get("format", JSON_FORMAT)
    if version != JSON_FORMAT:
        refuse(path, "key format", _short(version), f"{JSON_FORMAT!r}, the version that this moodcurve reads")
    columns = {"time_s": _numbers(path, data, "times_s")}
    for name in ("arousal", "valence", *(name for name in INTERVALS if name in data)):
        columns[name] = _numbers(path, data, name)
        if len(columns[name]) != len(columns["time_s"]):
            expected = f"{len(columns['time_s'])}, as many as times_s"
            refuse(path, f"key {name}", f"{len(columns[name])} items", expected)
    columns |= _quadrants(path, data, len(columns["time_s"]))
    duration_s = data.get("duration_s")
    if not isinstance(duration_s, float) or not 0 < duration_s < float("inf"):
        refuse(path, "key duration_s", _short(duration_s), "the length of the audio in seconds")
    warnings = data.get("warnings", [])
    if not isinstance(warnings, list) or not all(isinstance(warning, str) for warning in warnings):
        refuse(path, "key warnings", _short(warnings), "a list of strings")
    return curve_from_columns(
        path,
        columns,
        lambda name, i: f"key {_KEYS.get(name, name)}, item {i + 1}",
        source=_string(path, data, "source"),
        model=_string(path, data, "model"),
        feature_set=_string(path, data, "feature_set"),
        duration_s=duration_s,
        start_s=_at_least_zero(path, data, "start_s"),
        title=_string(path, data, "title") if "title" in data else None,
        warnings=tuple(warnings),
        **_read_song(path, data),
        novelty=_at_least_zero(path, data, "novelty"),
        silent=_silent(path, data, len(columns["time_s"])),
        tags=_tags(path, data),
        sound=_sound(path, data),
    )


_MAX_SOUND = 1000.0
"""Largest magnitude of a measure of sound."""
_KEYS = {"time_s": "times_s"} | {column: f"quadrants.{name}" for column, name in PROBABILITIES.items()}
"""Keys of the columns that have another name in JSON."""


def _quadrants(path: AnyPath, data: dict[str, Any], n: int) -> dict[str, list[float]]:
    quadrants = data.get("quadrants")
    if quadrants is None:
        return {}
    if not isinstance(quadrants, dict):
        refuse(path, "key quadrants", _short(quadrants), f"an object with {', '.join(PROBABILITIES.values())}")
    columns = {}
    for column, name in PROBABILITIES.items():
        columns[column] = _numbers(path, quadrants, name, within="quadrants.")
        if len(columns[column]) != n:
            refuse(path, f"key quadrants.{name}", f"{len(columns[column])} items", f"{n}, as many as times_s")
    return columns


def _at_least_zero(path: AnyPath, data: dict[str, Any], key: str) -> float | None:
    value = data.get(key)
    if value is None:
        return None
    if not isinstance(value, float) or not 0 <= value < float("inf"):
        refuse(path, f"key {key}", _short(value), "a number, 0 or more")
    return value


def _silent(path: AnyPath, data: dict[str, Any], n: int) -> BoolArray | None:
    silent = data.get("silent")
    if silent is None:
        return None
    if not isinstance(silent, list) or not all(isinstance(value, bool) for value in silent) or len(silent) != n:
        refuse(path, "key silent", _short(silent), f"a list of {n} times true or false, as many as times_s")
    return np.array(silent, np.bool_)


def _tags(path: AnyPath, data: dict[str, Any]) -> dict[str, float] | None:
    tags = data.get("tags")
    if tags is None:
        return None
    if not isinstance(tags, dict):
        refuse(path, "key tags", _short(tags), f"an object with {', '.join(TAGS)}")
    return dict(zip(TAGS, _values(path, "tags", tags, TAGS, least=0).tolist(), strict=True))


def _sound(path: AnyPath, data: dict[str, Any]) -> Sound | None:
    sound = data.get("sound")
    if sound is None:
        return None
    if not isinstance(sound, dict):
        refuse(path, "key sound", _short(sound), f"an object with {', '.join(SOUND_DECIMALS)} and key")
    for name in SOUND_DECIMALS:
        value = sound.get(name)
        if value is not None and (not isinstance(value, float) or abs(value) > _MAX_SOUND):
            refuse(path, f"key sound.{name}", _short(value), "a number")
    key = sound.get("key")
    if key is not None and key not in KEYS:
        refuse(path, "key sound.key", _short(key), f"one of {', '.join(KEYS)}")
    return Sound(**{name: sound.get(name) for name in SOUND_DECIMALS}, key=key)


def parse_object(path: AnyPath, text: str) -> dict[str, Any]:
    """Parse a JSON object, with all numbers as floats: one check serves all, and integers may have any length.

    Raises
    ------
    FormatError
        If the text is not strict JSON, or not an object; the message gives the line.
    """

    def refuse_constant(token: str) -> None:
        refuse(path, "a value", token, "a finite number, as JSON has no other")

    try:
        data = json.loads(text, parse_int=float, parse_constant=refuse_constant)
    except json.JSONDecodeError as error:
        refuse(path, f"line {error.lineno}", error.msg, "the JSON of a curve")
    except RecursionError:
        refuse(path, "line 1", "nested too deeply", "the JSON of a curve")
    if not isinstance(data, dict):
        refuse(path, "line 1", _short(data), "an object")
    return data


def _numbers(path: AnyPath, data: dict[str, Any], key: str, *, within: str = "") -> list[float]:
    values = data.get(key)
    if not isinstance(values, list) or not values or not all(isinstance(value, float) for value in values):
        refuse(path, f"key {within}{key}", _short(values), "a list of numbers, at least one")
    return values


def _string(path: AnyPath, data: dict[str, Any], key: str) -> str:
    value = data.get(key)
    if not isinstance(value, str):
        refuse(path, f"key {key}", _short(value), "a string")
    return value


def _read_song(path: AnyPath, data: dict[str, Any]) -> dict[str, FloatArray | None]:
    """Return the fields of a `Curve` that are in ``song`` of a parsed JSON; None for those that are absent.

    Means, quadrant and words follow from the points and are ignored.

    Raises
    ------
    FormatError
        If a number is missing or out of range; the message names the key.
    """
    song = data.get("song", {})
    if not isinstance(song, dict):
        refuse(path, "key song", _short(song), "an object")
    rating = song.get("rating")
    if rating is not None and not isinstance(rating, dict):
        refuse(path, "key song.rating", _short(rating), "an object")
    return {
        "song_interval": _interval(path, "song", song),
        "song_probabilities": _shares(path, "song.probabilities", song.get("probabilities"), QUADRANTS),
        "song_moods": _shares(path, "song.moods", song.get("moods"), MOODS),
        "rating": None if rating is None else _values(path, "song.rating", rating, AXES),
        "rating_interval": None if rating is None else _interval(path, "song.rating", rating, required=True),
    }


def _short(value: object) -> str:
    """Return a value as an error message shows it."""
    return "missing" if value is None else repr(value)[:60]


def _interval(path: AnyPath, where: str, values: dict[str, Any], *, required: bool = False) -> FloatArray | None:
    if not required and not any(name in values for name in INTERVALS):
        return None
    ends = _values(path, where, values, INTERVALS)
    for low, high in (INTERVALS[:2], INTERVALS[2:]):
        if values[low] > values[high]:
            refuse(path, f"key {where}.{low}", _short(values[low]), f"no more than {high}")
    return ends.reshape(2, 2)


def _values(
    path: AnyPath, where: str, values: dict[str, Any], names: Sequence[str], *, least: float = -1
) -> FloatArray:
    for name in names:
        value = values.get(name)
        if not isinstance(value, float) or not least <= value <= 1:
            refuse(path, f"key {where}.{name}", _short(value), f"a number in [{least:g}, 1]")
    return np.array([values[name] for name in names])


def _shares(path: AnyPath, where: str, values: object, names: Sequence[str]) -> FloatArray | None:
    if values is None:
        return None
    if not isinstance(values, dict):
        refuse(path, f"key {where}", _short(values), f"an object with {', '.join(names)}")
    shares = _values(path, where, values, names, least=0)
    if abs(shares.sum() - 1) > SUM_TOLERANCE:
        refuse(path, f"key {where}", f"numbers that add up to {shares.sum():.4g}", "1")
    return shares
