"""Test labels from raters: resampling and averaging, both file formats, and the command."""

import csv
import json
import math
import shutil
import statistics
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from moodcurve.datasets import DatasetError, read_dataset
from moodcurve.datasets.deam.labels import DYNAMIC
from moodcurve.datasets.deam.raters import RATERS, rater_stats_at
from moodcurve.datasets.layout import read_raters
from moodcurve.datasets.raters.aggregation import (
    RatedSong,
    RawTrack,
    average,
    average_song_rating,
    rated_song,
    resample,
)
from moodcurve.datasets.raters.agreement import AGREEMENTS, cronbach_alpha, krippendorff_alpha
from moodcurve.datasets.raters.reader import RaterData
from moodcurve.datasets.raters.report import report
from moodcurve.datasets.raters.statistics import compare_averages, lower_axis_agreement, make_labels
from tests.helpers import ROOT
from tests.helpers.command_line import Result
from tests.helpers.command_line import run as run_command

FloatArray = npt.NDArray[np.float64]
NAN = math.nan
RESULTS = ROOT / "docs" / "results"


def track(times_s: list[float] | FloatArray, values: list[float] | FloatArray, rater: str = "ann") -> RawTrack:
    return RawTrack(rater=rater, times_s=np.array(times_s, float), values=np.array(values, float))


def song(arousal: list[list[float]], valence: list[list[float]] | None = None) -> RatedSong:
    a, v = np.array(arousal), np.array(valence if valence is not None else arousal)
    return RatedSong(
        song_id="7",
        times_s=15 + np.arange(a.shape[1]) / 2,
        arousal=a,
        valence=v,
        arousal_by=("",) * len(a),
        valence_by=("",) * len(v),
    )


# --- resampling ---


def test_a_straight_line_stays_straight_at_any_times() -> None:
    stamps = np.sort(np.random.default_rng(0).uniform(0, 30, 40))
    grid = np.arange(math.ceil(stamps[0] * 2), math.floor(stamps[-1] * 2) + 1) / 2
    assert resample(track(stamps, 0.03 * stamps - 0.4), grid) == pytest.approx(0.03 * grid - 0.4, abs=1e-12)


def test_typical_movements_are_resampled_closely() -> None:
    """The error of linear interpolation of a 0.2 Hz sine between entries h apart is at most (2π 0.2)² h² / 8; with
    about 10 entries per second, h is at most 0.2 s and the error .008."""
    rng = np.random.default_rng(1)
    stamps = np.arange(0, 40, 0.1) + rng.uniform(-0.05, 0.05, 400)
    assert np.diff(stamps).max() < 0.2
    grid = np.arange(1, 39, 0.5)
    found = resample(track(stamps, np.sin(2 * np.pi * 0.2 * stamps)), grid)
    assert np.abs(found - np.sin(2 * np.pi * 0.2 * grid)).max() < 0.008


def test_hold_keeps_the_last_value() -> None:
    logged = track([0, 15.2, 16.5, 18], [0.1, 0.4, -0.3, -0.3])
    assert resample(logged, np.arange(15, 19, 0.5), between="hold") == pytest.approx(
        [0.1, 0.4, 0.4, -0.3, -0.3, -0.3, -0.3, NAN], nan_ok=True
    )


@pytest.mark.parametrize("between", ["line", "hold"])
def test_tracks_are_not_extrapolated(between: str) -> None:
    found = resample(track([16, 17], [0.5, 0.5]), np.array([15.5, 16, 17, 17.5]), between=between)  # type: ignore[arg-type]
    assert found == pytest.approx([NAN, 0.5, 0.5, NAN], nan_ok=True)


@pytest.mark.parametrize("between", ["line", "hold"])
def test_the_later_of_two_entries_at_the_same_time_is_used(between: str) -> None:
    mixed = track([17, 15, 16, 16], [0.7, 0.1, 0.9, 0.2])
    found = resample(mixed, np.array([15.0, 16.0, 17.0]), between=between)  # type: ignore[arg-type]
    assert found == pytest.approx([0.1, 0.2, 0.7])


def test_invalid_tracks_are_errors() -> None:
    with pytest.raises(ValueError, match="at least one"):
        resample(track([], []), np.array([1.0]))
    with pytest.raises(ValueError, match="finite"):
        resample(track([1, 2], [0, NAN]), np.array([1.0]))
    with pytest.raises(ValueError, match="between must be 'line' or 'hold', got 'spline'"):
        resample(track([1, 2], [0, 1]), np.array([1.0]), between="spline")  # type: ignore[arg-type]


