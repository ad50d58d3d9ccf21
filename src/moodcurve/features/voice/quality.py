"""Voice quality from single pitch periods of the waveform: jitter, shimmer, harmonics-to-noise ratio.

Frame t has F0 from the pitch tracker and reads the waveform from where the last frame's periods ended; a period's
length is where the waveform correlates best with what follows it.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from moodcurve._typing import Float32Array, FloatArray
from moodcurve.features.jit.kernel import exact, fast
from moodcurve.features.voice.candidates import LOWEST_HZ, parabola
from moodcurve.features.voice.pair_sums import PairedSamples
from moodcurve.features.voice.period_search import LagSearch, best_lag, lag_search, reference_peak

COLUMNS = 4
SILENT_HNR = -100.0
"""logHNR of an unvoiced frame (dB)."""
_THRESHOLD = 0.5
_LONGEST = 1.25
_SHORTEST = 0.75
_MAX_PERIODS = 256
"""More periods than one frame can read: 85 ms of 0.75 / 620 s."""
_MORE = 1.01
"""Leeway of the scratch's length over the longest lag there can be."""


class Periods(NamedTuple):
    """What the periods of one frame add up to; scratch that each frame overwrites."""

    starts: npt.NDArray[np.int64]
    """Where each period starts, from the start of the read; then where the last one ended."""
    average: Float32Array
    """Sum of the periods' waveforms, of which the first T0 samples count."""
    totals: FloatArray
    """Σ: periods, their number; differences, number; differences of these, number; amplitudes, differences."""
    ends: npt.NDArray[np.int64]
    """Number of starts; length of the last period; where reading goes on; T0 (4,)."""


class VoiceState(NamedTuple):
    """All that carries over from frame to frame; :func:`carry` makes a fresh one."""

    position: npt.NDArray[np.int64]
    """Sample of the next read, and samples that the last frame left unread (2,)."""
    last: FloatArray
    """Last period (s), last difference of periods (s), last jitter, DDP jitter, shimmer (5,)."""
    search: LagSearch
    periods: Periods


def initial_state(sr: int) -> VoiceState:
    """Start before the first frame, at this sample rate (Hz)."""
    longest = int(np.ceil(_LONGEST * sr / LOWEST_HZ * _MORE)) + 2
    periods = Periods(
        np.zeros(_MAX_PERIODS, np.int64), np.zeros(longest, np.float32), np.zeros(8), np.zeros(4, np.int64)
    )
    return VoiceState(np.zeros(2, np.int64), np.zeros(5), lag_search(longest), periods)


@exact
def peak_to_peak(x: Float32Array) -> float:
    """Largest minus smallest sample of a period, its first and last sample left out.

    x are whole numbers, on a scale of 32767: as such they are compared, which is done for many at once.
    """
    inner = x[1:-1]
    low = high = np.int32(inner[0])
    for i in range(len(inner)):
        k = np.int32(inner[i])
        low, high = np.int32(min(low, k)), np.int32(max(high, k))
    scale = np.float32(32767)
    return float(np.float32(high) / scale - np.float32(low) / scale)


class Segment(NamedTuple):
    """A stretch of the waveform, and what its frames need to know."""

    wave: Float32Array
    samples: PairedSamples
    base: int
    """Sample of the recording that wave[0] is."""
    sr: int
    hop: int
    long: int
    """Length of a 60 ms frame in samples: the most that one frame reads."""
    strict: bool
    """Threshold of the IS13 profile."""


@exact
def _add_period(totals: FloatArray, last: FloatArray, period: float, before: float, after: float) -> None:
    """Take in an accepted period: its length in s, and the spans of its waveform and of the next one."""
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


@exact
def find_periods(segment: Segment, state: VoiceState, offset: int, length: int, period: float, due: int) -> Periods:
    """Walk through a read of so many samples from wave[offset], period by period.

    period is the expected length in samples, due the number of samples after which the next frame takes over.
    A period is accepted if its correlation exceeds 0.5; or, if strict, the single-precision rounding of the
    smallest correlation in the frame so far.
    """
    x = segment.wave[offset : offset + length]
    whole = segment.samples.values[offset : offset + length]
    expected = int(np.floor(period + 0.5))
    shortest, longest = int(np.floor(_SHORTEST * period)), int(np.ceil(_LONGEST * period))
    periods = state.periods
    starts, totals, average = periods.starts, periods.totals, periods.average[:expected]
    for i in range(len(totals)):
        totals[i] = 0
    for i in range(expected):
        average[i] = 0
    peak = state.search.peak
    least = np.float32(np.inf)
    s = count = step = end = 0
    while s < length - 2 * longest - 1:
        i = best_lag(segment.samples, state.search, offset + s, segment.base, (shortest, longest))
        step = expected
        if i >= 0:
            step = shortest + i
            starts[count] = s
            count += 1
            add(average, x[s : s + expected])
            if segment.strict:
                reference_peak(x[s:], step, peak)
            at, height = parabola((np.float64(i - 1), np.float64(i), np.float64(i + 1)), (peak[0], peak[1], peak[2]))
            least = min(least, np.float32(height))
            if height > (np.float64(least) if segment.strict else _THRESHOLD):
                before, after = peak_to_peak(whole[s : s + step]), peak_to_peak(whole[s + step : s + 2 * step])
                # in single precision, a period that is read twice has exactly its own length
                seconds = np.float64(np.float32(abs(shortest + at) / segment.sr))
                _add_period(totals, state.last, seconds, before, after)
        s += step
        if s < due - 1:
            end = s
    starts[count] = s
    ends = periods.ends
    ends[0], ends[1], ends[2], ends[3] = count + 1, step, end, expected
    return periods


