"""Sums of two neighbouring samples: nearly all of a waveform's correlations, at half the work.

With s = a + b and d = a - b, two products a a' + b b' are (s s' + d d') / 2. The sums make up most of it in music,
whose power lies far below half the sample rate; what the differences add is bounded by Cauchy and Schwarz.
"""

from typing import NamedTuple

import numpy as np

from moodcurve._typing import Float32Array, FloatArray
from moodcurve.features.jit.kernel import exact, fast
from moodcurve.features.jit.simd import LANES, broadcast, load, muladd, store, zip_high, zip_low

LAG_STEP = 2 * LANES
"""Pairs by which lags are taken."""
_STEP = (np.arange(2 * LANES) >= LANES).astype(np.float32)
"""From LANES - 1 - i on it tells a lane whether it is beyond lane i."""
_ROUNDING_MARGIN = 1 + 1e-4
"""More than the rounding of sums in single precision."""
PADDING = 128
"""Zeros after the samples and the pairs: what is taken in whole steps reads on into them."""


class PairedSamples(NamedTuple):
    """A stretch of the waveform as whole numbers, and what is known of it once and for all."""

    values: Float32Array
    """The samples (n,), followed by zeros."""
    before: FloatArray
    """Σ of the samples before each place, and Σ of their squares (2, n + 4)."""
    pairs: Float32Array
    """Sums of the two samples from 2m and from 2m + 1; squares of their differences (4, m), followed by zeros."""


def allocate(n: int) -> PairedSamples:
    """Make room for stretches of up to n samples."""
    return PairedSamples(
        np.zeros(n + PADDING, np.float32), np.zeros((2, n + 4)), np.zeros((4, n // 2 + 1 + PADDING), np.float32)
    )


@exact
def load_samples(wave: Float32Array, samples: PairedSamples) -> None:
    """Put in a stretch of the waveform, whose samples are k / 32767 with whole k."""
    n = len(wave)
    values, first, second = samples.values, samples.before[0], samples.before[1]
    for i in range(n):
        values[i] = np.rint(wave[i] * np.float32(32767))
    for i in range(n, n + PADDING):
        values[i] = 0
    for p in range(2):
        _pair(values[p:], n // 2 + 1, samples.pairs[p], samples.pairs[2 + p])
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


@exact
def _pair(x: Float32Array, count: int, sums: Float32Array, rest: Float32Array) -> None:
    for i in range(count):
        a, b = x[2 * i], x[2 * i + 1]
        sums[i], rest[i] = a + b, (a - b) * (a - b)
    for i in range(count, count + PADDING):
        sums[i] = rest[i] = 0


@exact
def pair_products(pairs: Float32Array, start: int, low: int, high: int, out: Float32Array) -> None:
    """Put Σ of products of pairs, twice Σ_{i<L} x[i] x[L+i] nearly, into out[L] for 2 low ≤ L < 2 high.

    low and high are multiples of 32. Lag L = 2M + r leaves out the first r samples of both stretches; then the sum is
    over the M pairs that follow. Lags of both remainders take the same pairs for the later stretch.
    """
    b = pairs[start & 1, start >> 1 :]
    c = pairs[(start + 1) & 1, (start + 1) >> 1 :]
    for first in range(low, high, LAG_STEP):
        second = first + LANES
        u = v = w = z = broadcast(np.float32(0))  # even and odd lags, of the first and of the second lanes
        x, y = load(b, first), load(b, second)
        for i in range(first):
            u, w = muladd(x, b[i], u), muladd(y, b[i], w)
            x, y = load(b, first + i + 1), load(b, second + i + 1)
            v, z = muladd(x, c[i], v), muladd(y, c[i], z)
        for i in range(LANES):  # the first lanes have 0 to 15 products left, the second ones 16 to 31
            m, left = first + i, load(_STEP, LANES - 1 - i)
            u, w = muladd(left * x, b[m], u), muladd(y, b[m], w)
            x, y = load(b, first + m + 1), load(b, second + m + 1)
            v, z = muladd(left * x, c[m], v), muladd(y, c[m], z)
        for i in range(LANES):
            m, left = second + i, load(_STEP, LANES - 1 - i)
            w = muladd(left * y, b[m], w)
            y = load(b, second + m + 1)
            z = muladd(left * y, c[m], z)
        store(out, 2 * first, zip_low(u, v))
        store(out, 2 * first + LANES, zip_high(u, v))
        store(out, 2 * second, zip_low(w, z))
        store(out, 2 * second + LANES, zip_high(w, z))


@fast
def remainder_bound(pairs: Float32Array, start: int, low: int, high: int) -> float:
    """Most that the products of what pairs leave out can add up to, at any lag from low to high (Cauchy-Schwarz)."""
    m, other = (high >> 1) + 1, np.float32(0)
    later = pairs[2 + (start & 1), (start >> 1) + (low >> 1) : (start >> 1) + 2 * m]
    for i in range(len(later)):
        other += later[i]
    most = np.float32(0)
    for r in range(2):
        first = (start + r) >> 1
        earlier, own = pairs[2 + ((start + r) & 1), first : first + m], np.float32(0)
        for i in range(len(earlier)):
            own += earlier[i]
        most = max(most, own)
    return float(np.sqrt(np.float64(most) * np.float64(other)) / 2 * _ROUNDING_MARGIN)
