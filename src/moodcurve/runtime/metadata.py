"""What a model file states of itself: frozen dataclasses of numbers and words as JSON, read back strictly."""

import json
import sys
from dataclasses import asdict, fields, is_dataclass
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

Stated = TypeVar("Stated")


def as_json(stated: Any) -> str:
    """Write a dataclass as a JSON object of its fields, in their order; a number that is not finite raises."""
    return json.dumps(asdict(stated), allow_nan=False)


def from_json(kind: type[Stated], text: str) -> Stated:
    """Read what `as_json` wrote of a dataclass.

    Parameters
    ----------
    kind : dataclass
        Its fields are str, int, float, tuples of a fixed number of these, or such dataclasses. The text must have all
        of them and nothing else, floats finite; ranges are the dataclass's to check.
    text : str

    Raises
    ------
    ValueError
        If it is no such text.

    Examples
    --------
    >>> from moodcurve.runtime.sequence import Rows
    >>> from_json(Rows, '{"kind": "window", "window_rows": 60, "margin_rows": 10, "state_size": 0.5}')
    Traceback (most recent call last):
    ValueError: expected a whole number as state_size, got 0.5
    """
    try:
        value: Stated = _value(kind, json.loads(text), "")
    except RecursionError:
        raise ValueError("expected an object of numbers, got one that is nested too deeply") from None
    return value


def _value(kind: Any, found: Any, name: str) -> Any:
    """Take what stands under a name for a value of a kind."""
    of = f" of {name}" if name else ""
    if isinstance(kind, type) and is_dataclass(kind):
        expected = [field.name for field in fields(kind)]
        if not isinstance(found, dict) or found.keys() != set(expected):
            raise ValueError(f"expected {', '.join(expected)}{of}, got {found!r:.200}")
        hints = get_type_hints(kind)
        return kind(**{key: _value(hints[key], found[key], f"{key}{of}") for key in expected})
    if get_origin(kind) is tuple:
        kinds = get_args(kind)
        if not isinstance(found, list) or len(found) != len(kinds):
            raise ValueError(f"expected {len(kinds)} numbers as {name}, got {found!r:.200}")
        return tuple(_value(one, item, name) for one, item in zip(kinds, found, strict=True))
    # exact types: a bool is an int to Python; and a whole number may stand for a float, if that can hold it
    if kind is float and type(found) in (int, float) and abs(found) <= sys.float_info.max:
        return float(found)
    if kind is float or type(found) is not kind:
        raise ValueError(f"expected {_WORDS[kind]} as {name}, got {found!r:.200}")
    return found


_WORDS = {str: "text", int: "a whole number", float: "a finite number"}
