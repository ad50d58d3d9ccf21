"""Compute magnitude spectra of sixteen overlapping frames at once.

Frames are the columns of tables (n, 16) (see ``simd.py``), so that every step of the transform is one operation on
sixteen numbers. Real frames of n samples are transformed as n/2 complex numbers x_2m + i x_2m+1. The n/2-point
transform is radix-4 decimation in frequency (radix 2 in the last layer if n/2 is no power of four), in place, with
output in digit-reversed order: ``positions`` maps each frequency to its position. The first two layers work on a part
of the table that stays in the L1 cache; the sixteen blocks that remain fit into that cache too.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from moodcurve._typing import Float32Array, FloatArray
from moodcurve.features.jit.kernel import exact
from moodcurve.features.jit.simd import LANES, aligned_table, broadcast, load, muladd, sqrt, store
from moodcurve.features.jit.transpose import half_transpose

_BLOCKS = 16
"""Blocks that remain after the first two layers."""
SMALLEST = 256
"""Smallest transform: each of the sixteen blocks then has eight complex points, one cache line."""


class FFTPlan(NamedTuple):
    """Precomputed factors and work tables for the transform of real frames of one length."""

    twiddles: Float32Array
    """Twiddle factors, layer by layer: re and im of w, w², w³ with w = exp(-2πi j / L), j = 0 .. L/4 - 1, for layers of
    L = n/2, n/8, n/32 ... points (j of all layers, 6)."""
    positions: npt.NDArray[np.int64]
    """Position of frequency k in the output of the complex transform (n/2,)."""
    split_factors: Float32Array
    """½ exp(-2πi k / n), k = 0 .. n/4, to separate even and odd samples (n/4 + 1, 2)."""
    work: Float32Array
    """Work table: re and im of the complex numbers in rows 2m and 2m + 1 (n, 16)."""
    tiles: Float32Array
    """Work table: the part that the first layers process, and one 16 by 16 square (272, 16)."""


def make_plan(n: int) -> FFTPlan:
    """Return the plan for frames of n samples, n a power of two from 256.

    Raises
    ------
    ValueError
        If n is another number.
    """
    if n < SMALLEST or n & (n - 1):
        raise ValueError(f"n must be a power of two from {SMALLEST}, got {n}")
    layers = []
    positions, length = np.zeros(1, np.int64), n // 2
    radices = []
    while length > 1:
        radix = 4 if length >= 4 else 2
        if radix == 4:
            layers.append(_roots(np.outer(np.arange(length // 4), [1, 2, 3]), length).reshape(-1, 6))
        radices.append(radix)
        length //= radix
    for radix in reversed(radices):
        # for length radix · len(positions): frequency k is in part k mod radix, at the position of k // radix
        positions = (np.arange(radix) * len(positions) + positions[:, None]).reshape(-1)
    return FFTPlan(
        np.concatenate(layers).astype(np.float32),
        positions,
        (0.5 * _roots(np.arange(n // 4 + 1), n)).astype(np.float32),
        aligned_table(n),
        aligned_table(17 * LANES),
    )


def _roots(powers: npt.NDArray[np.int64], n: int) -> FloatArray:
    """Return re and im of exp(-2πi p / n) along a new last axis."""
    angles = -2 * np.pi * (powers % n) / n
    return np.stack([np.cos(angles), np.sin(angles)], axis=-1)


@exact
def magnitudes(wave: Float32Array, hop: int, window: Float32Array, plan: FFTPlan, out: Float32Array) -> None:
    """Compute |Σ_i w_i x_{l hop + i} exp(-2πi ik/n)|, k = 0 .. n/2, of the frames l = 0 .. 15 of a wave.

    ``wave`` holds at least 15 hop + len(window) samples, ``out`` is a table (n/2 + 1, 16). Frames shorter than n are
    padded with zeros. Single precision; columns do not depend on each other.
    """
    points = len(plan.work) // 2
    stride = points // _BLOCKS
    second = points // 4  # rows of factors in the first layer
    columns = plan.tiles.shape[1]  # a constant argument would compile the butterfly again
    for first in range(0, stride, LANES // 2):
        _apply_window(wave, hop, window, 2 * first, 2 * stride, plan.tiles)
        for m in range(LANES // 2):
            for group in range(4):
                row = 2 * m + LANES * group
                factors = first + m + stride * group
                _butterfly(plan.tiles, row, 4 * LANES, plan.tiles, row, 4 * LANES, plan.twiddles, factors)
            for group in range(4):
                row, to = 2 * m + 4 * LANES * group, 2 * (4 * group * stride + first + m)
                _butterfly(plan.tiles, row, columns, plan.work, to, 2 * stride, plan.twiddles, second + first + m)
    for block in range(_BLOCKS):
        _transform_block(plan.work, 2 * block * stride, stride, plan.twiddles, second + stride)
    _split(plan, out)


@exact
def _apply_window(
    wave: Float32Array, hop: int, window: Float32Array, start: int, stride: int, tiles: Float32Array
) -> None:
    """Write windowed samples start + stride r + i, i = 0 .. 15, to rows 16 r + i of tiles, for r = 0 .. 15."""
    flat = tiles.reshape(-1)
    square, columns = LANES * LANES, tiles.shape[1]  # a constant argument would compile the function again
    for r in range(_BLOCKS):
        at = start + stride * r
        if at + LANES <= len(window):
            half_transpose(wave, at, hop, load(window, at), flat, _BLOCKS * square)
            half_transpose(flat, _BLOCKS * square, columns, broadcast(np.float32(1)), flat, r * square)
        else:
            for i in range(LANES):
                store(tiles, r * LANES + i, broadcast(np.float32(0)))
            for i in range(len(window) - at):
                for lane in range(LANES):
                    tiles[r * LANES + i, lane] = window[at + i] * wave[at + i + lane * hop]


@exact
def _transform_block(work: Float32Array, start: int, points: int, twiddles: Float32Array, factors: int) -> None:
    """Compute the remaining layers of a block that begins at row `start`."""
    length = points
    while length >= 4:
        quarter = length // 4
        for part in range(start, start + 2 * points, 2 * length):
            for j in range(quarter):
                row = part + 2 * j
                _butterfly(work, row, 2 * quarter, work, row, 2 * quarter, twiddles, factors + j)
        factors += quarter
        length = quarter
    if length == 2:
        for row in range(start, start + 2 * points, 4):
            re, im, other_re, other_im = load(work, row), load(work, row + 1), load(work, row + 2), load(work, row + 3)
            store(work, row, re + other_re)
            store(work, row + 1, im + other_im)
            store(work, row + 2, re - other_re)
            store(work, row + 3, im - other_im)


@exact
def _butterfly(
    x: Float32Array, row: int, step: int, y: Float32Array, to: int, stride: int, twiddles: Float32Array, j: int
) -> None:
    """Transform the four complex numbers at rows row + q step of x, and write them times their factors to y."""
    a_re, a_im = load(x, row), load(x, row + 1)
    b_re, b_im = load(x, row + step), load(x, row + step + 1)
    c_re, c_im = load(x, row + 2 * step), load(x, row + 2 * step + 1)
    d_re, d_im = load(x, row + 3 * step), load(x, row + 3 * step + 1)
    ac_re, ac_im, bd_re, bd_im = a_re + c_re, a_im + c_im, b_re + d_re, b_im + d_im
    a_re, a_im, b_re, b_im = a_re - c_re, a_im - c_im, b_re - d_re, b_im - d_im
    store(y, to, ac_re + bd_re)
    store(y, to + 1, ac_im + bd_im)
    _store_rotated(y, to + stride, a_re + b_im, a_im - b_re, twiddles[j, 0], twiddles[j, 1])
    _store_rotated(y, to + 2 * stride, ac_re - bd_re, ac_im - bd_im, twiddles[j, 2], twiddles[j, 3])
    _store_rotated(y, to + 3 * stride, a_re - b_im, a_im + b_re, twiddles[j, 4], twiddles[j, 5])


@exact
def _store_rotated(
    y: Float32Array, row: int, re: Float32Array, im: Float32Array, by_re: np.float32, by_im: np.float32
) -> None:
    store(y, row, muladd(re, by_re, im * -by_im))
    store(y, row + 1, muladd(re, by_im, im * by_re))


@exact
def _split(plan: FFTPlan, out: Float32Array) -> None:
    """Compute the magnitudes of X_k = (Z_k + Z*_-k) / 2 - i exp(-2πi k / n) (Z_k - Z*_-k) / 2, the real spectra."""
    points = len(plan.positions)
    half = np.float32(0.5)
    for k in range(points // 2 + 1):
        here, mirror = 2 * plan.positions[k], 2 * plan.positions[(points - k) % points]
        re, im, other_re, other_im = (
            load(plan.work, here),
            load(plan.work, here + 1),
            load(plan.work, mirror),
            load(plan.work, mirror + 1),
        )
        factor_re, factor_im = plan.split_factors[k, 0], plan.split_factors[k, 1]
        odd_re, odd_im = im + other_im, other_re - re
        even_re, even_im = half * (re + other_re), half * (im - other_im)
        # added to the even part one by one: a quiet bin may be the difference of loud ones
        x_re = muladd(odd_re, factor_re, muladd(odd_im, -factor_im, even_re))
        x_im = muladd(odd_re, factor_im, muladd(odd_im, factor_re, even_im))
        y_re = muladd(odd_re, -factor_re, muladd(odd_im, factor_im, even_re))
        y_im = muladd(odd_re, -factor_im, muladd(odd_im, -factor_re, even_im))
        store(out, k, sqrt(muladd(x_re, x_re, x_im * x_im)))
        store(out, points - k, sqrt(muladd(y_re, y_re, y_im * y_im)))
