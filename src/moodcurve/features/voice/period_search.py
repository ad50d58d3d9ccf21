"""The length of a pitch period: the lag at which a stretch of the waveform is most like the next one.

Sums of two neighbouring samples, in single precision, bound the correlation at every lag; only at the few lags that
can still win, it is computed with all samples, and exactly, in whole numbers, where that may decide.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from moodcurve._typing import Float32Array, FloatArray
from moodcurve.features.jit.kernel import exact, fast
from moodcurve.features.voice.pair_sums import LAG_STEP, PairedSamples, pair_products, remainder_bound

_UNIT_ROUNDOFF = 2.0**-24
_MARGIN = 1e-6
"""More than rounding changes an estimated correlation, its product aside."""
_BLOCK = 64
"""Samples that a sum takes in one step; the rest is masked."""


class LagSearch(NamedTuple):
    """Scratch of the search, which remembers the last products: a frame often starts where the last one did."""

    place: npt.NDArray[np.int64]
    """Sample of the recording at which the products start; first pair; past the last pair of their lags (3,)."""
    products: Float32Array
    """Σ of products of pairs, by lag L."""
    rows: Float32Array
    """By index of the lag searched: its correlation as the pairs estimate it; what it can't exceed; what a product
    counts for in it; what rounding may make of it (4, lags)."""
    peak: FloatArray
    """Correlations at the best lag and its two neighbours (3,)."""


_ESTIMATE, _BOUND, _SCALE, _ERROR = range(4)


def lag_search(longest: int) -> LagSearch:
    """Make the scratch for lags up to longest."""
    size = longest + 2 * LAG_STEP + 1
    return LagSearch(np.zeros(3, np.int64), np.zeros(size, np.float32), np.zeros((4, size), np.float32), np.zeros(3))


@exact
def _update_products(
    place: npt.NDArray[np.int64], pairs: Float32Array, start: int, base: int, lags: tuple[int, int], out: Float32Array
) -> None:
    """Have the products of these lags, both included; compute the missing ones. base is the stretch's first sample."""
    low, high = lags[0] // (2 * LAG_STEP) * LAG_STEP, (lags[1] // (2 * LAG_STEP) + 1) * LAG_STEP
    if place[0] != base + start or low > place[2] or high < place[1]:
        place[0], place[1], place[2] = base + start, low, low
    if low < place[1]:
        pair_products(pairs, start, low, place[1], out)
        place[1] = low
    if high > place[2]:
        pair_products(pairs, start, place[2], high, out)
        place[2] = high


@fast
def _approximate_product(x: Float32Array, start: int, lag: int) -> np.float32:
    """Σ_{i<L} x[i] x[L+i] in single precision."""
    whole = lag // _BLOCK * _BLOCK
    a, b = x[start : start + whole], x[start + lag : start + lag + whole]
    total = np.float32(0)
    for i in range(whole):
        total += a[i] * b[i]
    left, place = lag - whole, start + whole
    a, b = x[place : place + _BLOCK], x[place + lag : place + lag + _BLOCK]
    for i in range(_BLOCK):
        total += a[i] * b[i] if i < left else np.float32(0)
    return total


@fast
def _exact_product(x: Float32Array, start: int, lag: int) -> float:
    """Σ_{i<L} x[i] x[L+i] of whole numbers: below 2⁵³, so exact in any order."""
    whole = lag // _BLOCK * _BLOCK
    a, b = x[start : start + whole], x[start + lag : start + lag + whole]
    total = 0.0
    for i in range(whole):
        total += np.float64(a[i]) * np.float64(b[i])
    left, place = lag - whole, start + whole
    a, b = x[place : place + _BLOCK], x[place + lag : place + lag + _BLOCK]
    for i in range(_BLOCK):
        total += np.float64(a[i]) * np.float64(b[i]) if i < left else 0.0
    return total


@exact
def correlation(values: Float32Array, before: FloatArray, start: int, lag: int) -> float:
    """Pearson correlation of the L samples from start and the L samples after them; 0 if either is constant."""
    middle, end = start + lag, start + 2 * lag
    a1 = before[0, middle] - before[0, start]
    b1 = before[0, end] - before[0, middle]
    a2 = lag * (before[1, middle] - before[1, start])
    b2 = lag * (before[1, end] - before[1, middle])
    denominator = np.sqrt((a2 - a1 * a1) * (b2 - b1 * b1))
    if denominator == 0:
        return 0.0
    return float((lag * _exact_product(values, start, lag) - a1 * b1) / denominator)


