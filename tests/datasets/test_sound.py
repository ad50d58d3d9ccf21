"""Test songs as audio with a table of labels: ratings over time, of whole clips, quadrants, excerpts, and caching."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from moodcurve import analysis
from moodcurve.datasets import DatasetError, read_dataset
from moodcurve.datasets.audio_features import audio_features, computed_sets
from moodcurve.datasets.selection import rated_songs
from moodcurve.datasets.song import Annotation
from moodcurve.datasets.sound.labels import SoundLabels, read_sound_labels
from moodcurve.datasets.sound.reader import read_sound, sound_start
from moodcurve.demo.composer import DEMO_SECTIONS, compose, write_flac
from moodcurve.evaluation import evaluate
from moodcurve.features import COMPARE236, COMPARE260
from moodcurve.mood.circumplex import QUADRANTS
from moodcurve.runtime import load_model
from tests.datasets.test_custom import write_lines, write_noise
from tests.datasets.test_deam import only_note
from tests.helpers.command_line import run as run_command


@pytest.fixture(autouse=True)
def cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MOODCURVE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def moments(first_ms: int, last_ms: int) -> list[str]:
    times = range(first_ms, last_ms + 1, 500)
    return [f"{axis}_{t}ms" for axis in ("arousal", "valence") for t in times]


def write_sounds(folder: Path, ids: str, seconds: float = 4.0) -> None:
    for seed, name in enumerate(ids):
        write_noise(folder / "audio" / f"{name}.flac", seconds, seed)


# --- the table ---


def read_lines(tmp_path: Path, *lines: str) -> list[SoundLabels]:
    write_lines(tmp_path / "labels.csv", *lines)
    return read_sound_labels(tmp_path / "labels.csv")


def test_ratings_over_time_count_where_both_axes_are_rated(tmp_path: Path) -> None:
    header = ",".join(["Song_ID", "artist", *moments(1000, 2000)])
    (song, other) = read_lines(tmp_path, header, "7, Bob ,0.1,,0.3,-0.1,-0.2,-0.3", "8,,,,,,,")
    assert (song.song_id, song.metadata.artist, song.quadrant) == ("7", "Bob", None)
    assert song.moments is not None
    assert song.moments.times_s.tolist() == [1, 2]
    assert song.moments.arousal.tolist() == [0.1, 0.3]
    assert song.moments.valence.tolist() == [-0.1, -0.3]
    assert other.is_empty


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (["a,-0.5,1", "b,1,0"], [(-0.5, 1), (1, 0)]),
        # one value beyond 1: all are from 1 to 9
        (["a,1,9", "b,5,1"], [(-1, 1), (0, -1)]),
        (["a,,", "b,3,7"], [(None, None), (-0.5, 0.5)]),
    ],
)
def test_scale_of_ratings_of_whole_clips(
    tmp_path: Path, rows: list[str], expected: list[tuple[float | None, float | None]]
) -> None:
    found = read_lines(tmp_path, "id,arousal,valence", *rows)
    assert [(one.metadata.arousal, one.metadata.valence) for one in found] == expected


def test_quadrants(tmp_path: Path) -> None:
    found = read_lines(tmp_path, "clip,quadrant", "a,Q1", "b,q2", "c,Q3", "d,Q4")
    assert [one.quadrant for one in found] == list(QUADRANTS)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["quadrant,artist", "Q1,x"], "line 1: expected a column 'song_id' or 'clip' or 'id'"),
        (["clip,quadrant"], "no songs after the header"),
        (["clip,quadrant,QUADRANT", "a,Q1,Q1"], "line 1: column 'quadrant' occurs twice"),
        (["clip,quadrant", "a,Q5"], "line 2: quadrant is 'Q5', expected one of Q1, Q2, Q3, Q4"),
        (["clip,quadrant", "a,Q1", "a,Q1"], "line 3: song a is already in line 2"),
        (["clip,quadrant", ",Q1"], "line 2: clip has 0 characters"),
        (["id,arousal,valence", "a,-0.5,0", "b,5,5"], "line 2: arousal is '-0.5', expected a number from 1 to 9"),
        (["id,arousal,valence", "a,10,5"], "line 2: arousal is '10', expected a number from -1 to 9"),
        (["id,arousal,valence", "a,0.5,"], "line 2: has arousal alone"),
        (["id,arousal", "a,0.5"], "line 1: has arousal, expected both"),
        (["id,arousal_500ms", "a,0.5"], "line 1: has arousal_500ms, expected the other axis"),
        (["id,arousal_500ms,valence_500ms", "a,0,1.5"], "line 2: valence_500ms is '1.5', expected .* -1 to 1"),
    ],
)
def test_malformed_tables(tmp_path: Path, lines: list[str], message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        read_lines(tmp_path, *lines)


# --- songs ---


def test_ratings_are_aligned_with_rows(tmp_path: Path) -> None:
    write_sounds(tmp_path, "ab")
    header = ",".join(["song_id", "artist", *moments(500, 2500)])
    values = ",".join(f"{v / 10:g}" for v in range(10))
    write_lines(tmp_path / "labels.csv", header, f"b,x,{values}", f"a,y,{values}")
    dataset = read_dataset(tmp_path, feature_set=COMPARE236)
    assert [(song.song_id, song.artist) for song in dataset.songs] == [("a", "y"), ("b", "x")]
    song = dataset.songs[0]
    assert song.annotation.times_s.tolist() == [0.5, 1, 1.5, 2, 2.5]
    assert song.annotation.arousal.tolist() == [0, 0.1, 0.2, 0.3, 0.4]
    expected = analysis.file_features(tmp_path / "audio" / "a.flac", COMPARE236).features
    assert np.array_equal(song.full_features.values, expected.values)
    assert np.array_equal(song.x, expected.values[1:6])
    assert dataset.notes == ()


def test_excerpts_start_at_the_first_rated_time(tmp_path: Path) -> None:
    """The sound of 4 s has six rows; the label at 33.5 s has none. The first label of b is not that of the excerpt."""
    write_sounds(tmp_path, "ab")
    header = ",".join(["song_id", "artist", *moments(30_000, 33_500)])
    ramp = [f"{v / 10:g}" for v in range(8)]
    write_lines(
        tmp_path / "labels.csv",
        header,
        ",".join(["a", "x", *ramp, *ramp]),
        ",".join(["b", "y", "", *ramp[1:], "", *ramp[1:]]),
    )
    first, second = read_dataset(tmp_path).songs
    assert first.annotation.times_s.tolist() == [0, 0.5, 1, 1.5, 2, 2.5]
    assert first.annotation.arousal.round(6).tolist() == [0, 0.1, 0.2, 0.3, 0.4, 0.5]
    assert second.annotation.times_s.tolist() == [0.5, 1, 1.5, 2, 2.5]
    dataset = read_dataset(tmp_path)
    only_note(dataset, "is taken to start at 30 s, the first rated time")
    only_note(dataset, r"^4 labels of 2 songs \(a, b\) left out: no feature row")


def test_one_short_file_does_not_shift_the_others() -> None:
    rated = Annotation(times_s=np.array([15.0, 44.5]), arousal=np.zeros(2), valence=np.zeros(2))
    assert sound_start({"a": rated, "b": rated, "c": rated}, {"a": 43.5, "b": 43.5, "c": 8.0}) == 0


def test_each_row_has_the_rating_of_its_clip(tmp_path: Path) -> None:
    write_sounds(tmp_path, "a")
    write_lines(tmp_path / "labels.csv", "id,arousal,valence,artist", "a,7,4,x")
    dataset = read_dataset(tmp_path)
    (song,) = dataset.songs
    assert song.y.tolist() == [[0.5, -0.25]] * 6
    assert (song.annotation.song_arousal, song.annotation.song_valence) == (0.5, -0.25)
    only_note(dataset, "^song a rated as a whole: each row has the rating of its clip")


def test_songs_with_a_quadrant_only_have_no_rated_rows(tmp_path: Path) -> None:
    write_sounds(tmp_path, "ab")
    write_lines(tmp_path / "labels.csv", "clip,artist,quadrant,arousal,valence", "a,x,Q2,,", "b,y,Q4,-0.2,0.3")
    dataset = read_dataset(tmp_path, feature_set=COMPARE236)
    only_note(dataset, "^song a with a quadrant only: `categories`, `evaluate` and the protocol `across`")
    assert dataset.quadrants == ("tense-negative", "calm-positive")
    only, both = dataset.songs
    assert (only.is_rated, both.is_rated) == (False, True)
    assert (only.x.shape, only.y.shape, only.rated) == ((0, 236), (0, 2), slice(0, 0))
    assert len(only.full_features.times_s) == 6
    assert rated_songs(dataset).songs == (both,)
    assert evaluate(dataset, load_model("fast"))["songs"] == 1
    assert only.rated_by_quadrant().y.tolist() == [[0.5, -0.5]] * 6
    assert both.rated_by_quadrant() is both
    assert len(dataset.arrays().X) == 6


def test_ratings_are_needed_by_training(tmp_path: Path) -> None:
    folder = tmp_path / "clips"
    write_sounds(folder, "a")
    write_lines(folder / "labels.csv", "clip,artist,quadrant", "a,x,Q2")
    with pytest.raises(DatasetError, match="clips: its 1 songs have quadrants, but no ratings"):
        rated_songs(read_sound(folder))


def test_songs_that_cannot_be_used(tmp_path: Path) -> None:
    write_sounds(tmp_path, "ab")
    write_noise(tmp_path / "audio" / "b.wav")
    write_noise(tmp_path / "audio" / "other.wav")
    (tmp_path / "audio" / "c.mp3").write_text("not music")
    write_lines(tmp_path / "labels.csv", "clip,quadrant", "a,Q1", "b,Q1", "c,Q1", "ghost,Q1", "blank,", "../a,Q1")
    for _ in range(2):  # rejected files are tried again
        dataset = read_dataset(tmp_path)
        assert [song.song_id for song in dataset.songs] == ["a"]
        assert set(dataset.skipped_ids) == {"b", "c", "ghost", "blank", "../a"}
        only_note(dataset, r"^song b left out: audio/ has b\.flac, b\.wav, expected one file")
        only_note(dataset, r"^song c left out: .*c\.mp3: .*supported are")
        only_note(dataset, r"^2 songs \(\.\./a, ghost\) left out: labels without a sound file, audio/<id>")
        only_note(dataset, "^song blank left out: no label")
        only_note(dataset, "^song other left out: a file without labels")
        only_note(dataset, "^The artist of song a is unknown")
    write_lines(tmp_path / "labels.csv", "clip,quadrant", "c,Q1")
    with pytest.raises(DatasetError, match=r"no song with labels and audio; .* song c left out"):
        read_dataset(tmp_path)


def test_unknown_tables_are_refused(tmp_path: Path) -> None:
    write_lines(tmp_path / "labels.csv", "song_id,mood", "a,happy")
    with pytest.raises(DatasetError, match=r"labels\.csv, line 1: expected a column 'time_s', found song_id, mood"):
        read_dataset(tmp_path)


# --- features of many files ---


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of decoded files with their feature sets, in order."""
    names: list[str] = []
    original: Callable[..., analysis.FileFeatures] = analysis.file_features

    def recorded(path: Path, *rest: object, **named: object) -> analysis.FileFeatures:
        names.append(f"{path.name} {getattr(rest[0], 'name', '')}")
        return original(path, *rest, **named)

    monkeypatch.setattr(analysis, "file_features", recorded)
    return names


