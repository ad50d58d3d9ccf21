"""Read DEAM, the MediaEval database of songs with ratings of arousal and valence twice a second.

Aljanaki, Yang & Soleymani, "Developing a benchmark for emotional analysis of music", PLoS ONE 12(3), 2017,
https://doi.org/10.1371/journal.pone.0173392. Three years of songs lie in one folder, and their times count from
different starts:

=========  ====  ==================================  ==========================================
ids        year  feature files                       row of the label at time t starts at
=========  ====  ==================================  ==========================================
1-1000     2013  of the full song                    start of the segment in songs_info.csv + t
1001-2000  2014  of the rated clip of 45 s           t; the last one or two labels have no row
2001-      2015  of the full song, which was rated   t
=========  ====  ==================================  ==========================================
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from moodcurve.datasets.cache import cached_dataset
from moodcurve.datasets.csv_tables import read_table
from moodcurve.datasets.dataset import Dataset
from moodcurve.datasets.deam.checks import YEARS, correct_exchanged_years, describe_exchanged_years
from moodcurve.datasets.deam.labels import DYNAMIC, STATIC, SongLevels, read_ratings, read_song_ratings, song_means
from moodcurve.datasets.deam.metadata import read_metadata, read_segment_starts
from moodcurve.datasets.deam.raters import RaterStats, rater_files, read_rater_stats
from moodcurve.datasets.feature_csv import AlignedRows, read_rows
from moodcurve.datasets.song import Annotation, DatasetError, Song, SongMetadata
from moodcurve.datasets.song_ids import list_songs
from moodcurve.features import COMPARE260, FeatureSet
from moodcurve.features.feature_sets import HOP_S

LabelRelease = Literal["deam", "mediaeval2015"]
ReadProgress = Callable[[int, int], None]
"""Called with the number of songs read so far and the number of all."""

NAMES: dict[LabelRelease, str] = {"deam": "DEAM", "mediaeval2015": "MediaEval 2015 dev"}

_ID = re.compile("[1-9][0-9]*")
_VERSION = "5"
"""Version of this reader; songs cached under another version are read again."""


def read_deam(
    folder: str | Path,
    *,
    labels: LabelRelease = "deam",
    feature_set: FeatureSet = COMPARE260,
    progress: ReadProgress | None = None,
) -> Dataset:
    """Read the songs that have both ratings and features, aligned row by row.

    Parameters
    ----------
    folder : path
        Holds ``features/<id>.csv``, ``annotations/`` and ``metadata/`` as DEAM is published. Song-level ratings, the
        tracks of individual raters and the metadata may be missing; notes state the consequences. Annotations of songs
        with tracks of individual raters hold their standard deviation and number.
    labels : {"deam", "mediaeval2015"}
        DEAM's averages, or the 2015 development labels, ``mediaeval2015/dynamic_{arousal,valence}_dev431.csv``. Their
        means and standard deviations differ: never mix the two in training. The tracks of individual raters belong to
        DEAM's averages, so that the 2015 labels have no rater statistics.
    feature_set : FeatureSet
        A set whose columns are all in compare260.
    progress : callable, optional
        Called with the number of feature files read and of all, after each file. Not called if the songs come from
        the cache (see ``cached_dataset``).

    Raises
    ------
    DatasetError
        If a file is malformed (the message gives the file, the line and what was expected), the requested labels are
        missing, or no song is usable.
    """
    if labels not in NAMES:
        raise ValueError(f"labels must be one of {', '.join(NAMES)}, got {labels!r}")
    files = _find_files(Path(folder), labels)
    dataset = cached_dataset(
        lambda: _read(files, progress),
        folder=files.folder,
        reader=f"deam/{labels}",
        version=_VERSION,
        files=files.all,
    )
    if feature_set == dataset.feature_set:
        return dataset
    return replace(dataset, songs=tuple(song.select(feature_set) for song in dataset.songs))


@dataclass(frozen=True, kw_only=True)
class _Files:
    """The files of a DEAM folder; lists and dictionaries hold only existing files, single files may be missing."""

    folder: Path
    release: LabelRelease
    features: dict[int, Path]
    deam: tuple[Path, Path]
    labels: tuple[Path, Path]
    dev_ids: Path
    song_ratings: list[Path]
    metadata: list[Path]
    songs_info: Path
    raters: dict[int, tuple[Path, Path]]

    @property
    def all(self) -> list[Path]:
        single = [*self.deam, *self.labels, self.dev_ids, self.songs_info]
        raters = (path for paths in self.raters.values() for path in paths)
        return [*self.features.values(), *self.song_ratings, *self.metadata, *single, *raters]


def _find_files(folder: Path, release: LabelRelease) -> _Files:
    numbered = (folder / "features").glob("*.csv")
    labels = deam = (folder / DYNAMIC / "arousal.csv", folder / DYNAMIC / "valence.csv")
    dev = folder / "mediaeval2015"
    if release == "mediaeval2015":
        labels = (dev / "dynamic_arousal_dev431.csv", dev / "dynamic_valence_dev431.csv")
    return _Files(
        folder=folder,
        release=release,
        features={int(path.stem): path for path in numbered if _ID.fullmatch(path.stem)},
        deam=deam,
        labels=labels,
        dev_ids=dev / "dev431_ids.csv",
        song_ratings=sorted((folder / STATIC).glob("static_annotations_averaged_songs_*.csv")),
        metadata=sorted((folder / "metadata").glob("metadata_*.csv")),
        songs_info=folder / "metadata" / "songs_info.csv",
        raters=rater_files(folder) if release == "deam" else {},
    )


def _read(files: _Files, progress: ReadProgress | None) -> Dataset:
    for path in files.labels:
        if not path.is_file():
            raise DatasetError(f"{path}: not found, but needed for the labels {files.release!r}")
    ratings = read_ratings(*files.labels)
    song_ratings, song_rating_notes, notes = _read_song_ratings(files, ratings)
    metadata = read_metadata([*files.metadata, *([files.songs_info] if files.songs_info.is_file() else [])])
    shifted = _shift_to_features(files, ratings)
    aligned = _read_features(files, shifted, progress)
    stats = read_rater_stats(
        files.raters, {song_id: ratings[song_id].times_s[found.rated] for song_id, found in aligned.items()}
    )
    songs = tuple(
        _song(song_id, shifted[song_id], found, metadata.get(song_id), song_ratings.get(song_id), stats.get(song_id))
        for song_id, found in aligned.items()
        if len(found.rated)
    )
    if not songs:
        raise DatasetError(
            f"{files.folder}: no song with features, labels and a known start of the rated segment; found "
            f"{len(files.features)} feature files, the labels of {len(ratings)} songs and {len(metadata)} songs in "
            "metadata/; songs up to id 1000 need metadata/songs_info.csv"
        )
    notes += _notes_on_coverage(files, ratings, shifted)
    notes += _notes_on_rows(shifted, aligned)
    unknown = [song.song_id for song in songs if not song.artist]
    if unknown:
        notes.append(f"The artist of {list_songs(unknown)} is unknown: each counts as a separate artist.")
    name = NAMES[files.release]
    return Dataset(name=name, songs=songs, notes=tuple(notes), song_rating_notes=tuple(song_rating_notes))


def _read_song_ratings(files: _Files, ratings: dict[int, Annotation]) -> tuple[SongLevels, list[str], list[str]]:
    """Read and correct the song-level ratings, and compare labels of 2015 with DEAM's; return notes on both."""
    means = song_means(ratings)
    if files.labels == files.deam:
        return *correct_exchanged_years(read_song_ratings(files.song_ratings), means), []
    exist = all(path.is_file() for path in files.deam)
    deam = song_means(read_ratings(*files.deam)) if exist else {}
    song_ratings, song_rating_notes = correct_exchanged_years(read_song_ratings(files.song_ratings), deam)
    notes = describe_exchanged_years(means, deam) + _note_on_inferred_ids(files, ratings)
    return song_ratings, song_rating_notes, notes


