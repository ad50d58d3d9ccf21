"""Descriptors of the shape of 20 ms magnitude spectra M_k and power spectra P_k = M_k², sixteen frames at a time.

All sums run over bins k = 1..n, n = Nfft/2: the constant component k = 0 is never used. S is the sum of P_k.
Tables hold a frame in each of their sixteen columns (``simd.py``), spectra (n + 1, 16) and results (rows, 16); no
column depends on another, but for the flux, whose column follows on the one before. f_k are frequencies in Hz.
"""

from typing import NamedTuple

import numpy as np

from moodcurve._typing import Float32Array, FloatArray
from moodcurve.features.jit.kernel import exact, fast
from moodcurve.features.jit.simd import (
    LANES,
    aligned_table,
    broadcast,
    greater,
    load,
    maximum,
    minimum,
    muladd,
    store,
    to_double,
)

COLUMNS = 15
_POWER_FLOOR = 1e-7
"""Least power of a bin in the entropy."""
_LOG2_FLOOR = np.log2(_POWER_FLOOR)
_TWO_OVER_LN2 = 2 / np.log(2)
_ROOT_HALF = np.float32(np.sqrt(0.5)).view(np.int32)
"""The bits of √½ in single precision, read as an integer."""
_ODD = (np.float32(1 / 3), np.float32(1 / 5), np.float32(1 / 7), np.float32(1 / 9))
SHARES = (0.25, 0.50, 0.75, 0.90)
"""Of the power, at which a roll-off is."""
TOTAL, CENTROID, SHARPNESS, ROLL_OFF, FLUX, ENTROPY, MOMENTS, HARMONICITY = 0, 1, 2, 3, 7, 8, 9, 12
LOW_BAND, HIGH_BAND = 13, 14
"""Rows of the table of results; four roll-offs, three moments."""
ROWS = 15


class FrequencyAxis(NamedTuple):
    """What the descriptors need to know of the bins at one sample rate."""

    freqs: FloatArray
    """Frequency of each bin in Hz."""
    sharpness: Float32Array
    """z g(z), z the bin's Bark value."""
    low_band: Float32Array
    """Weight of each bin in 250-650 Hz."""
    high_band: Float32Array
    """Weight of each bin in 1000-4000 Hz."""


class Workspace(NamedTuple):
    """Tables to work in."""

    power: Float32Array
    logarithms: Float32Array
    results: FloatArray


def workspace(bins: int) -> Workspace:
    """Make the tables for spectra of so many bins."""
    return Workspace(aligned_table(bins), aligned_table(bins), aligned_table(ROWS, np.float64))


def frequency_axis(freqs: FloatArray) -> FrequencyAxis:
    """Precompute the weights for bins of these frequencies (Hz, from 0 to half the sample rate)."""
    return FrequencyAxis(freqs, _sharpness(freqs), _band(freqs, 250, 650), _band(freqs, 1000, 4000))


def bark(f: FloatArray) -> FloatArray:
    """Hz to Bark, 26.81 f / (1960 + f) - 0.53, corrected below 2 and above 20.1 (Traunmüller 1990)."""
    z = 26.81 * f / (1960 + f) - 0.53
    return np.where(z < 2, 0.85 * z + 0.3, np.where(z > 20.1, 1.22 * z - 0.22 * 20.1, z))


def _sharpness(freqs: FloatArray) -> Float32Array:
    z = bark(freqs)
    g = np.where(z <= 16, 1.0, 1 + (np.maximum(z - 16, 0) / 4) ** 1.5849625)
    return np.asarray(z * g, np.float32)


def _band(freqs: FloatArray, low: float, high: float) -> Float32Array:
    """Weight 1 inside the band, and the covered share of the step at both ends."""
    weights = np.zeros(len(freqs), np.float32)
    first = int(np.searchsorted(freqs, low, side="right"))
    past = int(np.searchsorted(freqs, high, side="left"))
    weights[first - 1] = (freqs[first] - low) / (freqs[first] - freqs[first - 1])
    if freqs[past] == high:
        weights[first : past + 1] = 1
        return weights
    weights[first : past - 1] = 1
    weights[past - 1] = (high - freqs[past - 1]) / (freqs[past] - freqs[past - 1])
    return weights


@exact
def power_spectrum(magnitudes: Float32Array, power: Float32Array) -> None:
    """P_k = M_k²."""
    for k in range(len(power)):
        m = load(magnitudes, k)
        store(power, k, m * m)


@exact
def weighted_sums(power: Float32Array, axis: FrequencyAxis, out: FloatArray) -> None:
    """S; the centroid μ = Σ f_k P_k / S in Hz; sharpness 0.11 Σ z_k g(z_k) P_k / S. Both 0 if S = 0.

    z is in Bark, g = 1 up to 16 Bark, then 1 + ((z - 16)/4)^1.5849625.
    """
    total = moment = sharp = broadcast(0.0)
    for k in range(1, len(axis.freqs)):
        p = to_double(load(power, k))
        total = total + p
        moment = muladd(p, axis.freqs[k], moment)
        sharp = muladd(p, axis.sharpness[k], sharp)
    store(out, TOTAL, total)
    store(out, CENTROID, moment)
    store(out, SHARPNESS, sharp)
    for lane in range(LANES):
        total_power = out[TOTAL, lane]
        out[CENTROID, lane] = out[CENTROID, lane] / total_power if total_power > 0 else 0.0
        out[SHARPNESS, lane] = 0.11 * out[SHARPNESS, lane] / total_power if total_power > 0 else 0.0


