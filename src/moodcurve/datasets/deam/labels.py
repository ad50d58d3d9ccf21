"""Read DEAM's ratings: arousal and valence twice a second, and ratings of whole songs from 1 to 9."""

import re
from pathlib import Path

import numpy as np

from moodcurve._typing import FloatArray
from moodcurve.datasets.csv_tables import CsvRow, Table, read_table
from moodcurve.datasets.song import Annotation, DatasetError
from moodcurve.features.feature_sets import HOP_S
from moodcurve.mood.scale import from_nine_points

DYNAMIC = Path("annotations", "annotations averaged per song", "dynamic (per second annotations)")
STATIC = Path("annotations", "annotations averaged per song", "song_level")

SongLevels = dict[int, tuple[float, float]]
"""Arousal and valence of whole songs, by song id."""
_SAMPLE = re.compile(r"sample_(\d+)ms")


def read_ratings(arousal: Path, valence: Path) -> dict[int, Annotation]:
    """Read a pair of files of ratings: one row per song, one column ``sample_<milliseconds>ms`` per half second.

    Rows may be shorter than the header, or end in empty cells. Only songs in both files are read; if a song's two
    rows differ in length, only the times in both are.

    Returns
    -------
    dict of int to Annotation
        By song id, increasing. Times count from the start of the rated clip.

    Raises
    ------
    DatasetError
        If a file cannot be read, a column is not on the grid of half seconds, an id occurs twice, or a rating is
        missing between others, not a number, or outside [-1, 1].
    """
    first, second = _read_axis(arousal), _read_axis(valence)
    ratings = {}
    for song_id in sorted(first.keys() & second.keys()):
        (a_times_s, a), (v_times_s, v) = first[song_id], second[song_id]
        times_s, in_a, in_v = np.intersect1d(a_times_s, v_times_s, return_indices=True)
        if len(times_s):
            ratings[song_id] = Annotation(times_s=times_s, arousal=a[in_a], valence=v[in_v])
    return ratings


def song_means(ratings: dict[int, Annotation]) -> SongLevels:
    """Average each song's ratings over time."""
    return {song_id: (float(rated.arousal.mean()), float(rated.valence.mean())) for song_id, rated in ratings.items()}


def _read_axis(path: Path) -> dict[int, tuple[FloatArray, FloatArray]]:
    """Return times and ratings by song id."""
    table = read_table(path)
    times_s = sample_times(table, first=1)
    return {song_id: _rated(table, row, times_s) for song_id, row in table.by_song().items()}


def sample_times(table: Table, *, first: int) -> FloatArray:
    """Return the times in the header ``sample_15000ms,sample_15500ms,...`` from column ``first`` on, in seconds.

    Raises
    ------
    DatasetError
        If there is no such column, or a column has another name or is off the grid of half seconds.
    """
    times_s = np.empty(len(table.header) - first)
    for i, name in enumerate(table.header[first:]):
        match = _SAMPLE.fullmatch(name)
        column = i + first + 1
        if match is None:
            raise DatasetError(f"{table.path}, line 1: column {column} is {name!r}, expected sample_<milliseconds>ms")
        times_s[i] = int(match[1]) / 1000
        if times_s[i] % HOP_S or (i > 0 and times_s[i] - times_s[i - 1] != HOP_S):
            raise DatasetError(
                f"{table.path}, line 1: column {column} is {name!r}, expected one column every {HOP_S} s"
            )
    if len(times_s) == 0:
        raise DatasetError(f"{table.path}, line 1: expected columns sample_<milliseconds>ms, found none")
    return times_s


def _rated(table: Table, row: CsvRow, times_s: FloatArray) -> tuple[FloatArray, FloatArray]:
    if len(row.cells) > len(table.header):
        raise table.error(row, f"{len(row.cells)} cells, expected at most {len(table.header)}")
    filled = [column for column, cell in enumerate(row.cells) if cell and column > 0]
    if not filled:
        raise table.error(row, f"song {row.cells[0]} has no rating, expected at least one")
    columns = range(filled[0], filled[-1] + 1)
    values = np.array([table.number(row, column, low=-1, high=1) for column in columns])
    return times_s[filled[0] - 1 : filled[-1]], values


def read_song_ratings(paths: list[Path]) -> SongLevels:
    """Read ratings of whole songs, columns ``arousal_mean`` and ``valence_mean`` from 1 to 9, by song id.

    Returns
    -------
    SongLevels
        Mapped linearly from [1, 9] to [-1, 1]: (rating - 5) / 4.

    Raises
    ------
    DatasetError
        If a file cannot be read, lacks a column, rates a song twice, or has a rating outside [1, 9].
    """
    ratings: SongLevels = {}
    for path in paths:
        table = read_table(path)
        columns = table.column("arousal_mean"), table.column("valence_mean")
        for song_id, row in table.by_song(table.column("song_id")).items():
            if song_id in ratings:
                raise table.error(row, f"song {song_id} is already rated in another file of this folder")
            a, v = (table.number(row, column, low=1, high=9) for column in columns)
            ratings[song_id] = from_nine_points(a), from_nine_points(v)
    return ratings
