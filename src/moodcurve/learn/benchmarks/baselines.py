"""Predict songs without features, as baselines for models."""

from collections.abc import Sequence

import numpy as np

from moodcurve._typing import FloatArray
from moodcurve.datasets import Song
from moodcurve.datasets.splits import Split

BASELINES = ("mean of the training labels", "true mean of each song")


def baseline_predictions(songs: Sequence[Song], splits: Sequence[Split]) -> dict[str, tuple[FloatArray, ...]]:
    """Return the predictions, (n, 2) per song, of each of `BASELINES`; each song must be tested in one split."""
    return dict(zip(BASELINES, (predict_training_means(songs, splits), _predict_song_means(songs)), strict=True))


def predict_training_means(songs: Sequence[Song], splits: Sequence[Split]) -> tuple[FloatArray, ...]:
    """Predict the mean label of all points of the split's training songs.

    The pooled r is slightly negative: a split whose test songs are high has a lower training mean.
    """
    predicted: dict[int, FloatArray] = {}
    for train, test in splits:
        mean = np.vstack([songs[i].y for i in train]).mean(axis=0)
        predicted |= {int(i): np.tile(mean, (len(songs[i].y), 1)) for i in test}
    return tuple(predicted[i] for i in range(len(songs)))


def _predict_song_means(songs: Sequence[Song]) -> tuple[FloatArray, ...]:
    """Predict each song's true mean: the result of knowing every song's level and no change within songs."""
    return tuple(np.tile(song.y.mean(axis=0), (len(song.y), 1)) for song in songs)
