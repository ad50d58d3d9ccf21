"""What needs no features: predictions that a model's figures are to be seen beside."""

from collections.abc import Sequence

import numpy as np

from moodcurve._typing import FloatArray
from moodcurve.datasets import Song
from moodcurve.datasets.splits import Split

NAMES = ("mean of the training labels", "song means, by an oracle")


def baselines(songs: Sequence[Song], splits: Sequence[Split]) -> dict[str, tuple[FloatArray, ...]]:
    """Give the predictions, (n, 2) a song, of each of `NAMES`; the splits test each song once."""
    return dict(zip(NAMES, (training_means(songs, splits), song_means(songs)), strict=True))


def training_means(songs: Sequence[Song], splits: Sequence[Split]) -> tuple[FloatArray, ...]:
    """Give each song the mean over all points of its split's training songs, constant over a split's songs.

    Pooled over splits its r is a little below 0: without a split's high songs, the others' mean is low.
    """
    predicted: dict[int, FloatArray] = {}
    for train, test in splits:
        mean = np.vstack([songs[i].y for i in train]).mean(axis=0)
        predicted |= {int(i): np.tile(mean, (len(songs[i].y), 1)) for i in test}
    return tuple(predicted[i] for i in range(len(songs)))


def song_means(songs: Sequence[Song]) -> tuple[FloatArray, ...]:
    """Give each song its own true mean: what a model would reach that knew each level and nothing of the course."""
    return tuple(np.tile(song.y.mean(axis=0), (len(song.y), 1)) for song in songs)
