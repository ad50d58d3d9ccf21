"""The warning for recordings whose sound ends below 6 kHz."""

from pathlib import Path

import numpy as np
import pytest
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st

from moodcurve._typing import Float32Array
from moodcurve.audio import ANALYSIS_SR, open_audio
from moodcurve.audio.bandwidth import BandwidthMeter, find_cutoff_hz
from moodcurve.audio.samples import open_samples
from tests.helpers.damaged_audio import write_av

SR = ANALYSIS_SR
WARNING = (
    "there is no sound above about {} kHz, as in telephone or strongly compressed audio: the values may be less "
    "reliable"
)


def piano(seconds: float, *, tilt_db: float = -20.0, level: float = 0.1) -> Float32Array:
    """Return noise whose spectrum falls by `tilt_db` per octave above 500 Hz, as in quiet piano music."""
    n = round(seconds * SR)
    spectrum = np.fft.rfft(np.random.default_rng(0).normal(size=n))
    freqs = np.fft.rfftfreq(n, 1 / SR)
    spectrum *= 10 ** (tilt_db * np.log2(np.maximum(freqs, 500) / 500) / 20)
    x = np.fft.irfft(spectrum, n)
    return (level * x / x.std()).astype(np.float32)


def low_passed(x: Float32Array, hz: float) -> Float32Array:
    spectrum = np.fft.rfft(x)
    spectrum[np.fft.rfftfreq(len(x), 1 / SR) > hz] = 0
    return np.fft.irfft(spectrum, len(x)).astype(np.float32)


def cutoff(x: Float32Array) -> float | None:
    meter = BandwidthMeter(SR)
    meter.add(x)
    return meter.cutoff_hz()


@pytest.mark.parametrize("hz", [2000, 3400, 4000, 5500, 5900])
@pytest.mark.parametrize("tilt_db", [0.0, -12.0])
@pytest.mark.parametrize("level", [0.2, 0.002])
def test_cutoff_of_filtered_sound(hz: float, tilt_db: float, level: float) -> None:
    found = cutoff(low_passed(piano(20, tilt_db=tilt_db, level=level), hz))
    assert found == pytest.approx(hz, abs=100)


@pytest.mark.parametrize("tilt_db", [0.0, -6.0, -12.0, -24.0, -30.0])
@pytest.mark.parametrize("level", [0.2, 0.002])
def test_falling_spectra_have_no_cutoff(tilt_db: float, level: float) -> None:
    assert cutoff(piano(20, tilt_db=tilt_db, level=level)) is None


@pytest.mark.parametrize("hz", [6600, 8000, 11025, 16000])
def test_higher_cutoffs_are_no_problem(hz: float) -> None:
    assert cutoff(low_passed(piano(20, tilt_db=-12), hz)) is None


def test_silent_parts_do_not_count() -> None:
    """Neither hiss between the pieces nor digital silence."""
    music = low_passed(piano(15), 4000)
    hiss = np.random.default_rng(1).normal(0, 1e-4, 30 * SR).astype(np.float32)
    assert cutoff(np.concatenate([hiss, music, 0 * hiss])) == pytest.approx(4000, abs=100)
    assert cutoff(hiss) is None
    assert cutoff(0 * hiss) is None


@pytest.mark.parametrize("hz", [110, 440, 3000])
def test_sound_may_end_with_a_tone(hz: float) -> None:
    """Tones above 2 kHz end the sound; below, there is nothing to compare but leakage of the window."""
    t = np.arange(20 * SR) / SR
    found = cutoff((0.3 * np.sin(2 * np.pi * hz * t)).astype(np.float32))
    assert found == (None if hz < 2000 else pytest.approx(hz, abs=250))


def test_too_short_to_tell() -> None:
    assert cutoff(low_passed(piano(4.1), 4000)) is None
    assert cutoff(low_passed(piano(5), 4000)) is not None


def test_low_sample_rates_are_not_judged() -> None:
    meter = BandwidthMeter(8000)
    meter.add(piano(20))
    assert meter.cutoff_hz() is None


def test_empty_spectrum() -> None:
    assert find_cutoff_hz(np.zeros(1025), SR / 2048) is None


@settings(max_examples=20, deadline=None)
@given(cuts=st.lists(st.integers(0, 8 * SR), max_size=20))
def test_blocks_do_not_matter(cuts: list[int]) -> None:
    x = low_passed(piano(8), 4000)
    meter = BandwidthMeter(SR)
    for part in np.split(x, sorted(cuts)):
        meter.add(part)
    assert meter.cutoff_hz() == cutoff(x) is not None


@pytest.mark.parametrize(("sr", "khz"), [(8000, "4"), (11025, "5.5")])
def test_samples_of_a_low_rate(sr: int, khz: str) -> None:
    x = soxr.resample(piano(10, tilt_db=-6), SR, sr)
    with open_samples(x, sr) as reader:
        list(reader.blocks())
    assert reader.warnings == (WARNING.format(khz),)


def test_strongly_compressed_file(tmp_path: Path) -> None:
    x = soxr.resample(piano(10, tilt_db=-6), SR, 22050)
    path = write_av(tmp_path / "x.mp3", "libmp3lame", x[:, None], sr=22050, container="mp3", bit_rate=16_000)
    with open_audio(path) as reader:
        list(reader.blocks())
    assert len(reader.warnings) == 1
    assert reader.warnings[0].startswith("there is no sound above about 5")


@pytest.mark.real
def test_no_music_of_the_test_data_has_a_cutoff(data_dir: Path) -> None:
    """Quiet piano music included, also 20 dB quieter."""
    for path in sorted((data_dir / "audio").glob("*/*.mp3")):
        if path.parent.name not in ("various", "deam_clips"):
            continue
        with open_audio(path) as reader:
            x = np.concatenate(list(reader.blocks()))
        assert reader.warnings == (), path
        assert cutoff(x / 10) is None, path
