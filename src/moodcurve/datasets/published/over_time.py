"""Read sets with ratings over time: PMEmo, emoMusic (1000 songs) and MERP."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from moodcurve._typing import FloatArray
from moodcurve.datasets.csv_tables import read_table
from moodcurve.datasets.deam.labels import read_ratings
from moodcurve.datasets.deam.metadata import read_metadata
from moodcurve.datasets.published.checks import Ratings, correct_exchanged_axes
from moodcurve.datasets.published.labels import (
    Files,
    PublishedLabels,
    Scale,
    read_moments,
    read_song_ratings,
    rows_by_song,
)
from moodcurve.datasets.song import Annotation, DatasetError, SongMetadata
from moodcurve.datasets.song_ids import list_songs, natural_key
from moodcurve.datasets.sound.labels import SoundLabels
from moodcurve.util.optional import require

PMEMO_FIRST_S = 15.0
"""Start of PMEmo's ratings: those of the first 15 s are not published."""
MERP_SR = 10.0
"""Ratings per second of MERP."""
_MERP_DEAM = re.compile(r"deam_\d+")
_MIN_RATERS = 2
_COVERED = 0.8
"""Smallest share of a full series that MERP's cleaned series must have to be taken for whole songs."""


def read_pmemo(folder: Path, files: Files) -> PublishedLabels:
    """Read PMEmo: ratings of choruses over time and as a whole, on [0, 1].

    Zhang et al., "The PMEmo dataset for music emotion recognition", ICMR 2018, doi:10.1145/3206025.3206037;
    https://github.com/HuiZhangDB/PMEmo (README, dynamic_MER.ipynb: columns musicId, frameTime, Arousal(mean) and
    Valence(mean)). Times count from the start of the chorus clip. The first 15 s of each clip are not rated over time;
    shorter clips have a rating of the whole clip alone.
    """
    annotations, scale = folder / "annotations", Scale(low=0, high=1)
    moments: dict[str, Annotation] = {}
    ratings: Ratings = {}
    notes = []
    if (path := annotations / "dynamic_annotations.csv").is_file():
        moments = read_moments(
            path, scale, song="musicid", time="frametime", arousal="arousal(mean)", valence="valence(mean)"
        )
        first_s = min(float(one.times_s[0]) for one in moments.values())
        if first_s < PMEMO_FIRST_S:
            notes.append(
                f"The ratings over time start at {first_s:g} s, and PMEmo's at {PMEMO_FIRST_S:g} s: their times may "
                "not count from the start of the clip."
            )
    if (path := annotations / "static_annotations.csv").is_file():
        ratings = read_song_ratings(path, scale, song="musicid", arousal=["arousal(mean)"], valence=["valence(mean)"])
    ratings, rating_notes = correct_exchanged_axes(ratings, moments)
    infos: dict[str, SongMetadata] = {}
    if (path := folder / "metadata.csv").is_file():
        table = read_table(path)
        artist, title = table.optional_column("artist", "artists"), table.optional_column("title")
        infos = {
            name: SongMetadata(artist=row.text(artist), title=row.text(title))
            for name, row in rows_by_song(table, table.column("musicid")).items()
        }
    return PublishedLabels(
        songs=_combine(moments, ratings, infos),
        files=files,
        notes=tuple(notes),
        song_rating_notes=tuple(rating_notes),
    )


def read_emomusic(folder: Path, files: Files) -> PublishedLabels:
    """Read emoMusic, the 744 clips of "1000 songs for emotional analysis of music": ratings over time and as a whole.

    Soleymani et al., CrowdMM 2013, doi:10.1145/2506364.2506365; https://cvml.unige.ch/databases/emoMusic/. Ratings
    over time are on [-1, 1], one column every 0.5 s from 15 s of the clip on (``sample_15000ms``); those of whole clips
    from 1 to 9 (``mean_arousal``, ``mean_valence``). The songs are those of DEAM up to id 1000.
    """
    annotations = folder / "annotations"
    curves = read_ratings(annotations / "arousal_cont_average.csv", annotations / "valence_cont_average.csv")
    moments = {str(name): one for name, one in curves.items()}
    ratings: Ratings = {}
    if (path := annotations / "static_annotations.csv").is_file():
        ratings = read_song_ratings(
            path,
            Scale(low=1, high=9),
            song="song_id",
            arousal=["mean_arousal", "arousal_mean"],
            valence=["mean_valence", "valence_mean"],
        )
    ratings, rating_notes = correct_exchanged_axes(ratings, moments)
    infos = read_metadata([path for home in (annotations, folder) if (path := home / "songs_info.csv").is_file()])
    return PublishedLabels(
        songs=_combine(moments, ratings, {str(name): info for name, info in infos.items()}),
        files=files,
        notes=("The songs are those of DEAM up to id 1000: models trained on DEAM know them.",),
        song_rating_notes=tuple(rating_notes),
    )


def _combine(
    moments: Mapping[str, Annotation], ratings: Ratings, infos: Mapping[str, SongMetadata]
) -> tuple[SoundLabels, ...]:
    """Return the labels of all rated songs, in the order of their ids."""
    songs = []
    for name in sorted(moments.keys() | ratings.keys(), key=natural_key):
        info = infos.get(name, SongMetadata())
        arousal, valence = ratings.get(name, (None, None))
        metadata = SongMetadata(
            artist=info.artist, title=info.title, genre=info.genre, arousal=arousal, valence=valence
        )
        songs.append(SoundLabels(song_id=name, metadata=metadata, moments=moments.get(name)))
    return tuple(songs)


