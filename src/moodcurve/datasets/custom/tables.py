"""Read the tables of custom annotated songs: labels at any times, and metadata of songs."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from moodcurve._typing import FloatArray
from moodcurve.curve import AXES
from moodcurve.datasets.csv_tables import CsvRow, Table, read_table
from moodcurve.datasets.song import Annotation, DatasetError, SongMetadata
from moodcurve.datasets.song_files import song_key
from moodcurve.features.feature_sets import HOP_S
from moodcurve.mood.scale import from_nine_points

LONGEST_GAP_S = 1.0
"""Longest gap between labels that is interpolated (seconds): the length of a feature window."""
NEAREST_S = HOP_S / 2
"""Largest distance between a row and a label outside the interpolated ranges (seconds): each label has a row."""
_LATEST_S = 1e6
_LARGEST_STD = 2.0
_MOST_RATERS = 1e6


def read_labels(path: Path) -> dict[str, Annotation]:
    """Read ``labels.csv``: song_id, time_s, arousal, valence and optional statistics of the raters.

    The optional columns are ``arousal_spread``, ``valence_spread`` (standard deviations), ``arousal_raters`` and
    ``valence_raters``. A song has numbers of raters of an axis if all of its labels do. It has standard deviations if
    any of its labels does, or if it has numbers of raters; those of empty cells are NaN.

    Returns
    -------
    dict of str to Annotation
        By song id. Times are as in the file, increasing; ``interpolate_labels`` matches them to feature rows.

    Raises
    ------
    DatasetError
        If the file cannot be read, lacks a column or has no label, a cell is out of range, or a song has two labels
        at the same time.
    """
    table = read_table(path)
    song, time = table.column("song_id"), table.column("time_s")
    axes = [table.column(axis) for axis in AXES]
    stds = [table.optional_column(f"{axis}_spread") for axis in AXES]
    raters = [table.optional_column(f"{axis}_raters") for axis in AXES]
    found: dict[str, dict[float, list[float]]] = {}
    lines: dict[tuple[str, float], int] = {}
    for row in table.rows:
        song_id = table.song_id(row, song)
        time_s = table.number(row, time, low=0, high=_LATEST_S)
        if (song_id, time_s) in lines:
            line = lines[song_id, time_s]
            raise table.error(row, f"song {song_id} already has a label at {time_s:g} s in line {line}")
        lines[song_id, time_s] = row.line
        found.setdefault(song_id, {})[time_s] = [
            *(table.number(row, column, low=-1, high=1) for column in axes),
            *(_optional_number(table, row, column, low=0, high=_LARGEST_STD) for column in stds),
            *(_optional_count(table, row, column) for column in raters),
        ]
    if not found:
        raise DatasetError(f"{path}: no labels after the header line")
    return {song_id: _annotation(labels) for song_id, labels in found.items()}


def _annotation(labels: dict[float, list[float]]) -> Annotation:
    times_s = sorted(labels)
    arousal, valence, a_std, v_std, a_raters, v_raters = np.array([labels[time_s] for time_s in times_s]).T
    counts = [None if np.isnan(raters).any() else raters.astype(np.int64) for raters in (a_raters, v_raters)]
    stds = [
        None if raters is None and np.isnan(std).all() else std
        for std, raters in zip((a_std, v_std), counts, strict=True)
    ]
    return Annotation(
        times_s=np.array(times_s),
        arousal=arousal,
        valence=valence,
        arousal_std=stds[0],
        valence_std=stds[1],
        arousal_raters=counts[0],
        valence_raters=counts[1],
    )


def interpolate_labels(labels: Annotation, rows_s: FloatArray) -> tuple[Annotation, npt.NDArray[np.intp]]:
    """Interpolate labels at the starts of feature rows.

    The label of a row that starts at t is

    - interpolated linearly between the last label up to t and the first from t on, if these are at most
      ``LONGEST_GAP_S`` apart; a label at t itself is taken unchanged;
    - else that of the nearest label, if it is at most ``NEAREST_S`` away (the earlier of two at equal distance);
    - else missing: gaps are not filled, and ratings are not extrapolated.

    Standard deviations are interpolated in the same way (NaN if one of the two is). Of two numbers of raters, the
    smaller is used.

    Parameters
    ----------
    labels : Annotation
        Times are increasing.
    rows_s : (n,)
        Starts of the rows in seconds, increasing.

    Returns
    -------
    annotation : Annotation
        The labels of the m rows that have one.
    rows : (m,)
        Indices of these rows, increasing.
    """
    times_s = labels.times_s
    first_after = np.searchsorted(times_s, rows_s, side="left")
    after = np.minimum(first_after, len(times_s) - 1)
    before = np.where(times_s[after] == rows_s, after, np.maximum(first_after - 1, 0))
    enclosed = (times_s[before] <= rows_s) & (rows_s <= times_s[after])
    on_line = enclosed & (times_s[after] - times_s[before] <= LONGEST_GAP_S)
    nearer = np.where(np.abs(times_s[after] - rows_s) < np.abs(rows_s - times_s[before]), after, before)
    rated = np.flatnonzero(on_line | (np.abs(times_s[nearer] - rows_s) <= NEAREST_S))
    low, high = (np.where(on_line, side, nearer)[rated] for side in (before, after))
    gap_s = times_s[high] - times_s[low]
    weight = np.where(gap_s > 0, rows_s[rated] - times_s[low], 0) / np.where(gap_s > 0, gap_s, 1)

    def interpolate(values: FloatArray) -> FloatArray:
        return np.asarray(values[low] + weight * (values[high] - values[low]))

    stds = [None if y is None else interpolate(y) for y in (labels.arousal_std, labels.valence_std)]
    raters = [
        None if n is None else np.minimum(n[low], n[high]) for n in (labels.arousal_raters, labels.valence_raters)
    ]
    annotation = Annotation(
        times_s=rows_s[rated],
        arousal=interpolate(labels.arousal),
        valence=interpolate(labels.valence),
        arousal_std=stds[0],
        valence_std=stds[1],
        arousal_raters=raters[0],
        valence_raters=raters[1],
    )
    return annotation, rated


def read_metadata(paths: Sequence[Path]) -> dict[str, SongMetadata]:
    """Read metadata of songs: song_id and any of artist, title, genre, arousal, valence.

    The last two are ratings of the whole song from 1 to 9; the names ``arousal_mean`` and ``valence_mean``, which
    ``moodcurve labels`` writes, are accepted too. Of several files, the first with a filled cell is used for it.

    Returns
    -------
    dict of str to SongMetadata
        By ``song_key`` of the id.

    Raises
    ------
    DatasetError
        If a file cannot be read, lacks song_id, has a song twice, or a rating is out of its range.
    """
    metadata: dict[str, SongMetadata] = {}
    for path in paths:
        table = read_table(path)
        song = table.column("song_id")
        artist, title, genre = (table.optional_column(name) for name in ("artist", "title", "genre"))
        arousal, valence = (table.optional_column(f"{axis}_mean", axis) for axis in AXES)
        lines: dict[str, int] = {}
        for row in table.rows:
            key = song_key(table.song_id(row, song))
            if key in lines:
                raise table.error(row, f"song {key} is already in line {lines[key]}")
            lines[key] = row.line
            earlier = metadata.get(key, SongMetadata())
            metadata[key] = SongMetadata(
                artist=earlier.artist or row.text(artist),
                title=earlier.title or row.text(title),
                genre=earlier.genre or row.text(genre),
                arousal=_song_rating(table, row, arousal) if earlier.arousal is None else earlier.arousal,
                valence=_song_rating(table, row, valence) if earlier.valence is None else earlier.valence,
            )
    return metadata


def _song_rating(table: Table, row: CsvRow, column: int | None) -> float | None:
    """Return a rating mapped from [1, 9] to [-1, 1]; None if it is missing."""
    rating = _optional_number(table, row, column, low=1, high=9)
    return None if math.isnan(rating) else from_nine_points(rating)


def _optional_number(table: Table, row: CsvRow, column: int | None, *, low: float, high: float) -> float:
    """Return a number, or NaN if the column is missing or the cell empty."""
    if column is None or not row.cell(column):
        return math.nan
    return table.number(row, column, low=low, high=high)


def _optional_count(table: Table, row: CsvRow, column: int | None) -> float:
    number = _optional_number(table, row, column, low=1, high=_MOST_RATERS)
    if column is not None and not math.isnan(number) and number != round(number):
        raise table.error(row, f"{table.header[column]} is {row.cell(column)!r}, expected a whole number")
    return number
