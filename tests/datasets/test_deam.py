"""Test reading DEAM, from small folders in its format and from the real songs."""

import csv
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from moodcurve.datasets import Dataset, DatasetError, read_dataset
from moodcurve.datasets.deam.labels import DYNAMIC, STATIC
from moodcurve.datasets.deam.reader import read_deam
from moodcurve.datasets.feature_csv import read_rows
from moodcurve.errors import MoodcurveError
from moodcurve.features import COMPARE236, COMPARE260, FeatureSet
from tests.helpers.deam_folder import (
    IDS_2013,
    IDS_2014,
    IDS_2015,
    LABEL_TIMES_S,
    cell,
    curve,
    feature_lines,
    frame_times,
    level,
    rating_times,
    start_s,
)


@pytest.fixture(autouse=True)
def cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MOODCURVE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def deam(small_deam: Path, tmp_path: Path) -> Path:
    """A copy that tests may change."""
    return shutil.copytree(small_deam, tmp_path / "deam")


def by_id(dataset: Dataset) -> dict[int, object]:
    return {int(song.song_id): song for song in dataset.songs}


def edit(path: Path, change: Callable[[list[str]], None]) -> None:
    lines = path.read_text().splitlines()
    change(lines)
    path.write_text("\n".join(lines) + "\n")


def only_note(dataset: Dataset, pattern: str) -> str:
    notes = (*dataset.notes, *dataset.song_rating_notes)
    found = [note for note in notes if re.search(pattern, note)]
    assert len(found) == 1, notes
    return found[0]


# --- songs ---


def test_each_label_has_the_row_of_its_time(small_deam: Path) -> None:
    dataset = read_dataset(small_deam)
    assert dataset.name == "DEAM"
    assert [int(song.song_id) for song in dataset.songs] == [*IDS_2013, *IDS_2014, *IDS_2015]
    for song in dataset.songs:
        song_id = int(song.song_id)
        rated_s = rating_times(song_id)
        if song_id in IDS_2014:
            rated_s = rated_s[:-2]  # 24.0 and 24.5 s have no row
        clock_s = rated_s + (start_s(song_id) if song_id in IDS_2013 else 0)
        assert song.annotation.times_s.tolist() == clock_s.tolist()
        assert song.features.times_s.tolist() == clock_s.tolist()
        assert song.x.dtype == np.float32
        assert song.x.shape == (len(rated_s), 260)
        np.testing.assert_allclose(song.x[:, 0], cell(song_id, clock_s), rtol=1e-6)  # float32, 6 decimals
        assert song.annotation.arousal.tolist() == curve(song_id, 0, rated_s).tolist()
        assert song.annotation.valence.tolist() == curve(song_id, 1, rated_s).tolist()
        assert song.y.shape == (len(rated_s), 2)
    only_note(dataset, r"^48 labels of 24 songs \(1001, 1002, 1003, 1004, 1005, …\) left out: no feature row")


def test_song_ratings_are_mapped_and_corrected(small_deam: Path) -> None:
    dataset = read_dataset(small_deam)
    for song in dataset.songs:
        arousal, valence = level(int(song.song_id))
        if int(song.song_id) in IDS_2015:
            assert song.annotation.song_arousal is None
            assert song.annotation.song_valence is None
        else:
            # ratings have one decimal: half of it is .0125 in [-1, 1]
            assert song.annotation.song_arousal == pytest.approx(arousal, abs=0.0126)
            assert song.annotation.song_valence == pytest.approx(valence, abs=0.0126)
    note = only_note(dataset, "exchanged")
    assert note.startswith("The 24 song-level ratings of 2013 had arousal and valence exchanged")
    r = {name: float(value) for name, value in re.findall(r"(\w+-\w+) (-?\d\.\d+)", note)}
    levels = np.array([level(song_id) for song_id in IDS_2013])
    # crosswise, the columns equal the levels up to rounding
    assert r["arousal-valence"] > 0.999
    assert r["valence-arousal"] > 0.999
    assert r["arousal-arousal"] == pytest.approx(np.corrcoef(levels.T)[0, 1], abs=0.01)
    only_note(dataset, "3 song-level ratings of 2015 are left out: .* at least 20 songs")
    assert len(dataset.song_rating_notes) == 2  # only of interest where these ratings are used
    assert not any("song-level" in note for note in dataset.notes)


