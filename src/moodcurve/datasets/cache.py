"""Cache aligned datasets and the features of single files in the user's cache folder.

A stored file is used only while its sources and the versions of the code that read them stay the same; see
``moodcurve.util.npz_cache``.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from moodcurve.datasets.dataset import Dataset
from moodcurve.datasets.song import Annotation, Song
from moodcurve.errors import MoodcurveError
from moodcurve.features import COMPARE260, FEATURE_SETS, Features, FeatureSet
from moodcurve.features import feature_set as find_set
from moodcurve.util.npz_cache import UNREADABLE, Arrays, cached, digest, load, store
from moodcurve.util.paths import cache_dir

_FEATURES_VERSION = "2"
"""Version of how single files are read; features stored under another version are computed again."""


@dataclass(frozen=True, eq=False, kw_only=True)
class CachedFeatures:
    """The features of one file, and the warnings that came with them.

    Attributes
    ----------
    features : Features
    warnings : tuple of str
        For example that the file is truncated; without the file's name.
    """

    features: Features
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class FeatureEntry:
    """Where the features of one file and one feature set are cached, and what they are valid for.

    Valid until the file's path, size or modification time, or the feature set's version, changes. Describe a file with
    `feature_entry` before reading it, so that a change while it is read makes the entry invalid.
    """

    path: Path
    state: str
    feature_set: FeatureSet

    def load(self) -> CachedFeatures | None:
        """Return the stored features, or None if they are missing or not valid."""
        arrays = load(self.path, self.state)
        try:
            return None if arrays is None else _unpack_features(arrays, self.feature_set)
        except UNREADABLE:
            return None

    def store(self, found: CachedFeatures) -> None:
        """Store features; a failure to write is ignored."""
        store(self.path, self.state, _pack_features(found))


def feature_entry(path: Path, feature_set: FeatureSet) -> FeatureEntry | None:
    """Return the cache entry of a file's features; None if the file or the user's cache folder cannot be found."""
    try:
        home = cache_dir()
        source, status = path.resolve(), path.stat()
    except (MoodcurveError, OSError):
        return None
    return FeatureEntry(
        path=home / "features" / f"{digest(bytes(source) + feature_set.name.encode())[:24]}.npz",
        state=json.dumps([_FEATURES_VERSION, feature_set.key, str(source), status.st_size, status.st_mtime_ns]),
        feature_set=feature_set,
    )


def cached_features(path: Path, read: Callable[[Path], CachedFeatures]) -> CachedFeatures:
    """Return what ``read`` returns for a file of the columns of compare260, from the cache if that is still valid.

    A file that cannot be found is left to ``read`` to report.
    """
    entry = feature_entry(path, COMPARE260)
    stored = None if entry is None else entry.load()
    if stored is not None:
        return stored
    found = read(path)
    if entry is not None:
        entry.store(found)
    return found


def _pack_features(found: CachedFeatures) -> Arrays:
    return {
        "values": found.features.values,
        "times_s": found.features.times_s,
        "warnings": np.array(found.warnings, dtype=np.str_),
    }


def _unpack_features(arrays: Arrays, feature_set: FeatureSet) -> CachedFeatures:
    return CachedFeatures(
        features=Features(arrays["values"], arrays["times_s"], feature_set),
        warnings=tuple(map(str, arrays["warnings"])),
    )


def cached_dataset(
    read: Callable[[], Dataset], *, folder: Path, reader: str, version: str, files: Sequence[Path]
) -> Dataset:
    """Return what ``read`` returns, from the cache if that is still valid.

    The stored dataset is valid until one of ``files`` appears, disappears or changes in size or modification time,
    or the version of the reader or of a feature set changes.

    Parameters
    ----------
    read : callable
        Reads the dataset from its files.
    folder : Path
        The dataset's folder; together with ``reader`` it identifies the dataset.
    reader : str
        Name of the reader and its options.
    version : str
        Version of the reader; change it whenever the same files are read differently.
    files : sequence of Path
        All files that ``read`` looks at.
    """
    try:
        home = cache_dir()
    except MoodcurveError:
        return read()
    key = digest(f"{folder.resolve()}\n{reader}")[:16]
    path = home / "datasets" / f"{reader.replace('/', '-')}-{key}.npz"
    return cached(path, _state(version, files), read, pack=_pack, unpack=_unpack)


def _state(version: str, files: Sequence[Path]) -> str:
    """Return a digest of everything that a stored dataset depends on."""
    listed = []
    for file in sorted(files):
        try:
            stat = file.stat()
        except OSError:
            continue  # counts as absent; reading it reports the error
        listed.append((str(file), stat.st_size, stat.st_mtime_ns))
    sets = [feature_set.key for feature_set in FEATURE_SETS.values()]
    return digest(json.dumps([version, sets, listed]))


_TEXTS = ("song_id", "artist", "title", "genre")
_CURVES = ("times_s", "arousal", "valence")
_SONG_RATINGS = ("song_arousal", "song_valence")
_RATER_STATS = {
    "arousal_std": np.float64,
    "valence_std": np.float64,
    "arousal_raters": np.int64,
    "valence_raters": np.int64,
}


def _pack(dataset: Dataset) -> Arrays:
    """Return one array per field, which holds all songs end to end."""
    songs = dataset.songs
    arrays: Arrays = {
        "name": np.array(dataset.name),
        "notes": np.array(dataset.notes, dtype=np.str_),
        "song_rating_notes": np.array(dataset.song_rating_notes, dtype=np.str_),
        "feature_set": np.array(dataset.feature_set.name),
        "lengths": np.array([len(song.x) for song in songs]),
        "has_recording": np.array([song.recording is not None for song in songs]),
        "feature_lengths": np.array([len(song.full_features.times_s) for song in songs]),
        "values": np.concatenate([song.full_features.values for song in songs]),
        "feature_times_s": np.concatenate([song.full_features.times_s for song in songs]),
        "first_rows": np.array([song.rated.start for song in songs]),
        "quadrant": np.array([song.annotation.quadrant or "" for song in songs], dtype=np.str_),
    }
    for field in _TEXTS:
        arrays[field] = np.array([getattr(song, field) for song in songs], dtype=np.str_)
    for field in _CURVES:
        arrays[field] = np.concatenate([getattr(song.annotation, field) for song in songs])
    for field in _SONG_RATINGS:  # None becomes NaN
        arrays[field] = np.array([getattr(song.annotation, field) for song in songs], dtype=np.float64)
    for field, kind in _RATER_STATS.items():  # None becomes zeros, marked by has_<field>
        known = [getattr(song.annotation, field) for song in songs]
        arrays[f"has_{field}"] = np.array([values is not None for values in known])
        filled = [np.zeros(len(song.x)) if x is None else x for song, x in zip(songs, known, strict=True)]
        arrays[field] = np.concatenate(filled).astype(kind)
    return arrays


def _unpack(arrays: Arrays) -> Dataset:
    rated, all_rows = _slices(arrays["lengths"]), _slices(arrays["feature_lengths"])
    songs = tuple(_unpack_song(arrays, i, rated[i], all_rows[i]) for i in range(len(rated)))
    notes, song_rating_notes = (tuple(map(str, arrays[field])) for field in ("notes", "song_rating_notes"))
    return Dataset(name=str(arrays["name"]), songs=songs, notes=notes, song_rating_notes=song_rating_notes)


def _slices(lengths: npt.NDArray[Any]) -> list[slice]:
    """Return the slice of each song in arrays that hold songs of these lengths end to end."""
    ends = np.cumsum(lengths).tolist()
    return [slice(start, end) for start, end in zip([0, *ends[:-1]], ends, strict=True)]


def _unpack_song(arrays: Arrays, i: int, rows: slice, all_rows: slice) -> Song:
    song_id, artist, title, genre = (str(arrays[field][i]) for field in _TEXTS)
    times_s, arousal, valence = (arrays[field][rows] for field in _CURVES)
    song_arousal, song_valence = (_none_if_nan(arrays[field][i]) for field in _SONG_RATINGS)
    feature_set = find_set(str(arrays["feature_set"]))
    values, feature_times_s = arrays["values"][all_rows], arrays["feature_times_s"][all_rows]
    first = int(arrays["first_rows"][i])
    rated = slice(first, first + rows.stop - rows.start)
    stats: dict[str, Any] = {field: arrays[field][rows] for field in _RATER_STATS if arrays[f"has_{field}"][i]}
    return Song(
        song_id=song_id,
        artist=artist,
        title=title,
        genre=genre,
        features=Features(values[rated], feature_times_s[rated], feature_set),
        recording=Features(values, feature_times_s, feature_set) if arrays["has_recording"][i] else None,
        annotation=Annotation(
            times_s=times_s,
            arousal=arousal,
            valence=valence,
            song_arousal=song_arousal,
            song_valence=song_valence,
            quadrant=str(arrays["quadrant"][i]) or None,
            **stats,
        ),
    )


def _none_if_nan(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
