"""Compute the metrics of both axes with bootstrap intervals over songs."""

from collections.abc import Sequence

from moodcurve._typing import FloatArray
from moodcurve.curve import AXES
from moodcurve.metrics import METRICS
from moodcurve.metrics.bootstrap import Interval, bootstrap, bootstrap_difference

AxisIntervals = dict[str, dict[str, Interval]]
"""For each axis, each of `moodcurve.metrics.METRICS` with its interval."""


def axis_intervals(
    y_true: Sequence[FloatArray], y_pred: Sequence[FloatArray], *, draws: int, seed: int
) -> AxisIntervals:
    """Score predictions, (n, 2) per song, by `moodcurve.metrics.bootstrap.bootstrap` on each axis."""
    return {
        axis: bootstrap([t[:, i] for t in y_true], [p[:, i] for p in y_pred], METRICS, n=draws, seed=seed)
        for i, axis in enumerate(AXES)
    }


def axis_differences(
    y_true: Sequence[FloatArray], y_pred: Sequence[FloatArray], other: Sequence[FloatArray], *, draws: int, seed: int
) -> AxisIntervals:
    """Subtract the metrics of `other` by `moodcurve.metrics.bootstrap.bootstrap_difference` on each axis."""
    return {
        axis: bootstrap_difference(
            [t[:, i] for t in y_true],
            [p[:, i] for p in y_pred],
            [p[:, i] for p in other],
            METRICS,
            n=draws,
            seed=seed,
        )
        for i, axis in enumerate(AXES)
    }


def as_dict(intervals: AxisIntervals) -> dict[str, dict[str, dict[str, float | None]]]:
    """Return intervals for JSON, with None in place of NaN."""
    return {axis: {name: interval.as_dict() for name, interval in values.items()} for axis, values in intervals.items()}