def test_correct_song_ratings_are_unchanged(deam: Path) -> None:
    path = deam / STATIC / "static_annotations_averaged_songs_1_2000.csv"
    before = read_dataset(deam)
    edit(
        path,
        lambda lines: lines.__setitem__(0, "song_id, arousal_mean,arousal_std,valence_mean ,valence_std"),
    )
    after = read_dataset(deam)  # now 2014 is exchanged, and 2013 is not
    assert only_note(after, "exchanged").startswith("The 24 song-level ratings of 2014 had")
    for one, other in zip(before.songs, after.songs, strict=True):
        assert one.annotation.song_arousal == other.annotation.song_arousal
        assert one.annotation.song_valence == other.annotation.song_valence


def test_artists_titles_genres(small_deam: Path) -> None:
    songs = {int(song.song_id): song for song in read_dataset(small_deam).songs}
    assert (songs[1].artist, songs[1].title, songs[1].genre) == ("Ann", "title 1", "Blues")
    # a title appended to a name is cut off if another song has the artist
    assert (songs[2].artist, songs[2].title) == ("Ann", "Song with - a dash")
    assert (songs[4].artist, songs[5].artist) == ("Orchestra", "Orchestra")
    assert songs[3].artist == "Jay-Zed"
    assert (songs[1001].artist, songs[1001].genre) == ("A, B & C", "Rock-Pop")
    assert (songs[2001].artist, songs[2001].title, songs[2001].genre) == ("", "title", "jazz")
    only_note(read_dataset(small_deam), r"artist of 3 songs \(2001, 2002, 2003\) is unknown")


def test_another_feature_set(small_deam: Path) -> None:
    dataset = read_dataset(small_deam, feature_set=COMPARE236)
    assert dataset.feature_set == COMPARE236
    assert dataset.songs[0].x.shape == (20, 236)
    full = read_dataset(small_deam)
    kept = [COMPARE260.names.index(name) for name in COMPARE236.names]
    assert np.array_equal(dataset.songs[0].x, full.songs[0].x[:, kept])
    with pytest.raises(MoodcurveError, match="DEAM publishes the columns of compare260 only; for other"):
        read_dataset(small_deam, feature_set=FeatureSet("other", "1", ("mood",)))


def test_progress_counts_the_files(small_deam: Path) -> None:
    calls: list[tuple[int, int]] = []
    read_dataset(small_deam, progress=lambda done, total: calls.append((done, total)))
    assert calls == [(done, 51) for done in range(1, 52)]


def test_rows_with_a_rounded_step(deam: Path) -> None:
    # a hop of 221 samples at 22.05 kHz, fifty hops per row
    step_s = 221 / 22050 * 50
    times_s = np.arange(60) * step_s
    (deam / "features" / "1001.csv").write_text("\n".join(feature_lines(1001, times_s)) + "\n")
    dataset = read_dataset(deam)
    song = next(song for song in dataset.songs if song.song_id == "1001")
    assert song.annotation.times_s.tolist() == LABEL_TIMES_S.tolist()
    # the drift is .06 s, so that row 30 is the nearest to 15.0 s
    assert np.array_equal(song.features.times_s, np.round(times_s[30:50], 6))
    only_note(dataset, r"rows of song 1001 are 0\.5011 s apart: each label has the nearest row")


def test_windows_line_ends_and_a_byte_order_mark(deam: Path) -> None:
    before = read_dataset(deam)
    for path in deam.rglob("*.csv"):
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert_same(read_dataset(deam), before)


def test_a_name_that_is_not_utf8(deam: Path) -> None:
    path = deam / "metadata" / "metadata_2014.csv"
    path.write_bytes(path.read_bytes().replace(b"A, B &amp; C", b"Touch\xe9"))
    assert "Touch�" in {song.artist for song in read_dataset(deam).songs}


# --- missing files ---


