"""Prepare a curve for drawing: ticks, axis limits, downsampling, smoothing. `web/src/curve/` does the same."""

import unicodedata
from dataclasses import replace
from pathlib import PurePath

import numpy as np

from moodcurve._typing import FloatArray
from moodcurve.curve import Curve

MAX_POINTS = 600
"""Most points that are drawn; longer curves are downsampled. Five minutes stay as they are."""
MIN_SPAN_S = 4.0
"""Span of the running mean that smooths the path on the circumplex; above four minutes, a 60th of the length."""

_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)


def time_ticks(duration_s: float, most: int = 9) -> list[float]:
    """Return round times from 0 to the end, at most `most` of them.

    >>> time_ticks(61.0, most=5)
    [0.0, 15.0, 30.0, 45.0, 60.0]
    """
    longest = _STEPS_S[-1]
    hours = range(2 * longest, int(duration_s) + 2 * longest, longest)
    step = next(step for step in (*_STEPS_S, *hours) if duration_s / step < most)
    return [float(tick) for tick in np.arange(0, duration_s, step)]


def length_s(curve: Curve) -> float:
    """Return the end of the time axis: the duration, or the last point if that is later."""
    return max(curve.duration_s, float(curve.times_s[-1]), 1e-3)


def value_limit(curve: Curve) -> float:
    """Return the limit of a symmetric value axis that shows the whole curve: 0.5, 0.75 or 1."""
    drawn = [curve.arousal, curve.valence, curve.arousal_interval, curve.valence_interval]
    highest = max(float(np.abs(values).max()) for values in drawn if values is not None)
    return 0.5 if highest <= 0.5 else 0.75 if highest <= 0.75 else 1.0


def downsample(curve: Curve) -> Curve:
    """Replace each k points of a curve by their mean, with the smallest k that leaves at most `MAX_POINTS`.

    Times, values, ends of intervals and probabilities are averaged; the last mean may be over fewer points. Silent
    points are averaged as well, and are not marked afterwards.
    """
    k = -(-len(curve.times_s) // MAX_POINTS)
    if k == 1:
        return curve
    edges = np.arange(0, len(curve.times_s), k)
    counts = np.diff([*edges, len(curve.times_s)])

    def mean(values: FloatArray) -> FloatArray:
        sums = np.add.reduceat(values, edges, axis=0)
        return np.asarray((sums.T / counts).T)

    interval_a, interval_v = curve.arousal_interval, curve.valence_interval
    return replace(
        curve,
        times_s=mean(curve.times_s),
        arousal=np.clip(mean(curve.arousal), -1, 1),
        valence=np.clip(mean(curve.valence), -1, 1),
        arousal_interval=None if interval_a is None else mean(interval_a),
        valence_interval=None if interval_v is None else mean(interval_v),
        probabilities=None if curve.probabilities is None else mean(curve.probabilities),
        silent=None,
    )


def smoothing_span_s(curve: Curve) -> float:
    """Return the span of `smooth_path` in whole seconds, see `MIN_SPAN_S`."""
    return max(MIN_SPAN_S, float(round(length_s(curve) / 60)))


def smooth_path(curve: Curve) -> FloatArray:
    """Average arousal and valence over `smoothing_span_s` around each point, over less at both ends.

    Returns
    -------
    ndarray (n, 2)
        Row i is the mean of the points within half the span of `times_s[i]`.
    """
    half = smoothing_span_s(curve) / 2 + 1e-9
    points = np.column_stack([curve.arousal, curve.valence])
    sums = np.vstack([np.zeros(2), np.cumsum(points, axis=0)])
    first = np.searchsorted(curve.times_s, curve.times_s - half)
    last = np.searchsorted(curve.times_s, curve.times_s + half)
    # the difference of sums can leave [-1, 1] by a rounding error
    mean: FloatArray = np.clip((sums[last] - sums[first]) / (last - first)[:, None], -1, 1)
    return mean


def label_heights(curve: Curve, top: float, apart: float) -> tuple[float, float]:
    """Return the heights of the labels at the ends of both lines, on an axis from -`top` to `top`.

    Labels nearer than `apart` are moved apart by equal parts, and both back inside the axis if needed.
    """
    arousal, valence = float(curve.arousal[-1]), float(curve.valence[-1])
    missing = max(0.0, apart - abs(arousal - valence)) / 2
    up = missing if arousal >= valence else -missing
    arousal, valence = arousal + up, valence - up
    shift = max(0.0, max(arousal, valence) - top) + min(0.0, min(arousal, valence) + top)
    return arousal - shift, valence - shift


def display_title(curve: Curve) -> str:
    """Return the title of a part of a file, else the file's name without its folders, which a page does not tell."""
    return drawable_text(curve.title or PurePath(curve.source).name) or "untitled"


def drawable_text(text: str) -> str:
    """Return text on one line that any font engine and encoder accepts.

    Control characters, line and paragraph separators and marks that change the writing direction become spaces; bytes
    of a file name that are not text become question marks.
    """
    text = text.encode("utf-8", "replace").decode("utf-8")
    return "".join(" " if unicodedata.category(c) in _CONTROL or c in _DIRECTION_MARKS else c for c in text)


_CONTROL = {"Cc", "Zl", "Zp"}
_DIRECTION_MARKS = {*map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2066, 0x206A))}
