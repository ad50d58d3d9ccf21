"""Sub-harmonic summation of the 60 ms spectrum, sixteen frames at a time: high where a pitch may be.

The chain is magnitudes → :func:`enhance` (peaks only) → :func:`octave_spectrum` (cubic spline onto an axis in
octaves, weighted as the ear does) → :func:`subharmonic_sum`. Hermes 1988, doi.org/10.1121/1.396427.
``candidates.py`` finds the pitches that the sum speaks for, and ``viterbi.py`` chooses among them over time. Tables
hold a frame in each of their sixteen columns (``simd.py``); no column depends on another.
"""

import numpy as np

from moodcurve._typing import Float32Array, FloatArray
from moodcurve.features.jit.kernel import exact
from moodcurve.features.jit.simd import LANES, broadcast, greater, load, maximum, muladd, store, to_double, to_single
from moodcurve.features.voice.octave_axis import HARMONICS, OctaveAxis

SILENCE = 0.001
"""RMS of the windowed frame up to which there is no pitch."""
STEP = 4
"""Points whose highest peak is known, so that the search for the highest can step over them."""
MARGIN = 16
"""Rows that tables of spectra have more than n, so that loops may run over the end."""


@exact
def frame_rms(magnitudes: Float32Array, n: int, length: int, out: Float32Array) -> None:
    """RMS of the windowed frames of so many samples, which gates the pitch, by Parseval's theorem.

    sqrt((M_0² + 2 Σ_{k=1..n-2} M_k² + M_{n-1}²) / (2 (n - 1) length)) of the magnitudes in the first n rows.
    """
    even = odd = broadcast(np.float32(0))
    for k in range(1, n - 1, 2):
        a, b = load(magnitudes, k), load(magnitudes, k + 1)
        odd, even = muladd(a, a, odd), muladd(b, b, even)
    total = np.float32(2) * (even + odd)  # M_{n-1} twice
    store(out, 0, total)
    for lane in range(LANES):
        ends = magnitudes[0, lane] ** 2 - magnitudes[n - 1, lane] ** 2
        out[lane] = np.sqrt(max(out[lane] + ends, np.float32(0)) / np.float32(2 * (n - 1) * length))


@exact
def enhance(magnitudes: Float32Array, out: Float32Array) -> None:
    """Keep the neighbourhood of spectral peaks, and smooth: tables (n + margin, 16) of which n rows count.

    Peaks are bins above their left and not below their right neighbour (at the ends: above the only one).
    Between two peaks p < q, bins p + 3 .. q - 3 become 0; a spectrum with a single peak keeps bins 0 to 2 only,
    one without any stays. Then out_k = (M_{k-1} + 2 M_k + M_{k+1}) / 4, with M_{-1} = 0 and the last bin as is.
    The margin of the magnitudes is overwritten.
    """
    n = len(magnitudes) - MARGIN
    for k in range(n, n + 3):
        store(magnitudes, k, broadcast(np.float32(-1)))  # lower than any neighbour
    quarter, half, zero = np.float32(0.25), np.float32(0.5), broadcast(np.float32(0))
    # of the bins k - 4 .. k: is there a peak (1 or 0); of k - 2 .. k + 1: magnitudes; of k - 4, k - 3: what is kept
    p0, p1, p2, p3 = zero, zero, zero, zero
    m0, m1, m2 = zero, zero, load(magnitudes, 0)
    kept0, kept1 = zero, zero
    for k in range(n + 3):
        m3 = load(magnitudes, k + 1)
        p4 = greater(m2, m1) * (np.float32(1) - greater(m3, m2))
        kept2 = m0 * maximum(maximum(maximum(p0, p1), maximum(p2, p3)), p4)
        store(out, max(k - 3, 0), quarter * (kept0 + kept2) + half * kept1)
        p0, p1, p2, p3 = p1, p2, p3, p4
        m0, m1, m2 = m1, m2, m3
        kept0, kept1 = kept1, kept2
    for lane in range(LANES):
        _fix_ends(magnitudes, n, lane, out)


@exact
def _fix_ends(magnitudes: Float32Array, n: int, lane: int, out: Float32Array) -> None:
    """Do what the ends of a spectrum need: bins before the first and after the last peak stay."""
    first, last = n, n - 1  # if there is no peak
    for k in range(n):
        if _is_peak(magnitudes, lane, k):
            first = k
            break
    for k in range(n - 1, -1, -1):
        if _is_peak(magnitudes, lane, k):
            last = k
            break
    quarter, half = np.float32(0.25), np.float32(0.5)
    if first == last:
        a, b, c = magnitudes[0, lane], magnitudes[1, lane], magnitudes[2, lane]
        for k in range(n):
            out[k, lane] = 0
        out[0, lane] = half * a + quarter * b
        out[1, lane] = quarter * (a + c) + half * b
        out[2, lane] = quarter * b + half * c
        out[3, lane] = quarter * c
        return
    out[0, lane] = half * magnitudes[0, lane] + quarter * magnitudes[1, lane]
    for k in range(1, min(first + 2, n - 1)):
        out[k, lane] = quarter * (magnitudes[k - 1, lane] + magnitudes[k + 1, lane]) + half * magnitudes[k, lane]
    if first < n:
        for k in range(max(last - 1, 1), n - 1):
            out[k, lane] = quarter * (magnitudes[k - 1, lane] + magnitudes[k + 1, lane]) + half * magnitudes[k, lane]
    out[n - 1, lane] = magnitudes[n - 1, lane]


