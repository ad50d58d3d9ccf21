"""Pitch candidates by sub-harmonic summation of the 60 ms spectrum, sixteen frames at a time.

The chain is magnitudes → :func:`enhance` (peaks only) → :func:`octave_spectrum` (cubic spline onto an axis in
octaves, weighted as the ear does) → :func:`subharmonic_sum` → :func:`candidates`. Hermes 1988,
doi.org/10.1121/1.396427. ``viterbi.py`` chooses among the candidates over time. Tables hold a frame in each of
their sixteen columns (``lanes.py``); no column depends on another.
"""

import numpy as np
import numpy.typing as npt

from moodcurve.features.frames import F32, F64
from moodcurve.features.kernels import exact
from moodcurve.features.lanes import (
    LANES,
    above,
    greater,
    load,
    maximum,
    minimum,
    muladd,
    rounded,
    spread,
    store,
    widened,
)
from moodcurve.features.octaves import HARMONICS, OctaveAxis

I64 = npt.NDArray[np.int64]

CANDIDATES = 6
LOWEST_HZ = 52.0
HIGHEST_HZ = 620.0
_LOWEST_OCTAVE, _HIGHEST_OCTAVE = np.log2(LOWEST_HZ), np.log2(HIGHEST_HZ)
SILENCE = 0.001
"""RMS of the windowed frame up to which there is no pitch."""
STEP = 4
"""Points whose highest peak is known, so that the search for the highest can step over them."""
MARGIN = 16
"""Rows that tables of spectra have more than n, so that loops may run over the end."""


@exact
def frame_rms(magnitudes: F32, n: int, length: int, out: F32) -> None:
    """RMS of the windowed frames of so many samples, which gates the pitch, by Parseval's theorem.

    sqrt((M_0² + 2 Σ_{k=1..n-2} M_k² + M_{n-1}²) / (2 (n - 1) length)) of the magnitudes in the first n rows.
    """
    even = odd = spread(np.float32(0))
    for k in range(1, n - 1, 2):
        a, b = load(magnitudes, k), load(magnitudes, k + 1)
        odd, even = muladd(a, a, odd), muladd(b, b, even)
    total = np.float32(2) * (even + odd)  # M_{n-1} twice
    store(out, 0, total)
    for lane in range(LANES):
        ends = magnitudes[0, lane] ** 2 - magnitudes[n - 1, lane] ** 2
        out[lane] = np.sqrt(max(out[lane] + ends, np.float32(0)) / np.float32(2 * (n - 1) * length))


@exact
def enhance(magnitudes: F32, out: F32) -> None:
    """Keep the neighbourhood of spectral peaks, and smooth: tables (n + margin, 16) of which n rows count.

    Peaks are bins above their left and not below their right neighbour (at the ends: above the only one).
    Between two peaks p < q, bins p + 3 .. q - 3 become 0; a spectrum with a single peak keeps bins 0 to 2 only,
    one without any stays. Then out_k = (M_{k-1} + 2 M_k + M_{k+1}) / 4, with M_{-1} = 0 and the last bin as is.
    The margin of the magnitudes is overwritten.
    """
    n = len(magnitudes) - MARGIN
    for k in range(n, n + 3):
        store(magnitudes, k, spread(np.float32(-1)))  # lower than any neighbour
    quarter, half, zero = np.float32(0.25), np.float32(0.5), spread(np.float32(0))
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
        _mend_ends(magnitudes, n, lane, out)


@exact
def _mend_ends(magnitudes: F32, n: int, lane: int, out: F32) -> None:
    """Do what the ends of a spectrum need: bins before the first and after the last peak stay."""
    first, last = n, n - 1  # if there is no peak
    for k in range(n):
        if _peak(magnitudes, lane, k):
            first = k
            break
    for k in range(n - 1, -1, -1):
        if _peak(magnitudes, lane, k):
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
def _peak(magnitudes: F32, lane: int, k: int) -> bool:
    """Tell whether a bin is a peak; the margin of the magnitudes is lower than all of them."""
    here = magnitudes[k, lane]
    if k == 0:
        return bool(here > magnitudes[1, lane])
    return bool(here > magnitudes[k - 1, lane] and here >= magnitudes[k + 1, lane])


