"""Compute voice quality from single pitch periods: jitter, shimmer, harmonics-to-noise ratio.

A frame has F0 from the pitch tracker and reads the waveform from the end of the last frame's periods. The length of a
period is the lag at which the waveform correlates best with what follows it.
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
UNVOICED_HNR = -100.0
"""logHNR of an unvoiced frame (dB)."""
_THRESHOLD = 0.5
"""Smallest correlation of an accepted period."""
_SHORTEST, _LONGEST = 0.75, 1.25
"""Range of lags searched, as a share of the expected period."""
_MAX_PERIODS = 256
"""Upper limit of the periods in one frame: 85 ms of 0.75 / 620 s."""
_SIZE_FACTOR = 1.01
"""Safety factor for the size of the work tables."""


class Periods(NamedTuple):
    """Sums over the periods of one frame; each frame overwrites them."""

    starts: npt.NDArray[np.int64]
    """Start of each period relative to the start of the read; then the end of the last one."""
    average: Float32Array
    """Sum of the periods' waveforms; the first T0 samples are used."""
    totals: FloatArray
    """Sums and counts: periods, count; their differences, count; differences of these, count; amplitudes; their
    differences (8,)."""
    ends: npt.NDArray[np.int64]
    """Number of starts; length of the last period; start of the next read; T0 (4,)."""


class VoiceState(NamedTuple):
    """State carried from frame to frame; created by `initial_state`."""

    position: npt.NDArray[np.int64]
    """Start of the next read, and number of samples that the last frame left unread (2,)."""
    last: FloatArray
    """Last period (s), last difference of periods (s), last jitter, DDP jitter, shimmer (5,)."""
    search: LagSearch
    periods: Periods


def initial_state(sr: int) -> VoiceState:
    """Return the state before the first frame, for a sample rate in Hz."""
    longest = int(np.ceil(_LONGEST * sr / LOWEST_HZ * _SIZE_FACTOR)) + 2
    periods = Periods(
        np.zeros(_MAX_PERIODS, np.int64), np.zeros(longest, np.float32), np.zeros(8), np.zeros(4, np.int64)
    )
    return VoiceState(np.zeros(2, np.int64), np.zeros(5), lag_search(longest), periods)


@exact
def peak_to_peak(x: Float32Array) -> float:
    """Return the largest minus the smallest sample of a period, without its first and last sample.

    x holds integers on a scale of 32767; integer comparison is vectorized.
    """
    inner = x[1:-1]
    low = high = np.int32(inner[0])
    for i in range(len(inner)):
        k = np.int32(inner[i])
        low, high = np.int32(min(low, k)), np.int32(max(high, k))
    scale = np.float32(32767)
    return float(np.float32(high) / scale - np.float32(low) / scale)


class Segment(NamedTuple):
    """A segment of the waveform, and the parameters of its frames."""

    wave: Float32Array
    samples: PairedSamples
    base: int
    """Index of wave[0] in the recording."""
    sr: int
    hop: int
    long: int
    """Length of a 60 ms frame in samples; a frame reads at most this many."""
    strict: bool
    """True for the threshold of the IS13 profile."""


@exact
def _add_period(totals: FloatArray, last: FloatArray, period: float, before: float, after: float) -> None:
    """Add an accepted period: its length in s, and the peak-to-peak amplitudes of its waveform and the next."""
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
    """Find the periods in `length` samples from wave[offset].

    period is the expected length in samples, due the number of samples after which the next frame starts. A period is
    accepted if its correlation exceeds 0.5; or, if strict, the single-precision rounding of the smallest correlation in
    the frame so far.
    """
    x = segment.wave[offset : offset + length]
    integers = segment.samples.values[offset : offset + length]
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
                before, after = peak_to_peak(integers[s : s + step]), peak_to_peak(integers[s + step : s + 2 * step])
                # in single precision, a period that is read twice has exactly the same length
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
    """Return logHNR = 20 log10(Eh / En) in dB, at least -100; 0 without noise."""
    ratio = harmonic_ratio(x, periods)
    if ratio == np.inf:
        return 0.0
    if ratio == 1:
        ratio = rounded_ratio(x, periods)
    return max(10 * np.log10(ratio), UNVOICED_HNR) if ratio > 0 else UNVOICED_HNR


@fast
def harmonic_ratio(x: Float32Array, periods: Periods) -> float:
    """Return (Eh / En)², infinite without noise, after averaging the periods' waveforms.

    The average is the harmonic part, with RMS Eh; the differences of the periods from it are noise, with RMS En. The
    first and last samples of a period are left out.
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
    """Return (Eh / En)² of averaged periods with sequential sums in single precision.

    At the onset of a sound, one of two periods is silent: harmonics and noise are then equal, and the ratio is 0 dB,
    which the smoothing treats as undefined. openSMILE's rounding makes it about 1e-6 dB, which is defined.
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

    f0 (frames,) is in Hz, 0 where unvoiced; first is the index of the first frame.
    """
    for i in range(len(f0)):
        voice_row(segment, (first + i) * segment.hop, np.float64(f0[i]), state, rows[i])


@exact
def voice_row(segment: Segment, start: int, f0: float, state: VoiceState, row: Float32Array) -> None:
    """Fill one row for the frame that starts at sample `start`.

    Jitter is (Σ|P_i - P_{i-1}| / n) / (ΣP / m); DDP jitter uses the differences of the differences; shimmer is
    Σ|A - A'| / Σ(A + A')/2 with A the peak-to-peak amplitudes of a period and the next. All lie in [0, 1]. Without an
    accepted period they keep the last frame's values; without a difference they are 0. Unvoiced frames have 0 and
    -100 dB.
    """
    position, last = state.position, state.last
    due = segment.hop + position[1]
    limit = segment.long + position[1]
    if position[0] != start - position[1]:
        position[0] = start
        limit = segment.long
    if f0 == 0:
        row[0] = row[1] = row[2] = 0
        row[3] = UNVOICED_HNR
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
    """Return min(1, total / number / mean) and store it in `last`; if number is 0, return 0 and keep `last`."""
    if number == 0:
        return 0.0
    ratio = min(total / number / mean, 1.0)
    last[0] = ratio
    return ratio
