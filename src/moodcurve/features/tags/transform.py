"""Transform spectra of 96 points back, of sixteen filters at once, and keep the largest of the values.

Real values are transformed as 48 complex numbers y_2m + i y_2m+1, by decimation in frequency: one layer of three points
and two of four. Lanes are filters (see ``jit/simd.py``). A work table holds re and im of the points in rows 2k and
2k + 1. Only the first ``count`` values are used; the last quarter is never computed.
"""

import numpy as np

from moodcurve._typing import Float32Array, FloatArray
from moodcurve.features.jit.kernel import exact
from moodcurve.features.jit.simd import broadcast, load, maximum, muladd, store

POINTS = 96
"""Values of a transform; rows of the work table."""
HALF = POINTS // 2
"""Complex points."""
BINS = HALF + 1
_THIRD = HALF // 3


def twiddles() -> Float32Array:
    """Return cos and sin of 2πk/96, k = 0 .. 95 (96, 2)."""
    angles: FloatArray = 2 * np.pi * np.arange(POINTS) / POINTS
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


@exact
def pack(
    p: tuple[Float32Array, Float32Array],
    mirror: tuple[Float32Array, Float32Array],
    k: int,
    twiddles: Float32Array,
    work: Float32Array,
    start: int,
) -> None:
    """Store points k and 48 - k of the complex transform, from bins k and 48 - k of a conjugate spectrum (re, im).

    With E_k = P_k + conj(P_48-k) and O_k = exp(-2πi k / 96) (P_k - conj(P_48-k)), the transforms of the even and the
    odd values, the points are E_k + i O_k and conj(E_k) + i conj(O_k). The work begins at row `start`.
    """
    re, im = p
    other_re, other_im = mirror
    cos, sin = twiddles[k, 0], twiddles[k, 1]
    even_re, even_im, d_re, d_im = re + other_re, im - other_im, re - other_re, im + other_im
    odd_re, odd_im = muladd(d_im, -cos, d_re * sin), muladd(d_re, cos, d_im * sin)  # of i O_k
    store(work, start + 2 * k, even_re + odd_re)
    store(work, start + 2 * k + 1, even_im + odd_im)
    if k > 0:
        store(work, start + 2 * (HALF - k), even_re - odd_re)
        store(work, start + 2 * (HALF - k) + 1, odd_im - even_im)


@exact
def largest(work: Float32Array, start: int, twiddles: Float32Array, count: int) -> Float32Array:
    """Transform the points from row `start` on, and return the largest of the first `count` values of each lane.

    There are at least 24, and at most 72.
    """
    _first_layers(work, start, twiddles)
    best = other = broadcast(np.float32(-np.inf))
    for part in range(3):
        for i in range(4):
            a, b, c, d = _sums(work, start + 2 * (_THIRD * part + 4 * i))
            m = part + 3 * i
            best, other = maximum(best, a[0] + b[0]), maximum(other, a[1] + b[1])
            if 2 * m + 24 < count:
                best = maximum(best, c[0] + d[1])
            if 2 * m + 25 < count:
                other = maximum(other, c[1] - d[0])
            if 2 * m + 48 < count:
                best = maximum(best, a[0] - b[0])
            if 2 * m + 49 < count:
                other = maximum(other, a[1] - b[1])
    found: Float32Array = maximum(best, other)
    return found


@exact
def raise_to_values(work: Float32Array, start: int, twiddles: Float32Array, count: int, out: Float32Array) -> None:
    """Transform the points from row `start` on; set row n of `out` to the larger of itself and value n.

    There are `count` values, 48 to 72.
    """
    _first_layers(work, start, twiddles)
    for part in range(3):
        for i in range(4):
            a, b, c, d = _sums(work, start + 2 * (_THIRD * part + 4 * i))
            n = 2 * (part + 3 * i)
            store(out, n, maximum(load(out, n), a[0] + b[0]))
            store(out, n + 1, maximum(load(out, n + 1), a[1] + b[1]))
            store(out, n + 24, maximum(load(out, n + 24), c[0] + d[1]))
            store(out, n + 25, maximum(load(out, n + 25), c[1] - d[0]))
            if n + 48 < count:
                store(out, n + 48, maximum(load(out, n + 48), a[0] - b[0]))
                store(out, n + 49, maximum(load(out, n + 49), a[1] - b[1]))


