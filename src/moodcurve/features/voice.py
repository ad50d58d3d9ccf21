"""Voice quality from single pitch periods of the waveform: jitter, shimmer, harmonics-to-noise ratio.

Frame t has F0 from the pitch tracker and reads the waveform from where the last frame's periods ended; a period's
length is where the waveform correlates best with what follows it.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from moodcurve.features.frames import F32, F64, REASSOCIATE
from moodcurve.features.pitch import parabola

COLUMNS = 4
SILENT_HNR = -100.0
"""logHNR of an unvoiced frame (dB)."""
_THRESHOLD = 0.5
_LONGEST = 1.25
_SHORTEST = 0.75


class Carry(NamedTuple):
    """All that carries over from frame to frame; :func:`carry` makes a fresh one."""

    position: npt.NDArray[np.int64]
    """Sample of the next read, and samples that the last frame left unread (2,)."""
    last: F64
    """Last period (s), last difference of periods (s), last jitter, DDP jitter, shimmer (5,)."""


def carry() -> Carry:
    """Start before the first frame."""
    return Carry(np.zeros(2, np.int64), np.zeros(5))


class Sums(NamedTuple):
    """Running sums of the 16-bit samples before each place, exact in integers."""

    samples: F64
    """The samples as integers (n,)."""
    first: npt.NDArray[np.int64]
    """Σ of the samples before (n + 1,)."""
    second: npt.NDArray[np.int64]
    """Σ of their squares (n + 1,)."""


@njit(cache=True, nogil=True)
def running_sums(wave: F32) -> Sums:
    """Prepare a stretch of the waveform."""
    n = len(wave)
    sums = Sums(np.empty(n), np.zeros(n + 1, np.int64), np.zeros(n + 1, np.int64))
    for i in range(n):
        k = np.int64(np.rint(wave[i] * np.float32(32767)))
        sums.samples[i] = k
        sums.first[i + 1] = sums.first[i] + k
        sums.second[i + 1] = sums.second[i] + k * k
    return sums


@njit(cache=True, nogil=True, fastmath=REASSOCIATE)
def products(samples: F64, shortest: int, out: F64) -> None:
    """Σ_{i<L} k[i] k[L+i] for L = shortest, shortest + 1, …: whole numbers below 2⁵³, so exact in any order."""
    for n in range(len(out)):
        lag = shortest + n
        first, second = samples[:lag], samples[lag : 2 * lag]
        total = 0.0
        for i in range(lag):
            total += first[i] * second[i]
        out[n] = total


@njit(cache=True, nogil=True)
def correlations(sums: Sums, start: int, shortest: int, out: F64) -> None:
    """Pearson correlation of each stretch of L samples with the next one, L = shortest, shortest + 1, …

    A constant stretch correlates 0.
    """
    products(sums.samples[start:], shortest, out)
    for i in range(len(out)):
        lag = shortest + i
        middle, end = start + lag, start + 2 * lag
        a1 = np.float64(sums.first[middle] - sums.first[start])
        b1 = np.float64(sums.first[end] - sums.first[middle])
        a2 = np.float64(sums.second[middle] - sums.second[start])
        b2 = np.float64(sums.second[end] - sums.second[middle])
        spread = (lag * a2 - a1 * a1) * (lag * b2 - b1 * b1)
        shared = lag * out[i] - a1 * b1
        out[i] = shared / np.sqrt(spread) if spread > 0 else 0.0


@njit(cache=True, nogil=True)
def plain_correlation(x: F32, lag: int) -> float:
    """Pearson correlation of x[:L] and x[L:2L] in one fixed order of double-precision operations.

    The "is13" threshold asks whether a number exceeds its own rounding, so that the last bit counts.
    """
    mean_a = mean_b = 0.0
    for i in range(lag):
        mean_a += np.float64(x[i])
        mean_b += np.float64(x[lag + i])
    mean_a /= lag
    mean_b /= lag
    ab = aa = bb = 0.0
    for i in range(lag):
        a = np.float64(x[i]) - mean_a
        b = np.float64(x[lag + i]) - mean_b
        ab += a * b
        aa += a * a
        bb += b * b
    return ab / (np.sqrt(aa) * np.sqrt(bb)) if aa > 0 and bb > 0 else 0.0


@njit(cache=True, nogil=True)
def best_lag(cc: F64) -> int:
    """Place of the highest strict local maximum in 1..len - 3, the first of equal ones; -1 if there is none."""
    best = -1
    for i in range(1, len(cc) - 2):
        if cc[i] > cc[i - 1] and cc[i] > cc[i + 1] and (best < 0 or cc[i] > cc[best]):
            best = i
    return best


@njit(cache=True, nogil=True)
def span(x: F32, start: int, length: int) -> float:
    """Largest minus smallest sample of a period, its first and last sample left out."""
    low = high = x[start + 1]
    for i in range(start + 2, start + length - 1):
        low = min(low, x[i])
        high = max(high, x[i])
    return np.float64(high - low)


class Periods(NamedTuple):
    """What the periods of one frame add up to."""

    starts: npt.NDArray[np.int64]
    """Where each period starts, from the start of the read; then where the last one ended."""
    average: F32
    """Sum of the periods' waveforms (T0,)."""
    totals: F64
    """Σ: periods, their number; differences, number; differences of these, number; amplitudes, differences."""
    ends: npt.NDArray[np.int64]
    """Number of starts; length of the last period; where reading goes on (3,)."""


