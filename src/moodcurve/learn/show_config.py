"""Show the settings of a model family as TOML, with their defaults and meanings."""

import dataclasses
import inspect
import json
import re
from collections.abc import Iterator
from typing import Any

from moodcurve.learn.training import find_family


def show_config(family: str) -> str:
    r"""Format the settings of a model family as TOML that `moodcurve.learn.config.read_config` reads.

    Each key has its default and is preceded by a comment with its meaning, the first sentence of its description in
    the docstring of the settings. Nested settings are tables.

    Parameters
    ----------
    family : str
        One of `moodcurve.learn.training.FAMILIES`.

    Raises
    ------
    TrainingError
        If the family is unknown; the message names the known ones.

    Examples
    --------
    >>> for line in show_config("mlr").splitlines()[:4]:
    ...     print(line)
    # Steps between the features and the model.
    [preprocessing]
    # Compress the long tails of energies and similar columns.
    compress = true
    """
    return "\n".join(_lines(find_family(family).config(), ())) + "\n"


def _lines(config: Any, table: tuple[str, ...]) -> Iterator[str]:
    """Yield the lines of a table: its values first, then the tables inside it."""
    meanings = _meanings(type(config))
    values = {field.name: getattr(config, field.name) for field in dataclasses.fields(config)}
    nested = {key: value for key, value in values.items() if dataclasses.is_dataclass(value)}
    first = not table
    for key, value in values.items():
        if key not in nested:
            first = False
            yield f"# {meanings[key]}"
            yield f"{key} = {_toml(value)}"
    for key, value in nested.items():
        if not first:
            yield ""
        first = False
        yield f"# {meanings[key]}"
        yield f"[{'.'.join((*table, key))}]"
        yield from _lines(value, (*table, key))


def _meanings(kind: type[Any]) -> dict[str, str]:
    """Return the first sentence of each attribute's description in the docstrings of a class and its bases."""
    found: dict[str, str] = {}
    for base in kind.__mro__:
        _, _, section = (inspect.cleandoc(base.__doc__ or "")).partition("\nAttributes\n----------\n")
        for match in re.finditer(r"^(\w+) : .*\n((?: {4}.*\n?)+)", section, re.MULTILINE):
            description = " ".join(match[2].split()).replace("``", "").replace("`", "")
            found.setdefault(match[1], re.split(r"(?<=\.) ", description)[0])
    return found


def _toml(value: Any) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value)
