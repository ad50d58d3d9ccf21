"""Intervals calibrated over songs: known quantiles, and coverage of songs made so that it is known."""

import math

import numpy as np
import pytest

from moodcurve.learn import TrainingError
from moodcurve.learn.uncertainty.calibration import LEAST_SONGS, calibrate, song_quantile
from moodcurve.runtime.intervals import Intervals
from moodcurve.runtime.metadata import as_json, from_json

RNG_SEED = 90


def test_one_score_a_song_gives_the_usual_conformal_quantile() -> None:
    rng = np.random.default_rng(RNG_SEED)
    for songs in (19, 20, 57, 200):
        scores = rng.normal(size=songs)
        rank = math.ceil(0.95 * (songs + 1) - 1e-9)
        assert song_quantile(list(scores[:, None]), 0.95) == np.sort(scores)[rank - 1]


def test_quantile_is_the_least_score_that_reaches_the_share() -> None:
    rng = np.random.default_rng(RNG_SEED)
    scores = [rng.normal(size=n) for n in rng.integers(1, 30, 60)]
    q = song_quantile(scores, 0.9)

    def share(limit: float) -> float:
        return sum(float(np.mean(song <= limit)) for song in scores) / (len(scores) + 1)

    assert share(q) >= 0.9 > share(np.nextafter(q, -np.inf))
    # a point more or less of the same song says nothing new
    assert song_quantile([np.repeat(song, 3) for song in scores], 0.9) == q


def test_quantile_grows_with_the_share_and_ends_at_infinity() -> None:
    scores = [np.array([float(i)]) for i in range(18)]
    found = [song_quantile(scores, share) for share in (0.1, 0.5, 0.9, 18 / 19)]
    assert found == sorted(found) == [1.0, 9.0, 17.0, 17.0]
    assert song_quantile(scores, 0.95) == math.inf


def made_songs(
    rng: np.random.Generator, songs: int, *, size: float = 0.1
) -> tuple[list[np.ndarray], list[np.ndarray], np.ndarray]:
    """Songs with skewed errors of their own, 1 to 40 points each: the longer the song, the smaller its error.

    Gives ratings, answers and each song's true scale of error.
    """
    lengths = rng.integers(1, 41, songs)
    scales = size * np.where(lengths > 20, 0.25, 1.0)
    answers = [rng.uniform(-0.3, 0.3, (n, 2)) for n in lengths]
    errors = [
        s * (rng.exponential(1, 2) - 1 + 0.3 * rng.normal(size=(n, 2))) for n, s in zip(lengths, scales, strict=True)
    ]
    return [a + e for a, e in zip(answers, errors, strict=True)], answers, scales


def inside(intervals: Intervals, y: np.ndarray, p: np.ndarray, spread: np.ndarray | None = None) -> np.ndarray:
    ends = intervals.of_points(p, spread)
    return np.array([y < ends[..., 0], (y >= ends[..., 0]) & (y <= ends[..., 1]), y > ends[..., 1]]).mean(axis=(1, 2))


def test_nine_of_ten_points_of_a_new_song_lie_inside_and_the_others_on_both_sides() -> None:
    """Theory: between .90 and .90 + 2/(K + 1) inside, .05 - 1/(K + 1) to .05 on each side, on average over draws.

    The pooled quantile of all points, which takes points for exchangeable, gives less than .80 here.
    """
    rng = np.random.default_rng(RNG_SEED)
    shares, of_songs, pooled = [], [], []
    for _ in range(150):
        y, p, _ = made_songs(rng, 59)
        intervals = calibrate(y, p)
        errors = np.concatenate([np.abs(a - b).ravel() for a, b in zip(y, p, strict=True)])
        for a, b in zip(*made_songs(rng, 20)[:2], strict=True):
            shares.append(inside(intervals, a, b))
            pooled.append((np.abs(a - b) <= np.quantile(errors, 0.9)).mean())
            ends = intervals.of_song(b, None)
            of_songs.append(((a.mean(axis=0) >= ends[:, 0]) & (a.mean(axis=0) <= ends[:, 1])).mean())
    below, held, above = np.mean(shares, axis=0)
    # 150 draws of 20 songs: the standard error is .25/√3000 = .005 for the songs and .03/√150 = .002 for the draws
    assert 0.89 < held < 0.9 + 2 / 60 + 0.01
    assert 0.89 < np.mean(of_songs) < 0.9 + 2 / 60 + 0.01
    assert 0.05 - 1 / 60 - 0.01 < below < 0.06
    assert 0.05 - 1 / 60 - 0.01 < above < 0.06
    assert np.mean(pooled) < 0.86


