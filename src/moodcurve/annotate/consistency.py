"""Measure how consistent a rater is: compare repeated songs with their first ratings."""

import math
from typing import Any

from moodcurve.curve import AXES
from moodcurve.datasets.raters.aggregation import rated_song
from moodcurve.datasets.raters.agreement import pairwise
from moodcurve.datasets.raters.study_record import RaterRecord
from moodcurve.datasets.song import DatasetError


def consistency(record: RaterRecord) -> dict[str, Any]:
    """Compare a rater's repeats with the first ratings of the same songs.

    Returns
    -------
    dict
        ``songs``, and for each axis the means over these songs of ``r`` and ``ccc`` between the two tracks, and
        ``rating``, the mean absolute difference between the two ratings of the whole song on nine points; None where
        undefined.
    """
    pairs = [
        (record.songs.index(record.songs[item]), item) for item in record.items(repeats=True) if record.is_done(item)
    ]
    found: dict[str, Any] = {"songs": len(pairs)}
    for i, axis in enumerate(AXES):
        values = [_similarity(record, first, again, axis) for first, again in pairs if record.is_done(first)]
        differences = [
            abs(record.ratings[first][i] - record.ratings[again][i])
            for first, again in pairs
            if first in record.ratings and again in record.ratings
        ]
        found[axis] = {
            "r": _mean([r for r, _ in values]),
            "ccc": _mean([ccc for _, ccc in values]),
            "rating": _mean([float(difference) for difference in differences]),
        }
    return found


def _similarity(record: RaterRecord, first: int, again: int, axis: str) -> tuple[float, float]:
    """Return r and CCC between two tracks of the same song, without their practice; NaN where undefined."""
    tracks = [record.track(item, axis) for item in (first, again)]
    try:
        song = rated_song("", tracks, tracks, skip_s=record.practice_s)
    except DatasetError:  # shorter than the practice
        return math.nan, math.nan
    return pairwise(song.arousal)


def _mean(values: list[float]) -> float | None:
    defined = [value for value in values if not math.isnan(value)]
    return sum(defined) / len(defined) if defined else None