# --- songs ---


def test_the_first_fifteen_seconds_are_dropped() -> None:
    long, short = track([0, 18.7], [0, 0.187]), track([3, 16.2], [0.3, 0.3], "bob")
    found = rated_song("7", [long, short], [short])
    assert found.times_s.tolist() == [15, 15.5, 16, 16.5, 17, 17.5, 18, 18.5]
    assert found.arousal[0] == pytest.approx(found.times_s / 100)
    assert found.arousal[1] == pytest.approx([0.3] * 3 + [NAN] * 5, nan_ok=True)
    assert found.valence.shape == (1, 8)
    assert (found.arousal_by, found.valence_by) == (("ann", "bob"), ("bob",))
    assert rated_song("7", [long], [long], skip_s=0.3).times_s[0] == 0.5


def test_songs_without_a_label_are_errors() -> None:
    early = track([0, 14.9], [0, 1])
    with pytest.raises(
        DatasetError, match=r"song waltz: its ratings end at 14\.9 s, expected some after the dropped first 15 s"
    ):
        rated_song("waltz", [early], [early])
    with pytest.raises(DatasetError, match="song waltz: no ratings of valence"):
        rated_song("waltz", [early], [])
    with pytest.raises(ValueError, match="skip_s must be 0 or more, got -1"):
        rated_song("waltz", [early], [early], skip_s=-1)


def test_means_and_standard_deviations_over_raters() -> None:
    rated = song([[0.1, 0.2, NAN, NAN], [0.5, 0.4, 0.3, NAN], [0.3, NAN, 0.1, 0.2]], [[0, 0.1, 0.2, 0.3], [1, 1, 1, 1]])
    found = average(rated)
    assert found.times_s.tolist() == [15, 15.5, 16]  # at 16.5 s there is only one rater of arousal
    assert found.arousal == pytest.approx([statistics.mean(x) for x in ([0.1, 0.5, 0.3], [0.2, 0.4], [0.3, 0.1])])
    assert found.arousal_std == pytest.approx([statistics.stdev(x) for x in ([0.1, 0.5, 0.3], [0.2, 0.4], [0.3, 0.1])])
    assert found.arousal_raters is not None
    assert found.arousal_raters.tolist() == [3, 2, 2]
    assert found.valence_raters is not None
    assert found.valence_raters.tolist() == [2, 2, 2]
    assert found.valence == pytest.approx([0.5, 0.55, 0.6])


def test_one_rater_has_a_mean_and_no_standard_deviation() -> None:
    found = average(song([[0.1, NAN, 0.4]]), min_raters=1)
    assert found.arousal.tolist() == [0.1, 0.4]
    assert found.times_s.tolist() == [15, 16]
    assert found.arousal_std is not None
    assert np.isnan(found.arousal_std).all()


def test_too_few_raters_are_an_error() -> None:
    with pytest.raises(
        DatasetError, match="song 7: at most 1 raters of arousal and 1 of valence at a time, expected 2"
    ):
        average(song([[0.1, 0.2]]))
    with pytest.raises(ValueError, match="min_raters must be 1 or more, got 0"):
        average(song([[0.1, 0.2]]), min_raters=0)


@pytest.mark.parametrize(
    ("ratings", "mean", "rounded"),
    [([4, 5], 4.5, 5), ([5, 6], 5.5, 6), ([1, 1, 2], 4 / 3, 1), ([9], 9, 9), ([2, 3, 3], 8 / 3, 3), ([7, 8], 7.5, 8)],
)
def test_song_ratings_are_averaged_and_rounded_half_up(ratings: list[float], mean: float, rounded: int) -> None:
    found = average_song_rating(ratings)
    assert found.mean == pytest.approx(mean, abs=1e-12)
    assert (found.rounded, found.raters) == (rounded, len(ratings))
    if len(ratings) == 1:
        assert math.isnan(found.std)
    else:
        assert found.std == pytest.approx(statistics.stdev(ratings))


@pytest.mark.parametrize("ratings", [[], [0], [5, 9.5], [NAN]])
def test_song_ratings_outside_1_to_9_are_errors(ratings: list[float]) -> None:
    with pytest.raises(ValueError, match="from 1 to 9, at least one"):
        average_song_rating(ratings)


