"""The `analyze` command on folders and with tables of songs."""

import csv
import errno
import json
from pathlib import Path

import numpy as np
import pyarrow.parquet
import pytest
import soundfile

from moodcurve import analyze
from moodcurve.cli import song_table
from moodcurve.cli.commands import analyze as command
from moodcurve.cli.inputs import find_songs
from moodcurve.cli.song_table import COLUMNS, song_row
from moodcurve.library.scanning.rules import DEFAULT_RULES
from tests.helpers.command_line import run
from tests.helpers.library_fixtures import wandering_curve

SR = 44_100
pytestmark = pytest.mark.usefixtures("prepared")


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with three songs at different depths, hidden files, and files that are not audio."""
    folder = tmp_path_factory.mktemp("music")
    rng = np.random.default_rng(0)
    for name in ("b.flac", "a/c.wav", "a/d/e.ogg", ".hidden/f.wav", ".g.wav"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(folder / name, rng.normal(0, 0.1, 2 * SR), SR)
    (folder / "cover.jpg").write_bytes(b"picture")
    (folder / "notes.txt").write_text("text")
    return folder


NAMES = ["b.flac", "a/c.wav", "a/d/e.ogg"]
LEFT_OUT = "moodcurve: left out: 2 hidden (--include-hidden takes them)\n"


def test_a_folder_gives_one_row_per_song(music: Path) -> None:
    done = run("analyze", music)
    assert (done.exit_code, done.stderr) == (0, LEFT_OUT)
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["song", "b.flac", "c.wav", "e.ogg"]


def test_files_in_folders_are_sorted_and_named_like_the_folder(music: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(music.parent)
    (music.parent / "link").symlink_to(music)
    for folder in (music, Path(music.name), Path("link")):
        found = find_songs([folder], DEFAULT_RULES)
        assert found.files == tuple(folder / name for name in NAMES)
        assert (found.problems, found.in_folders) == ((), True)
    assert find_songs([Path("x.mp3")], DEFAULT_RULES).files == (Path("x.mp3"),)


def test_broken_audio_in_a_folder_is_named(music: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.mp3").write_text("not audio")
    done = run("analyze", music, tmp_path)
    assert done.exit_code == 1
    assert str(tmp_path / "broken.mp3") in done.stderr
    assert len(done.stdout.splitlines()) == 4


def test_a_folder_without_audio_is_named(tmp_path: Path) -> None:
    done = run("analyze", tmp_path, "-f", "json")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == f"moodcurve: {tmp_path}: no audio files in this folder\n"


def test_many_files_in_folders_suggest_a_scan(music: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "MANY_FILES", 3)
    assert "3 files; for whole music libraries, `moodcurve scan`" in run("analyze", music).stderr
    assert run("analyze", *(music / name for name in NAMES)).stderr == ""


@pytest.mark.parametrize("ending", [".csv", ".json", ".jsonl", ".parquet", ".CSV"])
def test_a_file_as_output_is_a_table_with_one_row_per_song(music: Path, tmp_path: Path, ending: str) -> None:
    file = tmp_path / "new" / f"songs{ending}"
    done = run("analyze", music, "--output", file)
    assert (done.exit_code, done.stdout, done.stderr) == (
        0,
        "",
        f"{LEFT_OUT}moodcurve: wrote {file}: one row per song\n",
    )
    match ending.lower():
        case ".csv":
            rows = list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))
        case ".json":
            rows = json.loads(file.read_text(encoding="utf-8"))
        case ".jsonl":
            rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        case _:
            rows = pyarrow.parquet.read_table(file).to_pylist()
    assert [row["source"] for row in rows] == [str(music / name) for name in NAMES]
    expected = song_row(analyze(music / "b.flac"))
    assert list(rows[0]) == list(COLUMNS) == list(expected)
    for name in ("duration_s", "arousal", "valence", "arousal_low", "p_sad_negative", "rated_valence", "novelty"):
        value = rows[0][name]
        assert (float(value) if value else None) == expected[name]
    assert rows[0]["quadrant"] == expected["quadrant"]
    assert rows[0]["words"] == expected["words"]


def test_a_song_row_holds_the_numbers_of_the_json() -> None:
    curve = wandering_curve(40, seed=2, warnings=("first", "second"))
    row, data = song_row(curve), curve.to_dict()
    song = data["song"]
    for name in ("arousal", "valence", "arousal_low", "valence_high", "arousal_9", "quadrant"):
        assert row[name] == song[name]
    assert row["words"] == ", ".join(song["words"])
    assert row["p_calm_positive"] == song["probabilities"]["calm-positive"]
    assert row["rated_arousal_low"] == song["rating"]["arousal_low"]
    assert row["mood"] == max(song["moods"], key=song["moods"].get)
    assert (row["novelty"], row["warnings"]) == (data["novelty"], "first\nsecond")
    plain = song_row(wandering_curve(40, everything=False))
    assert plain["arousal_low"] is plain["mood"] is plain["rated_valence"] is plain["novelty"] is None


def test_a_table_of_one_song_says_where_the_curve_is(music: Path, tmp_path: Path) -> None:
    done = run("analyze", music / "b.flac", "-f", "csv", "-o", tmp_path / "song.csv", "--plot")
    assert done.exit_code == 0
    assert done.stderr.endswith("one row per song; for the curve over time, give a folder: -o DIR\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.png", "song.csv"]


def test_a_table_that_cannot_be_written_is_printed(
    music: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = tmp_path / "songs.csv"

    def full(curves: object, path: Path, **options: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr(song_table, "write_song_table", full)
    done = run("analyze", music, "-o", table)
    assert done.exit_code == 1
    assert f"{table}: No space left on device" in done.stderr
    assert done.stdout == run("analyze", music).stdout
    assert not table.exists()


def test_an_existing_folder_stays_a_folder_whatever_its_name(music: Path, tmp_path: Path) -> None:
    (tmp_path / "songs.csv").mkdir()
    assert run("analyze", music, "-o", tmp_path / "songs.csv").exit_code == 0
    assert sorted(path.name for path in (tmp_path / "songs.csv").iterdir()) == ["b.csv", "c.csv", "e.csv"]


def test_an_unknown_ending_is_no_folder_unless_it_exists(music: Path, tmp_path: Path) -> None:
    done = run("analyze", music / "b.flac", "-o", tmp_path / "songs.xlsx")
    assert done.exit_code == 2
    assert "songs.xlsx is named like a file: tables of songs end in .csv, .json, .jsonl, .parquet; " in done.stderr
    (tmp_path / "songs.xlsx").mkdir()
    assert run("analyze", music / "b.flac", "-o", tmp_path / "songs.xlsx").exit_code == 0
    assert run("analyze", music / "b.flac", "-o", tmp_path / "results.v2").exit_code == 0
    assert sorted(path.name for path in tmp_path.rglob("*.csv")) == ["b.csv", "b.csv"]


def test_json_of_several_songs_is_one_curve_per_line(music: Path, tmp_path: Path) -> None:
    expected = [analyze(music / name).to_dict() for name in NAMES]
    done = run("analyze", music, "--format", "json")
    assert (done.exit_code, done.stderr) == (0, LEFT_OUT)
    assert [json.loads(line) for line in done.stdout.splitlines()] == expected
    partly = run("analyze", music / "b.flac", tmp_path / "missing.mp3", "-f", "json")
    assert partly.exit_code == 1
    assert [json.loads(line) for line in partly.stdout.splitlines()] == expected[:1]
    assert len(run("analyze", music / "a" / "d", "-f", "json").stdout.splitlines()) == 1  # a folder of one song


def test_a_table_never_replaces_a_song(music: Path, tmp_path: Path) -> None:
    odd = tmp_path / "odd.csv"
    odd.write_bytes((music / "b.flac").read_bytes())
    done = run("analyze", odd, "-o", odd)
    assert done.exit_code == 2
    assert odd.read_bytes() == (music / "b.flac").read_bytes()
