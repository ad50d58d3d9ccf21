"""Cut songs into random windows, collect them in batches, and make training reproducible, for neural networks."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch

from moodcurve._typing import FloatArray
from moodcurve.datasets import Song
from moodcurve.learn.preprocessing.context import mean_and_std
from moodcurve.learn.preprocessing.pipeline import Preprocessing

Tensor = torch.Tensor
MODEL_VARIANCE = 0.03
"""Typical mean squared error of a model of DEAM, without the noise of the ratings."""


@dataclass(frozen=True, eq=False, kw_only=True)
class TrainingSong:
    """One song, or a window of it, as tensors.

    Attributes
    ----------
    rows : (n, columns)
        Preprocessed features of all rows.
    y : (n, 2)
        Labels; 0 where a row is not rated.
    weights : (n,)
        The song's weight where a row is rated, 0 elsewhere.
    rated : slice
        The rated rows of the whole song.
    """

    rows: Tensor
    y: Tensor
    weights: Tensor
    rated: slice


@dataclass(frozen=True, eq=False, kw_only=True)
class SongBatch:
    """Windows of several songs, (songs, rows, ...), padded with zeros to the longest window.

    Attributes
    ----------
    rows : (songs, rows, columns)
    context : (songs, 1, 2 · columns) or None
        Mean and standard deviation of each window, the same for all of its rows.
    y : (songs, rows, 2)
    weights : (songs, rows)
        Weight of each rated row, 0 elsewhere.
    lengths : (songs,)
        Number of rows before padding.
    """

    rows: Tensor
    context: Tensor | None
    y: Tensor
    weights: Tensor
    lengths: Tensor


def training_song(song: Song, preprocessing: Preprocessing, *, weight: float = 1.0) -> TrainingSong:
    """Preprocess a song and convert it to tensors."""
    z = preprocessing.apply(song.full_features.values)
    y, weights = np.zeros((len(z), 2)), np.zeros(len(z))
    y[song.rated], weights[song.rated] = song.y, weight
    return TrainingSong(rows=_tensor(z), y=_tensor(y), weights=_tensor(weights), rated=song.rated)


def agreement_weights(songs: Sequence[Song]) -> FloatArray:
    """Compute song weights (songs,) from the precision of their mean ratings, 1 on average.

    The mean of k raters with standard deviation s has an error variance of s²/k, in addition to the model's own.
    The weight is 1 / (`MODEL_VARIANCE` + mean s²/k over time and both axes), as in weighted least squares. Songs
    with unknown s or k get the mean variance of the others; if all are unknown, every weight is 1.
    """
    noise = np.array([_rating_noise(song) for song in songs])
    known = np.isfinite(noise)
    if not known.any():
        return np.ones(len(songs))
    weights: FloatArray = 1 / (MODEL_VARIANCE + np.where(known, noise, noise[known].mean()))
    relative: FloatArray = weights / weights.mean()
    return relative


def _rating_noise(song: Song) -> float:
    """Compute the error variance of a song's mean ratings, averaged over time and axes; NaN if unknown."""
    rated = song.annotation
    pairs = ((rated.arousal_std, rated.arousal_raters), (rated.valence_std, rated.valence_raters))
    axes = [float((std**2 / raters).mean()) for std, raters in pairs if std is not None and raters is not None]
    return sum(axes) / 2 if len(axes) == 2 else math.nan


def batches(songs: Sequence[TrainingSong], *, size: int, window: int, context: bool) -> Iterator[SongBatch]:
    """Yield all songs once in random order, a random window of each.

    A window starts up to half its length before the first rated row and ends up to half its length after the
    last, if the song is long enough. The position in the window is then unrelated to the position in the rated
    part. Otherwise a network could learn how ratings start instead of how they follow the music. The context of
    each row is its whole window: one row of statistics per window instead of one per row.
    """
    order = torch.randperm(len(songs))
    for chosen in torch.tensor_split(order, math.ceil(len(songs) / size)):
        yield _batch([_window(songs[i], window) for i in chosen.tolist()], context)


def _window(song: TrainingSong, length: int) -> TrainingSong:
    earliest = max(song.rated.start - length // 2, 0)
    latest = max(min(song.rated.stop + length // 2, len(song.rows)) - length, earliest)
    start = int(torch.randint(earliest, latest + 1, ()))
    cut = slice(start, start + length)
    return TrainingSong(rows=song.rows[cut], y=song.y[cut], weights=song.weights[cut], rated=song.rated)


def _batch(windows: Sequence[TrainingSong], with_context: bool) -> SongBatch:
    def padded(tensors: Sequence[Tensor]) -> Tensor:
        return torch.nn.utils.rnn.pad_sequence(list(tensors), batch_first=True)

    context = [_tensor(mean_and_std(w.rows.double().numpy())) for w in windows] if with_context else None
    return SongBatch(
        rows=padded([w.rows for w in windows]),
        context=padded(context) if context else None,
        y=padded([w.y for w in windows]),
        weights=padded([w.weights for w in windows]),
        lengths=torch.tensor([len(w.rows) for w in windows]),
    )


def _tensor(values: FloatArray) -> Tensor:
    return torch.from_numpy(values.astype(np.float32))


@contextmanager
def reproducible(seed: int) -> Iterator[None]:
    """Seed PyTorch and use one thread, since sums over several threads differ in their last bits.

    The random state and the number of threads are restored afterwards.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            yield
    finally:
        torch.set_num_threads(threads)
