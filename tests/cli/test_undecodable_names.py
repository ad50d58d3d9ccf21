"""Files whose names are not UTF-8: every result names them so that a program can open them again."""

import csv
import io
import json
import os
import sys
from pathlib import Path
from urllib.parse import unquote_to_bytes

import pyarrow.parquet
import pytest

from tests.helpers.command_line import run
from tests.helpers.scans import write_song

pytestmark = [
    pytest.mark.usefixtures("prepared"),
    pytest.mark.skipif(sys.platform in {"win32", "darwin"}, reason="such names cannot be there"),
]
NAME = os.fsdecode(b"mod\x85 50%.flac")


@pytest.fixture
def song(tmp_path: Path) -> Path:
    return write_song(tmp_path / "music" / NAME)


def opened(text: str) -> bytes:
    """Return the start of the file that a result names, read as any program could."""
    assert text.startswith("file:///")
    assert text.isascii()
    return Path(os.fsdecode(unquote_to_bytes(text.removeprefix("file://")))).read_bytes()[:4]


def test_results_of_analyze_lead_to_the_file(song: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(song.parent)
    found = [json.loads(run("analyze", path, "-f", "json").stdout)["source"] for path in (song, NAME)]
    for ending in ("csv", "jsonl", "json", "parquet"):
        table = tmp_path / f"songs.{ending}"
        assert run("analyze", song, "-o", table).exit_code == 0
        match ending:
            case "csv":
                found += [row["source"] for row in csv.DictReader(io.StringIO(table.read_text("utf-8")))]
            case "parquet":
                found += pyarrow.parquet.read_table(table)["source"].to_pylist()
            case _:
                found += [json.loads(table.read_text("utf-8").strip("[]\n"))["source"]]
    assert run("analyze", song, "-o", tmp_path / "out", "-f", "jams").exit_code == 0
    (jams,) = (tmp_path / "out").iterdir()
    found.append(json.loads(jams.read_text("utf-8"))["annotations"][0]["sandbox"]["moodcurve"]["source"])
    assert len(found) == 7
    assert [opened(text) for text in found] == [b"fLaC"] * 7
    # and the program takes it itself
    again = run("analyze", found[0], "-f", "json")
    assert json.loads(again.stdout)["source"] == found[0]
    assert run("analyze", "file://elsewhere/music.mp3").exit_code == 2


def test_results_of_a_library_lead_to_the_file(song: Path, tmp_path: Path) -> None:
    broken = song.with_name(os.fsdecode(b"broken\xff.flac"))
    broken.write_bytes(b"no music")
    library = ("--library", tmp_path / "library.sqlite")
    assert run("scan", song.parent, *library).exit_code == 1
    (found,) = json.loads(run("search", *library, "--json").stdout)
    (row,) = csv.DictReader(io.StringIO(run("export", *library, "-f", "csv").stdout))
    curve = json.loads(run("export", *library, "-f", "jsonl", "--curves").stdout)
    shown = json.loads(run("show", found["path"], *library, "-f", "json").stdout)
    texts = [found["path"], row["path"], curve["source"], shown["source"]]
    assert [opened(text) for text in texts] == [b"fLaC"] * 4
    (problem,) = json.loads(run("problems", *library, "--json").stdout)
    assert opened(problem["path"]) == b"no m"
    assert json.loads(run("search", "mod", *library, "--json").stdout) == [found]
