"""Multiply overlapping rows of samples by a matrix of 64 columns: convolutions over time, and dense layers."""

from moodcurve._typing import Float32Array
from moodcurve.features.jit.kernel import exact
from moodcurve.features.jit.simd import LANES, load, maximum, muladd, store

COLUMNS = 64
"""Columns of the matrix."""
ROWS = 4
"""Rows computed at a time; `x` must be long enough for a multiple of them."""
_VECTORS = COLUMNS // LANES


@exact
def raise_to_products(x: Float32Array, stride: int, matrix: Float32Array, out: Float32Array) -> None:
    """Set out[t, c] to the larger of itself and Σ_q x[stride t + q] matrix[q, c].

    Parameters
    ----------
    x : (stride (rows - 1) + length,) float32
        Samples; row t begins at stride t. With the channels of a frame side by side and as many samples between rows as
        channels, this is a convolution over time.
    stride : int
    matrix : (4 length, 16) float32
        The matrix (length, 64) as a table.
    out : (4 rows, 16) float32
        The result (rows, 64) as a table; the number of rows is a multiple of 4.
    """
    length = len(matrix) // _VECTORS
    for t in range(0, len(out) // _VECTORS, ROWS):
        at = t * _VECTORS
        x0, x1, x2, x3 = x[t * stride :], x[(t + 1) * stride :], x[(t + 2) * stride :], x[(t + 3) * stride :]
        w0, w1, w2, w3 = load(matrix, 0), load(matrix, 1), load(matrix, 2), load(matrix, 3)
        a0, a1, a2, a3 = w0 * x0[0], w1 * x0[0], w2 * x0[0], w3 * x0[0]
        b0, b1, b2, b3 = w0 * x1[0], w1 * x1[0], w2 * x1[0], w3 * x1[0]
        c0, c1, c2, c3 = w0 * x2[0], w1 * x2[0], w2 * x2[0], w3 * x2[0]
        d0, d1, d2, d3 = w0 * x3[0], w1 * x3[0], w2 * x3[0], w3 * x3[0]
        for q in range(1, length):
            row = q * _VECTORS
            w0, w1, w2, w3 = load(matrix, row), load(matrix, row + 1), load(matrix, row + 2), load(matrix, row + 3)
            a0, a1 = muladd(w0, x0[q], a0), muladd(w1, x0[q], a1)
            a2, a3 = muladd(w2, x0[q], a2), muladd(w3, x0[q], a3)
            b0, b1 = muladd(w0, x1[q], b0), muladd(w1, x1[q], b1)
            b2, b3 = muladd(w2, x1[q], b2), muladd(w3, x1[q], b3)
            c0, c1 = muladd(w0, x2[q], c0), muladd(w1, x2[q], c1)
            c2, c3 = muladd(w2, x2[q], c2), muladd(w3, x2[q], c3)
            d0, d1 = muladd(w0, x3[q], d0), muladd(w1, x3[q], d1)
            d2, d3 = muladd(w2, x3[q], d2), muladd(w3, x3[q], d3)
        _raise(out, at, a0, a1, a2, a3)
        _raise(out, at + _VECTORS, b0, b1, b2, b3)
        _raise(out, at + 2 * _VECTORS, c0, c1, c2, c3)
        _raise(out, at + 3 * _VECTORS, d0, d1, d2, d3)


@exact
def _raise(out: Float32Array, at: int, v0: Float32Array, v1: Float32Array, v2: Float32Array, v3: Float32Array) -> None:
    store(out, at, maximum(v0, load(out, at)))
    store(out, at + 1, maximum(v1, load(out, at + 1)))
    store(out, at + 2, maximum(v2, load(out, at + 2)))
    store(out, at + 3, maximum(v3, load(out, at + 3)))
