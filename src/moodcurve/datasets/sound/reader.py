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
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from moodcurve.datasets.audio_features import audio_features
from moodcurve.datasets.cache import CachedFeatures
from moodcurve.datasets.custom.tables import NEAREST_S, interpolate_labels
from moodcurve.datasets.dataset import Dataset
from moodcurve.datasets.own_columns import join_own_columns
from moodcurve.datasets.song import Annotation, DatasetError, Song
from moodcurve.datasets.song_files import files_by_key, song_key, summarize_warnings, two_files
from moodcurve.datasets.song_ids import list_songs, natural_key
from moodcurve.datasets.sound.labels import SoundLabels, read_sound_labels
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
    labels = {one.song_id: one for one in read_sound_labels(folder / LABELS)}
    files = files_by_key(folder / AUDIO)
    notes = _Notes()
    notes.unlabeled = [*(files.keys() - {song_key(song_id) for song_id in labels})]
    paths = _choose_files(labels, files, notes)
    found = join_own_columns(folder, _read_files(paths, without_own(feature_set), notes, workers, progress))
    start_s = sound_start(
        {song_id: one.moments for song_id, one in labels.items() if one.moments is not None},
        {song_id: float(features.times_s[-1]) for song_id, features in found.items()},
    )
    songs = [song for song_id, features in found.items() if (song := _song(labels[song_id], features, start_s, notes))]
    if not songs:
        reason = notes.sentences()[0] if notes.sentences() else ""
        raise DatasetError(
            f"{folder}: no song with labels and audio; expected {AUDIO}/<id>.* for the {len(labels)} songs of "
            f"{LABELS}; {reason}"
        )
    notes.collect(songs, start_s)
    return Dataset(
        name=one_line(folder.resolve().name) or "songs",
        songs=tuple(songs),
        notes=notes.sentences(),
        skipped_ids=tuple(sorted(labels.keys() - {song.song_id for song in songs}, key=natural_key)),
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
    labels: Mapping[str, SoundLabels], files: Mapping[str, list[Path]], notes: "_Notes"
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
            notes.unusable.append(two_files(song_id, found))
        else:
            paths[song_id] = found[0]
    return paths


def _read_files(
    paths: Mapping[str, Path],
    feature_set: FeatureSet,
    notes: "_Notes",
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


def _song(labels: SoundLabels, recording: Features, start_s: float, notes: "_Notes") -> Song | None:
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
    if not len(rows) and labels.quadrant is None:
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
        annotation=replace(annotation, quadrant=labels.quadrant, song_arousal=info.arousal, song_valence=info.valence),
    )


@dataclass
class _Notes:
    """Collect what to report once all songs are read."""

    unusable: list[str] = field(default_factory=list)
    no_file: list[str] = field(default_factory=list)
    unlabeled: list[str] = field(default_factory=list)
    without_label: list[str] = field(default_factory=list)
    unrated: list[str] = field(default_factory=list)
    unmatched: dict[str, int] = field(default_factory=dict)
    whole: list[str] = field(default_factory=list)
    warnings: list[tuple[str, str]] = field(default_factory=list)
    only_quadrant: list[str] = field(default_factory=list)
    without_artist: list[str] = field(default_factory=list)
    start_s: float = 0.0

    def collect(self, songs: Sequence[Song], start_s: float) -> None:
        """Add what only the finished songs show."""
        self.only_quadrant = [song.song_id for song in songs if not song.is_rated]
        self.without_artist = [song.song_id for song in songs if not song.artist]
        self.start_s = start_s

    def sentences(self) -> tuple[str, ...]:
        lines = list(self.unusable)
        if self.no_file:
            lines.append(f"{list_songs(self.no_file)} left out: labels without a file in {AUDIO}/.")
        if self.unlabeled:
            lines.append(f"{list_songs(self.unlabeled)} left out: a file without labels.")
        if self.without_label:
            lines.append(f"{list_songs(self.without_label)} left out: neither ratings nor a quadrant in {LABELS}.")
        if self.unrated:
            lines.append(f"{list_songs(self.unrated)} left out: no feature row at a rated time.")
        if self.start_s:
            lines.append(
                f"The times of the ratings go beyond the sound, which is taken to start at {self.start_s:g} s, the "
                "first rated time."
            )
        if self.unmatched:
            count = sum(self.unmatched.values())
            lines.append(f"{count} labels of {list_songs(self.unmatched)} left out: no feature row at their times.")
        if self.whole:
            lines.append(f"{list_songs(self.whole)} rated as a whole: each row has the rating of its clip.")
        if self.only_quadrant:
            lines.append(
                f"{list_songs(self.only_quadrant)} with a quadrant only: `categories` and the protocol `across` use "
                "it; all else that needs ratings leaves them out."
            )
        lines += summarize_warnings(self.warnings)
        if self.without_artist:
            songs = list_songs(self.without_artist)
            lines.append(f"The artist of {songs} is unknown: each counts as a separate artist.")
        return tuple(map(one_line, lines))
