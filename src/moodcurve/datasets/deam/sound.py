"""Join DEAM's published columns with features of DEAM's sound, which is published apart or as excerpts.

DEAM publishes the columns of compare260 for whole clips, computed from the original sound. All other feature sets have
to be computed from sound: DEAM's own archive (``MEMD_audio``, clips of 45 s), or a folder of excerpts with a table of
ratings (see ``moodcurve.datasets.sound``), which may hold songs whose columns DEAM's folder lacks.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from moodcurve._typing import Float32Array, FloatArray
from moodcurve.datasets.audio_features import audio_features
from moodcurve.datasets.cache import CachedFeatures
from moodcurve.datasets.custom.tables import NEAREST_S
from moodcurve.datasets.dataset import Dataset
from moodcurve.datasets.deam.checks import YEARS
from moodcurve.datasets.deam.excerpts import COLUMNS, cut_song, excerpt_song, read_columns
from moodcurve.datasets.deam.metadata import SEGMENT_S, read_metadata, read_segment_starts
from moodcurve.datasets.deam.reader import read_deam
from moodcurve.datasets.selection import only_songs
from moodcurve.datasets.song import DatasetError, Song, SongMetadata
from moodcurve.datasets.song_files import files_by_key, summarize_warnings
from moodcurve.datasets.song_ids import list_songs, natural_key
from moodcurve.datasets.sound.labels import SoundLabels, read_sound_labels
from moodcurve.datasets.sound.reader import LABELS, sound_start
from moodcurve.features import COMPARE260, Features, FeatureSet
from moodcurve.features.feature_sets import HOP_S, join

NAME = "DEAM with sound"
EXCERPTS = "DEAM excerpts"
SOUND = "MEMD_audio"
"""Folder of DEAM's archive of sound."""
AUDIO_FOLDERS = ("audio", SOUND)
"""Folders of audio files inside a folder of sound; without any, the files are in the folder itself."""


