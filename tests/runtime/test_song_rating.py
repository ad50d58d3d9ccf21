"""Ratings of whole songs and error estimates, against independent formulas."""

from dataclasses import replace

import numpy as np
import pytest

from moodcurve.datasets import Song
from moodcurve.learn import TrainingError
from moodcurve.learn.uncertainty.calibration import MIN_RMS_ERROR, calibrate, calibrate_song_rating, rms_errors
from moodcurve.runtime.intervals import RmsErrors
from moodcurve.runtime.metadata import as_json, from_json
from moodcurve.runtime.song_rating import Line, SongRating
from tests.helpers.training_songs import made_dataset

SONGS = made_dataset(60, frames=6).songs
RNG = np.random.default_rng(5)
PREDICTED = [np.clip(song.y + RNG.normal(0, 0.1, (6, 2)), -1, 1) for song in SONGS]


def rated(songs: tuple[Song, ...], *, noise: float) -> list[Song]:
    """Return songs whose rating is 1.2 (arousal) or .8 (valence) of the mean of their labels, less .1, and noise."""
    rng = np.random.default_rng(6)
    result = []
    for song in songs:
        a, v = song.y.mean(axis=0) * [1.2, 0.8] - 0.1 + rng.normal(0, noise, 2)
        result.append(replace(song, annotation=replace(song.annotation, song_arousal=a, song_valence=v)))
    return result


def ratings(songs: list[Song]) -> np.ndarray:
    return np.array([(song.annotation.song_arousal, song.annotation.song_valence) for song in songs])


def test_lines_are_fitted_by_least_squares_with_margins_from_held_out_songs() -> None:
    songs = rated(SONGS, noise=0.1)
    found = calibrate_song_rating(songs, PREDICTED)
    x, y = np.array([p.mean(axis=0) for p in PREDICTED]), ratings(songs)
    for axis, line in enumerate((found.arousal, found.valence)):
        slope, base = np.polyfit(x[:, axis], y[:, axis], 1)
        np.testing.assert_allclose([line.slope, line.base], [slope, base], rtol=1e-9)
        left_out = []
        for i in range(60):
            others = np.arange(60) != i
            slope, base = np.polyfit(x[others, axis], y[others, axis], 1)
            left_out.append(y[i, axis] - base - slope * x[i, axis])
        # of 60 songs the 58th: the least rank that is .95 of 61 or more
        rank = int(np.ceil(0.95 * 61)) - 1
        reach = np.sort(-np.array(left_out))[rank], np.sort(left_out)[rank]
        np.testing.assert_allclose([line.below, line.above], reach, rtol=1e-9)
    assert found.songs == 60


def test_nine_of_ten_intervals_hold_new_songs() -> None:
    songs = rated(SONGS, noise=0.1)
    held = []
    for seed in range(150):
        chosen = np.random.default_rng(seed).permutation(60)
        known, new = chosen[:40], chosen[40:]
        found = calibrate_song_rating([songs[i] for i in known], [PREDICTED[i] for i in known])
        for i in new:
            ends = found.of_song(PREDICTED[i].mean(axis=0))[1]
            y = ratings([songs[i]])[0]
            held.append(((ends[:, 0] <= y) & (y <= ends[:, 1])).mean())
    # exchangeable songs: .9 or more; of 41 ranks 39 on each side are .902. The same 60 songs are drawn again and
    # again, whose own share may differ from that by .9·.1/60 to the root, .04, at most twice
    assert 0.86 < np.mean(held) < 0.97


def test_a_rating_and_its_interval_stay_on_the_scale() -> None:
    line = Line(base=0.5, slope=2.0, below=0.2, above=0.3)
    rating, ends = SongRating(songs=20, arousal=line, valence=line).of_song(np.array([0.5, -0.6]))
    np.testing.assert_allclose(rating, [1.0, -0.7])
    np.testing.assert_allclose(ends, [[1.0, 1.0], [-0.9, -0.4]])


def test_songs_without_a_rating_are_skipped_and_too_few_give_none() -> None:
    songs = rated(SONGS[:40], noise=0.1)
    assert calibrate([*songs, *SONGS[40:]], PREDICTED).song_rating == calibrate_song_rating(songs, PREDICTED[:40])
    few = [*songs[:18], *SONGS[18:]]
    assert calibrate(few, PREDICTED).song_rating is None
    with pytest.raises(TrainingError, match="songs must be at least 19 with a rating of the whole song, got 18"):
        calibrate_song_rating(few, PREDICTED)
    with pytest.raises(TrainingError, match="predicted must be songs with different means"):
        calibrate_song_rating(songs, [np.zeros((6, 2))] * 40)


def test_errors_are_root_mean_squares_over_songs() -> None:
    y = [np.zeros((1, 2)), np.zeros((4, 2))]
    p = [np.array([[0.4, 3.0]]), np.array([[0.3, 0.0], [-0.3, 0.0], [0.3, 0.0], [-0.3, 0.0]])]
    found = rms_errors(y, p)
    # songs count alike however long they are; 3.0 is limited to 1
    assert found.arousal == pytest.approx(np.sqrt((0.16 + 0.09) / 2))
    assert found.valence == pytest.approx(np.sqrt(1 / 2))
    assert found.song_arousal == pytest.approx(np.sqrt(0.16 / 2))
    assert (found.song_valence, found.songs) == (pytest.approx(np.sqrt(1 / 2)), 2)
    assert rms_errors(y, y).valence == MIN_RMS_ERROR


def test_what_a_file_states_comes_back() -> None:
    measured = calibrate(rated(SONGS, noise=0.1), PREDICTED)
    assert from_json(RmsErrors, as_json(measured.rms_errors)) == measured.rms_errors
    assert from_json(SongRating, as_json(measured.song_rating)) == measured.song_rating


@pytest.mark.parametrize("value", [0.0, -0.1, np.nan, np.inf])
def test_errors_that_are_not_positive_are_refused(value: float) -> None:
    with pytest.raises(ValueError, match="song_valence must be positive"):
        RmsErrors(songs=20, arousal=0.1, valence=0.1, song_arousal=0.1, song_valence=value)
