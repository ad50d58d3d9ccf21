"""Medleys and repeated songs: which rows they have, and which predictions are scored."""

from collections import Counter
from dataclasses import replace

import numpy as np

from moodcurve.datasets import Song
from moodcurve.features import Features
from moodcurve.learn.models.mlr import MLRConfig, fit_mlr
from moodcurve.learn.studies.length import predict_repeated
from moodcurve.learn.studies.medleys import join_medleys, join_songs, predict_medleys
from tests.helpers.training_songs import made_dataset

SONGS = made_dataset(24, frames=30).songs


def by(artist: str, songs: tuple[Song, ...]) -> list[Song]:
    return [replace(song, artist=artist) for song in songs]


def test_each_song_is_joined_once_with_songs_of_its_artist() -> None:
    songs = [*by("A", SONGS[:8]), *by("B", SONGS[8:10]), *by("", SONGS[10:20]), *by("C", SONGS[20:24])]
    joined = join_medleys(songs, seed=0)
    # 8 songs make medleys of 5 and 3; 2 are too few; unknown artists have none; 4 make one
    assert [len(one.y) for one in joined] == [150, 90, 120]
    owner = {row.tobytes(): number for number, song in enumerate(songs) for row in song.x}
    seen = [Counter(owner[row.tobytes()] for row in one.values) for one in joined]
    assert set(seen[0]) | set(seen[1]) == set(range(8))
    assert set(seen[2]) == set(range(20, 24))
    assert all(count == 30 for one in seen for count in one.values())


def test_medleys_include_up_to_fifteen_seconds_before_the_rated_part() -> None:
    def led(song: Song, rows: int) -> Song:
        values = np.vstack([np.full((rows, song.x.shape[1]), 7, np.float32), song.x])
        times = song.features.times_s[0] + (np.arange(len(values)) - rows) * 0.5
        return replace(song, recording=Features(values, times, song.features.feature_set))

    one = join_songs([led(SONGS[0], 40), led(SONGS[1], 4), SONGS[2]])
    assert one.rated.tolist() == [False] * 30 + [True] * 30 + [False] * 4 + [True] * 30 + [True] * 30
    np.testing.assert_array_equal(one.values[one.rated], np.vstack([song.x for song in SONGS[:3]]))
    np.testing.assert_array_equal(one.y, np.vstack([song.y for song in SONGS[:3]]))


def test_predictions_are_those_of_the_rated_rows() -> None:
    model = fit_mlr(SONGS, MLRConfig())
    one = join_songs(SONGS[:3])
    expected = np.clip(model.predict(np.vstack([song.x for song in SONGS[:3]])), -1, 1)
    np.testing.assert_allclose(predict_medleys(model, [one])[0], expected, atol=1e-12)


class Clock:
    """A model that predicts the elapsed time: .1 for each minute."""

    def predict(self, x: np.ndarray) -> np.ndarray:
        return np.repeat(np.arange(len(x))[:, None] / 1200, 2, axis=1)


def test_predictions_come_from_the_second_and_second_to_last_repetitions() -> None:
    early, late = predict_repeated(Clock(), SONGS[:2])
    # 40 repetitions of 30 rows: the second starts at row 30, the second-to-last at row 38 * 30
    for one, other in zip(early, late, strict=True):
        np.testing.assert_allclose(one[:, 0], np.arange(30, 60) / 1200)
        np.testing.assert_allclose(other[:, 1], np.arange(1140, 1170) / 1200)
