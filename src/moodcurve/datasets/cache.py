"""Read datasets once: their aligned songs in one file of the user's cache, which knows when it is stale."""

import contextlib
import hashlib
import json
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from moodcurve.datasets.song import Annotation, Dataset, Song
from moodcurve.errors import MoodcurveError
from moodcurve.features import FEATURE_SETS, Features
from moodcurve.util.files import atomic_write
from moodcurve.util.paths import cache_dir

_UNREADABLE = (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile)
"""What numpy.load and a look into its archive raise for a file that is missing, cut short or foreign."""


def cached(read: Callable[[], Dataset], *, folder: Path, reader: str, version: str, files: Sequence[Path]) -> Dataset:
    """Give what ``read`` gives, from the cache where that still holds.

    A dataset's file holds until the name, size or time of change of one of ``files`` is another, one of them
    comes or goes, or the reader's or a feature set's version changes. It is written whole or not at all; a
    cache that cannot be read or written is passed over in silence, since it only saves time.

    Parameters
    ----------
    read : callable
        Reads the dataset from its files.
    folder : Path
        The dataset's folder; with ``reader`` it tells one dataset from another.
    reader : str
        Names the reader and its options.
    version : str
        Of the reader; to be changed whenever it would read the same files otherwise.
    files : sequence of Path
        All files that ``read`` looks at.
    """
    try:
        home = cache_dir()
    except MoodcurveError:
        return read()
    key = hashlib.sha256(f"{folder.resolve()}\n{reader}".encode()).hexdigest()[:16]
    path = home / "datasets" / f"{reader.replace('/', '-')}-{key}.npz"
    state = _state(version, files)
    dataset = _load(path, state)
    if dataset is None:
        dataset = read()
        _save(path, state, dataset)
    return dataset


def _state(version: str, files: Sequence[Path]) -> str:
    """Sum up what the cached songs depend on."""
    listed = []
    for file in sorted(files):
        try:
            stat = file.stat()
        except OSError:
            continue  # reading it will say what is wrong; until then it counts as absent
        listed.append((str(file), stat.st_size, stat.st_mtime_ns))
    sets = [feature_set.key for feature_set in FEATURE_SETS.values()]
    return hashlib.sha256(json.dumps([version, sets, listed]).encode()).hexdigest()


def _load(path: Path, state: str) -> Dataset | None:
    try:
        # opened here, since numpy.load leaves a file open that it cannot make sense of
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            if str(arrays["state"]) != state:
                return None
            return _unpacked({name: arrays[name] for name in arrays.files})
    except _UNREADABLE:
        return None


def _save(path: Path, state: str, dataset: Dataset) -> None:
    with contextlib.suppress(OSError), atomic_write(path) as scratch:
        np.savez(scratch, allow_pickle=False, state=np.array(state), **_packed(dataset))


_Array = npt.NDArray[Any]
_TEXTS = ("song_id", "artist", "title", "genre")
_CURVES = ("times_s", "arousal", "valence")
_LEVELS = ("song_arousal", "song_valence")
_RATERS = {
    "arousal_spread": np.float64,
    "valence_spread": np.float64,
    "arousal_raters": np.int64,
    "valence_raters": np.int64,
}


def _packed(dataset: Dataset) -> dict[str, _Array]:
    """Lay all songs end to end, one array a field."""
    songs = dataset.songs
    arrays: dict[str, _Array] = {
        "name": np.array(dataset.name),
        "notes": np.array(dataset.notes, dtype=np.str_),
        "level_notes": np.array(dataset.level_notes, dtype=np.str_),
        "feature_set": np.array(dataset.feature_set.name),
        "lengths": np.array([len(song.x) for song in songs]),
        "has_recording": np.array([song.recording is not None for song in songs]),
        "heard_lengths": np.array([len(song.full_features.times_s) for song in songs]),
        "values": np.concatenate([song.full_features.values for song in songs]),
        "feature_times_s": np.concatenate([song.full_features.times_s for song in songs]),
        "first_rows": np.array([song.rated.start for song in songs]),
    }
    for field in _TEXTS:
        arrays[field] = np.array([getattr(song, field) for song in songs], dtype=np.str_)
    for field in _CURVES:
        arrays[field] = np.concatenate([getattr(song.annotation, field) for song in songs])
    for field in _LEVELS:  # None becomes NaN
        arrays[field] = np.array([getattr(song.annotation, field) for song in songs], dtype=np.float64)
    for field, kind in _RATERS.items():  # None becomes zeros, and is remembered
        known = [getattr(song.annotation, field) for song in songs]
        arrays[f"has_{field}"] = np.array([values is not None for values in known])
        filled = [np.zeros(len(song.x)) if x is None else x for song, x in zip(songs, known, strict=True)]
        arrays[field] = np.concatenate(filled).astype(kind)
    return arrays


def _unpacked(arrays: dict[str, _Array]) -> Dataset:
    rated, all_rows = _slices(arrays["lengths"]), _slices(arrays["heard_lengths"])
    songs = tuple(_song(arrays, i, rated[i], all_rows[i]) for i in range(len(rated)))
    notes, level_notes = (tuple(str(note) for note in arrays[field]) for field in ("notes", "level_notes"))
    return Dataset(name=str(arrays["name"]), songs=songs, notes=notes, level_notes=level_notes)


def _slices(lengths: _Array) -> list[slice]:
    """Where each song's part begins and ends, of parts laid end to end."""
    ends = np.cumsum(lengths).tolist()
    return [slice(start, end) for start, end in zip([0, *ends[:-1]], ends, strict=True)]


def _song(arrays: dict[str, _Array], i: int, rows: slice, all_rows: slice) -> Song:
    song_id, artist, title, genre = (str(arrays[field][i]) for field in _TEXTS)
    times_s, arousal, valence = (arrays[field][rows] for field in _CURVES)
    song_arousal, song_valence = (_level(arrays[field][i]) for field in _LEVELS)
    feature_set = FEATURE_SETS[str(arrays["feature_set"])]
    values, heard_s = arrays["values"][all_rows], arrays["feature_times_s"][all_rows]
    first = int(arrays["first_rows"][i])
    rated = slice(first, first + rows.stop - rows.start)
    return Song(
        song_id=song_id,
        artist=artist,
        title=title,
        genre=genre,
        features=Features(values[rated], heard_s[rated], feature_set),
        recording=Features(values, heard_s, feature_set) if arrays["has_recording"][i] else None,
        annotation=Annotation(
            times_s=times_s,
            arousal=arousal,
            valence=valence,
            song_arousal=song_arousal,
            song_valence=song_valence,
            **{field: arrays[field][rows] for field in _RATERS if arrays[f"has_{field}"][i]},
        ),
    )


def _level(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
