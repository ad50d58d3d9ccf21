"""Single descriptors on signals whose answer is known, and against plain second formulas."""

from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.interpolate import CubicSpline

from moodcurve._typing import Float32Array, FloatArray
from moodcurve.features import smoothing, stages
from moodcurve.features.descriptors import auditory, energy, spectral
from moodcurve.features.framing import Framing, quantize
from moodcurve.features.jit import simd
from moodcurve.features.voice import candidates, octave_axis, pair_sums, period_search, subharmonic, viterbi
from moodcurve.features.windows import WindowStatistics

FRAMING = Framing(44100)
FREQS = FRAMING.short_freqs
BINS = len(FREQS)
RNG = np.random.default_rng(0)


def random_power() -> Float32Array:
    return (RNG.standard_normal(BINS) ** 2).astype(np.float32)


def one_bin(k: int) -> Float32Array:
    power = np.zeros(BINS, np.float32)
    power[k] = 4
    return power


COLUMN = 5
AXIS = spectral.frequency_axis(FREQS)


def side_by_side(row: Float32Array) -> Float32Array:
    """A table with a frame in one of its columns, and others beside it, which should not matter."""
    table: Float32Array = simd.aligned_table(len(row))
    table[:] = RNG.random(table.shape)
    table[:, COLUMN] = row
    return table


def described(power: Float32Array) -> Float32Array:
    """The fifteen spectral descriptors of a power spectrum."""
    rows = np.empty((COLUMN + 1, spectral.COLUMNS), np.float32)
    magnitudes = side_by_side(np.sqrt(power))
    spectral.spectral_rows(magnitudes, np.zeros(BINS, np.float32), AXIS, spectral.workspace(BINS), rows)
    return rows[COLUMN]


def mel_bands(power: Float32Array) -> FloatArray:
    out = simd.aligned_table(auditory.BANDS, np.float64)
    auditory.mel_power(side_by_side(power), auditory.mel_bank(FREQS), out)
    return np.asarray(out[:, COLUMN])


# Frames


def test_frame_lengths() -> None:
    assert (FRAMING.hop, FRAMING.short, FRAMING.long) == (441, 882, 2646)
    assert (FRAMING.short_fft, FRAMING.long_fft) == (1024, 4096)
    assert Framing(22050).hop == 221  # 220.5 goes away from zero
    assert FREQS[-1] == pytest.approx(22050)


def test_only_complete_frames_count() -> None:
    assert FRAMING.frames(2645, 2646) == 0
    assert FRAMING.frames(2646, 2646) == 1
    assert FRAMING.frames(2646 + 441, 2646) == 2


def test_quantise() -> None:
    x = np.array([0, 1, -1, 1.5, -2, 0.99999, 3 / 32768, -3.9 / 32768, np.nan, np.inf], np.float32)
    out = np.empty_like(x)
    quantize(x, out)
    assert (out * 32767).round(3).tolist() == [0, 32767, -32768, 32767, -32768, 32767, 3, -3, 0, 0]


# Time domain


def test_rms_energy() -> None:
    out = np.empty(2, np.float32)
    energy.rms_energy(np.full(2000, 0.25, np.float32), 441, 882, out)
    assert out.tolist() == [0.25, 0.25]
    whole_periods = np.sin(2 * np.pi * np.arange(2000) * 10 / 882).astype(np.float32)
    energy.rms_energy(whole_periods, 441, 882, out)
    np.testing.assert_allclose(out, np.sqrt(0.5), rtol=1e-6)  # single precision


@pytest.mark.parametrize("hz", [100, 1000, 5000])
def test_zero_crossing_rate_of_a_sine(hz: int) -> None:
    x = np.sin(2 * np.pi * hz * (np.arange(3000) + 0.3) / 44100).astype(np.float32)
    out = np.empty(1, np.float32)
    energy.zero_crossing_rate(x, 441, 2646, out)
    assert out[0] == pytest.approx(2 * hz / 44100, abs=1.5 / 2646)  # a crossing more or less at the ends


