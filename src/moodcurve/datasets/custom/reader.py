"""Read custom annotated songs: a folder with labels, and with audio or features.

::

    labels.csv              song_id,time_s,arousal,valence, as ``moodcurve labels`` writes it
    audio/<song_id>.*       any audio file, or
    features/<song_id>.csv  as ``moodcurve features`` writes it
    columns/<song_id>.csv   frameTime and columns of the user's own, see ``join_own_columns``; optional
    songs.csv               song_id and any of artist, title, genre, arousal, valence (1-9); optional
    metadata.csv            the same; ``moodcurve labels`` never replaces it, unlike songs.csv

A song's file is found by its name in the two folders. No path is made from an id, so that ids with slashes or dots
are safe.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from moodcurve.datasets.audio_features import Found, audio_features
from moodcurve.datasets.cache import CachedFeatures, cached_features
from moodcurve.datasets.custom.tables import NEAREST_S, interpolate_labels, read_labels, read_metadata
from moodcurve.datasets.dataset import Dataset
from moodcurve.datasets.feature_csv import read_features
from moodcurve.datasets.own_columns import join_own_columns
from moodcurve.datasets.song import Annotation, DatasetError, Song, SongMetadata
from moodcurve.datasets.song_files import files_by_key, song_key, summarize_warnings, two_files
from moodcurve.datasets.song_ids import list_songs, natural_key
from moodcurve.features import COMPARE260, Features, FeatureSet
from moodcurve.features.feature_sets import without_own
from moodcurve.util.text import one_line

LABELS = "labels.csv"
METADATA_FILES = ("songs.csv", "metadata.csv")


def read_custom(
    folder: str | Path,
    *,
    feature_set: FeatureSet = COMPARE260,
    labels: Mapping[str, Annotation] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Dataset:
    """Read the songs that have labels and either audio or features, aligned row by row.

    The features of each file are computed once and cached (see ``audio_features``). A file in ``features/``, which has
    the columns of compare260, takes precedence over one in ``audio/`` unless the feature set has other columns. A song
    whose file cannot be used is left out, with a note; a malformed table is an error. Labels are matched to feature
    rows by ``interpolate_labels``.

    Parameters
    ----------
    folder : path
    feature_set : FeatureSet
        Any set; one with columns that compare260 does not have needs the audio.
    labels : mapping of str to Annotation, optional
        Labels by song id; by default those of ``labels.csv``.
    progress : callable, optional
        Called with the number of songs read and of all, after each song.

    Raises
    ------
    DatasetError
        If a table is missing or malformed (the message gives the file, the line and what was expected), or no song
        is usable.
    """
    folder = Path(folder)
    labels = read_labels(folder / LABELS) if labels is None else labels
    metadata = read_metadata([folder / name for name in METADATA_FILES if (folder / name).is_file()])
    feature_set = without_own(feature_set)
    known = set(feature_set.names) <= set(COMPARE260.names)
    files = files_by_key(folder / "audio") | (files_by_key(folder / "features", ending=".csv") if known else {})
    notes = _Notes()
    paths = _choose_files(labels, files, notes)
    found = join_own_columns(folder, _read_files(paths, feature_set, notes, progress))
    songs = []
    for song_id, features in found.items():
        song = _song(song_id, labels[song_id], features, metadata, notes)
        songs += [song] if song is not None else []
    notes.unlabeled = [*(files.keys() - {song_key(song_id) for song_id in labels})]
    if not songs:
        raise DatasetError(
            f"{folder}: no song with labels and audio; expected audio/<song_id>.* or features/<song_id>.csv for the "
            f"{len(labels)} songs with labels; {notes.sentences()[0]}"
        )
    notes.without_artist = [song.song_id for song in songs if not song.artist]
    return Dataset(
        name=one_line(folder.resolve().name) or "songs",
        songs=tuple(songs),
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
    warnings: list[tuple[str, str]] = field(default_factory=list)
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
        lines += summarize_warnings(self.warnings)
        if self.without_artist:
            songs = list_songs(self.without_artist)
            lines.append(f"The artist of {songs} is unknown: each counts as a separate artist.")
        return tuple(map(one_line, lines))


def _choose_files(labels: Mapping[str, Annotation], files: Mapping[str, list[Path]], notes: _Notes) -> dict[str, Path]:
    """Return the file of each labeled song, in the order of the ids, and note songs without exactly one."""
    paths = {}
    for song_id in sorted(labels, key=natural_key):
        found = files.get(song_key(song_id), [])
        if not found:
            notes.no_file.append(song_id)
        elif len(found) > 1:
            notes.unusable.append(two_files(song_id, found))
        else:
            paths[song_id] = found[0]
    return paths


def _read_files(
    paths: Mapping[str, Path], feature_set: FeatureSet, notes: _Notes, progress: Callable[[int, int], None] | None
) -> dict[str, Features]:
    """Return the features of each song whose file can be used, and note the others."""
    total, report = len(paths), progress or (lambda done, total: None)
    audio = [path for path in paths.values() if path.parent.name == "audio"]
    read: dict[Path, Found] = {}
    if audio:
        results = audio_features(audio, feature_set, progress=lambda done, _: report(done, total))
        read = dict(zip(audio, results, strict=True))
    found = {}
    for song_id, path in paths.items():
        result = read[path] if path in read else _read_table(path)
        if isinstance(result, CachedFeatures):
            found[song_id] = result.features.select(feature_set)
            notes.warnings += [(path.name, warning) for warning in result.warnings]
        else:
            notes.unusable.append(f"song {song_id} left out: {result}")
        if path not in read:
            report(len(found), total)
    return found


def _read_table(path: Path) -> Found:
    try:
        return cached_features(path, lambda table: CachedFeatures(features=read_features(table)))
    except DatasetError as error:
        return error


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
