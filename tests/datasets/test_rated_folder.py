"""Folders of rated songs: labels as they are, or averaged from raters' tracks, of all or one of them."""

import numpy as np
import pytest

from moodcurve.datasets import DatasetError
from moodcurve.datasets.rated_folder import read_rated_folder
from moodcurve.features import COMPARE260
from tests.helpers.training_songs import made_dataset, write_own_songs

SONGS = made_dataset(3, frames=60, feature_set=COMPARE260)


@pytest.fixture
def folder(tmp_path):
    """Three songs of 30 s, rated by ann (0.4) and ben (0.0); ben rated the first two only."""
    write_own_songs(tmp_path / "songs", SONGS)
    rows = ["song_id,rater,time_s,arousal,valence"]
    for song in SONGS.songs:
        for rater, value in (("ann", 0.4), ("ben", 0.0)):
            if (rater, song.song_id) != ("ben", "3"):
                rows += [f"{song.song_id},{rater},{t},{value},{-value}" for t in np.arange(0, 30, 0.5)]
    (tmp_path / "songs" / "tracks.csv").write_text("\n".join(rows))
    return tmp_path / "songs"


def test_labels_are_read_as_they_are(folder):
    songs = read_rated_folder(folder).songs
    np.testing.assert_allclose(songs[0].y, SONGS.songs[0].y)


def test_tracks_are_averaged_where_there_are_no_labels(folder):
    (folder / "labels.csv").unlink()
    songs = {song.song_id: song for song in read_rated_folder(folder).songs}
    assert {name: float(song.y[:, 0].mean()) for name, song in songs.items()} == pytest.approx(
        {"1": 0.2, "2": 0.2, "3": 0.4}
    )
    assert songs["1"].annotation.times_s[0] == 15  # the start is practice


def test_current_ratings_are_used_instead_of_labels_on_request(folder):
    songs = read_rated_folder(folder, from_raters=True).songs
    assert [float(song.y[:, 0].mean()) for song in songs] == pytest.approx([0.2, 0.2, 0.4])


def test_one_rater_alone(folder):
    songs = read_rated_folder(folder, rater="ben").songs
    assert [song.song_id for song in songs] == ["1", "2"]
    assert all((song.y == 0).all() for song in songs)
    with pytest.raises(DatasetError, match="no ratings over time by 'eve'; there are some by ann, ben"):
        read_rated_folder(folder, rater="eve")


def test_other_folders_are_refused(tmp_path):
    with pytest.raises(DatasetError, match="no ratings of individual raters"):
        read_rated_folder(tmp_path)
    with pytest.raises(DatasetError, match="not found"):
        read_rated_folder(tmp_path / "missing")
