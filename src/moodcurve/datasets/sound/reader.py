"""Read songs published as audio with a table of labels.

::

    audio/<id>.*    one audio file per song, in any format that ``moodcurve analyze`` reads
    columns/<id>.csv  columns of the user's own, see ``join_own_columns``; optional
    labels.csv      one row per song: see ``read_sound_labels``

A song's file is found by its name in ``audio/``; no path is made from an id.

The sound may be an excerpt: if the times of the ratings go beyond the sound of most songs, second 0 of the sound is
taken to be the first time of the table that any song has ratings at.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from moodcurve.datasets.audio_features import audio_features
from moodcurve.datasets.cache import CachedFeatures
from moodcurve.datasets.custom.tables import NEAREST_S, interpolate_labels
from moodcurve.datasets.dataset import Dataset
from moodcurve.datasets.own_columns import join_own_columns
from moodcurve.datasets.song import Annotation, DatasetError, Song
from moodcurve.datasets.song_files import files_by_key, song_key, two_files
from moodcurve.datasets.song_ids import natural_key
from moodcurve.datasets.sound.labels import SoundLabels, read_sound_labels
from moodcurve.datasets.sound.notes import SoundNotes
from moodcurve.features import COMPARE236, Features, FeatureSet
from moodcurve.features.feature_sets import HOP_S, WINDOW_S, without_own
from moodcurve.util.text import one_line

LABELS = "labels.csv"
AUDIO = "audio"
_NO_TIMES = np.empty(0)


def read_sound(
    folder: str | Path,
    *,
    feature_set: FeatureSet = COMPARE236,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Dataset:
    """Read songs with ratings or quadrants, and compute the features of their audio.

    - Ratings over time are matched to feature rows as those of custom songs, by ``interpolate_labels``.
    - A rating of the whole clip is that of each of its rows; it is also its ``song_arousal`` and ``song_valence``.
      Where there are ratings over time too, the rows have these.
    - Songs that only have a quadrant have no rated rows; see ``Song``.

    A song whose file is missing or cannot be used is left out, with a note; a malformed table is an error. The features
    are computed in several processes, and cached file by file (see ``audio_features``).

    Parameters
    ----------
    folder : path
    feature_set : FeatureSet
        Any set, joined ones included.
    workers : int, optional
        Number of processes; by default one per core.
    progress : callable, optional
        Called with the number of audio files read and of all; also between files, so that an error that it raises ends
        the reading at once.

    Raises
    ------
    DatasetError
        If the table is missing or malformed (the message gives the file, the line and what was expected), or no song
        is usable.
    """
    folder = Path(folder)
    labels = read_sound_labels(folder / LABELS)
    return read_labeled_sound(
        folder,
        labels,
        files_by_key(folder / AUDIO),
        name=one_line(folder.resolve().name) or "songs",
        sound=f"{AUDIO}/<id>.*",
        may_be_excerpts=True,
        feature_set=feature_set,
        workers=workers,
        progress=progress,
    )


def read_labeled_sound(
    folder: Path,
    labels: Sequence[SoundLabels],
    files: Mapping[str, Sequence[Path]],
    *,
    name: str,
    sound: str,
    may_be_excerpts: bool = False,
    feature_set: FeatureSet = COMPARE236,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Dataset:
    """Compute the features of labeled songs from their sound, and combine both.

    Parameters
    ----------
    folder : Path
        The folder of the set, which messages name, and which may hold ``columns/``.
    labels : sequence of SoundLabels
        One per song, with different ids.
    files : mapping of str to sequence of Path
        Audio files by ``song_key`` of the song's id.
    name : str
        Name of the dataset.
    sound : str
        Where the audio files are expected, for messages.
    may_be_excerpts : bool
        Whether the sound may start later than the times of the ratings, see `sound_start`.
    feature_set, workers, progress
        As for `read_sound`.

    Raises
    ------
    DatasetError
        If no song is usable.
    """
    by_id = {one.song_id: one for one in labels}
    notes = SoundNotes(sound)
    notes.unlabeled = [*(files.keys() - {song_key(song_id) for song_id in by_id})]
    paths = _choose_files(by_id, files, notes)
    found = join_own_columns(folder, _read_files(paths, without_own(feature_set), notes, workers, progress))
    start_s = 0.0
    if may_be_excerpts:
        start_s = sound_start(
            {song_id: one.moments for song_id, one in by_id.items() if one.moments is not None},
            {song_id: float(features.times_s[-1]) for song_id, features in found.items()},
        )
    songs = [song for song_id, features in found.items() if (song := _song(by_id[song_id], features, start_s, notes))]
    if not songs:
        reason = notes.sentences()[0] if notes.sentences() else ""
        raise DatasetError(
            f"{folder}: no song with labels and audio; expected {sound} for the {len(by_id)} labeled songs; {reason}"
        )
    notes.collect(songs, start_s)
    return Dataset(
        name=name,
        songs=tuple(songs),
        notes=notes.sentences(),
        skipped_ids=tuple(sorted(by_id.keys() - {song.song_id for song in songs}, key=natural_key)),
    )


def sound_start(moments: Mapping[str, Annotation], last_rows_s: Mapping[str, float]) -> float:
    """Return the time of the labels at which the sound starts (seconds).

    It is 0 unless the labels of most songs go beyond their sound, which ends less than one window and one step after
    the start of the last row. Then it is the first time at which any song is labeled.

    Parameters
    ----------
    moments : mapping of str to Annotation
        Ratings over time by song, with the times of the table.
    last_rows_s : mapping of str to float
        Start of the last feature row, by song.

    Examples
    --------
    >>> rated = Annotation(times_s=np.array([30.0, 39.5]), arousal=np.zeros(2), valence=np.zeros(2))
    >>> sound_start({"2": rated}, {"2": 8.5}), sound_start({"2": rated}, {"2": 43.5})
    (30.0, 0.0)
    """
    songs = moments.keys() & last_rows_s.keys()
    beyond = sum(moments[song].times_s[-1] >= last_rows_s[song] + WINDOW_S + HOP_S for song in songs)
    return float(min(one.times_s[0] for one in moments.values())) if beyond > len(songs) / 2 else 0.0


def _choose_files(
    labels: Mapping[str, SoundLabels], files: Mapping[str, Sequence[Path]], notes: SoundNotes
) -> dict[str, Path]:
    """Return the file of each labeled song, in the order of the ids, and note songs without exactly one."""
    paths = {}
    for song_id in sorted(labels, key=natural_key):
        found = files.get(song_key(song_id), [])
        if labels[song_id].is_empty:
            notes.without_label.append(song_id)
        elif not found:
            notes.no_file.append(song_id)
        elif len(found) > 1:
            notes.unusable.append(two_files(song_id, [*found]))
        else:
            paths[song_id] = found[0]
    return paths


def _read_files(
    paths: Mapping[str, Path],
    feature_set: FeatureSet,
    notes: SoundNotes,
    workers: int | None,
    progress: Callable[[int, int], None] | None,
) -> dict[str, Features]:
    """Return the features of each song whose file can be used, and note the others."""
    results = audio_features(list(paths.values()), feature_set, workers=workers, progress=progress)
    found = {}
    for (song_id, path), result in zip(paths.items(), results, strict=True):
        if isinstance(result, CachedFeatures):
            found[song_id] = result.features
            notes.warnings += [(path.name, warning) for warning in result.warnings]
        else:
            notes.unusable.append(f"song {song_id} left out: {result}")
    return found


def _song(labels: SoundLabels, recording: Features, start_s: float, notes: SoundNotes) -> Song | None:
    """Combine labels and features, or note that no feature row is rated."""
    info = labels.metadata
    rows = np.arange(0)
    annotation = Annotation(times_s=_NO_TIMES, arousal=_NO_TIMES, valence=_NO_TIMES)
    if labels.moments is not None:
        moments = replace(labels.moments, times_s=labels.moments.times_s - start_s)
        annotation, rows = interpolate_labels(moments, recording.times_s)
        first_s, last_s = recording.times_s[[0, -1]]
        outside = (moments.times_s < first_s - NEAREST_S) | (moments.times_s > last_s + NEAREST_S)
        if outside.any():
            notes.unmatched[labels.song_id] = int(outside.sum())
    elif info.arousal is not None and info.valence is not None:
        rows = np.arange(len(recording.times_s))
        arousal, valence = (np.full(len(rows), value) for value in (info.arousal, info.valence))
        annotation = Annotation(times_s=recording.times_s, arousal=arousal, valence=valence)
        notes.whole.append(labels.song_id)
    if not len(rows) and not labels.has_other_labels:
        notes.unrated.append(labels.song_id)
        return None
    consecutive = bool((np.diff(rows) == 1).all())
    return Song(
        song_id=labels.song_id,
        artist=info.artist,
        title=info.title,
        genre=info.genre,
        features=Features(recording.values[rows], recording.times_s[rows], recording.feature_set),
        recording=recording if consecutive else None,
        annotation=replace(
            annotation,
            quadrant=labels.quadrant,
            words=labels.words,
            song_arousal=info.arousal,
            song_valence=info.valence,
        ),
    )
