"""The command `live`: its output, its end, its recording, and what it refuses."""

import csv
import io
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.helpers.command_line import run
from tests.helpers.live_sound import music

pytestmark = [pytest.mark.usefixtures("prepared"), pytest.mark.slow]

PCM = (music(6) * 32767).astype("<i2").tobytes()
COMMAND = [sys.executable, "-m", "moodcurve", "live"]


def live(*arguments: str, data: bytes) -> subprocess.CompletedProcess[bytes]:
    """Run the command with data on its standard input."""
    return subprocess.run([*COMMAND, *arguments], input=data, capture_output=True, timeout=120)


@contextmanager
def running(*arguments: str, data: bytes = PCM) -> Iterator[subprocess.Popen[bytes]]:
    """Yield the command while its standard input stays open after data."""
    process = subprocess.Popen(
        [*COMMAND, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    with process:
        assert process.stdin is not None
        process.stdin.write(data)
        process.stdin.flush()
        try:
            yield process
        finally:
            process.kill()


def lines(process: subprocess.Popen[bytes], count: int) -> list[bytes]:
    assert process.stdout is not None
    return [process.stdout.readline() for _ in range(count)]


def test_json_lines_of_raw_samples() -> None:
    done = live("-", "--raw", "44100", "--json", data=PCM)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["time_s"] for row in rows] == [0.5 * i for i in range(10)]
    assert set(rows[0]) == {
        "time_s", "clock", "arousal", "valence", "arousal_low", "arousal_high", "valence_low", "valence_high",
        "silent", "quadrant", "words",
    }  # fmt: skip
    assert done.returncode == 0
    assert done.stderr.startswith(b"moodcurve: 0:06, 10 rows; mean arousal ")


def test_lines_of_an_encoded_stream() -> None:
    file = io.BytesIO()
    soundfile.write(file, music(6), 44100, format="OGG")
    done = live("-", data=file.getvalue())
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == 10
    assert re.match(rb"0:00\.0  \d\d:\d\d:\d\d  arousal ", done.stdout)
    assert done.stdout.splitlines()[-1].startswith(b"0:04.5  ")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_with_a_summary(number: signal.Signals, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    with running("-", "--raw", "44100", "--json", "-o", str(path)) as process:
        printed = lines(process, 10)
        process.send_signal(number)
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 0
    assert b"10 rows; mean arousal" in errors
    assert f"recorded in {path}".encode() in errors
    assert path.read_bytes() == b"".join(printed)


def test_a_signal_ends_an_encoded_stream_that_waits() -> None:
    file = io.BytesIO()
    soundfile.write(file, music(6), 44100, format="MP3")
    with running("-", "--json", data=file.getvalue()) as process:
        lines(process, 8)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 0
    assert b"rows; mean arousal" in errors


def test_a_killed_process_leaves_every_row_that_was_shown(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with running("-", "--raw", "44100", "-o", str(path)) as process:
        lines(process, 9)
        process.send_signal(signal.SIGKILL)
        process.wait(20)
    rows = list(csv.DictReader(path.read_text().splitlines()))
    assert [row["time_s"] for row in rows][:9] == [str(0.5 * i) for i in range(9)]
    again = live("-", "--raw", "44100", "-o", str(path), data=PCM)
    assert again.returncode == 0
    assert len(path.read_text().splitlines()) == 1 + len(rows) + 10


def test_a_pause_of_the_pipe_is_survived_and_stated() -> None:
    with running("-", "--raw", "44100", "--json") as process:
        lines(process, 10)
        time.sleep(2.7)
        out, errors = process.communicate(PCM, timeout=60)
    rows = [json.loads(line) for line in out.splitlines()]
    assert len(rows) == 10
    assert b"no sound for 2 s; waiting" in errors
    assert b"sound is back after 2." in errors
    assert rows[0]["time_s"] >= 6


def test_a_terminal_gets_a_running_picture() -> None:
    terminal, end = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, "-", "--raw", "44100"], stdin=subprocess.PIPE, stdout=end, stderr=end,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "60"},
    )  # fmt: skip
    os.close(end)
    noise = (np.random.default_rng(0).normal(0, 3000, 44100)).astype("<i2").tobytes()
    assert process.stdin is not None
    process.stdin.write(PCM + noise)
    process.stdin.close()
    shown = b""
    while select.select([terminal], [], [], 60)[0]:
        try:
            shown += os.read(terminal, 4096)
        except OSError:  # the other end is closed
            break
    os.close(terminal)
    assert process.wait(20) == 0
    text = shown.decode()
    assert "\x1b[" in text  # redrawn in place
    assert any(bar in text for bar in "▂▃▄▅▆")
    assert "standard input  0:06" in text
    assert "mean arousal" in text.splitlines()[-1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["song.mp3"], "for a file: moodcurve live - < FILE"),
        (["ftp://example.org/a"], "is neither - nor an http(s) URL"),
        (["--raw", "44100"], "argument --raw: it describes standard input: give - as well"),
        (["-", "--device", "1"], "argument --device: it names a microphone"),
    ],
)
def test_wrong_usage(arguments: list[str], message: str) -> None:
    result = run("live", *arguments)
    assert result.exit_code == 2
    assert message in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["http://127.0.0.1:1/"], "http://127.0.0.1:1/: Connection refused"),
        (["http://127.0.0.1:1/", "--model", "default"], "live use needs a model that reads forward only"),
        (["http://127.0.0.1:1/", "-o", "a.txt"], "the name of a recording must end in"),
    ],
)
def test_what_cannot_be_used_is_one_line(arguments: list[str], message: str) -> None:
    result = run("live", *arguments)
    assert result.exit_code == 1
    assert message in result.stderr.splitlines()[0]


def test_without_sounddevice_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("moodcurve.util.optional._found", lambda name: False)
    for arguments in (["live"], ["live", "--devices"]):
        result = run(*arguments)
        assert result.exit_code == 1
        assert "listening to a microphone needs sounddevice" in result.stderr
