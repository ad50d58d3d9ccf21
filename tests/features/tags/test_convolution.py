"""Convolutions by spectra and by products, compared with the sums themselves in double precision."""

import numpy as np
import pytest

from moodcurve.features.jit.simd import aligned_table
from moodcurve.features.tags import convolution, products
from moodcurve.features.tags.transform import BINS

FRAMES, BANDS = 187, 96


@pytest.fixture(scope="module")
def patch() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(FRAMES, BANDS)).astype(np.float32)


@pytest.mark.parametrize("width", [25, 38, 67, 73])
def test_largest_over_mel(patch: np.ndarray, width: int) -> None:
    kernel = np.random.default_rng(width).normal(size=(7, width, 32)).astype(np.float32)
    spectra = np.zeros((BINS, convolution.FRAMES + 6, 2), np.float32)
    convolution.mel_spectra(patch, spectra)
    out = np.empty((convolution.FRAMES, 32), np.float32)
    convolution.largest_over_mel(spectra, convolution.prepare(kernel), convolution.work(), BANDS + 1 - width, out)
    padded = np.pad(patch.astype(np.float64), ((3, 3), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (7, width))  # (frames, positions, 7, width)
    expected = np.einsum("tmji,jif->tmf", windows, kernel, optimize=True).max(axis=1)
    # sums of up to 672 products of size 1
    np.testing.assert_allclose(out[:FRAMES], expected, atol=1e-4)


@pytest.mark.parametrize("taps", [32, 64, 128])
def test_largest_over_bands(patch: np.ndarray, taps: int) -> None:
    kernel = np.random.default_rng(taps).normal(size=(taps, 16)).astype(np.float32)
    start = 63 - (taps - 1) // 2
    long = np.zeros((128, 16), np.float32)
    long[start : start + taps] = kernel
    spectra = np.zeros((BINS, BANDS * convolution.SPECTRA, 2), np.float32)
    convolution.time_spectra(patch, spectra)
    out = np.empty((convolution.FRAMES, 16), np.float32)
    filters = convolution.prepare(long.reshape(4, 32, 16))
    convolution.largest_over_bands(spectra, filters, convolution.work(), out)
    padded = np.pad(patch.astype(np.float64), (((taps - 1) // 2, taps // 2), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, taps, axis=0)  # (frames, bands, taps)
    expected = np.einsum("tmj,jf->tmf", windows, kernel, optimize=True).max(axis=1)
    np.testing.assert_allclose(out[:FRAMES], expected, atol=1e-4)


def test_parts_of_zeros_are_left_out() -> None:
    long = np.zeros((128, 32), np.float32)
    long[:, :16] = 1
    long[40:60, 16:] = 1
    assert convolution.prepare(long.reshape(4, 32, 32)).parts.tolist() == [[0, 4], [1, 2]]


@pytest.mark.parametrize(("rows", "stride", "length"), [(4, 0, 100), (8, 3, 1), (12, 16, 112)])
def test_products(rows: int, stride: int, length: int) -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=stride * (rows - 1) + length).astype(np.float32)
    matrix = rng.normal(size=(length, 64)).astype(np.float32)
    table, out = aligned_table(4 * length), aligned_table(4 * rows)
    table[:] = matrix.reshape(-1, 16)
    out[:] = 3  # kept where the product is less
    products.raise_to_products(x, stride, table, out)
    inputs = np.stack([x[stride * t : stride * t + length] for t in range(rows)]).astype(np.float64)
    np.testing.assert_allclose(out.reshape(rows, 64), np.maximum(inputs @ matrix, 3), atol=1e-4)
