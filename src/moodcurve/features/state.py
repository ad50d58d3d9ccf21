"""Save, restore and copy the state that an extractor carries from block to block, as plain arrays.

Each stage lists in ``_STATE`` the attributes that carry over; all others follow from its arguments. An attribute is an
array, a number, another stage (None if it is not needed), or a tuple of these (None before the first array).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

Arrays = dict[str, npt.NDArray[Any]]


def save_arrays(stage: Any, prefix: str = "") -> Arrays:
    """Return the state of a stage and its nested stages by dotted names; the arrays are not copied."""
    arrays: Arrays = {}
    for name in stage._STATE:
        arrays |= _to_arrays(getattr(stage, name), prefix + name)
    return arrays


def load_arrays(stage: Any, arrays: Mapping[str, npt.NDArray[Any]], prefix: str = "") -> None:
    """Restore the state from `save_arrays` into a stage with the same arguments; the arrays are not copied.

    Raises
    ------
    KeyError
        If an array is missing.
    """
    for name in stage._STATE:
        setattr(stage, name, _from_arrays(getattr(stage, name), arrays, prefix + name))


def copy_state(source: Any, target: Any) -> None:
    """Copy the state of a stage, and its arrays, into another stage with the same arguments, whatever its state was."""
    for name in source._STATE:
        setattr(target, name, _copied(getattr(source, name), getattr(target, name)))


def _copied(value: Any, target: Any) -> Any:
    """Return a copy of a value of a state; stages are copied into those of the target."""
    if hasattr(value, "_STATE"):
        copy_state(value, target)
        return target
    if isinstance(value, tuple):
        copies = [_copied(item, target and target[index]) for index, item in enumerate(value)]
        return type(value)(*copies) if hasattr(value, "_fields") else tuple(copies)
    return value.copy() if isinstance(value, np.ndarray) else value


def _to_arrays(value: Any, name: str) -> Arrays:
    if value is None:
        return {}
    if hasattr(value, "_STATE"):
        return save_arrays(value, f"{name}.")
    if isinstance(value, tuple):
        arrays: Arrays = {}
        for index, item in enumerate(value):
            arrays |= _to_arrays(item, f"{name}.{index}")
        return arrays
    return {name: np.asarray(value)}


def _from_arrays(value: Any, arrays: Mapping[str, npt.NDArray[Any]], name: str) -> Any:
    if value is None:  # a tuple that did not exist yet, or a stage that is not needed
        items: list[npt.NDArray[Any]] = []
        while f"{name}.{len(items)}" in arrays:
            items.append(arrays[f"{name}.{len(items)}"])
        return tuple(items) or None
    if hasattr(value, "_STATE"):
        load_arrays(value, arrays, f"{name}.")
        return value
    if isinstance(value, tuple):
        restored = [_from_arrays(item, arrays, f"{name}.{index}") for index, item in enumerate(value)]
        return type(value)(*restored) if hasattr(value, "_fields") else tuple(restored)
    return int(arrays[name]) if isinstance(value, int) else arrays[name]