def test_songs_without_features_or_labels(deam: Path) -> None:
    (deam / "features" / "1001.csv").rename(deam / "features" / "1900.csv")
    (deam / "features" / "notes.csv").write_text("not a song")
    edit(deam / DYNAMIC / "valence.csv", lambda lines: lines.pop(1))  # song 1 has only arousal
    dataset = read_dataset(deam)
    assert not {"1", "1001", "1900"} & {song.song_id for song in dataset.songs}
    only_note(dataset, "^song 1001 left out: labels without a feature file")
    only_note(dataset, r"^2 songs \(1, 1900\) left out: features without labels")


def test_only_features_and_labels(deam: Path) -> None:
    shutil.rmtree(deam / "metadata")
    shutil.rmtree(deam / STATIC)
    dataset = read_dataset(deam)
    # without songs_info.csv, the segment start of 2013 is unknown
    assert [int(song.song_id) for song in dataset.songs] == [*IDS_2014, *IDS_2015]
    only_note(dataset, r"^24 songs \(1, 2, 3, 4, 5, …\) left out: songs_info.csv does not say where")
    only_note(dataset, "artist of 27 songs .* is unknown")
    assert {song.annotation.song_arousal for song in dataset.songs} == {None}


def test_songs_info_alone_names_the_artists_of_2013(deam: Path) -> None:
    (deam / "metadata" / "metadata_2013.csv").unlink()
    songs = read_dataset(deam).songs
    assert (songs[0].artist, songs[0].title, songs[0].genre) == ("Ann", "title 1", "Blues")


def test_feature_rows_outside_the_segment(deam: Path) -> None:
    path = deam / "features" / "1.csv"
    path.write_text("\n".join(feature_lines(1, np.arange(200, 230, 0.5))) + "\n")
    dataset = read_dataset(deam)
    assert dataset.songs[0].song_id == "2"
    only_note(dataset, "^song 1 left out: no feature row at a rated time")


def test_rows_of_different_length(deam: Path) -> None:
    def shorten(lines: list[str]) -> None:
        lines[1] = lines[1].rstrip(",").rsplit(",", 3)[0]

    edit(deam / DYNAMIC / "valence.csv", shorten)
    assert len(read_dataset(deam).songs[0].x) == 17


@pytest.mark.parametrize("name", ["nowhere", "file", "empty", "music"])
def test_folders_of_unknown_layout(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "empty").mkdir()
    (tmp_path / "music" / "features").mkdir(parents=True)
    (tmp_path / "music" / "a.mp3").touch()
    found = {
        "nowhere": "nowhere: not found; give a folder of annotated songs",
        "file": "file: not a folder; give a folder of annotated songs",
        "empty": "expected a DEAM folder .* found nothing",
        "music": "expected a DEAM folder .* found a.mp3, features",
    }
    with pytest.raises(DatasetError, match=found[name]):
        read_dataset(tmp_path / name)


def test_missing_labels(deam: Path) -> None:
    with pytest.raises(DatasetError, match=r"dev431\.csv: not found, but needed for the labels 'mediaeval2015'"):
        read_dataset(deam, labels="mediaeval2015")
    (deam / DYNAMIC / "valence.csv").unlink()
    with pytest.raises(DatasetError, match=r"valence\.csv: not found, but needed for the labels 'deam'"):
        read_dataset(deam)
    with pytest.raises(ValueError, match="labels must be one of deam, mediaeval2015, got '2016'"):
        read_dataset(deam, labels="2016")  # type: ignore[arg-type]


def test_no_usable_song(deam: Path) -> None:
    shutil.rmtree(deam / "features")
    (deam / "features").mkdir()
    with pytest.raises(DatasetError, match=r"no song with features, labels .* 0 feature files, the labels of 51 songs"):
        read_dataset(deam)


# --- the 2015 development labels ---