def read_deam_with_sound(
    deam_folder: str | Path,
    sound_folder: str | Path,
    *,
    feature_set: FeatureSet,
    excerpts: bool = False,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Dataset:
    """Read DEAM's songs with published columns where DEAM has them, and features of the sound for all other columns.

    - **Songs of DEAM's folder** have the rows of their clip, with its ratings. Columns of compare260 are DEAM's. All
      other columns are those of the sound where the sound has a row at most 0.25 s away, and the mean of the song's
      sound rows elsewhere. With `excerpts`, they have only the rows that the sound covers, and the ratings of these.
    - **Other songs** are those of ``labels.csv`` in the folder of sound. They have the rows and ratings of the excerpt.
      Columns of compare260 are those of the file `moodcurve.datasets.deam.excerpts.COLUMNS` in that folder. Songs
      without them are left out, since coded sound changes these columns.

    Times count from the start of the clip; those of songs after id 2000 from the start of the song. Artists, titles and
    genres are DEAM's where known. If the ratings of the excerpts go beyond their sound, it starts at the first rated
    time (see `sound_start`); without ``labels.csv`` the sound is that of whole clips.

    Parameters
    ----------
    deam_folder : path
        As for `read_deam`.
    sound_folder : path
        Holds audio files named by song, in ``audio/``, in ``MEMD_audio/`` or directly.
    feature_set : FeatureSet
        Any set. The sound is not read for one whose columns are all in compare260.
    excerpts : bool
        Whether to cut the songs of DEAM's folder to their sound, so that all songs are excerpts alike. If the sound is
        not read, its length is that of the longest song in `COLUMNS`.
    workers, progress
        As for `moodcurve.datasets.sound.reader.read_sound`.

    Raises
    ------
    DatasetError
        If a file is malformed, no song is usable, or songs are to be cut to sound of unknown length.

    Examples
    --------
    >>> from moodcurve.features import feature_set
    >>> read_deam_with_sound("DEAM", "deam_audio", feature_set=feature_set("compare236+tonal1"))  # doctest: +SKIP
    Dataset('DEAM with sound', 1565 songs, …)
    """
    deam_folder, sound_folder = Path(deam_folder), Path(sound_folder)
    if not sound_folder.is_dir():
        raise DatasetError(f"{sound_folder}: not a folder; expected one with the sound of DEAM's songs")
    deam = read_deam(deam_folder, progress=progress)
    published = {song.song_id: song for song in _on_clip_time(deam.songs, _segment_starts(deam_folder))}
    known = published.keys()
    labels = _sound_labels(sound_folder)
    columns = read_columns(sound_folder)
    files = audio_files(sound_folder)
    new = sorted((labels.keys() - published.keys()) & columns.keys(), key=natural_key)
    sound_set = _other_columns(feature_set)
    wanted = [song_id for song_id in (*published, *new) if song_id in files]
    extracted, notes = ({}, []) if sound_set is None else _extract(wanted, files, sound_set, workers, progress)
    last_rows_s = {song_id: HOP_S * (len(rows) - 1) for song_id, rows in columns.items()}
    last_rows_s |= {song_id: float(features.times_s[-1]) for song_id, features in extracted.items()}
    moments = {song_id: one.moments for song_id, one in labels.items() if one.moments is not None}
    start_s = sound_start(moments, last_rows_s)
    if excerpts:
        published, unrated = _cut_to_sound(published, start_s, last_rows_s, sound_folder)
        notes += [f"{list_songs(unrated)} left out: no rating within the sound."] if unrated else []
    metadata = _metadata(deam_folder) if new else {}
    others = [excerpt_song(labels[song_id], columns[song_id], start_s, metadata) for song_id in new]
    songs = [*published.values(), *(song for song in others if song is not None)]
    usable = [song for song in songs if sound_set is None or song.song_id in extracted]
    if not usable:
        raise DatasetError(
            f"{sound_folder}: no sound of the songs in {deam_folder}; expected audio files named by song id, such as "
            f"{AUDIO_FOLDERS[0]}/2.opus"
        )
    if start_s:
        notes.append(f"The sound is an excerpt of the clip, from {start_s:g} s, the first time rated in {LABELS}.")
    if without := {song.song_id for song in songs} - {song.song_id for song in usable}:
        notes.append(f"{list_songs(without)} left out: no sound in {sound_folder.name}.")
    if without := labels.keys() - known - columns.keys():
        notes.append(f"{list_songs(without)} left out: no published columns of compare260.")
    return Dataset(
        name=EXCERPTS if excerpts else NAME,
        songs=tuple(
            _join(song, extracted.get(song.song_id), start_s, feature_set)
            for song in sorted(usable, key=lambda song: natural_key(song.song_id))
        ),
        notes=(*deam.notes, *notes),
        song_rating_notes=deam.song_rating_notes,
    )


def published_clips(dataset: Dataset, deam_folder: str | Path) -> tuple[Dataset, tuple[Song, ...]]:
    """Separate the songs with published columns in DEAM's folder from those of which there is an excerpt only."""
    folder = Path(deam_folder) / "features"
    published = {song.song_id for song in dataset.songs if (folder / f"{song.song_id}.csv").is_file()}
    others = tuple(song for song in dataset.songs if song.song_id not in published)
    return only_songs(dataset, published)[0], others


def _cut_to_sound(
    songs: Mapping[str, Song], start_s: float, last_rows_s: Mapping[str, float], folder: Path
) -> tuple[dict[str, Song], list[str]]:
    """Cut songs to the seconds of their sound; also return the ids of those without a rating in them."""
    if not last_rows_s:
        raise DatasetError(
            f"{folder}: the length of the sound is unknown; expected {COLUMNS} or a set that needs sound"
        )
    longest_s = max(last_rows_s.values())
    cut = {one: cut_song(song, start_s, start_s + last_rows_s.get(one, longest_s)) for one, song in songs.items()}
    return {one: song for one, song in cut.items() if song is not None}, [one for one in cut if cut[one] is None]


def _other_columns(feature_set: FeatureSet) -> FeatureSet | None:
    """Return the parts of a set that compare260 does not have, joined; None if there are none."""
    known = set(COMPARE260.names)
    parts = [part for part in feature_set.parts or (feature_set,) if not set(part.names) <= known]
    return join(parts) if parts else None


def _segment_starts(folder: Path) -> dict[int, int]:
    path = folder / "metadata" / "songs_info.csv"
    return read_segment_starts(path) if path.is_file() else {}


def _metadata(folder: Path) -> dict[int, SongMetadata]:
    paths = [*sorted((folder / "metadata").glob("metadata_*.csv")), folder / "metadata" / "songs_info.csv"]
    return read_metadata([path for path in paths if path.is_file()])


def _on_clip_time(songs: Sequence[Song], starts: Mapping[int, int]) -> list[Song]:
    """Count times from the start of the clip, and drop the rows of full songs outside it."""
    moved = []
    for song in songs:
        if int(song.song_id) not in YEARS[2013]:
            moved.append(song)
            continue
        start_s = float(starts[int(song.song_id)])
        rows = song.full_features
        inside = (rows.times_s >= start_s - NEAREST_S) & (rows.times_s < start_s + SEGMENT_S - NEAREST_S)
        clip = Features(rows.values[inside], rows.times_s[inside] - start_s, rows.feature_set, sr=rows.sr)
        moved.append(
            replace(
                song,
                features=replace(song.features, times_s=song.features.times_s - start_s),
                recording=None if song.recording is None else clip,
                annotation=replace(song.annotation, times_s=song.annotation.times_s - start_s),
            )
        )
    return moved


def _sound_labels(folder: Path) -> dict[str, SoundLabels]:
    path = folder / LABELS
    return {one.song_id: one for one in read_sound_labels(path)} if path.is_file() else {}


def audio_files(folder: Path) -> dict[str, Path]:
    """Return the audio file of each song that has exactly one."""
    homes = [folder / name for name in AUDIO_FOLDERS if (folder / name).is_dir()]
    return {key: found[0] for key, found in files_by_key(homes[0] if homes else folder).items() if len(found) == 1}


def _extract(
    ids: Sequence[str],
    files: Mapping[str, Path],
    feature_set: FeatureSet,
    workers: int | None,
    progress: Callable[[int, int], None] | None,
) -> tuple[dict[str, Features], list[str]]:
    """Return the features of each song's sound, and notes on files that cannot be read or have warnings."""
    results = audio_features([files[song_id] for song_id in ids], feature_set, workers=workers, progress=progress)
    extracted, notes, warnings = {}, [], []
    for song_id, result in zip(ids, results, strict=True):
        if isinstance(result, CachedFeatures):
            extracted[song_id] = result.features
            warnings += [(files[song_id].name, warning) for warning in result.warnings]
        else:
            notes.append(f"song {song_id}: {result}")
    return extracted, notes + summarize_warnings(warnings)


def _join(song: Song, extracted: Features | None, start_s: float, feature_set: FeatureSet) -> Song:
    """Add the columns of the sound to a song's published columns, and select those of a set."""
    if extracted is None:
        return song.select(feature_set)
    joined = join([COMPARE260, *(extracted.feature_set.parts or (extracted.feature_set,))])

    def add(published: Features) -> Features:
        values = rows_at(extracted.values, extracted.times_s + start_s, published.times_s)
        return Features(np.hstack([published.values, values]), published.times_s, joined, sr=published.sr)

    recording = None if song.recording is None else add(song.recording)
    return replace(song, features=add(song.features), recording=recording).select(feature_set)


def rows_at(values: Float32Array, rows_s: FloatArray, times_s: FloatArray) -> Float32Array:
    """Return for each time the row that starts nearest to it, or the mean of all rows if that is over 0.25 s away.

    Parameters
    ----------
    values : (n, columns)
    rows_s : (n,)
        Starts of the rows in seconds, increasing; at least one.
    times_s : (m,)

    Returns
    -------
    (m, columns)

    Examples
    --------
    >>> rows_at(np.float32([[1], [3]]), np.array([30, 30.5]), np.array([0, 30.5, 31])).ravel().tolist()
    [2.0, 3.0, 2.0]
    """
    after = np.clip(np.searchsorted(rows_s, times_s), 1, max(len(rows_s) - 1, 1))
    before = after - 1
    after = np.minimum(after, len(rows_s) - 1)
    nearest = np.where(np.abs(rows_s[after] - times_s) < np.abs(rows_s[before] - times_s), after, before)
    near = np.abs(rows_s[nearest] - times_s) <= NEAREST_S
    result = np.where(near[:, None], values[nearest], values.mean(axis=0, dtype=np.float64))
    return np.asarray(result, np.float32)
