"""Test columns of the user's own: reading, errors, and models that are trained on them."""

import json
from pathlib import Path

import numpy as np
import pytest

from moodcurve.datasets import DatasetError, read_dataset
from moodcurve.datasets.own_columns import join_own_columns
from moodcurve.features import COMPARE236, COMPARE260, FeatureError, Features
from moodcurve.features.feature_sets import check_computable, join, own_set, without_own
from moodcurve.features.warmup import prepare
from moodcurve.runtime import ModelError, load_model
from tests.datasets.test_custom import write_lines, write_noise
from tests.helpers.command_line import run as run_command
from tests.helpers.training_songs import made_dataset, write_own_songs

ROWS_S = np.arange(4) / 2
SONG = Features(np.zeros((4, 236), np.float32), ROWS_S, COMPARE236)


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOODCURVE_CACHE", str(tmp_path / "cache"))


def test_rows_are_matched_by_time(tmp_path: Path) -> None:
    write_lines(tmp_path / "columns" / "a.csv", "frameTime;beat;key", "-0.2;1;2", "0.7;3;4", "1.2;5;6", "9;7;8")
    write_lines(tmp_path / "columns" / "b.csv", "key,frameTime,beat", *(f"{t},{t},-1e3" for t in ROWS_S))
    found = join_own_columns(tmp_path, {"a": Features(SONG.values[:3], ROWS_S[:3], COMPARE236), "b": SONG})
    # 0.5 s is nearest to 0.7 s, 1.0 s to 1.2 s
    assert found["a"].values[:, -2:].tolist() == [[1, 2], [3, 4], [5, 6]]
    assert found["b"].values[:, -2:].tolist() == [[-1000, 0], [-1000, 0.5], [-1000, 1], [-1000, 1.5]]
    columns = found["a"].feature_set
    assert columns == found["b"].feature_set
    assert (columns.key, columns.names[-2:]) == ("compare236+own/1", ("beat", "key"))
    assert without_own(columns) == COMPARE236


def test_folders_without_tables_are_unchanged(tmp_path: Path) -> None:
    assert join_own_columns(tmp_path, {"a": SONG}) == {"a": SONG}


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (
            ["frameTime,x", "0,1", "0.5,1", "1.5,1"],
            r"b\.csv: no row within 0\.25 s of 1 s; .* of the 4 feature rows",
        ),
        (["frameTime,x", "0,1", "0,2"], r"b\.csv, line 3: frameTime is 0, expected more than in the row before"),
        (["frameTime,x", "0,nan"], r"b\.csv, line 2: x is 'nan', expected a number"),
        (["frameTime,x", "0,1e39"], r"b\.csv, line 2: x is '1e39'"),
        (["frameTime,x", "0"], r"b\.csv, line 2: x is ''"),
        (["frameTime,x,x", "0,1,2"], r"b\.csv, line 1: expected frameTime and other columns"),
        (["frameTime", "0"], r"b\.csv, line 1: expected frameTime and other columns"),
        (["time,x", "0,1"], r"b\.csv, line 1: expected a column 'frametime'"),
        (["frameTime,x"], r"b\.csv: no rows"),
        (["frameTime,y", "0,1"], r"b\.csv, line 1: other columns than the first song's; differing: 'x'"),
    ],
)
def test_malformed_tables(tmp_path: Path, lines: list[str], message: str) -> None:
    write_lines(tmp_path / "columns" / "a.csv", "frameTime,x", *(f"{t},1" for t in ROWS_S))
    write_lines(tmp_path / "columns" / "b.csv", *lines)
    with pytest.raises(DatasetError, match=message):
        join_own_columns(tmp_path, {"a": SONG, "b": SONG})


def test_each_song_needs_a_table(tmp_path: Path) -> None:
    (tmp_path / "columns").mkdir()
    with pytest.raises(DatasetError, match=r"columns: 0 tables of song a, expected one, columns/a\.csv"):
        join_own_columns(tmp_path, {"a": SONG})


def test_names_of_computed_columns_are_refused(tmp_path: Path) -> None:
    write_lines(tmp_path / "columns" / "a.csv", "frameTime,pcm_zcr_sma_amean", "0,1")
    with pytest.raises(DatasetError, match="line 1: column 'pcm_zcr_sma_amean' is one of compare236; rename it"):
        join_own_columns(tmp_path, {"a": SONG})


def test_nothing_computes_them() -> None:
    columns = join([COMPARE236, own_set(["a", "b", "c", "d"])])
    expected = r"compare236\+own/1 include columns that cannot be computed from audio \(a, b, c, …\); use `moodcurve"
    with pytest.raises(FeatureError, match=expected):
        check_computable(columns)
    with pytest.raises(FeatureError, match=expected):
        prepare(columns)
    check_computable(COMPARE260)


def test_audio_with_one_row_per_song(tmp_path: Path) -> None:
    write_noise(tmp_path / "audio" / "a.flac", 3.0)
    write_lines(tmp_path / "labels.csv", "clip,artist,quadrant", "a,x,Q1")
    write_lines(tmp_path / "columns" / "a.csv", "frameTime,x", *(f"{t},{10 * t}" for t in ROWS_S))
    (song,) = read_dataset(tmp_path, feature_set=COMPARE236).songs
    assert song.full_features.values[:, -1].tolist() == [0, 5, 10, 15]
    assert song.rated_by_quadrant().x.shape == (4, 237)


def test_a_model_states_them_and_needs_them(tmp_path: Path) -> None:
    """The own column is arousal itself, so that a model that uses it is nearly right."""
    folder = tmp_path / "songs"
    dataset = made_dataset(12, feature_set=COMPARE260)
    write_own_songs(folder, dataset)
    for song in dataset.songs:
        rows = (f"{t},{a}" for t, a in zip(song.features.times_s, song.annotation.arousal, strict=True))
        write_lines(folder / "columns" / f"{song.song_id}.csv", "frameTime,energy", *rows)
    model = tmp_path / "mine.onnx"
    done = run_command("train", str(folder), "--model", "mlr", "-o", str(model))
    assert done.exit_code == 0, done.stderr
    loaded = load_model(model)
    assert loaded.feature_set.key == "compare236+own/1"
    assert loaded.feature_set.names[-1] == "energy"
    done = run_command("evaluate", str(folder), "--model", str(model), "--json")
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["arousal"]["r"] > 0.999
    # other models ignore them
    assert run_command("evaluate", str(folder)).exit_code == 0

    write_noise(tmp_path / "song.wav")
    for command in (["analyze"], ["scan", "--library", str(tmp_path / "lib.db")]):
        target = str(tmp_path / "song.wav" if command[0] == "analyze" else tmp_path)
        refused = run_command(*command, target, "--model", str(model))
        assert refused.exit_code == 1
        assert "include columns that cannot be computed from audio (energy)" in refused.stderr
        assert "Traceback" not in refused.stderr
    for file in (folder / "columns").iterdir():
        file.unlink()
    (folder / "columns").rmdir()
    refused = run_command("evaluate", str(folder), "--model", str(model))
    assert refused.exit_code == 1
    assert "lack 1 of the columns of compare236+own/1, first 'energy'" in refused.stderr


def test_damaged_names_in_a_model_file(tmp_path: Path) -> None:
    from moodcurve.runtime.loading import _feature_set

    for columns in ("[1]", "{}", "no json", json.dumps([*COMPARE236.names[1:], "x"])):
        metadata = {"feature_set": "compare236+own", "feature_set_version": "1", "columns": columns}
        with pytest.raises(ModelError, match=r"mine\.onnx: "):
            _feature_set(metadata, "mine.onnx")