# --- files ---

HEADER = "song_id,rater,time_s,arousal,valence\n"


def write_survey(folder: Path, songs: int = 6) -> Path:
    """Write a survey of raters who follow a sine per song, with noise and at random times."""
    rng = np.random.default_rng(0)
    folder.mkdir(parents=True)
    lines = []
    for number in range(songs):
        for rater in ("ann", "bob", "cem", "dan"):
            for t in np.sort(rng.uniform(0, 30, 80)):
                a = 0.5 * np.sin(t / (2 + number)) + rng.normal(0, 0.05) * (1 + number)
                lines.append(f"song {number},{rater},{t:.3f},{np.clip(a, -1, 1):.4f},{np.clip(-a, -1, 1):.4f}")
    rng.shuffle(lines)
    (folder / "tracks.csv").write_text(HEADER + "\n".join(lines) + "\n")
    rows = [f"song {i},{rater},{5 + i % 3},{4 + (rater == 'bob')}" for i in range(songs) for rater in ("ann", "bob")]
    (folder / "ratings.csv").write_text("song_id,rater,arousal,valence\n" + "\n".join(rows) + "\n")
    return folder


def test_tables_are_read(tmp_path: Path) -> None:
    (tmp_path / "tracks.csv").write_text(
        "Song_ID, rater ,time_s,arousal,valence\n"
        "b10,ann,14.0,0.1,\n"
        "b10,ann,16.0,0.3,\n"
        "b10,ann,14.0,,-0.5\n"
        "b10,ann,16.5,,-0.5\n"
        "b2,bob,0,0.25,0.5\n"
        "b2,bob,15.5,0.25,0.5\n"
        "late,bob,2,0.25,0.5\n"
    )
    (tmp_path / "ratings.csv").write_text("song_id,rater,arousal,valence\nb2,ann,7,4\nb10,ann,3,3\nb2,bob,8,5\n")
    data = read_raters(tmp_path)
    assert [found.song_id for found in data.songs] == ["b2", "b10"]
    assert data.songs[1].times_s.tolist() == [15, 15.5, 16, 16.5]
    assert data.songs[1].arousal == pytest.approx(np.array([[0.2, 0.25, 0.3, NAN]]), nan_ok=True)
    assert data.songs[1].valence == pytest.approx(np.array([[-0.5] * 4]))
    assert data.song_ratings == {
        "b2": {"arousal": (7, 8), "valence": (4, 5)}, "b10": {"arousal": (3,), "valence": (3,)}
    }  # fmt: skip
    assert data.notes == ("left out: song late: its ratings end at 2 s, expected some after the dropped first 15 s",)
    single = read_raters(tmp_path / "ratings.csv")
    assert single.song_ratings == data.song_ratings
    assert single.songs == ()


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (HEADER, "no ratings after the header line"),
        (HEADER + "a,ann,15,0.5,1.5\n", r"line 2: valence is '1\.5', expected a number from -1 to 1"),
        (HEADER + "a,ann,-1,0.5,0.5\n", "line 2: time_s is '-1', expected a number from 0 to"),
        (HEADER + "a,ann,nan,0.5,0.5\n", "line 2: time_s is 'nan', expected a number"),
        (HEADER + "a,ann,20,,\n", "line 2: arousal and valence are empty"),
        (HEADER + ",ann,20,0,0\n", "line 2: song_id is empty, expected a name"),
        (HEADER + "a,ann,3,0,0\n", "no usable song; left out: song a: its ratings end at 3 s"),
        ("song_id,time_s,arousal,valence\na,20,0,0\n", "line 1: expected a column 'rater', found song_id"),
        ("song_id,rater,arousal,valence\na,ann,0,5\n", "line 2: arousal is '0', expected a number from 1 to 9"),
        ("song_id,rater,arousal,valence\na,ann,1,5\na,ann,2,5\n", "line 3: ann already rated song a in line 2"),
    ],
)
def test_malformed_tables_are_errors_with_the_line(table: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(table)
    with pytest.raises(DatasetError, match=message) as error:
        read_raters(path)
    assert "mine.csv" in str(error.value)


def test_a_folder_without_ratings_names_what_is_expected(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"no ratings of individual raters; expected tracks\.csv \(song_id"):
        read_raters(tmp_path)
    with pytest.raises(DatasetError, match="nowhere: no ratings of individual raters"):
        read_raters(tmp_path / "nowhere")


def write_deam_raters(folder: Path) -> Path:
    """Write song 2 of 2013 without names, song 1001 of 2014 with workers of unequal length, and published means."""
    files = {
        (2, "arousal"): "sample_15000ms,sample_15500ms\n0.1,0.2\n0.3,0.2\n",
        (2, "valence"): "sample_15000ms,sample_15500ms\n-0.1,-0.2\n-0.3,-0.2\n0.4,NaN\n",
        (1001, "arousal"): "WorkerId,sample_15000ms,sample_15500ms,sample_16000ms\na1,0,0.5,1\nb2,0.2,0.1\n",
        (1001, "valence"): "WorkerId,sample_15000ms,sample_15500ms,sample_16000ms\na1,0,0,0\na1,1,1,1\n",
        (5, "arousal"): "sample_15000ms\n0.5\n",  # without a valence file
    }
    for (song_id, axis), text in files.items():
        path = folder / RATERS / axis / f"{song_id}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (folder / DYNAMIC).mkdir(parents=True)
    (folder / DYNAMIC / "arousal.csv").write_text("song_id,sample_15000ms,sample_15500ms\n2,0.2,0.2\n1001,0.1,0.31\n")
    (folder / DYNAMIC / "valence.csv").write_text("song_id,sample_15000ms,sample_15500ms\n2,0,-0.2\n1001,0.5,0.5\n")
    return folder


def test_deams_tracks_with_and_without_worker_names(tmp_path: Path) -> None:
    data = read_raters(write_deam_raters(tmp_path))
    first, second = data.songs
    assert (first.song_id, first.part, second.song_id, second.part) == ("2", "2013", "1001", "2014")
    assert first.arousal.tolist() == [[0.1, 0.2], [0.3, 0.2]]
    assert first.valence == pytest.approx(np.array([[-0.1, -0.2], [-0.3, -0.2], [0.4, NAN]]), nan_ok=True)
    assert first.valence_by == ("", "", "")
    assert second.arousal == pytest.approx(np.array([[0, 0.5, 1], [0.2, 0.1, NAN]]), nan_ok=True)
    assert (second.arousal_by, second.valence_by) == (("a1", "b2"), ("a1", "a1"))


def test_published_means_are_compared_with_those_of_the_tracks(tmp_path: Path) -> None:
    found = compare_averages(read_raters(write_deam_raters(tmp_path)))
    # the second time of song 1001 has .31 instead of .3
    assert found["arousal"] == {
        "songs": 2, "equal": 1, "moments": 4, "largest": pytest.approx(0.01), "typical": pytest.approx(0.005)
    }  # fmt: skip
    assert (found["valence"]["songs"], found["valence"]["equal"]) == (2, 2)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("WorkerId,sample_15000ms\na,1.2\n", r"line 2: sample_15000ms is '1\.2', expected a number from -1 to 1"),
        ("WorkerId,sample_15000ms\na,high\n", "line 2: sample_15000ms is 'high', expected a number"),
        ("WorkerId,sample_15000ms\na,inf\n", "line 2: sample_15000ms is 'inf', expected a number"),
        ("WorkerId,sample_15000ms\na,0,0\n", "line 2: 3 cells, expected at most 2"),
        ("WorkerId,sample_15000ms\n", "has no rater, expected one per row"),
        ("WorkerId,sample_15000ms,sample_15700ms\na,0,0\n", r"column 3 is 'sample_15700ms', expected one column every"),
        ("sample_15000ms,second\n0,0\n", "line 1: column 2 is 'second', expected sample_"),
    ],
)
def test_malformed_files_of_deam_are_errors(text: str, message: str, tmp_path: Path) -> None:
    folder = write_deam_raters(tmp_path)
    (folder / RATERS / "valence" / "2.csv").write_text(text)
    with pytest.raises(DatasetError, match=message) as error:
        read_raters(folder)
    assert "2.csv" in str(error.value)


