"""Checks of output files and folders before a command runs."""

import os
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
        assert done.stderr == (
            f"moodcurve: {path}: is a file; give a folder, or the name of a new one; for files whose names begin with "
            "a dash write ./*.mp3, or -- before them\n"
        )
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


@pytest.mark.usefixtures("prepared")
def test_long_names_give_results(song: Path, tmp_path: Path) -> None:
    long = song.rename(tmp_path / ("n" * 247 + ".flac"))
    done = run("analyze", long, "-o", tmp_path / "out", "-f", "csv", "-f", "parquet", "--plot", "--report")
    assert done.exit_code == 0, done.stderr
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert len({name[:240] for name in names}) == 1
    assert [name[240:] for name in names] == [".csv", ".html", ".parquet", ".png"]


def test_names_that_are_too_long_are_refused_before_the_work(
    song: Path, library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("moodcurve.analysis.analyze", None)
    monkeypatch.setattr("moodcurve.analysis.file_features", None)
    name = "n" * 252
    for arguments in (
        ("analyze", song, "-o", tmp_path / f"{name}.csv"),
        ("analyze", song, "-o", tmp_path / "new" / f"{name}.csv"),
        ("analyze", song, "-o", tmp_path / "new" / f"{name}long" / "folder"),
        ("features", song, "-o", tmp_path / f"{name}.csv"),
        ("export", "--library", library, "-o", tmp_path / f"{name}.csv"),
        ("scan", tmp_path, "--json", tmp_path / f"{name}.json"),
        ("demo", song, "-o", tmp_path / f"{name}long"),
    ):
        done = run(*arguments)
        assert (done.exit_code, "File name too long" in done.stderr) == (1, True), (arguments, done)
    # a file system with shorter names, such as one that encrypts them
    monkeypatch.setattr(os, "pathconf", lambda folder, name: 7)
    done = run("analyze", song, "-o", tmp_path)
    assert (done.exit_code, done.stderr) == (1, f"moodcurve: {tmp_path / 'song.csv'}: File name too long\n")
    assert not (tmp_path / "new").exists()


def test_files_that_look_like_options_get_a_hint(song: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("-o.mp3", "-f.mp3", "-5.flac", "--plot.MP3", "--report.mkv", "-.mp3", "-oa.mp3"):
        for command in ("analyze", "features", "scan", "demo"):
            done = run(command, name, song.name)
            assert done.exit_code == 2
            hint = "for files whose names begin with a dash write ./*.mp3, or -- before them"
            assert f"{name!r} looks like an audio file, not an option; {hint}" in done.stderr
    # the shell's *.mp3 where one file is named -o: the next song would be the folder of results
    for value in ("b.mp3", song.name):
        done = run("analyze", "-o", value, song.name)
        assert done.exit_code > 0
        assert "write ./*.mp3, or -- before them" in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["song.flac"]


@pytest.mark.usefixtures("prepared")
def test_files_that_look_like_options_are_analyzed_where_they_are_named_as_files(
    song: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    song.rename("-o.flac")
    assert run("analyze", "./-o.flac", "-f", "csv").exit_code == 0
    assert run("analyze", "-f", "csv", "--", "-o.flac").exit_code == 0
    Path("folder.mp3").mkdir()  # a folder may have any name
    assert run("analyze", "-o", "folder.mp3", "./-o.flac").exit_code == 0
