"""Read custom annotated songs: a folder with labels, and with audio or features.

::

    labels.csv              song_id,time_s,arousal,valence, as ``moodcurve labels`` writes it
    audio/<song_id>.*       any audio file, or
    features/<song_id>.csv  as ``moodcurve features`` writes it
    songs.csv               song_id and any of artist, title, genre, arousal, valence (1-9); optional
    metadata.csv            the same; ``moodcurve labels`` never replaces it, unlike songs.csv

A song's file is found by its name in the two folders. No path is made from an id, so that ids with slashes or dots
are safe.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from moodcurve.audio import AudioError
from moodcurve.datasets.cache import CachedFeatures, cached_features
from moodcurve.datasets.custom.tables import NEAREST_S, interpolate_labels, read_labels, read_metadata, song_key
from moodcurve.datasets.dataset import Dataset
from moodcurve.datasets.feature_csv import read_features
from moodcurve.datasets.song import Annotation, DatasetError, Song, SongMetadata
from moodcurve.datasets.song_ids import list_songs, natural_key
from moodcurve.features import COMPARE260, Features, FeatureSet
from moodcurve.util.text import one_line

LABELS = "labels.csv"
METADATA_FILES = ("songs.csv", "metadata.csv")


def read_custom(
    folder: str | Path,
    *,
    feature_set: FeatureSet = COMPARE260,
    progress: Callable[[int, int], None] | None = None,
) -> Dataset:
    """Read the songs that have labels and either audio or features, aligned row by row.

    The features of each file are computed once and cached (see ``cached_features``). A file in ``features/`` takes
    precedence over one in ``audio/``. A song whose file cannot be used is left out, with a note; a malformed table is
    an error. Labels are matched to feature rows by ``interpolate_labels``.

    Parameters
    ----------
    folder : path
    feature_set : FeatureSet
        A set whose columns are all in compare260.
    progress : callable, optional
        Called with the number of songs read and of all, after each song.

    Raises
    ------
    DatasetError
        If a table is missing or malformed (the message gives the file, the line and what was expected), or no song
        is usable.
    """
    folder = Path(folder)
    labels = read_labels(folder / LABELS)
    metadata = read_metadata([folder / name for name in METADATA_FILES if (folder / name).is_file()])
    files = _files_by_key(folder / "audio") | _files_by_key(folder / "features", ending=".csv")
    notes = _Notes()
    songs = []
    for done, song_id in enumerate(sorted(labels, key=natural_key), start=1):
        found = files.get(song_key(song_id), [])
        if read := _read_file(song_id, found, notes):
            song = _song(song_id, labels[song_id], read.features, metadata, notes)
            songs += [song] if song is not None else []
            notes.warnings += [f"{found[0].name}: {warning}" for warning in read.warnings]
        if progress is not None:
            progress(done, len(labels))
    notes.unlabeled = [*(files.keys() - {song_key(song_id) for song_id in labels})]
    if not songs:
        raise DatasetError(
            f"{folder}: no song with labels and audio; expected audio/<song_id>.* or features/<song_id>.csv for the "
            f"{len(labels)} songs of {LABELS}; {notes.sentences()[0]}"
        )
    notes.without_artist = [song.song_id for song in songs if not song.artist]
    return Dataset(
        name=one_line(folder.resolve().name) or "songs",
        songs=tuple(song.select(feature_set) for song in songs),
        notes=notes.sentences(),
        skipped_ids=tuple(sorted(labels.keys() - {song.song_id for song in songs}, key=natural_key)),
    )


@dataclass
class _Notes:
    """Collect what to report once all songs are read."""

    no_file: list[str] = field(default_factory=list)
    unusable: list[str] = field(default_factory=list)
    unrated: list[str] = field(default_factory=list)
    unmatched: dict[str, int] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    unlabeled: list[str] = field(default_factory=list)
    without_artist: list[str] = field(default_factory=list)

    def sentences(self) -> tuple[str, ...]:
        lines = list(self.unusable)
        if self.no_file:
            lines.append(f"{list_songs(self.no_file)} left out: labels without a file in audio/ or features/.")
        if self.unlabeled:
            lines.append(f"{list_songs(self.unlabeled)} left out: a file without labels.")
        if self.unrated:
            lines.append(f"{list_songs(self.unrated)} left out: no feature row at a rated time.")
        if self.unmatched:
            count = sum(self.unmatched.values())
            lines.append(f"{count} labels of {list_songs(self.unmatched)} left out: no feature row at their times.")
        lines += self.warnings
        if self.without_artist:
            songs = list_songs(self.without_artist)
            lines.append(f"The artist of {songs} is unknown: each counts as a separate artist.")
        return tuple(map(one_line, lines))


def _files_by_key(folder: Path, *, ending: str = "") -> dict[str, list[Path]]:
    """Return the files of a folder by name without ending, except for hidden ones such as ``.DS_Store``."""
    found: dict[str, list[Path]] = {}
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.is_file() and not path.name.startswith(".") and path.suffix.casefold().endswith(ending):
            found.setdefault(song_key(path.stem), []).append(path)
    return found


def _read_file(song_id: str, files: list[Path], notes: _Notes) -> CachedFeatures | None:
    """Return a song's features, or note why there are none."""
    if not files:
        notes.no_file.append(song_id)
        return None
    if len(files) > 1:
        names = ", ".join(path.name for path in files)
        notes.unusable.append(f"song {song_id} left out: {files[0].parent.name}/ has {names}, expected one file.")
        return None
    read = _read_table if files[0].parent.name == "features" else _analyze_audio
    try:
        return cached_features(files[0], read)
    except (AudioError, DatasetError) as error:
        notes.unusable.append(f"song {song_id} left out: {error}")
        return None


def _read_table(path: Path) -> CachedFeatures:
    return CachedFeatures(features=read_features(path))


def _analyze_audio(path: Path) -> CachedFeatures:
    from moodcurve.analysis import file_features

    found = file_features(path, COMPARE260)
    return CachedFeatures(features=found.features, warnings=found.warnings)


def _song(
    song_id: str, labels: Annotation, recording: Features, metadata: Mapping[str, SongMetadata], notes: _Notes
) -> Song | None:
    """Combine labels and features, or note that no feature row is rated."""
    annotation, rows = interpolate_labels(labels, recording.times_s)
    if not len(rows):
        notes.unrated.append(song_id)
        return None
    first_s, last_s = recording.times_s[[0, -1]]
    outside = (labels.times_s < first_s - NEAREST_S) | (labels.times_s > last_s + NEAREST_S)
    if outside.any():
        notes.unmatched[song_id] = int(outside.sum())
    info = metadata.get(song_key(song_id), SongMetadata())
    rated = Features(recording.values[rows], recording.times_s[rows], recording.feature_set)
    consecutive = bool((np.diff(rows) == 1).all())
    return Song(
        song_id=song_id,
        artist=info.artist,
        title=info.title,
        genre=info.genre,
        features=rated,
        recording=recording if consecutive else None,
        annotation=replace(annotation, song_arousal=info.arousal, song_valence=info.valence),
    )
