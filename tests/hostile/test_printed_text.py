"""Titles that a spreadsheet takes for formulas, and that a terminal obeys."""

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from moodcurve.audio.tags import Tags
from moodcurve.library import FileFound, open_library
from moodcurve.util.text import terminal_text
from tests.helpers.library_fixtures import song
from tests.helpers.limited import MAIN, run_limited

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="terminals of POSIX")
FORMULAS = ["=cmd|' /C calc'!A0", "+1", "-2+3", "@SUM(A1)"]
PLAIN = ["Song = 1", "1 - 2", "'quoted", "Ünïcode"]
CODES = "\x9b2J \u202eevil\u2066 \x7f e\u0301 \u3000 \U000e0041"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("titles") / "library.sqlite"
    with open_library(path, write=True) as opened:
        for number, title in enumerate([*FORMULAS, *PLAIN, CODES]):
            content = f"content {number}"
            tags = Tags(title=title, artist="artist")
            opened.write([song(content), FileFound(f"/music/{number}.mp3", 1, 1, content, tags)])
    return path


def titles(text: str) -> list[str]:
    return [row["title"] for row in csv.DictReader(io.StringIO(text, newline=""))]


@pytest.mark.parametrize("command", [("search", "--csv"), ("export",)])
def test_formulas_are_marked_on_request_and_numbers_never(library: Path, command: Sequence[str]) -> None:
    words = (*command, "--library", library, "--sort", "path")
    plain, safe = (run_limited(*words, *more, folder=library.parent) for more in ((), ("--safe-csv",)))
    assert (plain.exit_code, safe.exit_code) == (0, 0)
    assert titles(plain.stdout) == [*FORMULAS, *PLAIN, CODES]
    assert titles(safe.stdout) == [*(f"'{text}" for text in FORMULAS), *PLAIN, CODES]
    without = [
        [{**row, "title": ""} for row in csv.DictReader(io.StringIO(ended.stdout, newline=""))]
        for ended in (plain, safe)
    ]
    assert without[0] == without[1]
    assert any(row["valence"].startswith("-") for row in without[0])


@pytest.mark.parametrize("command", [("search", "--csv"), ("search", "--json"), ("export", "-f", "jsonl"), ("search",)])
def test_a_terminal_gets_no_codes(library: Path, command: Sequence[str]) -> None:
    words = [sys.executable, "-c", MAIN, *command, "--library", library, "--sort", "path"]
    ours, theirs = os.openpty()
    shown = b""
    with subprocess.Popen(words, cwd=library.parent, stdout=theirs, stderr=subprocess.DEVNULL) as process:
        os.close(theirs)
        while True:
            try:
                part = os.read(ours, 1 << 16)
            except OSError:  # the terminal is closed
                break
            shown += part
    os.close(ours)
    assert process.returncode == 0
    text = shown.decode("utf-8")
    assert "Ünïcode" in text
    assert not any(code in text for code in "\x9b\u202e\u2066\x7f\U000e0041")
    if command[0] == "export":
        assert [json.loads(line)["title"] for line in text.splitlines()][-1] == CODES


def test_escaped_text_is_the_same_json() -> None:
    text = "".join(map(chr, [*range(0xD800), *range(0xE000, 0x11000), 0x1F600, 0xE0041]))
    for ascii_only in (False, True):
        shown = terminal_text(json.dumps({text: text}, indent=1, ensure_ascii=ascii_only))
        assert json.loads(shown) == {text: text}
        assert all(c.isprintable() or c == "\n" or c.isspace() for c in shown)
        assert not any(c in shown for c in "\r\x85\u2028\x1b\x9b")
