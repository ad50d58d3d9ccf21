"""Compute the columns of rhythm from the onset strength of the last 8 s: tempo, clarity of the pulse, onsets."""

import numpy as np

from moodcurve._typing import Float32Array, FloatArray
from moodcurve.features.jit.kernel import exact
from moodcurve.features.jit.simd import LANES, broadcast, load, muladd, store
from moodcurve.features.tonal.columns import BANDS, FRAMES_PER_ROW, ONSETS, RHYTHM
from moodcurve.features.tonal.onsets import AUDIBLE, COLUMNS, FRAME_RATE, LOW, STRENGTH

CONTEXT = 8 * FRAME_RATE
"""Frames in the context of a row, 8 s."""
PER_ROW = FRAMES_PER_ROW
NEIGHBORS = FRAME_RATE // 2
"""Frames on either side in a local mean."""
SLOWEST, FASTEST = 40, 240
"""Range of the tempo (beats per minute)."""
PREFERRED = 115
"""Center of the tempo's prior (beats per minute)."""
PRIOR_OCTAVES = 1.0
"""Standard deviation of the tempo's prior (octaves)."""
PEAK_REACH = 3
"""Frames on either side that an onset exceeds."""
PEAK_STDS = 0.5
"""Standard deviations of the strength by which an onset exceeds the local mean."""
_LAGS = 60 * FRAME_RATE // SLOWEST * 2 // LANES * LANES + LANES
"""Lags of the autocorrelation: two periods of the slowest tempo."""


