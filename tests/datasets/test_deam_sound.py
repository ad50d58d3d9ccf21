"""Test DEAM with its sound: excerpts with more songs than DEAM's folder, whole clips, and rows outside the sound."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from moodcurve.datasets import Dataset, DatasetError, Song, read_dataset
from moodcurve.datasets.audio_features import audio_features
from moodcurve.datasets.cache import CachedFeatures
from moodcurve.datasets.deam.sound import published_clips, read_deam_with_sound, rows_at
from moodcurve.features import COMPARE236, COMPARE260, FEATURE_SETS, FeatureSet
from moodcurve.features import extractor as extractor_module
from moodcurve.features import feature_set as find_set
from tests.datasets.test_custom import write_lines, write_noise
from tests.datasets.test_deam import only_note
from tests.features.test_joined_sets import PEAKS, make_peaks
from tests.helpers.command_line import run
from tests.helpers.deam_folder import cell, curve

START_S = 18
"""Start of the excerpts in the clip, which is rated from 15 to 24.5 s."""


@pytest.fixture(autouse=True)
def _peaks_and_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOODCURVE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setitem(FEATURE_SETS, "peaks", PEAKS)
    monkeypatch.setattr(extractor_module, "PARTS", (*extractor_module.PARTS, (PEAKS, make_peaks)))


@pytest.fixture
def joined() -> FeatureSet:
    return find_set("compare236+peaks")


def write_excerpts(folder: Path, ids: list[int]) -> Path:
    """Write excerpts of 3 s (four rows), whose ratings go on to 22 s."""
    times = [1000 * START_S + 500 * i for i in range(9)]
    header = ["song_id", "artist", *(f"{axis}_{t}ms" for axis in ("arousal", "valence") for t in times)]
    rows = [",".join([str(i), f"sound {i}", *["0.25"] * 9, *["-0.5"] * 9]) for i in ids]
    write_lines(folder / "labels.csv", ",".join(header), *rows)
    for i in ids:
        write_noise(folder / "audio" / f"{i}.flac", 3.0, i)
    return folder


def write_columns(folder: Path, ids: list[int], rows: int = 4) -> None:
    """The first column of row r of song i is 2 (i + r / 100)."""
    scaled = np.zeros((len(ids), rows, 260), np.float32)
    scaled[:, :, 0] = np.array(ids)[:, None] + np.arange(rows) / 100
    columns = np.array(COMPARE260.names)
    np.savez(folder / "compare260_new.npz", ids=ids, scaled=scaled, scale=np.full(260, 2, np.float32), columns=columns)


def song(dataset: Dataset, song_id: int) -> Song:
    return next(found for found in dataset.songs if found.song_id == str(song_id))


def heard(path: Path) -> np.ndarray:
    (found,) = audio_features([path], PEAKS, workers=1)
    assert isinstance(found, CachedFeatures)
    return found.features.values


def test_rows_outside_the_sound_have_its_mean(small_deam: Path, tmp_path: Path, joined: FeatureSet) -> None:
    folder = write_excerpts(tmp_path / "sound", [1, 1001])
    dataset = read_deam_with_sound(small_deam, folder, feature_set=joined, workers=1)
    assert [one.song_id for one in dataset.songs] == ["1", "1001"]
    assert dataset.feature_set == joined
    only_note(dataset, "The sound is an excerpt of the clip, from 18 s")
    only_note(dataset, r"^\d+ songs .* left out: no sound in sound")
    for found in dataset.songs:
        peaks = heard(folder / "audio" / f"{found.song_id}.flac")
        times_s, values = found.full_features.times_s, found.full_features.values[:, -2:]
        inside = (times_s >= START_S) & (times_s < START_S + 2)
        assert np.array_equal(values[inside], peaks)
        assert np.allclose(values[~inside], peaks.mean(axis=0))
        # ratings are DEAM's
        assert np.array_equal(found.annotation.arousal, curve(int(found.song_id), 0, found.annotation.times_s))


def test_times_count_from_the_start_of_the_clip(small_deam: Path, tmp_path: Path, joined: FeatureSet) -> None:
    """The features of song 2 are of the full song, those of song 1 begin one second before the clip."""
    folder = write_excerpts(tmp_path / "sound", [1, 2])
    dataset = read_deam_with_sound(small_deam, folder, feature_set=joined, workers=1)
    for song_id, start_s in ((1, 20), (2, 31)):
        found = song(dataset, song_id)
        assert found.full_features.times_s[0] == 0
        assert found.annotation.times_s[[0, -1]].tolist() == [15, 24.5]
        assert found.features.times_s.tolist() == found.annotation.times_s.tolist()
        plain = read_deam_song(small_deam, song_id)
        assert np.array_equal(found.x[:, :-2], plain.select(COMPARE236).x)
        assert plain.x[0, 0] == np.float32(cell(song_id, start_s + 15))
    assert len(song(dataset, 2).full_features.times_s) == 90


def read_deam_song(folder: Path, song_id: int) -> Song:
    return song(read_dataset(folder), song_id)


def test_other_songs_have_the_columns_of_the_file(small_deam: Path, tmp_path: Path) -> None:
    folder = write_excerpts(tmp_path / "sound", [1, 30, 31])
    write_columns(folder, [30, 7000])
    joined = find_set("compare260+peaks")
    dataset = read_deam_with_sound(small_deam, folder, feature_set=joined, workers=1)
    assert [one.song_id for one in dataset.songs] == ["1", "30"]
    only_note(dataset, "^song 31 left out: no published columns")
    found = song(dataset, 30)
    assert found.artist == "sound 30"
    assert found.annotation.times_s.tolist() == [18, 18.5, 19, 19.5]
    assert found.y.tolist() == [[0.25, -0.5]] * 4
    assert np.allclose(found.x[:, 0], 2 * (30 + np.arange(4) / 100))
    assert np.array_equal(found.x[:, -2:], heard(folder / "audio" / "30.flac"))


def test_published_columns_need_no_sound(small_deam: Path, tmp_path: Path) -> None:
    folder = write_excerpts(tmp_path / "sound", [30])
    write_columns(folder, [30])
    shutil.rmtree(folder / "audio")
    dataset = read_deam_with_sound(small_deam, folder, feature_set=COMPARE236)
    assert len(dataset.songs) == len(read_dataset(small_deam).songs) + 1
    assert song(dataset, 30).annotation.times_s[0] == START_S


def test_songs_cut_to_their_sound(small_deam: Path, tmp_path: Path) -> None:
    """The sound of song 1 is 3 s long; that of song 1001, which is shorter, is used as it is."""
    folder = write_excerpts(tmp_path / "sound", [1, 30, 1001])
    write_columns(folder, [30])
    write_noise(folder / "audio" / "1001.flac", 2.0, 1001)
    joined = find_set("compare260+peaks")
    dataset = read_deam_with_sound(small_deam, folder, feature_set=joined, excerpts=True, workers=1)
    whole = read_deam_with_sound(small_deam, folder, feature_set=joined, workers=1)
    assert dataset.name == "DEAM excerpts"
    assert [one.song_id for one in dataset.songs] == ["1", "30", "1001"]
    for song_id, rows in ((1, 4), (30, 4), (1001, 2)):
        found = song(dataset, song_id)
        times_s = START_S + np.arange(rows) / 2
        assert found.features.times_s.tolist() == found.annotation.times_s.tolist() == times_s.tolist()
        assert found.full_features.times_s.tolist() == times_s.tolist()
        # the values and ratings of whole clips, in these rows
        clip = song(whole, song_id)
        first = int(np.searchsorted(clip.annotation.times_s, START_S))
        assert np.array_equal(found.x, clip.x[first : first + rows])
        assert np.array_equal(found.y, clip.y[first : first + rows])
        assert np.array_equal(found.x[:, -2:], heard(folder / "audio" / f"{song_id}.flac"))


def test_excerpts_without_sound_columns(small_deam: Path, tmp_path: Path) -> None:
    """The length is that of the published columns, where there are any."""
    folder = write_excerpts(tmp_path / "sound", [30])
    with pytest.raises(DatasetError, match="the length of the sound is unknown"):
        read_deam_with_sound(small_deam, folder, feature_set=COMPARE236, excerpts=True)
    write_columns(folder, [30])
    dataset = read_deam_with_sound(small_deam, folder, feature_set=COMPARE236, excerpts=True)
    assert {len(found.x) for found in dataset.songs} == {4}
    clips, others = published_clips(dataset, small_deam)
    assert [found.song_id for found in others] == ["30"]
    assert len(clips.songs) == len(dataset.songs) - 1
    with pytest.raises(DatasetError, match="none: not a folder"):
        read_deam_with_sound(small_deam, tmp_path / "none", feature_set=COMPARE236)


@pytest.mark.slow
def test_benchmark_with_sound(small_deam: Path, tmp_path: Path) -> None:
    """The protocol deam tests whole clips; across cuts all songs to their sound."""
    folder = write_excerpts(tmp_path / "sound", [30])
    write_columns(folder, [30])
    clips = len(read_dataset(small_deam).songs)
    options = ("--sound", folder, "--set", "compare236", "--models", "mlr", "-o", tmp_path)
    for protocol in ("deam", "across"):
        done = run("benchmark", small_deam, "--protocol", protocol, *options)
        assert done.exit_code == 0, done.stderr
    assert json.loads((tmp_path / "deam.json").read_text())["songs"] == clips
    found = json.loads((tmp_path / "across.json").read_text())
    assert [(one["name"], one["songs"]) for one in found["sets"]] == [("DEAM excerpts", clips + 1)]
    refused = run("benchmark", small_deam, "--protocol", "paper", *options)
    assert refused.exit_code == 2
    assert "the protocol paper has its own features" in refused.stderr


def test_damaged_columns(small_deam: Path, tmp_path: Path) -> None:
    folder = write_excerpts(tmp_path / "sound", [30])
    (folder / "compare260_new.npz").write_bytes(b"PK")
    with pytest.raises(DatasetError, match=r"compare260_new\.npz: cannot be read as published columns"):
        read_deam_with_sound(small_deam, folder, feature_set=COMPARE236)
    np.savez(folder / "compare260_new.npz", ids=[30], scaled=np.zeros((1, 4, 2)), scale=np.ones(2), columns=["a", "b"])
    with pytest.raises(DatasetError, match="expected finite values"):
        read_deam_with_sound(small_deam, folder, feature_set=COMPARE236)


def test_deams_archive_of_sound(small_deam: Path, tmp_path: Path, joined: FeatureSet) -> None:
    """Whole clips in MEMD_audio, which start with the clip."""
    deam = shutil.copytree(small_deam, tmp_path / "deam")
    with pytest.raises(DatasetError, match=r"DEAM publishes the columns of compare260 only; for compare236\+peaks"):
        read_dataset(deam, feature_set=joined)
    write_noise(deam / "MEMD_audio" / "3.wav", 26)
    (deam / "MEMD_audio" / "4.mp3").write_text("not music")
    dataset = read_dataset(deam, feature_set=joined)
    (found,) = dataset.songs
    peaks = heard(deam / "MEMD_audio" / "3.wav")
    assert np.array_equal(found.full_features.values[: len(peaks), -2:], peaks)
    only_note(dataset, r"^song 4: .*4\.mp3")
    (deam / "MEMD_audio" / "3.wav").unlink()
    with pytest.raises(DatasetError, match="no sound of the songs"):
        read_dataset(deam, feature_set=joined)


def test_nearest_rows() -> None:
    values = np.array([[1], [2], [6]], np.float32)
    times_s = np.array([9.7, 9.8, 10.2, 10.3, 11.25, 11.26])
    found = rows_at(values, np.array([10, 10.5, 11]), times_s)
    assert found.ravel().tolist() == [3, 1, 1, 2, 6, 3]
    assert rows_at(values[:1], np.array([4.0]), np.array([4.0, 5.0])).ravel().tolist() == [1, 1]


@pytest.mark.real
def test_deam_with_excerpts(deam_dir: Path, data_dir: Path, tmp_path: Path) -> None:
    dataset = read_deam_with_sound(deam_dir, data_dir / "deam_audio", feature_set=COMPARE236)
    assert len(dataset.songs) == 1565
    new = song(dataset, 2000)
    assert new.annotation.times_s[[0, -1]].tolist() == [30, 38.5]
    assert new.annotation.valence[0] == 0.402
    # columns from the original sound resemble those of the coded sound
    (coded,) = audio_features([data_dir / "deam_audio" / "audio" / "2000.opus"], COMPARE236)
    assert isinstance(coded, CachedFeatures)
    loudness = COMPARE236.names.index("audspec_lengthL1norm_sma_amean")
    assert np.corrcoef(new.x[:, loudness], coded.features.values[:18, loudness])[0, 1] > 0.9


@pytest.mark.real
def test_deam_excerpts(deam_dir: Path, data_dir: Path) -> None:
    dataset = read_deam_with_sound(deam_dir, data_dir / "deam_audio", feature_set=COMPARE236, excerpts=True)
    assert len(dataset.songs) == 1565
    assert {len(one.x) for one in dataset.songs} == {18}
    assert {one.annotation.times_s[0] for one in dataset.songs} == {30.0}
