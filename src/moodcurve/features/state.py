"""What the extractor carries from block to block, as plain arrays: saved, and taken up again.

Each part of the extractor names in ``_STATE`` the attributes that carry over; all others follow from how it was
made. An attribute is an array, a number, a tuple of arrays (None before the first), or a part itself (None where
nobody wants it).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

Arrays = dict[str, npt.NDArray[Any]]


def save_arrays(part: Any, prefix: str = "") -> Arrays:
    """Give what a part and the parts in it carry over, by dotted names; the arrays are not copied."""
    arrays: Arrays = {}
    for name in part._STATE:
        arrays |= _arrays(getattr(part, name), prefix + name)
    return arrays


def load_arrays(part: Any, arrays: Mapping[str, npt.NDArray[Any]], prefix: str = "") -> None:
    """Put back into a part, made as the saved one was, what `save_arrays` gave; the arrays become the part's own.

    Raises
    ------
    KeyError
        If an array is missing.
    """
    for name in part._STATE:
        value = getattr(part, name)
        if hasattr(value, "_STATE"):
            load_arrays(value, arrays, f"{prefix}{name}.")
        else:
            setattr(part, name, _restored(value, arrays, prefix + name))


def _arrays(value: Any, name: str) -> Arrays:
    if value is None:
        return {}
    if hasattr(value, "_STATE"):
        return save_arrays(value, f"{name}.")
    if isinstance(value, tuple):
        arrays: Arrays = {}
        for place, item in enumerate(value):
            arrays |= _arrays(item, f"{name}.{place}")
        return arrays
    return {name: np.asarray(value)}


def _restored(value: Any, arrays: Mapping[str, npt.NDArray[Any]], name: str) -> Any:
    if value is None:  # a plain tuple that was still to come, or a part that nobody wants
        later: list[npt.NDArray[Any]] = []
        while f"{name}.{len(later)}" in arrays:
            later.append(arrays[f"{name}.{len(later)}"])
        return tuple(later) or None
    if isinstance(value, tuple):
        items = [_restored(item, arrays, f"{name}.{place}") for place, item in enumerate(value)]
        return type(value)(*items) if hasattr(value, "_fields") else tuple(items)
    return int(arrays[name]) if isinstance(value, int) else arrays[name]
