"""JSON: all that a curve holds, for programs. The keys are a contract: add to them, do not change them."""

import json
from typing import Any

from moodcurve.curve import Curve
from moodcurve.formats.columns import (
    INTERVALS,
    PROBABILITIES,
    TIME_DECIMALS,
    columns_of,
    curve_of,
    read_text,
    refuse,
)
from moodcurve.formats.song_object import read_song, rounded, shown, song_object
from moodcurve.util.files import AnyPath


def to_dict(curve: Curve) -> dict[str, Any]:
    """Give a curve as the strings, rounded numbers and lists of its JSON form, in the order of the contract.

    The four lists of interval ends are absent while the model gives no intervals, ``quadrants``, with a list of
    probabilities for each, while it does not say how far it errs, and ``novelty`` while it cannot tell it. ``song`` is
    the curve as a whole, see `moodcurve.formats.song_object`.
    """
    columns = {name: values.tolist() for name, values in columns_of(curve).items()}
    quadrants = {name: columns.pop(column) for column, name in PROBABILITIES.items() if column in columns}
    return {
        "source": utf8_text(curve.source),
        "model": utf8_text(curve.model),
        "feature_set": utf8_text(curve.feature_set),
        "duration_s": round(float(curve.duration_s), TIME_DECIMALS),
        "times_s": columns.pop("time_s"),
        **columns,
        **({"quadrants": quadrants} if quadrants else {}),
        "song": song_object(curve),
        **({} if curve.novelty is None else {"novelty": rounded(curve.novelty)}),
        "warnings": [utf8_text(warning) for warning in curve.warnings],
    }


def to_json(curve: Curve) -> str:
    """Give a curve as one strict JSON object (no NaN), a line per key."""
    return json_text(to_dict(curve))


def json_text(data: dict[str, Any]) -> str:
    """Give what `to_dict` gave, or what was kept of it, as the text of `to_json`."""
    lines = (
        f"  {json.dumps(key)}: {json.dumps(value, ensure_ascii=False, allow_nan=False)}" for key, value in data.items()
    )
    return "{\n" + ",\n".join(lines) + "\n}\n"


def read_json(path: AnyPath) -> Curve:
    """Read a curve from JSON, as `to_json` gives it; other keys are ignored, and those that follow from the points.

    Raises
    ------
    FormatError
        If the file is not JSON, or not that of a curve; the message gives the line, or the key and item.
    OSError
        If the file cannot be read.
    """
    return curve_of_object(path, parse_object(path, read_text(path)))


def curve_of_object(path: AnyPath, data: dict[str, Any]) -> Curve:
    """Make a curve of what `to_dict` gives, with every number a float; other formats keep the same keys.

    Raises
    ------
    FormatError
        If it is not that of a curve; the message names the file, key and item.
    """
    columns = {"time_s": _numbers(path, data, "times_s")}
    for name in ("arousal", "valence", *(name for name in INTERVALS if name in data)):
        columns[name] = _numbers(path, data, name)
        if len(columns[name]) != len(columns["time_s"]):
            expected = f"{len(columns['time_s'])}, as many as times_s"
            refuse(path, f"key {name}", f"{len(columns[name])} items", expected)
    columns |= _quadrants(path, data, len(columns["time_s"]))
    duration_s = data.get("duration_s")
    if not isinstance(duration_s, float) or not 0 < duration_s < float("inf"):
        refuse(path, "key duration_s", shown(duration_s), "the length of the audio in seconds")
    warnings = data.get("warnings", [])
    if not isinstance(warnings, list) or not all(isinstance(warning, str) for warning in warnings):
        refuse(path, "key warnings", shown(warnings), "a list of strings")
    return curve_of(
        path,
        columns,
        lambda name, i: f"key {_KEYS.get(name, name)}, item {i + 1}",
        source=_string(path, data, "source"),
        model=_string(path, data, "model"),
        feature_set=_string(path, data, "feature_set"),
        duration_s=duration_s,
        warnings=tuple(warnings),
        **read_song(path, data),
        novelty=_novelty(path, data),
    )


_KEYS = {"time_s": "times_s"} | {column: f"quadrants.{name}" for column, name in PROBABILITIES.items()}
"""Keys of the columns that go by another name."""


def _quadrants(path: AnyPath, data: dict[str, Any], n: int) -> dict[str, list[float]]:
    quadrants = data.get("quadrants")
    if quadrants is None:
        return {}
    if not isinstance(quadrants, dict):
        refuse(path, "key quadrants", shown(quadrants), f"an object with {', '.join(PROBABILITIES.values())}")
    columns = {}
    for column, name in PROBABILITIES.items():
        columns[column] = _numbers(path, quadrants, name, within="quadrants.")
        if len(columns[column]) != n:
            refuse(path, f"key quadrants.{name}", f"{len(columns[column])} items", f"{n}, as many as times_s")
    return columns


def _novelty(path: AnyPath, data: dict[str, Any]) -> float | None:
    novelty = data.get("novelty")
    if novelty is None:
        return None
    if not isinstance(novelty, float) or not 0 <= novelty < float("inf"):
        refuse(path, "key novelty", shown(novelty), "a number, 0 or more")
    return novelty


def parse_object(path: AnyPath, text: str) -> dict[str, Any]:
    """Read a JSON object whose numbers all become floats: one check for all, and no limit on an integer's digits.

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
        refuse(path, "line 1", shown(data), "an object")
    return data


def _numbers(path: AnyPath, data: dict[str, Any], key: str, *, within: str = "") -> list[float]:
    values = data.get(key)
    if not isinstance(values, list) or not values or not all(isinstance(value, float) for value in values):
        refuse(path, f"key {within}{key}", shown(values), "a list of numbers, at least one")
    return values


def _string(path: AnyPath, data: dict[str, Any], key: str) -> str:
    value = data.get(key)
    if not isinstance(value, str):
        refuse(path, f"key {key}", shown(value), "a string")
    return value


def utf8_text(text: str) -> str:
    """Replace what UTF-8 cannot hold: a file name on Linux may be any bytes, kept as lone surrogates."""
    return text.encode("utf-8", "replace").decode("utf-8")
