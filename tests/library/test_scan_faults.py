"""Scans with real worker processes: kills, Ctrl-C, full disks, locks and broken files."""

import contextlib
import json
import os
import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from moodcurve.library import open_library
from moodcurve.library.errors import LibraryError
from moodcurve.library.scanning.lock import scan_lock
from moodcurve.library.scanning.scan import scan
from tests.helpers.command_line import run
from tests.helpers.scans import write_song
from tests.helpers.unusable_files import CHANGED, MADE, write_kinds

pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("prepared"),
    pytest.mark.skipif(os.name != "posix", reason="signals and limits"),
]

MAIN = "from moodcurve.cli import main; main()"


def started(*arguments: str | Path, code: str = MAIN) -> "subprocess.Popen[str]":
    """Start `moodcurve` in its own process group, as a terminal does."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)


def until(condition: Callable[[], bool], *, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def group_lives(group: int) -> bool:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, 0)
        return True
    return False


def stored(library: Path) -> dict[str, tuple[str, str]]:
    """Return content hash and time of analysis of each file, after checking the database."""
    if not library.exists():
        return {}
    with contextlib.closing(sqlite3.connect(library)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
    with open_library(library) as opened:
        known = opened.known_files()
        songs = list(opened.songs())
    files = {path: (song.content_hash, song.analysed_at) for song in songs for path in song.paths}
    assert {path: content for path, (content, _) in files.items()} == {p: f.content_hash for p, f in known.items()}
    assert all(len(song.curve.times_s) > 0 for song in songs)
    return files


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write thirty short songs, five of them twice."""
    folder = tmp_path_factory.mktemp("music")
    for seed in range(30):
        write_song(folder / f"{seed // 10}" / f"{seed}.flac", seed=seed, seconds=1.5)
    for seed in range(5):
        write_song(folder / "copies" / f"{seed}.flac", seed=seed, seconds=1.5)
    return folder


def test_repeated_kills_lose_nothing_and_repeat_nothing(music: Path, tmp_path: Path) -> None:
    library = tmp_path / "library.sqlite"
    # prints the files reported as done; small batches, so that there are many
    code = (
        "import sys; from moodcurve.library.scanning import batch_writer, scan as s\n"
        "from moodcurve.library.scanning.progress import ScanObserver\n"
        "batch_writer.BATCH = 2; batch_writer.BATCH_S = 0.05\n"
        "report = lambda stats: print(stats.files_done, flush=True)\n"
        "s.scan(sys.argv[1:2], sys.argv[2], workers=2, observer=ScanObserver(progress=report))"
    )
    rng = random.Random(0)
    before: dict[str, tuple[str, str]] = {}
    for turn in range(8):
        running = started(music, library, code=f"if __name__ == '__main__':\n {code.replace(chr(10), chr(10) + ' ')}")
        assert running.stdout is not None
        reported = [0]

        def listen(reported: list[int] = reported, out: "Iterator[str]" = running.stdout) -> None:
            for line in out:
                reported[0] = int(line)

        if turn < 6:
            # a moment after some files: anywhere from the walk to the last commit
            wanted, extra_s = rng.choice([0, 1, 2, 4]), rng.random() * 0.2
            for line in running.stdout:
                reported[0] = int(line)
                if reported[0] >= len(before) + wanted or running.poll() is not None:
                    break
            time.sleep(extra_s)
            running.kill()
        listen()
        running.communicate()
        after = stored(library)
        assert len(after) >= reported[0]
        assert set(before.items()) <= set(after.items())
        until(lambda group=running.pid: not group_lives(group))  # type: ignore[misc]
        before = after
        if running.returncode == 0:
            break
    assert running.returncode == 0
    assert len(before) == 35
    assert len({*before.values()}) == 30
    # a file that is analyzed again would have another time
    assert json.loads(run("scan", music, "--library", library, "--json").stdout)["unchanged"] == 35
    assert stored(library) == before


def test_ctrl_c_keeps_finished_files_and_the_next_scan_continues(music: Path, tmp_path: Path) -> None:
    library = tmp_path / "library.sqlite"
    # when the first batch is on disk; Ctrl-C in a terminal reaches all processes of the group
    code = (
        "import os, signal; from moodcurve.library.scanning import batch_writer\n"
        "batch_writer.BATCH = 5; real = batch_writer.BatchWriter.write\n"
        "def write(self):\n"
        " before = self._stats.files_done; real(self)\n"
        " if before == 0 < self._stats.files_done: os.killpg(0, signal.SIGINT)\n"
        f"batch_writer.BatchWriter.write = write\n{MAIN}"
    )
    running = started("scan", music, "--library", library, "--workers", "2", code=code)
    stdout, stderr = running.communicate(timeout=60)
    assert (running.returncode, stdout) == (130, "")
    (line,) = stderr.splitlines()
    known = stored(library)
    assert 0 < len(known) < 35
    assert line == f"moodcurve: interrupted: {len(known)} of 35 files are done; run the same command to continue"
    until(lambda: not group_lives(running.pid))
    rest = json.loads(run("scan", music, "--library", library, "--workers", "1", "--json").stdout)
    assert rest["unchanged"] == len(known)
    assert rest["songs_analysed"] + len({*known.values()}) == 30
    assert len(stored(library)) == 35


