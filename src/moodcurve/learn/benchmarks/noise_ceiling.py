"""The noise ceiling as rows of a benchmark's table: what a perfect model could reach against labels of few raters."""

import math
from dataclasses import dataclass
from pathlib import Path

from moodcurve.datasets import Dataset
from moodcurve.datasets.deam.raters import RATERS
from moodcurve.datasets.layout import read_raters
from moodcurve.datasets.raters.noise_ceiling import Ceilings, ceilings
from moodcurve.evaluation import AXES, FIGURES
from moodcurve.learn.benchmarks.axis_intervals import AxisIntervals
from moodcurve.learn.benchmarks.protocols import find_protocol
from moodcurve.metrics.bootstrap import Interval

NAMES = {
    "components": "ceiling, by variance components",
    "halves": "ceiling, by halves of the raters",
    "one_rater": "one rater, against the others",
}
"""The ways of `moodcurve.datasets.raters.noise_ceiling`, as the table names them."""


@dataclass(frozen=True, kw_only=True)
class Ceiling:
    """One way to the ceiling: the figures of `moodcurve.learn.benchmarks.benchmark.COLUMNS` by axis; RMSEs are floors."""

    name: str
    intervals: AxisIntervals


def ceiling_rows(folder: Path, dataset: Dataset, protocol: str, *, seed: int) -> tuple[Ceiling, ...]:
    """Estimate the ceilings of a dataset's songs from the tracks of their raters.

    They are over all rated moments, also the few that have no features. None are given where single raters' tracks
    are not known: those of DEAM belong to its averaged labels alone, so the 2015 labels go without.

    Parameters
    ----------
    folder : path
        The dataset's.
    dataset : Dataset
    protocol : str
        Which labels were read.
    seed : int
        Of the halves and of the intervals.

    Raises
    ------
    DatasetError
        If a file of raters is malformed.
    """
    if find_protocol(protocol).labels != "deam" or not (folder / RATERS).is_dir():
        return ()
    wanted = {song.song_id for song in dataset.songs}
    songs = [song for song in read_raters(folder).songs if song.song_id in wanted]
    if len(songs) < len(wanted):
        return ()
    found = {axis: ceilings([getattr(song, axis) for song in songs], seed=seed) for axis in AXES}
    return tuple(
        Ceiling(name=name, intervals={axis: _figures(found[axis], way) for axis in AXES}) for way, name in NAMES.items()
    )


def _figures(found: Ceilings, way: str) -> dict[str, Interval]:
    figures = dict(getattr(found, way))
    r = figures["r"]
    # of a correlation that is not negative the square has the squared ends
    figures["r2"] = Interval(value=r.value**2, low=r.low**2, high=r.high**2)
    # who says what all listeners would say leaves the labels' error alone: 1 - V_error / V_L = V_T / V_L = r²;
    # of one rater the spread of the others' mean would have to be known
    unknown = Interval(value=math.nan, low=math.nan, high=math.nan)
    figures["determination"] = unknown if way == "one_rater" else figures["r2"]
    return {name: figures[name] for name in FIGURES}
