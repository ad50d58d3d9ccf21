"""Test custom songs: labels at any times, audio or features, and the path from raters to an evaluated model."""

import csv
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from moodcurve import analysis
from moodcurve.datasets import Annotation, Dataset, DatasetError, Song, read_dataset
from moodcurve.datasets.custom.tables import interpolate_labels, read_labels, read_metadata
from moodcurve.datasets.raters.statistics import RaterLabels
from moodcurve.datasets.raters.tables import write_tables
from moodcurve.demo.composer import DEMO_SECTIONS, compose, write_flac
from moodcurve.features import COMPARE236, COMPARE260, Features, write_csv
from tests.datasets.test_deam import only_note
from tests.helpers.command_line import Result
from tests.helpers.command_line import run as run_command

HEADER = "song_id,time_s,arousal,valence"
ROWS_S = np.arange(0, 20, 0.5)
SR = 44_100


@pytest.fixture(autouse=True)
def cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MOODCURVE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def write_lines(path: Path, *lines: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_features(path: Path, times_s: npt.NDArray[np.float64] = ROWS_S) -> None:
    """Rows whose first column is their time."""
    values = np.zeros((len(times_s), 260), np.float32)
    values[:, 0] = times_s
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="ascii") as stream:
        write_csv(Features(values, times_s, COMPARE260), stream)


