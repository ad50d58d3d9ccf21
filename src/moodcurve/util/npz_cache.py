"""Cache results as arrays in ``.npz`` files, each valid for one state of its sources."""

import contextlib
import hashlib
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from moodcurve.util.files import atomic_write

Arrays = dict[str, npt.NDArray[Any]]
Result = TypeVar("Result")

UNREADABLE = (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile)
"""Errors that reading a missing, truncated or foreign ``.npz`` file raises."""
_STATE = "state"


def cached(
    path: Path,
    state: str,
    compute: Callable[[], Result],
    *,
    pack: Callable[[Result], Arrays],
    unpack: Callable[[Arrays], Result],
) -> Result:
    """Return the result stored in a file, or else compute it and store it there.

    The file is written whole or not at all. A file that cannot be read counts as missing, and a failure to write is
    ignored, since a cache only saves time.

    Parameters
    ----------
    path : Path
        Ends in ``.npz``; missing folders are created.
    state : str
        Describes everything that the result depends on. A file stored with another state is replaced.
    compute : callable
    pack, unpack : callable
        Convert a result to named arrays without objects, and back.
    """
    stored = load(path, state)
    if stored is not None:
        with contextlib.suppress(*UNREADABLE):
            return unpack(stored)
    result = compute()
    store(path, state, pack(result))
    return result


def load(path: Path, state: str) -> Arrays | None:
    """Return the arrays stored in a file, or None if it cannot be read or was stored with another state."""
    try:
        # opened here, since numpy.load leaves a file open that it cannot read
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            if str(stored[_STATE]) == state:
                return {name: stored[name] for name in stored.files}
    except UNREADABLE:
        pass
    return None


def store(path: Path, state: str, arrays: Arrays) -> None:
    """Write arrays to a file, whole or not at all; a failure to write is ignored."""
    with contextlib.suppress(OSError), atomic_write(path) as scratch:
        np.savez(scratch, allow_pickle=False, **{_STATE: np.array(state)}, **arrays)


def digest(text: str | bytes) -> str:
    """Return the SHA-256 of a text, in 64 hexadecimal digits."""
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).hexdigest()
