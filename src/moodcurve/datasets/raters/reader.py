"""Read the ratings of individual raters from two plain tables.

``tracks.csv`` has one entry of a rater per row, in any order; arousal or valence may be empty::

    song_id,rater,time_s,arousal,valence
    waltz,ann,15.02,0.31,-0.2

``ratings.csv`` has one rating of a whole song per row, from 1 to 9::

    song_id,rater,arousal,valence
    waltz,ann,7,4
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from moodcurve.curve import AXES
from moodcurve.datasets.csv_tables import CsvRow, Table, read_table
from moodcurve.datasets.raters.aggregation import Between, RatedSong, RawTrack, rated_song
from moodcurve.datasets.song import Annotation, DatasetError
from moodcurve.datasets.song_ids import natural_key

TRACKS, RATINGS = "tracks.csv", "ratings.csv"
_LATEST_S = 1e6

SongRatings = Mapping[str, Mapping[str, tuple[float, ...]]]
"""By song and axis, each rater's rating of the whole song, from 1 to 9."""


@dataclass(frozen=True, eq=False, kw_only=True)
class RaterData:
    """Ratings of some songs by individual raters.

    Attributes
    ----------
    name : str
        Name of the data in results.
    songs : tuple of RatedSong
        Tracks over time; may be empty if there are ``song_ratings``.
    song_ratings : mapping of str to mapping of str to tuple of float
        By song and axis, each rater's rating of the whole song, from 1 to 9.
    grid : str
        How the tracks were resampled to 2 Hz; empty if there are none.
    averages : mapping of str to Annotation
        By song, the published means over these raters; empty if none were published.
    notes : tuple of str
        What was left out, one sentence each.
    """

    name: str
    songs: tuple[RatedSong, ...]
    song_ratings: SongRatings
    grid: str
    averages: Mapping[str, Annotation]
    notes: tuple[str, ...] = ()


def read_rater_tables(files: Sequence[Path], *, name: str, skip_s: float, between: Between) -> RaterData:
    """Read tables of tracks and of ratings of whole songs, recognized by name or columns.

    Parameters
    ----------
    files : sequence of Path
        At most one of each kind.
    name : str
        Name of the data in results.
    skip_s, between
        How to resample tracks, see ``rated_song``.

    Raises
    ------
    DatasetError
        If a file is malformed (the message names the file, the line and what was expected).
    """
    songs: tuple[RatedSong, ...] = ()
    notes: list[str] = []
    song_ratings: SongRatings = {}
    for file in files:
        table = read_table(file)
        if not table.rows:
            raise DatasetError(f"{file}: no ratings after the header line")
        if file.name == TRACKS or "time_s" in (column.casefold() for column in table.header):
            songs, notes = _read_tracks(table, skip_s, between)
        else:
            song_ratings = _read_song_ratings(table)
    grid = f"resampled ({between}), the first {skip_s:g} s dropped" if songs else ""
    return RaterData(name=name, songs=songs, song_ratings=song_ratings, grid=grid, averages={}, notes=tuple(notes))


def _read_tracks(table: Table, skip_s: float, between: Between) -> tuple[tuple[RatedSong, ...], list[str]]:
    """Collect the entries of each song, and resample its tracks; also return notes on songs left out."""
    entries = _entries_by_song(table)
    songs, notes = [], []
    for song_id in sorted(entries, key=natural_key):
        arousal, valence = map(_raw_tracks, entries[song_id])
        try:
            songs.append(rated_song(song_id, arousal, valence, skip_s=skip_s, between=between))
        except DatasetError as error:
            notes.append(f"left out: {error}")
    if not songs:
        raise DatasetError(f"{table.path}: no usable song; {notes[0]}")
    return tuple(songs), notes


_Entries = dict[str, list[tuple[float, float]]]
"""Times and values by rater."""


def _entries_by_song(table: Table) -> dict[str, tuple[_Entries, _Entries]]:
    """Return the entries of arousal and valence by song."""
    song, rater, time = (table.column(name) for name in ("song_id", "rater", "time_s"))
    axes = [table.column(name) for name in AXES]
    entries: dict[str, tuple[_Entries, _Entries]] = {}
    for row in table.rows:
        song_id, name = _name(table, row, song), _name(table, row, rater)
        time_s = table.number(row, time, low=0, high=_LATEST_S)
        filled = [axis for axis in axes if axis < len(row.cells) and row.cells[axis]]
        if not filled:
            raise table.error(row, "arousal and valence are empty, expected at least one of them")
        tracks = entries.setdefault(song_id, ({}, {}))
        for i, axis in enumerate(axes):
            if axis in filled:
                tracks[i].setdefault(name, []).append((time_s, table.number(row, axis, low=-1, high=1)))
    return entries


def _raw_tracks(entries: _Entries) -> list[RawTrack]:
    tracks = []
    for rater, pairs in entries.items():
        times_s, values = np.array(pairs).T
        tracks.append(RawTrack(rater=rater, times_s=times_s, values=values))
    return tracks


def _read_song_ratings(table: Table) -> dict[str, dict[str, tuple[float, ...]]]:
    """Read a table of ratings of whole songs."""
    song, rater, *axes = (table.column(name) for name in ("song_id", "rater", *AXES))
    ratings: dict[str, dict[str, tuple[float, ...]]] = {}
    lines: dict[tuple[str, str], int] = {}
    for row in table.rows:
        key = _name(table, row, song), _name(table, row, rater)
        if key in lines:
            raise table.error(row, f"{key[1]} already rated song {key[0]} in line {lines[key]}")
        lines[key] = row.line
        values = [table.number(row, column, low=1, high=9) for column in axes]
        of_song = ratings.setdefault(key[0], dict.fromkeys(AXES, ()))
        for axis, value in zip(AXES, values, strict=True):
            of_song[axis] = (*of_song[axis], value)
    return {song_id: ratings[song_id] for song_id in sorted(ratings, key=natural_key)}


def _name(table: Table, row: CsvRow, column: int) -> str:
    cell = row.cells[column] if column < len(row.cells) else ""
    if not cell:
        raise table.error(row, f"{table.header[column]} is empty, expected a name")
    return cell