def _note_on_inferred_ids(files: _Files, ratings: dict[int, Annotation]) -> list[str]:
    """Return a note on songs whose ids are uncertain: the 2015 labels were published without DEAM's ids."""
    if not files.dev_ids.is_file():
        return []
    table = read_table(files.dev_ids)
    agrees = table.column("greedy_agrees")
    doubtful = {song_id for song_id, row in table.by_song().items() if "False" in row.cells[agrees:]}
    used = doubtful & files.features.keys() & ratings.keys()
    return [f"The ids of the labels of {list_songs(used)} were inferred and are uncertain."] if used else []


def _shift_to_features(files: _Files, ratings: dict[int, Annotation]) -> dict[int, Annotation]:
    """Count the times of 2013 from the start of the full song, and leave out songs whose segment start is unknown."""
    starts = read_segment_starts(files.songs_info) if files.songs_info.is_file() else {}
    shifted = {}
    for song_id, rated in ratings.items():
        start_s = starts.get(song_id) if song_id in YEARS[2013] else 0
        if start_s is not None:
            shifted[song_id] = replace(rated, times_s=rated.times_s + start_s)
    return shifted


def _read_features(
    files: _Files, shifted: dict[int, Annotation], progress: ReadProgress | None
) -> dict[int, AlignedRows]:
    ids = sorted(files.features.keys() & shifted.keys())
    aligned = {}
    for done, song_id in enumerate(ids, start=1):
        aligned[song_id] = read_rows(files.features[song_id], shifted[song_id].times_s)
        if progress is not None:
            progress(done, len(ids))
    return aligned


