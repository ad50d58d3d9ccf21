"""Integrated loudness of the test signals of EBU Tech 3341, and of what the standard leaves open."""

import math

import numpy as np
import pytest

from moodcurve.features.song.loudness import LoudnessMeter, channel_weights, k_weighting

TOLERANCE_LU = 0.1
"""Of EBU Tech 3341, table 1."""
PUBLISHED = [
    [1.53512485958697, -2.69169618940638, 1.19839281085285, -1.69065929318241, 0.73248077421585],
    [1.0, -2.0, 1.0, -1.99004745483398, 0.99007225036621],
]
"""Coefficients of ITU-R BS.1770-4 at 48 kHz."""


def sine(*levels: float, seconds: float, sr: int = 48_000) -> np.ndarray:
    """Return 1 kHz with a level in dB for each channel."""
    t = np.arange(round(seconds * sr)) / sr
    return (np.sin(2 * np.pi * 1000 * t)[:, None] * 10 ** (np.array(levels) / 20)).astype(np.float32)


def stereo(*parts: tuple[float, float], sr: int = 48_000) -> np.ndarray:
    return np.concatenate([sine(level, level, seconds=seconds, sr=sr) for level, seconds in parts])


def lufs(x: np.ndarray, sr: int = 48_000, block: int = 50_001) -> float | None:
    meter = LoudnessMeter()
    for start in range(0, len(x), block):
        meter.add(x[start : start + block], sr)
    return meter.integrated_lufs()


TECH_3341 = {
    "case 1": (stereo((-23, 20)), -23),
    "case 2": (stereo((-33, 20)), -33),
    "case 3": (stereo((-36, 10), (-23, 60), (-36, 10)), -23),
    "case 4": (stereo((-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10)), -23),
    "case 5": (stereo((-26, 20), (-20, 20.1), (-26, 20)), -23),
    "case 6": (sine(-28, -28, -24, -30, -30, seconds=20), -23),
}
"""Test signals with known answers; cases 7 and 8 are recordings."""


@pytest.mark.parametrize("case", TECH_3341)
def test_signals_of_ebu_tech_3341(case: str) -> None:
    x, expected = TECH_3341[case]
    assert lufs(x) == pytest.approx(expected, abs=TOLERANCE_LU)


@pytest.mark.parametrize("sr", [8_000, 22_050, 44_100, 96_000, 192_000])
def test_the_first_signal_at_other_rates(sr: int) -> None:
    assert lufs(stereo((-23, 20), sr=sr), sr) == pytest.approx(-23, abs=TOLERANCE_LU)


def test_the_filters_are_those_of_the_standard_at_48_khz() -> None:
    np.testing.assert_allclose(k_weighting(48_000), PUBLISHED, atol=2e-7)


def test_the_blocks_do_not_matter() -> None:
    x = np.random.default_rng(0).normal(0, 0.1, (30 * 8000, 3)).astype(np.float32)
    values = {lufs(x, 8000, block) for block in (777, 8000, len(x))}
    assert len({round(value, 9) for value in values if value is not None}) == 1


def reference(x: np.ndarray, sr: int) -> float:
    """Compute the standard's formulas sample by sample, for one channel."""
    y = x.astype(float)
    for b0, b1, b2, a1, a2 in k_weighting(sr):
        out = np.zeros(len(y))
        for n in range(len(y)):
            out[n] = (
                b0 * y[n]
                + (b1 * y[n - 1] - a1 * out[n - 1] if n > 0 else 0)
                + (b2 * y[n - 2] - a2 * out[n - 2] if n > 1 else 0)
            )
        y = out
    hop = sr // 10
    powers = np.array([(y[i * hop : (i + 4) * hop] ** 2).mean() for i in range(len(y) // hop - 3)])
    loudness = -0.691 + 10 * np.log10(powers)
    loud = powers[loudness > -70]
    gate = -0.691 + 10 * math.log10(loud.mean()) - 10
    return -0.691 + 10 * math.log10(powers[loudness > max(gate, -70)].mean())


def test_noise_of_changing_level_against_the_plain_formulas() -> None:
    rng = np.random.default_rng(1)
    levels = np.repeat(10 ** (rng.uniform(-60, -10, 12) / 20), 4000)
    x = (rng.normal(0, 1, len(levels)) * levels).astype(np.float32)
    assert lufs(x[:, None], 8000) == pytest.approx(reference(x, 8000), abs=1e-6)


def test_low_tones_and_offsets_are_filtered_as_in_one_run() -> None:
    """Steps are filtered side by side, each from 60 ms before it on: what is older has decayed, also at 20 Hz."""
    t = np.arange(8000 * 4) / 8000
    x = (0.5 * np.sin(2 * np.pi * 20 * t) * (t % 1 < 0.45) + 0.3 * (t > 2)).astype(np.float32)
    assert lufs(x[:, None], 8000) == pytest.approx(reference(x, 8000), abs=1e-3)


def test_one_channel_is_3_lu_below_two_equal_ones() -> None:
    x = stereo((-23, 5))
    one, two = lufs(x[:, :1]), lufs(x)
    assert one is not None
    assert two is not None
    assert two - one == pytest.approx(10 * math.log10(2), abs=1e-6)


def test_low_frequencies_of_six_channels_do_not_count() -> None:
    assert channel_weights(6)[3] == 0
    assert lufs(sine(-200, -200, -200, 0, -200, -200, seconds=2)) is None


@pytest.mark.parametrize("x", [np.zeros((48_000, 2)), np.zeros((0, 2)), stereo((-23, 0.3)), stereo((-80, 5))])
def test_silence_and_less_than_a_block_have_no_loudness(x: np.ndarray) -> None:
    assert lufs(x) is None


def test_samples_that_are_not_finite_count_as_zero() -> None:
    x = stereo((-23, 5))
    damaged = x.copy()
    damaged[1000] = np.nan
    damaged[2000, 0] = np.inf
    assert lufs(damaged) == pytest.approx(lufs(x), abs=0.01)


def test_a_change_of_rate_or_channels_goes_on() -> None:
    meter = LoudnessMeter()
    meter.add(stereo((-23, 10)), 48_000)
    meter.add(stereo((-23, 10), sr=44_100), 44_100)
    meter.add(sine(-20, seconds=10), 48_000)
    assert meter.integrated_lufs() == pytest.approx(-23, abs=TOLERANCE_LU)
