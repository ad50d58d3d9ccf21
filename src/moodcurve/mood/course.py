r"""Describe how a song moves over the plane: where it starts and ends, how far it rises and falls, where its peak is.

All values are of the points that are not silent, :math:`a_t` and :math:`v_t`, half a second apart. Minimum, maximum,
rise, fall, peak and volatility are of the curve smoothed over 5 s, :math:`\bar a_t = \frac{1}{|W_t|}\sum_{u \in W_t}
a_u`, where :math:`W_t` holds the points from t - 5 to t + 5, fewer at the ends: a single odd point counts little.
"""

import numpy as np

from moodcurve._typing import Float32Array, FloatArray
from moodcurve.mood.circumplex import NEUTRAL_RADIUS, QUADRANTS

END_SHARE = 0.1
"""Share of the song in its start, and in its end."""
END_POINTS = 20, 60
"""Fewest and most points in the start, and in the end: 10 s and 30 s; never more than half of the song."""
REACH = 5
"""Points on either side in a moving mean."""
STEP = 10
"""Points between which volatility is measured: 5 s."""
POINTS = 64
"""Points to which courses are resampled to compare them."""
AXIS_MEASURES = ("start", "end", "min", "max", "range", "rise", "fall")
TIME_IN = {name: f"time_{name.replace('-', '_')}" for name in QUADRANTS}
"""Columns of the time in each quadrant."""
COURSE_COLUMNS = (
    *(f"{axis}_{measure}" for axis in ("arousal", "valence") for measure in AXIS_MEASURES),
    "peak_s",
    "peak_at",
    "volatility",
    *TIME_IN.values(),
)
"""Names of what `measure_course` returns, in order."""
DECIMALS = 4
_UNIT = 127
"""Steps in which a resampled course is stored, per 1."""


def measure_course(
    times_s: FloatArray, arousal: FloatArray, valence: FloatArray, duration_s: float
) -> dict[str, float]:
    r"""Return `COURSE_COLUMNS` of a song.

    For each axis, here arousal, with n points:

    - ``arousal_start``, ``arousal_end``: mean of the first and of the last k points, k = n / 10, but at least 20 and at
      most 60 (10 s to 30 s), and at most half of them, rounded up
    - ``arousal_min``, ``arousal_max``: :math:`\min_t \bar a_t`, :math:`\max_t \bar a_t`
    - ``arousal_range``: their difference
    - ``arousal_rise``: :math:`\max_{s \le t} (\bar a_t - \bar a_s)`, the largest increase from an earlier to a later
      point
    - ``arousal_fall``: :math:`\max_{s \le t} (\bar a_s - \bar a_t)`

    Of both:

    - ``peak_s``: time of the first point at which :math:`\bar a_t` is highest, in seconds; ``peak_at``: the middle of
      its window as a share of the song. The peak's height is ``arousal_max``
    - ``volatility``: :math:`\frac{1}{n-10}\sum_t \sqrt{(\bar a_{t+10} - \bar a_t)^2 + (\bar v_{t+10} - \bar v_t)^2}`,
      the mean distance on the plane between points 5 s apart; 0 for 10 points or fewer
    - ``time_excited_positive``, ``time_tense_negative``, ``time_sad_negative``, ``time_calm_positive``: share of the
      points in each quadrant, not smoothed. The rest is neutral

    Parameters
    ----------
    times_s, arousal, valence : (n,)
        The points that are not silent, at least one; times in seconds.
    duration_s : float
        Length of the song in seconds.

    Examples
    --------
    >>> rising = np.linspace(-0.5, 0.5, 240)
    >>> course = measure_course(np.arange(240) / 2, rising, np.zeros(240), 120.5)
    >>> course["arousal_start"], course["arousal_rise"], course["arousal_fall"], course["peak_at"]
    (-0.4519, 0.9791, 0.0, 0.9959)
    """
    n = len(arousal)
    ends = min(max(END_POINTS[0], min(round(END_SHARE * n), END_POINTS[1])), (n + 1) // 2)
    found: dict[str, float] = {}
    smooth = {}
    for axis, values in (("arousal", arousal), ("valence", valence)):
        y = smooth[axis] = moving_mean(values)
        low, high = float(y.min()), float(y.max())
        measures = (
            float(values[:ends].mean()),
            float(values[-ends:].mean()),
            low,
            high,
            high - low,
            float((y - np.minimum.accumulate(y)).max()),
            float((np.maximum.accumulate(y) - y).max()),
        )
        found |= {f"{axis}_{name}": value for name, value in zip(AXIS_MEASURES, measures, strict=True)}
    peak_s = float(times_s[int(np.argmax(smooth["arousal"]))])
    found["peak_s"] = peak_s
    found["peak_at"] = min((peak_s + 0.5) / duration_s, 1.0)
    a, v = smooth["arousal"], smooth["valence"]
    found["volatility"] = float(np.hypot(a[STEP:] - a[:-STEP], v[STEP:] - v[:-STEP]).mean()) if n > STEP else 0.0
    placed = np.hypot(arousal, valence) >= NEUTRAL_RADIUS
    for name, inside in zip(
        TIME_IN.values(),
        (
            (arousal >= 0) & (valence >= 0),
            (arousal >= 0) & (valence < 0),
            (arousal < 0) & (valence < 0),
            (arousal < 0) & (valence >= 0),
        ),
        strict=True,
    ):
        found[name] = float((placed & inside).mean())
    return {name: round(value, DECIMALS) + 0.0 for name, value in found.items()}


def moving_mean(values: FloatArray) -> FloatArray:
    """Return the mean of each point (n,) and up to `REACH` points on either side (n,)."""
    n = len(values)
    sums = np.concatenate([[0.0], np.cumsum(values)])
    at = np.arange(n)
    low, high = np.maximum(at - REACH, 0), np.minimum(at + REACH + 1, n)
    smooth: FloatArray = (sums[high] - sums[low]) / (high - low)
    return smooth


def resample_course(arousal: FloatArray, valence: FloatArray, points: int = POINTS) -> FloatArray:
    """Return the arousal and valence of a song, (n,) each, as means of `points` equal stretches (points, 2).

    Each point counts in the stretches that its half second overlaps.
    """
    n = len(arousal)
    edges = np.linspace(0, n, points + 1)
    found = np.empty((points, 2))
    for i, values in enumerate((arousal, valence)):
        # the integral of the curve as steps, read at the edges: exact means, however the stretches divide the points
        sums = np.interp(edges, np.arange(n + 1), np.concatenate([[0.0], np.cumsum(values)]))
        found[:, i] = np.diff(sums) * points / n
    return found


def pack_course(course: FloatArray) -> bytes:
    """Return a resampled course (points, 2) in [-1, 1] as bytes, in steps of 1/127."""
    return np.rint(np.clip(course, -1, 1) * _UNIT).astype(np.int8).tobytes()


def unpack_courses(packed: bytes) -> Float32Array:
    """Return resampled courses (n, `POINTS`, 2) from their joined bytes."""
    return np.frombuffer(packed, np.int8).reshape(-1, POINTS, 2).astype(np.float32) / np.float32(_UNIT)
