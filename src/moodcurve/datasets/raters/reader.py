"""Single raters' ratings from disk: DEAM's files, or two plain tables that anyone can make.

``tracks.csv``, a row an entry, in any order; arousal or valence may be empty where an entry is of one of them::

    song_id,rater,time_s,arousal,valence
    waltz,ann,15.02,0.31,-0.2

``ratings.csv``, a row for each rater of a whole song, on nine points::

    song_id,rater,arousal,valence
    waltz,ann,7,4
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from moodcurve.datasets.csv_tables import Row, Table, read_table
from moodcurve.datasets.deam.labels import Ratings, read_ratings
from moodcurve.datasets.deam.raters import RATERS, rater_files, read_rater_files
from moodcurve.datasets.deam.reader import DYNAMIC
from moodcurve.datasets.raters.aggregation import SKIP_S, Between, RatedSong, RawTrack, rated_song
from moodcurve.datasets.song import DatasetError

TRACKS, RATINGS = "tracks.csv", "ratings.csv"
_AXES = ("arousal", "valence")
_LATEST_S = 1e6


@dataclass(frozen=True, eq=False, kw_only=True)
class RaterData:
    """What single raters said of some songs.

    Attributes
    ----------
    name : str
        Names the data in results.
    songs : tuple of RatedSong
        Tracks; may be empty where ``song_ratings`` is not.
    song_ratings : mapping of str to mapping of str to tuple of float
        By song and axis, each rater's rating of the whole song, 1 to 9.
    grid : str
        How the tracks came to 2 Hz; empty where there are none.
    averages : mapping of str to Ratings
        By song, what was published as the means over these raters; empty where nothing was.
    notes : tuple of str
        What was left out, a sentence each.
    """

    name: str
    songs: tuple[RatedSong, ...]
    song_ratings: Mapping[str, Mapping[str, tuple[float, ...]]]
    grid: str
    averages: Mapping[str, Ratings]
    notes: tuple[str, ...] = ()


def read_raters(path: str | Path, *, skip_s: float = SKIP_S, between: Between = "line") -> RaterData:
    """Read single raters' ratings.

    Parameters
    ----------
    path : path
        A folder of DEAM, a folder with ``tracks.csv`` or ``ratings.csv`` or both, or a file like one of these, known
        by its columns.
    skip_s, between
        For raw tracks, as in ``annotation.rated_song``. DEAM's tracks lie on the grid and are trimmed already.

    Raises
    ------
    DatasetError
        If nothing of that kind is there, or a file is malformed (the message names file, line and what was expected).
    """
    path = Path(path)
    if path.is_dir() and (path / RATERS).is_dir():
        return _read_deam(path)
    files = [path] if path.is_file() else [path / name for name in (TRACKS, RATINGS) if (path / name).is_file()]
    if not files:
        raise DatasetError(
            f"{path}: no ratings of single raters; expected {TRACKS} (song_id,rater,time_s,arousal,valence) or "
            f"{RATINGS} (song_id,rater,arousal,valence), or a folder of DEAM with {RATERS} in it"
        )
    songs: tuple[RatedSong, ...] = ()
    notes: list[str] = []
    song_ratings: Mapping[str, Mapping[str, tuple[float, ...]]] = {}
    for file in files:
        table = read_table(file)
        if not table.rows:
            raise DatasetError(f"{file}: has no rating below its header line")
        if file.name == TRACKS or "time_s" in (name.casefold() for name in table.header):
            songs, notes = _songs(table, skip_s, between)
        else:
            song_ratings = _song_ratings(table)
    grid = f"resampled ({between}), the first {skip_s:g} s dropped" if songs else ""
    return RaterData(
        name=path.resolve().stem,
        songs=songs,
        song_ratings=song_ratings,
        grid=grid,
        averages={},
        notes=tuple(notes),
    )


def _read_deam(folder: Path) -> RaterData:
    songs = tuple(read_rater_files(song_id, *paths) for song_id, paths in rater_files(folder).items())
    if not songs:
        raise DatasetError(f"{folder / RATERS}: no song with files in both arousal/ and valence/")
    published = [folder / DYNAMIC / f"{axis}.csv" for axis in _AXES]
    averages = read_ratings(*published) if all(file.is_file() for file in published) else {}
    return RaterData(
        name="DEAM",
        songs=songs,
        song_ratings={},
        grid="as published",
        averages={str(song_id): ratings for song_id, ratings in averages.items()},
    )


def _songs(table: Table, skip_s: float, between: Between) -> tuple[tuple[RatedSong, ...], list[str]]:
    """Gather the entries of a table of tracks, and bring each song's to the grid."""
    columns = [table.column(name) for name in ("song_id", "rater", "time_s")]
    axes = [table.column(name) for name in _AXES]
    entries: dict[str, tuple[dict[str, list[tuple[float, float]]], ...]] = {}
    for row in table.rows:
        song_id, rater = _name(table, row, columns[0]), _name(table, row, columns[1])
        time_s = table.number(row, columns[2], low=0, high=_LATEST_S)
        said = [axis for axis in axes if axis < len(row.cells) and row.cells[axis]]
        if not said:
            raise table.error(row, "neither arousal nor valence, expected one of them at least")
        tracks = entries.setdefault(song_id, ({}, {}))
        for i, axis in enumerate(axes):
            if axis in said:
                tracks[i].setdefault(rater, []).append((time_s, table.number(row, axis, low=-1, high=1)))
    songs, notes = [], []
    for song_id in sorted(entries, key=natural):
        try:
            songs.append(
                rated_song(song_id, *(_tracks(axis) for axis in entries[song_id]), skip_s=skip_s, between=between)
            )
        except DatasetError as error:
            notes.append(f"left out: {error}")
    if not songs:
        raise DatasetError(f"{table.path}: no song is left; {notes[0]}")
    return tuple(songs), notes


def _tracks(axis: dict[str, list[tuple[float, float]]]) -> list[RawTrack]:
    tracks = []
    for rater, entries in axis.items():
        times_s, values = np.array(entries).T
        tracks.append(RawTrack(rater=rater, times_s=times_s, values=values))
    return tracks


def _song_ratings(table: Table) -> dict[str, dict[str, tuple[float, ...]]]:
    """Read a table of ratings of whole songs."""
    columns = [table.column(name) for name in ("song_id", "rater", *_AXES)]
    found: dict[str, dict[str, tuple[float, ...]]] = {}
    seen: dict[tuple[str, str], int] = {}
    for row in table.rows:
        key = _name(table, row, columns[0]), _name(table, row, columns[1])
        if key in seen:
            raise table.error(row, f"{key[1]} has rated song {key[0]} in line {seen[key]} already")
        seen[key] = row.line
        values = [table.number(row, column, low=1, high=9) for column in columns[2:]]
        before = found.setdefault(key[0], dict.fromkeys(_AXES, ()))
        for axis, value in zip(_AXES, values, strict=True):
            before[axis] = (*before[axis], value)
    return {song_id: found[song_id] for song_id in sorted(found, key=natural)}


def _name(table: Table, row: Row, column: int) -> str:
    cell = row.cells[column] if column < len(row.cells) else ""
    if not cell:
        raise table.error(row, f"{table.header[column]} is empty, expected a name")
    return cell


def natural(song_id: str) -> list[tuple[int, str]]:
    """Give the key that sorts names with numbers as people do: 2 before 10.

    Examples
    --------
    >>> sorted(["song 10", "song 2", "a"], key=natural)
    ['a', 'song 2', 'song 10']
    """
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", song_id)]
