"""Calibration over songs: known quantiles, and coverage of simulated songs."""

import math

import numpy as np
import pytest

from moodcurve.learn import TrainingError
from moodcurve.learn.uncertainty.calibration import MIN_SONGS, calibrate_intervals, song_quantile
from moodcurve.runtime.intervals import Intervals
from moodcurve.runtime.metadata import as_json, from_json

RNG_SEED = 90


def test_one_score_per_song_gives_the_usual_conformal_quantile() -> None:
    rng = np.random.default_rng(RNG_SEED)
    for songs in (19, 20, 57, 200):
        scores = rng.normal(size=songs)
        rank = math.ceil(0.95 * (songs + 1) - 1e-9)
        assert song_quantile(list(scores[:, None]), 0.95) == np.sort(scores)[rank - 1]


def test_quantile_is_the_least_score_that_reaches_the_fraction() -> None:
    rng = np.random.default_rng(RNG_SEED)
    scores = [rng.normal(size=n) for n in rng.integers(1, 30, 60)]
    q = song_quantile(scores, 0.9)

    def fraction(limit: float) -> float:
        return sum(float(np.mean(song <= limit)) for song in scores) / (len(scores) + 1)

    assert fraction(q) >= 0.9 > fraction(np.nextafter(q, -np.inf))
    # repeated points of a song do not change its weight
    assert song_quantile([np.repeat(song, 3) for song in scores], 0.9) == q


def test_quantile_grows_with_the_fraction_up_to_infinity() -> None:
    scores = [np.array([float(i)]) for i in range(18)]
    found = [song_quantile(scores, fraction) for fraction in (0.1, 0.5, 0.9, 18 / 19)]
    assert found == sorted(found) == [1.0, 9.0, 17.0, 17.0]
    assert song_quantile(scores, 0.95) == math.inf


def made_songs(
    rng: np.random.Generator, songs: int, *, size: float = 0.1
) -> tuple[list[np.ndarray], list[np.ndarray], np.ndarray]:
    """Simulate songs of 1 to 40 points with skewed errors that are smaller in long songs.

    Return ratings, predictions and each song's true scale of error.
    """
    lengths = rng.integers(1, 41, songs)
    scales = size * np.where(lengths > 20, 0.25, 1.0)
    predictions = [rng.uniform(-0.3, 0.3, (n, 2)) for n in lengths]
    errors = [
        s * (rng.exponential(1, 2) - 1 + 0.3 * rng.normal(size=(n, 2))) for n, s in zip(lengths, scales, strict=True)
    ]
    return [a + e for a, e in zip(predictions, errors, strict=True)], predictions, scales


def inside(intervals: Intervals, y: np.ndarray, p: np.ndarray, std: np.ndarray | None = None) -> np.ndarray:
    ends = intervals.of_points(p, std)
    return np.array([y < ends[..., 0], (y >= ends[..., 0]) & (y <= ends[..., 1]), y > ends[..., 1]]).mean(axis=(1, 2))


def test_intervals_contain_ninety_percent_and_miss_equally_on_both_sides() -> None:
    """In theory .90 to .90 + 2/(K + 1) are inside and .05 - 1/(K + 1) to .05 on each side, on average over draws.

    The pooled quantile, which treats points as exchangeable, contains too few.
    """
    rng = np.random.default_rng(RNG_SEED)
    shares, of_songs, pooled = [], [], []
    for _ in range(150):
        y, p, _ = made_songs(rng, 59)
        intervals = calibrate_intervals(y, p)
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


def test_true_standard_deviations_give_narrower_intervals_with_equal_coverage() -> None:
    rng = np.random.default_rng(RNG_SEED)
    y, p, scales = made_songs(rng, 2000)
    stds = [np.full(a.shape, s) for a, s in zip(y, scales, strict=True)]
    adaptive, constant = calibrate_intervals(y, p, stds), calibrate_intervals(y, p)
    y, p, scales = made_songs(rng, 2000)
    widths, held = {}, {}
    for name, intervals in (("adaptive", adaptive), ("constant", constant)):
        given = [np.full(a.shape, s) for a, s in zip(y, scales, strict=True)]
        shares = np.array([inside(intervals, a, b, s)[1] for a, b, s in zip(y, p, given, strict=True)])
        held[name] = [shares[scales < 0.05].mean(), shares[scales > 0.05].mean()]
        ends = [intervals.of_points(b, s) for b, s in zip(p, given, strict=True)]
        widths[name] = np.mean([(e[..., 1] - e[..., 0]).mean() for e in ends])
    # 1000 songs of each kind: standard errors of .25/√1000 = .008 for calibration and for test
    np.testing.assert_allclose(held["adaptive"], 0.9, atol=0.035)
    assert held["constant"][0] > 0.97
    assert held["constant"][1] < 0.87
    assert widths["adaptive"] < 0.9 * widths["constant"]


