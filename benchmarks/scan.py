"""How fast a scan is, what it costs beyond the analysis, and whether its memory stays flat.

    python benchmarks/scan.py [FOLDER] [--songs N] [--seconds S] [--repeats N] [--short N] [--json FILE]

FOLDER holds MP3 files, by default the songs of the test data. Each is joined to itself, packet by packet, to songs of
about so many seconds, all of different lengths. They are analysed in a plain loop in one process, which is what has to
be done anyway, and scanned by `moodcurve scan` into a new library with one worker and with two, in turn. Speeds are
seconds of audio by second of processor time, of all processes and with their start, and by the clock. The cost beyond
the analysis is processor time, a scan of a single song (the start of all processes) and the loop's left out.

Where other programs want the cores too, nothing scales: how a plain loop that shares nothing scales stands beside.

With --short N, N composed pieces of some seconds are scanned too, and the resident memory of the scan and its worker
is noted as it goes on.
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
from dataclasses import replace
from pathlib import Path

import numpy as np
import soundfile

from cores import loops
from length import repeated
from moodcurve.analysis import analyze
from moodcurve.demo.composer import DEMO_SECTIONS, compose
from moodcurve.library.scanning.progress import ScanObserver, ScanStats
from moodcurve.library.scanning.scan import scan
from moodcurve.runtime import load_model

# as for a user: what Python compiles is kept
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
ROOT = Path(__file__).parents[1]
SCAN = "from moodcurve.cli import main; main()"


def scanned(folder: Path, library: Path, workers: int) -> dict[str, float]:
    """Scan into a new library; give the seconds of audio, by the clock, and of processors."""
    library.unlink(missing_ok=True)
    command = [sys.executable, "-c", SCAN, "scan", folder, "--library", library, "--workers", str(workers), "--json"]
    before, start = os.times(), time.perf_counter()
    done = subprocess.run(command, check=True, capture_output=True)
    wall, after = time.perf_counter() - start, os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return {"audio_s": json.loads(done.stdout)["audio_s"], "wall_s": wall, "cpu_s": used}


def plain_loop(songs: Sequence[Path]) -> float:
    """Analyse songs one after the other; give seconds of processor time."""
    model = load_model()
    analyze(songs[0], model=model, prefetch=False)  # loads the extractor
    start = time.process_time()
    for song in songs:
        analyze(song, model=model, prefetch=False)
    return time.process_time() - start


def speed(arguments: argparse.Namespace, scratch: Path) -> dict[str, object]:
    files = sorted(arguments.folder.glob("*.mp3"))
    if not files:
        raise SystemExit(f"{arguments.folder}: no MP3 files")
    music, single = scratch / "music", scratch / "single"
    music.mkdir()
    single.mkdir()
    songs = [music / f"{number:03d}.mp3" for number in range(arguments.songs)]
    for number, song in enumerate(songs):
        repeated(files[number % len(files)], arguments.seconds + number, song)
    repeated(files[0], 5.0, single / "short.mp3")
    library = scratch / "library.sqlite"
    scanned(single, library, 1)  # what is kept between runs is made
    runs: list[dict[str, float]] = []
    for turn in range(arguments.repeats):
        load = os.getloadavg()[0]
        one, start = scanned(music, library, 1), scanned(single, library, 1)
        machine, two = loops(2), scanned(music, library, 2)
        runs.append(
            {
                "load": load,
                "loop_cpu_s": plain_loop(songs),
                "start_cpu_s": start["cpu_s"],
                "one_cpu_s": one["cpu_s"],
                "one_wall_s": one["wall_s"],
                "two_cpu_s": two["cpu_s"],
                "two_wall_s": two["wall_s"],
                "audio_s": one["audio_s"],
                "plain_loops": machine,
            }
        )
        print(f"turn {turn + 1}: " + ", ".join(f"{name} {value:.2f}" for name, value in runs[-1].items()), flush=True)
    least = {name: min(run[name] for run in runs) for name in runs[0]}
    audio_s = least["audio_s"]
    costs = [(run["one_cpu_s"] - run["start_cpu_s"]) / run["loop_cpu_s"] - 1 for run in runs]
    figures = {
        "songs": len(songs),
        "audio_s": audio_s,
        "times_real_time_by_processor": audio_s / least["one_cpu_s"],
        "times_real_time_by_clock": audio_s / least["one_wall_s"],
        "loop_times_real_time": audio_s / least["loop_cpu_s"],
        "cost_beyond_analysis": statistics.median(costs),
        "cost_beyond_analysis_of_least_times": (least["one_cpu_s"] - least["start_cpu_s"]) / least["loop_cpu_s"] - 1,
        "two_workers": max(run["one_wall_s"] / run["two_wall_s"] for run in runs),
        "two_workers_by_processor": 2 * least["one_cpu_s"] / least["two_cpu_s"],
        "runs": runs,
    }
    for name, value in figures.items():
        if isinstance(value, float):
            print(f"{value:10.3f} {name.replace('_', ' ')}")
    return figures


def write_short_songs(folder: Path, number: int) -> None:
    """Write composed pieces of some seconds, each with noise of its own far below the music."""
    pieces = [compose([replace(section, bars=1)]) for section in DEMO_SECTIONS]
    for i in range(number):
        piece = pieces[i % len(pieces)]
        noise = np.random.default_rng(i).normal(0, 1e-3, piece.audio.shape)
        target = folder / f"{i // 100:02d}" / f"{i:05d}.wav"
        target.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(target, piece.audio + noise, piece.sr, subtype="PCM_16")


def resident_mb(pid: int) -> float:
    """Resident memory of a process that is not shared with a file, in MB; see proc(5)."""
    for line in Path(f"/proc/{pid}/status").read_text("ascii").splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) / 1024
    raise SystemExit("no memory figures from this system")


def children() -> list[int]:
    """Give the processes that this one has started, Python's helper aside."""
    pids = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text("ascii").split()
    return [int(pid) for pid in pids if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def memory(number: int, scratch: Path) -> list[dict[str, float]]:
    folder = scratch / "short"
    write_short_songs(folder, number)
    noted: list[dict[str, float]] = []

    def progress(stats: ScanStats) -> None:
        workers = children()
        if workers and stats.files_done >= (noted[-1]["files"] if noted else 0) + number / 20:
            figures = {"scan_mb": resident_mb(os.getpid()), "worker_mb": resident_mb(workers[0])}
            noted.append({"files": stats.files_done, **figures})
            print(", ".join(f"{name} {value:.1f}" for name, value in noted[-1].items()), flush=True)

    scan([folder], scratch / "short.sqlite", workers=1, observer=ScanObserver(progress=progress))
    return noted


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    data = Path(os.environ.get("MOODCURVE_DATA", ROOT.parent / "shared" / "data"))
    parser.add_argument("folder", type=Path, nargs="?", default=data / "audio" / "various")
    parser.add_argument("--songs", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=210.0)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--short", type=int, default=0)
    parser.add_argument("--json", type=Path, help="write the figures there")
    arguments = parser.parse_args()
    figures: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as scratch:
        if arguments.repeats:
            figures["speed"] = speed(arguments, Path(scratch))
        if arguments.short:
            figures["memory"] = memory(arguments.short, Path(scratch))
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
