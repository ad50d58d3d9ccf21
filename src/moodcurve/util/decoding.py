"""Build frozen dataclasses from parsed JSON or TOML, refusing whatever does not fit their fields."""

import dataclasses
import sys
import types
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

Decoded = TypeVar("Decoded")


def decode(kind: type[Decoded], table: object, *, where: str = "", complete: bool = False) -> Decoded:
    """Build a dataclass from a table of its field names and values.

    Parameters
    ----------
    kind : dataclass
        Its fields are str, bool, int, float, tuples of these (``tuple[int, ...]`` or of a fixed length), or
        such dataclasses. Floats must be finite; the dataclass itself checks ranges.
    table : mapping
        As `json` or `tomllib` returns it. A list fits a tuple, a whole number fits a float.
    where : str
        Prefix of error messages, such as a file name.
    complete : bool
        Require every field; by default a missing one keeps its default. A nested table changes only the fields it
        names: the others are those of the default that the outer dataclass has for it.

    Raises
    ------
    ValueError
        If a key is unknown or missing, or a value does not fit. The message names `where` and the key.

    Examples
    --------
    >>> @dataclasses.dataclass(frozen=True)
    ... class Window:
    ...     rows: int
    ...     margin: int = 0
    >>> decode(Window, {"rows": 60})
    Window(rows=60, margin=0)
    >>> decode(Window, {"rows": 0.5}, where="model.onnx")
    Traceback (most recent call last):
    ValueError: model.onnx: rows must be a whole number, got 0.5
    """
    built: Decoded = _build(kind, table, where, complete, None)
    return built


def _build(kind: Any, table: object, where: str, complete: bool, base: Any) -> Any:
    """Build a dataclass; fields that the table leaves out are those of `base`, or without one their own defaults."""
    if not isinstance(table, Mapping):
        raise ValueError(f"{where or 'the value'} must be a table, got {table!r:.200}")
    hints = _hints(kind)
    if unknown := [key for key in table if key not in hints]:
        raise ValueError(_join(where, f"unknown key {unknown[0]!r}; known are {', '.join(hints)}"))
    if complete and (missing := [name for name in hints if name not in table]):
        raise ValueError(_join(where, f"missing key {missing[0]!r}; expected are {', '.join(hints)}"))
    defaults = _defaults(kind) if base is None else vars(base)
    values = {
        key: _value(hints[key], value, _join(where, key), complete, defaults.get(key)) for key, value in table.items()
    }
    try:
        return kind(**values) if base is None else dataclasses.replace(base, **values)
    except ValueError as error:
        raise ValueError(_join(where, str(error))) from error


def _hints(kind: Any) -> dict[str, Any]:
    """Return the type of each field by name."""
    hints = typing.get_type_hints(kind)
    return {field.name: hints[field.name] for field in dataclasses.fields(kind)}


def _defaults(kind: Any) -> dict[str, Any]:
    """Return the nested dataclasses that a dataclass has by default, by field name."""
    return {
        field.name: field.default_factory()
        for field in dataclasses.fields(kind)
        if field.default_factory is not dataclasses.MISSING
    }


def _value(hint: Any, value: Any, where: str, complete: bool, default: Any = None) -> Any:
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return _build(hint, value, where, complete, default)
    if isinstance(hint, types.GenericAlias):
        return _items(typing.get_args(hint), value, where, complete)
    # exact types, since a bool is an int to Python; a whole number fits a float if it is not too large
    if hint is float and type(value) in (int, float) and abs(value) <= sys.float_info.max:
        return float(value)
    if hint is float or type(value) is not hint:
        raise ValueError(f"{where} must be {_EXPECTED[hint]}, got {value!r:.200}")
    return value


def _items(hints: tuple[Any, ...], value: Any, where: str, complete: bool) -> tuple[Any, ...]:
    """Decode a list into a tuple: of any length for ``tuple[int, ...]``."""
    if not isinstance(value, list):
        raise ValueError(f"{where} must be an array, got {value!r:.200}")
    if hints[-1] is Ellipsis:
        hints = hints[:1] * len(value)
    if len(value) != len(hints):
        raise ValueError(f"{where} must be an array of {len(hints)} items, got {value!r:.200}")
    return tuple(_value(hint, item, where, complete) for hint, item in zip(hints, value, strict=True))


def _join(where: str, text: str) -> str:
    return f"{where}: {text}" if where else text


_EXPECTED = {int: "a whole number", float: "a finite number", str: "text", bool: "true or false"}