def read_merp(folder: Path, files: Files) -> PublishedLabels:
    """Read MERP: series of ratings of whole songs, one row per listener and song, averaged over listeners.

    Koh et al., "MERP: a music dataset with emotion ratings and raters' profile information", Sensors 23(1), 2023,
    doi:10.3390/s23010382; https://github.com/dorienh/MERP (README: 10 ratings per second on [-1, 1]). The columns
    ``song_id``, ``arousal`` and ``valence`` (lists of numbers) of the files on huggingface.co/datasets/amaai-lab/MERP
    are known from programs that read them.

    A time is rated if at least two listeners rated it. The cleaned series (``annotations_filtered.parquet``) are used,
    unless the raw ones are there too and longer for most songs: the cleaned series were cut to the authors' features,
    so that their times may not count from the start of the song. Four songs of DEAM are left out.
    """
    require("pyarrow", what="reading MERP's ratings", extra="parquet", error=DatasetError)
    series = {
        kind: _read_series(path)
        for kind in ("filtered", "raw")
        if (path := folder / f"annotations_{kind}.parquet").is_file()
    }
    kind, notes = next(iter(series)), []
    if len(series) == 2:
        shares = [
            max(map(len, one[0])) / max(map(len, series["raw"][name][0]))
            for name, one in series["filtered"].items()
            if name in series["raw"]
        ]
        if not shares or np.median(shares) < _COVERED:
            kind = "raw"
            notes.append(
                "The raw ratings are used: the cleaned ones cover only part of most songs, from an unknown time on."
            )
    songs = series[kind]
    from_deam = [name for name in songs if _MERP_DEAM.fullmatch(name)]
    if from_deam:
        notes.append(f"{list_songs(from_deam)} left out: they are songs of DEAM, rated again to compare the listeners.")
    labels = [
        SoundLabels(song_id=name, metadata=SongMetadata(), moments=moments)
        for name in sorted(songs.keys() - set(from_deam), key=natural_key)
        if (moments := _average(*songs[name])) is not None
    ]
    kept = {key: paths for key, paths in files.items() if not _MERP_DEAM.fullmatch(key)}
    return PublishedLabels(songs=tuple(labels), files=kept, notes=tuple(notes))


Series = tuple[list[FloatArray], list[FloatArray]]
"""Ratings of arousal and of valence of one song, one array per listener."""


def _read_series(path: Path) -> dict[str, Series]:
    """Return the series of each song, by id."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = ["song_id", "arousal", "valence"]
    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise DatasetError(f"{path}: cannot be read as Parquet ({error})") from error
    if missing := [name for name in columns if name not in table.column_names]:
        raise DatasetError(f"{path}: expected a column {missing[0]!r}, found {', '.join(table.column_names[:8])}")
    songs: dict[str, Series] = {}
    for number, row in enumerate(table.select(columns).to_pylist(), start=1):
        pair = [_series(path, number, axis, row[axis]) for axis in columns[1:]]
        if len(pair[0]) != len(pair[1]):
            raise DatasetError(f"{path}, row {number}: arousal and valence have different lengths")
        if len(pair[0]):
            arousal, valence = songs.setdefault(str(row["song_id"]), ([], []))
            arousal.append(pair[0])
            valence.append(pair[1])
    if not songs:
        raise DatasetError(f"{path}: no ratings")
    return songs


def _series(path: Path, number: int, axis: str, values: Any) -> FloatArray:
    try:
        series = np.asarray([] if values is None else values, dtype=np.float64)
    except (TypeError, ValueError):
        series = np.empty((0, 0))
    if series.ndim != 1:
        raise DatasetError(f"{path}, row {number}: {axis} is not a list of numbers")
    if not (np.abs(series) <= 1).all():
        raise DatasetError(f"{path}, row {number}: {axis} has a rating outside [-1, 1]")
    return series


def _average(arousal: Sequence[FloatArray], valence: Sequence[FloatArray]) -> Annotation | None:
    """Average the series of all listeners where at least two rated the song; None if there is no such time."""
    lengths = sorted(map(len, arousal), reverse=True)
    count = lengths[_MIN_RATERS - 1] if len(lengths) >= _MIN_RATERS else 0
    if not count:
        return None
    raters = np.array([sum(length > i for length in lengths) for i in range(count)], dtype=np.int64)
    means, stds = zip(*(_mean_and_std(series, count, raters) for series in (arousal, valence)), strict=True)
    return Annotation(
        times_s=np.arange(count) / MERP_SR,
        arousal=means[0],
        valence=means[1],
        arousal_std=stds[0],
        valence_std=stds[1],
        arousal_raters=raters,
        valence_raters=raters,
    )


def _mean_and_std(
    series: Sequence[FloatArray], count: int, raters: npt.NDArray[np.int64]
) -> tuple[FloatArray, FloatArray]:
    """Return mean and standard deviation (n - 1) over listeners at each time."""
    total, squares = np.zeros(count), np.zeros(count)
    for one in series:
        total[: len(one)] += one[:count]
    mean = total / raters
    for one in series:
        squares[: len(one)] += (one[:count] - mean[: len(one)]) ** 2
    return mean, np.sqrt(squares / (raters - 1))