def _song(
    song_id: int,
    rated: Annotation,
    found: AlignedRows,
    info: SongMetadata | None,
    song_rating: tuple[float, float] | None,
    stats: RaterStats | None,
) -> Song:
    info = info or SongMetadata()
    song_arousal, song_valence = song_rating or (None, None)
    annotation = Annotation(
        times_s=rated.times_s[found.rated],
        arousal=rated.arousal[found.rated],
        valence=rated.valence[found.rated],
        song_arousal=song_arousal,
        song_valence=song_valence,
        **(vars(stats) if stats is not None else {}),
    )
    return Song(
        song_id=str(song_id),
        artist=info.artist,
        title=info.title,
        genre=info.genre,
        features=found.features,
        recording=found.recording,
        annotation=annotation,
    )


def _notes_on_coverage(files: _Files, ratings: dict[int, Annotation], shifted: dict[int, Annotation]) -> list[str]:
    notes = []
    if without := ratings.keys() - files.features.keys():
        notes.append(f"{list_songs(without)} left out: labels without a feature file.")
    if without := files.features.keys() - ratings.keys():
        notes.append(f"{list_songs(without)} left out: features without labels.")
    if unknown := files.features.keys() & ratings.keys() - shifted.keys():
        notes.append(
            f"{list_songs(unknown)} left out: {files.songs_info.name} does not say where the rated segment starts."
        )
    return notes


def _notes_on_rows(shifted: dict[int, Annotation], aligned: dict[int, AlignedRows]) -> list[str]:
    notes = []
    missing = {song_id: len(shifted[song_id].times_s) - len(found.rated) for song_id, found in aligned.items()}
    if none := [song_id for song_id, found in aligned.items() if not len(found.rated)]:
        notes.append(f"{list_songs(none)} left out: no feature row at a rated time.")
    if cut := {song_id: n for song_id, n in missing.items() if n and song_id not in none}:
        notes.append(f"{sum(cut.values())} labels of {list_songs(cut)} left out: no feature row at their times.")
    if uneven := [song_id for song_id, found in aligned.items() if found.step_s != HOP_S]:
        steps = ", ".join(f"{aligned[song_id].step_s:.4f} s" for song_id in uneven[:5])
        notes.append(f"The feature rows of {list_songs(uneven)} are {steps} apart: each label has the nearest row.")
    return notes
