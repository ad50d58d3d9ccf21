"""Read the tracks of DEAM's individual raters: one file per song and axis, one row per rater.

They are published at 2 Hz and without their first 15 s, so that only averaging is left to do.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from moodcurve._typing import FloatArray
from moodcurve.datasets.csv_tables import CsvRow, Table, read_table
from moodcurve.datasets.deam.checks import YEARS
from moodcurve.datasets.deam.labels import DYNAMIC, read_ratings, sample_times
from moodcurve.datasets.raters.aggregation import RatedSong, rater_std
from moodcurve.datasets.raters.reader import RaterData
from moodcurve.datasets.song import DatasetError

RATERS = Path("annotations", "annotations per each rater", "dynamic (per second annotations)")
_WORKER = "workerid"


def read_deam_raters(folder: Path) -> RaterData:
    """Read the tracks of all raters of a DEAM folder, and the published averages.

    Raises
    ------
    DatasetError
        If no song has tracks of both axes, or a file is malformed.
    """
    songs = tuple(_read_rater_files(song_id, *paths) for song_id, paths in rater_files(folder).items())
    if not songs:
        raise DatasetError(f"{folder / RATERS}: no song with files in both arousal/ and valence/")
    published = [folder / DYNAMIC / f"{axis}.csv" for axis in ("arousal", "valence")]
    averages = read_ratings(*published) if all(file.is_file() for file in published) else {}
    return RaterData(
        name="DEAM",
        songs=songs,
        song_ratings={},
        grid="as published",
        averages={str(song_id): ratings for song_id, ratings in averages.items()},
    )


def rater_files(folder: Path) -> dict[int, tuple[Path, Path]]:
    """Return the arousal and valence files of each song of a DEAM folder that has both, by song id."""
    arousal, valence = (
        {int(path.stem): path for path in (folder / RATERS / axis).glob("*.csv") if path.stem.isdecimal()}
        for axis in ("arousal", "valence")
    )
    return {song_id: (arousal[song_id], valence[song_id]) for song_id in sorted(arousal.keys() & valence.keys())}


def _read_rater_files(song_id: int, arousal: Path, valence: Path) -> RatedSong:
    """Read the tracks of one song.

    The header is ``WorkerId,sample_15000ms,...``, without the first column in the files of 2013, and each row is a
    rater. A row may be shorter than the header, and a cell empty or ``NaN`` where there is no rating. The times are
    those of either file. A worker with two rows counts twice, as in DEAM's averages.

    Raises
    ------
    DatasetError
        If a file cannot be read or has no rater, a column is not on the grid of half seconds, or a rating is not a
        number in [-1, 1].
    """
    (a_times_s, a, a_by), (v_times_s, v, v_by) = _read(arousal), _read(valence)
    times_s = np.union1d(a_times_s, v_times_s)
    return RatedSong(
        song_id=str(song_id),
        part=next((str(year) for year, ids in YEARS.items() if song_id in ids), ""),
        times_s=times_s,
        arousal=_scatter(a, np.searchsorted(times_s, a_times_s), len(times_s)),
        valence=_scatter(v, np.searchsorted(times_s, v_times_s), len(times_s)),
        arousal_by=a_by,
        valence_by=v_by,
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class RaterStats:
    """Standard deviation over a song's raters and their number at the times of its labels, as in ``Annotation``."""

    arousal_std: FloatArray
    valence_std: FloatArray
    arousal_raters: npt.NDArray[np.int64]
    valence_raters: npt.NDArray[np.int64]


def read_rater_stats(
    files: Mapping[int, tuple[Path, Path]], times_s: Mapping[int, FloatArray]
) -> dict[int, RaterStats]:
    """Compute the rater statistics of the songs in ``files`` at the given times.

    Without a rater the number is 0 and the standard deviation NaN; with one rater the latter is NaN too.

    Raises
    ------
    DatasetError
        As ``_read_rater_files``.
    """
    return {
        song_id: rater_stats_at(_read_rater_files(song_id, *files[song_id]), song_times_s)
        for song_id, song_times_s in times_s.items()
        if song_id in files
    }


def rater_stats_at(song: RatedSong, times_s: FloatArray) -> RaterStats:
    """Compute the rater statistics of one song at the given times, see ``read_rater_stats``."""
    _, rated, wanted = np.intersect1d(song.times_s, times_s, return_indices=True)
    stats: dict[str, npt.NDArray[Any]] = {}
    for axis in ("arousal", "valence"):
        tracks = np.full((len(getattr(song, axis)), len(times_s)), np.nan)
        tracks[:, wanted] = getattr(song, axis)[:, rated]
        stats |= {f"{axis}_std": rater_std(tracks), f"{axis}_raters": (~np.isnan(tracks)).sum(axis=0)}
    return RaterStats(**stats)


def _read(path: Path) -> tuple[FloatArray, FloatArray, tuple[str, ...]]:
    """Return the times, the tracks (raters, times) and the raters' names of a file."""
    table = read_table(path)
    first = int(table.header[0].casefold() == _WORKER)
    times_s = sample_times(table, first=first)
    if not table.rows:
        raise DatasetError(f"{path}: has no rater, expected one per row")
    tracks = np.array([_track(table, row, first) for row in table.rows])
    return times_s, tracks, tuple(row.cells[0] if first else "" for row in table.rows)


def _track(table: Table, row: CsvRow, first: int) -> FloatArray:
    if len(row.cells) > len(table.header):
        raise table.error(row, f"{len(row.cells)} cells, expected at most {len(table.header)}")
    track = np.full(len(table.header) - first, np.nan)
    try:
        # fast, since there are thousands of files
        track[: len(row.cells) - first] = [cell or "nan" for cell in row.cells[first:]]
    except ValueError:
        track[:] = np.inf
    if np.any(np.abs(track) > 1):
        for column, cell in enumerate(row.cells):
            if column >= first and cell and cell.casefold() != "nan":
                table.number(row, column, low=-1, high=1)  # names the cell
    return track


def _scatter(tracks: FloatArray, columns: npt.NDArray[np.intp], count: int) -> FloatArray:
    """Return tracks with ``count`` columns, NaN but for the given ones."""
    scattered = np.full((len(tracks), count), np.nan)
    scattered[:, columns] = tracks
    return scattered
