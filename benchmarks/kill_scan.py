"""Kill a scan at random moments, again and again, and look for what it lost or did twice.

    python benchmarks/kill_scan.py [--kills N] [--songs N] [--seed SEED] [--json FILE]

Composed pieces of a few seconds, some of them twice under other names, are scanned by two workers into a library, and
the scan is killed (SIGKILL) after a random time, which begins half of the times with its start, and half once it is at
work. After each kill the database must open and be sound (SQLite's checks of integrity and foreign keys), every file
that was reported as done must be there, as must all that was there before, and each song's curve must be whole, and
analysed when it was before. A library that is complete is scanned once more, which must change nothing, and the next
one is begun.
"""

import argparse
import contextlib
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from moodcurve.demo.composer import DEMO_SECTIONS, compose, write_flac
from moodcurve.library import open_library

SCAN = """
import sys
from moodcurve.library.scanning import batch_writer
from moodcurve.library.scanning.progress import ScanObserver
from moodcurve.library.scanning.scan import scan
batch_writer.BATCH_S = 0.1  # so that there are many transactions to hit
if __name__ == "__main__":
    said = lambda stats: print(stats.files_done, flush=True)
    scan(sys.argv[1:2], sys.argv[2], workers=2, observer=ScanObserver(progress=said))
"""


def stored(library: Path) -> dict[str, tuple[str, str]]:
    """Files with their sound and the time of its analysis; fails if the database or a song in it is not whole."""
    if not library.exists():
        return {}
    with contextlib.closing(sqlite3.connect(library)) as db:
        (sound,) = db.execute("PRAGMA integrity_check").fetchone()
        if sound != "ok" or db.execute("PRAGMA foreign_key_check").fetchone():
            raise SystemExit(f"{library}: damaged ({sound})")
        if not db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            return {}  # killed before its first transaction
    with open_library(library) as opened:
        songs = list(opened.songs())
        known = opened.known_files()
    assert all(len(song.curve.times_s) > 0 for song in songs)
    by_path = {path: (song.content_hash, song.analysed_at) for song in songs for path in song.paths}
    assert by_path.keys() == known.keys()
    return by_path


def write_songs(folder: Path, songs: int) -> int:
    """Write short composed pieces, every fifth a second time; gives the number of different ones."""
    sections = DEMO_SECTIONS
    for number in range(songs):
        section = replace(sections[number % len(sections)], bars=1)
        path = folder / section.name / f"{number}.flac"
        write_flac(compose([section], seed=number), path)
        if number % 5 == 0:
            shutil.copyfile(path, folder / f"copy of {number}.flac")
    return songs


def killed_scan(music: Path, library: Path, delay_s: float, *, at_work: bool = False) -> tuple[int, bool]:
    """Scan, and kill the scan after a time, which begins with its start or once it is at work.

    Gives how many files it had reported, and whether it was killed.
    """
    with tempfile.TemporaryFile("w+") as out:
        running = subprocess.Popen([sys.executable, "-c", SCAN, music, library], stdout=out)
        while at_work and running.poll() is None and not os.fstat(out.fileno()).st_size:
            time.sleep(0.005)
        with contextlib.suppress(subprocess.TimeoutExpired):
            running.wait(delay_s)
        killed = running.poll() is None
        running.kill()
        running.wait()
        if not killed and running.returncode:
            raise SystemExit(f"the scan failed with exit code {running.returncode}")
        out.seek(0)
        lines = out.read().splitlines()
    return (int(lines[-1]) if lines else 0), killed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--songs", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, help="write the figures there")
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)
    counts = dict.fromkeys(("kills", "kills_while_analysing", "libraries", "lost", "analysed_twice"), 0)
    with tempfile.TemporaryDirectory() as scratch:
        music, library = Path(scratch) / "music", Path(scratch) / "library.sqlite"
        different = write_songs(music, arguments.songs)
        begun = time.perf_counter()
        killed_scan(music, library, 600.0)
        whole_s = time.perf_counter() - begun
        files = len(stored(library))
        print(f"{files} files, {different} different; a whole scan takes {whole_s:.1f} s", flush=True)
        _check_complete(music, library, files, different)
        library.unlink()
        before: dict[str, tuple[str, str]] = {}
        while counts["kills"] < arguments.kills:
            if len(before) == files:
                _check_complete(music, library, files, different)
                library.unlink()
                counts["libraries"] += 1
                before = {}
            delay_s = rng.uniform(0, whole_s)
            reported, killed = killed_scan(music, library, delay_s, at_work=rng.random() < 0.5)
            after = stored(library)
            counts["kills"] += killed
            counts["kills_while_analysing"] += killed and len(before) < len(after) < files
            counts["lost"] += max(0, reported - len(after)) + len(set(before) - set(after))
            counts["analysed_twice"] += len({*before.values()} - {*after.values()})
            before = after
            print(f"{counts['kills']:4d} {len(after):4d} of {files} files", end="\r", flush=True)
    print()
    for name, count in counts.items():
        print(f"{count:6d} {name.replace('_', ' ')}")
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(counts, indent=1) + "\n", encoding="utf-8")


def _check_complete(music: Path, library: Path, files: int, different: int) -> None:
    """Scan a complete library once more: there must be nothing to do."""
    known = stored(library)
    reported, _ = killed_scan(music, library, 600.0)
    if (len(known), len({*known.values()}), reported) != (files, different, files) or stored(library) != known:
        raise SystemExit("a complete library lacks files, or changes when it is scanned again")


if __name__ == "__main__":
    main()
