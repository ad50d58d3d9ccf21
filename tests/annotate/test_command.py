"""Tests of `moodcurve annotate`, and of `moodcurve labels` and `moodcurve train` on what it stored."""

from pathlib import Path

import numpy as np
import pytest

from moodcurve.annotate.access import Access
from moodcurve.annotate.consistency import consistency
from moodcurve.annotate.overview import Overview
from moodcurve.annotate.store import RaterStore
from moodcurve.annotate.study import StudySettings
from moodcurve.datasets import read_dataset
from moodcurve.datasets.layout import read_raters
from moodcurve.datasets.raters.agreement import rater_agreement
from moodcurve.datasets.raters.study_reader import rater_file
from moodcurve.datasets.raters.study_record import read_record
from moodcurve.datasets.song import DatasetError
from tests.helpers.command_line import run
from tests.helpers.short_song import write_song
from tests.helpers.studies import study_server, write_study
from tests.helpers.study_files import LENGTH_S, PRACTICE_S, course, write_rated_study


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A study of two songs, with nobody invited."""
    return write_study(tmp_path / "study", songs=2, seconds=0.1)


def test_links_are_printed_and_stay_the_same(study: Path) -> None:
    first = run("annotate", study, "--invite", "2")
    assert first.exit_code == 0
    assert [line.split("  ")[0] for line in first.stdout.splitlines()] == ["r001", "r002"]
    assert all("http://127.0.0.1:8765/?token=" in line for line in first.stdout.splitlines())
    second = run("annotate", study, "--invite", "1", "--public", "https://study.example/x")
    assert second.stdout.startswith("r003  https://study.example/x/?token=")
    links = run("annotate", study, "--links").stdout.splitlines()
    assert links[:2] == first.stdout.splitlines()
    assert len({line.rpartition("=")[2] for line in links}) == 3


def test_a_rater_is_deleted(study: Path) -> None:
    run("annotate", study, "--invite", "2")
    rater_file(study, "r001").write_text("")
    done = run("annotate", study, "--delete-rater", "r001")
    assert (done.exit_code, done.stdout) == (0, "")
    assert "deleted all data of r001" in done.stderr
    assert not rater_file(study, "r001").exists()
    assert run("annotate", study, "--links").stdout.startswith("r002")
    again = run("annotate", study, "--delete-rater", "../r002")
    assert again.exit_code == 1
    assert "../r002: no rater of this study; invited are r002" in again.stderr


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--invite", "1", "--links"], 2, "exclude each other"),
        (["--invite", "1"], 2, "links need the port that the server will listen on, not 0"),
        (["--export", "out"], 1, "no study was started here; expected raters/access.json"),
        (["--delete-rater", "r001"], 1, "no study was started here"),
        (["--public", "study.example"], 2, "study.example: not a URL such as https://music.example/moods"),
        (["--format", "xml"], 2, "--format"),
    ],
)
def test_wrong_use_is_explained(study: Path, options: list[str], code: int, message: str) -> None:
    done = run("annotate", study, *options, "--port", "0")
    assert done.exit_code == code
    assert message in done.stderr
    assert not Path("out").exists()
    assert code == 2 or not (study / "raters").exists()


def test_damaged_access_files_and_missing_songs_are_named(study: Path, tmp_path: Path) -> None:
    assert "nowhere: not found" in run("annotate", tmp_path / "nowhere").stderr
    run("annotate", study, "--invite", "1")
    (study / "raters" / "access.json").write_text("{}")
    assert "access.json: damaged" in run("annotate", study, "--links").stderr


@pytest.mark.slow
def test_one_server_serves_a_study(study: Path) -> None:
    with study_server(study):
        done = run("annotate", study, "--no-open", "--port", "0")
    assert done.exit_code == 1
    assert "held by another `moodcurve annotate`" in done.stderr


@pytest.mark.parametrize("mode", ["two-pass", "circumplex"])
def test_ratings_become_labels_and_a_dataset(tmp_path: Path, mode: str) -> None:
    study = write_rated_study(tmp_path / "study", raters=3, songs=["march", "waltz"], repeats=1, mode=mode)
    (study / "audio").mkdir()
    for name in ("march", "waltz"):
        write_song(study / "audio", "x.flac", LENGTH_S).rename(study / "audio" / f"{name}.flac")
    done = run("labels", study, "-o", study, "--json", tmp_path / "agreement.json")
    assert done.exit_code == 0, done.stderr
    dataset = read_dataset(study)
    assert [song.song_id for song in dataset.songs] == ["march", "waltz"]
    song = dataset.songs[0]
    times_s = song.annotation.times_s
    assert times_s[0] == PRACTICE_S
    mean = course(0, "arousal", times_s) - 0.1
    assert song.annotation.arousal == pytest.approx(mean, abs=0.01)
    assert song.annotation.arousal_raters is not None
    assert set(song.annotation.arousal_raters) == {3}
    assert song.annotation.song_arousal == (7 - 5) / 4


def test_skip_overrides_the_practice(tmp_path: Path) -> None:
    study = write_rated_study(tmp_path / "study", raters=2, songs=["march"])
    assert read_raters(study).songs[0].times_s[0] == PRACTICE_S
    assert read_raters(study, skip_s=4).songs[0].times_s[0] == 4
    done = run("labels", study, "--skip", "5", "-o", tmp_path / "out")
    assert done.exit_code == 0
    assert (tmp_path / "out" / "labels.csv").read_text().splitlines()[1].startswith("march,5,")


def test_agreement_and_consistency_are_those_of_the_tracks(tmp_path: Path) -> None:
    study = write_rated_study(tmp_path / "study", raters=3, songs=["march", "waltz"], repeats=1)
    access = Access(study)
    access.invite(1)
    shown = Overview(RaterStore(study, StudySettings(), ["march", "waltz"], access), access, "http://x").as_dict()
    assert [rater["done"] for rater in shown["raters"]] == [2, 2, 2, 0]
    (march, _) = shown["songs"]
    (song, _) = read_raters(study).songs
    assert march["raters"] == 3
    assert march["valence"] == rater_agreement(song.valence).as_dict()
    assert march["arousal"]["pairwise_r"] == pytest.approx(1)
    repeated = shown["raters"][0]["consistency"]
    assert repeated["songs"] == 1
    assert repeated["arousal"] == {"r": pytest.approx(1), "ccc": pytest.approx(1), "rating": 1}
    assert repeated == consistency(read_record(rater_file(study, "r001")))


def test_unfinished_passes_are_left_out_and_later_samples_count(tmp_path: Path) -> None:
    study = write_rated_study(tmp_path / "study", raters=2, songs=["march"])
    path = rater_file(study, "r002")
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(line for line in lines if '"kind":"pass"' not in line or '"arousal"' not in line))
    (song,) = read_raters(study).songs
    assert (song.arousal_by, song.valence_by) == (("r001",), ("r001", "r002"))
    record = read_record(rater_file(study, "r001"))
    rows = [[1.0, 3.0, 0.9], [2.0, 3.5, 0.8]]
    event = {"kind": "samples", "item": 0, "axis": "arousal", "first": record.rows + 7, "rows": rows}
    record.add({"client": "0" * 16, "number": 99, "received_s": 1.8e9, "events": [event]})
    track = record.track(0, "arousal")
    assert track.times_s[-2:].tolist() == [3.0, 3.5]
    assert (np.diff(track.times_s) > 0).all()
    assert record.missing == 7


def test_studies_without_finished_songs_are_refused(tmp_path: Path) -> None:
    Access(tmp_path)
    with pytest.raises(DatasetError, match="no ratings of individual raters"):
        read_raters(tmp_path)
    record = rater_file(tmp_path, "r001")
    record.write_text("not JSON\n")
    with pytest.raises(DatasetError, match=r"r001.jsonl, line 1: not a line that `moodcurve annotate` wrote"):
        read_raters(tmp_path)