def tempo_prior() -> FloatArray:
    """Return the weight of each lag as a period: log-Gaussian in the tempo; 0 outside its range."""
    tempo = 60 * FRAME_RATE / np.maximum(np.arange(_LAGS // 2), 1)
    weights = np.exp(-0.5 * (np.log2(tempo / PREFERRED) / PRIOR_OCTAVES) ** 2)
    return np.where((tempo >= SLOWEST) & (tempo <= FASTEST), weights, 0.0)


class Rhythm:
    """Columns of rhythm and of onsets, one row every 0.5 s; row h describes the frames up to the time 0.5 h + 0.5 s."""

    _STATE = ("_frames", "_pending")

    def __init__(self) -> None:
        self._prior = tempo_prior()
        self._frames: Float32Array = np.zeros((CONTEXT, COLUMNS), np.float32)
        self._pending: Float32Array = np.empty((0, COLUMNS), np.float32)

    def push(self, frames: Float32Array) -> Float32Array:
        """Add frames (n, 5) of `Onsets`; return the rows (m, columns) that are complete."""
        self._pending = np.concatenate([self._pending, frames])
        rows = np.empty((len(self._pending) // PER_ROW, len(RHYTHM) + len(ONSETS)), np.float32)
        for row in rows:
            new = self._pending[:PER_ROW]
            self._frames = np.concatenate([self._frames[PER_ROW:], new])
            self._pending = self._pending[PER_ROW:]
            _rhythm_row(self._frames, self._prior, row[: len(RHYTHM)])
            row[len(RHYTHM) :] = new[:, [STRENGTH, LOW]].T.ravel()
        return rows


@exact
def _rhythm_row(frames: Float32Array, prior: FloatArray, row: Float32Array) -> None:
    """Compute a row from the context (400, 5), from its first audible frame on; all 0 without audible frames."""
    first = 0
    while first < CONTEXT and frames[first, AUDIBLE] == 0:
        first += 1
    row[:] = np.float32(0)
    if first == CONTEXT:
        return
    audible = frames[first:]
    deviations = np.zeros(CONTEXT + _LAGS, np.float32)  # zeros at the end are read by the autocorrelation
    x = deviations[: len(audible)]
    subtract_local_mean(audible[:, STRENGTH], x)
    correlations = np.zeros(_LAGS)
    autocorrelation(deviations, len(audible), correlations)
    _pulse(correlations, prior, row)
    mean, std = _moments(audible[:, STRENGTH])
    _count_onsets(x, PEAK_STDS * std, row[3:])
    row[5], row[6 + len(BANDS)] = mean, std / mean if mean > 1e-9 else 0.0
    for band in range(len(BANDS)):
        mean, std = _moments(audible[:, LOW + band])
        row[6 + band], row[7 + len(BANDS) + band] = mean, std / mean if mean > 1e-9 else 0.0


@exact
def subtract_local_mean(strength: Float32Array, x: Float32Array) -> None:
    """Write the strength, smoothed over three frames, less its mean over 0.5 s on either side, to x."""
    n = len(strength)
    sums = np.zeros(n + 1)
    for t in range(n):
        sums[t + 1] = sums[t] + strength[t]
    for t in range(n):
        low, high = max(t - NEIGHBORS, 0), min(t + NEIGHBORS + 1, n)
        smooth = 0.5 * strength[t] + 0.25 * (strength[max(t - 1, 0)] + strength[min(t + 1, n - 1)])
        x[t] = smooth - (sums[high] - sums[low]) / (high - low)


@exact
def autocorrelation(x: Float32Array, n: int, out: FloatArray) -> None:
    """Compute Σ x_t x_{t+l} / sqrt(Σ x_t² Σ x_{t+l}²), x_0 .. x_{n-1}, for lags l up to n / 2; 0 beyond.

    x is padded with zeros by the number of lags, a multiple of 16.
    """
    squares, products = np.zeros(n + 1), np.empty(len(out), np.float32)
    for t in range(n):
        squares[t + 1] = squares[t] + np.float64(x[t]) ** 2
    for lag in range(0, len(out), LANES):
        total = broadcast(np.float32(0))
        for t in range(n):
            total = muladd(load(x, t + lag), x[t], total)
        store(products, lag, total)
    for lag in range(min(len(out), n // 2 + 1)):
        scale = np.sqrt(squares[n - lag] * (squares[n] - squares[lag]))
        out[lag] = products[lag] / scale if scale > 1e-12 else 0.0


@exact
def _pulse(correlations: FloatArray, prior: FloatArray, row: Float32Array) -> None:
    """Write tempo, pulse clarity and pulse regularity; the tempo is 0 without a positive correlation."""
    best, highest, clarity = 0, 0.0, 0.0
    for lag in range(1, len(prior)):
        if prior[lag] > 0.0:
            clarity = max(clarity, correlations[lag])
            twice_as_fast = 0.5 * (correlations[lag // 2] + correlations[(lag + 1) // 2])
            score = prior[lag] * (correlations[lag] + 0.5 * correlations[2 * lag] - 0.5 * max(twice_as_fast, 0.0))
            if score > highest:
                best, highest = lag, score
    row[1] = clarity
    if best > 0:
        before, here, after = correlations[best - 1], correlations[best], correlations[best + 1]
        curvature = before - 2 * here + after
        shift = 0.5 * (before - after) / curvature if curvature < 0.0 else 0.0
        row[0] = np.log2(60 * FRAME_RATE / (best + min(max(shift, -0.5), 0.5)) / PREFERRED)
        row[2] = correlations[2 * best]


@exact
def _count_onsets(x: Float32Array, threshold: float, out: Float32Array) -> None:
    """Write the onsets per second, and the standard deviation of the intervals between them relative to their mean."""
    n = len(x)
    count, last, square = 0, 0, 0.0
    first = 0
    for t in range(n):
        peak = x[t] > threshold
        for other in range(max(t - PEAK_REACH, 0), min(t + PEAK_REACH + 1, n)):
            if x[other] > x[t] or (x[other] == x[t] and other < t):
                peak = False
        if peak:
            if count > 0:
                square += np.float64(t - last) ** 2
            else:
                first = t
            count, last = count + 1, t
    out[0] = count * FRAME_RATE / n
    if count > 2:
        interval = (last - first) / (count - 1)
        out[1] = np.sqrt(max(square / (count - 1) - interval * interval, 0.0)) / interval


@exact
def _moments(x: Float32Array) -> tuple[float, float]:
    """Return mean and standard deviation."""
    total = square = 0.0
    for value in x:
        total += value
    mean = total / len(x)
    for value in x:
        square += (value - mean) ** 2
    return mean, np.sqrt(square / len(x))
