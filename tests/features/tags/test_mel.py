"""Mel spectra, compared with NumPy in double precision."""

import numpy as np

from moodcurve.features.tags import mel


def power(wave: np.ndarray, frames: int) -> np.ndarray:
    out = np.empty((frames, mel.BANDS), np.float32)
    mel.mel_power(wave, mel.make_plan(), out)
    return out


def test_mel_powers() -> None:
    wave = np.random.default_rng(0).normal(0, 0.1, 31 * 256 + 512).astype(np.float32)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(512) / 512)
    frames = np.stack([wave[256 * t : 256 * t + 512] for t in range(19)]) * window
    expected = np.abs(np.fft.rfft(frames)) ** 2 @ mel.mel_weights().T
    np.testing.assert_allclose(power(wave, 19), expected, rtol=2e-5)  # single precision


def test_frames_do_not_depend_on_each_other() -> None:
    """Equal to the last bit, in any lane."""
    wave = np.random.default_rng(1).normal(0, 0.1, 47 * 256 + 512).astype(np.float32)
    np.testing.assert_array_equal(power(wave, 32)[5:21], power(wave[5 * 256 :], 16))


def test_silence_has_no_power() -> None:
    assert not power(np.zeros(15 * 256 + 512, np.float32), 16).any()


def test_scale_of_slaney() -> None:
    """200/3 Hz a mel up to 1 kHz, 27 mel for a factor of 6.4 above."""
    mels = np.array([0, 1, 15, 42.0])
    np.testing.assert_allclose(mel.mel_to_hz(mels), [0, 200 / 3, 1000, 6400])


def test_filters_have_unit_area() -> None:
    """Over the bins 31.25 Hz apart; the lowest filters, two bins wide, are sampled most coarsely."""
    area = mel.mel_weights().sum(axis=1) * 16000 / 512
    assert np.abs(area[30:] - 1).max() < 0.15
    assert area.min() > 0.4
    assert area.max() < 1.6


def test_tone_is_in_its_band() -> None:
    """1 kHz is the border of the scale's parts: 15 mel of 45.2, in 97 equal steps."""
    wave = np.sin(2 * np.pi * 1000 * np.arange(15 * 256 + 512) / 16000).astype(np.float32)
    assert (power(wave, 16).argmax(axis=1) == round(15 / (45.245 / 97)) - 1).all()
