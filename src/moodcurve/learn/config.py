"""Settings of models: frozen dataclasses, read from TOML tables in which nothing unknown passes."""

import dataclasses
import math
import os
import tomllib
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from moodcurve.learn import TrainingError

Config = TypeVar("Config")


def read_config(path: str | os.PathLike[str], kind: type[Config]) -> Config:
    """Read a model's settings from a TOML file; what it does not mention keeps its default.

    Parameters
    ----------
    path : path
        The file; the keys are the fields of `kind`, and a field that is itself a group of settings
        (``preprocessing``) is a table.
    kind : dataclass
        Settings of one model family, such as `moodcurve.learn.ffnn.FFNNConfig`.

    Raises
    ------
    TrainingError
        If the file is missing, is not TOML, has a key that `kind` lacks, or a value that does not fit.
    """
    try:
        table = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise TrainingError(f"{path}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TrainingError(f"{path}: is not TOML: {error}") from error
    return config_from_table(kind, table, where=os.fspath(path))


def config_from_table(kind: type[Config], table: Mapping[str, Any], *, where: str) -> Config:
    """Build settings from a table of their names and values.

    Parameters
    ----------
    kind : dataclass
    table : mapping
        As `tomllib` or `json` gives it; an array fits a field that is a tuple.
    where : str
        The file, or whatever else an error should name.

    Raises
    ------
    TrainingError
        If a key is unknown or a value does not fit; the message names `where`, the key, and what is known.

    Examples
    --------
    >>> from moodcurve.learn.mlr import MLRConfig
    >>> config_from_table(MLRConfig, {"preprocessing": {"clip": 0}}, where="mlr.toml").preprocessing.clip
    0.0
    """
    hints = typing.get_type_hints(kind)
    unknown = [key for key in table if key not in hints]
    if unknown:
        raise TrainingError(f"{where}: unknown key {unknown[0]!r}; known are {', '.join(hints)}")
    values = {key: _value(hints[key], value, f"{where}: {key}") for key, value in table.items()}
    try:
        return kind(**values)
    except TrainingError as error:
        raise TrainingError(f"{where}: {error}") from error


def as_table(config: Any) -> dict[str, Any]:
    """Give settings as a plain table, from which `config_from_table` builds the same settings again."""
    return {key: list(v) if isinstance(v, tuple) else v for key, v in dataclasses.asdict(config).items()}


def check(holds: bool, key: str, accepted: str, got: object) -> None:
    """Raise a TrainingError that names the setting, what would be accepted and what was given."""
    if not holds:
        raise TrainingError(f"{key} must be {accepted}, got {got!r}")


def _value(hint: Any, value: Any, where: str) -> Any:
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        if not isinstance(value, Mapping):
            raise TrainingError(f"{where} must be a table of settings, got {value!r}")
        return config_from_table(hint, value, where=where)
    if isinstance(hint, types.GenericAlias):  # tuple[int, ...]
        if not isinstance(value, list):
            raise TrainingError(f"{where} must be an array, got {value!r}")
        return tuple(_value(typing.get_args(hint)[0], item, where) for item in value)
    # a bool is an int to Python, not to a reader of settings
    fits = isinstance(value, hint) and (hint is bool or not isinstance(value, bool))
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not fits or (isinstance(value, float) and not math.isfinite(value)):
        raise TrainingError(f"{where} must be {_WORDS[hint]}, got {value!r}")
    return value


_WORDS = {int: "a whole number", float: "a finite number", str: "text", bool: "true or false"}
