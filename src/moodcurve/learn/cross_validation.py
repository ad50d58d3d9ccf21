"""Predict each song by a model that was not trained on it."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from moodcurve._typing import FloatArray
from moodcurve.datasets import Song
from moodcurve.datasets.splits import Split
from moodcurve.learn.models.base import predict_rated
from moodcurve.learn.training import Family


def cross_predict(
    songs: Sequence[Song],
    splits: Sequence[Split],
    kind: Family,
    config: Any,
    *,
    seed: int,
    report: Callable[[int], None],
    tested: Sequence[Song] | None = None,
) -> tuple[FloatArray, ...]:
    """Train on each split's first part and predict its second part.

    Parameters
    ----------
    songs : sequence of Song
    splits : sequence of (train, test)
        Song indices. A song is in at most one test part.
    kind : Family
    config : settings of the family
    seed : int
    report : callable
        Called with the number of finished splits, from 0 on.
    tested : sequence of Song, optional
        The same songs with other ratings, to predict at those ratings' times instead.

    Returns
    -------
    tuple of (n, 2)
        Arousal and valence at the rated rows of each tested song, in their order, limited to [-1, 1].
    """
    tested = songs if tested is None else tested
    predicted: dict[int, FloatArray] = {}
    for number, (train, test) in enumerate(splits):
        report(number)
        fitted = kind.train([songs[i] for i in train], config, seed=seed)
        predicted |= {int(i): np.clip(predict_rated(fitted, tested[i]), -1, 1) for i in test}
    report(len(splits))
    return tuple(predicted[i] for i in sorted(predicted))