def test_a_second_scan_is_refused_with_the_process_id_of_the_first(music: Path, tmp_path: Path) -> None:
    library = tmp_path / "library.sqlite"
    with scan_lock(library):
        second = started("scan", music, "--library", library)
        _, stderr = second.communicate(timeout=60)
    assert second.returncode == 1
    assert stderr == (
        f"moodcurve: {library}: process {os.getpid()} is scanning into it; "
        "wait until it is done, or choose another file with --library\n"
    )
    with scan_lock(library):  # released
        pass
    # a link to the library has the same lock
    (tmp_path / "link.sqlite").symlink_to(library)
    with (
        scan_lock(library),
        pytest.raises(LibraryError, match="is scanning into it"),
        scan_lock(tmp_path / "link.sqlite"),
    ):
        pass


def test_a_killed_scan_releases_its_lock(tmp_path: Path) -> None:
    library = tmp_path / "library.sqlite"
    code = (
        "import sys, time; from moodcurve.library.scanning.lock import scan_lock\n"
        "with scan_lock(sys.argv[1]):\n print('locked', flush=True); time.sleep(600)"
    )
    holder = started(library, code=code)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "locked\n"
    with pytest.raises(LibraryError, match=f"process {holder.pid} is scanning"), scan_lock(library):
        pass
    holder.kill()
    holder.communicate()
    with scan_lock(library):
        assert library.with_name("library.sqlite.lock").read_text() == f"{os.getpid()}\n"


def test_a_full_disk_keeps_stored_songs(music: Path, tmp_path: Path) -> None:
    library = tmp_path / "library.sqlite"
    # a limit on file size acts like a full disk; the library of all songs is larger
    code = (
        "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, resource.RLIM_INFINITY))\n"
        "from moodcurve.library.scanning import batch_writer; batch_writer.BATCH = 2\n"
        f"{MAIN}"
    )
    running = started("scan", music, "--library", library, code=code)
    _, stderr = running.communicate(timeout=120)
    assert running.returncode == 1
    assert "Traceback" not in stderr
    assert [line for line in stderr.splitlines() if str(library) in line and "disk" in line] == stderr.splitlines()
    known = stored(library)
    assert len(known) < 35
    until(lambda: not group_lives(running.pid))
    done = json.loads(run("scan", music, "--library", library, "--json").stdout)
    assert done["unchanged"] == len(known)
    assert len(stored(library)) == 35


@pytest.mark.skipif(os.geteuid() != 0 or sys.platform != "linux", reason="only the superuser may be somebody else")
def test_a_library_without_write_permission(music: Path, tmp_path: Path) -> None:
    folder = tmp_path / "read only"
    folder.mkdir()
    folder.chmod(0o555)
    library = folder / "library.sqlite"
    os.seteuid(65_534)  # nobody
    try:
        with pytest.raises(LibraryError, match="Permission denied"):
            scan([music], library)
    finally:
        os.seteuid(0)


@pytest.mark.skipif(os.geteuid() != 0 or sys.platform != "linux", reason="only the superuser may mount")
def test_a_library_on_a_read_only_mount(music: Path, tmp_path: Path) -> None:
    library = tmp_path / "library.sqlite"
    scan([music / "0"], library, workers=1)
    mount = tmp_path / "mount"
    mount.mkdir()
    bound = subprocess.run(["mount", "--bind", tmp_path, mount], capture_output=True, check=False)
    if bound.returncode:
        pytest.skip("mounting is not allowed here")
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", mount], check=True, capture_output=True)
        done = run("scan", music, "--library", mount / library.name)
        assert done.exit_code == 1
        assert "cannot write there (Read-only file system)" in done.stderr
        assert len(done.stderr.splitlines()) == 1
        assert len(json.loads(run("search", "--library", mount / library.name, "--json").stdout)) == 10
    finally:
        subprocess.run(["umount", mount], check=True)


