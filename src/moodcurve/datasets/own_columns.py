"""Read extra feature columns that users add to a folder of annotated songs: one table per song in ``columns/``."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from moodcurve._typing import Float32Array, FloatArray
from moodcurve.datasets.csv_tables import Table, read_table
from moodcurve.datasets.song import DatasetError
from moodcurve.datasets.song_files import files_by_key, song_key
from moodcurve.features import Features
from moodcurve.features.feature_sets import HOP_S, FeatureSet, join, own_set

FOLDER = "columns"
TIME = "frameTime"
NEAREST_S = HOP_S / 2
"""Largest distance between a feature row and its row in the table (seconds)."""
_LARGEST = float(np.finfo(np.float32).max)


def join_own_columns(folder: Path, features: Mapping[str, Features]) -> dict[str, Features]:
    """Join the columns in a folder's ``columns/<id>.csv`` to the features of its songs.

    A table has the column ``frameTime`` (seconds, increasing) and at least one other, separated by commas or
    semicolons. Each feature row takes the nearest row of the table, at most 0.25 s away. All tables have the same
    columns. They form the part `moodcurve.features.feature_sets.OWN` of the joined feature set.

    Parameters
    ----------
    folder : Path
        The folder of songs. Without ``columns/``, the features are returned as they are.
    features : mapping of str to Features
        By song id.

    Returns
    -------
    dict of str to Features

    Raises
    ------
    DatasetError
        If a song has no table, a table is malformed, has other columns than the first song's, a column of the feature
        set, or no row at the time of a feature row; the message names the file and the line or time.
    """
    home = folder / FOLDER
    if not home.is_dir() or not features:
        return dict(features)
    files = files_by_key(home, ending=".csv")
    own: FeatureSet | None = None
    joined = {}
    for song_id, found in features.items():
        paths = files.get(song_key(song_id), [])
        if len(paths) != 1:
            raise DatasetError(f"{home}: {len(paths)} tables of song {song_id}, expected one, {FOLDER}/{song_id}.csv")
        names, times_s, values = _read(paths[0])
        own = own or _define(paths[0], names, found.feature_set)
        if set(names) != set(own.names):
            differing = sorted(set(names) ^ set(own.names))
            raise DatasetError(f"{paths[0]}, line 1: other columns than the first song's; differing: {differing[0]!r}")
        ordered = values[:, [names.index(name) for name in own.names]]
        rows = np.hstack([found.values, ordered[_nearest(paths[0], times_s, found.times_s)]])
        parts = [*(found.feature_set.parts or (found.feature_set,)), own]
        joined[song_id] = Features(rows, found.times_s, join(parts), sr=found.sr)
    return joined


def _define(path: Path, names: tuple[str, ...], computed: FeatureSet) -> FeatureSet:
    """Return the feature set of a table's columns, after checking that none is a computed column."""
    if known := [name for name in names if name in computed.names]:
        raise DatasetError(f"{path}, line 1: column {known[0]!r} is one of {computed.name}; rename it")
    return own_set(names)


def _read(path: Path) -> tuple[tuple[str, ...], FloatArray, Float32Array]:
    """Return the names of a table's columns, its times, and its values (rows, columns)."""
    table = read_table(path, separators=",;")
    time = table.column(TIME.casefold())
    columns = [i for i in range(len(table.header)) if i != time]
    names = tuple(table.header[i] for i in columns)
    if not names or not all(names) or len(set(names)) < len(names):
        raise DatasetError(f"{path}, line 1: expected {TIME} and other columns with different names")
    if not table.rows:
        raise DatasetError(f"{path}: no rows after the header line")
    times_s = _column(table, time)
    unordered = np.flatnonzero(np.diff(times_s) <= 0)
    if len(unordered):
        row = table.rows[int(unordered[0]) + 1]
        raise table.error(row, f"{TIME} is {row.cells[time]}, expected more than in the row before")
    return names, times_s, np.column_stack([_column(table, i) for i in columns]).astype(np.float32)


def _column(table: Table, column: int) -> FloatArray:
    return np.array([table.number(row, column, low=-_LARGEST, high=_LARGEST) for row in table.rows])


def _nearest(path: Path, times_s: FloatArray, rows_s: FloatArray) -> np.ndarray:
    """Return for each feature row the index of the table's nearest row."""
    after = np.clip(np.searchsorted(times_s, rows_s), 0, len(times_s) - 1)
    before = np.maximum(after - 1, 0)
    nearest = np.where(np.abs(times_s[after] - rows_s) < np.abs(times_s[before] - rows_s), after, before)
    far = np.flatnonzero(np.abs(times_s[nearest] - rows_s) > NEAREST_S)
    if len(far):
        raise DatasetError(
            f"{path}: no row within {NEAREST_S:g} s of {rows_s[far[0]]:g} s; expected one for each of the "
            f"{len(rows_s)} feature rows, which start every {HOP_S:g} s"
        )
    return nearest