@njit(cache=True, nogil=True)
def _add_period(periods: Periods, last: F64, period: float, before: float, after: float) -> None:
    """Take in an accepted period: its length in s, and the spans of its waveform and of the next one."""
    totals = periods.totals
    totals[0] += period
    totals[1] += 1
    if last[0] > 0:
        difference = abs(last[0] - period)
        totals[2] += difference
        totals[3] += 1
        if last[1] > 0:
            totals[4] += abs(last[1] - difference)
            totals[5] += 1
        last[1] = difference
    last[0] = period
    totals[6] += (before + after) / 2
    totals[7] += abs(before - after)


@njit(cache=True, nogil=True)
def find_periods(
    x: F32, sums: Sums, offset: int, period: float, sr: int, due: int, strict: bool, last: F64
) -> Periods:
    """Walk through a read x = wave[offset:] period by period.

    period is the expected length in samples, due the number of samples after which the next frame takes over.
    A period is accepted if its correlation exceeds 0.5; or, if strict, the single-precision rounding of the
    smallest correlation in the frame so far.
    """
    expected = int(np.floor(period + 0.5))
    shortest, longest = int(np.floor(_SHORTEST * period)), int(np.ceil(_LONGEST * period))
    periods = Periods(
        np.empty(len(x) // max(shortest, 1) + 2, np.int64),
        np.zeros(expected, np.float32),
        np.zeros(8),
        np.zeros(3, np.int64),
    )
    cc = np.empty(longest - shortest + 1)
    least = np.float32(np.inf)
    s = count = step = end = 0
    while s < len(x) - 2 * longest - 1:
        correlations(sums, offset + s, shortest, cc)
        i = best_lag(cc)
        step = expected
        if i >= 0:
            step = shortest + i
            before, after = span(x, s, step), span(x, s + step, step)
            periods.starts[count] = s
            count += 1
            for k in range(expected):
                periods.average[k] += x[s + k]
            at, height = parabola(
                (np.float64(i - 1), np.float64(i), np.float64(i + 1)),
                (
                    plain_correlation(x[s:], step - 1),
                    plain_correlation(x[s:], step),
                    plain_correlation(x[s:], step + 1),
                ),
            )
            least = min(least, np.float32(height))
            if height > (np.float64(least) if strict else _THRESHOLD):
                # in single precision, a period that is read twice has exactly its own length
                _add_period(periods, last, np.float64(np.float32(abs(shortest + at) / sr)), before, after)
        s += step
        if s < due - 1:
            end = s
    periods.starts[count] = s
    periods.ends[:] = count + 1, step, end
    return periods


@njit(cache=True, nogil=True)
def harmonics_to_noise(x: F32, periods: Periods) -> float:
    """LogHNR = 20 log10(Eh / En) in dB, at least -100; 0 if there is no noise.

    The average of the periods' waveforms is the harmonic part, with Eh its RMS; what each period differs from it
    is noise, with En its RMS. The first and last samples of a period stay out.
    """
    count, step = periods.ends[0], periods.ends[1]
    length = len(periods.average)
    average = periods.average
    s = periods.starts[count - 1]
    for i in range(min(length, len(x) - s)):
        average[i] = (average[i] + x[s + i]) / np.float32(count)
    harmonic = 0.0
    for i in range(3, length - 2):
        harmonic += np.float64(average[i]) * np.float64(average[i])
    noise, samples = 0.0, 0
    for q in range(count):
        start = periods.starts[q]
        following = periods.starts[q + 1] if q + 1 < count else s + step
        for j in range(start + 2, min(following, start + length) - 2):
            difference = np.float64(x[j] - average[j - start])
            noise += difference * difference
            samples += 1
    if noise == 0:
        return 0.0
    ratio = (harmonic / (length - 4)) / (noise / samples)
    return max(10 * np.log10(ratio), SILENT_HNR) if ratio > 0 else SILENT_HNR


class Stretch(NamedTuple):
    """A stretch of the waveform and what its frames need to know."""

    wave: F32
    base: int
    """Sample of the recording that wave[0] is."""
    sr: int
    hop: int
    long: int
    """Length of a 60 ms frame in samples: the most that one frame reads."""
    strict: bool
    """Threshold of the IS13 profile."""


@njit(cache=True, nogil=True)
def voice_rows(stretch: Stretch, f0: F32, first: int, state: Carry, rows: F32) -> None:
    """Fill rows (frames, 4) with jitterLocal, jitterDDP, shimmerLocal and logHNR.

    f0 (frames,) in Hz, 0 where unvoiced; first is the number of the first of these frames.
    """
    sums = running_sums(stretch.wave)
    for i in range(len(f0)):
        voice_row(stretch, sums, (first + i) * stretch.hop, np.float64(f0[i]), state, rows[i])


@njit(cache=True, nogil=True)
def voice_row(stretch: Stretch, sums: Sums, start: int, f0: float, state: Carry, row: F32) -> None:
    """Fill one row, the frame's first sample being start.

    Jitter is (Σ|P_i - P_{i-1}| / n) / (ΣP / m), DDP jitter the same with differences of the differences, shimmer
    Σ|A - A'| / Σ(A + A')/2 with A the spans of a period and the next; all in [0, 1]. Where no period was accepted
    they keep the last frame's values; where there is no difference to take they are 0. Unvoiced: 0 and -100 dB.
    """
    position, last = state.position, state.last
    due = stretch.hop + position[1]
    limit = stretch.long + position[1]
    if position[0] != start - position[1]:
        position[0] = start
        limit = stretch.long
    if f0 == 0:
        row[:3] = 0
        row[3] = SILENT_HNR
        last[:] = 0
        position[0] += due
        position[1] = 0
        return
    period = stretch.sr / f0
    length = min(max(due, 2 * int(np.ceil(_LONGEST * period)) + 2), limit)
    offset = position[0] - stretch.base
    x = stretch.wave[offset : offset + length]
    periods = find_periods(x, sums, offset, period, stretch.sr, due, stretch.strict, last)
    totals = periods.totals
    row[:3] = last[2:5]
    if totals[1] > 0:
        mean = totals[0] / totals[1]
        row[0] = _held_ratio(totals[2], totals[3], mean, last[2:3])
        row[1] = _held_ratio(totals[4], totals[5], mean, last[3:4])
        row[2] = last[4] = min(totals[7] / totals[6], 1.0) if totals[6] > 0 else 0.0
    row[3] = harmonics_to_noise(x, periods)
    position[1] = due - periods.ends[2]
    position[0] += periods.ends[2]


@njit(cache=True, nogil=True)
def _held_ratio(total: float, number: float, mean: float, held: F64) -> float:
    """Give min(1, total / number / mean) and hold it; without anything to take the mean of, 0, and hold on."""
    if number == 0:
        return 0.0
    held[0] = min(total / number / mean, 1.0)
    return held[0]
