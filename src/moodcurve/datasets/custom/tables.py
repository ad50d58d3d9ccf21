"""The tables of one's own annotated songs: labels on any grid of time, and what is known of each song."""

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from moodcurve._typing import FloatArray
from moodcurve.datasets.csv_tables import Row, Table, read_table
from moodcurve.datasets.song import Annotation, DatasetError
from moodcurve.features.feature_sets import HOP_S

AXES = ("arousal", "valence")
LONGEST_GAP_S = 1.0
"""Between labels at most so far apart the rating is taken to run on a straight line (seconds): one window."""
NEAREST_S = HOP_S / 2
"""How far at most a row may take over a label that stands alone (seconds): each label then has a row."""
_LATEST_S = 1e6
_LONGEST_ID = 255
"""No system has files of longer names."""
_LARGEST_SPREAD = 2.0
_MOST_RATERS = 1e6


@dataclass(frozen=True, kw_only=True)
class SongInfo:
    """What is known of a song: texts are empty, and ratings of the whole song on [-1, 1] None, where it is not."""

    artist: str = ""
    title: str = ""
    genre: str = ""
    arousal: float | None = None
    valence: float | None = None


def song_key(name: str) -> str:
    """Give one spelling for the ways in which systems write the same accents in file names.

    Examples
    --------
    >>> song_key("Cafe" + chr(0x301)) == song_key("Caf" + chr(0xE9))
    True
    """
    return unicodedata.normalize("NFC", name)


def read_labels(path: Path) -> dict[str, Annotation]:
    """Read ``labels.csv``: song_id, time_s, arousal, valence and, where known, spreads and numbers of raters.

    Times are as written; ``at_rows`` brings them to the rows of the features. An axis has a number of raters where
    every label of the song states one, and a spread where it has that or any label states one; spreads left empty are
    NaN.

    Returns
    -------
    dict of str to Annotation
        By song, in the order of time.

    Raises
    ------
    DatasetError
        If the file cannot be read, lacks a column or any label, a cell is out of its range, or a song has two labels
        at a time.
    """
    table = read_table(path)
    song, time = table.column("song_id"), table.column("time_s")
    axes = [table.column(axis) for axis in AXES]
    spreads = [_optional(table, f"{axis}_spread") for axis in AXES]
    raters = [_optional(table, f"{axis}_raters") for axis in AXES]
    found: dict[str, dict[float, list[float]]] = {}
    lines: dict[tuple[str, float], int] = {}
    for row in table.rows:
        song_id = _song_id(table, row, song)
        time_s = table.number(row, time, low=0, high=_LATEST_S)
        if (song_id, time_s) in lines:
            line = lines[song_id, time_s]
            raise table.error(row, f"song {song_id} has a label at {time_s:g} s in line {line} already")
        lines[song_id, time_s] = row.line
        found.setdefault(song_id, {})[time_s] = [
            *(table.number(row, column, low=-1, high=1) for column in axes),
            *(_known(table, row, column, low=0, high=_LARGEST_SPREAD) for column in spreads),
            *(_whole(table, row, column) for column in raters),
        ]
    if not found:
        raise DatasetError(f"{path}: has no label below its header line")
    return {song_id: _annotation(labels) for song_id, labels in found.items()}


def _annotation(labels: dict[float, list[float]]) -> Annotation:
    times_s = sorted(labels)
    arousal, valence, a_spread, v_spread, a_raters, v_raters = np.array([labels[time_s] for time_s in times_s]).T
    counts = [None if np.isnan(raters).any() else raters.astype(np.int64) for raters in (a_raters, v_raters)]
    spreads = [
        None if raters is None and np.isnan(spread).all() else spread
        for spread, raters in zip((a_spread, v_spread), counts, strict=True)
    ]
    return Annotation(
        times_s=np.array(times_s),
        arousal=arousal,
        valence=valence,
        arousal_spread=spreads[0],
        valence_spread=spreads[1],
        arousal_raters=counts[0],
        valence_raters=counts[1],
    )


