"""Stages of the extractor, compared with plain formulas."""

import numpy as np
import pytest

from moodcurve.features.jit import simd
from moodcurve.features.tonal import chroma, rhythm
from moodcurve.features.tonal.batches import Batches, hann_window
from moodcurve.features.tonal.halving import Halving, half_band_taps
from moodcurve.features.tonal.log_spectrum import BINS, LOWEST_HZ, log_axis, log_spectrum, log_tables
from moodcurve.features.tonal.roughness import pair_weights, roughness

RNG = np.random.default_rng(0)


def half_band_filter() -> np.ndarray:
    taps = np.zeros(39)
    taps[19], taps[20::2], taps[18::-2] = 0.5, half_band_taps(), half_band_taps()
    return taps


def test_halving_is_a_convolution() -> None:
    x = RNG.standard_normal(5000).astype(np.float32)
    halving = Halving(1)
    found = np.concatenate([halving.push(part) for part in np.split(x, [1, 2, 40, 41, 1000, 1777])])
    expected = np.convolve(x.astype(np.float64), half_band_filter())[19::2]
    assert len(found) == 2491  # the last need samples that have not come
    np.testing.assert_allclose(found, expected[: len(found)], atol=1e-6)


def test_halving_keeps_what_is_below_the_transition() -> None:
    gain = np.abs(np.fft.rfft(half_band_filter(), 4096))
    f = np.fft.rfftfreq(4096)
    np.testing.assert_allclose(gain[f < 0.2], 1, atol=1e-3)
    assert gain[f > 0.3].max() < 1e-3


def test_two_halvings_keep_the_time() -> None:
    t = np.arange(44100) / 44100
    x = np.sin(2 * np.pi * 440 * t).astype(np.float32)
    found = Halving(2).push(x)
    np.testing.assert_allclose(found[100:], x[400 : 4 * len(found) : 4], atol=1e-3)
    np.testing.assert_array_equal(Halving(0).push(x), x)


