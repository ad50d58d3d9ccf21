"""The length of a pitch period: the lag at which a stretch of the waveform is most like the next one.

Every lag's correlation is computed in single precision first, which vector units do four times as fast; with the
error bound of that sum, only the lags that can still win are computed exactly, in whole numbers.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from moodcurve.features.frames import F32, F64
from moodcurve.features.kernels import exact, fast

_UNIT_ROUNDOFF = 2.0**-24
_MARGIN = 1e-6
"""More than rounding changes an estimated correlation, its product aside."""
SPARE = 32
"""Zeros after the samples: so many are taken in one step by an exact sum."""


class Samples(NamedTuple):
    """A stretch of the waveform as whole numbers, and their running sums."""

    values: F32
    """The samples (n,), followed by 32 zeros."""
    before: F64
    """Σ of the samples before each place, and Σ of their squares (2, n + 4)."""


def room(n: int) -> Samples:
    """Make room for stretches of up to n samples."""
    return Samples(np.zeros(n + SPARE, np.float32), np.zeros((2, n + 4)))


@exact
def whole_samples(wave: F32, samples: Samples) -> None:
    """Put in a stretch of the waveform, whose samples are k / 32767 with whole k."""
    n = len(wave)
    values, first, second = samples.values, samples.before[0], samples.before[1]
    for i in range(n):
        values[i] = np.rint(wave[i] * np.float32(32767))
    values[n : n + SPARE] = 0
    total = squares = 0.0
    for i in range(0, n, 4):  # four at once wait for the sum before just once; of whole numbers, any order is exact
        a, b, c, d = (
            np.float64(values[i]),
            np.float64(values[i + 1]),
            np.float64(values[i + 2]),
            np.float64(values[i + 3]),
        )
        ab, two = a + b, a * a + b * b
        abc, three = ab + c, two + c * c
        first[i + 1], first[i + 2], first[i + 3] = total + a, total + ab, total + abc
        second[i + 1], second[i + 2], second[i + 3] = squares + a * a, squares + two, squares + three
        total += abc + d
        squares += three + d * d
        first[i + 4], second[i + 4] = total, squares


class Search(NamedTuple):
    """Scratch of the search, which remembers the last products: a frame often starts where the last one did."""

    place: npt.NDArray[np.int64]
    """Sample of the recording at which the products start; first lag; past the last lag (3,)."""
    products: F32
    """Σ_{i<L} k[i] k[L+i] by lag L."""
    estimates: F32
    """Correlations in single precision, by index of the lag searched."""
    errors: F32
    """How far they may be from the correlations."""
    peak: F64
    """Correlations at the best lag and its two neighbours (3,)."""


def search(longest: int) -> Search:
    """Make the scratch for lags up to longest."""
    products, estimates, errors = (np.zeros(longest + 1, np.float32) for _ in range(3))
    return Search(np.zeros(3, np.int64), products, estimates, errors, np.zeros(3))


@fast
def products(x: F32, low: int, high: int, out: F32) -> None:
    """Put Σ_{i<L} x[i] x[L+i] into out[L] for low ≤ L < high, in single precision and any order."""
    zero = np.float32(0)
    lag = low
    while lag + 4 <= high:  # four lags share the load of x[i]
        a, b, c = x[:lag], x[lag : 2 * lag], x[lag + 1 : 2 * lag + 1]
        d, e = x[lag + 2 : 2 * lag + 2], x[lag + 3 : 2 * lag + 3]
        sum_b = sum_c = sum_d = sum_e = zero
        for i in range(lag):
            sum_b += a[i] * b[i]
            sum_c += a[i] * c[i]
            sum_d += a[i] * d[i]
            sum_e += a[i] * e[i]
        mid, end = x[lag : lag + 3], x[2 * lag : 2 * lag + 6]
        out[lag] = sum_b
        out[lag + 1] = sum_c + mid[0] * end[1]
        out[lag + 2] = sum_d + mid[0] * end[2] + mid[1] * end[3]
        out[lag + 3] = sum_e + mid[0] * end[3] + mid[1] * end[4] + mid[2] * end[5]
        lag += 4
    while lag < high:
        a, b = x[:lag], x[lag : 2 * lag]
        total = zero
        for i in range(lag):
            total += a[i] * b[i]
        out[lag] = total
        lag += 1


@exact
def _update_products(place: npt.NDArray[np.int64], x: F32, start: int, lags: tuple[int, int], out: F32) -> None:
    """Have the products of these lags, both included, at this sample of the recording; compute the missing ones."""
    low, high = lags[0], lags[1] + 1
    if place[0] != start or low > place[2] or high < place[1]:
        place[0], place[1], place[2] = start, low, low
    if low < place[1]:
        products(x, low, place[1], out)
        place[1] = low
    if high > place[2]:
        products(x, place[2], high, out)
        place[2] = high


@fast
def _exact_product(x: F32, start: int, lag: int) -> float:
    """Σ_{i<L} x[i] x[L+i] of whole numbers: below 2⁵³, so exact in any order."""
    whole = lag // SPARE * SPARE
    a, b = x[start : start + whole], x[start + lag : start + lag + whole]
    total = 0.0
    for i in range(whole):
        total += np.float64(a[i]) * np.float64(b[i])
    left, place = lag - whole, start + whole
    a, b = x[place : place + SPARE], x[place + lag : place + lag + SPARE]
    for i in range(SPARE):
        total += np.float64(a[i]) * np.float64(b[i]) if i < left else 0.0
    return total


@exact
def correlation(values: F32, before: F64, start: int, lag: int) -> float:
    """Pearson correlation of the L samples from start and the L samples after them; 0 if either is constant."""
    middle, end = start + lag, start + 2 * lag
    a1 = before[0, middle] - before[0, start]
    b1 = before[0, end] - before[0, middle]
    a2 = lag * (before[1, middle] - before[1, start])
    b2 = lag * (before[1, end] - before[1, middle])
    spread = np.sqrt((a2 - a1 * a1) * (b2 - b1 * b1))
    if spread == 0:
        return 0.0
    return float((lag * _exact_product(values, start, lag) - a1 * b1) / spread)


@fast
def _screen(before: F64, products: F32, start: int, low: int, estimates: F32, errors: F32) -> None:
    """Correlate at the lags from low on in single precision, and bound the errors.

    The error of a sum of L products is at most L units of roundoff times Σ|a b| ≤ (Σa² + Σb²)/2, in any order.
    """
    count = len(estimates)
    roundoff = np.float32(_UNIT_ROUNDOFF / 2)
    middle, end = start + low, start + 2 * low
    first, second = before[0, start], before[1, start]
    a_first, a_second = before[0, middle : middle + count], before[1, middle : middle + count]
    b_first, b_second = before[0, end : end + 2 * count], before[1, end : end + 2 * count]
    for i in range(count):
        lag = np.float64(low + i)
        a1 = a_first[i] - first
        # reading both of a pair has them loaded side by side, where one alone would be gathered
        b1 = b_first[2 * i] + 0.0 * b_first[2 * i + 1] - a_first[i]
        a2 = lag * (a_second[i] - second)
        b2 = lag * (b_second[2 * i] + 0.0 * b_second[2 * i + 1] - a_second[i])
        spread = np.float32((a2 - a1 * a1) * (b2 - b1 * b1))
        scale = np.float32(1) / np.sqrt(spread) if spread > 0 else np.float32(0)
        estimates[i] = np.float32(lag * np.float64(products[i]) - a1 * b1) * scale
        errors[i] = np.float32(lag + 16) * roundoff * np.float32(a2 + b2) * scale + np.float32(_MARGIN)


@exact
def best_lag(samples: Samples, search: Search, start: int, base: int, lags: tuple[int, int]) -> int:
    """Index of the lag with the highest strict local maximum of the correlation, -1 if there is none.

    lags are the first and the last; the first and the last two are not considered. Of equal ones the first is
    taken. start is the place in samples, of which the first is sample base of the recording. search.peak gets
    the three correlations about the maximum.
    """
    values, before, products, peak = samples.values, samples.before, search.products, search.peak
    low, count = lags[0], lags[1] - lags[0] + 1
    estimates, errors = search.estimates[:count], search.errors[:count]
    _update_products(search.place, values[start:], base + start, lags, products)
    _screen(before, products[low:], start, low, estimates, errors)
    likely, top = -1, np.float32(-2)
    for i in range(1, count - 2):
        if estimates[i] > top and estimates[i] > estimates[i - 1] and estimates[i] >= estimates[i + 1]:
            likely, top = i, estimates[i]
    best, height = -1, -np.inf
    for n in range(count - 2):
        i = n if n > 0 else likely  # the likely one first: few others are then left
        if i < 0 or estimates[i] + errors[i] < height or (n > 0 and i == best):
            continue
        slack = errors[i - 1] + errors[i] + errors[i + 1]
        if estimates[i] < max(estimates[i - 1], estimates[i + 1]) - slack:
            continue
        here = correlation(values, before, start, low + i)
        if here < height or (here == height and i > best):
            continue
        left = correlation(values, before, start, low + i - 1)
        right = correlation(values, before, start, low + i + 1)
        if here > left and here > right:
            best, height = i, here
            peak[0], peak[1], peak[2] = left, here, right
    return best


@exact
def plain_peak(x: F32, lag: int, out: F64) -> None:
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
