"""Sixteen numbers side by side: each operation against NumPy's, lane by lane."""

import numpy as np
import numpy.typing as npt
import pytest
from numba.core.errors import TypingError

from moodcurve.features import lanes
from moodcurve.features.kernels import exact

F32 = npt.NDArray[np.float32]
RNG = np.random.default_rng(0)
A, B, C = RNG.standard_normal((3, lanes.LANES)).astype(np.float32)
B[:3] = A[:3]  # equal numbers, for the comparisons


def tables(*rows: F32) -> F32:
    table = lanes.table(len(rows))
    table[:] = rows
    return table


def test_rows_of_tables_begin_cache_lines() -> None:
    for dtype in (np.float32, np.float64):
        table = lanes.table(5, dtype)
        assert (table.shape, table.dtype, table.flags.c_contiguous) == ((5, 16), dtype, True)
        assert table.ctypes.data % 64 == 0
        assert not table.any()


@exact
def _arithmetic(x: F32, number: float, out: F32) -> None:
    a, b = lanes.load(x, 0), lanes.load(x, 1)
    lanes.store(out, 0, a + b)
    lanes.store(out, 1, a - b)
    lanes.store(out, 2, a * b)
    lanes.store(out, 3, number - a)
    lanes.store(out, 4, a * number)
    lanes.store(out, 5, lanes.maximum(a, b))
    lanes.store(out, 6, lanes.greater(a, b))
    lanes.store(out, 7, lanes.root(a * a))
    lanes.store(out, 8, lanes.spread(np.float32(number)))
    lanes.store(out, 9, lanes.minimum(a, b))


def test_arithmetic() -> None:
    """Single operations are rounded as IEEE 754 says: equal to the last bit."""
    out = lanes.table(10)
    _arithmetic(tables(A, B), 0.1, out)
    number = np.float32(0.1)
    expected = [A + B, A - B, A * B, number - A, A * number, np.maximum(A, B), A > B, np.sqrt(A * A)]
    np.testing.assert_array_equal(out[:8], np.array(expected, np.float32))
    np.testing.assert_array_equal(out[8], number)
    np.testing.assert_array_equal(out[9], np.minimum(A, B))


@exact
def _multiply_add(x: F32, out: F32) -> None:
    lanes.store(out, 0, lanes.muladd(lanes.load(x, 0), lanes.load(x, 1), lanes.load(x, 2)))


def test_muladd() -> None:
    out = lanes.table(1)
    _multiply_add(tables(A, B, C), out)
    exactly = A.astype(np.float64) * B + C
    # rounded once or twice, each time by 6e-8 of a term
    np.testing.assert_allclose(out[0], exactly, rtol=0, atol=1.2e-7 * np.abs(A * B).max() + 6e-8 * np.abs(C).max())


@exact
def _through_double(x: F32, wide: npt.NDArray[np.float64], out: F32) -> None:
    third = lanes.widened(lanes.load(x, 0)) * (1 / 3)
    lanes.store(wide, 0, third)
    lanes.store(out, 0, lanes.rounded(third))


def test_precisions() -> None:
    wide, out = lanes.table(1, np.float64), lanes.table(1)
    _through_double(tables(A), wide, out)
    np.testing.assert_array_equal(wide[0], A.astype(np.float64) * (1 / 3))
    np.testing.assert_array_equal(out[0], wide[0].astype(np.float32))


@exact
def _zip(x: F32, out: F32) -> None:
    a, b = lanes.load(x, 5), lanes.load(x, 21)
    lanes.store(out, 0, lanes.zip_low(a, b))
    lanes.store(out, 1, lanes.zip_high(a, b))


def test_zip_and_loading_from_any_place() -> None:
    x = np.arange(40, dtype=np.float32)
    out = lanes.table(2)
    _zip(x, out)
    np.testing.assert_array_equal(out.reshape(-1), np.stack([x[5:21], x[21:37]], axis=1).reshape(-1))


@exact
def _mixed(x: F32, wide: npt.NDArray[np.float64]) -> None:
    lanes.store(wide, 0, lanes.load(x, 0) + lanes.load(wide, 0))


def test_precisions_do_not_mix_unasked() -> None:
    with pytest.raises(TypingError):
        _mixed(lanes.table(1), lanes.table(1, np.float64))


@exact
def _above(x: F32) -> int:
    return lanes.above(lanes.load(x, 0), lanes.load(x, 1))


def test_above() -> None:
    assert _above(tables(A, B)) == sum(2**lane for lane in range(16) if A[lane] > B[lane])
    assert _above(tables(A + 5, B - 5)) == 2**16 - 1
