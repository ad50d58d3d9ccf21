"""Checks of output files and folders before a command runs."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.helpers.command_line import run
from tests.helpers.damaged_audio import write_encoded
from tests.helpers.library_fixtures import made_library

SR = 44_100


@pytest.fixture
def song(tmp_path: Path) -> Path:
    path = tmp_path / "song.flac"
    soundfile.write(path, np.random.default_rng(0).normal(0, 0.1, 2 * SR), SR)
    return path


@pytest.fixture
def library(tmp_path: Path) -> Path:
    path = tmp_path / "library.sqlite"
    made_library(path, 3)
    return path


@pytest.fixture
def music(tmp_path: Path) -> dict[Path, bytes]:
    """Files that no result may replace: by extension, by content, and as targets of links."""
    folder = tmp_path / "music"
    folder.mkdir()
    sound = write_encoded(tmp_path, "lame.mp3", np.zeros((SR, 1), np.float32)).read_bytes()
    for name in ("a.mp3", "a.MP3", "a.flac", "film.mkv", "film.avi", "odd.csv", "odd.onnx", "odd", "odd.sqlite"):
        (folder / name).write_bytes(sound)
    (folder / "link.csv").symlink_to(folder / "a.mp3")
    return {path: path.read_bytes() for path in folder.iterdir()}


def test_no_result_replaces_music(song: Path, library: Path, music: dict[Path, bytes]) -> None:
    for path in music:
        for arguments in (
            ("export", "--library", library, "-f", "csv", "-o", path),
            ("export", "--library", library, "--curves", "-f", "parquet", "-o", path),
            ("features", song, "-o", path),
            ("train", song.parent, "--model", "mlr", "-o", path),
            ("benchmark", song.parent, "--json", path),
            ("categories", song.parent, "--json", path),
            ("songlevel", song.parent, "--json", path),
        ):
            done = run(*arguments)
            assert done.exit_code == 2, arguments
            assert "is music, or named like it; choose another file" in done.stderr
    assert {path: path.read_bytes() for path in music} == music


def test_a_table_cannot_have_the_extension_of_music(library: Path, tmp_path: Path) -> None:
    for name in ("new.mp3", "new.OGG", "new.mkv"):
        done = run("export", "--library", library, "-f", "csv", "-o", tmp_path / name)
        assert done.exit_code == 2
        assert not (tmp_path / name).exists()


def test_a_file_instead_of_a_folder_is_refused(song: Path, library: Path, music: dict[Path, bytes]) -> None:
    path = next(path for path in music if path.name == "a.mp3")
    for arguments in (
        ("analyze", song, "-o", path),
        ("demo", song, "-o", path),
        ("export", "--library", library, "-f", "jams", "-o", path),
        ("labels", song.parent, "-o", path),
        ("labels", song.parent, "--statistics", path),
        ("benchmark", song.parent, "-o", path),
        ("studies", song.parent, "-o", path),
        ("categories", song.parent, "-o", path),
        ("songlevel", song.parent, "-o", path),
    ):
        done = run(*arguments)
        assert done.exit_code == 1, arguments
        assert done.stderr == f"moodcurve: {path}: is a file; give a folder, or the name of a new one\n"
    assert path.read_bytes() == music[path]


def test_a_failed_command_leaves_no_folder(song: Path, tmp_path: Path) -> None:
    text = tmp_path / "text.mp3"
    text.write_text("no music")
    (tmp_path / "none").mkdir()
    new = tmp_path / "new" / "folder"
    for arguments in (
        ("analyze", text, "-o", new),
        ("features", text, "-o", new / "x.csv"),
        ("demo", text, "-o", new),
        ("export", "--library", tmp_path / "none.sqlite", "-o", new / "x.csv"),
        ("export", "--library", tmp_path / "none.sqlite", "-f", "jams", "-o", new),
        ("train", tmp_path / "none", "--model", "mlr", "-o", new / "x.onnx"),
        ("labels", tmp_path / "none", "-o", new),
        ("benchmark", tmp_path / "none", "-o", new),
        ("studies", tmp_path / "none", "-o", new),
        ("categories", tmp_path / "none", "-o", new),
        ("songlevel", tmp_path / "none", "-o", new),
    ):
        done = run(*arguments)
        assert done.exit_code == 1, arguments
        assert not (tmp_path / "new").exists(), arguments


@pytest.mark.usefixtures("prepared")
def test_a_minus_is_standard_output(song: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.iterdir())
    for given, plain in (
        (("analyze", song, "-o", "-"), ("analyze", song, "-f", "csv")),
        (("analyze", song, "-o", "-", "-f", "json"), ("analyze", song, "-f", "json")),
        (("features", song, "-o", "-"), ("features", song)),
    ):
        done = run(*given)
        assert (done.exit_code, done.stdout) == (0, run(*plain).stdout)
        assert len(done.stdout) > 100
    for arguments in (
        ("analyze", song, song.with_name("other.flac"), "-o", "-"),
        ("analyze", song, "-o", "-", "-f", "parquet"),
        ("demo", song, "-o", "-"),
        ("train", tmp_path, "--model", "mlr", "-o", "-"),
        ("benchmark", tmp_path, "-o", "-"),
        ("studies", tmp_path, "-o", "-"),
        ("labels", tmp_path, "-o", "-"),
    ):
        done = run(*arguments)
        assert (done.exit_code, done.stdout) == (2, ""), arguments
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.usefixtures("prepared")
def test_features_names_the_written_file(song: Path, tmp_path: Path) -> None:
    done = run("features", song, "-o", tmp_path / "x.csv")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", f"moodcurve: wrote {tmp_path / 'x.csv'}\n")
