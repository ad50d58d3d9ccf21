"""Annotated songs as a PyTorch dataset."""

from dataclasses import replace

import torch
from torch.utils.data import DataLoader

from moodcurve.learn.estimators import TorchSongs, pad_songs
from tests.helpers.training_songs import made_dataset

DATASET = made_dataset(5)


def test_batches_hold_whole_songs_and_mark_what_is_rated() -> None:
    first = DATASET.songs[0]
    short = replace(
        first,
        features=replace(first.features, values=first.x[:7], times_s=first.features.times_s[:7]),
        annotation=replace(
            first.annotation, times_s=first.annotation.times_s[:7], arousal=first.y[:7, 0], valence=first.y[:7, 1]
        ),
        recording=None,
    )
    songs = TorchSongs(replace(DATASET, songs=(short, *DATASET.songs[1:])))
    assert len(songs) == 5
    (x, y, rated), *_ = DataLoader(songs, batch_size=3, collate_fn=pad_songs)
    longest = max(len(song.full_features.times_s) for song in DATASET.songs[1:3])
    assert x.shape == (3, longest, first.x.shape[1])
    assert rated[0].sum() == 7
    assert not rated[0, 7:].any()
    torch.testing.assert_close(x[0, :7], torch.from_numpy(first.x[:7]))
    torch.testing.assert_close(y[0, :7].double(), torch.from_numpy(first.y[:7]), atol=1e-6, rtol=0)
    assert torch.isfinite(y).all()


def test_a_network_learns_from_the_batches() -> None:
    torch.manual_seed(0)
    songs = TorchSongs(DATASET)
    network = torch.nn.Linear(songs[0].x.shape[1], 2)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.02)
    losses = []
    for _ in range(30):
        for x, y, rated in DataLoader(songs, batch_size=5, collate_fn=pad_songs):
            loss = ((network(x) - y)[rated] ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    assert losses[-1] < losses[0] / 2
