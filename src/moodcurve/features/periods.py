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


class Samples(NamedTuple):
    """A stretch of the waveform as 16-bit integers, and their running sums."""

    values: F32
    """The samples, whole numbers (n,)."""
    first: npt.NDArray[np.int64]
    """Σ of the samples before each place (n + 1,)."""
    second: npt.NDArray[np.int64]
    """Σ of their squares (n + 1,)."""


def whole_samples(wave: F32) -> Samples:
    """Prepare a stretch of the waveform, whose samples are k / 32767 with whole k."""
    n = len(wave)
    samples = Samples(np.empty(n, np.float32), np.zeros(n + 1, np.int64), np.zeros(n + 1, np.int64))
    _take_in(wave, samples)
    return samples


@exact
def _take_in(wave: F32, samples: Samples) -> None:
    for i in range(len(wave)):
        value = np.rint(wave[i] * np.float32(32767))
        k = np.int64(value)
        samples.values[i] = value
        samples.first[i + 1] = samples.first[i] + k
        samples.second[i + 1] = samples.second[i] + k * k


class Search(NamedTuple):
    """Scratch of the search, which remembers the last products: a frame often starts where the last one did."""

    place: npt.NDArray[np.int64]
    """Sample of the recording at which the products start; first lag; past the last lag (3,)."""
    products: F32
    """Σ_{i<L} k[i] k[L+i] by lag L."""
    correlations: F64
    """By index of the lag searched."""
    peak: F64
    """Correlations at the best lag and its two neighbours (3,)."""


def search(longest: int) -> Search:
    """Make the scratch for lags up to longest."""
    return Search(np.zeros(3, np.int64), np.zeros(longest + 1, np.float32), np.zeros(longest + 1), np.zeros(3))


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
def _update_products(search: Search, x: F32, start: int, low: int, high: int) -> None:
    """Have the products of lags low to high - 1 at this sample of the recording, computing the missing ones."""
    place = search.place
    if place[0] != start or low > place[2] or high < place[1]:
        place[0], place[1], place[2] = start, low, low
    if low < place[1]:
        products(x, low, place[1], search.products)
        place[1] = low
    if high > place[2]:
        products(x, place[2], high, search.products)
        place[2] = high


@fast
def _exact_product(x: F32, lag: int) -> float:
    """Σ_{i<L} x[i] x[L+i] of whole numbers: below 2⁵³, so exact in any order."""
    a, b = x[:lag], x[lag : 2 * lag]
    total = 0.0
    for i in range(lag):
        total += np.float64(a[i]) * np.float64(b[i])
    return total


@exact
def correlation(samples: Samples, start: int, lag: int) -> float:
    """Pearson correlation of the L samples from start and the L samples after them; 0 if either is constant."""
    middle, end = start + lag, start + 2 * lag
    a1 = np.float64(samples.first[middle] - samples.first[start])
    b1 = np.float64(samples.first[end] - samples.first[middle])
    a2 = lag * np.float64(samples.second[middle] - samples.second[start])
    b2 = lag * np.float64(samples.second[end] - samples.second[middle])
    spread = np.sqrt((a2 - a1 * a1) * (b2 - b1 * b1))
    if spread == 0:
        return 0.0
    return float((lag * _exact_product(samples.values[start:], lag) - a1 * b1) / spread)


@fast
def _screen(samples: Samples, search: Search, start: int, low: int, count: int) -> float:
    """Correlate at all lags in single precision, and give the bound of the error.

    The error of a sum of L products is at most L units of roundoff times Σ|a b| ≤ (Σa² + Σb²)/2, in any order.
    """
    first, second = samples.first[start:], samples.second[start:]
    products, out = search.products[low : low + count], search.correlations[:count]
    bound = 0.0
    for i in range(count):
        lag = low + i
        a1 = np.float64(first[lag] - first[0])
        b1 = np.float64(first[2 * lag] - first[lag])
        a2 = lag * np.float64(second[lag] - second[0])
        b2 = lag * np.float64(second[2 * lag] - second[lag])
        spread = (a2 - a1 * a1) * (b2 - b1 * b1)
        scale = 1 / np.sqrt(spread) if spread > 0 else 0.0
        out[i] = (lag * np.float64(products[i]) - a1 * b1) * scale
        bound = max(bound, (lag + 8) * (a2 + b2) * scale)
    return bound * _UNIT_ROUNDOFF / 2


@exact
def best_lag(samples: Samples, search: Search, start: int, base: int, lags: tuple[int, int]) -> int:
    """Index of the lag with the highest strict local maximum of the correlation, -1 if there is none.

    lags are the first and the last; the first and the last two are not considered. Of equal ones the first is
    taken. start is the place in samples, of which the first is sample base of the recording. search.peak gets
    the three correlations about the maximum.
    """
    low, count = lags[0], lags[1] - lags[0] + 1
    _update_products(search, samples.values[start:], base + start, low, lags[1] + 1)
    error = _screen(samples, search, start, low, count)
    cc = search.correlations
    certain = -np.inf
    for i in range(1, count - 2):
        if cc[i] - cc[i - 1] > 2 * error and cc[i] - cc[i + 1] > 2 * error:
            certain = max(certain, cc[i])
    best, height = -1, -np.inf
    for i in range(1, count - 2):
        possible = cc[i] - cc[i - 1] > -2 * error and cc[i] - cc[i + 1] > -2 * error
        if not possible or cc[i] < certain - 2 * error:
            continue
        here = correlation(samples, start, low + i)
        if here <= height:
            continue
        before = correlation(samples, start, low + i - 1)
        after = correlation(samples, start, low + i + 1)
        if here > before and here > after:
            best, height = i, here
            search.peak[0], search.peak[1], search.peak[2] = before, here, after
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
