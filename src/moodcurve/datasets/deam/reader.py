"""DEAM, the MediaEval database of songs with ratings of arousal and valence twice a second.

Aljanaki, Yang & Soleymani, "Developing a benchmark for emotional analysis of music", PLoS ONE 12(3), 2017,
https://doi.org/10.1371/journal.pone.0173392. Three years of songs lie in one folder, each on a clock of its
own:

=========  ====  ==================================  ==========================================
ids        year  feature files                       label at time t belongs to the row at
=========  ====  ==================================  ==========================================
1-1000     2013  of the full song                    start of the segment in songs_info.csv + t
1001-2000  2014  of the rated clip of 45 s           t; the last one or two labels have no row
2001-      2015  of the full song, which was rated   t
=========  ====  ==================================  ==========================================
"""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from moodcurve.datasets.cache import cached
from moodcurve.datasets.csv_tables import read_table
from moodcurve.datasets.deam.checks import YEARS, exchanged_levels, put_right
from moodcurve.datasets.deam.labels import Ratings, read_ratings, read_song_ratings, song_levels
from moodcurve.datasets.deam.metadata import SongInfo, read_segment_starts, read_song_infos
from moodcurve.datasets.deam.raters import Spreads, rater_files, read_spreads
from moodcurve.datasets.feature_csv import Aligned, read_rows
from moodcurve.datasets.song import Annotation, Dataset, DatasetError, Song
from moodcurve.features import COMPARE260, FeatureSet
from moodcurve.features.feature_sets import HOP_S

Labels = Literal["deam", "mediaeval2015"]
Progress = Callable[[int, int], None]

NAMES: dict[Labels, str] = {"deam": "DEAM", "mediaeval2015": "MediaEval 2015 dev"}
DYNAMIC = Path("annotations", "annotations averaged per song", "dynamic (per second annotations)")
STATIC = Path("annotations", "annotations averaged per song", "song_level")

_ID = re.compile("[1-9][0-9]*")
_VERSION = "4"
"""Of what this reader makes of the same files; cached songs of another version are read anew."""