def write_2015(folder: Path) -> None:
    """Write the 2015 labels as published: 2013 correct, 2014 with the levels of the two axes exchanged."""
    home = folder / "mediaeval2015"
    home.mkdir()
    for axis, name in enumerate(("arousal", "valence")):
        lines = [",".join(["song_id", *(f"sample_{round(1000 * t)}ms" for t in LABEL_TIMES_S)])]
        for song_id in [*IDS_2013, *IDS_2014]:
            shift = level(song_id)[1 - axis] - level(song_id)[axis] if song_id in IDS_2014 else 0
            values = np.clip(curve(song_id, axis, LABEL_TIMES_S) + shift, -1, 1)
            lines.append(",".join([str(song_id), *(f"{value:.5f}" for value in values)]))
        (home / f"dynamic_{name}_dev431.csv").write_text("\n".join(lines) + "\n")
    lines = ["song_id,match_score,greedy_agrees,has_features"]
    lines += [f"{i},1.0,{i != 1005},True" for i in [*IDS_2013, *IDS_2014]]
    (home / "dev431_ids.csv").write_text("\n".join(lines) + "\n")


def test_2015_labels(deam: Path) -> None:
    write_2015(deam)
    dataset = read_dataset(deam, labels="mediaeval2015")
    assert dataset.name == "MediaEval 2015 dev"
    assert [int(song.song_id) for song in dataset.songs] == [*IDS_2013, *IDS_2014]
    assert dataset.songs[0].annotation.arousal.tolist() == curve(1, 0, LABEL_TIMES_S).tolist()
    note = only_note(dataset, "levels of arousal and valence exchanged")
    assert note.startswith("The labels of 24 songs of 2014 ")
    song = next(song for song in dataset.songs if song.song_id == "1001")
    shift = level(1001)[1] - level(1001)[0]
    # used as published
    assert song.annotation.arousal == pytest.approx(curve(1001, 0, LABEL_TIMES_S[:18]) + shift, abs=1e-5)
    # the song-level ratings are compared with DEAM's labels, not with these
    assert song.annotation.song_arousal == pytest.approx(level(1001)[0], abs=0.0126)
    only_note(dataset, "The ids of the labels of song 1005 were inferred and are uncertain")
    only_note(dataset, r"3 songs \(2001, 2002, 2003\) left out: features without labels")


def test_2015_labels_alone(deam: Path) -> None:
    write_2015(deam)
    shutil.rmtree(deam / DYNAMIC)
    (deam / "mediaeval2015" / "dev431_ids.csv").unlink()
    dataset = read_dataset(deam, labels="mediaeval2015")
    assert len(dataset.songs) == 48
    assert {song.annotation.song_valence for song in dataset.songs} == {None}
    only_note(dataset, "24 song-level ratings of 2013 are left out")
    only_note(dataset, "24 song-level ratings of 2014 are left out")


# --- malformed files ---


def replaced(line: int, old: str, new: str) -> Callable[[list[str]], None]:
    def change(lines: list[str]) -> None:
        assert old in lines[line - 1]
        lines[line - 1] = lines[line - 1].replace(old, new, 1)

    return change