def test_files_removed_before_they_are_opened(music: Path, tmp_path: Path) -> None:
    library, folder = tmp_path / "library.sqlite", tmp_path / "vanishing"
    for seed in range(4):
        write_song(folder / f"{seed}.flac", seed=seed)
    scan([folder], library, workers=1)
    for seed in range(4, 8):
        write_song(folder / f"{seed}.flac", seed=seed)
    os.utime(folder / "0.flac", ns=(0, 0))
    code = (
        "import os, sys; from moodcurve.library.scanning import scan as s\n"
        "from moodcurve.library.scanning.progress import ScanObserver\n"
        "def gone():\n for name in ('0', '4', '5'):\n  os.unlink(f'{sys.argv[1]}/{name}.flac')\n"
        "if __name__ == '__main__':\n"
        " t = s.scan(sys.argv[1:2], sys.argv[2], workers=1, observer=ScanObserver(starting=gone, problem=print))\n"
        " print(t.new, t.unchanged, t.gone, t.problems, t.files_done == t.files)"
    )
    running = started(folder, library, code=code)
    assert running.communicate(timeout=60) == ("2 3 1 0 True\n", "")
    assert sorted(Path(path).stem for path in stored(library)) == ["1", "2", "3", "6", "7"]


CRASHING = """
import ctypes, os, signal, sys, time
from dataclasses import replace
from moodcurve.library.scanning import scan_run, worker
real = worker.analyze_file
def analyze_file(path, *arguments, **options):
    name = os.path.basename(path)
    if name == "hang.flac":
        while True:
            pass
    if name == "crash.flac":
        ctypes.string_at(0)
    if name == "memory.flac":
        b"x" * 2**31
    if name == "defect.flac":
        raise AssertionError("a defect")
    return real(path, *arguments, **options)
worker.analyze_file = analyze_file
scan_run.FILE_LIMITS = replace(scan_run.FILE_LIMITS, stall_s=3)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits of memory")
def test_files_that_hang_crash_or_exhaust_memory_are_problems(tmp_path: Path) -> None:
    folder, library = tmp_path / "music", tmp_path / "library.sqlite"
    (tmp_path / "sitecustomize.py").write_text(CRASHING)  # which worker processes import too
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])}
    names = ("a", "crash", "defect", "hang", "memory", "z")
    for seed, name in enumerate(names):
        write_song(folder / f"{name}.flac", seed=seed)
    command = [sys.executable, "-m", "moodcurve", "scan", folder, "--library", library, "--workers", "2", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment)
    assert done.returncode == 1
    summary = json.loads(done.stdout)
    assert (summary["new"], summary["problems"], summary["songs_analysed"]) == (2, 4, 2)
    with open_library(library) as opened:
        reasons = {Path(problem.path).stem: problem.reason for problem in opened.problems()}
    assert reasons == {
        "crash": "its worker process crashed (signal 11)",
        "defect": "its worker process ended with exit code 1",
        "hang": "no progress for 3 s",
        "memory": "needs more than 1024 MB of memory",
    }
    for name, reason in reasons.items():
        assert f"moodcurve: {folder}/{name}.flac: {reason}" in done.stderr
    again = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment)
    assert json.loads(again.stdout)["problems"] == 4
    assert all(f"{name}.flac: {reason}" in again.stderr for name, reason in reasons.items())  # tried again


def test_broken_files_are_songs_or_problems(tmp_path: Path) -> None:
    folder, library = tmp_path / "broken", tmp_path / "library.sqlite"
    paths = write_kinds(folder)
    assert len(paths) >= 50
    stats = scan([folder], library, workers=2)
    assert stats.files_done == stats.files == len(paths)
    with open_library(library) as opened:
        known = opened.known_files()
        problems = {Path(problem.path).name: problem.reason for problem in opened.problems()}
        warned = {Path(path).name for song in opened.songs() for path in song.paths if song.curve.warnings}
    assert len(known) == len(paths)
    # no process crashed or hung
    assert [reason for reason in problems.values() if "process" in reason or "progress" in reason] == []
    # files made from scratch hold no audio, except those with valid samples
    sounding = set(MADE) - set(problems)
    assert sounding <= {
        "rate without end.wav",
        "channels without end.wav",
        "samples without data.wav",
        "not numbers.wav",
    }
    # most damaged music can still be analyzed, with a warning
    analyzed = set(CHANGED) - set(problems)
    assert len(analyzed) > len(CHANGED) / 2
    assert {name for name in analyzed if name.startswith(("cut", "hole", "noise"))} <= warned | {"cut half.mp3"}
    # a claimed length that cannot be is no length: nothing is missing
    assert not {"claims a year.mp3", "claims a century.flac"} & (set(problems) | warned)