@exact
def _is_peak(magnitudes: Float32Array, lane: int, k: int) -> bool:
    """Tell whether a bin is a peak; the margin of the magnitudes is lower than all of them."""
    here = magnitudes[k, lane]
    if k == 0:
        return bool(here > magnitudes[1, lane])
    return bool(here > magnitudes[k - 1, lane] and here >= magnitudes[k + 1, lane])


@exact
def octave_spectrum(y: Float32Array, axis: OctaveAxis, scratch: FloatArray, out: Float32Array) -> None:
    """Interpolate enhanced spectra y (n, 16) at the points of the octave axis (n, 16).

    A natural cubic spline through the bins, in double precision; negative values become 0, and the weight of
    hearing is applied. Scratch is (n - 1, 16); out may be y itself, since no point lies before its bins but the
    first few, which are the last to be interpolated.
    """
    n = len(axis.upper)
    here, above, curvature = to_double(load(y, 0)), to_double(load(y, 1)), broadcast(0.0)
    for k in range(1, n - 1):
        below, here, above = here, above, to_double(load(y, k + 1))
        known = muladd(below, axis.system[k, 0], muladd(here, axis.system[k, 1], above * axis.system[k, 2]))
        curvature = muladd(curvature, axis.system[k, 3], known)
        store(scratch, k, curvature)
    i = n - 1
    here, curvature, zero = to_double(load(y, n - 1)), broadcast(0.0), broadcast(np.float32(0))
    for k in range(n - 1, 0, -1):  # the segment from bin k - 1 to k
        below, lower_curvature = to_double(load(y, k - 1)), broadcast(0.0)
        if k > 1:
            lower_curvature = muladd(curvature, axis.system[k - 1, 4], load(scratch, k - 1))
        while i >= 0 and axis.upper[i] == k:
            bend = muladd(lower_curvature, axis.weights[i, 2], curvature * axis.weights[i, 3])
            value = to_single(muladd(below, axis.weights[i, 0], muladd(here, axis.weights[i, 1], bend)))
            store(out, i, maximum(value, zero) * axis.sensitivity[i])
            i -= 1
        here, curvature = below, lower_curvature


@exact
def subharmonic_sum(
    octave: Float32Array, axis: OctaveAxis, out: Float32Array, peaks: Float32Array, means: FloatArray
) -> None:
    """Put 15 SS_j = Σ_{h=1..15} 0.85^(h-1) A_{j + shift(h)} of spectra A into out; terms past the end drop out.

    octave and out are tables (n + margin, 16), or one; the margin of A is overwritten. Also finds the columns' means of
    SS (16,), and the peaks that :func:`moodcurve.features.voice.candidates.highest_peaks` asks for. In single precision and
    in this order: the sums of neighbouring points are often equal to the last digit, and then neither is a peak. The
    factor 15 is left to who looks at single points, since dividing is slow.
    """
    n = len(octave) - MARGIN
    zero = broadcast(np.float32(0))
    for k in range(n, len(octave)):
        store(octave, k, zero)
    mean, before = broadcast(0.0), broadcast(np.float32(3e38))
    last = before  # no peak, and none beside it
    for group in range(len(peaks)):
        j = group * STEP
        a, b, c, d = load(octave, j), load(octave, j + 1), load(octave, j + 2), load(octave, j + 3)
        h = 1
        while h < HARMONICS and j + axis.shifts[h] < n:
            at, weight = j + axis.shifts[h], axis.powers[h]
            a, b = a + load(octave, at) * weight, b + load(octave, at + 1) * weight
            c, d = c + load(octave, at + 2) * weight, d + load(octave, at + 3) * weight
            h += 1
        store(out, j, a)
        store(out, j + 1, b)
        store(out, j + 2, c)
        store(out, j + 3, d)
        mean = mean + ((to_double(a) + to_double(b)) + (to_double(c) + to_double(d)))
        first = maximum(_peak_or_zero(before, last, a), _peak_or_zero(last, a, b))
        store(peaks, group, maximum(first, maximum(_peak_or_zero(a, b, c), _peak_or_zero(b, c, d))))
        before, last = c, d
    store(means, 0, mean * (1 / (HARMONICS * n)))


@exact
def _peak_or_zero(left: Float32Array, here: Float32Array, right: Float32Array) -> Float32Array:
    """Give the middle one of three points where it is the highest, else 0."""
    peak: Float32Array = here * (greater(here, left) * greater(here, right))
    return peak