AROUSAL = DYNAMIC / "arousal.csv"
STATIC_2014 = STATIC / "static_annotations_averaged_songs_1_2000.csv"
SEGMENTS = Path("metadata", "songs_info.csv")
FEATURES = Path("features", "1001.csv")
BAD = [
    (AROUSAL, replaced(1, "song_id", "id"), None),  # the first column is the id, regardless of its name
    (AROUSAL, replaced(1, "sample_15500ms", "15500"), r"line 1: column 3 is '15500', expected sample_"),
    (AROUSAL, replaced(1, "sample_15500ms", "sample_15400ms"), "line 1: column 3 .* one column every 0.5 s"),
    (AROUSAL, replaced(1, "sample_15500ms", "sample_16500ms"), "line 1: column 3 .* one column every 0.5 s"),
    (AROUSAL, replaced(3, "2,", "2.0,"), r"line 3: song id is '2\.0', expected a whole number from 1"),
    (AROUSAL, replaced(3, "2,", "1,"), "line 3: song 1 is already in line 2"),
    (AROUSAL, replaced(3, "2,", "2,x"), r"line 3: sample_15000ms is 'x.*', expected a number from -1 to 1"),
    (AROUSAL, replaced(3, "2,", "2,nan,"), "line 3: sample_15000ms is 'nan', expected a number from -1 to 1"),
    (AROUSAL, replaced(3, "2,", "2,1.01,"), "line 3: sample_15000ms is '1.01', expected a number from -1"),
    (AROUSAL, replaced(3, "2,", "2,0.1,,"), "line 3: sample_15500ms is '', expected a number"),
    (AROUSAL, lambda lines: lines.__setitem__(2, "2,,"), "line 3: song 2 has no rating"),
    (
        AROUSAL,
        lambda lines: lines.__setitem__(2, "2" + ",0" * 51),
        "line 3: 52 cells, expected at most 51",
    ),
    (AROUSAL, lambda lines: lines.clear(), "arousal.csv: is empty, expected a header line"),
    (
        STATIC_2014,
        replaced(1, "arousal_mean", "arousal"),
        "line 1: expected a column 'arousal_mean', found song",
    ),
    (
        STATIC_2014,
        replaced(2, ",0.94,", ",0.94,0.9,"),
        "line 2: arousal_mean is '0.9', expected .* from 1 to 9",
    ),
    (SEGMENTS, replaced(2, "1.05", "1.06"), r"line 2: segment 0\.2 to 1\.06 .* is 46 s long, expected 45 s"),
    (SEGMENTS, replaced(2, "0.2", "0.75"), "line 2: start .* is '0.75', expected minutes.seconds such as"),
    (SEGMENTS, replaced(2, "0.2", "20 s"), "line 2: start .* is '20 s', expected minutes.seconds such as"),
    (SEGMENTS, replaced(1, "Artist", "By"), "line 1: expected a column 'artist', found song_id"),
    (
        FEATURES,
        replaced(1, "F0final_sma_amean", "F0"),
        "line 1: column 3 is 'F0', expected 'F0final_sma_amean'",
    ),
    (FEATURES, replaced(1, "frameTime;", ""), "line 1: expected 261 columns between ';', found 260"),
    (FEATURES, replaced(40, ";0", ""), "line 40: expected 261 cells between ';', found 260"),
    (FEATURES, replaced(40, ";0", ";0;0"), "line 40: expected 261 cells between ';', found 262"),
    (
        FEATURES,
        replaced(40, "e+03", "e+03x"),
        r"line 40: F0final_sma_stddev is '.*x', expected a finite number",
    ),
    (FEATURES, replaced(40, ";0;", ";nan;"), "line 40: F0final_sma_amean is 'nan', expected a finite number"),
    (FEATURES, replaced(40, ";0;", ";1e39;"), "line 40: F0final_sma_amean is '1e39', expected a finite"),
    (FEATURES, replaced(40, ";0;", ";;"), "line 40: F0final_sma_amean is '', expected a finite number"),
    (FEATURES, replaced(40, ";0;", ";1_0;"), "1001.csv: expected lines of 261 plain decimal numbers"),
    (
        FEATURES,
        replaced(40, "19.0", "19.1"),
        r"line 40: frameTime is 19\.1\d* after 18\.5\d*, expected rows every",
    ),
    (
        FEATURES,
        lambda lines: lines.pop(39),
        r"line 40: frameTime is 19\.5\d* after 18\.5\d*, expected rows every",
    ),
    (FEATURES, replaced(40, "19.0", "x"), "line 40: frameTime is 'x.*', expected a finite number"),
    (FEATURES, lambda lines: lines.__delitem__(slice(1, None)), "expected a header and at least one row"),
]


@pytest.mark.parametrize(("name", "change", "message"), BAD)
def test_malformed_files(deam: Path, name: Path, change: Callable[[list[str]], None], message: str | None) -> None:
    edit(deam / name, change)
    if message is None:
        read_dataset(deam)
        return
    with pytest.raises(DatasetError, match=message) as caught:
        read_dataset(deam)
    assert str(caught.value).startswith(str(deam / name))
    assert "\n" not in str(caught.value)


def test_rows_off_the_grid(tmp_path: Path) -> None:
    path = tmp_path / "1.csv"
    path.write_text("\n".join(feature_lines(1, np.arange(0.25, 40, 0.5))))
    with pytest.raises(DatasetError, match=r"line 2: frameTime is 0\.250000, expected a multiple of 0\.5 s"):
        read_rows(path, LABEL_TIMES_S)
    path.write_text("\n".join(feature_lines(1, np.arange(0, 40, 0.25))))
    with pytest.raises(DatasetError, match=r"line 3: frameTime is 0\.250000 after 0\.000000, expected rows"):
        read_rows(path, LABEL_TIMES_S)


