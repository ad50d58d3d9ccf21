"""Measure how analysis of many songs scales with several processes.

    python benchmarks/cores.py [FOLDER] [--songs N] [--workers N] [--repeats N] [--json FILE]

FOLDER holds audio files (default: the songs of the test data). `moodcurve analyze` writes the curves of the same songs
with one process and with several, in turn. The scaling is the ratio of wall times. Nothing scales if other programs use
the cores, so the output includes the load at the start of each turn, and how a plain loop without shared data scales at
that moment. The number of processes over the ratio of CPU times is the scaling that an idle machine can reach.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from audio_files import audio_files

# as for a user: Python caches its bytecode
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
ROOT = Path(__file__).parents[1]
ANALYZE = "from moodcurve.cli import main; main()"
LOOP = "for number in range(20_000_000): pass"


def timed(songs: Sequence[Path], workers: int, folder: Path) -> tuple[float, float]:
    """Analyze songs; return wall time and CPU time of all processes, in seconds."""
    command = [sys.executable, "-c", ANALYZE, "analyze", *songs, "-o", folder, "--workers", str(workers)]
    before = os.times()
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    wall, after = time.perf_counter() - start, os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return wall, used


def loops(workers: int) -> float:
    """Return the ratio of wall times of plain loops, two per worker, run one at a time and in parallel."""
    walls = []
    for at_once in (1, workers):
        start = time.perf_counter()
        for _ in range(2 * workers // at_once):
            running = [subprocess.Popen([sys.executable, "-c", LOOP]) for _ in range(at_once)]
            for process in running:
                process.wait()
        walls.append(time.perf_counter() - start)
    return walls[0] / walls[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    data = Path(os.environ.get("MOODCURVE_DATA", ROOT.parent / "shared" / "data"))
    parser.add_argument("folder", type=Path, nargs="?", default=data / "audio" / "various")
    parser.add_argument("--songs", type=int, default=192, help="number of songs; files of the folder are repeated")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", type=Path, help="write the results to this file")
    arguments = parser.parse_args()
    files = audio_files(arguments.folder)
    counts = (1, arguments.workers)
    runs: dict[int, list[tuple[float, float]]] = {count: [] for count in counts}
    machine: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        songs = []
        for number in range(arguments.songs):  # copies: a file that is named twice is analyzed once
            file = files[number % len(files)]
            songs.append(Path(folder) / f"{number:04d}{file.suffix}")
            songs[-1].write_bytes(file.read_bytes())
        timed(songs[:4], 1, Path(folder) / "0")  # fill the caches
        for turn in range(arguments.repeats):
            machine.append(loops(arguments.workers))
            print(f"turn {turn + 1}, plain loops: {machine[-1]:.2f} times as fast")
            for count in counts:
                load = os.getloadavg()[0]
                runs[count].append(timed(songs, count, Path(folder) / str(count)))
                wall, used = runs[count][-1]
                shown = f"{wall:6.2f} s, {used:6.2f} s of CPU, load {load:.1f}"
                print(f"turn {turn + 1}, {count} processes: {shown}", flush=True)
    report(runs, machine, arguments.json, len(songs))


def report(runs: dict[int, list[tuple[float, float]]], machine: list[float], file: Path | None, songs: int) -> None:
    one, several = runs
    best = {count: min(wall for wall, _ in runs[count]) for count in runs}
    cost = statistics.median(b[1] / a[1] for a, b in zip(runs[one], runs[several], strict=True))
    pairs = statistics.median(a[0] / b[0] for a, b in zip(runs[one], runs[several], strict=True))
    scaling = best[one] / best[several]
    print(
        f"\n{songs} songs, {several} processes: {scaling:.2f} times as fast (best turns), {pairs:.2f} (median of turns)"
    )
    print(f"plain loops {max(machine):.2f}; CPU time {cost:.2f} times as much, so {several / cost:.2f} at most")
    if file is not None:
        results = {
            "songs": songs,
            "workers": several,
            "scaling": scaling,
            "scaling_median": pairs,
            "scaling_of_plain_loops": machine,
            "scaling_by_processor_time": several / cost,
            "wall_s": {str(count): [wall for wall, _ in runs[count]] for count in runs},
            "processor_s": {str(count): [used for _, used in runs[count]] for count in runs},
        }
        file.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
