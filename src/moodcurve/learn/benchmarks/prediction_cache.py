"""Predictions of a benchmark, kept in a folder: a family that joins a table need not wait for the others again.

What is kept is named by a digest of all that it follows from: the songs, their splits, family, settings and seed, the
sources of the modules that the family rests upon, and the versions of the libraries that do its arithmetic. Whatever
of these changes, the predictions are made anew.
"""

import ast
import hashlib
import importlib.util
import json
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from moodcurve._typing import FloatArray
from moodcurve.datasets import Song
from moodcurve.datasets.splits import Split
from moodcurve.learn import TrainingError
from moodcurve.learn.config import as_table
from moodcurve.util.files import atomic_write

LIBRARIES = ("numpy", "scipy", "scikit-learn", "torch")
OURS = ("moodcurve.learn.", "moodcurve.datasets.splits")
"""Beginnings of the names of modules that make predictions of songs; what read the songs shows in the songs."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Predictions:
    """Predictions of each song when it was tested, (n, 2), and the time that training and predicting took."""

    songs: tuple[FloatArray, ...]
    seconds: float


def kept(folder: Path | None, digest: str, counts: Sequence[int], make: Callable[[], Predictions]) -> Predictions:
    """Give what the folder holds under a digest, or else make it and keep it there; without a folder, just make it.

    Parameters
    ----------
    folder : path or None
        Made if it is not there.
    digest : str
        As `digest_of` gives it.
    counts : sequence of int
        Rated points of each song.
    make : callable
        Trains and predicts.

    Raises
    ------
    TrainingError
        If a kept file cannot be read.
    """
    if folder is None:
        return make()
    path = folder / f"{digest}.npz"
    if path.is_file():
        return _read(path, counts)
    made = make()
    folder.mkdir(parents=True, exist_ok=True)
    with atomic_write(path) as scratch, scratch.open("wb") as stream:
        np.savez_compressed(stream, rows=np.vstack(made.songs), seconds=np.array(made.seconds))
    return made


def digest_of(songs: Sequence[Song], splits: Sequence[Split], fit: Callable[..., Any], config: Any, seed: int) -> str:
    """Give 32 hexadecimal digits that name all that the predictions of a family follow from."""
    digest = hashlib.sha256()
    said = {
        "fit": f"{fit.__module__}.{fit.__qualname__}",
        "kind": type(config).__name__,
        "config": as_table(config),
        "seed": seed,
        "libraries": {name: version(name) for name in LIBRARIES},
        "feature_set": songs[0].features.feature_set.key,
    }
    digest.update(json.dumps(said, sort_keys=True).encode())
    for path in _sources(fit.__module__):
        digest.update(path.read_bytes())
    for song in songs:
        digest.update(f"{song.song_id}\n{song.artist}\n{song.genre}\n{song.rated.start}\n".encode())
        digest.update(song.full_features.values.tobytes())
        for field in fields(song.annotation):
            value = getattr(song.annotation, field.name)
            digest.update(value.tobytes() if isinstance(value, np.ndarray) else repr(value).encode())
    for train, test in splits:
        digest.update(train.tobytes() + b"|" + test.tobytes())
    return digest.hexdigest()[:32]


def _read(path: Path, counts: Sequence[int]) -> Predictions:
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as held:
            rows, seconds = held["rows"], float(held["seconds"])
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise TrainingError(f"{path}: cannot be read as kept predictions; delete it to have them made anew") from error
    if rows.shape != (sum(counts), 2):
        raise TrainingError(f"{path}: has {len(rows)} rows, expected {sum(counts)}; delete it to have them made anew")
    return Predictions(songs=tuple(np.split(rows, np.cumsum(counts)[:-1])), seconds=seconds)


def _sources(module: str) -> list[Path]:
    """Files of a module and of all that it imports of `OURS`, in the order of their names."""
    found: dict[str, Path] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        spec = importlib.util.find_spec(name) if name not in found else None
        if spec is None or spec.origin is None:
            continue
        found[name] = Path(spec.origin)
        imports = (n for n in ast.walk(ast.parse(found[name].read_bytes())) if isinstance(n, ast.ImportFrom))
        waiting += [node.module for node in imports if node.module and node.module.startswith(OURS)]
    return [found[name] for name in sorted(found)]
