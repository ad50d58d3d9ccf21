import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moodcurve.curve import AROUSAL_COLOR, VALENCE_COLOR
from moodcurve.report.scale import (
    display_title,
    downsample,
    label_heights,
    smooth_path,
    smoothing_span_s,
    time_ticks,
    value_limit,
)
from moodcurve.util.text import clock
from tests.helpers.short_song import small_curve


@pytest.mark.parametrize(
    ("duration_s", "ticks"),
    [
        (1.0, [0.0]),
        (4.0, [0.0, 1.0, 2.0, 3.0]),
        (60.03, [0.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0]),
        (290.0, [0.0, 60.0, 120.0, 180.0, 240.0]),
        (36_000.0, [0.0, 7200.0, 14400.0, 21600.0, 28800.0]),
    ],
)
def test_ticks_are_round_times(duration_s: float, ticks: list[float]) -> None:
    assert time_ticks(duration_s) == ticks


@given(st.floats(0.1, 400_000), st.integers(2, 30))
def test_ticks_are_few_and_inside(duration_s: float, most: int) -> None:
    ticks = time_ticks(duration_s, most)
    assert 1 <= len(ticks) <= most
    assert ticks[0] == 0
    assert ticks[-1] < duration_s


def test_clock_of_an_hour_and_more() -> None:
    assert [clock(s) for s in (0, 59.6, 3599.4, 3600, 36_061)] == [
        "0:00",
        "1:00",
        "59:59",
        "1:00:00",
        "10:01:01",
    ]


@pytest.mark.parametrize(("highest", "end"), [(0.02, 0.5), (0.5, 0.5), (0.51, 0.75), (0.76, 1.0), (1.0, 1.0)])
def test_the_value_axis_shows_the_whole_curve(highest: float, end: float) -> None:
    values = np.linspace(-highest, 0, 15)
    assert value_limit(small_curve(arousal=values)) == max(end, 0.5)
    assert value_limit(small_curve(arousal_interval=np.column_stack([values, -values]))) == max(end, 0.5)


def test_the_path_is_the_mean_of_four_seconds_around() -> None:
    rng = np.random.default_rng(1)
    arousal, valence = rng.uniform(-1, 1, (2, 15))
    curve = small_curve(arousal=arousal, valence=valence)
    for i, t in enumerate(curve.times_s):
        near = np.abs(curve.times_s - t) <= 2.0
        # 1e-14: a running sum against a mean, of values up to 1
        np.testing.assert_allclose(
            smooth_path(curve)[i], [arousal[near].mean(), valence[near].mean()], rtol=0, atol=1e-14
        )


def test_the_span_of_the_path_grows_above_four_minutes() -> None:
    spans = [smoothing_span_s(small_curve(minutes * 60.0)) for minutes in (0.5, 4, 5, 60)]
    assert spans == [4, 4, 5, 60]


def test_five_minutes_are_not_downsampled() -> None:
    curve = small_curve(301.0 - 0.5)
    assert len(curve.times_s) == 600
    assert downsample(curve) is curve


def test_an_hour_is_downsampled_to_means() -> None:
    curve = small_curve(3600.0, intervals=True)  # 7199 points, 12 to a mean, the last of 11
    shown = downsample(curve)
    assert len(shown.times_s) == 600
    for name in ("times_s", "arousal", "valence", "arousal_interval", "valence_interval", "probabilities"):
        values = getattr(curve, name)
        means = [values[i : i + 12].mean(axis=0) for i in range(0, 7199, 12)]
        # 1e-13 of times up to 3600 and values up to 1: sums in another order
        np.testing.assert_allclose(getattr(shown, name), means, rtol=1e-13, atol=1e-13)


@given(st.lists(st.floats(-1, 1), min_size=15, max_size=15))
def test_the_path_stays_on_the_plane(values: list[float]) -> None:
    path = smooth_path(small_curve(arousal=np.array(values), valence=np.full(15, 1 - 2**-53)))
    assert np.abs(path).max() <= 1


@pytest.mark.parametrize(
    ("arousal", "valence", "heights"),
    [
        (0.3, -0.3, (0.3, -0.3)),
        (0.0, 0.0, (0.1, -0.1)),
        (0.1, 0.2, (0.05, 0.25)),
        (0.5, 0.5, (0.5, 0.3)),
        (-0.5, -0.48, (-0.5, -0.3)),
    ],
)
def test_labels_of_the_lines_do_not_overlap(arousal: float, valence: float, heights: tuple[float, float]) -> None:
    curve = small_curve(arousal=np.full(15, arousal), valence=np.full(15, valence))
    assert label_heights(curve, 0.5, 0.2) == pytest.approx(heights)


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("a/b/song.mp3", "song.mp3"),
        ("", "untitled"),
        ("two\nlines\x00\u2028\u2029.mp3", "two lines   .mp3"),
        ("evil\u202e3pm.exe", "evil 3pm.exe"),
        ("caf\udce9.mp3", "caf?.mp3"),
        ("日本 العربية 👩‍🎤.mp3", "日本 العربية 👩‍🎤.mp3"),
    ],
)
def test_the_title_is_the_file_name_on_one_line(source: str, name: str) -> None:
    assert display_title(small_curve(source=source)) == name


def luminance(color: str) -> float:
    """Relative luminance of WCAG 2, from its definition."""
    channels = (int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_colors_are_legible_as_text_on_white() -> None:
    for color in (AROUSAL_COLOR, VALENCE_COLOR):
        assert 1.05 / (luminance(color) + 0.05) >= 4.5  # WCAG 2 level AA
