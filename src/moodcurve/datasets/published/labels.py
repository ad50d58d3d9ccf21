"""Read what the tables of published sets have in common: ratings over time, ratings of whole clips, and metadata."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from moodcurve.datasets.comparison import Comparison
from moodcurve.datasets.csv_tables import CsvRow, Table, read_table
from moodcurve.datasets.song import Annotation, DatasetError
from moodcurve.datasets.sound.labels import SoundLabels

Files = Mapping[str, Sequence[Path]]
"""Audio files by the key of a song."""
_LATEST_S = 1e6


@dataclass(frozen=True, kw_only=True)
class Scale:
    """The published scale of ratings."""

    low: float
    high: float

    def convert(self, value: float) -> float:
        """Map a rating linearly to [-1, 1].

        Examples
        --------
        >>> Scale(low=1, high=5).convert(4)
        0.5
        """
        return 2 * (value - self.low) / (self.high - self.low) - 1


@dataclass(frozen=True, eq=False, kw_only=True)
class PublishedLabels:
    """The labels of a published set.

    Attributes
    ----------
    songs : tuple of SoundLabels
        With ratings on [-1, 1].
    files : mapping of str to sequence of Path
        Audio files by `moodcurve.datasets.song_files.song_key` of a song's id.
    notes, song_rating_notes : tuple of str
        As in `moodcurve.datasets.Dataset`.
    comparisons : tuple of Comparison
    """

    songs: tuple[SoundLabels, ...]
    files: Files
    notes: tuple[str, ...] = ()
    song_rating_notes: tuple[str, ...] = ()
    comparisons: tuple[Comparison, ...] = field(default=())


def rows_by_song(table: Table, column: int) -> dict[str, CsvRow]:
    """Return the rows of a table that has one per song, by song id.

    Raises
    ------
    DatasetError
        If the table is empty, an id is malformed, or a song occurs twice.
    """
    rows: dict[str, CsvRow] = {}
    for row in table.rows:
        name = table.song_id(row, column)
        if name in rows:
            raise table.error(row, f"song {name} is already in line {rows[name].line}")
        rows[name] = row
    if not rows:
        raise DatasetError(f"{table.path}: no songs after the header line")
    return rows


def read_song_ratings(
    path: Path, scale: Scale, *, song: str, arousal: Sequence[str], valence: Sequence[str]
) -> dict[str, tuple[float, float]]:
    """Read ratings of whole clips, one row per song.

    Parameters
    ----------
    path : Path
    scale : Scale
    song : str
        Name of the column of ids, in lower case.
    arousal, valence : sequence of str
        Names of the columns of the axes, in lower case; the first that exists is read.

    Returns
    -------
    dict of str to (arousal, valence)
        On [-1, 1], by song id.

    Raises
    ------
    DatasetError
        If the file cannot be read, lacks a column, has a song twice, or a rating outside its scale.
    """
    table = read_table(path)
    axes = table.column(*arousal), table.column(*valence)
    ratings = {}
    for name, row in rows_by_song(table, table.column(song)).items():
        a, v = (scale.convert(table.number(row, column, low=scale.low, high=scale.high)) for column in axes)
        ratings[name] = a, v
    return ratings


def read_moments(
    path: Path, scale: Scale, *, song: str, time: str, arousal: str, valence: str
) -> dict[str, Annotation]:
    """Read ratings over time from a table with one row for each song and time.

    Parameters
    ----------
    path : Path
    scale : Scale
    song, time, arousal, valence : str
        Names of the columns, in lower case. Times are in seconds from the start of the song's sound.

    Returns
    -------
    dict of str to Annotation
        By song id, on [-1, 1], with increasing times.

    Raises
    ------
    DatasetError
        If the file cannot be read, lacks a column or has no rating, a song is rated twice at the same time, or a
        rating lies outside its scale.
    """
    table = read_table(path)
    columns = table.column(song), table.column(time), table.column(arousal), table.column(valence)
    found: dict[str, dict[float, tuple[float, float]]] = {}
    for row in table.rows:
        moments = found.setdefault(table.song_id(row, columns[0]), {})
        time_s = table.number(row, columns[1], low=0, high=_LATEST_S)
        if time_s in moments:
            raise table.error(row, f"song {row.cell(columns[0])} is already rated at {time_s:g} s")
        a, v = (scale.convert(table.number(row, column, low=scale.low, high=scale.high)) for column in columns[2:])
        moments[time_s] = a, v
    if not found:
        raise DatasetError(f"{path}: no ratings after the header line")
    return {name: _annotation(moments) for name, moments in found.items()}


def _annotation(moments: Mapping[float, tuple[float, float]]) -> Annotation:
    times_s = sorted(moments)
    values = np.array([moments[time_s] for time_s in times_s])
    return Annotation(times_s=np.array(times_s), arousal=values[:, 0], valence=values[:, 1])