def test_a_single_row(tmp_path: Path) -> None:
    path = tmp_path / "1.csv"
    path.write_text("\n".join(feature_lines(1, np.array([20.0]))))
    found = read_rows(path, LABEL_TIMES_S)
    assert found.rated.tolist() == [10]
    assert found.features.times_s.tolist() == [20.0]


def test_songs_have_all_rows_of_their_files(deam: Path) -> None:
    for song in read_dataset(deam, feature_set=COMPARE236).songs:
        assert np.array_equal(song.full_features.times_s, frame_times(int(song.song_id)))
        assert np.array_equal(song.full_features.times_s[song.rated], song.features.times_s)
        assert np.array_equal(song.full_features.values[song.rated], song.x)
        assert song.full_features.feature_set == song.features.feature_set == COMPARE236


def test_songs_without_consecutive_rows_have_no_recording(tmp_path: Path) -> None:
    path = tmp_path / "1.csv"
    # 0.501134 s apart, as from 22.05 kHz: after 220 s two times have the same nearest row
    path.write_text("\n".join(feature_lines(1, np.arange(500) * 0.501134)))
    assert read_rows(path, LABEL_TIMES_S).recording is not None
    assert read_rows(path, np.arange(15, 240, 0.5)).recording is None


def test_song_ratings_in_two_files(deam: Path) -> None:
    other = deam / STATIC / "static_annotations_averaged_songs_2000_2058.csv"
    edit(other, lambda lines: lines.append("1001,4.5,1,5,6.5,1"))
    with pytest.raises(DatasetError, match=r"2058\.csv, line 5: song 1001 is already rated in another file"):
        read_dataset(deam)


def test_a_folder_instead_of_a_file(deam: Path) -> None:
    (deam / "features" / "1001.csv").unlink()
    (deam / "features" / "1001.csv").mkdir()
    with pytest.raises(DatasetError, match=r"1001\.csv: cannot be read \(Is a directory\)"):
        read_dataset(deam)


# --- the cache ---


def assert_same(one: Dataset, other: Dataset) -> None:
    assert (one.name, one.notes, len(one.songs)) == (other.name, other.notes, len(other.songs))
    for a, b in zip(one.songs, other.songs, strict=True):
        assert (a.song_id, a.artist, a.title, a.genre) == (b.song_id, b.artist, b.title, b.genre)
        assert a.features.feature_set == b.features.feature_set
        assert a.x.dtype == b.x.dtype
        assert np.array_equal(a.x, b.x)
        assert np.array_equal(a.y, b.y)
        assert np.array_equal(a.features.times_s, b.features.times_s)
        assert np.array_equal(a.annotation.times_s, b.annotation.times_s)
        assert (a.recording is None, a.rated) == (b.recording is None, b.rated)
        assert np.array_equal(a.full_features.values, b.full_features.values)
        assert np.array_equal(a.full_features.times_s, b.full_features.times_s)
        assert a.annotation.song_arousal == b.annotation.song_arousal
        assert a.annotation.song_valence == b.annotation.song_valence


def files_read(folder: Path) -> int:
    """Number of feature files that reading the folder parses; 0 if the songs come from the cache."""
    calls: list[int] = []
    read_dataset(folder, progress=lambda done, total: calls.append(done))
    return len(calls)


def test_cached_songs_equal_the_first_read(deam: Path, cache_folder: Path) -> None:
    first = read_dataset(deam)
    assert files_read(deam) == 0
    assert_same(read_dataset(deam), first)
    assert [path.suffix for path in (cache_folder / "datasets").iterdir()] == [".npz"]
    with np.load(next((cache_folder / "datasets").iterdir()), allow_pickle=False) as arrays:
        assert all(arrays[name].dtype != object for name in arrays.files)


def test_labels_and_folders_are_cached_separately(deam: Path, cache_folder: Path, tmp_path: Path) -> None:
    write_2015(deam)
    other = shutil.copytree(deam, tmp_path / "other")
    assert files_read(deam) == 51
    read_dataset(deam, labels="mediaeval2015")
    assert files_read(other) == 51
    assert len(list((cache_folder / "datasets").iterdir())) == 3
    assert files_read(deam) == 0