@exact
def octave_spectrum(y: F32, axis: OctaveAxis, scratch: F64, out: F32) -> None:
    """Interpolate enhanced spectra y (n, 16) at the points of the octave axis (n, 16).

    A natural cubic spline through the bins, in double precision; negative values become 0, and the weight of
    hearing is applied. Scratch is (n - 1, 16); out may be y itself, since no point lies before its bins but the
    first few, which are the last to be interpolated.
    """
    n = len(axis.upper)
    here, above, curvature = widened(load(y, 0)), widened(load(y, 1)), spread(0.0)
    for k in range(1, n - 1):
        below, here, above = here, above, widened(load(y, k + 1))
        known = muladd(below, axis.system[k, 0], muladd(here, axis.system[k, 1], above * axis.system[k, 2]))
        curvature = muladd(curvature, axis.system[k, 3], known)
        store(scratch, k, curvature)
    i = n - 1
    here, curvature, zero = widened(load(y, n - 1)), spread(0.0), spread(np.float32(0))
    for k in range(n - 1, 0, -1):  # the segment from bin k - 1 to k
        below, lower_curvature = widened(load(y, k - 1)), spread(0.0)
        if k > 1:
            lower_curvature = muladd(curvature, axis.system[k - 1, 4], load(scratch, k - 1))
        while i >= 0 and axis.upper[i] == k:
            bend = muladd(lower_curvature, axis.weights[i, 2], curvature * axis.weights[i, 3])
            value = rounded(muladd(below, axis.weights[i, 0], muladd(here, axis.weights[i, 1], bend)))
            store(out, i, maximum(value, zero) * axis.hearing[i])
            i -= 1
        here, curvature = below, lower_curvature


@exact
def subharmonic_sum(octave: F32, axis: OctaveAxis, out: F32, peaks: F32, means: F64) -> None:
    """Put 15 SS_j = Σ_{h=1..15} 0.85^(h-1) A_{j + shift(h)} of spectra A into out; terms past the end drop out.

    octave and out are tables (n + margin, 16), or one; the margin of A is overwritten. Also finds the columns' means of
    SS (16,), and what :func:`highest_peaks` asks for. In single precision and in this order: the sums of neighbouring
    points are often equal to the last digit, and then neither is a peak. The factor 15 is left to who looks at
    single points, since dividing is slow.
    """
    n = len(octave) - MARGIN
    zero = spread(np.float32(0))
    for k in range(n, len(octave)):
        store(octave, k, zero)
    mean, before = spread(0.0), spread(np.float32(3e38))
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
        mean = mean + ((widened(a) + widened(b)) + (widened(c) + widened(d)))
        first = maximum(_if_peak(before, last, a), _if_peak(last, a, b))
        store(peaks, group, maximum(first, maximum(_if_peak(a, b, c), _if_peak(b, c, d))))
        before, last = c, d
    store(means, 0, mean * (1 / (HARMONICS * n)))


@exact
def _if_peak(left: F32, here: F32, right: F32) -> F32:
    """Give the middle one of three points where it is the highest, else 0."""
    peak: F32 = here * (greater(here, left) * greater(here, right))
    return peak


@exact
def highest_peaks(sums: F32, peaks: F32, places: I64, counts: I64) -> None:
    """Put the places of each column's highest strict local maxima of SS, descending, into places, of equal ones
    the earlier first, and their numbers into counts: (16, 6), (16,).

    sums (n + margin, 16) are 15 SS; row g of peaks (n / 4 rounded up, 16) holds the highest peak among rows
    4 g - 1 .. 4 g + 2, or 0.
    """
    bound = np.empty(LANES, np.float32)
    _sixth_highest(peaks, bound)
    tied = np.zeros(LANES, np.uint8)
    for lane in range(LANES):
        counts[lane] = 0
    for group in range(len(peaks)):
        columns = above(load(peaks, group), load(bound, 0))
        if columns == 0:
            continue
        for lane in range(LANES):
            if columns >> lane & 1:
                tied[lane] |= _insert_group(sums, lane, group, places, counts)
    for lane in range(LANES):
        if tied[lane]:  # one of the six is none
            counts[lane] = 0
            for group in range(len(peaks)):
                _insert_group(sums, lane, group, places, counts)


@exact
def _sixth_highest(peaks: F32, out: F32) -> None:
    """Put a number just below each column's sixth-highest number into out, 0 where there are fewer."""
    a = b = c = d = e = f = spread(np.float32(0))
    for group in range(len(peaks)):
        here = load(peaks, group)
        a, here = maximum(a, here), minimum(a, here)
        b, here = maximum(b, here), minimum(b, here)
        c, here = maximum(c, here), minimum(c, here)
        d, here = maximum(d, here), minimum(d, here)
        e, here = maximum(e, here), minimum(e, here)
        f = maximum(f, here)
    store(out, 0, f * np.float32(1 - 2**-20))


