"""How the picture draws a curve: ticks, range of the axes, the smoothed path. `web/src/song/curve.ts` does it alike."""

import unicodedata
from dataclasses import replace
from pathlib import PurePath

import numpy as np

from moodcurve._typing import FloatArray
from moodcurve.curve import Curve

MOST_POINTS = 600
"""A curve is drawn by this many points at most, above by means: five minutes stay as they are, and an hour is
a line instead of a hedge."""
LEAST_SPAN_S = 4.0
"""The path on the circumplex is a running mean over this span or, above four minutes, over a 60th of the
length: a point that jumps twice a second shows no direction."""
AROUSAL_LIGHT, VALENCE_LIGHT = "#bf4a06", "#1767a8"
"""Orange and blue: told apart by the colour-blind too, and with a contrast above 4.5 on white."""

_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)


def time_ticks(duration_s: float, most: int = 9) -> list[float]:
    """Round times from 0 to the end, at most `most` of them.

    >>> time_ticks(61.0, most=5)
    [0.0, 15.0, 30.0, 45.0, 60.0]
    """
    longest = _STEPS_S[-1]
    hours = range(2 * longest, int(duration_s) + 2 * longest, longest)
    step = next(step for step in (*_STEPS_S, *hours) if duration_s / step < most)
    return [float(tick) for tick in np.arange(0, duration_s, step)]


def length_s(curve: Curve) -> float:
    """End of the time axis: the duration, or the last point where that lies behind it."""
    return max(curve.duration_s, float(curve.times_s[-1]), 1e-3)


def reach(curve: Curve) -> float:
    """End of a value axis that is symmetric about 0 and holds all of the curve: 0.5, 0.75 or 1."""
    drawn = [curve.arousal, curve.valence, curve.arousal_interval, curve.valence_interval]
    highest = max(float(np.abs(values).max()) for values in drawn if values is not None)
    return 0.5 if highest <= 0.5 else 0.75 if highest <= 0.75 else 1.0


def thinned(curve: Curve) -> Curve:
    """Give a curve as it is drawn: of more than `MOST_POINTS` points each k are replaced by their mean.

    The k is the smallest that does, the last mean may be of fewer; times, values, ends of intervals and
    probabilities alike.
    """
    k = -(-len(curve.times_s) // MOST_POINTS)
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
    )


def path_span_s(curve: Curve) -> float:
    """Give the span of `smooth_path` in whole seconds, see `LEAST_SPAN_S`."""
    return max(LEAST_SPAN_S, float(round(length_s(curve) / 60)))


def smooth_path(curve: Curve) -> FloatArray:
    """Average arousal and valence over `path_span_s` around each point, over less at both ends.

    Returns
    -------
    ndarray (n, 2)
        Row i is the mean of the points whose times differ from `times_s[i]` by half the span at most.
    """
    half = path_span_s(curve) / 2 + 1e-9
    points = np.column_stack([curve.arousal, curve.valence])
    sums = np.vstack([np.zeros(2), np.cumsum(points, axis=0)])
    first = np.searchsorted(curve.times_s, curve.times_s - half)
    last = np.searchsorted(curve.times_s, curve.times_s + half)
    # the difference of sums can leave [-1, 1] by a rounding error
    mean: FloatArray = np.clip((sums[last] - sums[first]) / (last - first)[:, None], -1, 1)
    return mean


def label_heights(curve: Curve, top: float, apart: float) -> tuple[float, float]:
    """Heights of the names at the ends of the two lines, on an axis from -`top` to `top`.

    Where the ends lie nearer than `apart`, the names move away from each other by equal parts, and both back
    inside the axis where that takes one out of it.
    """
    arousal, valence = float(curve.arousal[-1]), float(curve.valence[-1])
    missing = max(0.0, apart - abs(arousal - valence)) / 2
    up = missing if arousal >= valence else -missing
    arousal, valence = arousal + up, valence - up
    shift = max(0.0, max(arousal, valence) - top) + min(0.0, min(arousal, valence) + top)
    return arousal - shift, valence - shift


def title(curve: Curve) -> str:
    """Give the file's name alone: a page that is passed on should not tell the folders of its maker."""
    return drawable(PurePath(curve.source).name) or "untitled"


def drawable(text: str) -> str:
    """Give a text that any font engine and encoder takes, on one line.

    Control characters, line and paragraph separators and marks that turn the direction of writing become
    blanks, bytes of a file name that are no text a question mark each.
    """
    text = text.encode("utf-8", "replace").decode("utf-8")
    return "".join(" " if unicodedata.category(c) in _NO_TEXT or c in _TURNING else c for c in text)


_NO_TEXT = {"Cc", "Zl", "Zp"}
_TURNING = {*map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2066, 0x206A))}
