"""Benchmarks that train on further songs: artists kept apart, quadrants, and the cache."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from moodcurve.datasets import Song
from moodcurve.datasets.splits import k_fold
from moodcurve.learn.benchmarks.benchmark import run_benchmark
from moodcurve.learn.models.mlr import MLRConfig
from moodcurve.learn.training import FAMILIES, Family
from tests.helpers.training_songs import made_dataset, made_sounding_dataset, with_quadrants_only


def renamed(songs: Sequence[Song], name: str) -> tuple[Song, ...]:
    """Return the songs with other ids and artists."""
    return tuple(replace(song, song_id=f"{name}{song.song_id}", artist=f"{name} {song.artist}") for song in songs)


def test_extra_songs_are_trained_on_unless_their_artist_is_tested(monkeypatch: pytest.MonkeyPatch) -> None:
    """Songs with a quadrant only count for the families that learn from them; no extra song is tested."""
    clips = made_sounding_dataset(20, frames=8)
    rated = renamed(made_sounding_dataset(6, frames=8, seed=1).songs, "r")
    quadrants = renamed(with_quadrants_only(made_sounding_dataset(6, frames=8, seed=2)).songs, "q")
    # three are by the artist of the first two clips; an unknown artist is never the same
    shared = [replace(song, artist=clips.songs[0].artist) for song in (*rated[:2], quadrants[0])]
    extra = [*shared, *rated[2:], *(replace(song, artist="") for song in quadrants[1:])]
    trained_on: list[list[Song]] = []

    class Spy:
        def predict(self, x: np.ndarray) -> np.ndarray:
            return np.full((len(x), 2), len(trained_on) / 10)

    def fit(songs, config, *, seed, progress):
        trained_on.append(list(songs))
        return Spy()

    monkeypatch.setitem(FAMILIES, "rated", Family(MLRConfig, fit))
    monkeypatch.setitem(FAMILIES, "all", Family(MLRConfig, fit, quadrants=True))
    found = run_benchmark(clips, "deam", ["rated", "all"], seed=2, extra=extra)
    assert found.dataset is clips
    assert [len(model.predicted) for model in found.models] == [20, 20]
    splits = k_fold(clips.songs, 5, 2, by="artist")
    assert len(trained_on) == 10
    for number, songs in enumerate(trained_on):
        train, test = splits[number % 5]
        ids = [song.song_id for song in songs]
        assert ids[: len(train)] == [clips.songs[i].song_id for i in train]
        tested = {clips.songs[i].artist for i in test}
        expected = [s.song_id for s in extra if s.artist not in tested and (s.is_rated or number >= 5)]
        assert ids[len(train) :] == expected
        assert all(song.artist not in tested for song in songs)
        for i in test:
            np.testing.assert_allclose(found.models[number // 5].predicted[i], (number + 1) / 10)
    # the artist of three of the extra songs is tested in one of the splits
    assert sorted(len(songs) for songs in trained_on[5:]) == [16 + 9, *[16 + 12] * 4]


def test_songs_of_the_dataset_with_a_quadrant_only_are_trained_on() -> None:
    clips = made_sounding_dataset(20, frames=8)
    others = renamed(with_quadrants_only(made_sounding_dataset(9, frames=8, seed=1)).songs, "q")
    mixed = replace(clips, songs=(*others[:3], *clips.songs, *others[3:]))
    found = run_benchmark(mixed, "deam", ["mlr", "gp"])
    assert [song.song_id for song in found.dataset.songs] == [song.song_id for song in clips.songs]
    same = run_benchmark(clips, "deam", ["mlr", "gp"], extra=others)
    alone = run_benchmark(clips, "deam", ["mlr", "gp"])
    for one, two in zip(found.models, same.models, strict=True):
        np.testing.assert_array_equal(np.vstack(one.predicted), np.vstack(two.predicted))
    mlr, gp = (np.vstack(a.predicted) - np.vstack(b.predicted) for a, b in zip(found.models, alone.models, strict=True))
    assert np.abs(mlr).max() == 0
    assert np.abs(gp).max() > 1e-3


def test_extra_songs_are_part_of_the_cache(tmp_path: Path) -> None:
    extra = renamed(made_dataset(4, frames=8, seed=1).songs, "r")
    first, again, more = (
        np.vstack(
            run_benchmark(made_dataset(20, frames=8), "deam", ["mlr"], cache=tmp_path, extra=songs).models[0].predicted
        )
        for songs in (extra, extra, [])
    )
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - more).max() > 1e-6
    assert len(list(tmp_path.glob("*.npz"))) == 2
