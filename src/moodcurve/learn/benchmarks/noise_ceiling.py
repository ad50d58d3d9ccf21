"""Estimate noise ceilings for a benchmark's table: the accuracy of a perfect model on labels of few raters."""

import math
from dataclasses import dataclass
from pathlib import Path

from moodcurve.curve import AXES
from moodcurve.datasets import Dataset
from moodcurve.datasets.deam.raters import RATERS
from moodcurve.datasets.layout import read_raters
from moodcurve.datasets.raters.noise_ceiling import Ceilings, ceilings
from moodcurve.evaluation import EVALUATION_METRICS
from moodcurve.learn.benchmarks.axis_intervals import AxisIntervals
from moodcurve.learn.benchmarks.protocols import find_protocol
from moodcurve.metrics.bootstrap import Interval

CEILING_NAMES = {
    "components": "ceiling (variance components)",
    "halves": "ceiling (split halves)",
    "one_rater": "one rater against the others",
}
"""The estimates of `moodcurve.datasets.raters.noise_ceiling`, as the table names them."""


@dataclass(frozen=True, kw_only=True)
class NoiseCeiling:
    """One estimate of the ceiling: `moodcurve.evaluation.EVALUATION_METRICS` by axis; RMSEs are lower bounds."""

    name: str
    intervals: AxisIntervals


def noise_ceilings(folder: Path, dataset: Dataset, protocol: str, *, seed: int) -> tuple[NoiseCeiling, ...]:
    """Estimate the noise ceilings of a dataset's songs from the ratings of single raters.

    All rated points count, also the few without features.

    Parameters
    ----------
    folder : path
        Folder of the dataset.
    dataset : Dataset
    protocol : str
        One of `moodcurve.learn.benchmarks.protocols.PROTOCOLS`.
    seed : int
        For split halves and intervals.

    Returns
    -------
    tuple of NoiseCeiling
        One for each of `CEILING_NAMES`. Empty if ratings of single raters are missing: DEAM has them for its averaged
        labels, not for the 2015 labels.

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
        NoiseCeiling(name=name, intervals={axis: _as_metrics(found[axis], estimate) for axis in AXES})
        for estimate, name in CEILING_NAMES.items()
    )


def _as_metrics(found: Ceilings, estimate: str) -> dict[str, Interval]:
    """Return one estimate as `EVALUATION_METRICS`, with r2 and determination derived from r."""
    metrics = dict(getattr(found, estimate))
    r = metrics["r"]
    # the ends can be squared because r is not negative
    metrics["r2"] = Interval(value=r.value**2, low=r.low**2, high=r.high**2)
    # a perfect model leaves only the labels' error: 1 - V_error / V_L = V_T / V_L = r²;
    # for one rater the variance of the others' mean would have to be known
    unknown = Interval(value=math.nan, low=math.nan, high=math.nan)
    metrics["determination"] = unknown if estimate == "one_rater" else metrics["r2"]
    return {name: metrics[name] for name in EVALUATION_METRICS}
