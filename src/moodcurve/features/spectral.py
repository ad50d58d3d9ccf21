"""Descriptors of the shape of a 20 ms magnitude spectrum M_k and power spectrum P_k = M_k².

All sums run over bins k = 1..n, n = Nfft/2: the constant component k = 0 is never used. S is the sum of P_k.
Each function takes one frame's whole spectrum (n + 1,) and the bins' frequencies f_k in Hz.
"""

from typing import NamedTuple

import numpy as np

from moodcurve.features.frames import F32, F64
from moodcurve.features.kernels import exact, fast

COLUMNS = 15
_POWER_FLOOR = 1e-7
"""Least power of a bin in the entropy."""
_LOG2_FLOOR = np.log2(_POWER_FLOOR)
_TWO_OVER_LN2 = 2 / np.log(2)
_ROOT_HALF = np.float32(np.sqrt(0.5)).view(np.int32)
"""The bits of √½ in single precision, read as an integer."""
_ODD = (np.float32(1 / 3), np.float32(1 / 5), np.float32(1 / 7), np.float32(1 / 9))
_BLOCK = 16
"""Bins that the roll-off steps over together."""


class Axis(NamedTuple):
    """What the descriptors need to know of the bins at one sample rate."""

    freqs: F64
    """Frequency of each bin in Hz."""
    sharpness: F32
    """z g(z), z the bin's Bark value."""
    low_band: F32
    """Weight of each bin in 250-650 Hz."""
    high_band: F32
    """Weight of each bin in 1000-4000 Hz."""


def axis(freqs: F64) -> Axis:
    """Precompute the weights for bins of these frequencies (Hz, from 0 to half the sample rate)."""
    return Axis(freqs, _sharpness(freqs), _band(freqs, 250, 650), _band(freqs, 1000, 4000))


def bark(f: F64) -> F64:
    """Hz to Bark, 26.81 f / (1960 + f) - 0.53, corrected below 2 and above 20.1 (Traunmüller 1990)."""
    z = 26.81 * f / (1960 + f) - 0.53
    return np.where(z < 2, 0.85 * z + 0.3, np.where(z > 20.1, 1.22 * z - 0.22 * 20.1, z))


def _sharpness(freqs: F64) -> F32:
    z = bark(freqs)
    g = np.where(z <= 16, 1.0, 1 + (np.maximum(z - 16, 0) / 4) ** 1.5849625)
    return np.asarray(z * g, np.float32)


def _band(freqs: F64, low: float, high: float) -> F32:
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


@fast
def band_energy(power: F32, weights: F32) -> float:
    """Weighted sum of P over a band, divided by n (``fband``)."""
    total = 0.0
    for k in range(len(power)):
        total += power[k] * weights[k]
    return total / (len(power) - 1)


@fast
def total_power(power: F32) -> float:
    """Σ P_k over the bins given."""
    total = 0.0
    for k in range(len(power)):
        total += power[k]
    return total


@exact
def roll_off(power: F32, freqs: F64, total: float, out: F32) -> None:
    """Smallest f_k with Σ_{j≤k} P_j ≥ p S, for p of 25, 50, 75 and 90 %; f_1 in silence."""
    shares = (0.25, 0.50, 0.75, 0.90)
    reached, level, k = 0.0, 0, 1
    while level < 4 and k < len(power):
        block = power[k : k + _BLOCK]
        whole = total_power(block)
        if reached + whole < shares[level] * total:  # a block in which nothing is reached takes one step
            reached += whole
            k += _BLOCK
            continue
        for i in range(len(block)):
            reached += block[i]
            while level < 4 and reached >= shares[level] * total:
                out[level] = freqs[k + i]
                level += 1
        k += _BLOCK
    out[level:4] = freqs[-1]  # the two sums may differ in the last digit


@fast
def flux(magnitudes: F32, previous: F32) -> float:
    """sqrt((1/n) Σ (M_k[t] - M_k[t-1])²)."""
    total = 0.0
    for k in range(1, len(magnitudes)):
        step = magnitudes[k] - previous[k]
        total += step * step
    return float(np.sqrt(total / (len(magnitudes) - 1)))


@fast
def centroid(power: F32, freqs: F64, total: float) -> float:
    """μ = Σ f_k P_k / S in Hz; 0 if S = 0."""
    if total == 0:
        return 0.0
    weighted = 0.0
    for k in range(1, len(power)):
        weighted += freqs[k] * power[k]
    return weighted / total


@fast
def shape(power: F32, freqs: F64, total: float, mean: float, out: F32) -> None:
    """Variance σ² (Hz²), skewness and kurtosis of f with weights P: the central moments of order 2, 3, 4.

    Skewness is divided by σ³, kurtosis by σ⁴ (3 for a normal shape); 0 where S or σ² is 0.
    """
    out[:3] = 0
    if total == 0:
        return
    second = third = fourth = 0.0
    for k in range(1, len(power)):
        d = (freqs[k] - mean) * 1e-3
        square = d * d * power[k]
        second += square
        third += square * d
        fourth += square * d * d
    variance = second / total
    out[0] = variance * 1e6
    if variance > 0:
        out[1] = third / (total * variance * np.sqrt(variance))
        out[2] = fourth / (total * variance * variance)


