"""Dataset, Song and Annotation: arrays for scikit-learn, and short representations."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.model_selection import GroupKFold, cross_val_score

from moodcurve.datasets import Annotation, Dataset, Song, read_dataset
from moodcurve.features import COMPARE260, Features


def make_song(song_id: str, artist: str, frames: int) -> Song:
    """A song whose first feature is its arousal."""
    rng = np.random.default_rng(int(song_id))
    values = rng.normal(size=(frames, 260)).astype(np.float32)
    times_s = 15 + np.arange(frames) / 2
    arousal = values[:, 0].astype(float)
    return Song(
        song_id=song_id,
        artist=artist,
        title="",
        genre="",
        features=Features(values, times_s, COMPARE260),
        annotation=Annotation(times_s=times_s, arousal=arousal, valence=-arousal),
    )


DATASET = Dataset(
    name="four",
    songs=(make_song("1", "Ann", 3), make_song("2", "", 2), make_song("3", "ann ", 4), make_song("4", "", 1)),
)


def test_arrays_hold_the_frames_of_all_songs_in_order() -> None:
    X, y, _, times_s = DATASET.arrays()
    assert (X.shape, X.dtype, y.shape, times_s.shape) == ((10, 260), np.float32, (10, 2), (10,))
    start = 0
    for song in DATASET.songs:
        rows = slice(start, start + len(song.x))
        assert np.array_equal(X[rows], song.x)
        assert np.array_equal(y[rows], song.y)
        assert np.array_equal(times_s[rows], song.annotation.times_s)
        start = rows.stop


def test_groups_are_artists_or_songs() -> None:
    # spellings of one artist are one group, and songs without an artist one each
    assert DATASET.arrays().groups.tolist() == [0] * 3 + [1] * 2 + [0] * 4 + [2]
    assert DATASET.arrays(groups="song").groups.tolist() == [0] * 3 + [1] * 2 + [2] * 4 + [3]
    with pytest.raises(ValueError, match="groups must be 'artist' or 'song', got 'genre'"):
        DATASET.arrays(groups="genre")  # type: ignore[arg-type]


def test_arrays_fit_scikit_learns_cross_validation() -> None:
    dataset = Dataset(name="made", songs=tuple(make_song(str(i), f"artist {i // 2}", 100) for i in range(12)))
    X, y, groups, _ = dataset.arrays()
    scores = cross_val_score(Ridge(), X, y, groups=groups, cv=GroupKFold(3))
    assert scores.min() > 0.9
    for train, test in GroupKFold(3).split(X, y, groups):
        assert not set(groups[train]) & set(groups[test])


def test_representations_are_one_short_line() -> None:
    song = DATASET.songs[0]
    assert repr(DATASET) == "Dataset('four', 4 songs, 10 frames, compare260)"
    assert repr(Dataset(name="none", songs=())) == "Dataset('none', 0 songs, 0 frames)"
    assert repr(song) == "Song('1', 3 frames, compare260)"
    assert repr(song.annotation) == "Annotation(3 points, 15 to 16 s)"
    empty = np.zeros(0)
    assert repr(Annotation(times_s=empty, arousal=empty, valence=empty)) == "Annotation(0 points)"


@pytest.mark.real
def test_deams_arrays(deam_dir: Path) -> None:
    dataset = read_dataset(deam_dir)
    assert len(repr(dataset)) < 100
    X, y, groups, times_s = dataset.arrays()
    assert len(X) == len(y) == len(groups) == len(times_s) == 883 * 60 - 689
    assert len(np.unique(dataset.arrays(groups="song").groups)) == 883
    assert len(np.unique(groups)) < 883
