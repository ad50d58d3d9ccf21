"""Resampling to 16 kHz, compared with the tones themselves."""

import numpy as np
import pytest

from moodcurve.features.tags import resampling


def resampled(x: np.ndarray, sr: int, first: int, count: int) -> np.ndarray:
    """Resample with zeros around x."""
    plan = resampling.make_plan(sr)
    base = plan.first_input(first)
    needed = np.arange(base, plan.last_input(first + count - 1) + 1)
    inside = (needed >= 0) & (needed < len(x))
    wave = np.zeros(len(needed), np.float32)
    wave[inside] = x[needed[inside]]
    out = np.empty(count, np.float32)
    resampling.resample(wave, base, first, plan, out)
    return out


def tone(hz: float, sr: int, seconds: float = 0.5) -> np.ndarray:
    return np.sin(2 * np.pi * hz * np.arange(round(seconds * sr)) / sr).astype(np.float32)


@pytest.mark.parametrize("sr", [8000, 11025, 16000, 22050, 32000, 44100, 48000, 96000, 384000])
@pytest.mark.parametrize("share", [0.01, 0.3, 0.7, 0.9])
def test_tones_in_the_passband_are_unchanged(sr: int, share: float) -> None:
    hz = share * min(sr, 16000) / 2
    found = resampled(tone(hz, sr), sr, 2000, 4000)
    expected = np.sin(2 * np.pi * hz * np.arange(2000, 6000) / 16000)
    # the ripple of 90 dB, and in the sampled tone its own rounding
    np.testing.assert_allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize("sr", [22050, 44100, 48000, 192000])
@pytest.mark.parametrize("hz", [8010, 9000, 10500])
def test_tones_above_8_khz_are_stopped(sr: int, hz: float) -> None:
    assert np.abs(resampled(tone(hz, sr), sr, 2000, 4000)).max() < 10 ** (-85 / 20)


@pytest.mark.parametrize("sr", [44101, 47999])
def test_unusual_rates_use_the_nearest_of_1024_phases(sr: int) -> None:
    """A position is off by up to 1/2048 of a sample, which at 2 kHz is a phase of 1.4e-4."""
    assert len(resampling.make_plan(sr).filters) == 1024
    expected = np.sin(2 * np.pi * 2000 * np.arange(2000, 6000) / 16000)
    np.testing.assert_allclose(resampled(tone(2000, sr), sr, 2000, 4000), expected, atol=2e-4)


def test_outputs_do_not_depend_on_where_the_parts_begin() -> None:
    """Equal to the last bit."""
    x = np.random.default_rng(0).normal(0, 0.1, 44100).astype(np.float32)
    whole = resampled(x, 44100, -256, 8000)
    for first, count in ((-256, 1), (100, 333), (5000, 2744)):
        np.testing.assert_array_equal(resampled(x, 44100, first, count), whole[first + 256 : first + 256 + count])


def test_constant_stays_constant() -> None:
    np.testing.assert_allclose(resampled(np.ones(44100, np.float32), 44100, 1000, 8000), 1, atol=1e-6)


def test_number_of_outputs() -> None:
    plan = resampling.make_plan(44100)
    assert [plan.outputs(n) for n in (0, 1, 441, 442, 44100)] == [0, 1, 160, 161, 16000]


@pytest.mark.parametrize("sr", [7999, 384001, 44100.5])
def test_invalid_rates_are_refused(sr: float) -> None:
    with pytest.raises(ValueError, match="sr must be the sample rate of the samples, 8000 to 384000 Hz"):
        resampling.make_plan(sr)  # type: ignore[arg-type]
