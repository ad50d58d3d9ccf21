"""Read the ratings of a study that `moodcurve annotate` stored: one file per rater, see ``study_record``."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from moodcurve.curve import AXES
from moodcurve.datasets.raters.aggregation import SKIP_S, Between, RatedSong, rated_song
from moodcurve.datasets.raters.reader import RaterData
from moodcurve.datasets.raters.study_record import RaterRecord, read_record
from moodcurve.datasets.song import DatasetError
from moodcurve.datasets.song_ids import natural_key

STUDY_FOLDER = "raters"
"""Folder of the raters' files in that of a study."""
_ENDING = ".jsonl"


def rater_files(folder: Path) -> list[Path]:
    """Return the raters' files of a study, in the order of the raters."""
    return sorted((folder / STUDY_FOLDER).glob(f"*{_ENDING}"), key=lambda path: natural_key(path.stem))


def rater_file(folder: Path, rater: str) -> Path:
    """Return the path of a rater's file."""
    return folder / STUDY_FOLDER / f"{rater}{_ENDING}"


def read_study(folder: Path, *, skip_s: float | None = None, between: Between = "line") -> RaterData:
    """Read the finished passes and the ratings of whole songs of a study.

    Parameters
    ----------
    folder : path
        Folder of the study.
    skip_s : float, optional
        Length of the dropped beginning of each song (seconds); by default the longest practice of the study.
    between
        How to resample tracks, see ``rated_song``.

    Raises
    ------
    DatasetError
        If a file is malformed, or nobody has rated a song yet.
    """
    return study_data([read_record(path) for path in rater_files(folder)], folder, skip_s=skip_s, between=between)


def study_data(
    records: Sequence[RaterRecord], folder: Path, *, skip_s: float | None = None, between: Between = "line"
) -> RaterData:
    """Collect the ratings of several raters, see ``read_study``. Repeats are left out: they measure consistency."""
    if skip_s is None:
        skip_s = max((record.practice_s for record in records if record.is_started), default=SKIP_S)
    songs, notes = [], []
    for song_id in sorted({song for record in records for song in record.songs}, key=natural_key):
        song = rated_study_song(records, song_id, skip_s=skip_s, between=between)
        if isinstance(song, RatedSong):
            songs.append(song)
        elif song is not None:
            notes.append(f"left out: {song}")
    song_ratings = _song_ratings(records)
    if not songs and not song_ratings:
        raise DatasetError(f"{folder}: nobody has rated a whole song yet" + (f"; {notes[0]}" if notes else ""))
    grid = f"resampled ({between}), the first {skip_s:g} s dropped" if songs else ""
    name = folder.resolve().name
    return RaterData(name=name, songs=tuple(songs), song_ratings=song_ratings, grid=grid, averages={}, notes=(*notes,))


def rated_study_song(
    records: Iterable[RaterRecord], song_id: str, *, skip_s: float, between: Between = "line"
) -> RatedSong | DatasetError | None:
    """Return the finished tracks of a song at common times; None or why not if there are none."""
    tracks = {
        axis: [record.track(item, axis) for record in records for item in _finished_items(record, song_id, axis)]
        for axis in AXES
    }
    if not any(tracks.values()):
        return None
    try:
        return rated_song(song_id, tracks["arousal"], tracks["valence"], skip_s=skip_s, between=between)
    except DatasetError as error:
        return error


def _finished_items(record: RaterRecord, song_id: str, axis: str) -> list[int]:
    source = axis if axis in record.axes else "both"
    return [
        item
        for item in record.items(repeats=False)
        if record.songs[item] == song_id and (item, source) in record.finished and record.last_row(item, source)
    ]


def _song_ratings(records: Iterable[RaterRecord]) -> dict[str, dict[str, tuple[float, ...]]]:
    found: dict[str, dict[str, tuple[float, ...]]] = {}
    for record in records:
        for item in record.items(repeats=False):
            if item in record.ratings:
                of_song = found.setdefault(record.songs[item], dict.fromkeys(AXES, ()))
                for axis, value in zip(AXES, record.ratings[item], strict=True):
                    of_song[axis] = (*of_song[axis], value)
    return {song_id: found[song_id] for song_id in sorted(found, key=natural_key)}
