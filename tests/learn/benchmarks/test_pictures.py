"""The picture of a benchmark's best model: which model, its intervals, its errors by genre."""

from dataclasses import replace

import numpy as np
import pytest

from moodcurve.curve import AXES
from moodcurve.datasets.splits import k_fold
from moodcurve.learn.benchmarks.benchmark import run_benchmark
from moodcurve.learn.benchmarks.pictures import best_model, genre_errors, songs_figure, with_intervals
from tests.helpers.training_songs import made_dataset

pytestmark = pytest.mark.slow

MADE = made_dataset(40)
DATASET = replace(
    MADE, songs=tuple(replace(song, genre="rock" if i % 2 else "jazz") for i, song in enumerate(MADE.songs))
)
RESULT = run_benchmark(DATASET, "deam", ["mlr", "two-level"])


def test_the_best_model_has_the_highest_ccc() -> None:
    mlr, two_level = (sum(model.intervals[axis]["ccc"].value for axis in AXES) for model in RESULT.models)
    assert best_model(RESULT).family == ("mlr" if mlr > two_level else "two-level")


def test_each_song_is_a_dot_and_each_genre_a_row() -> None:
    panels = songs_figure(RESULT, RESULT.models[0]).axes
    means = panels[0].lines[-1]
    assert list(means.get_xdata()) == [song.y[:, 0].mean() for song in DATASET.songs]
    assert list(means.get_ydata()) == [one[:, 0].mean() for one in RESULT.models[0].predicted]
    assert [label.get_text() for label in panels[2].get_yticklabels()] == ["jazz (20)", "rock (20)", "all (40)"]
    rows = genre_errors(DATASET.songs, RESULT.models[0].predicted, 0, seed=0)
    assert list(panels[2].lines[-1].get_xdata()) == [interval.value for _, interval in rows]


def test_intervals_come_from_the_other_splits() -> None:
    songs, predicted = DATASET.songs, RESULT.models[0].predicted
    splits = k_fold(songs, 5, 0, by="artist")
    found = with_intervals(songs, predicted, splits)
    inside = []
    for song, one in zip(songs, found, strict=True):
        assert one.ends is not None
        inside.append(((song.y >= one.ends[..., 0]) & (song.y <= one.ends[..., 1])).mean())
    assert np.mean(inside) == pytest.approx(0.9, abs=0.06)
    # a song's own ratings do not move its interval
    train, test = splits[0]
    wrong = replace(songs[test[0]], annotation=replace(songs[test[0]].annotation, arousal=-songs[test[0]].y[:, 0]))
    changed = with_intervals([wrong if song is songs[test[0]] else song for song in songs], predicted, splits)
    np.testing.assert_array_equal(changed[test[0]].ends, found[test[0]].ends)
    assert not np.array_equal(changed[train[0]].ends, found[train[0]].ends)
    few = with_intervals(songs[:8], predicted[:8], k_fold(songs[:8], 4, 0, by="song"))
    assert all(one.ends is None for one in few)


def test_errors_by_genre_are_means_over_songs() -> None:
    predicted = RESULT.models[0].predicted
    rows = dict(genre_errors(DATASET.songs, predicted, 1, seed=0))
    assert list(rows) == ["jazz (20)", "rock (20)", "all (40)"]
    errors = [np.sqrt(((p[:, 1] - song.y[:, 1]) ** 2).mean()) for p, song in zip(predicted, DATASET.songs, strict=True)]
    assert rows["rock (20)"].value == pytest.approx(np.mean(errors[1::2]))
    assert rows["all (40)"].low < np.mean(errors) < rows["all (40)"].high
