"""What the packaged models learn from, read from small folders of DEAM, of its sound, and of quadrants."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from moodcurve.datasets.deam.reader import read_deam
from moodcurve.features import COMPARE236
from moodcurve.learn.packaged import DEFAULT
from moodcurve.learn.release import TrainingSongs, read_songs
from tests.datasets.test_custom import write_lines, write_noise
from tests.datasets.test_deam_sound import write_columns, write_excerpts

FAST = replace(DEFAULT, feature_set=COMPARE236)
"""Without the columns that take seconds to compute."""


@pytest.fixture(scope="module")
def folders(small_deam: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    home = tmp_path_factory.mktemp("release")
    known = [int(song.song_id) for song in read_deam(small_deam, feature_set=COMPARE236).songs]
    sound = write_excerpts(home / "sound", [*known[:2], 9001, 9002])
    write_columns(sound, [9001, 9002])
    quadrants = home / "quadrants"
    write_lines(quadrants / "labels.csv", "song_id,artist,quadrant", "a,Ann,Q1", "b,Bob,Q3")
    for seed, name in enumerate("ab"):
        write_noise(quadrants / "audio" / f"{name}.flac", 3.0, seed)
    return small_deam, sound, quadrants


@pytest.fixture(scope="module")
def songs(folders: tuple[Path, Path, Path], tmp_path_factory: pytest.TempPathFactory) -> TrainingSongs:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MOODCURVE_CACHE", str(tmp_path_factory.mktemp("cache")))
        return read_songs(FAST, *folders)


def test_clips_have_published_features_and_other_songs_are_only_learned_from(
    songs: TrainingSongs, folders: tuple[Path, Path, Path]
) -> None:
    published = read_deam(folders[0], feature_set=COMPARE236)
    ids = [song.song_id for song in songs.clips.songs]
    # all columns are published, so that clips need no sound
    assert ids == [song.song_id for song in published.songs]
    np.testing.assert_array_equal(songs.clips.songs[0].x, published.songs[0].x)
    assert songs.clips.name == published.name
    assert [song.song_id for song in songs.extra] == ["9001", "9002", "a", "b"]
    assert [song.is_rated for song in songs.extra] == [True, True, False, False]
    assert [song.annotation.quadrant for song in songs.extra[2:]] == ["excited-positive", "sad-negative"]
    assert songs.extra[0].x.shape == (4, 236)
    assert len(songs.extra[2].x) == 0
    assert len(songs.extra[2].full_features.values) == 4


def test_all_songs_are_those_of_the_file(songs: TrainingSongs) -> None:
    everything = songs.all_songs
    assert everything.songs == (*songs.clips.songs, *songs.extra)
    assert everything.name == f"{songs.clips.name} + 4Q"
    without = replace(songs, extra=songs.extra[:2]).all_songs
    assert without.name == songs.clips.name
    assert len(without.songs) == len(songs.clips.songs) + 2