def test_intervals_scale_with_the_errors_and_inversely_with_the_standard_deviation() -> None:
    rng = np.random.default_rng(RNG_SEED)
    y, p, _ = made_songs(rng, 50)
    once = calibrate_intervals(y, p)
    twice = calibrate_intervals([b + 2 * (a - b) for a, b in zip(y, p, strict=True)], p)
    for name in ("arousal", "valence", "song_arousal", "song_valence"):
        np.testing.assert_allclose(getattr(twice, name), 2 * np.array(getattr(once, name)), rtol=1e-9)
    halved = calibrate_intervals(y, p, [np.full(a.shape, 2.0) for a in y])
    np.testing.assert_allclose(halved.arousal, np.array(once.arousal) / 2, rtol=1e-9)
    assert (once.scale, halved.scale, once.songs) == ("constant", "spread", 50)


def test_interval_contains_the_prediction_even_if_all_errors_have_one_sign() -> None:
    y = [np.full((5, 2), 0.5)] * 30
    intervals = calibrate_intervals(y, [a - 0.2 for a in y])
    np.testing.assert_allclose([intervals.arousal, intervals.song_valence], [(0, 0.2)] * 2, atol=1e-12)


def test_predictions_are_limited_before_calibration() -> None:
    y = [np.ones((3, 2))] * 30
    assert calibrate_intervals(y, [3 * a for a in y]).arousal == (0, 0)


def test_too_few_songs_or_unequal_lengths_raise() -> None:
    assert MIN_SONGS == 19
    y = [np.zeros((4, 2))] * 19
    assert calibrate_intervals(y, y).arousal == (0, 0)
    with pytest.raises(TrainingError, match="at least 19 songs"):
        calibrate_intervals(y[1:], y[1:])
    with pytest.raises(TrainingError, match="predicted"):
        calibrate_intervals(y, [a[1:] for a in y])
    with pytest.raises(TrainingError, match="stds"):
        calibrate_intervals(y, y, y[1:])
    with pytest.raises(TrainingError, match=r"stds must be positive, got 0\.0"):
        calibrate_intervals(y, y, y)


INTERVALS = Intervals(
    scale="spread",
    songs=40,
    arousal=(1.0, 2.0),
    valence=(0.5, 0.5),
    song_arousal=(0.5, 1.0),
    song_valence=(0.0, 0.0),
)


def test_ends_are_proportional_to_the_standard_deviation_and_limited() -> None:
    values = np.array([[0.0, 0.9], [0.2, -0.1]])
    std = np.array([[0.1, 0.4], [0.3, 0.2]])
    ends = INTERVALS.of_points(values, std)
    np.testing.assert_allclose(ends[:, 0], [[-0.1, 0.2], [-0.1, 0.8]])
    np.testing.assert_allclose(ends[:, 1], [[0.7, 1.0], [-0.2, 0.0]], atol=1e-15)
    # mean 0.1 with mean standard deviation 0.2; the valence interval has zero width
    np.testing.assert_allclose(INTERVALS.of_song(values, std), [[0.0, 0.3], [0.4, 0.4]], atol=1e-15)


def test_scaled_intervals_need_a_standard_deviation() -> None:
    with pytest.raises(ValueError, match="std must be given"):
        INTERVALS.of_points(np.zeros((1, 2)), None)


def test_intervals_are_restored_from_json() -> None:
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
def test_invalid_json_of_intervals_raises(old: str, new: str, message: str) -> None:
    text = as_json(INTERVALS)
    assert text.count(old) == 1
    with pytest.raises(ValueError, match=message):
        from_json(Intervals, text.replace(old, new))
