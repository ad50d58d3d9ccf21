"""JSON: all that a curve holds, for programs. The keys are a contract: add to them, do not change them."""

import json
from typing import Any

from moodcurve.circumplex import summarize
from moodcurve.curve import Curve
from moodcurve.files import AnyPath
from moodcurve.formats.columns import (
    INTERVALS,
    TIME_DECIMALS,
    VALUE_DECIMALS,
    columns_of,
    curve_of,
    read_text,
    refuse,
)


def to_dict(curve: Curve) -> dict[str, Any]:
    """Give a curve as the strings, rounded numbers and lists of its JSON form, in the order of the contract.

    The four lists of interval ends are absent while the model gives no intervals. ``song`` is the curve as a
    whole, see `moodcurve.circumplex.summarize`.
    """
    summary = summarize(curve)
    columns = {name: values.tolist() for name, values in columns_of(curve).items()}
    return {
        "source": _text(curve.source),
        "model": _text(curve.model),
        "feature_set": _text(curve.feature_set),
        "duration_s": round(float(curve.duration_s), TIME_DECIMALS),
        "times_s": columns.pop("time_s"),
        **columns,
        "song": {
            "arousal": round(summary.arousal, VALUE_DECIMALS),
            "valence": round(summary.valence, VALUE_DECIMALS),
            "quadrant": summary.quadrant,
            "words": list(summary.words),
        },
        "warnings": [_text(warning) for warning in curve.warnings],
    }


def to_json(curve: Curve) -> str:
    """Give a curve as one strict JSON object (no NaN), a line per key."""
    lines = (
        f"  {json.dumps(key)}: {json.dumps(value, ensure_ascii=False, allow_nan=False)}"
        for key, value in to_dict(curve).items()
    )
    return "{\n" + ",\n".join(lines) + "\n}\n"


def read_json(path: AnyPath) -> Curve:
    """Read a curve from JSON, as `to_json` gives it: other keys, ``song`` too, are ignored.

    Raises
    ------
    FormatError
        If the file is not JSON, or not that of a curve; the message gives the line, or the key and item.
    OSError
        If the file cannot be read.
    """
    data = _object(path)
    columns = {"time_s": _numbers(path, data, "times_s")}
    for name in ("arousal", "valence", *(name for name in INTERVALS if name in data)):
        columns[name] = _numbers(path, data, name)
        if len(columns[name]) != len(columns["time_s"]):
            expected = f"{len(columns['time_s'])}, as many as times_s"
            refuse(path, f"key {name}", f"{len(columns[name])} items", expected)
    duration_s = data.get("duration_s")
    if not isinstance(duration_s, float) or not 0 < duration_s < float("inf"):
        refuse(path, "key duration_s", _shown(duration_s), "the length of the audio in seconds")
    warnings = data.get("warnings", [])
    if not isinstance(warnings, list) or not all(isinstance(warning, str) for warning in warnings):
        refuse(path, "key warnings", _shown(warnings), "a list of strings")
    return curve_of(
        path,
        columns,
        lambda name, i: f"key {'times_s' if name == 'time_s' else name}, item {i + 1}",
        source=_string(path, data, "source"),
        model=_string(path, data, "model"),
        feature_set=_string(path, data, "feature_set"),
        duration_s=duration_s,
        warnings=tuple(warnings),
    )


def _object(path: AnyPath) -> dict[str, Any]:
    def refuse_constant(token: str) -> None:
        refuse(path, "a value", token, "a finite number, as JSON has no other")

    try:
        # every number becomes a float: one check for all, and no limit on the digits of an integer
        data = json.loads(read_text(path), parse_int=float, parse_constant=refuse_constant)
    except json.JSONDecodeError as error:
        refuse(path, f"line {error.lineno}", error.msg, "the JSON of a curve")
    except RecursionError:
        refuse(path, "line 1", "nested too deeply", "the JSON of a curve")
    if not isinstance(data, dict):
        refuse(path, "line 1", _shown(data), "an object with times_s, arousal and valence")
    return data


def _numbers(path: AnyPath, data: dict[str, Any], key: str) -> list[float]:
    values = data.get(key)
    if not isinstance(values, list) or not values or not all(isinstance(value, float) for value in values):
        refuse(path, f"key {key}", _shown(values), "a list of numbers, at least one")
    return values


def _string(path: AnyPath, data: dict[str, Any], key: str) -> str:
    value = data.get(key)
    if not isinstance(value, str):
        refuse(path, f"key {key}", _shown(value), "a string")
    return value


def _shown(value: object) -> str:
    return "missing" if value is None else repr(value)[:60]


def _text(text: str) -> str:
    """Replace what UTF-8 cannot hold: a file name on Linux may be any bytes, kept as lone surrogates."""
    return text.encode("utf-8", "replace").decode("utf-8")