# --- rater statistics of a dataset ---


def track_row(song_id: int, rater: int, axis: int, moments: int) -> list[float]:
    return [round(0.1 * rater + 0.01 * moment + 0.001 * (song_id % 1000) - 0.3 * axis, 6) for moment in range(moments)]


def add_rater_tracks(folder: Path, songs: dict[int, int]) -> None:
    """Write tracks of three raters for some songs, with a number of times each."""
    for song_id, moments in songs.items():
        for axis, name in enumerate(("arousal", "valence")):
            lines = [",".join(f"sample_{15000 + 500 * i}ms" for i in range(moments))]
            lines += [",".join(map(str, track_row(song_id, rater, axis, moments))) for rater in range(3)]
            path = folder / RATERS / name / f"{song_id}.csv"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("\n".join(lines) + "\n")


def test_songs_of_deam_have_rater_statistics(small_deam: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The labels stay the same; songs of 2014 lose their last times, for which there are no features."""
    monkeypatch.setenv("MOODCURVE_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "deam"
    shutil.copytree(small_deam, folder)
    before = {found.song_id: found for found in read_dataset(folder).songs}
    assert all(found.annotation.arousal_std is None for found in before.values())
    add_rater_tracks(folder, {3: 20, 1001: 20, 1002: 4})
    for _ in range(2):  # from the files, and then from the cache
        after = {found.song_id: found.annotation for found in read_dataset(folder).songs}
        for song_id in ("3", "1001"):
            found = after[song_id]
            n = len(found.times_s)
            assert found.arousal.tolist() == before[song_id].annotation.arousal.tolist()
            assert found.arousal_std == pytest.approx([0.1] * n)  # std of x, x + .1 and x + .2
            assert found.valence_std == pytest.approx([0.1] * n)
            assert found.arousal_raters is not None
            assert found.valence_raters is not None
            assert found.arousal_raters.tolist() == found.valence_raters.tolist() == [3] * n
            assert found.arousal_raters.dtype == np.int64
        short = after["1002"]
        assert short.arousal_raters is not None
        assert short.arousal_raters.tolist() == [3] * 4 + [0] * (len(short.times_s) - 4)
        assert short.arousal_std is not None
        assert np.isnan(short.arousal_std[4:]).all()
        assert after["4"].valence_raters is None


def test_rater_statistics_are_at_the_times_of_the_labels() -> None:
    rated = song([[0.1, 0.2, 0.3, 0.4], [0.1, 0.4, 0.9, NAN]])  # at 15, 15.5, 16 and 16.5 s
    found = rater_stats_at(rated, np.array([15.5, 16, 16.5, 17]))
    expected = [statistics.stdev([0.2, 0.4]), statistics.stdev([0.3, 0.9]), NAN, NAN]
    assert found.arousal_std == pytest.approx(expected, nan_ok=True)
    assert found.arousal_raters.tolist() == [2, 2, 1, 0]


def test_a_changed_track_is_read_again(small_deam: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOODCURVE_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "deam"
    shutil.copytree(small_deam, folder)
    add_rater_tracks(folder, {3: 20})
    read_dataset(folder)
    (folder / RATERS / "arousal" / "3.csv").write_text("sample_15000ms\n0.5\n0.9\n")
    found = read_dataset(folder).songs[2].annotation
    assert found.arousal_std is not None
    assert found.arousal_std[0] == pytest.approx(statistics.stdev([0.5, 0.9]))
    (folder / RATERS / "arousal" / "3.csv").write_text("sample_15000ms\n0.5\n1.9\n")
    with pytest.raises(DatasetError, match=r"3\.csv, line 3: sample_15000ms is '1\.9'"):
        read_dataset(folder)


@pytest.mark.real
def test_rater_statistics_of_deam_equal_those_of_its_tracks(deam_dir: Path) -> None:
    """Compare with the columns of the files, read by NumPy."""
    songs = {found.song_id: found.annotation for found in read_dataset(deam_dir).songs}
    assert all(found.arousal_std is not None for found in songs.values())
    for song_id, skip in (("2", 0), ("1001", 1)):
        path = deam_dir / RATERS / "valence" / f"{song_id}.csv"
        table = np.genfromtxt(path, delimiter=",", skip_header=1)[:, skip:]
        n = len(songs[song_id].times_s)
        assert songs[song_id].valence_std == pytest.approx(table.std(axis=0, ddof=1)[:n], abs=1e-12)
        assert songs[song_id].valence == pytest.approx(table.mean(axis=0)[:n], abs=1e-9)


# --- the command ---


def run(*arguments: str | Path) -> Result:
    return run_command("labels", *arguments)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_command_writes_labels_agreement_and_selected_songs(tmp_path: Path) -> None:
    survey, out = write_survey(tmp_path / "survey"), tmp_path / "out"
    done = run(survey, "-o", out, "--statistics", out, "--keep", "0.5", "--by", "pairwise_r", "--json")
    assert done.exit_code == 0, done.stderr
    assert sorted(path.name for path in out.iterdir()) == [
        "agreement.csv", "labels.csv", "raters.json", "raters.md", "raters.png", "selected.txt", "songs.csv"
    ]  # fmt: skip
    results = json.loads(done.stdout)
    assert json.loads((out / "raters.json").read_text()) == results
    assert (out / "raters.md").read_text() == report(results)
    assert (out / "selected.txt").read_text() == "song 0\nsong 1\nsong 2\n"  # noise increases with the number
    labels = [row for row in rows(out / "labels.csv") if row["song_id"] == "song 3"]
    assert labels[0]["time_s"] == "15"
    expected = average(read_raters(survey).songs[3])
    for axis in ("arousal", "valence"):
        # six decimals
        assert [float(row[axis]) for row in labels] == pytest.approx(getattr(expected, axis), abs=6e-7)
        assert [float(row[f"{axis}_spread"]) for row in labels] == pytest.approx(
            getattr(expected, f"{axis}_std"), abs=6e-7
        )
    assert rows(out / "songs.csv")[1] == {
        "song_id": "song 1", "arousal_mean": "6", "arousal_rounded": "6", "arousal_spread": "0", "arousal_raters": "2",
        "valence_mean": "4.5", "valence_rounded": "5", "valence_spread": "0.707107", "valence_raters": "2",
    }  # fmt: skip
    first = rows(out / "agreement.csv")[0]
    assert (first["song_id"], first["axis"]) == ("song 0", "arousal")
    assert float(first["cronbach_alpha"]) == pytest.approx(
        cronbach_alpha(read_raters(survey).songs[0].arousal), abs=6e-7
    )


def test_the_lower_axis_determines_the_agreement_of_a_song() -> None:
    agreed, apart, still = [[0, 0.5, 1], [0, 0.6, 0.9]], [[0, 0.5, 1], [0.9, 0.8, 0]], [[0, 0, 0], [0.1, 0.1, 0.1]]
    songs = (song(agreed, apart), song(agreed, agreed), song(still, agreed))
    named = tuple(replace(found, song_id=name) for found, name in zip(songs, "abc", strict=True))
    data = RaterData(name="made", songs=named, song_ratings={}, grid="", averages={})
    found = lower_axis_agreement(make_labels(data), "pairwise_r")
    assert found["a"] == pytest.approx(np.corrcoef(apart)[0, 1])
    assert found["b"] == pytest.approx(np.corrcoef(agreed)[0, 1])
    assert math.isnan(found["c"])
    with pytest.raises(ValueError, match="statistic must be one of cronbach_alpha"):
        lower_axis_agreement(make_labels(data), "kappa")


def test_the_command_reports_statistics(tmp_path: Path) -> None:
    survey = write_survey(tmp_path / "survey")
    done = run(survey, "--json", "--seed", "3")
    results = json.loads(done.stdout)
    assert (results["name"], results["songs"], results["seed"], results["averages"]) == ("survey", 6, 3, None)
    (part,) = results["parts"]
    alphas = [cronbach_alpha(found.arousal) for found in read_raters(survey).songs]
    assert part["arousal"]["agreement"]["cronbach_alpha"]["mean"] == pytest.approx(statistics.mean(alphas))
    assert part["arousal"]["agreement"]["cronbach_alpha"]["median"] == pytest.approx(statistics.median(alphas))
    means = np.array([np.nanmean(found.valence, axis=1) for found in read_raters(survey).songs]).T
    assert part["valence"]["agreement_on_means"] == pytest.approx(krippendorff_alpha(means))
    assert set(part["arousal"]["agreement"]) == set(AGREEMENTS)
    assert part["arousal"]["ceilings"]["halves"]["r_song"]["value"] > 0.8
    ratings = {"arousal": (5, 6, 7, 5, 6, 7), "valence": (4.5,) * 6}
    assert results["song_ratings"]["arousal"]["spread"] == 0
    assert results["song_ratings"]["arousal"]["krippendorff_alpha"] == 1
    assert [found["valence"].mean for found in make_labels(read_raters(survey)).song_ratings.values()] == list(
        ratings["valence"]
    )


def test_the_command_prints_tables_and_names_songs_left_out(tmp_path: Path) -> None:
    survey = write_survey(tmp_path / "survey")
    with (survey / "tracks.csv").open("a") as file:
        file.write("lonely,ann,0,0,0\nlonely,ann,20,0,0\n")
    done = run(survey)
    assert done.exit_code == 1
    assert "lonely: at most 1 raters of arousal" in done.stderr
    assert "ceiling, halves" in done.stdout
    assert "Ratings of 6 whole songs from 1 to 9, valence: 2.0 raters" in done.stdout
    assert run(survey, "--min-raters", "1").exit_code == 0


@pytest.mark.parametrize(
    "entries",
    [
        ["a,ann,0,0.5,0.5", "a,ann,20,0.5,0.5"],
        ["a,ann,0,0.5,0.5", "a,ann,20,0.7,0.5", "b,bob,0,0.1,0.2", "b,bob,15,0.3,0.4"],
        # raters without common times
        [f"{song_id},{rater},{t},0.{t % 7},0.{t % 3}" for song_id in "ab" for rater, start in (("ann", 15), ("bob", 30))
         for t in range(start, start + 9)],
        # constant and equal ratings
        [f"{song_id},{rater},{t},0.5,0.5" for song_id in "ab" for rater in ("ann", "bob") for t in (0, 20)],
    ],
    ids=["one song", "one rater each", "no common times", "constant"],
)  # fmt: skip
def test_surveys_without_defined_statistics_still_have_labels(entries: list[str], tmp_path: Path) -> None:
    (tmp_path / "tracks.csv").write_text(HEADER + "\n".join(entries) + "\n")
    done = run(tmp_path, "-o", tmp_path, "--statistics", tmp_path, "--min-raters", "1", "--keep", "1", "--json")
    assert done.exit_code == 0, done.stderr
    (part,) = json.loads(done.stdout)["parts"]  # strict JSON: undefined values are null
    assert part["arousal"]["agreement"]["cronbach_alpha"] == {"mean": None, "sd": None, "median": None, "songs": 0}
    labels = rows(tmp_path / "labels.csv")
    assert {row["song_id"] for row in labels} == {entry[0] for entry in entries}
    assert all(row["arousal"] for row in labels)
    assert (tmp_path / "selected.txt").read_text() == ""
    assert run(tmp_path, "--min-raters", "1").exit_code == 0


def test_ratings_of_whole_songs_are_enough(tmp_path: Path) -> None:
    survey, out = write_survey(tmp_path / "survey"), tmp_path / "out"
    (survey / "tracks.csv").unlink()
    done = run(survey, "-o", out, "--json")
    assert done.exit_code == 0, done.stderr
    assert [path.name for path in out.iterdir()] == ["songs.csv"]
    assert json.loads(done.stdout)["parts"] == []


@pytest.mark.parametrize("arguments", [["--keep", "0", "-o", "out"], ["--keep", "2", "-o", "out"], ["--keep", "0.5"]])
def test_invalid_shares_are_usage_errors(arguments: list[str], tmp_path: Path) -> None:
    done = run(tmp_path, *arguments)
    assert done.exit_code == 2
    assert "--keep" in done.stderr


def test_the_results_page_is_made_from_the_stored_statistics() -> None:
    results = json.loads((RESULTS / "raters.json").read_text())
    assert (RESULTS / "raters.md").read_text() == report(results)


@pytest.mark.real
def test_deams_averages_are_means_over_its_raters(deam_dir: Path) -> None:
    data = read_raters(deam_dir)
    found = compare_averages(data)
    for axis in ("arousal", "valence"):
        assert found[axis]["songs"] == found[axis]["equal"] == 883
        assert found[axis]["moments"] == 883 * 60
    labels = make_labels(data)
    assert len(labels.annotations) == 883
    assert labels.notes == ()
    stored = json.loads((RESULTS / "raters.json").read_text())
    for axis in ("arousal", "valence"):
        # the largest differences are in the last published digits, and sums may be rounded differently
        assert stored["averages"][axis] == pytest.approx(found[axis], abs=1e-12)
    for part, year in zip(stored["parts"][1:], ("2013", "2014"), strict=True):
        alphas = [
            labels.agreement[rated.song_id]["arousal"].cronbach_alpha for rated in data.songs if rated.part == year
        ]
        assert part["arousal"]["agreement"]["cronbach_alpha"]["mean"] == pytest.approx(np.mean(alphas), abs=1e-9)