@pytest.mark.parametrize(("sr", "divisor", "frame_rate"), [(44100, 4, 16), (11025, 1, 50), (31999, 2, 16)])
def test_batches_begin_at_exact_times(sr: int, divisor: int, frame_rate: int) -> None:
    """The wave holds its own time."""
    length = 1000
    batches = Batches(sr, divisor, length, frame_rate)
    x = np.arange(1, 40 * sr // divisor, dtype=np.float32)
    found = [wave for part in np.array_split(x, 7) for wave in batches.push(part)]
    for number, wave in enumerate(found[1:], 1):
        center = 16 * number / frame_rate * sr / divisor
        assert wave[length // 2] - 1 == pytest.approx(center, abs=0.51)
        assert len(wave) == 15 * batches.hop + length
    assert len(found) >= 38 * frame_rate // 16


def test_hann_window_keeps_the_power() -> None:
    """White noise: the sum of the bins is half its variance, the other half being negative frequencies."""
    x = RNG.standard_normal((200, 1024))
    power = np.abs(np.fft.rfft(x * hann_window(1024))) ** 2
    assert power.sum(axis=1).mean() == pytest.approx(0.5, rel=0.02)


def spectrum_of(magnitudes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return amplitude and salience (216,) of one spectrum at 11025 Hz."""
    table, tables = simd.aligned_table(2049), log_tables()
    table[:] = magnitudes[:, None]
    log_spectrum(table, log_axis(np.arange(2049) * 11025 / 4096), tables)
    return tables.amplitude[:, 3], tables.salience[:, 3]


def test_log_spectrum() -> None:
    magnitudes = RNG.random(2049)
    freqs = np.arange(2049) * 11025 / 4096
    amplitude, salience = spectrum_of(magnitudes)
    centers = LOWEST_HZ * 2 ** ((np.arange(BINS) - 1) / 36)
    width = np.maximum(centers * (2 ** (1 / 36) - 1), freqs[1])
    weights = np.maximum(0, 1 - np.abs(freqs - centers[:, None]) / width[:, None])
    expected = np.sqrt(weights @ magnitudes**2)
    np.testing.assert_allclose(amplitude, expected, rtol=1e-5)
    logarithm = np.log2(1 + 100 * expected / expected.max())
    local = [logarithm[max(0, b - 18) : b + 19].mean() for b in range(BINS)]
    above = np.maximum(0, logarithm - local)
    harmonics = above + sum(np.append(above[d:], np.zeros(d)) for d in (36, 57, 72, 84))
    np.testing.assert_allclose(salience, np.sqrt(above * harmonics), atol=1e-4)


def test_log_spectrum_of_silence() -> None:
    amplitude, salience = spectrum_of(np.zeros(2049))
    assert not amplitude.any()
    assert not salience.any()


def test_roughness_is_the_sum_over_pairs() -> None:
    amplitude = simd.aligned_table(BINS)
    amplitude[:] = RNG.random((BINS, 16))
    weights, out = pair_weights(), simd.aligned_table(3)
    roughness(amplitude, weights, simd.aligned_table(BINS + 1), out)
    a = amplitude[:, 5].astype(np.float64)
    is_peak = np.zeros(BINS, bool)
    is_peak[1:-1] = (a[1:-1] > a[:-2]) & (a[1:-1] > a[2:])
    p = np.where(is_peak, a, 0)
    pairs = sum(weights[b, d] * p[b] * p[b + 1 + d] for b in range(BINS) for d in range(18) if b + 1 + d < BINS)
    np.testing.assert_allclose(out[:, 5], [pairs, np.sum(p**2), np.sum(a**2)], rtol=1e-5)


def test_pair_weights() -> None:
    """The roughest distance is about a quarter of a critical band: 1.2 semitones at 500 Hz."""
    weights = pair_weights()
    b = 1 + round(36 * np.log2(500 / LOWEST_HZ))
    assert 1 + weights[b].argmax() in (3, 4)
    assert weights.max() == pytest.approx(1, abs=1e-3)
    assert weights.min() > 0


@pytest.mark.parametrize("cents", [-40, -10, 0, 20, 33])
def test_tuning_is_found(cents: float) -> None:
    """Energy around semitones that are out of tune: the chroma is that of the tuned ones."""
    bins = np.arange(36)
    centers = 3 * np.array([0, 4, 7]) + 3 * cents / 100
    distance = (bins[:, None] - centers + 18) % 36 - 18
    folded = np.exp(-(distance**2)).sum(axis=1)
    tuning, out = np.zeros(3), np.empty(12)
    chroma.update_tuning(folded, 0.9, tuning)
    assert tuning[2] == pytest.approx(3 * cents / 100, abs=0.02)
    chroma.chroma(folded, float(tuning[2]), out)
    assert set(np.argsort(out)[-3:]) == {0, 4, 7}


def test_key_of_a_profile_is_found() -> None:
    """Each profile, rotated, correlates fully with itself."""
    plan, out = chroma.chroma_plan(), np.empty(4)
    for tonic in range(12):
        for profile in range(4):
            chroma.keys(1 + np.roll(plan.profiles[profile], tonic), plan, out)
            pair, is_minor = divmod(profile, 2)
            best = out[2 * pair] - is_minor * out[2 * pair + 1]
            assert best == pytest.approx(1)
            assert (out[2 * pair + 1] < 0) == bool(is_minor)


def test_keys_of_equal_values_are_zero() -> None:
    out = np.ones(4)
    chroma.keys(np.full(12, 0.3), chroma.chroma_plan(), out)
    assert not out.any()


def test_chord_is_found_in_all_keys() -> None:
    plan, out = chroma.chroma_plan(), np.empty(chroma.KINDS)
    for kind, notes in enumerate(chroma.CHORDS):
        for root in range(12):
            x = np.zeros(12)
            x[(root + np.array(notes)) % 12] = 1
            found = chroma.chords(x, plan, out)
            assert out[kind] == pytest.approx(1)
            if kind < 2:
                assert found == 12 * kind + root


def test_entropy() -> None:
    assert chroma.entropy(np.ones(12)) == pytest.approx(1)
    assert chroma.entropy(np.eye(12)[0]) == pytest.approx(0)
    assert chroma.entropy(np.zeros(12)) == 1


def test_autocorrelation() -> None:
    n, lags = 150, 32
    x = np.zeros(n + lags, np.float32)
    x[:n] = RNG.standard_normal(n)
    out = np.zeros(lags)
    rhythm.autocorrelation(x, n, out)
    for lag in range(lags):
        a, b = x[: n - lag].astype(np.float64), x[lag:n].astype(np.float64)
        assert out[lag] == pytest.approx(a @ b / np.sqrt(a @ a * (b @ b)), abs=1e-5)
    assert not np.any(rhythm.autocorrelation(np.zeros(n + lags, np.float32), n, out) or out)