def write_noise(path: Path, seconds: float = 3.0, seed: int = 0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.random.default_rng(seed).normal(0, 0.1, round(seconds * SR)), SR)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two songs with features; the labels of ``b`` come first in the table and are out of order."""
    home = tmp_path / "my songs"
    for song_id in "ab":
        write_features(home / "features" / f"{song_id}.csv")
    lines = [f"b,{t:g},{t / 100:g},-0.5" for t in np.arange(8, 2, -0.5)]
    lines += [f"a,{t:g},0.25,{-t / 100:g}" for t in np.arange(5, 15, 0.5)]
    write_lines(home / "labels.csv", HEADER, *lines)
    return home


def song(dataset: Dataset, song_id: str) -> Song:
    return next(song for song in dataset.songs if song.song_id == song_id)


# --- matching labels to rows ---


def labels_at(times_s: list[float], **values: object) -> Annotation:
    ramp = np.array(times_s) / 100
    fields = {"times_s": np.array(times_s), "arousal": ramp, "valence": -ramp}
    return Annotation(**(fields | values))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("labels_s", "expected_s"),
    [
        ([2, 2.5, 3], [2, 2.5, 3]),
        # one per second: rows between are interpolated
        ([2, 3, 4], [2, 2.5, 3, 3.5, 4]),
        # off the grid: rows between, and the nearest ones at both ends
        ([2.2, 3.2, 4.2], [2, 2.5, 3, 3.5, 4]),
        ([2.3, 3.3, 4.3], [2.5, 3, 3.5, 4, 4.5]),
        # at equal distance from two rows: both
        ([2.25], [2, 2.5]),
        # every 5 s: one row per label, and none between
        ([2.1, 7.1, 12.1], [2, 7, 12]),
        # with a gap
        ([2, 2.5, 3, 6, 6.5], [2, 2.5, 3, 6, 6.5]),
        # ten per second
        (list(np.arange(20, 31) / 10), [2, 2.5, 3]),
        # before the first row and after the last
        ([19, 19.5, 20, 20.5], [19, 19.5]),
        ([25, 30], []),
    ],
)
def test_rows_that_get_a_label(labels_s: list[float], expected_s: list[float]) -> None:
    found, rows = interpolate_labels(labels_at(labels_s), ROWS_S)
    assert found.times_s.tolist() == expected_s
    assert ROWS_S[rows].tolist() == expected_s


def plain_value(times_s: npt.NDArray[np.float64], values: npt.NDArray[np.float64], row_s: float) -> float | None:
    """Apply the documented rule to one row."""
    before = [i for i, t in enumerate(times_s) if t <= row_s]
    after = [i for i, t in enumerate(times_s) if t >= row_s]
    if before and after and times_s[after[0]] - times_s[before[-1]] <= 1:
        ends = [before[-1], after[0]]
        return float(np.interp(row_s, times_s[ends], values[ends]))
    nearest = min(range(len(times_s)), key=lambda i: (abs(times_s[i] - row_s), i))
    return float(values[nearest]) if abs(times_s[nearest] - row_s) <= 0.25 else None


def test_random_times_follow_the_rule() -> None:
    rng = np.random.default_rng(0)
    for _ in range(200):
        # halves, thirds and quarters of a second: on rows, between rows, and with gaps of 1 s; no duplicates
        times_s = np.unique(np.round(rng.integers(0, 75, rng.integers(1, 40)) / rng.choice([2, 3, 4]), 6))
        values = rng.uniform(-1, 1, len(times_s))
        found, rows = interpolate_labels(labels_at(list(times_s), arousal=values), ROWS_S)
        expected = [plain_value(times_s, values, row_s) for row_s in ROWS_S]
        assert rows.tolist() == [i for i, value in enumerate(expected) if value is not None]
        # two formulas of interpolation differ in the last bits
        assert found.arousal == pytest.approx([value for value in expected if value is not None], abs=1e-12)


def test_rater_statistics_are_interpolated() -> None:
    labels = labels_at(
        [2, 2.5, 3, 4],
        arousal_std=np.array([0.1, np.nan, 0.3, 0.5]),
        arousal_raters=np.array([3, 1, 5, 4]),
    )
    found, _ = interpolate_labels(labels, ROWS_S)
    assert found.times_s.tolist() == [2, 2.5, 3, 3.5, 4]
    assert found.arousal_std is not None
    assert found.arousal_raters is not None
    # unknown at 2.5 s; 3.5 s is halfway between its neighbors and has the smaller number of raters
    assert found.arousal_std == pytest.approx([0.1, np.nan, 0.3, 0.4, 0.5], nan_ok=True)
    assert found.arousal_raters.tolist() == [3, 1, 5, 4, 4]
    assert found.valence_std is None
    assert found.valence_raters is None


# --- folders ---


def test_songs_are_aligned_row_by_row(folder: Path) -> None:
    dataset = read_dataset(folder)
    assert dataset.name == "my songs"
    assert dataset.feature_set == COMPARE260
    assert [found.song_id for found in dataset.songs] == ["a", "b"]
    a, b = dataset.songs
    assert a.annotation.times_s.tolist() == np.arange(5, 15, 0.5).tolist()
    assert np.array_equal(a.x[:, 0], a.annotation.times_s)
    assert a.annotation.arousal.tolist() == [0.25] * 20
    assert a.annotation.valence == pytest.approx(-np.arange(5, 15, 0.5) / 100, abs=1e-15)
    assert b.annotation.times_s.tolist() == np.arange(2.5, 8.5, 0.5).tolist()
    assert b.annotation.arousal == pytest.approx(np.arange(2.5, 8.5, 0.5) / 100, abs=1e-15)
    assert a.recording is not None
    assert np.array_equal(a.recording.times_s, ROWS_S)
    assert a.rated == slice(10, 30)
    assert (a.artist, a.annotation.song_arousal, a.annotation.arousal_std) == ("", None, None)
    only_note(dataset, r"^The artist of 2 songs \(a, b\) is unknown")


def test_another_feature_set(folder: Path) -> None:
    found = read_dataset(folder, feature_set=COMPARE236).songs[0]
    assert found.x.shape == (20, 236)
    assert found.full_features.values.shape == (40, 236)


def test_songs_with_a_gap_in_their_labels_have_no_recording(folder: Path) -> None:
    write_lines(folder / "labels.csv", HEADER, *(f"a,{t},0,0" for t in (2, 2.5, 9, 9.5)))
    found = read_dataset(folder).songs[0]
    assert found.recording is None
    assert found.full_features.times_s.tolist() == [2, 2.5, 9, 9.5]


def test_labels_after_the_last_row_are_counted(folder: Path) -> None:
    with (folder / "labels.csv").open("a") as file:
        file.write("a,20,0,0\na,33,0,0\n")
    only_note(read_dataset(folder), "^2 labels of song a left out: no feature row at their time")


def test_labels_from_the_command_can_be_read(folder: Path) -> None:
    times_s = np.arange(15, 18, 0.5)
    rng = np.random.default_rng(0)
    written = Annotation(
        times_s=times_s,
        arousal=rng.uniform(-1, 1, 6),
        valence=rng.uniform(-1, 1, 6),
        arousal_std=np.array([0.2, np.nan, 0.1, 0.3, 0.4, 0.5]),
        valence_std=rng.uniform(0, 1, 6),
        arousal_raters=np.array([2, 1, 3, 4, 5, 6]),
        valence_raters=np.full(6, 3),
    )
    plain = replace(written, arousal_std=None, valence_std=None, arousal_raters=None, valence_raters=None)
    write_tables(
        RaterLabels(annotations={"a": written, "b": plain}, song_ratings={}, agreement={}, min_raters=1, notes=()),
        folder,
    )
    found, without = (song(read_dataset(folder), song_id).annotation for song_id in "ab")
    for field in ("arousal", "valence", "arousal_std", "valence_std"):
        # the table has six decimals
        assert getattr(found, field) == pytest.approx(getattr(written, field), abs=5.1e-7, nan_ok=True)
    assert np.array_equal(found.arousal_raters, written.arousal_raters)  # type: ignore[arg-type]
    assert np.array_equal(found.valence_raters, written.valence_raters)  # type: ignore[arg-type]
    assert without.arousal_std is None
    assert without.valence_raters is None


def test_metadata_of_songs(folder: Path) -> None:
    write_lines(
        folder / "songs.csv",
        "song_id,arousal_mean,arousal_rounded,arousal_spread,arousal_raters,valence_mean,artist",
        'a,9,9,0.5,4,4,"Bob, Cy"',
        "b,,,,,,",
        "elsewhere,1,1,0,2,1,Dee",
    )
    write_lines(folder / "metadata.csv", "Song_ID,Artist,Title,arousal", "b,Ann  Other,,7", "a,Someone,Waltz,1")
    dataset = read_dataset(folder)
    a, b = dataset.songs
    assert (a.artist, a.title, a.genre) == ("Bob, Cy", "Waltz", "")
    # songs.csv takes precedence over metadata.csv; 1 to 9 becomes -1 to 1
    assert (a.annotation.song_arousal, a.annotation.song_valence) == (1, -0.25)
    assert (b.artist, b.annotation.song_arousal, b.annotation.song_valence) == ("Ann Other", 0.5, None)
    assert dataset.notes == ()


def test_progress_counts_the_songs(folder: Path) -> None:
    calls: list[tuple[int, int]] = []
    read_dataset(folder, progress=lambda done, total: calls.append((done, total)))
    assert calls == [(1, 2), (2, 2)]


# --- missing, ambiguous and malformed files ---


def test_songs_without_a_file_or_without_labels(folder: Path) -> None:
    with (folder / "labels.csv").open("a") as file:
        file.write("ghost,1,0,0\n")
    write_noise(folder / "audio" / "humming.wav")
    (folder / "audio" / ".DS_Store").write_text("x")
    dataset = read_dataset(folder)
    assert [found.song_id for found in dataset.songs] == ["a", "b"]
    only_note(dataset, "^song ghost left out: labels without a file in audio/ or features/")
    only_note(dataset, "^song humming left out: a file without labels")


def test_commands_exit_with_1_if_a_song_is_left_out(folder: Path, tmp_path: Path) -> None:
    model, ids = tmp_path / "mine.onnx", tmp_path / "ids.txt"
    write_noise(folder / "audio" / "humming.wav")  # not an annotated song, so nothing is missing
    run("train", folder, "--model", "mlr", "-o", model)
    with (folder / "labels.csv").open("a") as file:
        file.writelines(f"{song_id},1,0,0\n" for song_id in ("ghost", "phantom"))
    assert read_dataset(folder).skipped_ids == ("ghost", "phantom")
    for arguments in (
        ("train", folder, "--model", "mlr", "-o", model),
        ("evaluate", folder, "--model", model),
    ):
        done = run_command(*arguments)
        assert done.exit_code == 1
        assert "2 songs (ghost, phantom) left out: labels without a file" in done.stderr
    # songs that are not requested are not missing
    ids.write_text("a\nb\n")
    run("evaluate", folder, "--model", model, "--ids", ids)
    ids.write_text("a\n")
    assert run_command("train", folder, "--model", "mlr", "--without", ids, "-o", model).exit_code == 1


@pytest.mark.parametrize("trick", ["../secret", "./a", "../features/a", "audio/../a", "a.csv", "..", "~", "a\\b"])
def test_ids_never_lead_out_of_the_folder(folder: Path, trick: str) -> None:
    write_features(folder.parent / "secret.csv")
    write_noise(folder / "secret.wav")
    write_noise(folder / "audio" / "c.wav")
    with (folder / "labels.csv").open("a") as file:
        file.writelines(f"{song_id},1,0,0\n" for song_id in (trick, str(folder / "secret")))
    dataset = read_dataset(folder)
    assert [found.song_id for found in dataset.songs] == ["a", "b"]
    only_note(dataset, "^2 songs .*secret.* left out: labels without a file")


@pytest.mark.parametrize("song_id", ["50% off? (live) [x] #1", "Ψ – ünï", "-rf *", "a,b", "Nr. 1.mix", "'; drop"])
def test_ids_with_special_characters(folder: Path, song_id: str) -> None:
    shutil.move(folder / "features" / "a.csv", folder / "features" / f"{song_id}.csv")
    write_lines(folder / "labels.csv", HEADER, f'"{song_id}",3,0.5,0')
    assert [found.song_id for found in read_dataset(folder).songs] == [song_id]


def test_ids_match_in_any_unicode_normalization(folder: Path) -> None:
    shutil.move(folder / "features" / "a.csv", folder / "features" / "Cafe\u0301.csv")
    write_lines(folder / "labels.csv", HEADER, "Caf\u00e9,3,0.5,0")
    assert len(read_dataset(folder).songs) == 1


def test_songs_with_two_files_are_left_out(folder: Path) -> None:
    for name in ("c.wav", "c.flac"):
        write_noise(folder / "audio" / name)
    with (folder / "labels.csv").open("a") as file:
        file.write("c,1,0,0\n")
    only_note(read_dataset(folder), r"^song c left out: audio/ has c\.flac, c\.wav, expected one file")


def test_a_bad_file_only_affects_its_song(folder: Path) -> None:
    write_lines(folder / "features" / "b.csv", "frameTime;mood", "0;1")
    write_lines(folder / "audio" / "c.mp3", "not music")
    (folder / "audio" / "d.mp3").touch()
    write_noise(folder / "audio" / "e.wav", 0.5)
    with (folder / "labels.csv").open("a") as file:
        file.writelines(f"{song_id},1,0,0\n" for song_id in "cde")
    for _ in range(2):  # rejected files are tried again
        dataset = read_dataset(folder)
        assert [found.song_id for found in dataset.songs] == ["a"]
        only_note(dataset, r"^song b left out: .*b\.csv, line 1: expected 261 columns between ';', found 2")
        only_note(dataset, r"^song c left out: .*c\.mp3: .*supported are")
        only_note(dataset, r"^song d left out: .*d\.mp3: is empty")
        only_note(dataset, r"^song e left out: .*e\.wav: 0\.50 s of audio is too short")
    (folder / "features" / "a.csv").write_text("")
    with pytest.raises(DatasetError, match=r"my songs: no song .* expected audio/<song_id>\.\* .* song a left out: "):
        read_dataset(folder)


BAD_LABELS: list[tuple[list[str], str]] = [
    ([], r"labels\.csv: is empty"),
    ([HEADER], r"labels\.csv: no labels after the header"),
    (["song_id,arousal,valence", "a,0,0"], "line 1: expected a column 'time_s'"),
    ([HEADER, ",1,0,0"], "line 2: song_id has 0 characters, expected a name of 1 to 255"),
    # more digits than Python converts to a number
    ([HEADER, "9" * 5000 + ",1,0,0"], "line 2: song_id has 5000 characters"),
    ([HEADER, "a,-1,0,0"], "line 2: time_s is '-1', expected a number from 0"),
    ([HEADER, "a,1,0"], "line 2: valence is '', expected a number from -1 to 1"),
    ([HEADER, "a,1,5,0"], "line 2: arousal is '5', expected a number from -1 to 1"),
    ([HEADER, "a,1,nan,0"], "line 2: arousal is 'nan'"),
    ([HEADER, "a,1,0,0", "a,1.0,0,0"], "line 3: song a already has a label at 1 s in line 2"),
    ([HEADER + ",arousal_spread", "a,1,0,0,3"], "line 2: arousal_spread is '3', expected a number from 0 to 2"),
    ([HEADER + ",valence_raters", "a,1,0,0,0"], "line 2: valence_raters is '0', expected a number from 1"),
    ([HEADER + ",valence_raters", "a,1,0,0,2.5"], "line 2: valence_raters is '2.5', expected a whole number"),
]


@pytest.mark.parametrize(("lines", "message"), BAD_LABELS)
def test_malformed_labels(folder: Path, lines: list[str], message: str) -> None:
    (folder / "labels.csv").write_text("\n".join(lines))
    with pytest.raises(DatasetError, match=message):
        read_dataset(folder)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["artist", "Ann"], "line 1: expected a column 'song_id'"),
        (["song_id,arousal", "a,0.5"], "line 2: arousal is '0.5', expected a number from 1 to 9"),
        (["song_id,artist", "a,Ann", "b,Bob", "a,Cy"], "line 4: song a is already in line 2"),
    ],
)
def test_malformed_songs(folder: Path, lines: list[str], message: str) -> None:
    write_lines(folder / "songs.csv", *lines)
    with pytest.raises(DatasetError, match=rf"songs\.csv, {message}"):
        read_dataset(folder)


def test_rater_statistics_may_be_incomplete(tmp_path: Path) -> None:
    write_lines(
        tmp_path / "labels.csv",
        HEADER + ",arousal_spread,arousal_raters,valence_raters",
        "a,1,0,0,0.1,,3",
        "a,2,0,0,,4,3",
    )
    found = read_labels(tmp_path / "labels.csv")["a"]
    # not all labels have a number of raters of arousal
    assert found.arousal_raters is None
    assert found.arousal_std == pytest.approx([0.1, np.nan], nan_ok=True)
    # all labels have a number of raters of valence, but no standard deviation
    assert found.valence_raters is not None
    assert found.valence_raters.tolist() == [3, 3]
    assert found.valence_std == pytest.approx([np.nan, np.nan], nan_ok=True)


def test_no_metadata_files() -> None:
    assert read_metadata([]) == {}


# --- layouts ---


def test_unknown_layouts_name_the_known_ones(tmp_path: Path) -> None:
    write_noise(tmp_path / "a.wav")
    expected = r"expected a DEAM folder .*, a folder of your own songs \(with labels\.csv.*; found a\.wav"
    with pytest.raises(DatasetError, match=expected):
        read_dataset(tmp_path)


def test_a_deam_folder_with_labels_csv_is_read_as_deam(small_deam: Path, tmp_path: Path) -> None:
    deam = shutil.copytree(small_deam, tmp_path / "deam")
    write_lines(deam / "labels.csv", HEADER, "1,1,0,0")
    assert read_dataset(deam).name == "DEAM"


def test_custom_songs_have_no_2015_labels(folder: Path) -> None:
    with pytest.raises(DatasetError, match=r"only a DEAM folder has the labels 'mediaeval2015'; .*labels\.csv"):
        read_dataset(folder, labels="mediaeval2015")


# --- caching of audio features ---


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of decoded files, in order."""
    names: list[str] = []
    original: Callable[..., analysis.FileFeatures] = analysis.file_features

    def recorded(path: Path, *rest: object, **named: object) -> analysis.FileFeatures:
        names.append(path.name)
        return original(path, *rest, **named)

    monkeypatch.setattr(analysis, "file_features", recorded)
    return names