@fast
def entropy(power: F32, total: float) -> float:
    """-Σ (v_k/D) log2(v_k/D), v_k = max(P_k, 1e-7), D = max(S, 1e-7 in single precision).

    Floored bins are not renormalised, so silence gives 8.6e-6 rather than 0 at n = 512. The logarithm is taken
    from the number's exponent and its mantissa m in [√½, √2) as log2 m = 2/ln 2 (s + s³/3 + s⁵/5 + s⁷/7 + s⁹/9),
    s = (m - 1)/(m + 1), which is exact to 1e-9 and, unlike a library call, done for many bins at once.
    """
    plogp = mass = 0.0
    bits = power.view(np.int32)
    for k in range(1, len(power)):
        # counted from √½ rather than from 1, so that the mantissa lies about 1
        exponent = np.int32(np.int32(bits[k] - _ROOT_HALF) >> np.int32(23))
        m = np.int32(bits[k] - np.int32(exponent << np.int32(23))).view(np.float32)
        s = (m - np.float32(1)) / (m + np.float32(1))
        q = s * s
        series = q * (_ODD[0] + q * (_ODD[1] + q * (_ODD[2] + q * _ODD[3])))
        log2 = np.float64(np.float32(exponent)) + _TWO_OVER_LN2 * np.float64(s + s * series)
        big = power[k] > _POWER_FLOOR
        v = np.float64(power[k]) if big else _POWER_FLOOR
        plogp += v * (log2 if big else _LOG2_FLOOR)
        mass += v
    d = max(total, np.float64(np.float32(_POWER_FLOOR)))
    return float((mass * np.log2(d) - plogp) / d)


@exact
def slope(freqs: F64, total: float, mean: float) -> float:
    """Slope of the regression line of P on f, times n - 1.

    (n - 1) (n Σ f P - Σ f · S) / (n Σ f² - (Σ f)²); Σ f P is μ S. The factor is the reference's.
    """
    n = len(freqs) - 1
    f1 = freqs[1] * n * (n + 1) / 2
    f2 = freqs[1] ** 2 * n * (n + 1) * (2 * n + 1) / 6
    return float((n - 1) * total * (n * mean - f1) / (n * f2 - f1 * f1))


@fast
def sharpness(power: F32, weights: F32, total: float) -> float:
    """Psychoacoustic sharpness, 0.11 Σ z_k g(z_k) P_k / S with z in Bark; 0 if S = 0.

    g = 1 up to 16 Bark, then 1 + ((z - 16)/4)^1.5849625.
    """
    if total == 0:
        return 0.0
    weighted = 0.0
    for k in range(1, len(power)):
        weighted += weights[k] * power[k]
    return 0.11 * weighted / total


@fast
def harmonicity(power: F32) -> float:
    """Σ |P_k - P_previous| over successive extrema, / 2 / n (``spectralHarmonicity``).

    An extremum is strictly greater, or strictly less, than the two bins on either side, k = 3..n - 2.
    """
    n = len(power) - 1
    extreme = np.empty(n, np.uint8)
    for k in range(3, n - 1):
        here = power[k]
        before, left, right, after = power[k - 2], power[k - 1], power[k + 1], power[k + 2]
        highest = (here > left) & (here > right) & (here > before) & (here > after)
        lowest = (here < left) & (here < right) & (here < before) & (here < after)
        extreme[k] = highest | lowest
    found = np.empty(n, np.float32)
    count = 0
    for k in range(3, n - 1):  # no branch: one in four bins is an extremum, at places that can't be predicted
        found[count] = power[k]
        count += extreme[k]
    total = 0.0
    for i in range(1, count):
        total += abs(found[i] - found[i - 1])
    return total / 2 / n


@exact
def spectral_row(magnitudes: F32, previous: F32, power: F32, axis: Axis, row: F32) -> None:
    """Fill one row (15,) in the order of the feature set: bands, roll-offs, flux, centroid, …, harmonicity."""
    total = total_power(power[1:])
    row[0] = band_energy(power, axis.low_band)
    row[1] = band_energy(power, axis.high_band)
    roll_off(power, axis.freqs, total, row[2:6])
    row[6] = flux(magnitudes, previous)
    mean = centroid(power, axis.freqs, total)
    row[7] = mean
    row[8] = entropy(power, total)
    shape(power, axis.freqs, total, np.float64(np.float32(mean)), row[9:12])
    row[12] = slope(axis.freqs, total, mean)
    row[13] = sharpness(power, axis.sharpness, total)
    row[14] = harmonicity(power)
