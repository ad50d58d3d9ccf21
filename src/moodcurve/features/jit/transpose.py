"""Transpose squares of sixteen by sixteen numbers, so that each lane of a vector has a row of its own."""

from moodcurve._typing import Float32Array
from moodcurve.features.jit.kernel import exact
from moodcurve.features.jit.simd import LANES, load, store, zip_high, zip_low


@exact
def half_transpose(x: Float32Array, at: int, step: int, factors: Float32Array, out: Float32Array, to: int) -> None:
    """Do half of the transposition of a 16 by 16 square, times the factors; its rows are a step apart in x.

    A second call completes the transposition.
    """
    for i in range(4):
        a, b = factors * load(x, at + i * step), factors * load(x, at + (i + 4) * step)
        c, d = factors * load(x, at + (i + 8) * step), factors * load(x, at + (i + 12) * step)
        low, other_low = zip_low(a, c), zip_low(b, d)
        high, other_high = zip_high(a, c), zip_high(b, d)
        store(out, to + 4 * i * LANES, zip_low(low, other_low))
        store(out, to + (4 * i + 1) * LANES, zip_high(low, other_low))
        store(out, to + (4 * i + 2) * LANES, zip_low(high, other_high))
        store(out, to + (4 * i + 3) * LANES, zip_high(high, other_high))
