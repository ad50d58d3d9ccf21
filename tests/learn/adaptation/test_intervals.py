"""Intervals from few held-out songs: their coverage of further songs, whose errors are normal."""

from dataclasses import replace

import numpy as np
import pytest

from moodcurve.learn.adaptation.intervals import calibrate_few
from moodcurve.learn.uncertainty.calibration import calibrate
from tests.helpers.rater_songs import rater_songs


@pytest.mark.parametrize("songs", [10, 18])
def test_intervals_from_few_songs_hold_nine_in_ten(songs):
    made = [one.song for one in rater_songs(songs)]
    rng, inside = np.random.default_rng(0), []
    for _ in range(400):
        errors = rng.normal(0, 0.1, (songs + 1, 2))
        predicted = [song.y.clip(-0.5, 0.5) - error for song, error in zip(made, errors, strict=False)]
        rated = [
            replace(song, annotation=replace(song.annotation, arousal=p[:, 0] + e[0], valence=p[:, 1] + e[1]))
            for song, p, e in zip(made, predicted, errors, strict=False)
        ]
        low, high = calibrate_few(rated, predicted).intervals.song_arousal
        inside.append(-low <= errors[-1, 0] <= high)
    # binomial: 0.9 ± 3 standard errors of 0.015
    assert abs(np.mean(inside) - 0.9) < 0.045


def test_intervals_from_more_songs_are_conformal():
    made = rater_songs(19)
    songs, predicted = [one.song for one in made], [one.values for one in made]
    assert calibrate_few(songs, predicted) == calibrate(songs, predicted)
