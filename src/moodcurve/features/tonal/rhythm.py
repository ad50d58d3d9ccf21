"""Compute the rhythm columns from the onset strength of the last 8 s: tempo, clarity of the pulse, onsets."""

from typing import NamedTuple

import numpy as np

from moodcurve._typing import Float32Array, FloatArray
from moodcurve.features.jit.kernel import exact, fast
from moodcurve.features.tonal.columns import RHYTHM, TEMPI
from moodcurve.features.tonal.onsets import RATE

CONTEXT = 8 * RATE
"""Frames in the context of a row, 8 s."""
PER_ROW = RATE // 2
NEIGHBORS = RATE // 2
"""Frames on either side in the local mean."""
LAGS = 2 * 60 * RATE // 40 + 2
"""Lags of the autocorrelation: up to two periods of 40 beats per minute."""
SLOWEST, FASTEST = 40.0, 240.0
"""Range of the tempo (beats per minute)."""
PREFERRED = 115.0
"""Center of the tempo's prior (beats per minute)."""
PRIOR_OCTAVES = 1.0
"""Standard deviation of the tempo's prior (octaves)."""


class RhythmPlan(NamedTuple):
    """Constants."""

    prior: FloatArray
    """Weight of each lag as a period (LAGS,); 0 outside the range of the tempo."""
    tempo_lags: FloatArray
    """Lag of each tempo whose strength is a column."""


def rhythm_plan() -> RhythmPlan:
    """Return the constants."""
    tempo = 60 * RATE / np.maximum(np.arange(LAGS), 1)
    prior = np.exp(-0.5 * (np.log2(tempo / PREFERRED) / PRIOR_OCTAVES) ** 2)
    return RhythmPlan(np.where((tempo >= SLOWEST) & (tempo <= FASTEST), prior, 0.0), 60 * RATE / np.array(TEMPI))


class Rhythm:
    """Rhythm columns, one row every 0.5 s; row h ends where window h - 1 ends."""

    _STATE = ("_frames", "_pending")

    def __init__(self) -> None:
        self._plan = rhythm_plan()
        self._frames: Float32Array = np.zeros((CONTEXT, 2), np.float32)
        self._pending: Float32Array = np.empty((0, 2), np.float32)

    def push(self, frames: Float32Array) -> Float32Array:
        """Add onset strength and audibility of frames (n, 2); return the rows (m, columns) that are complete."""
        self._pending = np.concatenate([self._pending, frames])
        rows = np.empty((len(self._pending) // PER_ROW, len(RHYTHM)), np.float32)
        for row in rows:
            self._frames = np.concatenate([self._frames[PER_ROW:], self._pending[:PER_ROW]])
            self._pending = self._pending[PER_ROW:]
            _rhythm_row(self._frames, self._plan, row)
        return rows


@exact
def _rhythm_row(frames: Float32Array, plan: RhythmPlan, row: Float32Array) -> None:
    """Compute a row from the audible part of the context (400, 2); all 0 without audible frames."""
    first = count = 0
    for t in range(CONTEXT):
        if frames[t, 1] > 0:
            first = first if count else t
            count += 1
    if count == 0:
        row[:] = np.float32(0)
        return
    n = CONTEXT - first
    x = np.empty(n, np.float32)
    strength = frames[first:, 0]
    mean, deviation = _center(strength, x)
    correlations = np.zeros(LAGS)
    _autocorrelation(x, correlations)
    at = _tempo(correlations, plan, row)
    for lag in plan.tempo_lags:
        row[at] = _strength(correlations, lag)
        at += 1
    _onsets(strength, x, mean, deviation, row[at:])


@exact
def _center(strength: Float32Array, x: Float32Array) -> tuple[float, float]:
    """Write the smoothed strength less its local mean to x; return the strength's mean and standard deviation."""
    n = len(strength)
    sums = np.zeros(n + 1)
    square = 0.0
    for t in range(n):
        sums[t + 1] = sums[t] + strength[t]
        square += np.float64(strength[t]) ** 2
    for t in range(n):
        low, high = max(t - NEIGHBORS, 0), min(t + NEIGHBORS + 1, n)
        smooth = 0.5 * strength[t] + 0.25 * (strength[max(t - 1, 0)] + strength[min(t + 1, n - 1)])
        x[t] = smooth - (sums[high] - sums[low]) / (high - low)
    mean = sums[n] / n
    return mean, np.sqrt(max(square / n - mean * mean, 0.0))


@exact
def _autocorrelation(x: Float32Array, out: FloatArray) -> None:
    """Compute Σ x_t x_{t+l} / sqrt(Σ x_t² Σ x_{t+l}²), lags l up to half the length of x, else 0."""
    n = len(x)
    squares = np.zeros(n + 1)
    for t in range(n):
        squares[t + 1] = squares[t] + np.float64(x[t]) ** 2
    for lag in range(min(len(out), n // 2 + 1)):
        scale = np.sqrt(squares[n - lag] * (squares[n] - squares[lag]))
        out[lag] = _dot(x, lag) / scale if scale > 1e-12 else 0.0


@fast
def _dot(x: Float32Array, lag: int) -> float:
    total = np.float32(0)
    for t in range(len(x) - lag):
        total += x[t] * x[t + lag]
    return np.float64(total)


@exact
def _strength(correlations: FloatArray, lag: float) -> float:
    """Return the autocorrelation at a fractional lag."""
    whole = int(lag)
    part = lag - whole
    return (1 - part) * correlations[whole] + part * correlations[whole + 1]


@exact
def _tempo(correlations: FloatArray, plan: RhythmPlan, row: Float32Array) -> int:
    """Write tempo, pulse clarity and regularity; return their number."""
    best, highest, clarity = 0, 0.0, 0.0
    for lag in range(2, LAGS // 2):
        if plan.prior[lag] > 0.0:
            score = plan.prior[lag] * (correlations[lag] + 0.5 * correlations[2 * lag])
            clarity = max(clarity, correlations[lag])
            if score > highest:
                best, highest = lag, score
    row[1] = clarity
    if best == 0:
        row[0] = row[2] = np.float32(0)
        return 3
    before, here, after = correlations[best - 1], correlations[best], correlations[best + 1]
    curvature = before - 2 * here + after
    shift = 0.5 * (before - after) / curvature if curvature < 0.0 else 0.0
    row[0] = np.log2(60 * RATE / (best + min(max(shift, -0.5), 0.5)) / PREFERRED)
    row[2] = correlations[2 * best]
    return 3


@exact
def _onsets(strength: Float32Array, x: Float32Array, mean: float, deviation: float, out: Float32Array) -> None:
    """Write onsets per second, mean and relative spread of the strength, relative spread of the intervals."""
    n = len(x)
    count, last = 0, -1
    total = square = 0.0
    for t in range(n):
        peak = x[t] > 0.5 * deviation
        for d in range(-3, 4):
            if 0 <= t + d < n and (x[t + d] > x[t] or (d < 0 and x[t + d] == x[t])):
                peak = False
        if peak:
            if last >= 0:
                total += t - last
                square += np.float64(t - last) ** 2
            count, last = count + 1, t
    out[0] = count * RATE / n
    out[1] = mean
    out[2] = deviation / mean if mean > 1e-9 else 0.0
    out[3] = 0.0
    if count > 2:
        interval = total / (count - 1)
        out[3] = np.sqrt(max(square / (count - 1) - interval * interval, 0.0)) / interval