@exact
def add(total: Float32Array, x: Float32Array) -> None:
    """Add x to total."""
    for i in range(len(total)):
        total[i] += x[i]


@exact
def harmonics_to_noise(x: Float32Array, periods: Periods) -> float:
    """LogHNR = 20 log10(Eh / En) in dB, at least -100; 0 if there is no noise."""
    ratio = harmonic_ratio(x, periods)
    if ratio == np.inf:
        return 0.0
    if ratio == 1:
        ratio = rounded_ratio(x, periods)
    return max(10 * np.log10(ratio), SILENT_HNR) if ratio > 0 else SILENT_HNR


@fast
def harmonic_ratio(x: Float32Array, periods: Periods) -> float:
    """(Eh / En)², infinite if there is no noise; averages the periods' waveforms.

    The average is the harmonic part, with Eh its RMS; what each period differs from it is noise, with En its RMS.
    The first and last samples of a period stay out.
    """
    count, step = periods.ends[0], periods.ends[1]
    length = periods.ends[3]
    average = periods.average[:length]
    s = periods.starts[count - 1]
    for i in range(min(length, len(x) - s)):
        average[i] = (average[i] + x[s + i]) / np.float32(count)
    harmonic = 0.0
    inner = average[3 : length - 2]
    for i in range(len(inner)):
        harmonic += np.float64(inner[i]) * np.float64(inner[i])
    noise, samples = 0.0, 0
    for q in range(count):
        start = periods.starts[q]
        following = periods.starts[q + 1] if q + 1 < count else s + step
        own = x[start + 2 : max(min(following, start + length) - 2, 0)]
        common = average[2:]
        for j in range(len(own)):
            difference = np.float64(own[j] - common[j])
            noise += difference * difference
        samples += len(own)
    return (harmonic / (length - 4)) / (noise / samples) if noise > 0 else np.inf


@exact
def rounded_ratio(x: Float32Array, periods: Periods) -> float:
    """(Eh / En)² of averaged periods with sums in single precision, one term after the other.

    Where sound begins, one of two periods is silence: the other one is as much harmonics as noise, and the level is
    0 dB, which the smoothing takes for undefined. The reference's sums make it some 1e-6 dB, which is defined.
    """
    count, average = periods.ends[0], periods.average[: periods.ends[3]]
    harmonic, noise, samples = np.float32(0), np.float32(0), 0
    for i in range(3, len(average) - 2):
        harmonic += average[i] * average[i]
    for q in range(count):
        start = periods.starts[q]
        end = periods.starts[q + 1] if q + 1 < count else start + periods.ends[1]
        for j in range(2, min(end - start, len(average)) - 2):
            difference = x[start + j] - average[j]
            noise += difference * difference
            samples += 1
    return np.float64((harmonic / np.float32(len(average) - 4)) / (noise / np.float32(samples)))


@exact
def voice_rows(segment: Segment, f0: Float32Array, first: int, state: VoiceState, rows: Float32Array) -> None:
    """Fill rows (frames, 4) with jitterLocal, jitterDDP, shimmerLocal and logHNR.

    f0 (frames,) in Hz, 0 where unvoiced; first is the number of the first of these frames.
    """
    for i in range(len(f0)):
        voice_row(segment, (first + i) * segment.hop, np.float64(f0[i]), state, rows[i])


@exact
def voice_row(segment: Segment, start: int, f0: float, state: VoiceState, row: Float32Array) -> None:
    """Fill one row, the frame's first sample being start.

    Jitter is (Σ|P_i - P_{i-1}| / n) / (ΣP / m), DDP jitter the same with differences of the differences, shimmer
    Σ|A - A'| / Σ(A + A')/2 with A the spans of a period and the next; all in [0, 1]. Where no period was accepted
    they keep the last frame's values; where there is no difference to take they are 0. Unvoiced: 0 and -100 dB.
    """
    position, last = state.position, state.last
    due = segment.hop + position[1]
    limit = segment.long + position[1]
    if position[0] != start - position[1]:
        position[0] = start
        limit = segment.long
    if f0 == 0:
        row[0] = row[1] = row[2] = 0
        row[3] = SILENT_HNR
        for i in range(len(last)):
            last[i] = 0
        position[0] += due
        position[1] = 0
        return
    period = segment.sr / f0
    length = min(max(due, 2 * int(np.ceil(_LONGEST * period)) + 2), limit)
    offset = position[0] - segment.base
    periods = find_periods(segment, state, offset, length, period, due)
    totals = periods.totals
    row[0], row[1], row[2] = last[2], last[3], last[4]
    if totals[1] > 0:
        mean = totals[0] / totals[1]
        row[0] = _update_ratio(totals[2], totals[3], mean, last[2:3])
        row[1] = _update_ratio(totals[4], totals[5], mean, last[3:4])
        row[2] = last[4] = min(totals[7] / totals[6], 1.0) if totals[6] > 0 else 0.0
    row[3] = harmonics_to_noise(segment.wave[offset : offset + length], periods)
    position[1] = due - periods.ends[2]
    position[0] += periods.ends[2]


@exact
def _update_ratio(total: float, number: float, mean: float, last: FloatArray) -> float:
    """Give min(1, total / number / mean) and hold it; without anything to take the mean of, 0, and hold on."""
    if number == 0:
        return 0.0
    ratio = min(total / number / mean, 1.0)
    last[0] = ratio
    return ratio
