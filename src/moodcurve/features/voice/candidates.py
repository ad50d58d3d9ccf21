"""Pitch candidates of a frame: the highest peaks of its sub-harmonic sum (``subharmonic.py``), refined by parabolas."""

import numpy as np
import numpy.typing as npt

from moodcurve._typing import Float32Array
from moodcurve.features.jit.kernel import exact
from moodcurve.features.jit.simd import LANES, broadcast, greater_mask, load, maximum, minimum, store
from moodcurve.features.voice.octave_axis import HARMONICS
from moodcurve.features.voice.subharmonic import MARGIN, STEP

IntArray = npt.NDArray[np.int64]

CANDIDATES = 6
LOWEST_HZ = 52.0
HIGHEST_HZ = 620.0
_LOWEST_OCTAVE, _HIGHEST_OCTAVE = np.log2(LOWEST_HZ), np.log2(HIGHEST_HZ)


@exact
def highest_peaks(sums: Float32Array, peaks: Float32Array, indices: IntArray, counts: IntArray) -> None:
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
        columns = greater_mask(load(peaks, group), load(bound, 0))
        if columns == 0:
            continue
        for lane in range(LANES):
            if columns >> lane & 1:
                tied[lane] |= _insert_group(sums, lane, group, indices, counts)
    for lane in range(LANES):
        if tied[lane]:  # one of the six is none
            counts[lane] = 0
            for group in range(len(peaks)):
                _insert_group(sums, lane, group, indices, counts)


@exact
def _sixth_highest(peaks: Float32Array, out: Float32Array) -> None:
    """Put a number just below each column's sixth-highest number into out, 0 where there are fewer."""
    a = b = c = d = e = f = broadcast(np.float32(0))
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
def _insert_group(sums: Float32Array, lane: int, group: int, indices: IntArray, counts: IntArray) -> bool:
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
            if here <= _point(sums, lane, indices[lane, at]):
                continue
        while at > 0 and _point(sums, lane, indices[lane, at - 1]) < here:
            indices[lane, at] = indices[lane, at - 1]
            at -= 1
        indices[lane, at] = j
        counts[lane] = min(counts[lane] + 1, CANDIDATES)
    return tied


@exact
def _point(sums: Float32Array, lane: int, j: int) -> np.float32:
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
def candidates(
    sums: Float32Array,
    mean: float,
    lane: int,
    indices: IntArray,
    octaves: Float32Array,
    out: tuple[Float32Array, Float32Array],
) -> None:
    """Fill the six pitch candidates of a frame: F0 in Hz (0: none) and voicing in [0, 1].

    The highest peaks of the sub-harmonic sum, at places, are refined by parabolas to (x*, s*): F0 = 2^x*, voicing
    1 - m / s* where s* exceeds m, the mean of the sum, else 0. Those outside 52 to 620 Hz drop out; the one with
    the highest s* is exchanged with the first. sums are 15 SS.
    """
    f0, voicing = out
    for i in range(CANDIDATES):
        f0[i] = voicing[i] = 0
    best, best_score, count = 0, -np.inf, 0
    for j in indices:
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
