"""SIGTERM and SIGHUP end a command as Ctrl-C does: in order, with its own exit code and nothing half written."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from moodcurve.library import open_library
from tests.helpers.library_fixtures import made_library
from tests.helpers.limited import MAIN
from tests.helpers.scans import write_song

pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("prepared"),
    pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX"),
]
SIGNALS = [signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("signals") / "library.sqlite"
    made_library(path, 1500)
    return path


def scratch(folder: Path) -> list[Path]:
    return [path for path in folder.rglob(".moodcurve-*") if path.exists()]


def ended_by(
    command: Sequence[str | Path],
    folder: Path,
    when: Callable[[], object],
    sent: Sequence[int],
    *,
    to_group: bool = False,
    ignored: bool = False,
) -> tuple[int, str]:
    """Start a command, send it signals once `when` returns something true; return exit code and standard error."""
    words = [*(["nohup"] if ignored else []), sys.executable, "-c", MAIN, *map(str, command)]
    with subprocess.Popen(
        words,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            deadline = time.monotonic() + 60
            while not when():
                assert process.poll() is None, process.communicate()
                assert time.monotonic() < deadline
                time.sleep(0.002)
            for number in sent:
                (os.killpg if to_group else os.kill)(process.pid, number)
                time.sleep(0.01)
            _, stderr = process.communicate(timeout=60)
        finally:
            process.kill()
    return process.returncode, stderr


@pytest.mark.parametrize("sent", SIGNALS)
@pytest.mark.parametrize("words", [("-f", "jams", "-o", "out"), ("--curves", "-o", "out.csv"), ("-o", "out.jsonl")])
def test_an_export_leaves_no_scratch(library: Path, tmp_path: Path, words: Sequence[str], sent: int) -> None:
    command = ("export", *words, "--library", library)
    assert ended_by(command, tmp_path, lambda: scratch(tmp_path), [sent]) == (128 + sent, "moodcurve: interrupted\n")
    assert list(tmp_path.iterdir()) == []


def test_a_closed_terminal_that_sends_two_signals_leaves_no_scratch(library: Path, tmp_path: Path) -> None:
    def many() -> bool:
        return sum(len(list(path.iterdir())) for path in tmp_path.glob(".moodcurve-*/out")) > 700

    command = ("export", "-f", "jams", "-o", "out", "--library", library)
    code, _ = ended_by(command, tmp_path, many, [signal.SIGHUP] * 5)
    assert (code, list(tmp_path.iterdir())) == (128 + signal.SIGHUP, [])


def test_a_command_without_hang_up_goes_on(library: Path, tmp_path: Path) -> None:
    command = ("export", "-f", "jams", "-o", "out", "--limit", "50", "--library", library)
    assert ended_by(command, tmp_path, lambda: scratch(tmp_path), [signal.SIGHUP], ignored=True)[0] == 0
    assert len(list((tmp_path / "out").iterdir())) == 50


@pytest.mark.parametrize("sent", SIGNALS)
@pytest.mark.parametrize("to_group", [False, True])
def test_a_scan_stops_and_goes_on_later(tmp_path: Path, sent: int, to_group: bool) -> None:
    for seed in range(8):
        write_song(tmp_path / "music" / f"{seed}.flac", seed=seed, seconds=20)
    path = tmp_path / "library.sqlite"

    def begun() -> bool:
        return path.with_name("library.sqlite-wal").exists()

    command = ("scan", "music", "--library", path, "--workers", "2")
    code, stderr = ended_by(command, tmp_path, begun, [sent], to_group=to_group)
    assert code == 128 + sent
    assert stderr.startswith("moodcurve: interrupted")
    assert len(stderr.splitlines()) == 1
    with open_library(path) as opened:
        assert opened.problems() == []


@pytest.mark.parametrize("sent", SIGNALS)
@pytest.mark.parametrize("command", ["analyze", "features"])
def test_an_analysis_stops(tmp_path: Path, command: str, sent: int) -> None:
    song = write_song(tmp_path / "music" / "song.flac", seconds=300)
    out = tmp_path / "out"
    words = (command, song, "-o", out if command == "analyze" else out / "song.csv")
    code, stderr = ended_by(words, tmp_path, lambda: reads(song), [sent])
    assert code == 128 + sent
    assert "Traceback" not in stderr
    assert not out.exists() or list(out.iterdir()) == []


def test_a_decoder_that_never_returns_is_ended(tmp_path: Path) -> None:
    code = (
        "import hashlib, sys, time\nfrom moodcurve.cli import signals\nsignals.GRACE_S = 1\n"
        "signals.handle_signals()\nwith signals.interrupts():\n    print('begun', flush=True)\n"
        "    hashlib.pbkdf2_hmac('sha256', b'', b'', 10**9)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"begun\n"
        time.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 128 + signal.SIGTERM


def reads(song: Path) -> bool:
    """Return True if any process has a file open."""
    for handle in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            if handle.readlink() == song:
                return True
        except OSError:
            continue
    return False
