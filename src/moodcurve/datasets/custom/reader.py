"""One's own annotated songs: a folder with labels, and the songs' sound or features.

::

    labels.csv              song_id,time_s,arousal,valence, as ``moodcurve labels`` writes it
    audio/<song_id>.*       any file of music, or
    features/<song_id>.csv  as ``moodcurve features`` writes it
    songs.csv               song_id and any of artist, title, genre, arousal, valence (1-9); may be missing
    metadata.csv            the same, for what ``moodcurve labels`` is not to replace with its own songs.csv

A song's file is looked up by its name in the two folders and no path is made of an id, so an id with slashes or dots
leads nowhere.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from moodcurve.audio import AudioError
from moodcurve.datasets.custom.tables import NEAREST_S, SongInfo, at_rows, read_infos, read_labels, song_key
from moodcurve.datasets.feature_cache import Heard, kept
from moodcurve.datasets.feature_csv import read_features
from moodcurve.datasets.raters.reader import natural
from moodcurve.datasets.song import Annotation, Dataset, DatasetError, Song
from moodcurve.features import COMPARE260, Features, FeatureSet
from moodcurve.util.text import one_line

LABELS = "labels.csv"
INFOS = ("songs.csv", "metadata.csv")


def read_own(
    folder: str | Path,
    *,
    feature_set: FeatureSet = COMPARE260,
    progress: Callable[[int, int], None] | None = None,
) -> Dataset:
    """Read the songs that have both labels and sound or features, row by row.

    The features of each file are made once and kept (``feature_cache.kept``). Where a song has a file in ``features/``
    that counts, and its sound is not heard. A song whose file cannot be used is left out, and a note says why; tables
    of all songs that cannot be used are refused. Labels go to rows as ``own_tables.at_rows`` says.

    Parameters
    ----------
    folder : path
    feature_set : FeatureSet
        A set whose columns are all among compare260's.
    progress : callable, optional
        Called with the number of songs read and of all, after each.

    Raises
    ------
    DatasetError
        If a table is missing or malformed (the message gives file, line and what was expected), or no song is left.
    """
    folder = Path(folder)
    labels = read_labels(folder / LABELS)
    infos = read_infos([folder / name for name in INFOS if (folder / name).is_file()])
    files = _by_name(folder / "audio") | _by_name(folder / "features", ending=".csv")
    notes = _Notes()
    songs = []
    for done, song_id in enumerate(sorted(labels, key=natural), start=1):
        found = files.get(song_key(song_id), [])
        if heard := _heard(song_id, found, notes):
            song = _song(song_id, labels[song_id], heard.features, infos, notes)
            songs += [song] if song is not None else []
            notes.warnings += [f"{found[0].name}: {warning}" for warning in heard.warnings]
        if progress is not None:
            progress(done, len(labels))
    notes.unlabelled = sorted(files.keys() - {song_key(song_id) for song_id in labels}, key=natural)
    if not songs:
        raise DatasetError(
            f"{folder}: no song with labels and sound; expected audio/<song_id>.* or features/<song_id>.csv for the "
            f"{len(labels)} songs of {LABELS}; {notes.sentences()[0]}"
        )
    if unknown := [song.song_id for song in songs if not song.artist]:
        notes.artists = f"The artist of {_some(unknown)} is unknown: each counts as an artist of its own."
    return Dataset(
        name=one_line(folder.resolve().name) or "songs",
        songs=tuple(song.select(feature_set) for song in songs),
        notes=notes.sentences(),
        left_out=tuple(sorted(labels.keys() - {song.song_id for song in songs}, key=natural)),
    )


@dataclass
class _Notes:
    """What is noticed on the way, to be said at the end."""

    no_file: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    unrated: list[str] = field(default_factory=list)
    cut: dict[str, int] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    unlabelled: list[str] = field(default_factory=list)
    artists: str = ""

    def sentences(self) -> tuple[str, ...]:
        said = list(self.refused)
        if self.no_file:
            said.append(f"{_some(self.no_file)} left out: labels without a file in audio/ or features/.")
        if self.unlabelled:
            said.append(f"{_some(self.unlabelled)} left out: a file without labels.")
        if self.unrated:
            said.append(f"{_some(self.unrated)} left out: no feature row at a rated time.")
        if self.cut:
            said.append(f"{sum(self.cut.values())} labels of {_some(self.cut)} left out: no feature row at their time.")
        said += self.warnings
        if self.artists:
            said.append(self.artists)
        return tuple(map(one_line, said))


def _by_name(folder: Path, *, ending: str = "") -> dict[str, list[Path]]:
    """Give the files of a folder by name without ending, but for the hidden ones that systems leave beside others."""
    found: dict[str, list[Path]] = {}
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.is_file() and not path.name.startswith(".") and path.suffix.casefold().endswith(ending):
            found.setdefault(song_key(path.stem), []).append(path)
    return found


def _heard(song_id: str, files: list[Path], notes: _Notes) -> Heard | None:
    """Give a song's features, or note why there are none."""
    if not files:
        notes.no_file.append(song_id)
        return None
    if len(files) > 1:
        names = ", ".join(path.name for path in files)
        notes.refused.append(f"song {song_id} left out: {files[0].parent.name}/ has {names}, expected one file.")
        return None
    read = _from_table if files[0].parent.name == "features" else _from_sound
    try:
        return kept(files[0], read)
    except (AudioError, DatasetError) as error:
        notes.refused.append(f"song {song_id} left out: {error}")
        return None


def _from_table(path: Path) -> Heard:
    return Heard(features=read_features(path))


def _from_sound(path: Path) -> Heard:
    from moodcurve.analysis import file_features

    found = file_features(path, COMPARE260)
    return Heard(features=found.features, warnings=found.warnings)


def _song(
    song_id: str, labels: Annotation, recording: Features, infos: Mapping[str, SongInfo], notes: _Notes
) -> Song | None:
    """Put a song together, or note that no row of it is rated."""
    annotation, rows = at_rows(labels, recording.times_s)
    if not len(rows):
        notes.unrated.append(song_id)
        return None
    first_s, last_s = recording.times_s[[0, -1]]
    beyond = (labels.times_s < first_s - NEAREST_S) | (labels.times_s > last_s + NEAREST_S)
    if beyond.any():
        notes.cut[song_id] = int(beyond.sum())
    info = infos.get(song_key(song_id), SongInfo())
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


def _some(ids: Collection[str]) -> str:
    """Name songs in a sentence: all of them if they are few."""
    shown = ", ".join(sorted(ids, key=natural)[:5])
    if len(ids) == 1:
        return f"song {shown}"
    return f"{len(ids)} songs ({shown}{', …' if len(ids) > 5 else ''})"
