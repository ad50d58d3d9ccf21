"""Convolve a patch with the network's first filters by spectra of 96 points, and keep the maximum over mel.

A convolution along one axis is a product of spectra. For the two large branches (7 frames by 38 or 67 bands) the axis
is mel: a patch's 96 bands are one spectrum, and the products of 7 frames are summed. For the three long branches (128,
64 and 32 frames by one band) it is time: spectra of 96 frames begin every 32, and the products of parts of 32 frames
are summed; each gives 64 frames of the result. This takes a tenth of the multiplications of the sums themselves, with
the same result up to rounding. Sixteen filters are computed at a time, as lanes of vectors (``jit/simd.py``).
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from moodcurve._typing import Float32Array
from moodcurve.features.jit.kernel import exact
from moodcurve.features.jit.simd import LANES, aligned_table, broadcast, load, muladd, store
from moodcurve.features.tags.transform import BINS, HALF, POINTS, largest, pack, raise_to_values, twiddles

ROWS = 4
"""Products computed at a time, with the same filters."""
TAPS = 7
"""Frames of a filter of the large branches."""
PART = 32
"""Frames of a part of a long filter, and between spectra over time."""
LONG_TAPS = 128
"""Frames of the longest filter."""
OUTPUTS = 64
"""Frames of a result of spectra over time."""
BLOCKS = 3
"""Results that cover the 187 frames of a patch."""
SPECTRA = (BLOCKS - 1) * OUTPUTS // PART + LONG_TAPS // PART
"""Spectra over time of one band."""
FRAMES = BLOCKS * OUTPUTS
"""Frames of the result, 5 more than a patch has: a multiple of `ROWS`."""


class Filters(NamedTuple):
    """Filters prepared as spectra."""

    spectra: Float32Array
    """For each group of sixteen filters, bin and part: re and im in two rows (groups · 49 · parts · 2, 16)."""
    parts: npt.NDArray[np.int64]
    """First part of a group that is not zero, and the one after its last (groups, 2)."""
    twiddles: Float32Array


class Work(NamedTuple):
    """Work tables, which threads must not share."""

    points: Float32Array
    """Points of four transforms (4 · 96, 16)."""
    best: Float32Array
    """Largest values so far, of 64 frames (64, 16)."""


def prepare(kernel: Float32Array) -> Filters:
    """Return filters (parts, length, n) as `Filters`; n is a multiple of sixteen, the length at most 96."""
    parts, _, filters = kernel.shape
    # the inverse transform's factor is part of the filters
    found = np.fft.rfft(kernel.astype(np.float64), POINTS, axis=1) / POINTS
    split = np.stack([found.real, found.imag], axis=-1).reshape(parts, BINS, filters // LANES, LANES, 2)
    table = aligned_table(filters // LANES * BINS * parts * 2)
    table[:] = split.transpose(2, 1, 0, 4, 3).reshape(-1, LANES)
    used: npt.NDArray[np.bool_] = np.any(kernel.reshape(parts, -1, filters // LANES, LANES), axis=(1, 3))
    first, last = used.argmax(axis=0), parts - used[::-1].argmax(axis=0)
    return Filters(table, np.stack([first, last], axis=1).astype(np.int64), twiddles())


def work() -> Work:
    """Return new work tables."""
    return Work(aligned_table(ROWS * POINTS), aligned_table(OUTPUTS))


def mel_spectra(patch: Float32Array, out: Float32Array) -> None:
    """Write spectra along mel of a patch (187, 96), padded with zero frames, to `out` (49, 198, 2): re and im."""
    found = out.view(np.complex64)[..., 0]
    found[:, TAPS // 2 : TAPS // 2 + len(patch)] = np.fft.rfft(patch, axis=1).T


def time_spectra(patch: Float32Array, out: Float32Array) -> None:
    """Write spectra over time of a patch (187, 96) to `out` (49, 768, 2): band by band, of 96 frames every 32.

    The first begins 63 frames before the patch: TensorFlow pads k taps with (k - 1) // 2 zeros before.
    """
    before = (LONG_TAPS - 1) // 2
    padded = np.zeros((patch.shape[1], (SPECTRA - 1) * PART + POINTS), np.float32)
    padded[:, before : before + len(patch)] = patch.T
    found = out.view(np.complex64).reshape(BINS, -1, SPECTRA)
    for i in range(SPECTRA):
        found[:, :, i] = np.fft.rfft(padded[:, i * PART : i * PART + POINTS], axis=1).T


@exact
def largest_over_mel(spectra: Float32Array, filters: Filters, work: Work, positions: int, out: Float32Array) -> None:
    """Compute max_m Σ_j Σ_i x[t + j - 3, m + i] w[j, i] for each frame t and filter w (7, width).

    Parameters
    ----------
    spectra : (49, 198, 2) float32
        Of `mel_spectra`.
    filters : Filters
    work : Work
    positions : int
        Positions m: 97 - width, from 24 to 72.
    out : (192, filters) float32
        The result, contiguous.
    """
    flat = out.reshape(-1)
    groups = len(filters.parts)
    for group in range(groups):
        for t in range(0, len(out), ROWS):
            _products(spectra, t, 1, filters, group, TAPS, work.points)
            for row in range(ROWS):
                found = largest(work.points, row * POINTS, filters.twiddles, positions)
                store(flat, ((t + row) * groups + group) * LANES, found)


@exact
def largest_over_bands(spectra: Float32Array, filters: Filters, work: Work, out: Float32Array) -> None:
    """Compute max_m Σ_j x[t + j - 63, m] w[j] for each frame t and filter w (128,) in four parts.

    Parameters
    ----------
    spectra : (49, 768, 2) float32
        Of `time_spectra`.
    filters : Filters
    work : Work
    out : (192, filters) float32
        The result, contiguous.
    """
    flat = out.reshape(-1)
    groups = len(filters.parts)
    for group in range(groups):
        for block in range(BLOCKS):
            for n in range(OUTPUTS):
                store(work.best, n, broadcast(np.float32(-np.inf)))
            first = block * (OUTPUTS // PART)
            for band in range(0, spectra.shape[1] // SPECTRA, ROWS):
                _products(spectra, band * SPECTRA + first, SPECTRA, filters, group, LONG_TAPS // PART, work.points)
                for row in range(ROWS):
                    raise_to_values(work.points, row * POINTS, filters.twiddles, OUTPUTS, work.best)
            for n in range(OUTPUTS):
                store(flat, ((block * OUTPUTS + n) * groups + group) * LANES, load(work.best, n))


@exact
def _products(
    spectra: Float32Array, first: int, step: int, filters: Filters, group: int, parts: int, points: Float32Array
) -> None:
    """Compute P = Σ_j conj(X_j) W_j for four rows with spectra X_j = first + row · step + j, as points of transforms.

    P is the conjugate spectrum of Σ_i x[n + i] w[i].
    """
    size = 2 * parts
    for k in range(HALF // 2 + 1):
        here, mirror = (group * BINS + k) * size, (group * BINS + HALF - k) * size
        a, b, c, d = _bin(spectra[k], first, step, filters, group, here)
        e, f, g, h = _bin(spectra[HALF - k], first, step, filters, group, mirror)
        pack(a, e, k, filters.twiddles, points, 0)
        pack(b, f, k, filters.twiddles, points, POINTS)
        pack(c, g, k, filters.twiddles, points, 2 * POINTS)
        pack(d, h, k, filters.twiddles, points, 3 * POINTS)


@exact
def _bin(
    x: Float32Array, first: int, step: int, filters: Filters, group: int, at: int
) -> tuple[tuple[Float32Array, Float32Array], ...]:
    """Return re and im of one bin of the four products; the filters' values begin at row `at`."""
    a_re = a_im = b_re = b_im = c_re = c_im = d_re = d_im = broadcast(np.float32(0))
    for j in range(filters.parts[group, 0], filters.parts[group, 1]):
        re, im = load(filters.spectra, at + 2 * j), load(filters.spectra, at + 2 * j + 1)
        i = first + j
        a_re, a_im = muladd(im, x[i, 1], muladd(re, x[i, 0], a_re)), muladd(re, -x[i, 1], muladd(im, x[i, 0], a_im))
        i += step
        b_re, b_im = muladd(im, x[i, 1], muladd(re, x[i, 0], b_re)), muladd(re, -x[i, 1], muladd(im, x[i, 0], b_im))
        i += step
        c_re, c_im = muladd(im, x[i, 1], muladd(re, x[i, 0], c_re)), muladd(re, -x[i, 1], muladd(im, x[i, 0], c_im))
        i += step
        d_re, d_im = muladd(im, x[i, 1], muladd(re, x[i, 0], d_re)), muladd(re, -x[i, 1], muladd(im, x[i, 0], d_im))
    return (a_re, a_im), (b_re, b_im), (c_re, c_im), (d_re, d_im)
