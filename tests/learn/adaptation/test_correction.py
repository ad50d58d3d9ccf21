"""Corrections: ridge regression against the normal equations, and their parts in the graph."""

import math
from dataclasses import replace

import numpy as np
import pytest

from moodcurve.learn.adaptation.candidates import CANDIDATES, OUTPUT_VARIANCE
from moodcurve.learn.adaptation.correction import fit_correction
from moodcurve.learn.adaptation.feature_map import fit_feature_map
from tests.helpers.rater_songs import rater_songs

BY_NAME = {one.name: one for one in CANDIDATES}


@pytest.mark.parametrize("candidate", CANDIDATES, ids=lambda one: one.name)
def test_weights_solve_the_normal_equations(candidate):
    songs = rater_songs(14, level=(0.2, -0.1), scale=0.7, mix=0.2)
    feature_map = fit_feature_map(songs)
    z = np.array([feature_map.apply(song).mean(axis=0) for song in songs])
    outputs = np.array([song.values.mean(axis=0) for song in songs])
    rated = np.array([song.song.y.mean(axis=0) for song in songs])
    correction = fit_correction(songs, (candidate, candidate))
    for axis in range(2):
        x = np.column_stack([np.ones(14), outputs[:, axis], outputs[:, 1 - axis], z])
        scale, mix = candidate.scale * OUTPUT_VARIANCE, candidate.mix * OUTPUT_VARIANCE
        penalties = np.array([candidate.level, scale, mix, *np.full(z.shape[1], candidate.sound)])
        used = np.isfinite(penalties)
        weights = np.zeros(x.shape[1])
        residual = rated[:, axis] - outputs[:, axis]
        gram = x[:, used].T @ x[:, used] + np.diag(penalties[used])
        weights[used] = np.linalg.solve(gram, x[:, used].T @ residual)
        found = [
            correction.level[axis],
            correction.matrix[axis, axis] - 1,
            correction.matrix[1 - axis, axis],
            *correction.weights[:, axis],
        ]
        np.testing.assert_allclose(found, weights, atol=1e-10)


def test_no_correction_leaves_outputs_as_they_are():
    songs = rater_songs(10, level=(0.5, 0.5))
    correction = fit_correction(songs, (BY_NAME["none"], BY_NAME["level"]))
    corrected = correction.apply(songs[0])
    np.testing.assert_array_equal(corrected[:, 0], songs[0].values[:, 0])
    # ten songs of a prior of one: ten elevenths of the mean deviation
    mean = np.mean([(song.song.y - song.values)[:, 1].mean() for song in songs])
    np.testing.assert_allclose(corrected[:, 1] - songs[0].values[:, 1], mean * 10 / 11)


def test_sound_moves_songs_as_wholes():
    songs = rater_songs(12)
    feature_map = fit_feature_map(songs)
    for song in songs:
        z = feature_map.apply(song)
        np.testing.assert_allclose(z, np.tile(z[:1], (20, 1)), atol=1e-12)  # 20 rows are less than the context
    squares = np.mean([(feature_map.apply(song)[0] ** 2).sum() for song in songs])
    assert 0 < squares < 1.5


def test_models_that_read_forward_only_have_no_sound():
    songs = [replace(song, context_rows=0) for song in rater_songs(12)]
    assert fit_feature_map(songs).apply(songs[0]).shape == (20, 0)
    richest = fit_correction(songs, (CANDIDATES[-1], CANDIDATES[-1]))
    assert math.isfinite(richest.candidates[0].sound)
    assert not richest.weights.any()
    np.testing.assert_allclose(richest.apply(songs[0]), songs[0].values @ richest.matrix + richest.level)
