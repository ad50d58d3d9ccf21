"""Annotated songs as a PyTorch dataset, for networks of one's own."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import Dataset as TorchDataset

from moodcurve.datasets import Dataset
from moodcurve.learn.estimators.songs import song_sequences


class SongTensors(NamedTuple):
    """One song, or a batch of songs with a first dimension more.

    Attributes
    ----------
    x : (rows, columns) float32
        Features; 0 after the end of a song in a batch.
    y : (rows, 2) float32
        Arousal and valence in [-1, 1]; 0 where `rated` is false.
    rated : (rows,) bool
        Rows that have a rating.
    """

    x: Tensor
    y: Tensor
    rated: Tensor


class TorchSongs(TorchDataset[SongTensors]):
    """The songs of a dataset as tensors, for `torch.utils.data.DataLoader` with ``collate_fn=pad_songs``.

    Parameters
    ----------
    dataset : moodcurve.datasets.Dataset

    Examples
    --------
    >>> songs = TorchSongs(read_dataset("DEAM"))                                        # doctest: +SKIP
    >>> for x, y, rated in DataLoader(songs, batch_size=16, collate_fn=pad_songs):      # doctest: +SKIP
    ...     loss = ((network(x) - y)[rated] ** 2).mean()
    """

    def __init__(self, dataset: Dataset) -> None:
        found = song_sequences(dataset)
        self._songs = [
            SongTensors(
                torch.from_numpy(np.array(features.values, dtype=np.float32)),
                torch.from_numpy(np.nan_to_num(y).astype(np.float32)),
                torch.from_numpy(np.isfinite(y).all(axis=1)),
            )
            for features, y in zip(found.X, found.y, strict=True)
        ]

    def __len__(self) -> int:
        return len(self._songs)

    def __getitem__(self, index: int) -> SongTensors:
        return self._songs[index]


def pad_songs(songs: Sequence[SongTensors]) -> SongTensors:
    """Return songs of different lengths as one batch (songs, rows, …); rows after a song's end are not rated."""
    x, y, rated = zip(*songs, strict=True)
    return SongTensors(*(pad_sequence(list(parts), batch_first=True) for parts in (x, y, rated)))