@fast
def _bound_correlations(
    samples: PairedSamples, products: Float32Array, start: int, low: int, count: int, rows: Float32Array
) -> None:
    """Estimate the correlations at the lags from low on, and bound them.

    The error of a sum of L products is at most L units of roundoff times Σ|a b| ≤ (Σa² + Σb²)/2, in any order.
    """
    before = samples.before
    left_out = np.float32(remainder_bound(samples.pairs, start, low, low + count - 1))
    roundoff, half = np.float32(_UNIT_ROUNDOFF / 2), np.float32(0.5)
    middle, end, x0 = start + low, start + 2 * low, samples.values[start]
    first, second = before[0, start], before[1, start]
    a_first, a_second = before[0, middle : middle + count], before[1, middle : middle + count]
    b_first, b_second = before[0, end : end + 2 * count], before[1, end : end + 2 * count]
    x, sums = samples.values[middle : middle + count], products[low : low + count]
    estimates, bounds = rows[_ESTIMATE, :count], rows[_BOUND, :count]
    scales, errors = rows[_SCALE, :count], rows[_ERROR, :count]
    for i in range(count):
        lag = np.float64(low + i)
        odd = np.float32((low + i) & 1)
        product = half * sums[i] + odd * x0 * x[i]
        a1 = a_first[i] - first
        # reading both of a pair has them loaded side by side, where one alone would be gathered
        b1 = b_first[2 * i] + 0.0 * b_first[2 * i + 1] - a_first[i]
        a2 = lag * (a_second[i] - second)
        b2 = lag * (b_second[2 * i] + 0.0 * b_second[2 * i + 1] - a_second[i])
        variances = np.float32((a2 - a1 * a1) * (b2 - b1 * b1))
        scale = np.float32(1) / np.sqrt(variances) if variances > 0 else np.float32(0)
        estimate = np.float32(lag * np.float64(product) - a1 * b1) * scale
        error = np.float32(lag + 16) * roundoff * np.float32(a2 + b2) * scale + np.float32(_MARGIN)
        estimates[i], errors[i] = estimate, error
        scales[i] = np.float32(lag) * scale
        bounds[i] = estimate + np.float32(lag) * scale * left_out + error


@exact
def _highest(estimates: Float32Array, last: int) -> int:
    """Index of the highest local maximum of the estimates from 1 to last; 1 if there is none."""
    place, top = 1, np.float32(-2)
    for i in range(1, last + 1):
        if estimates[i] > top and estimates[i] > estimates[i - 1] and estimates[i] >= estimates[i + 1]:
            place, top = i, estimates[i]
    return place


@exact
def _climb(
    values: Float32Array, before: FloatArray, start: int, lags: tuple[int, int], lag: int, peak: FloatArray
) -> int:
    """Walk from a lag uphill to a maximum: give its index, and its correlations in peak; -1 if there is none."""
    left, here = correlation(values, before, start, lag - 1), correlation(values, before, start, lag)
    right = correlation(values, before, start, lag + 1)
    while lags[0] < lag < lags[1] - 1:
        if here > left and here > right:
            peak[0], peak[1], peak[2] = left, here, right
            return lag - lags[0]
        if right > left:
            lag += 1
            left, here, right = here, right, correlation(values, before, start, lag + 1)
        elif left > here:
            lag -= 1
            left, here, right = correlation(values, before, start, lag - 1), left, here
        else:
            break
    return -1


@exact
def best_lag(samples: PairedSamples, search: LagSearch, start: int, base: int, lags: tuple[int, int]) -> int:
    """Index of the lag with the highest strict local maximum of the correlation, -1 if there is none.

    lags are the first and the last; the first and the last two are not considered. Of equal ones the first is
    taken. start is the place in samples, of which the first is sample base of the recording. search.peak gets
    the three correlations about the maximum.
    """
    values, before, products, rows, peak = samples.values, samples.before, search.products, search.rows, search.peak
    low, count = lags[0], lags[1] - lags[0] + 1
    _update_products(search.place, samples.pairs, start, base, lags, products)
    _bound_correlations(samples, products, start, low, count, rows)
    # the likely one first: few others are then left
    best = _climb(values, before, start, lags, low + _highest(rows[_ESTIMATE], count - 3), peak)
    height = peak[1] if best >= 0 else -np.inf
    for i in range(1, count - 2):
        if rows[_BOUND, i] < height or abs(i - best) <= 1:
            continue
        lag = low + i
        product = np.float32(0.5) * products[lag]
        if lag & 1:
            product += values[start] * values[start + lag]
        missing = _approximate_product(values, start, lag) - product
        if rows[_ESTIMATE, i] + rows[_SCALE, i] * missing < height - 2 * rows[_ERROR, i]:
            continue
        here = correlation(values, before, start, lag)
        if here < height or (here == height and i > best):
            continue
        left, right = correlation(values, before, start, lag - 1), correlation(values, before, start, lag + 1)
        if here > left and here > right:
            best, height = i, here
            peak[0], peak[1], peak[2] = left, here, right
    return best


@exact
def reference_peak(x: Float32Array, lag: int, out: FloatArray) -> None:
    """Correlations at lag - 1, lag and lag + 1, in the reference's order of double-precision operations.

    Its "is13" threshold asks whether a number exceeds its own rounding, so that the last bit counts.
    """
    for n in range(3):
        length = lag - 1 + n
        a, b = x[:length], x[length : 2 * length]
        mean_a = mean_b = 0.0
        for i in range(length):
            mean_a += np.float64(a[i])
            mean_b += np.float64(b[i])
        mean_a /= length
        mean_b /= length
        ab = aa = bb = 0.0
        for i in range(length):
            da, db = np.float64(a[i]) - mean_a, np.float64(b[i]) - mean_b
            ab += da * db
            aa += da * da
            bb += db * db
        out[n] = ab / (np.sqrt(aa) * np.sqrt(bb)) if aa > 0 and bb > 0 else 0.0