@exact
def band_energy(power: Float32Array, weights: Float32Array, row: int, out: FloatArray) -> None:
    """Weighted sum of P over a band, divided by n (``fband``), into a row of out."""
    total = broadcast(0.0)
    for k in range(len(weights)):
        if weights[k] > 0:
            total = muladd(to_double(load(power, k)), weights[k], total)
    store(out, row, total * (1 / (len(weights) - 1)))


@exact
def roll_off(power: Float32Array, freqs: FloatArray, out: FloatArray) -> None:
    """Smallest f_k with Σ_{j≤k} P_j ≥ p S, for p of 25, 50, 75 and 90 %; f_1 in silence."""
    total = load(out, TOTAL)
    a, b, c, d = SHARES[0] * total, SHARES[1] * total, SHARES[2] * total, SHARES[3] * total
    reached = below_a = below_b = below_c = below_d = broadcast(0.0)
    for k in range(1, len(freqs)):
        reached = reached + to_double(load(power, k))
        below_a, below_b = below_a + greater(a, reached), below_b + greater(b, reached)
        below_c, below_d = below_c + greater(c, reached), below_d + greater(d, reached)
    store(out, ROLL_OFF, below_a)
    store(out, ROLL_OFF + 1, below_b)
    store(out, ROLL_OFF + 2, below_c)
    store(out, ROLL_OFF + 3, below_d)
    for share in range(ROLL_OFF, ROLL_OFF + len(SHARES)):
        for lane in range(LANES):
            out[share, lane] = freqs[1 + np.int64(out[share, lane])]


@exact
def flux(magnitudes: Float32Array, previous: Float32Array, out: FloatArray) -> None:
    """sqrt((1/n) Σ (M_k[t] - M_k[t-1])²); previous (n + 1,) is the spectrum before that of the first column."""
    flat = magnitudes.reshape(-1)
    total, first = broadcast(0.0), 0.0
    for k in range(1, len(previous)):
        step = load(magnitudes, k) - load(flat, k * LANES - 1)  # the columns before; before the first, another bin
        total = total + to_double(step * step)
        step_0 = magnitudes[k, 0] - previous[k]
        first += np.float64(step_0 * step_0)
    store(out, FLUX, total)
    out[FLUX, 0] = first
    for lane in range(LANES):
        out[FLUX, lane] = np.sqrt(out[FLUX, lane] / (len(previous) - 1))


@exact
def spectral_moments(power: Float32Array, freqs: FloatArray, out: FloatArray) -> None:
    """Variance σ² (Hz²), skewness and kurtosis of f with weights P: the central moments of order 2, 3, 4.

    The mean is the centroid in single precision. Skewness is divided by σ³, kurtosis by σ⁴ (3 for a normal shape);
    0 where S or σ² is 0.
    """
    for lane in range(LANES):
        out[MOMENTS, lane] = np.float32(out[CENTROID, lane])
    mean = load(out, MOMENTS)
    second = third = fourth = broadcast(0.0)
    for k in range(1, len(freqs)):
        d = (freqs[k] - mean) * 1e-3
        square = d * d * to_double(load(power, k))
        second = second + square
        third = muladd(square, d, third)
        fourth = muladd(square * d, d, fourth)
    store(out, MOMENTS, second)
    store(out, MOMENTS + 1, third)
    store(out, MOMENTS + 2, fourth)
    for lane in range(LANES):
        total = out[TOTAL, lane]
        variance = out[MOMENTS, lane] / total if total > 0 else 0.0
        out[MOMENTS, lane] = variance * 1e6
        scale = total * variance
        out[MOMENTS + 1, lane] = out[MOMENTS + 1, lane] / (scale * np.sqrt(variance)) if variance > 0 else 0.0
        out[MOMENTS + 2, lane] = out[MOMENTS + 2, lane] / (scale * variance) if variance > 0 else 0.0


@fast
def weighted_logarithm(power: Float32Array, out: Float32Array) -> None:
    """P log2 P of any number of bins where P is above the floor, else 0.

    The logarithm is taken from the number's exponent and its mantissa m in [√½, √2) as
    log2 m = 2/ln 2 (s + s³/3 + s⁵/5 + s⁷/7 + s⁹/9), s = (m - 1)/(m + 1), which is exact to 1e-9 (then rounded) and,
    unlike a library call, done for many bins at once.
    """
    bits = power.view(np.int32)
    for k in range(len(power)):
        # counted from √½ rather than from 1, so that the mantissa lies about 1
        exponent = np.int32(np.int32(bits[k] - _ROOT_HALF) >> np.int32(23))
        m = np.int32(bits[k] - np.int32(exponent << np.int32(23))).view(np.float32)
        s = (m - np.float32(1)) / (m + np.float32(1))
        q = s * s
        series = q * (_ODD[0] + q * (_ODD[1] + q * (_ODD[2] + q * _ODD[3])))
        log2 = np.float32(exponent) + np.float32(_TWO_OVER_LN2) * (s + s * series)
        out[k] = power[k] * log2 if power[k] > _POWER_FLOOR else np.float32(0)