def read_deam(
    folder: str | Path,
    *,
    labels: Labels = "deam",
    feature_set: FeatureSet = COMPARE260,
    progress: Progress | None = None,
) -> Dataset:
    """Read the songs that have both ratings and features, aligned row by row.

    Parameters
    ----------
    folder : path
        Holds ``features/<id>.csv``, ``annotations/`` and ``metadata/`` as DEAM is published. Song-level
        ratings, the tracks of single raters and the metadata may be missing; the notes say what follows from
        it. Where a song has tracks of single raters, its annotation says how these differ.
    labels : {"deam", "mediaeval2015"}
        DEAM's averages, or the 2015 development labels:
        ``mediaeval2015/dynamic_{arousal,valence}_dev431.csv``. Their levels and spreads differ: never mix the
        two in one training. The raters' tracks are those of DEAM's averages, so the 2015 labels go without.
    feature_set : FeatureSet
        A set whose columns are all among compare260's.
    progress : callable, optional
        Called with the number of feature files read and of all, after each; not at all when the songs come
        from the cache (see ``cache.cached``).

    Raises
    ------
    DatasetError
        If a file is malformed (the message gives file, line and what was expected), the labels asked for are
        not there, or no song is left.
    """
    if labels not in NAMES:
        raise ValueError(f"labels must be one of {', '.join(NAMES)}, got {labels!r}")
    files = _files(Path(folder), labels)
    dataset = cached(
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
    """The files of a DEAM folder; the lists hold those that are there."""

    folder: Path
    labels: Labels
    features: dict[int, Path]
    deam: tuple[Path, Path]
    asked: tuple[Path, Path]
    dev_ids: Path
    song_ratings: list[Path]
    metadata: list[Path]
    songs_info: Path
    raters: dict[int, tuple[Path, Path]]

    @property
    def all(self) -> list[Path]:
        single = [*self.deam, *self.asked, self.dev_ids, self.songs_info]
        raters = (path for paths in self.raters.values() for path in paths)
        return [*self.features.values(), *self.song_ratings, *self.metadata, *single, *raters]


def _files(folder: Path, labels: Labels) -> _Files:
    numbered = (folder / "features").glob("*.csv")
    deam = (folder / DYNAMIC / "arousal.csv", folder / DYNAMIC / "valence.csv")
    dev = folder / "mediaeval2015"
    asked = deam
    if labels == "mediaeval2015":
        asked = (dev / "dynamic_arousal_dev431.csv", dev / "dynamic_valence_dev431.csv")
    return _Files(
        folder=folder,
        labels=labels,
        features={int(path.stem): path for path in numbered if _ID.fullmatch(path.stem)},
        deam=deam,
        asked=asked,
        dev_ids=dev / "dev431_ids.csv",
        song_ratings=sorted((folder / STATIC).glob("static_annotations_averaged_songs_*.csv")),
        metadata=sorted((folder / "metadata").glob("metadata_*.csv")),
        songs_info=folder / "metadata" / "songs_info.csv",
        raters=rater_files(folder) if labels == "deam" else {},
    )


def _read(files: _Files, progress: Progress | None) -> Dataset:
    for path in files.asked:
        if not path.is_file():
            raise DatasetError(f"{path}: not found; the labels {files.labels!r} are expected there")
    ratings = read_ratings(*files.asked)
    song_ratings, level_notes, notes = _song_ratings(files, ratings)
    infos = read_song_infos([*files.metadata, *_if_there(files.songs_info)])
    placed = _on_the_clock_of_features(files, ratings)
    aligned = _read_features(files, placed, progress)
    spreads = read_spreads(
        files.raters, {song_id: ratings[song_id].times_s[found.rated] for song_id, found in aligned.items()}
    )
    songs = tuple(
        _song(song_id, placed[song_id], found, infos.get(song_id), song_ratings.get(song_id), spreads.get(song_id))
        for song_id, found in aligned.items()
        if len(found.rated)
    )
    if not songs:
        raise DatasetError(
            f"{files.folder}: no song with features, labels and a known time base; found {len(files.features)} "
            f"feature files, the labels of {len(ratings)} songs and {len(infos)} songs in metadata/; songs up to id "
            "1000 need metadata/songs_info.csv"
        )
    notes += _notes_on_coverage(files, ratings, placed)
    notes += _notes_on_rows(placed, aligned)
    unknown = [song.song_id for song in songs if not song.artist]
    if unknown:
        notes.append(f"The artist of {_some(unknown)} is unknown: each counts as an artist of its own.")
    return Dataset(name=NAMES[files.labels], songs=songs, notes=tuple(notes), level_notes=tuple(level_notes))


def _if_there(path: Path) -> list[Path]:
    return [path] if path.is_file() else []


def _song_ratings(
    files: _Files, ratings: dict[int, Ratings]
) -> tuple[dict[int, tuple[float, float]], list[str], list[str]]:
    """Read the song-level ratings, put right, and hold the labels asked for against DEAM's own; notes on either."""
    levels = song_levels(ratings)
    deam = levels
    if files.asked != files.deam:
        there = all(path.is_file() for path in files.deam)
        deam = song_levels(read_ratings(*files.deam)) if there else {}
    song_ratings, level_notes = put_right(read_song_ratings(files.song_ratings), deam)
    notes: list[str] = []
    if files.asked != files.deam:
        notes += exchanged_levels(levels, deam)
        notes += _note_on_inferred_ids(files, ratings)
    return song_ratings, level_notes, notes


def _note_on_inferred_ids(files: _Files, ratings: dict[int, Ratings]) -> list[str]:
    """Tell which songs' ids are in doubt: the 2015 development labels were published without DEAM's ids."""
    if not files.dev_ids.is_file():
        return []
    table = read_table(files.dev_ids)
    agrees = table.column("greedy_agrees")
    doubtful = {song_id for song_id, row in table.by_song().items() if "False" in row.cells[agrees:]}
    used = sorted(doubtful & files.features.keys() & ratings.keys())
    return [f"Which songs the labels of {_some(used)} belong to was inferred, with doubt."] if used else []


def _on_the_clock_of_features(files: _Files, ratings: dict[int, Ratings]) -> dict[int, Ratings]:
    """Move the ratings of clips to where the clip lies in the song, and leave out clips of unknown place."""
    starts = read_segment_starts(files.songs_info) if files.songs_info.is_file() else {}
    placed = {}
    for song_id, rated in ratings.items():
        start_s = starts.get(song_id) if song_id in YEARS[2013] else 0
        if start_s is not None:
            placed[song_id] = replace(rated, times_s=rated.times_s + start_s)
    return placed


def _read_features(files: _Files, placed: dict[int, Ratings], progress: Progress | None) -> dict[int, Aligned]:
    ids = sorted(files.features.keys() & placed.keys())
    aligned = {}
    for done, song_id in enumerate(ids, start=1):
        aligned[song_id] = read_rows(files.features[song_id], placed[song_id].times_s)
        if progress is not None:
            progress(done, len(ids))
    return aligned


def _song(
    song_id: int,
    rated: Ratings,
    found: Aligned,
    info: SongInfo | None,
    level: tuple[float, float] | None,
    spreads: Spreads | None,
) -> Song:
    info = info or SongInfo()
    song_arousal, song_valence = level or (None, None)
    annotation = Annotation(
        times_s=rated.times_s[found.rated],
        arousal=rated.arousal[found.rated],
        valence=rated.valence[found.rated],
        song_arousal=song_arousal,
        song_valence=song_valence,
        **(vars(spreads) if spreads is not None else {}),
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


def _notes_on_coverage(files: _Files, ratings: dict[int, Ratings], placed: dict[int, Ratings]) -> list[str]:
    notes = []
    if without := ratings.keys() - files.features.keys():
        notes.append(f"{_some(without)} left out: labels without a feature file.")
    if without := files.features.keys() - ratings.keys():
        notes.append(f"{_some(without)} left out: features without labels.")
    if unplaced := files.features.keys() & ratings.keys() - placed.keys():
        notes.append(
            f"{_some(unplaced)} left out: {files.songs_info.name} does not say where in the song the rated "
            "segment starts."
        )
    return notes


def _notes_on_rows(placed: dict[int, Ratings], aligned: dict[int, Aligned]) -> list[str]:
    notes = []
    missing = {song_id: len(placed[song_id].times_s) - len(found.rated) for song_id, found in aligned.items()}
    if none := [song_id for song_id, found in aligned.items() if not len(found.rated)]:
        notes.append(f"{_some(none)} left out: no feature row at a rated time.")
    if cut := {song_id: n for song_id, n in missing.items() if n and song_id not in none}:
        notes.append(f"{sum(cut.values())} labels of {_some(cut)} left out: no feature row at their time.")
    if uneven := [song_id for song_id, found in aligned.items() if found.step_s != HOP_S]:
        steps = ", ".join(f"{aligned[song_id].step_s:.4f} s" for song_id in uneven[:5])
        notes.append(f"The feature rows of {_some(uneven)} are {steps} apart: each label has the nearest row.")
    return notes


def _some(ids: Collection[int] | Collection[str]) -> str:
    """Name songs in a sentence: all of them if they are few."""
    shown = ", ".join(map(str, sorted(ids, key=int)[:5]))
    if len(ids) == 1:
        return f"song {shown}"
    return f"{len(ids)} songs ({shown}{', …' if len(ids) > 5 else ''})"