def test_zero_crossing_rate_by_its_definition() -> None:
    x = RNG.integers(-1, 2, 4000).astype(np.float32)  # many exact zeros
    out = np.empty(3, np.float32)
    energy.zero_crossing_rate(x, 441, 2646, out)
    for t in range(3):
        frame = x[441 * t : 441 * t + 2646]
        count = sum(a * b < 0 or (b == 0 and a * c <= 0) for a, b, c in zip(frame, frame[1:], frame[2:], strict=False))
        assert out[t] == np.float32(count / 2646)


def test_zero_crossing_rate_of_silence() -> None:
    out = np.empty(1, np.float32)
    energy.zero_crossing_rate(np.zeros(2646, np.float32), 441, 2646, out)
    assert out[0] == np.float32(2644 / 2646)


# Mel spectrum


def test_mel_bands_by_their_definition() -> None:
    power = random_power()
    out = mel_bands(power)
    low, high = 1127 * np.log(1 + 20 / 700), 1127 * np.log(1 + 8000 / 700)
    corners = low + np.arange(28) * (high - low) / 27
    for b in range(26):
        total = 0.0
        for k in range(1, 186):  # between the bins nearest to 20 Hz (0) and to 8 kHz (186)
            m = 1127 * np.log(1 + FREQS[k] / 700)
            rise = (m - corners[b]) / (corners[b + 1] - corners[b])
            fall = (corners[b + 2] - m) / (corners[b + 2] - corners[b + 1])
            total += max(0.0, min(rise, fall)) * power[k]
        assert out[b] == pytest.approx(total, rel=1e-4)  # the corners are single precision numbers near 1000


def test_mel_triangles_add_up() -> None:
    """Between the first and the last peak, the weights of each bin sum to 1."""
    for k in (10, 50, 120, 160):
        out = mel_bands(one_bin(k))
        assert out.sum() == pytest.approx(4, rel=1e-6)
        assert np.count_nonzero(out) <= 2


def test_equal_loudness_is_hearings() -> None:
    """Most sensitive between 2 and 5 kHz, 40 dB less at 50 Hz."""
    f = np.arange(20.0, 10_000)
    weight = auditory.equal_loudness(f)
    assert 2000 < f[weight.argmax()] < 5000
    assert 10 * np.log10(weight[30] / weight.max()) < -40


def test_mfcc_of_a_flat_spectrum_are_zero() -> None:
    bank = auditory.mel_bank(FREQS)
    out = np.empty(14, np.float32)
    auditory.mfcc(np.full(26, 0.7), bank, out)
    np.testing.assert_allclose(out, 0, atol=1e-4)  # sums of 26 terms of 15, times a lifter of up to 12


def test_mfcc_of_a_cosine_is_one_coefficient() -> None:
    """Coefficient i of l_b = cos(πi(b + ½)/26) is sqrt(2/26) · 13 · (1 + 11 sin(πi/22)), the others 0."""
    bank = auditory.mel_bank(FREQS)
    out = np.empty(14, np.float32)
    auditory.mfcc(np.cos(np.pi * 5 * (np.arange(26) + 0.5) / 26), bank, out)
    expected = np.zeros(14)
    expected[4] = np.sqrt(2 / 26) * 13 * (1 + 11 * np.sin(np.pi * 5 / 22))
    np.testing.assert_allclose(out, expected, atol=1e-4)


def test_rasta_by_its_difference_equation() -> None:
    taps, states, out = auditory.rasta_taps(), np.zeros((4, 26)), np.empty(26)
    x = RNG.standard_normal((40, 26))
    c = np.cos(2 * np.pi * 0.29)
    b = np.array([2, -4 * c, 0, 4 * c, -2]) / np.sqrt(320 * c * c + 80)
    y = np.zeros((40, 26))
    for t in range(40):
        auditory.rasta_step(x[t], taps, states, t, out)
        if t >= 5:
            y[t] = sum(b[j] * x[t - j] for j in range(5)) + (1 - np.sin(0.02 * np.pi)) * y[t - 1]
        np.testing.assert_allclose(out, y[t], atol=1e-12)


# Spectral shape


