"""Songs from standard input: analyzed as a file of the same bytes would be."""

import io
import json
import os
import pty
import sys
import tempfile
from pathlib import Path

import pytest

from moodcurve.cli import standard_input
from tests.helpers.command_line import Result, run
from tests.helpers.scans import write_song

pytestmark = pytest.mark.usefixtures("prepared")


@pytest.fixture(autouse=True)
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of temporary files."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def song(tmp_path: Path) -> Path:
    return write_song(tmp_path / "song.flac")


def piped(monkeypatch: pytest.MonkeyPatch, content: bytes, *arguments: str | Path) -> Result:
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
        return run(*arguments)


def test_standard_input_is_analyzed_as_a_file(
    song: Path, tmp_path: Path, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = song.read_bytes()
    done = piped(monkeypatch, content, "analyze", "-", "-f", "json")
    assert (done.exit_code, done.stderr) == (0, "")
    curve, expected = json.loads(done.stdout), json.loads(run("analyze", song, "-f", "json").stdout)
    assert curve.pop("source") == "<stdin>"
    assert {**curve, "source": str(song)} == expected
    # its files are named stdin, and the report reads it again
    done = piped(monkeypatch, content, "analyze", "-", song, "-", "-o", tmp_path / "out", "-f", "csv", "--report")
    assert done.exit_code == 0, done.stderr
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"stdin.csv", "stdin.html", "song.csv", "song.html"}
    assert (tmp_path / "out" / "stdin.csv").read_bytes() == (tmp_path / "out" / "song.csv").read_bytes()
    assert list(scratch.iterdir()) == []


def test_features_of_standard_input(song: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = piped(monkeypatch, song.read_bytes(), "features", "-", "--set", "compare236")
    assert (done.exit_code, done.stdout) == (0, run("features", song, "--set", "compare236").stdout)


def test_standard_input_that_cannot_be_used(song: Path, scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for content, message in ((b"", "is empty"), (b"no music" * 100, "<stdin>: ")):
        done = piped(monkeypatch, content, "analyze", "-")
        assert (done.exit_code, done.stdout) == (1, "")
        assert message in done.stderr
        assert str(scratch) not in done.stderr
    monkeypatch.setattr(standard_input, "MAX_BYTES", 10_000)
    done = piped(monkeypatch, song.read_bytes(), "analyze", "-", song, "-f", "json")
    assert done.exit_code == 1
    assert "<stdin>: longer than 9.31e-06 GiB; save it to a file" in done.stderr
    assert json.loads(done.stdout)["source"] == str(song)  # the others are done
    assert list(scratch.iterdir()) == []


def test_a_terminal_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = pty.openpty()
    with os.fdopen(theirs) as terminal, os.fdopen(ours):
        monkeypatch.setattr(sys, "stdin", terminal)
        done = run("analyze", "-")
    assert (done.exit_code, "which is a terminal" in done.stderr) == (2, True)
    monkeypatch.setattr(sys, "stdin", None)
    assert run("analyze", "-").exit_code == 2


def test_wrong_usage_is_refused_before_anything_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    class Unread(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise AssertionError("read")

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(Unread()))
    assert run("analyze", "-", "-f", "parquet").exit_code == 2


def test_a_file_named_like_standard_input(song: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    song.rename("-")
    done = run("analyze", tmp_path / "-", "-f", "json")
    assert json.loads(done.stdout)["source"] == str(tmp_path / "-")
