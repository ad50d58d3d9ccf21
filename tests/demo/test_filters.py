"""The composer's filters, compared with SciPy's."""

import numpy as np
import pytest
from scipy.ndimage import minimum_filter1d, uniform_filter1d
from scipy.signal import butter, oaconvolve, sosfilt

from moodcurve.demo.synth.filters import butterworth, convolve, moving_mean, moving_minimum

NOISE = np.random.default_rng(0).standard_normal((2, 20_000))
FILTERS = [
    ("lowpass", 1000, 2),
    ("lowpass", 2500, 4),
    ("lowpass", 500, 3),
    ("lowpass", 30_000, 2),  # above the limit of 0.45 of the rate
    ("highpass", 25, 2),
    ("highpass", 500, 1),
    ("bandpass", (20, 1200), 2),
    ("bandpass", (1200, 4000), 1),
    ("bandpass", (6500, 18_000), 2),
    ("bandpass", (100, 20_000), 1),  # so wide that its poles are real
]


@pytest.mark.parametrize("sr", [22_050, 44_100, 96_000])
@pytest.mark.parametrize(("kind", "hz", "order"), FILTERS)
def test_butterworth_is_scipys(kind: str, hz: float | tuple[float, float], order: int, sr: int) -> None:
    corners = np.minimum(hz, 0.45 * sr)
    expected = sosfilt(butter(order, corners, kind, fs=sr, output="sos"), NOISE)
    # the recursion itself loses up to 12 digits at the lowest corners
    np.testing.assert_allclose(butterworth(NOISE, kind, hz, sr=sr, order=order), expected, atol=1e-11)


@pytest.mark.parametrize("samples", [1, 2, 100])
def test_butterworth_of_short_signals(samples: int) -> None:
    expected = sosfilt(butter(2, 1000, "lowpass", fs=44_100, output="sos"), NOISE[0, :samples])
    np.testing.assert_allclose(butterworth(NOISE[0, :samples], "lowpass", 1000, sr=44_100), expected, atol=1e-12)


@pytest.mark.parametrize("length", [1, 1000, 30_000])
def test_convolution_is_scipys(length: int) -> None:
    response = np.random.default_rng(1).standard_normal((2, length))
    expected = oaconvolve(NOISE, response, axes=1)[:, : NOISE.shape[1]]
    np.testing.assert_allclose(convolve(NOISE, response), expected, atol=1e-10)


@pytest.mark.parametrize("width", [1, 3, 5, 101, 1323])
def test_moving_minimum_and_mean_are_scipys(width: int) -> None:
    x = NOISE[0]
    assert np.array_equal(moving_minimum(x, width), minimum_filter1d(x, width, mode="nearest"))
    np.testing.assert_allclose(moving_mean(x, width), uniform_filter1d(x, width, mode="nearest"), atol=1e-12)


def test_moving_mean_of_zeros_is_exactly_zero() -> None:
    x = np.zeros(1000)
    x[400:410] = 0.1
    mean = moving_mean(x, 11)
    assert np.array_equal(np.flatnonzero(mean), np.arange(395, 415))