def test_with_a_true_spread_every_kind_of_song_is_held_by_less_width() -> None:
    rng = np.random.default_rng(RNG_SEED)
    y, p, scales = made_songs(rng, 2000)
    spreads = [np.full(a.shape, s) for a, s in zip(y, scales, strict=True)]
    adaptive, constant = calibrate(y, p, spreads), calibrate(y, p)
    y, p, scales = made_songs(rng, 2000)
    widths, held = {}, {}
    for name, intervals in (("adaptive", adaptive), ("constant", constant)):
        given = [np.full(a.shape, s) for a, s in zip(y, scales, strict=True)]
        shares = np.array([inside(intervals, a, b, s)[1] for a, b, s in zip(y, p, given, strict=True)])
        held[name] = [shares[scales < 0.05].mean(), shares[scales > 0.05].mean()]
        ends = [intervals.of_points(b, s) for b, s in zip(p, given, strict=True)]
        widths[name] = np.mean([(e[..., 1] - e[..., 0]).mean() for e in ends])
    # a thousand songs a kind: standard errors of .25/√1000 = .008 twice, for calibration and test
    np.testing.assert_allclose(held["adaptive"], 0.9, atol=0.035)
    assert held["constant"][0] > 0.97
    assert held["constant"][1] < 0.87
    assert widths["adaptive"] < 0.9 * widths["constant"]


def test_reaches_grow_with_the_errors_and_shrink_with_the_spread() -> None:
    rng = np.random.default_rng(RNG_SEED)
    y, p, _ = made_songs(rng, 50)
    once = calibrate(y, p)
    twice = calibrate([b + 2 * (a - b) for a, b in zip(y, p, strict=True)], p)
    for name in ("arousal", "valence", "song_arousal", "song_valence"):
        np.testing.assert_allclose(getattr(twice, name), 2 * np.array(getattr(once, name)), rtol=1e-9)
    halved = calibrate(y, p, [np.full(a.shape, 2.0) for a in y])
    np.testing.assert_allclose(halved.arousal, np.array(once.arousal) / 2, rtol=1e-9)
    assert (once.scale, halved.scale, once.songs) == ("constant", "spread", 50)


def test_an_answer_lies_in_its_interval_even_where_all_errors_have_one_sign() -> None:
    y = [np.full((5, 2), 0.5)] * 30
    intervals = calibrate(y, [a - 0.2 for a in y])
    np.testing.assert_allclose([intervals.arousal, intervals.song_valence], [(0, 0.2)] * 2, atol=1e-12)


def test_answers_are_limited_before_they_are_judged() -> None:
    y = [np.ones((3, 2))] * 30
    assert calibrate(y, [3 * a for a in y]).arousal == (0, 0)


def test_too_little_or_unlike_data_is_refused() -> None:
    assert LEAST_SONGS == 19
    y = [np.zeros((4, 2))] * 19
    assert calibrate(y, y).arousal == (0, 0)
    with pytest.raises(TrainingError, match="at least 19 songs"):
        calibrate(y[1:], y[1:])
    with pytest.raises(TrainingError, match="predicted"):
        calibrate(y, [a[1:] for a in y])
    with pytest.raises(TrainingError, match="spreads"):
        calibrate(y, y, y[1:])
    with pytest.raises(TrainingError, match=r"spreads must be positive, got 0\.0"):
        calibrate(y, y, y)


INTERVALS = Intervals(
    scale="spread",
    songs=40,
    arousal=(1.0, 2.0),
    valence=(0.5, 0.5),
    song_arousal=(0.5, 1.0),
    song_valence=(0.0, 0.0),
)


def test_ends_are_reaches_times_spread_within_the_scale() -> None:
    values = np.array([[0.0, 0.9], [0.2, -0.1]])
    spread = np.array([[0.1, 0.4], [0.3, 0.2]])
    ends = INTERVALS.of_points(values, spread)
    np.testing.assert_allclose(ends[:, 0], [[-0.1, 0.2], [-0.1, 0.8]])
    np.testing.assert_allclose(ends[:, 1], [[0.7, 1.0], [-0.2, 0.0]], atol=1e-15)
    # mean 0.1 with mean spread 0.2; valence has no reach
    np.testing.assert_allclose(INTERVALS.of_song(values, spread), [[0.0, 0.3], [0.4, 0.4]], atol=1e-15)


def test_intervals_in_units_of_a_spread_need_one() -> None:
    with pytest.raises(ValueError, match="std must be given"):
        INTERVALS.of_points(np.zeros((1, 2)), None)


def test_intervals_as_text_and_back() -> None:
    assert from_json(Intervals, as_json(INTERVALS)) == INTERVALS


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("0.9,", "0.8,", "level must be 0.9, got 0.8"),
        ('"songs"', '"pieces"', "unknown key 'pieces'"),
        ("[1.0, 2.0]", "[1.0]", "arousal must be an array of 2 items"),
        ("[1.0, 2.0]", "[-1.0, 2.0]", "two finite numbers, 0 or more"),
        ("[1.0, 2.0]", '["a", 2.0]', "arousal must be a finite number"),
        ("[1.0, 2.0]", "7", "arousal must be an array"),
        ('"spread"', '"width"', "scale must be one of constant, spread"),
        ("{", "", "Extra data"),
    ],
)
def test_texts_that_are_no_intervals_are_refused(old: str, new: str, message: str) -> None:
    text = as_json(INTERVALS)
    assert text.count(old) == 1
    with pytest.raises(ValueError, match=message):
        from_json(Intervals, text.replace(old, new))
