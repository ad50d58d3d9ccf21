"""JSON: all that a curve holds, for programs. The keys are a contract: add to them, do not change them."""

import json
from typing import Any

import numpy as np

from moodcurve.circumplex import summarize
from moodcurve.curve import Curve, FloatArray
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

    The four lists of interval ends are absent while the model gives no intervals, and so are the four ends of
    ``song``; ``novelty`` is absent while the model cannot tell it. ``song`` is the curve as a whole, see
    `moodcurve.circumplex.summarize`; its ``arousal_9`` and ``valence_9`` are the same means on the scale from 1 to 9
    on which songs are rated, 5 + 4 · mean.
    """
    summary = summarize(curve)
    columns = {name: values.tolist() for name, values in columns_of(curve).items()}
    return {
        "source": utf8_text(curve.source),
        "model": utf8_text(curve.model),
        "feature_set": utf8_text(curve.feature_set),
        "duration_s": round(float(curve.duration_s), TIME_DECIMALS),
        "times_s": columns.pop("time_s"),
        **columns,
        "song": {
            "arousal": _rounded(summary.arousal),
            "valence": _rounded(summary.valence),
            "quadrant": summary.quadrant,
            "words": list(summary.words),
            "arousal_9": _rounded(5 + 4 * summary.arousal),
            "valence_9": _rounded(5 + 4 * summary.valence),
            **_song_ends(curve),
        },
        **({} if curve.novelty is None else {"novelty": _rounded(curve.novelty)}),
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
    """Read a curve from JSON, as `to_json` gives it: other keys, those of ``song`` but its interval too, are ignored.

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
        song_interval=_song_interval(path, data),
        novelty=_novelty(path, data),
    )


def _song_ends(curve: Curve) -> dict[str, float]:
    if curve.song_interval is None:
        return {}
    return dict(zip(INTERVALS, map(_rounded, curve.song_interval.ravel()), strict=True))


def _song_interval(path: AnyPath, data: dict[str, Any]) -> FloatArray | None:
    song = data.get("song", {})
    if not isinstance(song, dict):
        refuse(path, "key song", _shown(song), "an object")
    if not any(name in song for name in INTERVALS):
        return None
    for name in INTERVALS:
        value = song.get(name)
        if not isinstance(value, float) or not -1 <= value <= 1:
            refuse(path, f"key song.{name}", _shown(value), "a number in [-1, 1]")
    for low, high in (INTERVALS[:2], INTERVALS[2:]):
        if song[low] > song[high]:
            refuse(path, f"key song.{low}", _shown(song[low]), f"no more than {high}")
    return np.array([song[name] for name in INTERVALS]).reshape(2, 2)


def _novelty(path: AnyPath, data: dict[str, Any]) -> float | None:
    novelty = data.get("novelty")
    if novelty is None:
        return None
    if not isinstance(novelty, float) or not 0 <= novelty < float("inf"):
        refuse(path, "key novelty", _shown(novelty), "a number, 0 or more")
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
        refuse(path, "line 1", _shown(data), "an object")
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


def _rounded(value: float) -> float:
    # adding 0.0 turns the -0.0 that rounding leaves into 0.0
    return round(float(value), VALUE_DECIMALS) + 0.0


def utf8_text(text: str) -> str:
    """Replace what UTF-8 cannot hold: a file name on Linux may be any bytes, kept as lone surrogates."""
    return text.encode("utf-8", "replace").decode("utf-8")
