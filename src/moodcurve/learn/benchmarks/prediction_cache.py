"""Cache the predictions of a benchmark, so that adding a family does not retrain the others.

The cache key is a digest of everything the predictions depend on: songs, splits, family, settings, seed, the source
code of the family's modules, and the versions of numerical libraries. A change to any of them retrains.
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
SOURCE_PREFIXES = ("moodcurve.learn.", "moodcurve.datasets.splits")
"""Prefixes of modules whose source is part of the key. Readers are not: their effect is in the songs' values."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Predictions:
    """Test predictions of a benchmark's songs.

    Attributes
    ----------
    songs : tuple of (n, 2)
        Predictions of each song, made when it was a test song.
    seconds : float
        Time to train and predict.
    """

    songs: tuple[FloatArray, ...]
    seconds: float


def cached_predictions(
    folder: Path | None, key: str, counts: Sequence[int], predict: Callable[[], Predictions]
) -> Predictions:
    """Return the predictions cached under a key, or make and cache them; without a folder, just make them.

    Parameters
    ----------
    folder : path or None
        Created if missing.
    key : str
        Result of `cache_key`.
    counts : sequence of int
        Number of rated points of each song.
    predict : callable
        Trains and predicts.

    Raises
    ------
    TrainingError
        If a cached file cannot be read.
    """
    if folder is None:
        return predict()
    path = folder / f"{key}.npz"
    if path.is_file():
        return _read(path, counts)
    predictions = predict()
    folder.mkdir(parents=True, exist_ok=True)
    with atomic_write(path) as scratch, scratch.open("wb") as stream:
        np.savez_compressed(stream, rows=np.vstack(predictions.songs), seconds=np.array(predictions.seconds))
    return predictions


def cache_key(songs: Sequence[Song], splits: Sequence[Split], fit: Callable[..., Any], config: Any, seed: int) -> str:
    """Return a digest, 32 hexadecimal digits, of everything that a family's predictions depend on."""
    digest = hashlib.sha256()
    settings = {
        "fit": f"{fit.__module__}.{fit.__qualname__}",
        "kind": type(config).__name__,
        "config": as_table(config),
        "seed": seed,
        "libraries": {name: version(name) for name in LIBRARIES},
        "feature_set": songs[0].features.feature_set.key,
    }
    digest.update(json.dumps(settings, sort_keys=True).encode())
    for path in _sources(fit.__module__):
        digest.update(path.read_bytes())
    for song in songs:
        digest.update(f"{song.song_id}\n{song.artist}\n{song.genre}\n{song.rated.start}\n".encode())
        for features in (song.full_features, *song.versions):
            digest.update(features.values.tobytes())
        for field in fields(song.annotation):
            value = getattr(song.annotation, field.name)
            digest.update(value.tobytes() if isinstance(value, np.ndarray) else repr(value).encode())
    for train, test in splits:
        digest.update(train.tobytes() + b"|" + test.tobytes())
    return digest.hexdigest()[:32]


def _read(path: Path, counts: Sequence[int]) -> Predictions:
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
            rows, seconds = stored["rows"], float(stored["seconds"])
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise TrainingError(f"{path}: cannot be read as cached predictions; delete it to train again") from error
    if rows.shape != (sum(counts), 2):
        raise TrainingError(f"{path}: has {len(rows)} rows, expected {sum(counts)}; delete it to train again")
    return Predictions(songs=tuple(np.split(rows, np.cumsum(counts)[:-1])), seconds=seconds)


def _sources(module: str) -> list[Path]:
    """List the files of a module and of its direct and indirect imports from `SOURCE_PREFIXES`, sorted by name."""
    files: dict[str, Path] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        spec = importlib.util.find_spec(name) if name not in files else None
        if spec is None or spec.origin is None:
            continue
        files[name] = Path(spec.origin)
        imports = (n for n in ast.walk(ast.parse(files[name].read_bytes())) if isinstance(n, ast.ImportFrom))
        waiting += [node.module for node in imports if node.module and node.module.startswith(SOURCE_PREFIXES)]
    return [files[name] for name in sorted(files)]
