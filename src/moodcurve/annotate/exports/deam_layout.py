"""Write ratings in DEAM's layout: a table for each song and axis with a row per rater, and tables of the means.

DEAM's ids are whole numbers. Songs get ids from 2001 on, whose times count from the start of the song, in the order of
their names; ``metadata/metadata_2015.csv`` has the names as titles.
"""

import math
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from moodcurve._typing import FloatArray
from moodcurve.curve import AXES
from moodcurve.datasets.deam.labels import DYNAMIC, STATIC
from moodcurve.datasets.deam.raters import RATERS
from moodcurve.datasets.raters.aggregation import MIN_RATERS, average, average_song_rating
from moodcurve.datasets.raters.reader import RaterData
from moodcurve.datasets.raters.study_record import RaterRecord
from moodcurve.datasets.song import DatasetError
from moodcurve.datasets.song_ids import natural_key
from moodcurve.util.csv_text import number_cell, write_csv

FIRST_ID = 2001
"""First of DEAM's ids of full songs."""


def write_deam_layout(output: Path, data: RaterData, records: list[RaterRecord]) -> list[Path]:
    """Write the tracks of all raters, and the means over raters of ratings over time and of whole songs.

    Tracks are resampled at 2 Hz, without the practice. Means are over at least two raters, as in DEAM.
    """
    names = sorted({song.song_id for song in data.songs} | data.song_ratings.keys(), key=natural_key)
    ids = {name: FIRST_ID + i for i, name in enumerate(names)}
    written = []
    for song in data.songs:
        for axis in AXES:
            path = output / RATERS / axis / f"{ids[song.song_id]}.csv"
            by, tracks = getattr(song, f"{axis}_by"), getattr(song, axis)
            rows = [[rater, *map(number_cell, track)] for rater, track in zip(by, tracks, strict=True)]
            written.append(write_csv(path, ["WorkerId", *_columns(song.times_s)], rows))
    written += _write_means(output, data, ids)
    if data.song_ratings:
        header = ["song_id", *(f"{axis}_{measure}" for axis in reversed(AXES) for measure in ("mean", "std"))]
        path = output / STATIC / "static_annotations_averaged_songs.csv"
        rows = [[str(ids[name]), *_song_cells(ratings)] for name, ratings in data.song_ratings.items()]
        written.append(write_csv(path, header, rows))
    table = [[str(number), name, "", ""] for name, number in ids.items()]
    written.append(write_csv(output / "metadata" / "metadata_2015.csv", ["song_id", "title", "artist", "genre"], table))
    return written


def _write_means(output: Path, data: RaterData, ids: dict[str, int]) -> list[Path]:
    means = {}
    for song in data.songs:
        try:
            means[song.song_id] = average(song, min_raters=MIN_RATERS)
        except DatasetError:  # too few raters yet
            continue
    if not means:
        return []
    times_s = np.unique(np.concatenate([annotation.times_s for annotation in means.values()]))
    # one column every half second, also where no song has a label
    grid_s = np.arange(round(2 * times_s[0]), round(2 * times_s[-1]) + 1) / 2
    written = []
    for axis in AXES:
        rows = []
        for name, annotation in means.items():
            values = np.full(len(grid_s), math.nan)
            values[np.searchsorted(grid_s, annotation.times_s)] = getattr(annotation, axis)
            rows.append([str(ids[name]), *map(number_cell, values)])
        written.append(write_csv(output / DYNAMIC / f"{axis}.csv", ["song_id", *_columns(grid_s)], rows))
    return written


def _song_cells(ratings: Mapping[str, tuple[float, ...]]) -> Iterable[str]:
    for axis in reversed(AXES):  # DEAM has valence first
        found = average_song_rating(ratings[axis])
        yield from (number_cell(found.mean), number_cell(found.std))


def _columns(times_s: FloatArray) -> list[str]:
    return [f"sample_{round(1000 * time_s)}ms" for time_s in times_s]
