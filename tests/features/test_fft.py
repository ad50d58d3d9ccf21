"""The transform of sixteen frames at once, against the transform in double precision."""

import numpy as np
import pytest
import scipy.fft

from moodcurve.features.descriptors import fft
from moodcurve.features.framing import Framing
from moodcurve.features.jit import simd


def spectra_of(wave: np.ndarray, hop: int, window: np.ndarray, n: int) -> np.ndarray:
    out = simd.aligned_table(n // 2 + 1)
    fft.magnitudes(wave, hop, window, fft.make_plan(n), out)
    return out


@pytest.mark.parametrize("n", [256, 512, 1024, 2048, 4096, 8192, 16384, 32768])
@pytest.mark.parametrize("share", [1, 0.861, 0.51])
def test_magnitudes(n: int, share: float) -> None:
    """Frames that fill the transform, and those of 20 and 60 ms that leave up to half of it empty."""
    rng = np.random.default_rng(n)
    length, hop = round(share * n), n // 5 + 1
    window = rng.random(length).astype(np.float32)
    wave = rng.standard_normal(15 * hop + length).astype(np.float32)  # no sample more than is needed
    frames = np.stack([wave[lane * hop : lane * hop + length] * window for lane in range(16)])
    expected = np.abs(np.fft.rfft(frames.astype(np.float64), n)).T
    error = spectra_of(wave, hop, window, n) - expected
    padded = np.zeros((16, n), np.float32)
    padded[:, :length] = frames
    usual = np.abs(scipy.fft.rfft(padded)).T - expected
    assert np.sqrt(np.mean(error**2)) < 1.2 * np.sqrt(np.mean(usual**2))
    # the largest of so many errors, each about 1e-7 of the spectrum's size
    assert np.abs(error).max() < 1e-6 * np.sqrt(np.mean(expected**2))


@pytest.mark.parametrize("k", [0, 1, 7, 63, 64, 100, 127, 128])
def test_a_cosine_stands_in_its_bin(k: int) -> None:
    n = 256
    wave = np.cos(2 * np.pi * k * np.arange(n + 15) / n).astype(np.float32)
    expected = np.zeros(n // 2 + 1)
    expected[k] = n if k in (0, n // 2) else n / 2
    window = np.ones(n, np.float32)
    # sums of 256 numbers of size 1 in single precision
    np.testing.assert_allclose(spectra_of(wave, 1, window, n), np.repeat(expected[:, None], 16, axis=1), atol=1e-4)


def test_a_frame_does_not_depend_on_its_neighbours() -> None:
    """To the last bit: what stands in which lane must not matter."""
    framing = Framing(44100)
    wave = np.random.default_rng(1).standard_normal(40 * framing.hop + framing.long).astype(np.float32)
    early = spectra_of(wave, framing.hop, framing.gauss, framing.long_fft)
    later = spectra_of(wave[7 * framing.hop :], framing.hop, framing.gauss, framing.long_fft)
    np.testing.assert_array_equal(early[:, 7:], later[:, :9])


def test_silence_has_no_spectrum() -> None:
    assert not spectra_of(np.zeros(1000, np.float32), 10, np.ones(500, np.float32), 512).any()


@pytest.mark.parametrize("n", [0, 128, 1000])
def test_other_lengths_are_refused(n: int) -> None:
    with pytest.raises(ValueError, match=f"n must be a power of two from 256, got {n}"):
        fft.make_plan(n)
