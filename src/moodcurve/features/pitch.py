"""Pitch candidates by sub-harmonic summation of the 60 ms spectrum.

The chain is spectrum → :func:`enhance` (peaks only) → :func:`octave_spectrum` (cubic spline onto an axis in
octaves, weighted as the ear does) → :func:`subharmonic_sum` → :func:`candidates`. Hermes 1988,
doi.org/10.1121/1.396427. ``viterbi.py`` chooses among the candidates over time.
"""

import numpy as np
import numpy.typing as npt

from moodcurve.features.frames import F32, F64
from moodcurve.features.kernels import exact, fast
from moodcurve.features.octaves import HARMONICS, OctaveAxis

CANDIDATES = 6
LOWEST_HZ = 52.0
HIGHEST_HZ = 620.0
SILENCE = 0.001
"""RMS of the windowed frame up to which there is no pitch."""
LANES = 16
"""Frames that are worked on side by side: a spline's recursion along the bins can't use vector units, they can."""
STEP = 16
"""Points that are moved together, and whose maximum is known, so that the search for peaks can step over them."""
_BLOCK = 2048
"""Points of all lanes that are summed before going on: they stay in the fastest cache."""


@exact
def enhance(magnitudes: F32, out: F32) -> None:
    """Keep the neighbourhood of spectral peaks, and smooth.

    Peaks are bins above their left and not below their right neighbour (at the ends: above the only one).
    Between two peaks p < q, bins p + 3 .. q - 3 become 0; a spectrum with a single peak keeps bins 0 to 2 only,
    one without any stays. Then out_k = (M_{k-1} + 2 M_k + M_{k+1}) / 4, with M_{-1} = 0 and the last bin as is.
    """
    n = len(magnitudes)
    peak = np.zeros(n + 4, np.uint8)  # two places of margin at both ends
    for k in range(1, n - 1):
        peak[k + 2] = (magnitudes[k] > magnitudes[k - 1]) & (magnitudes[k] >= magnitudes[k + 1])
    peak[2] = magnitudes[0] > magnitudes[1]
    peak[n + 1] = magnitudes[n - 1] > magnitudes[n - 2]
    first, last = 0, n - 1
    while first < n and peak[first + 2] == 0:
        first += 1
    while last > first and peak[last + 2] == 0:
        last -= 1
    kept = np.empty(n, np.float32)
    for k in range(n):
        near = peak[k] | peak[k + 1] | peak[k + 2] | peak[k + 3] | peak[k + 4]
        kept[k] = magnitudes[k] if near else np.float32(0)
    if first == last:
        kept[:3] = magnitudes[:3]
        kept[3:] = 0
    else:
        kept[:first] = magnitudes[:first]
        if first < n:
            kept[last + 1 :] = magnitudes[last + 1 :]
    quarter, half = np.float32(0.25), np.float32(0.5)
    out[0] = half * kept[0] + quarter * kept[1]
    for k in range(1, n - 1):
        out[k] = quarter * (kept[k - 1] + kept[k + 1]) + half * kept[k]
    out[n - 1] = kept[n - 1]


@exact
def interleave(rows: F32, out: F32) -> None:
    """Put rows (lanes, n) into the columns of out (n, lanes), block by block: strides of a row would miss the cache."""
    lanes, n = rows.shape
    for start in range(0, n, STEP):
        target = out[start : start + STEP]
        for lane in range(lanes):
            row = rows[lane, start : start + STEP]
            for k in range(len(row)):
                target[k, lane] = row[k]


@fast
def octave_spectrum(y: F32, axis: OctaveAxis, curvature: F64, out: F32) -> None:
    """Interpolate enhanced spectra y (n, lanes) at the points of the octave axis.

    A natural cubic spline through the bins, in double precision; negative values become 0, and the weight of
    hearing is applied. curvature (n, lanes) is scratch.
    """
    n, lanes = y.shape  # not the constant: a short loop of known length is unrolled, and not vectorised
    curvature[0] = 0
    for k in range(1, n - 1):
        left, here, right, last = axis.system[k, 0], axis.system[k, 1], axis.system[k, 2], axis.system[k, 3]
        y0, y1, y2, c0, c1 = y[k - 1], y[k], y[k + 1], curvature[k - 1], curvature[k]
        for lane in range(lanes):
            c1[lane] = left * y0[lane] + here * y1[lane] + right * y2[lane] + last * c0[lane]
    curvature[n - 1] = 0
    for k in range(n - 2, 0, -1):
        following = axis.system[k, 4]
        c1, c2 = curvature[k], curvature[k + 1]
        for lane in range(lanes):
            c1[lane] += following * c2[lane]
    for i in range(n):
        k = axis.upper[i]
        y0, y1, c0, c1 = y[k - 1], y[k], curvature[k - 1], curvature[k]
        w0, w1, w2, w3 = axis.weights[i, 0], axis.weights[i, 1], axis.weights[i, 2], axis.weights[i, 3]
        hearing, point = axis.hearing[i], out[i]
        for lane in range(lanes):
            value = np.float32(w0 * y0[lane] + w1 * y1[lane] + (w2 * c0[lane] + w3 * c1[lane]))
            point[lane] = max(value, np.float32(0)) * hearing