def test_one_bin_spectrum() -> None:
    row = described(one_bin(50))
    f = np.float32(FREQS[50])  # 2153 Hz
    assert row[:2].tolist() == [0, 4 / 512]
    assert row[2:6].tolist() == [f] * 4
    assert row[7] == f
    assert 0 <= row[8] < 0.001  # no uncertainty but that of the floor
    assert row[9] < 1e-6  # Hz²: the centroid is rounded to single precision
    z = 26.81 * f / (1960 + f) - 0.53
    assert row[13] == pytest.approx(0.11 * z)


def test_flat_spectrum() -> None:
    row = described(np.ones(BINS, np.float32))
    np.testing.assert_allclose(row[2:6], FREQS[[128, 256, 384, 461]], rtol=1e-6)
    assert row[7] == pytest.approx(FREQS[1:].mean())
    assert row[8] == pytest.approx(9, rel=1e-6)  # log2 of 512 bins
    assert row[12] == pytest.approx(0, abs=1e-9)
    assert row[14] == 0


def test_moments_are_those_of_a_distribution() -> None:
    power = random_power()
    p = power[1:].astype(np.float64)
    f = FREQS[1:]
    mean = np.average(f, weights=p)
    variance = np.average((f - mean) ** 2, weights=p)
    row = described(power)
    assert row[7] == pytest.approx(mean)
    expected = [variance, *(np.average((f - mean) ** n, weights=p) / variance ** (n / 2) for n in (3, 4))]
    np.testing.assert_allclose(row[9:12], expected, rtol=1e-5)  # single precision result


def test_entropy_by_its_definition() -> None:
    power = random_power() * np.float32(1e-6)  # a part of the bins lies below the floor
    v = np.maximum(power[1:].astype(np.float64), 1e-7)
    total = float(power[1:].sum(dtype=np.float64))
    expected = -np.sum(v / total * np.log2(v / total))
    assert described(power)[8] == pytest.approx(expected, rel=1e-6)  # series and single precision


def test_logarithm_is_numpys() -> None:
    power = (10.0 ** RNG.uniform(-9, 9, 1000)).astype(np.float32)
    out = np.empty(1000, np.float32)
    spectral.weighted_logarithm(power, out)
    expected = np.where(power > 1e-7, power * np.log2(power.astype(np.float64)), 0)
    # near 1 the logarithm is as small as its rounding
    np.testing.assert_allclose(out, expected, rtol=3e-7, atol=1e-7)


def test_slope_is_the_regression_lines() -> None:
    power = random_power()
    line = np.polyfit(FREQS[1:], power[1:], 1)
    # of a difference of sums that cancel to a hundredth: single precision times a hundred
    assert described(power)[12] == pytest.approx(511 * line[0], rel=1e-5)


def test_bands() -> None:
    """A band's energy is the share of bins that it covers, to the fraction of a bin."""
    row = described(np.ones(BINS, np.float32))
    assert row[0] * 512 == pytest.approx(400 / FREQS[1], abs=1)
    assert row[1] * 512 == pytest.approx(3000 / FREQS[1], abs=1)
    assert described(one_bin(30))[:2].tolist() == [0, 4 / 512]  # 1292 Hz


def test_bark() -> None:
    """Values of Traunmüller's formula: 8.5 Bark at 1 kHz; corrected at both ends."""
    np.testing.assert_allclose(spectral.bark(np.array([1000.0])), 8.527, atol=1e-3)
    assert spectral.bark(np.array([100.0]))[0] == pytest.approx(0.85 * (2681 / 2060 - 0.53) + 0.3)


def test_harmonicity_of_a_comb() -> None:
    """Teeth of height 1 every 8 bins: extrema are teeth only, as valleys are flat; no differences between them."""
    power = np.zeros(BINS, np.float32)
    power[8::8] = 1
    assert described(power)[14] == 0
    power[8::16] = 4  # alternating heights: |4 - 1| between every two of the 63 teeth within the scan
    assert described(power)[14] == pytest.approx(62 * 3 / 2 / 512)


def test_harmonicity_by_its_definition() -> None:
    power = random_power() ** np.float32(2)
    power = np.sqrt(power) ** 2  # as it will be
    places = [k for k in range(3, BINS - 2) if abs(np.sign(power[k] - power[[k - 2, k - 1, k + 1, k + 2]]).sum()) == 4]
    assert len(places) > 100
    expected = np.abs(np.diff(power[places].astype(np.float64))).sum() / 2 / 512
    assert described(power)[14] == pytest.approx(expected, rel=1e-6)


