"""Read the settings of models from TOML files into frozen dataclasses; unknown keys are errors."""

import dataclasses
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from moodcurve.learn import TrainingError
from moodcurve.util.decoding import decode

Config = TypeVar("Config")


def read_config(path: str | os.PathLike[str], kind: type[Config]) -> Config:
    """Read the settings of a model family from a TOML file; missing keys keep their defaults.

    Parameters
    ----------
    path : path
        Its keys are the fields of `kind`; nested settings such as ``preprocessing`` are tables.
    kind : dataclass
        Settings of a model family, such as `moodcurve.learn.models.ffnn.FFNNConfig`.

    Raises
    ------
    TrainingError
        If the file is missing or not TOML, or has an unknown key or an invalid value.
    """
    return config_from_table(kind, _read(path), where=os.fspath(path))


def read_configs(path: str | os.PathLike[str], kinds: Mapping[str, type[Any]]) -> dict[str, Any]:
    """Read the settings of several model families from a TOML file with one table per family.

    Parameters
    ----------
    path : path
        Its tables are as `read_config` reads them; families without a table keep their defaults.
    kinds : mapping of str to dataclass
        Settings of each known family.

    Raises
    ------
    TrainingError
        As `read_config`, and if the file names an unknown family.
    """
    tables = _read(path)
    unknown = [name for name in tables if name not in kinds]
    if unknown:
        raise TrainingError(f"{path}: unknown model family {unknown[0]!r}; known are {', '.join(kinds)}")
    return {name: config_from_table(kinds[name], table, where=f"{path}: {name}") for name, table in tables.items()}


def config_from_table(kind: type[Config], table: Mapping[str, Any], *, where: str) -> Config:
    """Build settings from a table of names and values.

    Parameters
    ----------
    kind : dataclass
    table : mapping
        As returned by `tomllib` or `json`; an array becomes a tuple.
    where : str
        File name or other origin, for error messages.

    Raises
    ------
    TrainingError
        If a key is unknown or a value is invalid; the message names `where` and the key.

    Examples
    --------
    >>> from moodcurve.learn.models.mlr import MLRConfig
    >>> config_from_table(MLRConfig, {"preprocessing": {"clip": 0}}, where="mlr.toml").preprocessing.clip
    0.0
    """
    try:
        return decode(kind, table, where=where)
    except ValueError as error:
        raise TrainingError(str(error)) from error


def as_table(config: Any) -> dict[str, Any]:
    """Convert settings to a plain table, the inverse of `config_from_table`."""
    return {key: list(v) if isinstance(v, tuple) else v for key, v in dataclasses.asdict(config).items()}


def differing(table: Mapping[str, Any], base: Mapping[str, Any], *, within: str = "") -> str:
    """Describe the settings of a table that differ from those of a base; nested names are joined by dots.

    Examples
    --------
    >>> differing({"C": 2.5, "gamma": 1.0, "pca": {"clip": 3.0}}, {"C": 1.0, "gamma": 1.0, "pca": {"clip": 5.0}})
    'C 2.5, pca.clip 3'
    """
    parts = []
    for key, value in table.items():
        if isinstance(value, Mapping):
            parts.append(differing(value, base[key], within=f"{within}{key}."))
        elif value != base[key]:
            parts.append(f"{within}{key} {value:.3g}" if isinstance(value, float) else f"{within}{key} {value}")
    return ", ".join(part for part in parts if part)


MAX_BYTES = 2**20
"""Largest configuration; a device could be read without end."""


def check(holds: bool, key: str, accepted: str, got: object) -> None:
    """Raise a TrainingError that names the setting, the accepted values and the given one, unless `holds`."""
    if not holds:
        raise TrainingError(f"{key} must be {accepted}, got {got!r}")


def _read(path: str | os.PathLike[str]) -> dict[str, Any]:
    try:
        with Path(path).open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise TrainingError(f"{path}: is larger than {MAX_BYTES // 1024} KiB, so it is no configuration")
        return tomllib.loads(content.decode("utf-8"))
    except OSError as error:
        raise TrainingError(f"{path}: cannot be read: {error.strerror}") from error
    except RecursionError as error:
        raise TrainingError(f"{path}: is nested too deep") from error
    except TrainingError:
        raise
    except ValueError as error:  # not TOML, not UTF-8, or a number of thousands of digits
        raise TrainingError(f"{path}: is not TOML: {error}") from error
