"""Choice of a correction: what cross-validation finds, and that held-out songs are held out."""

from dataclasses import replace

import numpy as np

from moodcurve.learn.adaptation.candidates import CANDIDATES
from moodcurve.learn.adaptation.choice import (
    choose,
    choose_and_fit,
    folds,
    held_out_errors,
    predict_held_out,
    split_by,
)
from moodcurve.learn.adaptation.correction import fit_correction
from tests.helpers.rater_songs import rater_songs


def test_errors_are_those_of_corrections_fitted_without_the_song():
    songs = rater_songs(12, level=(0.3, 0.0), scale=0.8)
    splits = folds(songs, 0, "artist")
    errors = held_out_errors(songs, splits, CANDIDATES)
    assert np.isfinite(errors).all()
    # without the terms of sound, whose standardization is fitted to all songs at once
    for number, candidate in enumerate(CANDIDATES[:6]):
        for train, test in splits:
            fitted = fit_correction([songs[i] for i in train], (candidate, candidate))
            for i in test:
                squares = (np.clip(fitted.apply(songs[i]), -1, 1) - songs[i].song.y) ** 2
                np.testing.assert_allclose(errors[number, :, i], squares.mean(axis=0), atol=1e-12)


def test_each_axis_has_a_correction_of_its_own():
    arousal, valence = choose(rater_songs(40, level=(0.4, 0.0), noise=0.05, seed=2), seed=0, by="artist")
    assert arousal.name != "none"
    assert valence.name == "none"


def test_a_listener_who_mixes_the_axes_is_recognized():
    songs = rater_songs(60, mix=0.5, noise=0.05)
    assert all(one.name.startswith("both axes") for one in choose(songs, seed=0, by="artist"))
    matrix = choose_and_fit(songs, seed=0, by="artist").matrix
    np.testing.assert_allclose(matrix, [[1, 0.5], [0.5, 1]], atol=0.15)


def test_ratings_of_an_artist_do_not_reach_predictions_of_the_same():
    songs = rater_songs(12, level=(0.2, 0.2))
    before = predict_held_out(songs, seed=0, by="artist")
    changed = []
    for song in songs[:2]:  # of the same artist
        opposite = replace(song.song.annotation, arousal=-song.song.annotation.arousal)
        changed.append(replace(song, song=replace(song.song, annotation=opposite)))
    after = predict_held_out([*changed, *songs[2:]], seed=0, by="artist")
    for i in range(2):
        np.testing.assert_array_equal(before[i], after[i])
    assert not np.array_equal(before[2], after[2])


def test_few_artists_are_split_by_song():
    songs = rater_songs(10)
    assert split_by(songs) == "artist"
    one_artist = [replace(song, song=replace(song.song, artist="the same")) for song in songs]
    assert split_by(one_artist) == "song"
    assert len(folds(one_artist, 0, "song")) == 10
    assert len(predict_held_out(one_artist, seed=0, by="song")) == 10
