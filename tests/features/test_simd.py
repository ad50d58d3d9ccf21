"""Sixteen numbers side by side: each operation against NumPy's, lane by lane."""

import numpy as np
import pytest
from numba.core.errors import TypingError

from moodcurve._typing import Float32Array, FloatArray
from moodcurve.features.jit import simd
from moodcurve.features.jit.kernel import exact

RNG = np.random.default_rng(0)
A, B, C = RNG.standard_normal((3, simd.LANES)).astype(np.float32)
B[:3] = A[:3]  # equal numbers, for the comparisons


def tables(*rows: Float32Array) -> Float32Array:
    aligned_table = simd.aligned_table(len(rows))
    aligned_table[:] = rows
    return aligned_table


def test_rows_of_tables_begin_cache_lines() -> None:
    for dtype in (np.float32, np.float64):
        aligned_table = simd.aligned_table(5, dtype)
        assert (aligned_table.shape, aligned_table.dtype, aligned_table.flags.c_contiguous) == ((5, 16), dtype, True)
        assert aligned_table.ctypes.data % 64 == 0
        assert not aligned_table.any()


@exact
def _arithmetic(x: Float32Array, number: float, out: Float32Array) -> None:
    a, b = simd.load(x, 0), simd.load(x, 1)
    simd.store(out, 0, a + b)
    simd.store(out, 1, a - b)
    simd.store(out, 2, a * b)
    simd.store(out, 3, number - a)
    simd.store(out, 4, a * number)
    simd.store(out, 5, simd.maximum(a, b))
    simd.store(out, 6, simd.greater(a, b))
    simd.store(out, 7, simd.sqrt(a * a))
    simd.store(out, 8, simd.broadcast(np.float32(number)))
    simd.store(out, 9, simd.minimum(a, b))


def test_arithmetic() -> None:
    """Single operations are rounded as IEEE 754 says: equal to the last bit."""
    out = simd.aligned_table(10)
    _arithmetic(tables(A, B), 0.1, out)
    number = np.float32(0.1)
    expected = [A + B, A - B, A * B, number - A, A * number, np.maximum(A, B), A > B, np.sqrt(A * A)]
    np.testing.assert_array_equal(out[:8], np.array(expected, np.float32))
    np.testing.assert_array_equal(out[8], number)
    np.testing.assert_array_equal(out[9], np.minimum(A, B))


@exact
def _multiply_add(x: Float32Array, out: Float32Array) -> None:
    simd.store(out, 0, simd.muladd(simd.load(x, 0), simd.load(x, 1), simd.load(x, 2)))


def test_muladd() -> None:
    out = simd.aligned_table(1)
    _multiply_add(tables(A, B, C), out)
    exactly = A.astype(np.float64) * B + C
    # rounded once or twice, each time by 6e-8 of a term
    np.testing.assert_allclose(out[0], exactly, rtol=0, atol=1.2e-7 * np.abs(A * B).max() + 6e-8 * np.abs(C).max())


@exact
def _through_double(x: Float32Array, wide: FloatArray, out: Float32Array) -> None:
    third = simd.to_double(simd.load(x, 0)) * (1 / 3)
    simd.store(wide, 0, third)
    simd.store(out, 0, simd.to_single(third))


def test_precisions() -> None:
    wide, out = simd.aligned_table(1, np.float64), simd.aligned_table(1)
    _through_double(tables(A), wide, out)
    np.testing.assert_array_equal(wide[0], A.astype(np.float64) * (1 / 3))
    np.testing.assert_array_equal(out[0], wide[0].astype(np.float32))


@exact
def _zip(x: Float32Array, out: Float32Array) -> None:
    a, b = simd.load(x, 5), simd.load(x, 21)
    simd.store(out, 0, simd.zip_low(a, b))
    simd.store(out, 1, simd.zip_high(a, b))


def test_zip_and_loading_from_any_place() -> None:
    x = np.arange(40, dtype=np.float32)
    out = simd.aligned_table(2)
    _zip(x, out)
    np.testing.assert_array_equal(out.reshape(-1), np.stack([x[5:21], x[21:37]], axis=1).reshape(-1))


@exact
def _mixed(x: Float32Array, wide: FloatArray) -> None:
    simd.store(wide, 0, simd.load(x, 0) + simd.load(wide, 0))


def test_precisions_do_not_mix_unasked() -> None:
    with pytest.raises(TypingError):
        _mixed(simd.aligned_table(1), simd.aligned_table(1, np.float64))


@exact
def _above(x: Float32Array) -> int:
    return simd.greater_mask(simd.load(x, 0), simd.load(x, 1))


def test_above() -> None:
    assert _above(tables(A, B)) == sum(2**lane for lane in range(16) if A[lane] > B[lane])
    assert _above(tables(A + 5, B - 5)) == 2**16 - 1
