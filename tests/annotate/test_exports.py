"""Tests of exported ratings: each format is read back by its reader."""

import csv
import json
from pathlib import Path

import jams
import numpy as np
import pytest

from moodcurve.annotate.exports.export import export_ratings
from moodcurve.datasets.deam.labels import DYNAMIC, STATIC, read_ratings, read_song_ratings
from moodcurve.datasets.deam.metadata import read_metadata
from moodcurve.datasets.layout import read_raters
from moodcurve.datasets.raters.study_reader import rater_file
from moodcurve.datasets.song import DatasetError
from moodcurve.formats import read_jams
from tests.helpers.study_files import write_rated_study


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """Two raters of two songs, one of them repeated; r1 - 0.1 is what the second says."""
    return write_rated_study(tmp_path / "study", raters=2, songs=["march", "waltz"], repeats=1)


def test_csv_is_read_as_the_study_itself(study: Path, tmp_path: Path) -> None:
    written = export_ratings(study, tmp_path / "out", "csv")
    assert len(written) == 5
    direct, exported = read_raters(study), read_raters(tmp_path / "out", skip_s=2)
    assert exported.song_ratings == direct.song_ratings
    for one, other in zip(direct.songs, exported.songs, strict=True):
        assert one.song_id == other.song_id
        assert one.times_s.tolist() == other.times_s.tolist()
        np.testing.assert_array_equal(one.arousal, other.arousal)
        np.testing.assert_array_equal(one.valence, other.valence)
    with (tmp_path / "out" / "raters.csv").open(newline="") as file:
        first, second = csv.DictReader(file)
    assert (first["rater"], first["songs"], first["repeats"], first["headphones_correct"]) == ("r001", "2", "1", "5")
    assert float(first["arousal_repeat_r"]) == pytest.approx(1)
    assert float(first["arousal_repeat_rating"]) == 1
    assert second["before_note"] == "'=1+1"
    with (tmp_path / "out" / "repeat_ratings.csv").open(newline="") as file:
        assert [row["song_id"] for row in csv.DictReader(file)] == ["march", "march"]


def test_deams_layout_is_read_as_deam(study: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    export_ratings(study, out, "deam")
    direct, exported = read_raters(study), read_raters(out)
    assert [song.song_id for song in exported.songs] == ["2001", "2002"]
    for one, other in zip(direct.songs, exported.songs, strict=True):
        assert other.arousal_by == one.arousal_by == ("r001", "r002")
        np.testing.assert_allclose(other.arousal, one.arousal, atol=1e-6)
        np.testing.assert_allclose(other.valence, one.valence, atol=1e-6)
    means = read_ratings(*(out / DYNAMIC / f"{axis}.csv" for axis in ("arousal", "valence")))
    np.testing.assert_allclose(means[2001].arousal, direct.songs[0].arousal.mean(axis=0), atol=1e-6)
    assert read_metadata([out / "metadata" / "metadata_2015.csv"])[2002].title == "waltz"
    whole = read_song_ratings(list((out / STATIC).glob("*.csv")))
    assert whole[2001] == ((7 - 5) / 4, (3.5 - 5) / 4)


@pytest.mark.filterwarnings("ignore:Passing a schema:DeprecationWarning")
def test_jams_files_are_valid_and_hold_each_rater_and_the_mean(study: Path, tmp_path: Path) -> None:
    export_ratings(study, tmp_path / "out", "jams")
    path = tmp_path / "out" / "waltz.jams"
    loaded = jams.load(str(path), validate=True, strict=True)
    assert [one.annotation_metadata.data_source for one in loaded.annotations] == ["rater", "rater", "mean of raters"]
    song = next(song for song in read_raters(study).songs if song.song_id == "waltz")
    curve = read_jams(path)  # of the first rater
    np.testing.assert_allclose(curve.arousal, song.arousal[0], atol=1e-4)
    np.testing.assert_allclose(curve.valence, song.valence[0], atol=1e-4)
    ratings = [one["sandbox"].get("song_rating") for one in json.loads(path.read_text())["annotations"]]
    assert ratings == [{"arousal": 7, "valence": 3}, {"arousal": 7, "valence": 4}, None]


def test_a_study_without_ratings_and_a_damaged_file_are_refused(study: Path, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="nobody has rated a whole song yet"):
        export_ratings(tmp_path, tmp_path / "out", "csv")
    path = rater_file(study, "r002")
    path.write_text(path.read_text().replace('"number":0', '"number_of":0'))
    with pytest.raises(DatasetError, match=r"r002\.jsonl, line 2: not a line"):
        export_ratings(study, tmp_path / "out", "csv")