def test_flux() -> None:
    spectra = RNG.random((BINS, 17)).astype(np.float32)
    magnitudes = simd.aligned_table(BINS)
    magnitudes[:] = spectra[:, 1:]
    out = simd.aligned_table(spectral.ROWS, np.float64)
    spectral.flux(magnitudes, np.ascontiguousarray(spectra[:, 0]), out)
    expected = np.sqrt(np.mean(np.diff(spectra.astype(np.float64), axis=1)[1:] ** 2, axis=0))
    np.testing.assert_allclose(out[spectral.FLUX], expected, rtol=1e-6)


# Pitch


def plain_enhance(m: Float32Array) -> FloatArray:
    n = len(m)
    peaks = [
        k
        for k in range(n)
        if (k == 0 or m[k] > m[k - 1]) and (k == n - 1 or (m[k] > m[k + 1] if k == 0 else m[k] >= m[k + 1]))
    ]
    kept = m.astype(np.float64)
    for p, q in pairwise(peaks):
        kept[p + 3 : max(q - 2, p + 3)] = 0
    if len(peaks) == 1:
        kept[3:] = 0
    out = kept.copy()
    out[0] = (2 * kept[0] + kept[1]) / 4
    out[1:-1] = (kept[:-2] + 2 * kept[1:-1] + kept[2:]) / 4
    return out


@settings(deadline=None)
@given(st.lists(st.integers(0, 6), min_size=8, max_size=60))
def test_enhance_by_its_definition(values: list[int]) -> None:
    """Small whole numbers: ties, plateaus and runs without peaks; other ones in the other lanes."""
    m = np.array(values, np.float32)
    spectra = np.stack([np.roll(m, lane) for lane in range(simd.LANES)], axis=1)
    out = widened(np.zeros_like(spectra))
    subharmonic.enhance(widened(spectra), out)
    expected = np.stack([plain_enhance(column) for column in spectra.T], axis=1)
    np.testing.assert_array_equal(out[: len(m)], expected)


def test_enhance_of_spectra_with_few_peaks() -> None:
    """None in a slope, one in the middle, one in bin 1, two far apart."""
    n = 40
    slope = np.arange(n, 0, -1, dtype=np.float32)[::-1]
    one, early, two = slope.copy(), slope[::-1].copy(), slope.copy()
    one[20:] = slope[20::-1][: n - 20]
    early[0] = 1
    two[20:30] = slope[20:10:-1]
    for m in (slope, slope[::-1], one, early, two, np.zeros(n, np.float32)):
        out = widened(np.zeros((n, simd.LANES), np.float32))
        subharmonic.enhance(widened(np.repeat(m[:, None], simd.LANES, axis=1)), out)
        np.testing.assert_array_equal(out[:n, 3], plain_enhance(m))


def widened(rows: Float32Array) -> Float32Array:
    """Add the margin that the pitch's tables have; what stands there doesn't matter."""
    return np.concatenate([rows, np.full((subharmonic.MARGIN, rows.shape[1]), 7, np.float32)])


def test_frame_rms_by_its_definition() -> None:
    frames = RNG.standard_normal((simd.LANES, FRAMING.long)).astype(np.float32)
    magnitudes = np.abs(np.fft.rfft(frames, FRAMING.long_fft)).T.astype(np.float32)
    out = np.empty(simd.LANES, np.float32)
    subharmonic.frame_rms(widened(magnitudes), len(magnitudes), FRAMING.long, out)
    np.testing.assert_allclose(out, np.sqrt(np.mean(frames**2, axis=1)), rtol=1e-5)  # single-precision sums


