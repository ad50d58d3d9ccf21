"""The features of single files, made once: each in a file of the user's cache, which knows when it is stale."""

import contextlib
import hashlib
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from moodcurve.errors import MoodcurveError
from moodcurve.features import COMPARE260, Features
from moodcurve.util.files import atomic_write
from moodcurve.util.paths import cache_dir

_VERSION = "1"
"""Of what the readers make of the same file; features kept under another version are made anew."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Heard:
    """The features of one recording, and what making them brought to light.

    Attributes
    ----------
    features : Features
        Of compare260.
    warnings : tuple of str
        Such as that the file is truncated; without its name.
    """

    features: Features
    warnings: tuple[str, ...] = ()


def kept(path: Path, read: Callable[[Path], Heard]) -> Heard:
    """Give what ``read`` makes of a file, from the cache where that still holds.

    It holds until the file's place, size or time of change is another, or the feature set's version changes. What was
    made stays when a later file, or the user, ends the work. A cache that cannot be read or written is passed over in
    silence, since it only saves time; so are files that cannot be found, whose reader will say what is wrong.
    """
    try:
        home = cache_dir()
        place, status = path.resolve(), path.stat()
    except (MoodcurveError, OSError):
        return read(path)
    store = home / "features" / f"{hashlib.sha256(bytes(place)).hexdigest()[:24]}.npz"
    state = json.dumps([_VERSION, COMPARE260.key, str(place), status.st_size, status.st_mtime_ns])
    heard = _load(store, state)
    if heard is None:
        heard = read(path)
        _save(store, state, heard)
    return heard


def _load(store: Path, state: str) -> Heard | None:
    try:
        # opened here, since numpy.load leaves a file open that it cannot make sense of
        with store.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            if str(arrays["state"]) != state:
                return None
            features = Features(arrays["values"], arrays["times_s"], COMPARE260)
            return Heard(features=features, warnings=tuple(map(str, arrays["warnings"])))
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile):
        return None


def _save(store: Path, state: str, heard: Heard) -> None:
    with contextlib.suppress(OSError), atomic_write(store) as scratch:
        np.savez(
            scratch,
            allow_pickle=False,
            state=np.array(state),
            values=heard.features.values,
            times_s=heard.features.times_s,
            warnings=np.array(heard.warnings, dtype=np.str_),
        )
