"""Settings of models: frozen dataclasses, read from TOML tables in which nothing unknown passes."""

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
    """Read a model's settings from a TOML file; what it does not mention keeps its default.

    Parameters
    ----------
    path : path
        The file; the keys are the fields of `kind`, and a field that is itself a group of settings
        (``preprocessing``) is a table.
    kind : dataclass
        Settings of one model family, such as `moodcurve.learn.models.ffnn.FFNNConfig`.

    Raises
    ------
    TrainingError
        If the file is missing, is not TOML, has a key that `kind` lacks, or a value that does not fit.
    """
    return config_from_table(kind, _read(path), where=os.fspath(path))


def read_configs(path: str | os.PathLike[str], kinds: Mapping[str, type[Any]]) -> dict[str, Any]:
    """Read the settings of several model families from a TOML file, a table each, by the family's name.

    Parameters
    ----------
    path : path
        Its tables are as `read_config` takes them; a family that it does not mention keeps its defaults.
    kinds : mapping of str to dataclass
        The settings of each family there is.

    Raises
    ------
    TrainingError
        As `read_config`, and if the file names another family.
    """
    tables = _read(path)
    unknown = [name for name in tables if name not in kinds]
    if unknown:
        raise TrainingError(f"{path}: model family {unknown[0]!r} is not known; there are {', '.join(kinds)}")
    return {name: config_from_table(kinds[name], table, where=f"{path}: {name}") for name, table in tables.items()}


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
    >>> from moodcurve.learn.models.mlr import MLRConfig
    >>> config_from_table(MLRConfig, {"preprocessing": {"clip": 0}}, where="mlr.toml").preprocessing.clip
    0.0
    """
    try:
        return decode(kind, table, where=where)
    except ValueError as error:
        raise TrainingError(str(error)) from error


def as_table(config: Any) -> dict[str, Any]:
    """Give settings as a plain table, from which `config_from_table` builds the same settings again."""
    return {key: list(v) if isinstance(v, tuple) else v for key, v in dataclasses.asdict(config).items()}


def differing(table: Mapping[str, Any], base: Mapping[str, Any], *, within: str = "") -> str:
    """Name the settings of a table that differ from another's; those of a group have its name before them.

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


def check(holds: bool, key: str, accepted: str, got: object) -> None:
    """Raise a TrainingError that names the setting, what would be accepted and what was given."""
    if not holds:
        raise TrainingError(f"{key} must be {accepted}, got {got!r}")


def _read(path: str | os.PathLike[str]) -> dict[str, Any]:
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise TrainingError(f"{path}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TrainingError(f"{path}: is not TOML: {error}") from error
