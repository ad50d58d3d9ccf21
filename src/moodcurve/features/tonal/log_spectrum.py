"""Compute log-frequency spectra of sixteen frames at once, and the salience of each bin as a pitch.

There are three bins per semitone over six octaves. Tables (bins, 16) hold a frame per column (see ``simd.py``).
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from moodcurve._typing import Float32Array, FloatArray
from moodcurve.features.jit.kernel import exact, fast
from moodcurve.features.jit.simd import LANES, aligned_table, broadcast, load, maximum, muladd, sqrt, store

PER_OCTAVE = 36
OCTAVES = 6
BINS = PER_OCTAVE * OCTAVES
LOWEST_HZ = 440 * 2 ** (-33 / 12)
"""Frequency of the middle bin of the first semitone: C2, 65.4 Hz."""
REACH = PER_OCTAVE // 2
"""Bins on either side in a local mean: half an octave."""
COMPRESSION = 100.0
"""Amplitudes are compressed as log2(1 + 100 a / largest a): linear up to about -40 dB."""
HARMONICS = (36, 57, 72, 84)
"""Distance of the harmonics 2 to 5 from the fundamental (bins, rounded)."""
_ROOT_HALF = np.float32(np.sqrt(0.5)).view(np.int32)
_TWO_OVER_LN2 = 2 / np.log(2)
_SERIES = (np.float32(1 / 3), np.float32(1 / 5), np.float32(1 / 7), np.float32(1 / 9))
_TINY = np.float32(1e-30)


class LogAxis(NamedTuple):
    """Weights that map FFT bins to log-frequency bins."""

    first: npt.NDArray[np.int64]
    """First FFT bin of each log-frequency bin (216,)."""
    offsets: npt.NDArray[np.int64]
    """Index of its first weight, and the number of all weights (217,)."""
    weights: Float32Array


class LogTables(NamedTuple):
    """Work tables (216, 16)."""

    amplitude: Float32Array
    """Amplitudes a: square roots of the power around each bin."""
    salience: Float32Array
    """Salience of each bin."""
    work: Float32Array


def log_tables() -> LogTables:
    """Return work tables."""
    return LogTables(aligned_table(BINS), aligned_table(BINS), aligned_table(BINS + 1))


def log_axis(freqs: FloatArray) -> LogAxis:
    """Return the weights for FFT bins of these frequencies (Hz, from 0).

    Triangles around 65.4 Hz · 2^((b - 1)/36), which reach as far as the next log-frequency bin or the next FFT bin,
    whichever is farther. Bins beyond the highest frequency are empty.
    """
    centers = LOWEST_HZ * 2 ** ((np.arange(BINS) - 1) / PER_OCTAVE)
    reach = np.maximum(centers * (2 ** (1 / PER_OCTAVE) - 1), freqs[1])
    first, offsets, weights = [], [0], []
    for center, width in zip(centers, reach, strict=True):
        inside = np.flatnonzero(np.abs(freqs - center) < width)
        first.append(int(inside[0]) if len(inside) else 0)
        weights.append(1 - np.abs(freqs[inside] - center) / width)
        offsets.append(offsets[-1] + len(inside))
    return LogAxis(np.array(first), np.array(offsets), np.concatenate(weights).astype(np.float32))


@exact
def log_spectrum(magnitudes: Float32Array, axis: LogAxis, tables: LogTables) -> None:
    """Compute amplitudes and saliences of sixteen frames from their magnitudes (n, 16)."""
    largest = broadcast(_TINY)
    for b in range(BINS):
        power = broadcast(np.float32(0))
        shift = axis.first[b] - axis.offsets[b]
        for w in range(axis.offsets[b], axis.offsets[b + 1]):
            m = load(magnitudes, w + shift)
            power = muladd(m * m, axis.weights[w], power)
        amplitude = sqrt(power)
        largest = maximum(largest, amplitude)
        store(tables.amplitude, b, amplitude)
    scale = np.empty(LANES, np.float32)
    store(scale, 0, largest)
    for lane in range(LANES):
        scale[lane] = np.float32(COMPRESSION) / scale[lane]
    for b in range(BINS):
        store(tables.salience, b, muladd(load(tables.amplitude, b), load(scale, 0), broadcast(np.float32(1))))
    log2(tables.salience.reshape(-1))
    _subtract_local_mean(tables.salience, tables.work)
    _weigh_by_harmonics(tables.salience)


@fast
def log2(x: Float32Array) -> None:
    """Replace positive normal numbers by their logarithms to base 2, exact to 1e-7 (see `spectral.py`)."""
    bits = x.view(np.int32)
    for k in range(len(x)):
        exponent = np.int32(np.int32(bits[k] - _ROOT_HALF) >> np.int32(23))
        m = np.int32(bits[k] - np.int32(exponent << np.int32(23))).view(np.float32)
        s = (m - np.float32(1)) / (m + np.float32(1))
        q = s * s
        series = q * (_SERIES[0] + q * (_SERIES[1] + q * (_SERIES[2] + q * _SERIES[3])))
        x[k] = np.float32(exponent) + np.float32(_TWO_OVER_LN2) * (s + s * series)


@exact
def _subtract_local_mean(x: Float32Array, sums: Float32Array) -> None:
    """Subtract from each bin the mean of the bins within half an octave; set negative results to 0."""
    zero = broadcast(np.float32(0))
    total = zero
    store(sums, 0, total)
    for b in range(BINS):
        total = total + load(x, b)
        store(sums, b + 1, total)
    for b in range(BINS):
        low, high = max(b - REACH, 0), min(b + REACH + 1, BINS)
        mean = (load(sums, high) - load(sums, low)) * np.float32(1 / (high - low))
        store(x, b, maximum(load(x, b) - mean, zero))


@exact
def _weigh_by_harmonics(x: Float32Array) -> None:
    """Replace each bin by sqrt(x_b Σ_h x_{b + harmonic h}), h = 1 .. 5.

    Overtones lose against fundamentals, and a bin without energy of its own stays 0. The sum over harmonics is the
    sub-harmonic summation of Hermes (1988).
    """
    for b in range(BINS):
        here = load(x, b)
        total = here
        for distance in HARMONICS:
            if b + distance < BINS:
                total = total + load(x, b + distance)
        store(x, b, sqrt(here * total))