@exact
def entropy(power: Float32Array, work: Float32Array, out: FloatArray) -> None:
    """-Σ (v_k/D) log2(v_k/D), v_k = max(P_k, 1e-7), D = max(S, 1e-7 in single precision).

    Floored bins are not renormalised, so silence gives 8.6e-6 rather than 0 at n = 512. work is a table like power.
    """
    weighted_logarithm(power.reshape(-1), work.reshape(-1))
    plogp = mass = above = broadcast(0.0)
    for k in range(1, len(power)):
        p = to_double(load(power, k))
        big = greater(p, _POWER_FLOOR)
        plogp = plogp + to_double(load(work, k))
        mass = muladd(big, p, mass)
        above = above + big
    floored = _POWER_FLOOR * ((len(power) - 1) - above)
    store(out, ENTROPY, mass + floored)
    store(out, HARMONICITY, plogp + _LOG2_FLOOR * floored)  # a row that is not yet used
    for lane in range(LANES):
        d = max(out[TOTAL, lane], np.float64(np.float32(_POWER_FLOOR)))
        out[ENTROPY, lane] = (out[ENTROPY, lane] * np.log2(d) - out[HARMONICITY, lane]) / d


@exact
def harmonicity(power: Float32Array, out: FloatArray) -> None:
    """Σ |P_k - P_previous| over successive extrema, / 2 / n (``spectralHarmonicity``).

    An extremum is strictly greater, or strictly less, than the two bins on either side, k = 3..n - 2.
    """
    n = len(power) - 1
    total, one, zero = broadcast(0.0), broadcast(np.float32(1)), broadcast(np.float32(0))
    last = begun = zero
    before, left, here, right = load(power, 1), load(power, 2), load(power, 3), load(power, 4)
    for k in range(3, n - 1):
        after = load(power, k + 2)
        highest = greater(here, maximum(maximum(before, left), maximum(right, after)))
        lowest = greater(minimum(minimum(before, left), minimum(right, after)), here)
        extreme = highest + lowest
        step = here - last
        total = total + to_double(extreme * begun * maximum(step, zero - step))
        last = muladd(extreme, here, (one - extreme) * last)  # one of the two, unchanged
        begun = maximum(begun, extreme)
        before, left, here, right = left, here, right, after
    store(out, HARMONICITY, total * (0.5 / n))


@exact
def slope(freqs: FloatArray, total: float, mean: float) -> float:
    """Slope of the regression line of P on f, times n - 1.

    (n - 1) (n Σ f P - Σ f · S) / (n Σ f² - (Σ f)²); Σ f P is μ S. The factor is the reference's.
    """
    n = len(freqs) - 1
    f1 = freqs[1] * n * (n + 1) / 2
    f2 = freqs[1] ** 2 * n * (n + 1) * (2 * n + 1) / 6
    return float((n - 1) * total * (n * mean - f1) / (n * f2 - f1 * f1))


@exact
def spectral_rows(
    magnitudes: Float32Array, previous: Float32Array, axis: FrequencyAxis, work: Workspace, rows: Float32Array
) -> None:
    """Fill up to sixteen rows (count, 15) in the order of the feature set: bands, roll-offs, flux, …, harmonicity.

    previous (n + 1,) is the spectrum before the first one's, and becomes the last one's.
    """
    power, results = work.power, work.results
    power_spectrum(magnitudes, power)
    weighted_sums(power, axis, results)
    band_energy(power, axis.low_band, LOW_BAND, results)
    band_energy(power, axis.high_band, HIGH_BAND, results)
    roll_off(power, axis.freqs, results)
    flux(magnitudes, previous, results)
    entropy(power, work.logarithms, results)
    spectral_moments(power, axis.freqs, results)
    harmonicity(power, results)
    for t in range(len(rows)):
        row = rows[t]
        row[0], row[1] = results[LOW_BAND, t], results[HIGH_BAND, t]
        for i in range(4):
            row[2 + i] = results[ROLL_OFF + i, t]
        row[6] = results[FLUX, t]
        row[7] = results[CENTROID, t]
        row[8] = results[ENTROPY, t]
        for i in range(3):
            row[9 + i] = results[MOMENTS + i, t]
        row[12] = slope(axis.freqs, results[TOTAL, t], results[CENTROID, t])
        row[13] = results[SHARPNESS, t]
        row[14] = results[HARMONICITY, t]
    for k in range(len(previous)):
        previous[k] = magnitudes[k, len(rows) - 1]
