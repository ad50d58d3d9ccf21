"""Synthetic songs with the outputs of a model and the ratings of a listener who uses the scale in another way."""

from dataclasses import replace

import numpy as np

from moodcurve.features import feature_set
from moodcurve.learn.adaptation.outputs import SongOutputs
from tests.helpers.training_songs import made_dataset

JOINED = feature_set("compare236+tonal1")


def rater_songs(
    songs: int,
    *,
    level: tuple[float, float] = (0.0, 0.0),
    scale: float = 1.0,
    mix: float = 0.0,
    noise: float = 0.1,
    seed: int = 0,
) -> list[SongOutputs]:
    """Return songs of 20 rows, two of each artist, rated as level + scale · outputs + mix · other axis + noise.

    The noise is one number per song and axis.
    """
    rng = np.random.default_rng(seed)
    found = []
    for song in made_dataset(songs, seed=seed, feature_set=JOINED).songs:
        values = rng.uniform(-0.6, 0.6, 2) + 0.05 * rng.normal(size=(20, 2))
        y = np.array(level) + scale * values + mix * values[:, ::-1] + noise * rng.normal(size=2)
        annotation = replace(song.annotation, arousal=np.clip(y[:, 0], -1, 1), valence=np.clip(y[:, 1], -1, 1))
        song = replace(song, annotation=annotation)
        found.append(SongOutputs(song=song, values=values, embedding=rng.normal(size=(20, 4)) / 2, context_rows=120))
    return found
