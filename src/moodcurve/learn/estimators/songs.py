"""Convert between annotated songs and the sequences of arrays that estimators take."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from moodcurve._typing import FloatArray
from moodcurve.datasets import Annotation, Dataset, Song
from moodcurve.datasets.splits import By, group_numbers
from moodcurve.features import Features, FeatureSet
from moodcurve.features.feature_sets import HOP_S
from moodcurve.learn.preprocessing.loudness import REFERENCE_LEVEL
from moodcurve.runtime.silence import RMS_MEAN, RMS_STD


class SongSequences(NamedTuple):
    """Annotated songs as scikit-learn takes them, one sample per song.

    Attributes
    ----------
    X : list of Features
        All feature rows of each song.
    y : list of (rows, 2)
        Arousal and valence of each row, in [-1, 1]; NaN where a row is not rated.
    groups : (songs,)
        Index of the artist or song, from 0, for splitters such as `sklearn.model_selection.GroupKFold`.
    """

    X: list[Features]
    y: list[FloatArray]
    groups: npt.NDArray[np.intp]


def song_sequences(dataset: Dataset, *, groups: By = "artist") -> SongSequences:
    """Return the songs of a dataset as sequences for `CurveRegressor`; `Dataset.arrays` returns them as one table.

    Parameters
    ----------
    dataset : Dataset
    groups : {"artist", "song"}
        What the returned groups stand for. Songs of an artist sound alike and must not be split between training and
        test data.

    Raises
    ------
    ValueError
        If `groups` is neither of the two.

    Examples
    --------
    >>> from sklearn.model_selection import GroupKFold, cross_val_score      # doctest: +SKIP
    >>> X, y, groups = song_sequences(read_dataset("DEAM"))                  # doctest: +SKIP
    >>> cross_val_score(CurveRegressor("mlr"), X, y, groups=groups, cv=GroupKFold(5), scoring=curve_scorer("ccc"))
    ...                                                                      # doctest: +SKIP
    """
    ratings = []
    for song in dataset.songs:
        y = np.full((len(song.full_features.times_s), 2), np.nan)
        y[song.rated] = song.y
        ratings.append(y)
    return SongSequences(
        [song.full_features for song in dataset.songs], ratings, group_numbers(dataset.songs, by=groups)
    )


def is_song_sequence(x: Any) -> bool:
    """Return True for a sequence of songs: features or two-dimensional arrays, not numbers or rows of numbers."""
    if isinstance(x, np.ndarray) and x.dtype != object:
        return False
    if not isinstance(x, Sequence | np.ndarray) or isinstance(x, str) or len(x) == 0:
        return False
    return isinstance(x[0], Features) or (isinstance(x[0], np.ndarray) and x[0].ndim == 2)


def as_features(x: Any, position: int) -> Features:
    """Return the features of one song of a sequence; the columns of an array are named by their numbers.

    Raises
    ------
    ValueError
        If x is not two-dimensional, empty, or not finite.
    """
    if isinstance(x, Features):
        found = x
    else:
        values = np.asarray(x, dtype=np.float32)
        if values.ndim != 2:
            raise ValueError(f"song {position} of X must have the shape (rows, columns), got {values.shape}")
        names = tuple(str(column) for column in range(values.shape[1]))
        found = Features(values, HOP_S * np.arange(len(values), dtype=np.float64), FeatureSet("columns", "1", names))
    if not len(found.values):
        raise ValueError(f"song {position} of X has no rows")
    if not np.isfinite(found.values).all():
        raise ValueError(f"song {position} of X contains NaN or infinity")
    return found


def at_one_level(features: Features) -> Features:
    """Return features with columns of the RMS energy that are the same in all rows: none is loud, soft or silent."""
    level = np.full((len(features.values), 1), REFERENCE_LEVEL, dtype=np.float32)
    names = (*features.feature_set.names, RMS_MEAN, RMS_STD)
    values = np.hstack([features.values, level, np.zeros_like(level)])
    return Features(values, features.times_s, FeatureSet("columns", "1", names))


def as_song(features: Features, y: npt.ArrayLike, position: int) -> Song:
    """Return an annotated song from features and the ratings of their rows, NaN where a row is not rated.

    Raises
    ------
    ValueError
        If `y` has another number of rows, is not (rows, 2), contains infinity, or rates no row.
    """
    ratings = np.asarray(y, dtype=np.float64)
    if ratings.shape != (len(features.values), 2):
        raise ValueError(f"song {position} of y must have the shape {(len(features.values), 2)}, got {ratings.shape}")
    if np.isinf(ratings).any():
        raise ValueError(f"song {position} of y contains infinity")
    rated = np.flatnonzero(np.isfinite(ratings).all(axis=1))
    if not len(rated):
        raise ValueError(f"song {position} of y rates no row: all are NaN")
    is_block = rated[-1] - rated[0] + 1 == len(rated)
    return Song(
        song_id=str(position),
        artist="",
        title="",
        genre="",
        features=Features(features.values[rated], features.times_s[rated], features.feature_set, sr=features.sr),
        annotation=Annotation(times_s=features.times_s[rated], arousal=ratings[rated, 0], valence=ratings[rated, 1]),
        recording=features if is_block else None,
    )
