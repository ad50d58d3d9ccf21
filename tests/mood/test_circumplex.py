import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moodcurve.curve import Curve
from moodcurve.mood import circumplex
from moodcurve.mood.circumplex import describe, distance, intensity, mood_words, quadrant

COORDINATE = st.floats(-1, 1)


@pytest.mark.parametrize(
    ("arousal", "valence", "name"),
    [
        (0.5, 0.5, "excited-positive"),
        (0.5, -0.5, "tense-negative"),
        (-0.5, -0.5, "sad-negative"),
        (-0.5, 0.5, "calm-positive"),
        # an exact zero counts as positive, whatever its sign bit
        (0.0, 0.5, "excited-positive"),
        (-0.0, -0.5, "tense-negative"),
        (-0.5, 0.0, "calm-positive"),
        (0.5, -0.0, "excited-positive"),
        (0.0, 0.0, "neutral"),
        (0.0, 0.099, "neutral"),
        (0.0, 0.1, "excited-positive"),
        (-0.08, -0.05, "neutral"),
        (-0.08, -0.07, "sad-negative"),
        (1.0, -1.0, "tense-negative"),
    ],
)
def test_quadrants(arousal: float, valence: float, name: str) -> None:
    assert quadrant(arousal, valence) == name


@pytest.mark.parametrize("value", [math.nan, math.inf, 1.001, -1.001])
def test_points_off_the_plane_are_refused(value: float) -> None:
    for call in (quadrant, mood_words, describe, intensity):
        with pytest.raises(ValueError, match=r"arousal must be a number in \[-1, 1\]"):
            call(value, 0.0)
        with pytest.raises(ValueError, match=r"valence must be a number in \[-1, 1\]"):
            call(0.0, value)
    with pytest.raises(ValueError, match="valence must be"):
        distance((0.0, 0.0), (0.0, value))


@pytest.mark.parametrize(
    ("word", "arousal_sign", "valence_sign"),
    [("excited", 1, 1), ("angry", 1, -1), ("depressed", -1, -1), ("relaxed", -1, 1)],
)
def test_words_lie_in_their_quadrant(word: str, arousal_sign: int, valence_sign: int) -> None:
    arousal, valence = circumplex.word_position(word)
    assert arousal * arousal_sign > 0
    assert valence * valence_sign > 0


def test_russells_eight_landmarks_are_near_his_order() -> None:
    # the abstract of the paper: excitement 45°, arousal 90°, distress 135°, depression 225°, sleepiness 270°,
    # relaxation 315°; its words must lie within 20° of these ideal angles
    ideal = {"excited": 45, "aroused": 90, "distressed": 135, "depressed": 225, "sleepy": 270, "relaxed": 315}
    for word, degrees in ideal.items():
        assert circumplex.MOOD_ANGLES_DEG[word] == pytest.approx(degrees, abs=20)


@pytest.mark.parametrize(
    ("arousal", "valence", "words"),
    [
        (0.0, 0.8, ("happy", "delighted")),  # excited lies 48.6° away, pleased has negative arousal
        (0.9, -0.2, ("angry", "alarmed", "tense")),
        (-0.2, -0.35, ("depressed", "gloomy", "sad")),
        (-0.2, 0.2, ("calm", "relaxed", "satisfied")),
        (-0.2, 0.02, ("sleepy", "calm", "relaxed")),  # droopy and tired are nearer than calm, but negative
        (0.05, 0.05, ("neutral",)),
    ],
)
def test_nearest_words(arousal: float, valence: float, words: tuple[str, ...]) -> None:
    assert mood_words(arousal, valence) == words


@given(COORDINATE, COORDINATE, st.integers(1, 28))
def test_words_are_the_nearest_of_their_quadrant(arousal: float, valence: float, n: int) -> None:
    words = mood_words(arousal, valence, n)
    if math.hypot(arousal, valence) < 0.1:
        assert words == ("neutral",)
        return
    # second formula: the nearest word has the largest cosine with the point
    length = math.hypot(arousal, valence)
    cosines = {}
    for word, angle in circumplex.MOOD_ANGLES_DEG.items():
        at = (math.sin(math.radians(angle)), math.cos(math.radians(angle)))
        if (at[0] >= 0, at[1] >= 0) == (arousal >= 0, valence >= 0):
            cosines[word] = (at[0] * arousal + at[1] * valence) / length
    assert 1 <= len(words) == len(set(words)) <= n
    # 1e-6: cosines of 45° by two formulas; 1e-9: between words of the list
    expected = sorted((c for c in cosines.values() if c >= math.cos(math.radians(45)) - 1e-6), reverse=True)[:n]
    assert [cosines[word] for word in words] == pytest.approx(expected[: len(words)], abs=1e-6)
    assert len(expected) - len(words) <= sum(abs(c - math.cos(math.radians(45))) <= 1e-6 for c in expected)


@pytest.mark.parametrize("n", [0, -1, 29])
def test_number_of_words_is_checked(n: int) -> None:
    with pytest.raises(ValueError, match=f"n must be from 1 to 28, got {n}"):
        mood_words(0.5, 0.5, n)


def test_words_around_a_circle_do_not_overlap() -> None:
    angles = sorted(circumplex.MOOD_ANGLES_DEG[word] for word in circumplex.RIM_WORDS)
    gaps = np.diff([*angles, angles[0] + 360])
    assert gaps.min() > 12  # room for a line of text on a circle of 12 lines' radius or more


@pytest.mark.parametrize(
    ("valence", "text"),
    [
        (0.05, "neutral"),
        (0.1, "slightly happy"),
        (0.29, "slightly happy"),
        (0.3, "happy"),
        (0.6, "very happy"),
    ],
)
def test_descriptions_state_the_strength(valence: float, text: str) -> None:
    assert describe(0.0, valence, 1) == text


@given(COORDINATE, COORDINATE, COORDINATE, COORDINATE)
def test_distance_is_euclidean(a: float, v: float, b: float, w: float) -> None:
    assert distance((a, v), (b, w)) == pytest.approx(math.sqrt((a - b) ** 2 + (v - w) ** 2), abs=1e-12)
    assert distance((a, v), (0.0, 0.0)) == intensity(a, v)


def test_summary_of_a_known_curve() -> None:
    curve = Curve(
        times_s=np.array([0.0, 0.5, 1.0, 1.5]),
        arousal=np.array([0.5, 0.5, -0.5, 0.0]),
        valence=np.array([0.5, -0.1, -0.5, 0.05]),
        source="song.flac",
        model="test",
        feature_set="test/1",
        duration_s=2.5,
    )
    summary = curve.summary
    assert (summary.arousal, summary.valence) == pytest.approx((0.125, -0.0125))
    assert summary.quadrant == "tense-negative"
    assert summary.words == ("alarmed", "tense", "angry")
    assert (summary.arousal_range, summary.valence_range) == ((-0.5, 0.5), (-0.5, 0.5))
    assert summary.shares == {
        "excited-positive": 0.25,
        "tense-negative": 0.25,
        "sad-negative": 0.25,
        "calm-positive": 0.0,
        "neutral": 0.25,
    }