@pytest.fixture
def sounds(tmp_path: Path) -> Path:
    """Three songs of noise with labels; the last is truncated."""
    home = tmp_path / "sounds"
    for seed, name in enumerate(("1.wav", "2.flac", "10.wav")):
        write_noise(home / "audio" / name, seed=seed)
    whole = (home / "audio" / "10.wav").read_bytes()
    (home / "audio" / "10.wav").write_bytes(whole[: len(whole) * 2 // 3])
    write_lines(home / "labels.csv", HEADER, *(f"{i},{t},0.1,0.2" for i in (1, 2, 10) for t in (0, 0.5, 1)))
    return home


def assert_equal(first: Dataset, second: Dataset) -> None:
    assert first.notes == second.notes
    for one, other in zip(first.songs, second.songs, strict=True):
        assert np.array_equal(one.full_features.values, other.full_features.values)
        assert np.array_equal(one.full_features.times_s, other.full_features.times_s)


def test_audio_is_decoded_once(sounds: Path, decoded: list[str]) -> None:
    first = read_dataset(sounds)
    assert decoded == ["1.wav", "2.flac", "10.wav"]
    assert [found.song_id for found in first.songs] == ["1", "2", "10"]
    expected = analysis.file_features(sounds / "audio" / "2.flac", COMPARE260).features
    assert np.array_equal(first.songs[1].full_features.values, expected.values)
    # the warning is cached with the features
    only_note(first, r"^10\.wav: only 2\.0 s of 3\.0 s could be read")
    decoded.clear()
    assert_equal(read_dataset(sounds), first)
    # new labels and songs do not invalidate cached features
    write_noise(sounds / "audio" / "3.wav")
    with (sounds / "labels.csv").open("a") as file:
        file.write("3,1,0,0\n")
    assert len(read_dataset(sounds).songs) == 4
    assert decoded == ["3.wav"]


def test_a_changed_file_is_decoded_again(sounds: Path, decoded: list[str]) -> None:
    before = read_dataset(sounds)
    decoded.clear()
    write_noise(sounds / "audio" / "1.wav", seed=7)
    after = read_dataset(sounds)
    assert decoded == ["1.wav"]
    assert not np.array_equal(after.songs[0].x, before.songs[0].x)


def test_a_damaged_cache_is_replaced(sounds: Path, decoded: list[str], cache_folder: Path) -> None:
    before = read_dataset(sounds)
    for content in (b"", b"no archive", b"PK\x05\x06" + bytes(18)):
        decoded.clear()
        for file in (cache_folder / "features").iterdir():
            file.write_bytes(content)
        assert_equal(read_dataset(sounds), before)
        assert len(decoded) == 3


def test_songs_are_read_without_a_writable_cache(
    sounds: Path, decoded: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOODCURVE_CACHE", str(sounds / "labels.csv"))
    assert_equal(read_dataset(sounds), read_dataset(sounds))
    assert len(decoded) == 6


def test_features_take_precedence_over_audio(sounds: Path, decoded: list[str]) -> None:
    write_features(sounds / "features" / "2.csv", np.arange(0, 5, 0.5))
    found = song(read_dataset(sounds), "2")
    assert decoded == ["1.wav", "10.wav"]
    assert found.x[:, 0].tolist() == [0, 0.5, 1]


# --- from raters to an evaluated model ---


def run(*arguments: str | Path) -> Result:
    done = run_command(*arguments)
    assert done.exit_code == 0, done.stderr
    return done


def write_survey(folder: Path, songs: int) -> None:
    """Compose songs of three moods each, and simulate three raters who follow the moods with bias and noise."""
    (folder / "audio").mkdir(parents=True)
    with (folder / "tracks.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["song_id", "rater", "time_s", "arousal", "valence"])
        for i in range(songs):
            rng = np.random.default_rng(i)
            sections = [replace(DEMO_SECTIONS[k], bars=2 if k < 3 else 1) for k in rng.permutation(4)[:3]]
            piece = compose(sections, sr=22050, seed=i)
            write_flac(piece, folder / "audio" / f"piece {i}.flac")
            for rater in ("ann", "bob", "cy"):
                bias = rng.normal(0, 0.05, 2)
                for t in np.arange(0, piece.duration_s, 0.7):
                    now = next(span.section for span in piece.spans if t < span.end_s)
                    arousal, valence = np.array([0.7 * now.arousal, 0.6 * now.valence]) + bias + rng.normal(0, 0.05, 2)
                    writer.writerow([f"piece {i}", rater, f"{t:.2f}", f"{arousal:.3f}", f"{valence:.3f}"])


@pytest.mark.slow
def test_from_raters_to_an_evaluated_model(tmp_path: Path) -> None:
    folder = tmp_path / "survey"
    write_survey(folder, 7)
    run("labels", folder, "-o", folder, "--skip", "0")
    write_lines(tmp_path / "test.txt", "piece 5", "piece 6")
    model = tmp_path / "mine.onnx"
    run("train", folder, "--model", "ffnn", "--without", tmp_path / "test.txt", "-o", model)
    log = json.loads((tmp_path / "mine.training.json").read_text())
    assert (log["training_data"], log["songs"]) == ("survey", 5)
    evaluated = json.loads(
        run("evaluate", folder, "--model", model, "--ids", tmp_path / "test.txt", "--json").stdout.splitlines()[-1]
    )
    assert (evaluated["songs"], evaluated["songs_trained_on"]) == (2, 0)
    # changes of mood in new songs are predicted, arousal best; r of chance predictions is about 0
    assert evaluated["arousal"]["r"] > 0.6
    assert evaluated["valence"]["r"] > 0.3
    training = run("evaluate", folder, "--model", model, "--json")
    assert json.loads(training.stdout.splitlines()[-1])["songs_trained_on"] == 5
    run("benchmark", folder, "--protocol", "deam", "--models", "mlr", "-o", tmp_path)
    results = json.loads((tmp_path / "deam.json").read_text())
    assert (results["dataset"], results["songs"]) == ("survey", 7)
    assert results["models"][0]["arousal"]["r"]["value"] > 0.6