@pytest.mark.parametrize(
    "name",
    [
        "features/1001.csv",
        "metadata/metadata_2014.csv",
        "metadata/songs_info.csv",
        str(AROUSAL),
        str(STATIC_2014),
    ],
)
def test_a_changed_file_invalidates_the_cache(deam: Path, name: str) -> None:
    read_dataset(deam)
    path = deam / name
    stat = path.stat()
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1))
    assert files_read(deam) == 51
    assert files_read(deam) == 0
    path.write_text(path.read_text() + "\n")  # other size, same modification time
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1))
    assert files_read(deam) == 51


def test_added_and_removed_files_invalidate_the_cache(deam: Path) -> None:
    read_dataset(deam)
    (deam / "features" / "1001.csv").rename(deam / "1001.csv")
    assert files_read(deam) == 50
    (deam / "1001.csv").rename(deam / "features" / "1001.csv")
    assert files_read(deam) == 51
    (deam / "metadata" / "metadata_2015.csv").unlink()
    assert files_read(deam) == 51


def test_a_new_version_of_the_reader_invalidates_the_cache(deam: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read_dataset(deam)
    monkeypatch.setattr("moodcurve.datasets.deam.reader._VERSION", "next")
    assert files_read(deam) == 51


def test_a_new_version_of_a_feature_set_invalidates_the_cache(deam: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read_dataset(deam)
    changed = FeatureSet("compare260", "next", COMPARE260.names)
    monkeypatch.setattr("moodcurve.datasets.cache.FEATURE_SETS", {"compare260": changed})
    assert files_read(deam) == 51


@pytest.mark.parametrize("damage", ["garbage", "empty", "cut", "flipped", "pickle"])
def test_a_damaged_cache_is_replaced(deam: Path, cache_folder: Path, damage: str) -> None:
    first = read_dataset(deam)
    path = next((cache_folder / "datasets").iterdir())
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    written = {
        "garbage": b"x" * 1000,
        "empty": b"",
        "cut": path.read_bytes()[:-500],
        "flipped": bytes(content),
    }
    if damage == "pickle":
        np.savez(path, state=np.array([object()]))
    else:
        path.write_bytes(written[damage])
    assert_same(read_dataset(deam), first)
    assert files_read(deam) == 0  # the cache was replaced


def test_songs_are_read_without_a_writable_cache(deam: Path, cache_folder: Path) -> None:
    cache_folder.write_text("a file where the folder should be")
    assert files_read(deam) == 51
    assert files_read(deam) == 51


def test_songs_are_read_without_a_home_folder(deam: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    for name in ("MOODCURVE_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", no_home)
    assert files_read(deam) == 51
    assert files_read(deam) == 51


def test_location_of_the_cache(deam: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MOODCURVE_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    read_dataset(deam)
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    read_dataset(deam)
    for home in ("xdg/moodcurve", "home/.cache/moodcurve"):
        assert len(list((tmp_path / home / "datasets").iterdir())) == 1


# --- the real songs ---


@pytest.fixture(scope="module")
def real(deam_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Dataset]:
    """Both sets of labels, read with an empty cache and again from it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MOODCURVE_CACHE", str(tmp_path_factory.mktemp("cache")))
        read = {"deam": read_deam(deam_dir), "mediaeval2015": read_deam(deam_dir, labels="mediaeval2015")}
        # progress counts parsed files, and none are parsed
        parsed: list[int] = []
        again = read_deam(deam_dir, progress=lambda done, total: parsed.append(done))
        assert_same(again, read["deam"])
        assert parsed == []
    return read


@pytest.mark.real
def test_real_songs(real: dict[str, Dataset]) -> None:
    dataset = real["deam"]
    assert len(dataset.songs) == 883
    assert sum(int(song.song_id) <= 1000 for song in dataset.songs) == 538
    # 60 labels per song, except for 689 without feature rows
    assert sum(len(song.x) for song in dataset.songs) == 883 * 60 - 689
    assert all(np.isfinite(song.x).all() and np.abs(song.y).max() <= 1 for song in dataset.songs)
    assert not [song.song_id for song in dataset.songs if not song.artist]
    assert len(real["mediaeval2015"].songs) == 261
    assert sum(len(song.x) for song in real["mediaeval2015"].songs) == 261 * 60 - 198


@pytest.mark.real
def test_real_notes(real: dict[str, Dataset]) -> None:
    note = only_note(real["deam"], "exchanged")
    assert note.startswith("The 538 song-level ratings of 2013 had")
    assert "arousal-valence 0.952, valence-arousal 0.945" in note
    only_note(real["deam"], "rows of song 1640 are 0.5011 s apart")
    note = only_note(real["mediaeval2015"], "levels of arousal and valence exchanged")
    assert note.startswith("The labels of 236 songs of 2014 ")


@pytest.mark.real
@pytest.mark.parametrize(("song_id", "start"), [(2, 48), (20, 250), (1001, 0), (1640, 0)])
def test_real_rows_equal_those_of_the_files(real: dict[str, Dataset], deam_dir: Path, song_id: int, start: int) -> None:
    """Songs 2 (whole) and 20 (cut) start at 0.48 and 4.1 minutes.seconds; the rows of 1640 have another step."""
    song = next(song for song in real["deam"].songs if song.song_id == str(song_id))
    with (deam_dir / "features" / f"{song_id}.csv").open(newline="") as file:
        rows = {float(row[0]): row[1:] for row in list(csv.reader(file, delimiter=";"))[1:]}
    with (deam_dir / AROUSAL).open(newline="") as file:
        labels = next(row for row in csv.reader(file) if row[0] == str(song_id))[1:]
    for i, (t, x) in enumerate(zip(song.annotation.times_s, song.x, strict=True)):
        assert t == start + 15 + i / 2
        nearest = min(rows, key=lambda stamp: abs(stamp - t))
        assert abs(nearest - t) <= (0.1 if song_id == 1640 else 0)
        assert np.array_equal(x, np.array(rows[nearest], np.float32))
        assert song.annotation.arousal[i] == float(labels[i])


@pytest.mark.real
def test_real_rows_match_the_audio(real: dict[str, Dataset], data_dir: Path) -> None:
    """The loudness of the clips correlates with the aligned rows, and less with rows half a second off."""
    songs = {song.song_id: song for song in real["deam"].songs}
    clips = [path for path in (data_dir / "audio" / "deam_clips").glob("*.mp3") if path.stem in songs]
    assert len(clips) >= 5
    column = COMPARE260.names.index("pcm_RMSenergy_sma_amean")
    for path in clips:
        song = songs[path.stem]
        x, sr = soundfile.read(path)
        power = np.mean(x.reshape(len(x), -1), axis=1) ** 2
        frames = power[: len(power) // (sr // 50) * (sr // 50)].reshape(-1, sr // 50)  # 20 ms
        rms = np.sqrt(frames.mean(axis=1))
        labeled_s = 15 + 0.5 * np.arange(len(song.x))
        r = {}
        for shift_s in (-0.5, 0, 0.5):
            first = np.round((labeled_s + shift_s) * 50).astype(int)
            windows = [rms[i : i + 50].mean() for i in first if i + 50 <= len(rms)]
            r[shift_s] = np.corrcoef(windows, song.x[: len(windows), column])[0, 1]
        # below 1 since clips are up to .04 s off, and openSMILE averages frames of another length
        assert r[0] > 0.97, (path.stem, r)
        assert max(r[-0.5], r[0.5]) < r[0] - 0.01, (path.stem, r)


@pytest.mark.real
def test_real_labels_differ_mostly_between_songs(real: dict[str, Dataset]) -> None:
    """Most of the variance lies between songs, which is why there are scores per song."""
    for name, low, high in (("deam", 0.97, 0.98), ("mediaeval2015", 0.92, 0.95)):
        for axis in (0, 1):
            curves = [song.y[:, axis] for song in real[name].songs]
            pooled = np.concatenate(curves)
            within = np.concatenate([c - c.mean() for c in curves])
            assert low < 1 - within.var() / pooled.var() < high
