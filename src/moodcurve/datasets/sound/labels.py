"""Read the labels of songs published as audio: one row per song, with ratings, a quadrant, or both."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from moodcurve._typing import FloatArray
from moodcurve.curve import AXES
from moodcurve.datasets.csv_tables import CsvRow, Table, read_table
from moodcurve.datasets.song import Annotation, DatasetError, SongMetadata
from moodcurve.mood.circumplex import QUADRANTS
from moodcurve.mood.scale import from_nine_points

ID_COLUMNS = ("song_id", "clip", "id")
"""Names of the column of ids; the first of them that exists is used."""
QUADRANT_NAMES = dict(zip(("Q1", "Q2", "Q3", "Q4"), QUADRANTS, strict=True))
"""Quadrants, anticlockwise from excited-positive."""
_MOMENT = re.compile(r"(arousal|valence)_(\d{1,9})ms", re.IGNORECASE)


@dataclass(frozen=True, eq=False, kw_only=True)
class SoundLabels:
    """The labels of one song.

    Attributes
    ----------
    song_id : str
    metadata : SongMetadata
        Artist, title and genre; and the rating of the whole clip on [-1, 1], or None.
    moments : Annotation or None
        Ratings over time, with the times of the table; None if there are none.
    quadrant : str or None
        One of `moodcurve.mood.circumplex.QUADRANTS`.
    words : mapping of str to float
        Share of the listeners who chose each emotion word.
    is_compared : bool
        Whether the song is compared with others.
    """

    song_id: str
    metadata: SongMetadata
    moments: Annotation | None = None
    quadrant: str | None = None
    words: Mapping[str, float] = field(default_factory=dict)
    is_compared: bool = False

    @property
    def has_other_labels(self) -> bool:
        """True if the song has a quadrant, words or comparisons."""
        return self.quadrant is not None or bool(self.words) or self.is_compared

    @property
    def is_empty(self) -> bool:
        """True if the song has no label at all."""
        return self.moments is None and self.metadata.arousal is None and not self.has_other_labels


def has_sound_labels(header: Sequence[str]) -> bool:
    """Return True if a table with this header holds one row per song, as `read_sound_labels` reads it.

    Examples
    --------
    >>> has_sound_labels(["clip", "quadrant"]), has_sound_labels(["song_id", "time_s", "arousal", "valence"])
    (True, False)
    """
    names = {name.casefold() for name in header}
    if "time_s" in names or not names & {*ID_COLUMNS}:
        return False
    return "quadrant" in names or names >= {*AXES} or any(map(_MOMENT.fullmatch, names))


def read_sound_labels(path: Path) -> list[SoundLabels]:
    """Read a table with one row per song.

    The id is in the column ``song_id``, ``clip`` or ``id``. Optional columns are ``artist``, ``title`` and ``genre``.
    Labels are in any of these columns, whose cells may be empty:

    - ``arousal_<milliseconds>ms`` and ``valence_<milliseconds>ms``: ratings over time, in [-1, 1]. A time counts if
      both axes are rated.
    - ``arousal`` and ``valence``: ratings of the whole clip. If all of them lie in [-1, 1], they are taken as they
      are; else all must lie between 1 and 9, and are mapped linearly, 5 to 0.
    - ``quadrant``: ``Q1`` (excited-positive), ``Q2`` (tense-negative), ``Q3`` (sad-negative), ``Q4`` (calm-positive).

    Raises
    ------
    DatasetError
        If the file cannot be read, lacks the columns, has no song, a song twice, only one axis of a rating, or a cell
        with something else.
    """
    table = read_table(path)
    names = [name.casefold() for name in table.header]
    repeated = [name for i, name in enumerate(names) if name in names[:i]]
    if repeated:
        raise DatasetError(f"{path}, line 1: column {repeated[0]!r} occurs twice")
    song = table.column(*ID_COLUMNS)
    moments = _moment_columns(table)
    low, high = _clip_scale(table, names)
    info = [table.optional_column(name) for name in ("artist", "title", "genre")]
    lines: dict[str, int] = {}
    found = []
    for row in table.rows:
        song_id = table.song_id(row, song)
        if song_id in lines:
            raise table.error(row, f"song {song_id} is already in line {lines[song_id]}")
        lines[song_id] = row.line
        artist, title, genre = (row.text(column) for column in info)
        arousal, valence = _clip_rating(table, row, names, low, high)
        found.append(
            SoundLabels(
                song_id=song_id,
                metadata=SongMetadata(artist=artist, title=title, genre=genre, arousal=arousal, valence=valence),
                moments=_moments(table, row, moments),
                quadrant=_quadrant(table, row, names),
            )
        )
    if not found:
        raise DatasetError(f"{path}: no songs after the header line")
    return found


def _moment_columns(table: Table) -> tuple[FloatArray, list[tuple[int, int]]]:
    """Return the times (seconds, increasing) that have a column of both axes, and the columns of both axes."""
    columns: dict[str, dict[int, int]] = {axis: {} for axis in AXES}
    for i, name in enumerate(table.header):
        if match := _MOMENT.fullmatch(name):
            columns[match[1].casefold()][int(match[2])] = i
    arousal, valence = (columns[axis] for axis in AXES)
    if single := sorted(arousal.keys() ^ valence.keys()):
        present = "arousal" if single[0] in arousal else "valence"
        raise DatasetError(
            f"{table.path}, line 1: has {present}_{single[0]}ms, expected the other axis at this time too"
        )
    times_ms = sorted(arousal)
    return np.array(times_ms, dtype=np.float64) / 1000, [(arousal[t], valence[t]) for t in times_ms]


def _moments(table: Table, row: CsvRow, moments: tuple[FloatArray, list[tuple[int, int]]]) -> Annotation | None:
    times_s, columns = moments
    rated = [i for i, pair in enumerate(columns) if all(row.cell(column) for column in pair)]
    if not rated:
        return None
    values = np.array([[table.number(row, column, low=-1, high=1) for column in columns[i]] for i in rated])
    return Annotation(times_s=times_s[rated], arousal=values[:, 0], valence=values[:, 1])


def _clip_scale(table: Table, names: list[str]) -> tuple[float, float]:
    """Return the limits of ratings of whole clips: (-1, 1) if all lie in them, else (1, 9)."""
    columns = [names.index(axis) for axis in AXES if axis in names]
    if len(columns) == 1:
        raise DatasetError(f"{table.path}, line 1: has {table.header[columns[0]]}, expected both arousal and valence")
    for row in table.rows:
        for column in columns:
            if row.cell(column) and not -1 <= table.number(row, column, low=-1, high=9) <= 1:
                return 1, 9
    return -1, 1


def _clip_rating(
    table: Table, row: CsvRow, names: list[str], low: float, high: float
) -> tuple[float | None, float | None]:
    cells = [names.index(axis) for axis in AXES if axis in names]
    filled = [column for column in cells if row.cell(column)]
    if not filled:
        return None, None
    if len(filled) == 1:
        raise table.error(row, f"has {table.header[filled[0]]} alone, expected both arousal and valence, or neither")
    arousal, valence = (table.number(row, column, low=low, high=high) for column in cells)
    return (arousal, valence) if high == 1 else (from_nine_points(arousal), from_nine_points(valence))


def _quadrant(table: Table, row: CsvRow, names: list[str]) -> str | None:
    cell = row.cell(names.index("quadrant")) if "quadrant" in names else ""
    if cell and cell.upper() not in QUADRANT_NAMES:
        raise table.error(row, f"quadrant is {cell!r}, expected one of {', '.join(QUADRANT_NAMES)}")
    return QUADRANT_NAMES[cell.upper()] if cell else None