def test_interpolation_is_the_natural_spline() -> None:
    freqs = FRAMING.long_freqs
    n = len(freqs)
    y = RNG.random((n, simd.LANES)).astype(np.float32)
    out = np.empty((n, simd.LANES), np.float32)
    axis = octave_axis.octave_axis(freqs)
    subharmonic.octave_spectrum(y, axis, np.empty((n - 1, simd.LANES)), out)
    knots = np.log2(np.maximum(freqs, 1))
    knots[0] = 2 * knots[1] - knots[2]
    points = np.linspace(np.log2(25), np.log2(freqs[-1]), n)
    expected = CubicSpline(knots, y.astype(np.float64), bc_type="natural")(points)
    expected = np.maximum(expected, 0) * axis.sensitivity[:, None]
    np.testing.assert_allclose(out, expected, atol=1e-6)  # single precision result of size 1
    subharmonic.octave_spectrum(y, axis, np.empty((n - 1, simd.LANES)), y)
    np.testing.assert_array_equal(y, out)  # the table may be one and the same


def test_subharmonic_sum_by_its_definition() -> None:
    axis = octave_axis.octave_axis(FRAMING.long_freqs)
    n = len(axis.octaves)
    a = RNG.random((n, simd.LANES)).astype(np.float32)
    out, means = widened(np.zeros_like(a)), np.empty(simd.LANES)
    peaks = np.empty((-(-n // subharmonic.STEP), simd.LANES), np.float32)
    subharmonic.subharmonic_sum(widened(a), axis, out, peaks, means)
    same = widened(a)
    subharmonic.subharmonic_sum(same, axis, same, peaks, means)
    np.testing.assert_array_equal(same[:n], out[:n])  # the table may be one and the same
    per_octave = n / np.log2(22050 / 25)
    expected = np.zeros((n, simd.LANES))
    for h in range(1, 16):
        shift = int(per_octave * np.log2(h))
        expected[: n - shift] += 0.85 ** (h - 1) * a[shift:]
    np.testing.assert_allclose(out[:n], expected, rtol=1e-5)  # fifteen terms in single precision
    np.testing.assert_allclose(means, expected.mean(axis=0) / 15, rtol=1e-6)


def test_parabola() -> None:
    vertex, height = candidates.parabola((1.0, 2.0, 4.0), tuple(5 - 0.5 * (x - 2.2) ** 2 for x in (1.0, 2.0, 4.0)))
    assert vertex == pytest.approx(2.2)
    assert height == pytest.approx(5)


def peaks_of(values: list[float]) -> list[int]:
    """Let the sum's first harmonic alone find the highest peaks of a spectrum."""
    n = len(values)
    axis = octave_axis.octave_axis(FRAMING.long_freqs)._replace(shifts=np.full(15, n))
    table = np.zeros((n, simd.LANES), np.float32)
    table[:, 5] = values
    table[:, 6] = RNG.integers(0, 10, n)
    out, peaks = (
        np.empty((n + subharmonic.MARGIN, simd.LANES), np.float32),
        np.empty((-(-n // subharmonic.STEP), 16), np.float32),
    )
    subharmonic.subharmonic_sum(widened(table), axis, out, peaks, np.empty(simd.LANES))
    places, counts = np.empty((simd.LANES, 6), np.int64), np.empty(simd.LANES, np.int64)
    candidates.highest_peaks(out, peaks, places, counts)
    return places[5, : counts[5]].tolist()


def test_highest_peaks() -> None:
    # 5 is no peak, being equal to its neighbour; of the two 3 the earlier comes first
    assert peaks_of([0, 3, 1, 5, 5, 2, 3, 0, 4, 1]) == [8, 1, 6]


def test_sums_whose_fifteenths_are_equal_are_no_peak() -> None:
    """Nor do they take the place of the sixth-highest."""
    fifteen = np.float32(15)
    near = np.float32(1.9) + np.arange(20, dtype=np.float32) * np.float32(2**-23)
    high, higher = next((a, b) for a, b in pairwise(near) if a < b and a / fifteen == b / fifteen)
    values = [0, high, higher, 0, 1.1, 0, 1.2, 0, 1.3, 0, 1.4, 0, 1.5, 1.6, 0, 1.65, 0]
    assert peaks_of(values) == [15, 13, 10, 8, 6, 4]


@settings(deadline=None)
@given(st.lists(st.integers(0, 9), min_size=3, max_size=100))
def test_highest_peaks_by_their_definition(values: list[int]) -> None:
    """More and fewer than six, at the ends of the groups of four too."""
    peaks = [i for i in range(1, len(values) - 1) if values[i] > max(values[i - 1], values[i + 1])]
    assert peaks_of(values) == sorted(peaks, key=lambda i: (-values[i], i))[:6]


def pitch_of(x: FloatArray) -> Float32Array:
    wave = np.empty(len(x), np.float32)
    quantize(x.astype(np.float32), wave)
    stage = stages.PitchTracker(FRAMING)
    rows = stage.push(wave, FRAMING.frames(len(wave), FRAMING.long))
    return np.concatenate([rows, stage.flush()])


@pytest.mark.parametrize("hz", [80, 150, 220, 330, 500])
def test_pitch_of_a_harmonic_tone(hz: int) -> None:
    t = np.arange(44100) / 44100
    rows = pitch_of(0.1 * sum(np.sin(2 * np.pi * h * hz * t) / h for h in range(1, 9)))
    assert rows.shape == (95, 2)
    # half a step of the axis is 0.17 %; the parabola leaves less
    np.testing.assert_allclose(rows[:, 0], hz, rtol=5e-3)
    assert (rows[:, 1] > 0.7).all()


def test_noise_has_no_lasting_pitch() -> None:
    rows = pitch_of(0.1 * RNG.standard_normal(44100))
    assert np.mean(rows[:, 0] > 0) < 0.3


def test_silence_has_no_pitch() -> None:
    assert not pitch_of(np.zeros(44100)).any()
    tone = 1e-3 * np.sin(2 * np.pi * 220 * np.arange(44100) / 44100)  # RMS of the windowed frame: 0.0005
    assert not pitch_of(tone).any()


def track(f0: list[list[float]], voicing: list[list[float]]) -> tuple[Float32Array, list[int]]:
    """Run the Viterbi search over frames of candidates; give its rows, and how many each frame decided."""
    state = viterbi.new_tracker()
    out = np.empty((len(f0) + 40, 2), np.float32)
    done, decided = 0, []
    for f, v in zip(f0, voicing, strict=True):
        frame = np.zeros((2, 6), np.float32)
        frame[0, : len(f)], frame[1, : len(v)] = f, v
        viterbi.advance(state, frame[0], frame[1], 0.1)
        decided.append(viterbi.decide(state, False, out[done:]))
        done += decided[-1]
    done += viterbi.decide(state, True, out[done:])
    return out[:done], decided


def test_an_octave_jump_of_one_frame_is_smoothed_away() -> None:
    frames = [[200.0, 400.0]] * 30
    voicing = [[0.9, 0.8]] * 30
    voicing[15] = [0.8, 0.9]
    rows, _ = track(frames, voicing)
    np.testing.assert_array_equal(rows[:, 0], 200)
    assert rows[15, 1] == np.float32(0.8)


def test_unvoiced_frames_keep_their_first_candidates_voicing() -> None:
    rows, _ = track([[200.0]] * 20, [[0.3]] * 20)
    np.testing.assert_array_equal(rows, np.tile(np.array([0, 0.3], np.float32), (20, 1)))


def test_a_decision_takes_thirty_frames_at_most() -> None:
    """A candidate 1 % higher with as much more voicing as staying on it costs: neither path gives way."""
    a = 0.01
    rows, decided = track([[200.0, 200 * np.exp(a)]] * 100, [[0.8, 0.8 * np.exp(5 * a)]] * 100)
    assert len(rows) == 100
    waiting = np.arange(1, 101) - np.cumsum(decided)
    assert waiting.max() == viterbi.WINDOW - 1
    assert max(decided) == 1


# Single periods


def pulses(spacing: list[int], heights: list[float], count: int) -> Float32Array:
    """A short pulse at the end of each spacing, taken in turn."""
    shape = np.hanning(21)
    x = np.zeros(sum(spacing) * (count // len(spacing) + 2))
    place = 30
    for i in range(count):
        x[place : place + 21] += heights[i % len(heights)] * shape
        place += spacing[i % len(spacing)]
    wave = np.empty(len(x), np.float32)
    quantize(x.astype(np.float32), wave)
    return wave


def voice_of(wave: Float32Array, hz: float) -> Float32Array:
    frames = FRAMING.frames(len(wave), FRAMING.long)
    return stages.VoiceQuality(FRAMING, strict=False).push(wave, 0, np.full(frames, hz, np.float32))


def test_regular_pulses_have_neither_jitter_nor_shimmer() -> None:
    rows = voice_of(pulses([200], [0.5], 100), 220.5)
    np.testing.assert_allclose(rows[:, :3], 0, atol=1e-4)
    hnr = rows[:, 3]
    assert ((hnr > 100) | (hnr == 0)).all()  # dB; 0 where the noise is exactly none


def test_jitter_of_alternating_periods() -> None:
    """Periods of 200 and 204 samples: jitter is their difference over their mean, and its change is 0."""
    rows = voice_of(pulses([200, 204], [0.5], 100), 44100 / 202)[3:-3]
    # between 4/204 and 4/200, by which periods fall into the frame
    assert ((rows[:, 0] > 0.0194) & (rows[:, 0] < 0.0202)).all()
    np.testing.assert_allclose(rows[:, 1], 0, atol=5e-4)  # the parabola's rest, in parts of a sample


def test_shimmer_of_alternating_heights() -> None:
    """Heights of 0.5 and 0.4: |0.5 - 0.4| over their mean 0.45."""
    rows = voice_of(pulses([200], [0.5, 0.4], 100), 220.5)[3:-3]
    np.testing.assert_allclose(rows[:, 2], 0.1 / 0.45, rtol=1e-3)  # 16-bit heights


def test_harmonics_to_noise_follows_the_noise() -> None:
    """Ten times the noise, 20 dB less."""
    t = np.arange(44100)
    tone = 0.2 * sum(np.sin(2 * np.pi * h * t / 200) / h for h in range(1, 5))
    noise = RNG.standard_normal(44100)
    quiet, loud = (
        np.median(voice_of((tone + level * noise).astype(np.float32), 220.5)[:, 3]) for level in (0.001, 0.01)
    )
    assert quiet - loud == pytest.approx(20, abs=1)
    # RMS of tone over noise in dB; of n periods averaged, the average keeps 1/n of the noise, about 2 dB
    assert loud == pytest.approx(20 * np.log10(tone.std() / 0.01), abs=3)


def test_unvoiced_frames_have_no_voice() -> None:
    rows = stages.VoiceQuality(FRAMING, strict=False).push(pulses([200], [0.5], 60), 0, np.zeros(5, np.float32))
    np.testing.assert_array_equal(rows, np.tile(np.array([0, 0, 0, -100], np.float32), (5, 1)))


@settings(deadline=None, max_examples=50)
@given(
    seed=st.integers(0, 2**31),
    kind=st.sampled_from(["noise", "tone", "square", "offset", "steps"]),
    lags=st.tuples(st.integers(8, 300), st.integers(6, 200)),
)
def test_best_lag_is_the_exact_one(seed: int, kind: str, lags: tuple[int, int]) -> None:
    """Screening in single precision never changes the winner; exact: correlations by a plain formula."""
    rng = np.random.default_rng(seed)
    n = np.arange(1200)
    wave = {
        "noise": 3000 * rng.standard_normal(1200),
        "tone": 20_000 * np.sin(n * rng.uniform(0.005, 0.5)),
        "square": np.where(n // int(rng.integers(3, 80)) % 2, 20_000, -20_000),
        "offset": 30_000 + 50 * np.sin(n * 0.1) + rng.standard_normal(1200),
        "steps": rng.integers(-1, 2, 1200),
    }[kind]
    whole = np.trunc(wave).astype(np.int64)
    samples = pair_sums.allocate(1200)
    pair_sums.load_samples((whole.astype(np.float32) / np.float32(32767)).astype(np.float32), samples)
    shortest, longest = lags[0], lags[0] + lags[1]
    scratch = period_search.lag_search(longest)
    found = period_search.best_lag(samples, scratch, 7, 0, (shortest, longest))
    cc = np.array([_pearson(whole[7 : 7 + lag], whole[7 + lag : 7 + 2 * lag]) for lag in range(shortest, longest + 1)])
    peaks = [i for i in range(1, len(cc) - 2) if cc[i] > cc[i - 1] and cc[i] > cc[i + 1]]
    if found < 0:
        # a peak may be one of rounding only
        assert all(cc[i] - max(cc[i - 1], cc[i + 1]) < 1e-12 for i in peaks)
        return
    assert cc[found] >= max(cc[i] for i in peaks) - 1e-12
    np.testing.assert_allclose(scratch.peak, cc[found - 1 : found + 2], atol=1e-12)


@pytest.mark.parametrize("start", [0, 1, 2, 3])
def test_products_of_pairs_by_their_definition(start: int) -> None:
    """Of every lag, also of those about the steps of 32 pairs and before the shortest that is ever searched."""
    wave = (RNG.integers(-1000, 1000, 700) / 32767).astype(np.float32)
    samples = pair_sums.allocate(700)
    pair_sums.load_samples(wave, samples)
    out = np.zeros(400, np.float32)
    pair_sums.pair_products(samples.pairs, start, 0, 128, out)
    x = np.rint(wave.astype(np.float64) * 32767)
    for lag in range(256):
        r = lag % 2
        a, b = x[start + r : start + lag], x[start + lag + r : start + 2 * lag]
        expected = a.reshape(-1, 2).sum(axis=1) @ b.reshape(-1, 2).sum(axis=1)
        assert out[lag] == pytest.approx(expected, abs=1e-6 * max(1.0, (a @ a + b @ b)))


def _pearson(a: npt.NDArray[np.int64], b: npt.NDArray[np.int64]) -> float:
    n = len(a)
    spread = float(n * (a * a).sum() - a.sum() ** 2) * float(n * (b * b).sum() - b.sum() ** 2)
    return float(n * (a * b).sum() - a.sum() * b.sum()) / np.sqrt(spread) if spread > 0 else 0.0


# Over time


def test_mean_and_delta_at_the_ends() -> None:
    x = np.array([[1], [4], [10], [11], [20]], np.float32)
    mean = smoothing.SlidingFilter(smoothing.mean3, reach=1, columns=1)
    smooth = np.concatenate([mean.push(x[:1]), mean.push(x[1:3]), mean.push(x[3:]), mean.flush()])
    np.testing.assert_allclose(smooth[:, 0], [2, 5, 25 / 3, 41 / 3, 17, 20], rtol=1e-6)
    slope = smoothing.SlidingFilter(smoothing.delta, reach=2, columns=1)
    ramp = np.arange(10, dtype=np.float32)[:, None]
    rows = np.concatenate([slope.push(ramp), slope.flush()])
    assert len(rows) == 12
    np.testing.assert_allclose(rows[2:8, 0], 1)
    np.testing.assert_allclose(rows[[0, 1, 10, 11], 0], [0.5, 0.8, 0.2, 0], atol=1e-6)


def test_zero_means_undefined() -> None:
    x = np.array([[0, 0, 6, 2, 0, 0, 4, 0]], np.float32).T
    np.testing.assert_array_equal(smoothing.mean3_nonzero(x)[:, 0], [0, 4, 4, 0, 0, 4])


def test_the_divisor_grows() -> None:
    x = np.array([[1, 2, 3, 4, 5, 0, 7]], np.float32).T
    divisor = np.full(1, 10, np.float32)
    out = smoothing.delta_nonzero(x, divisor)
    # (4-2) + 2 (5-1) over 10+1+4; then 5-3 alone over 16; then 2 (7-3) alone over 20
    np.testing.assert_allclose(out[:, 0], [10 / 15, 2 / 16, 8 / 20], rtol=1e-6)
    assert divisor[0] == 20


def test_windows_are_means_and_spreads() -> None:
    rows = (5 + RNG.standard_normal((275, 3))).astype(np.float32)
    windows = WindowStatistics(3)
    out = np.concatenate([windows.push(part) for part in np.split(rows, [3, 60, 61, 199])])
    assert out.shape == (4, 6)
    for w in range(4):
        part = rows[50 * w : 50 * w + 100].astype(np.float64)
        np.testing.assert_allclose(out[w, 0::2], part.std(axis=0), rtol=1e-6)
        np.testing.assert_allclose(out[w, 1::2], part.mean(axis=0), rtol=1e-6)
