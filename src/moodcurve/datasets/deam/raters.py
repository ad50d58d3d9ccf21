"""The tracks of DEAM's single raters: a file a song and axis, a row a rater.

They are published at 2 Hz and without their first 15 s, so of the way from raters to labels only the last step,
averaging, is left to do.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from moodcurve.datasets.csv_tables import Row, Table, read_table
from moodcurve.datasets.deam.checks import YEARS
from moodcurve.datasets.deam.labels import sample_times
from moodcurve.datasets.raters.aggregation import RatedSong, spread
from moodcurve.datasets.song import DatasetError

RATERS = Path("annotations", "annotations per each rater", "dynamic (per second annotations)")
_WORKER = "workerid"


def rater_files(folder: Path) -> dict[int, tuple[Path, Path]]:
    """Find the songs of a DEAM folder that have files of single raters for both axes: arousal, valence, by id."""
    arousal, valence = (
        {int(path.stem): path for path in (folder / RATERS / axis).glob("*.csv") if path.stem.isdecimal()}
        for axis in ("arousal", "valence")
    )
    return {song_id: (arousal[song_id], valence[song_id]) for song_id in sorted(arousal.keys() & valence.keys())}


def read_rater_files(song_id: int, arousal: Path, valence: Path) -> RatedSong:
    """Read the tracks of one song.

    A header ``WorkerId,sample_15000ms,...``, its first column missing in the files of 2013, and a row a rater; a row
    may be shorter, and a cell empty or ``NaN`` where the rater said nothing. The moments are those of either file. A
    worker who stands there twice counts twice, as in DEAM's averages.

    Raises
    ------
    DatasetError
        If a file cannot be read, has no rater, a column is not on the grid of half seconds, or a rating is not a
        number in [-1, 1].
    """
    (a_times_s, a, a_by), (v_times_s, v, v_by) = _read(arousal), _read(valence)
    times_s = np.union1d(a_times_s, v_times_s)
    return RatedSong(
        song_id=str(song_id),
        part=next((str(year) for year, ids in YEARS.items() if song_id in ids), ""),
        times_s=times_s,
        arousal=_placed(a, np.searchsorted(times_s, a_times_s), len(times_s)),
        valence=_placed(v, np.searchsorted(times_s, v_times_s), len(times_s)),
        arousal_by=a_by,
        valence_by=v_by,
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class Spreads:
    """How a song's raters differ at the moments of its labels: the fields of ``Annotation`` of these names."""

    arousal_spread: npt.NDArray[np.float64]
    valence_spread: npt.NDArray[np.float64]
    arousal_raters: npt.NDArray[np.int64]
    valence_raters: npt.NDArray[np.int64]


def read_spreads(
    files: Mapping[int, tuple[Path, Path]], moments: Mapping[int, npt.NDArray[np.float64]]
) -> dict[int, Spreads]:
    """Read how the raters of some songs differ at some moments, for the songs that have ``files``.

    Where no rater speaks the number is 0 and the spread NaN, as it is of one rater.

    Raises
    ------
    DatasetError
        As ``read_rater_files``.
    """
    return {
        song_id: spreads_at(read_rater_files(song_id, *files[song_id]), times_s)
        for song_id, times_s in moments.items()
        if song_id in files
    }


def spreads_at(song: RatedSong, times_s: npt.NDArray[np.float64]) -> Spreads:
    """Give the spreads and numbers of one song's raters at some moments, as ``read_spreads``."""
    _, here, there = np.intersect1d(song.times_s, times_s, return_indices=True)
    found: dict[str, npt.NDArray[Any]] = {}
    for axis in ("arousal", "valence"):
        tracks = np.full((len(getattr(song, axis)), len(times_s)), np.nan)
        tracks[:, there] = getattr(song, axis)[:, here]
        found |= {f"{axis}_spread": spread(tracks), f"{axis}_raters": (~np.isnan(tracks)).sum(axis=0)}
    return Spreads(**found)


_FloatArray = npt.NDArray[np.float64]


def _read(path: Path) -> tuple[_FloatArray, _FloatArray, tuple[str, ...]]:
    table = read_table(path)
    first = int(table.header[0].casefold() == _WORKER)
    times_s = sample_times(table, first=first)
    if not table.rows:
        raise DatasetError(f"{path}: has no rater, expected a row for each")
    tracks = np.array([_track(table, row, first) for row in table.rows])
    return times_s, tracks, tuple(row.cells[0] if first else "" for row in table.rows)


def _track(table: Table, row: Row, first: int) -> _FloatArray:
    if len(row.cells) > len(table.header):
        raise table.error(row, f"{len(row.cells)} cells, expected {len(table.header)} at most")
    track = np.full(len(table.header) - first, np.nan)
    try:
        # fast, for a thousand files
        track[: len(row.cells) - first] = [cell or "nan" for cell in row.cells[first:]]
    except ValueError:
        track[:] = np.inf
    if np.any(np.abs(track) > 1):
        for column, cell in enumerate(row.cells):
            if column >= first and cell and cell.casefold() != "nan":
                table.number(row, column, low=-1, high=1)  # names the cell
    return track


def _placed(tracks: _FloatArray, columns: npt.NDArray[np.intp], moments: int) -> _FloatArray:
    placed = np.full((len(tracks), moments), np.nan)
    placed[:, columns] = tracks
    return placed