@exact
def _first_layers(work: Float32Array, start: int, twiddles: Float32Array) -> None:
    for k in range(_THIRD):
        _three_points(work, start + 2 * k, twiddles, k)
    for part in range(3):
        for k in range(4):
            _four_points(work, start + 2 * (_THIRD * part + k), twiddles, k)


@exact
def _three_points(work: Float32Array, row: int, twiddles: Float32Array, k: int) -> None:
    """Transform points k, k + 16 and k + 32, times exp(-2πi k q / 48) for result q."""
    half, root = np.float32(0.5), np.float32(np.sqrt(0.75))
    a_re, a_im = load(work, row), load(work, row + 1)
    b_re, b_im = load(work, row + 2 * _THIRD), load(work, row + 2 * _THIRD + 1)
    c_re, c_im = load(work, row + 4 * _THIRD), load(work, row + 4 * _THIRD + 1)
    s_re, s_im, d_re, d_im = b_re + c_re, b_im + c_im, b_re - c_re, b_im - c_im
    m_re, m_im = muladd(s_re, -half, a_re), muladd(s_im, -half, a_im)
    store(work, row, a_re + s_re)
    store(work, row + 1, a_im + s_im)
    _store_rotated(work, row + 2 * _THIRD, muladd(d_im, root, m_re), muladd(d_re, -root, m_im), twiddles, 2 * k)
    _store_rotated(work, row + 4 * _THIRD, muladd(d_im, -root, m_re), muladd(d_re, root, m_im), twiddles, 4 * k)


@exact
def _four_points(work: Float32Array, row: int, twiddles: Float32Array, k: int) -> None:
    """Transform points k, k + 4, k + 8 and k + 12 of sixteen, times exp(-2πi k q / 16) for result q."""
    a_re, a_im, b_re, b_im = load(work, row), load(work, row + 1), load(work, row + 8), load(work, row + 9)
    c_re, c_im, d_re, d_im = load(work, row + 16), load(work, row + 17), load(work, row + 24), load(work, row + 25)
    ac_re, ac_im, bd_re, bd_im = a_re + c_re, a_im + c_im, b_re + d_re, b_im + d_im
    a_re, a_im, b_re, b_im = a_re - c_re, a_im - c_im, b_re - d_re, b_im - d_im
    store(work, row, ac_re + bd_re)
    store(work, row + 1, ac_im + bd_im)
    _store_rotated(work, row + 8, a_re + b_im, a_im - b_re, twiddles, 6 * k)
    _store_rotated(work, row + 16, ac_re - bd_re, ac_im - bd_im, twiddles, 12 * k)
    _store_rotated(work, row + 24, a_re - b_im, a_im + b_re, twiddles, 18 * k)


@exact
def _store_rotated(
    work: Float32Array, row: int, re: Float32Array, im: Float32Array, twiddles: Float32Array, k: int
) -> None:
    """Store (re + i im) exp(-2πi k / 96)."""
    cos, sin = twiddles[k, 0], twiddles[k, 1]
    store(work, row, muladd(im, sin, re * cos))
    store(work, row + 1, muladd(re, -sin, im * cos))


@exact
def _sums(work: Float32Array, row: int) -> tuple[tuple[Float32Array, Float32Array], ...]:
    """Return sums and differences (re, im) of four points: a + c, b + d, a - c, b - d.

    The four points of the result are s + t, u - i v, s - t, u + i v, for s, t, u, v in this order.
    """
    a_re, a_im, b_re, b_im = load(work, row), load(work, row + 1), load(work, row + 2), load(work, row + 3)
    c_re, c_im, d_re, d_im = load(work, row + 4), load(work, row + 5), load(work, row + 6), load(work, row + 7)
    return (
        (a_re + c_re, a_im + c_im),
        (b_re + d_re, b_im + d_im),
        (a_re - c_re, a_im - c_im),
        (b_re - d_re, b_im - d_im),
    )