@exact
def subharmonic_sum(octave: F32, axis: OctaveAxis, out: F32) -> None:
    """SS_j = (1/15) Σ_{h=1..15} 0.85^(h-1) A_{j + shift(h)} of spectra A (n, lanes); terms past the end drop out.

    In single precision and in this order: the sums of neighbouring points are often equal to the last digit, and
    then neither is a peak.
    """
    flat, total, lanes = octave.reshape(-1), out.reshape(-1), octave.shape[1]
    for start in range(0, len(flat), _BLOCK):
        block = total[start : start + _BLOCK]
        block[:] = flat[start : start + _BLOCK]
        for h in range(1, HARMONICS):
            harmonic = flat[start + axis.shifts[h] * lanes :]
            weight = axis.powers[h]
            for j in range(min(len(harmonic), len(block))):
                block[j] += weight * harmonic[j]
        for j in range(len(block)):
            block[j] /= np.float32(HARMONICS)


@fast
def lane_summary(values: F32, means: F64, maxima: F32) -> None:
    """Put the columns' means, and the maxima of every 16 rows, of values (n, lanes) into (lanes,), (n / 16, lanes)."""
    n, lanes = values.shape
    means[:] = 0
    for block in range(len(maxima)):
        highest = maxima[block]
        highest[:] = values[block * STEP]
        for j in range(block * STEP, min((block + 1) * STEP, n)):
            row = values[j]
            for lane in range(lanes):
                means[lane] += row[lane]
                highest[lane] = max(highest[lane], row[lane])
    for lane in range(lanes):
        means[lane] /= n


@exact
def highest_peaks(values: F32, maxima: F32, places: npt.NDArray[np.int64]) -> int:
    """Put the places of the highest strict local maxima, descending, into places, and give their number.

    Of equal ones the earlier comes first. maxima are those of every 16 values.
    """
    count = 0
    least = np.float32(-np.inf)  # what a further maximum must exceed
    for block in range(len(maxima)):
        if maxima[block] <= least:
            continue
        for j in range(max(block * STEP, 1), min((block + 1) * STEP, len(values) - 1)):
            here = values[j]
            if here > least and here > values[j - 1] and here > values[j + 1]:
                at = min(count, len(places) - 1)
                while at > 0 and values[places[at - 1]] < here:
                    places[at] = places[at - 1]
                    at -= 1
                places[at] = j
                count = min(count + 1, len(places))
                if count == len(places):
                    least = values[places[count - 1]]
    return count


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
def candidates(sums: F32, m: float, maxima: F32, octaves: F32, f0: F32, voicing: F32) -> None:
    """Fill the six pitch candidates of a frame: F0 in Hz (0: none) and voicing in [0, 1].

    The six highest peaks of the sub-harmonic sum are refined by parabolas to (x*, s*): F0 = 2^x*, voicing
    1 - m / s* where s* exceeds m, the mean of the sum, else 0. Those outside 52 to 620 Hz drop out; the one with
    the highest s* is exchanged with the first.
    """
    f0[:] = 0
    voicing[:] = 0
    places = np.empty(CANDIDATES, np.int64)
    best, best_score, count = 0, -np.inf, 0
    for i in range(highest_peaks(sums, maxima, places)):
        j = places[i]
        at, score = parabola(
            (np.float64(octaves[j - 1]), np.float64(octaves[j]), np.float64(octaves[j + 1])),
            (np.float64(sums[j - 1]), np.float64(sums[j]), np.float64(sums[j + 1])),
        )
        hz = 2.0**at
        if not LOWEST_HZ <= hz <= HIGHEST_HZ:
            continue
        f0[count] = hz
        voicing[count] = 1 - m / score if score > m and score > 0 else 0.0
        if score > best_score:
            best, best_score = count, score
        count += 1
    f0[0], f0[best] = f0[best], f0[0]
    voicing[0], voicing[best] = voicing[best], voicing[0]


@fast
def row_rms(frames: F32, length: int, out: F32) -> None:
    """RMS of the first samples of each row: the windowed frames' energy, which gates the pitch."""
    for t in range(len(frames)):
        total = np.float32(0)
        for i in range(length):
            total += frames[t, i] * frames[t, i]
        out[t] = np.sqrt(total / np.float32(length))