def at_rows(labels: Annotation, rows_s: FloatArray) -> tuple[Annotation, npt.NDArray[np.intp]]:
    """Give the labels of the feature rows that have one, and the indices of these rows, increasing.

    A row that starts at t is rated by

    - the straight line between the last label up to t and the first from t on, if these are at most
      ``LONGEST_GAP_S`` apart; a label at t itself is taken as it is;
    - else the nearest label, if that is at most ``NEAREST_S`` away (of two as near, the earlier);
    - else not at all: nothing is made up in gaps, and ratings are not continued.

    Spreads go the same way (NaN where one of the two is); of the two numbers of raters the smaller counts.

    Parameters
    ----------
    labels : Annotation
        One label a time, in the order of time.
    rows_s : (n,)
        Starts of the rows, increasing.
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
    share = np.where(gap_s > 0, rows_s[rated] - times_s[low], 0) / np.where(gap_s > 0, gap_s, 1)

    def line(values: FloatArray) -> FloatArray:
        return np.asarray(values[low] + share * (values[high] - values[low]))

    spreads = [None if y is None else line(y) for y in (labels.arousal_spread, labels.valence_spread)]
    raters = [
        None if n is None else np.minimum(n[low], n[high]) for n in (labels.arousal_raters, labels.valence_raters)
    ]
    annotation = Annotation(
        times_s=rows_s[rated],
        arousal=line(labels.arousal),
        valence=line(labels.valence),
        arousal_spread=spreads[0],
        valence_spread=spreads[1],
        arousal_raters=raters[0],
        valence_raters=raters[1],
    )
    return annotation, rated


def read_infos(paths: Sequence[Path]) -> dict[str, SongInfo]:
    """Read what is known of songs: song_id and any of artist, title, genre, arousal, valence.

    The last two are ratings of the whole song from 1 to 9; ``arousal_mean`` and ``valence_mean``, as
    ``moodcurve labels`` writes them, are taken too. Of several files the first that says something counts, cell by
    cell; songs are told apart by ``song_key``.

    Raises
    ------
    DatasetError
        If a file cannot be read, lacks song_id, has a song twice, or a rating is out of its range.
    """
    infos: dict[str, SongInfo] = {}
    for path in paths:
        table = read_table(path)
        song = table.column("song_id")
        artist, title, genre = (_optional(table, name) for name in ("artist", "title", "genre"))
        arousal, valence = (_optional(table, f"{axis}_mean", axis) for axis in AXES)
        lines: dict[str, int] = {}
        for row in table.rows:
            key = song_key(_song_id(table, row, song))
            if key in lines:
                raise table.error(row, f"song {key} stands already in line {lines[key]}")
            lines[key] = row.line
            before = infos.get(key, SongInfo())
            infos[key] = SongInfo(
                artist=before.artist or _text(row, artist),
                title=before.title or _text(row, title),
                genre=before.genre or _text(row, genre),
                arousal=_level(table, row, arousal) if before.arousal is None else before.arousal,
                valence=_level(table, row, valence) if before.valence is None else before.valence,
            )
    return infos


def _optional(table: Table, *names: str) -> int | None:
    header = {name.casefold() for name in table.header}
    return table.column(*names) if header & {*names} else None


def _cell(row: Row, column: int | None) -> str:
    return row.cells[column] if column is not None and column < len(row.cells) else ""


def _text(row: Row, column: int | None) -> str:
    return " ".join(_cell(row, column).split())


def _level(table: Table, row: Row, column: int | None) -> float | None:
    """Map a rating from 1-9 to [-1, 1]."""
    rating = _known(table, row, column, low=1, high=9)
    return None if math.isnan(rating) else (rating - 5) / 4


def _song_id(table: Table, row: Row, column: int) -> str:
    cell = _cell(row, column)
    if not 0 < len(cell) <= _LONGEST_ID:
        raise table.error(row, f"song_id has {len(cell)} characters, expected a name of 1 to {_LONGEST_ID}")
    return cell


def _known(table: Table, row: Row, column: int | None, *, low: float, high: float) -> float:
    """Give a number, or NaN where the column or the cell is empty."""
    if column is None or not _cell(row, column):
        return math.nan
    return table.number(row, column, low=low, high=high)


def _whole(table: Table, row: Row, column: int | None) -> float:
    number = _known(table, row, column, low=1, high=_MOST_RATERS)
    if column is not None and not math.isnan(number) and number != round(number):
        raise table.error(row, f"{table.header[column]} is {_cell(row, column)!r}, expected a whole number")
    return number