def test_features_are_cached_by_file_and_set(tmp_path: Path, decoded: list[str]) -> None:
    write_sounds(tmp_path, "ab")
    paths = sorted((tmp_path / "audio").iterdir())
    audio_features(paths[:1], COMPARE236)
    audio_features(paths, COMPARE236)
    audio_features(paths, COMPARE260)
    audio_features(paths, COMPARE236)
    assert decoded == ["a.flac compare236", "b.flac compare236", "a.flac compare260", "b.flac compare260"]
    assert computed_sets(COMPARE260) == (COMPARE260,)


def test_an_interruption_keeps_what_is_done(tmp_path: Path, decoded: list[str]) -> None:
    write_sounds(tmp_path, "abc")
    paths = sorted((tmp_path / "audio").iterdir())

    def stop_after_one(done: int, total: int) -> None:
        if done == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        audio_features(paths, COMPARE236, workers=1, progress=stop_after_one)
    decoded.clear()
    audio_features(paths, COMPARE236, workers=1)
    assert [name[0] for name in decoded] == ["b", "c"]


def test_processes_give_the_same_features(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_sounds(tmp_path, "abcd")
    (tmp_path / "audio" / "c.flac").write_bytes(b"fLaC")
    paths = sorted((tmp_path / "audio").iterdir())
    calls: list[int] = []
    several = audio_features(paths, COMPARE236, workers=2, progress=lambda done, total: calls.append(done))
    monkeypatch.setenv("MOODCURVE_CACHE", str(tmp_path / "other"))
    alone = audio_features(paths, COMPARE236, workers=1)
    assert calls == sorted(calls)
    assert (calls[0], calls[-1]) == (0, 4)
    for i, (one, other) in enumerate(zip(several, alone, strict=True)):
        if i == 2:
            assert str(one) == str(other)
        else:
            assert np.array_equal(one.features.values, other.features.values)  # type: ignore[union-attr]


# --- composed songs, and the published sets ---


@pytest.mark.slow
def test_mood_classes_of_composed_clips(tmp_path: Path) -> None:
    """Quadrants of composed sections are recognized in clips by other artists."""
    folder, lines = tmp_path / "clips", ["clip,quadrant,artist"]
    (folder / "audio").mkdir(parents=True)
    for seed in range(6):
        for section in DEMO_SECTIONS:
            piece = compose([replace(section, bars=2)], sr=22050, seed=seed)
            span = piece.spans[0].section
            quadrant = {(1, 1): "Q1", (1, -1): "Q2", (-1, -1): "Q3", (-1, 1): "Q4"}[
                int(np.sign(span.arousal)), int(np.sign(span.valence))
            ]
            name = f"{seed} {quadrant}"
            write_flac(piece, folder / "audio" / f"{name}.flac")
            lines.append(f"{name},{quadrant},artist {seed}")
    write_lines(folder / "labels.csv", *lines)
    result = run_command("categories", str(folder), "--curve", "mlr", "-o", str(tmp_path))
    assert result.exit_code == 0, result.stderr
    found = json.loads((tmp_path / "categories.json").read_text())
    assert "moods" not in found
    assert found["quadrants"]["songs"]["svm"]["accuracy"]["value"] > 0.8


def few_songs(source: Path, folder: Path, count: int) -> Path:
    """Make a folder of a published set's first songs."""
    lines = (source / "labels.csv").read_text(encoding="utf-8").splitlines()[: count + 1]
    write_lines(folder / "labels.csv", *lines)
    (folder / "audio").mkdir()
    for line in lines[1:]:
        name = f"{line.split(',')[0]}.opus"
        (folder / "audio" / name).symlink_to(source / "audio" / name)
    return folder


@pytest.mark.real
def test_deams_sound(data_dir: Path, tmp_path: Path) -> None:
    dataset = read_dataset(few_songs(data_dir / "deam_audio", tmp_path / "deam_audio", 3), feature_set=COMPARE236)
    assert [song.song_id for song in dataset.songs] == ["2", "3", "4"]
    only_note(dataset, "start at 30 s")
    assert [len(song.x) for song in dataset.songs] == [18, 18, 18]
    assert dataset.songs[0].annotation.arousal[:2].tolist() == [-0.157689, -0.153775]
    assert dataset.songs[1].artist == "kevin macleod"


@pytest.mark.real
def test_quadrants_of_clips(data_dir: Path, tmp_path: Path) -> None:
    dataset = read_dataset(few_songs(data_dir / "quadrants4q", tmp_path / "4q", 3), feature_set=COMPARE236)
    assert dataset.quadrants[0] == "excited-positive"
    assert [len(song.full_features.times_s) for song in dataset.songs] == [30, 30, 30]


def test_sound_file_with_other_extension(tmp_path: Path) -> None:
    (tmp_path / "audio").mkdir()
    soundfile.write(tmp_path / "audio" / "a.ogg", np.random.default_rng(0).normal(0, 0.1, 3 * 48_000), 48_000)
    write_lines(tmp_path / "labels.csv", "clip,quadrant,artist", "a,Q3,x")
    assert read_dataset(tmp_path).songs[0].annotation.quadrant == "sad-negative"