@exact
def _insert_group(sums: F32, lane: int, group: int, places: I64, counts: I64) -> bool:
    """Take the points of a group among the highest peaks that are such; tell whether one only seemed to be.

    Sums that differ can have equal fifteenths; and the last point is no peak.
    """
    last = len(sums) - MARGIN - 1
    tied = False
    for j in range(max(group * STEP - 1, 1), min((group + 1) * STEP - 1, last + 1)):
        if not (sums[j, lane] > sums[j - 1, lane] and (sums[j, lane] > sums[j + 1, lane] or j == last)):
            continue
        here = _point(sums, lane, j)
        if j == last or here <= _point(sums, lane, j - 1) or here <= _point(sums, lane, j + 1):
            tied = True
            continue
        at = counts[lane]
        if at == CANDIDATES:
            at -= 1
            if here <= _point(sums, lane, places[lane, at]):
                continue
        while at > 0 and _point(sums, lane, places[lane, at - 1]) < here:
            places[lane, at] = places[lane, at - 1]
            at -= 1
        places[lane, at] = j
        counts[lane] = min(counts[lane] + 1, CANDIDATES)
    return tied


@exact
def _point(sums: F32, lane: int, j: int) -> np.float32:
    """SS_j of 15 SS."""
    ss: np.float32 = sums[j, lane] / np.float32(HARMONICS)
    return ss


@exact
def parabola(x: tuple[float, float, float], y: tuple[float, float, float]) -> tuple[float, float]:
    """Vertex of the parabola through three points.

    By Cramer's rule with expanded determinants, in this order of operations: the reference's last digits, and
    with them its decisions, come from these very cancellations.
    """
    x1, x2, x3 = x
    y1, y2, y3 = y
    s1, s2, s3 = x1 * x1, x2 * x2, x3 * x3
    den = s1 * x2 + s2 * x3 + s3 * x1 - s3 * x2 - s2 * x1 - s1 * x3
    if den == 0:
        return x2, y2
    a = (y1 * x2 + y2 * x3 + y3 * x1 - y3 * x2 - y2 * x1 - y1 * x3) / den
    b = (s1 * y2 + s2 * y3 + s3 * y1 - s3 * y2 - s2 * y1 - s1 * y3) / den
    c = (s1 * x2 * y3 + s2 * x3 * y1 + s3 * x1 * y2 - s3 * x2 * y1 - s2 * x1 * y3 - s1 * x3 * y2) / den
    if a == 0:
        return x2, y2
    vertex = -b / (2 * a)
    return vertex, c - a * vertex * vertex


@exact
def candidates(sums: F32, mean: float, lane: int, places: I64, octaves: F32, out: tuple[F32, F32]) -> None:
    """Fill the six pitch candidates of a frame: F0 in Hz (0: none) and voicing in [0, 1].

    The highest peaks of the sub-harmonic sum, at places, are refined by parabolas to (x*, s*): F0 = 2^x*, voicing
    1 - m / s* where s* exceeds m, the mean of the sum, else 0. Those outside 52 to 620 Hz drop out; the one with
    the highest s* is exchanged with the first. sums are 15 SS.
    """
    f0, voicing = out
    for i in range(CANDIDATES):
        f0[i] = voicing[i] = 0
    best, best_score, count = 0, -np.inf, 0
    for j in places:
        if octaves[j + 1] < _LOWEST_OCTAVE or octaves[j - 1] > _HIGHEST_OCTAVE:
            continue  # a parabola's vertex lies less than a step from its highest point
        at, score = parabola(
            (np.float64(octaves[j - 1]), np.float64(octaves[j]), np.float64(octaves[j + 1])),
            (
                np.float64(_point(sums, lane, j - 1)),
                np.float64(_point(sums, lane, j)),
                np.float64(_point(sums, lane, j + 1)),
            ),
        )
        hz = 2.0**at
        if not LOWEST_HZ <= hz <= HIGHEST_HZ:
            continue
        f0[count] = hz
        voicing[count] = 1 - mean / score if score > mean and score > 0 else 0.0
        if score > best_score:
            best, best_score = count, score
        count += 1
    f0[0], f0[best] = f0[best], f0[0]
    voicing[0], voicing[best] = voicing[best], voicing[0]
