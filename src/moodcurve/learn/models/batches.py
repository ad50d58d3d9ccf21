"""Songs cut into windows for training: what surrounds the rated rows comes along, and they stand anywhere in it."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from moodcurve._typing import FloatArray
from moodcurve.datasets import Song
from moodcurve.learn.preprocessing.context import summary
from moodcurve.learn.preprocessing.pipeline import Preprocessing

Tensor = torch.Tensor
MODEL_VARIANCE = 0.03
"""Mean squared error that a model of DEAM leaves beyond the noise of the ratings."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Heard:
    """One song as a network hears it.

    Attributes
    ----------
    rows : (n, columns)
        All its rows, preprocessed.
    y : (n, 2)
        Labels; 0 where a row is not rated.
    rated : (n,)
        The song's weight where a row is rated, 0 elsewhere.
    span : slice
        The rated rows.
    """

    rows: Tensor
    y: Tensor
    rated: Tensor
    span: slice


@dataclass(frozen=True, eq=False, kw_only=True)
class Batch:
    """Windows of several songs, (songs, rows, ...), filled up with zeros to the longest of them.

    Their surroundings, (songs, 1, 2 · columns), are one for all rows of a window.
    """

    rows: Tensor
    around: Tensor | None
    y: Tensor
    rated: Tensor
    lengths: Tensor


def heard(song: Song, preprocessing: Preprocessing, *, weight: float = 1.0) -> Heard:
    """Prepare a song."""
    z = preprocessing.apply(song.full_features.values)
    y, rated = np.zeros((len(z), 2)), np.zeros(len(z))
    y[song.rated], rated[song.rated] = song.y, weight
    return Heard(
        rows=_tensor(z),
        y=_tensor(y),
        rated=_tensor(rated),
        span=song.rated,
    )


def agreement_weights(songs: Sequence[Song]) -> FloatArray:
    """Weigh each song by how exact the mean of its ratings is, (songs,), 1 on average.

    Raters with standard deviation s leave the mean of k of them an error of variance s²/k, beside the model's own:
    the weight is 1 / (`MODEL_VARIANCE` + mean s²/k over time and both axes), as in weighted least squares. A
    song of which that is not known counts as the mean of the others; if it is of none, all count the same.
    """
    noise = np.array([_noise(song) for song in songs])
    known = np.isfinite(noise)
    if not known.any():
        return np.ones(len(songs))
    weights: FloatArray = 1 / (MODEL_VARIANCE + np.where(known, noise, noise[known].mean()))
    relative: FloatArray = weights / weights.mean()
    return relative


def _noise(song: Song) -> float:
    """Give the variance of the error of a song's mean ratings, mean of time and axes; NaN where it is not known."""
    rated = song.annotation
    pairs = ((rated.arousal_std, rated.arousal_raters), (rated.valence_std, rated.valence_raters))
    axes = [float((spread**2 / raters).mean()) for spread, raters in pairs if spread is not None and raters is not None]
    return sum(axes) / 2 if len(axes) == 2 else math.nan


def batches(songs: Sequence[Heard], *, size: int, window: int, surroundings: bool) -> Iterator[Batch]:
    """Give all songs once, in random order, a random window of each.

    A window begins up to half its length before the first rated row and ends up to half its length after the
    last, so far as the song goes. So the time since its begin says nothing about the place in the rated part:
    a network that could tell would learn how ratings start, not what the music does. The surroundings of a row
    are its whole window: in training they vary with the place of the window, and cost one row instead of all.
    """
    order = torch.randperm(len(songs))
    for chosen in torch.tensor_split(order, math.ceil(len(songs) / size)):
        yield _batch([_window(songs[i], window) for i in chosen.tolist()], surroundings)


def _window(song: Heard, length: int) -> Heard:
    earliest = max(song.span.start - length // 2, 0)
    latest = max(min(song.span.stop + length // 2, len(song.rows)) - length, earliest)
    start = int(torch.randint(earliest, latest + 1, ()))
    cut = slice(start, start + length)
    return Heard(
        rows=song.rows[cut],
        y=song.y[cut],
        rated=song.rated[cut],
        span=song.span,
    )


def _batch(windows: Sequence[Heard], surroundings: bool) -> Batch:
    def filled(tensors: Sequence[Tensor]) -> Tensor:
        return torch.nn.utils.rnn.pad_sequence(list(tensors), batch_first=True)

    around = [_tensor(summary(w.rows.double().numpy())) for w in windows] if surroundings else None
    return Batch(
        rows=filled([w.rows for w in windows]),
        around=filled(around) if around else None,
        y=filled([w.y for w in windows]),
        rated=filled([w.rated for w in windows]),
        lengths=torch.tensor([len(w.rows) for w in windows]),
    )


def _tensor(values: FloatArray) -> Tensor:
    return torch.from_numpy(values.astype(np.float32))
