"""Compare the scan on Ray with the local scan of the same songs, on two cores.

    python benchmarks/cluster_speed.py [FOLDER] [--songs N] [--seconds S] [--repeats N] [--model NAME] [--json FILE]

FOLDER holds MP3 files (default: the songs of the test data). Each is repeated, packet by packet, to about --seconds,
all to different lengths. They are scanned into a library with two workers, in shards by two processes, and in shards on
a Ray cluster of two processors on this machine, in turn. Times are of the clock, and of the processor for all
processes, those of Ray included, from the first song to the last. What comes before is stated too, but is no part of
the overhead: a cluster is started once, and a catalogue is scanned for hours.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # as for a user: Python caches its bytecode
os.environ["RAY_worker_niceness"] = "0"  # noqa: SIM112  Ray's own name; else, other programs would slow it down first

from length import repeated

ROOT = Path(__file__).parents[1]
SHARD_SIZE = 16
WAYS = ("library", "processes", "ray")
_TICKS = os.sysconf("SC_CLK_TCK")


def processor_s(pid: int) -> float:
    """Return the processor time of a process and all below it, dead ones that were waited for included."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
        children = [path.read_text("ascii").split() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / _TICKS + sum(processor_s(int(child)) for some in children for child in some)


def scanned(way: str, folder: str, out: str, model: str) -> dict[str, float]:
    """Scan in this process; return seconds of the clock and of the processor, from the first song and before it."""
    from moodcurve.cluster.on_ray import run_on_ray
    from moodcurve.cluster.runner import ShardReport, run_here
    from moodcurve.cluster.scan import scan_catalogue
    from moodcurve.cluster.shards import Shard
    from moodcurve.library.scanning.progress import ScanObserver
    from moodcurve.library.scanning.scan import scan

    begun = time.perf_counter()
    marks: list[tuple[float, float]] = []

    def mark(*_: object) -> None:
        marks.append((time.perf_counter() - begun, processor_s(os.getpid())))

    def engine(shards: Iterator[Shard], *arguments: Any) -> Iterator[ShardReport]:
        def watched() -> Iterator[Shard]:
            for shard in shards:
                if not marks:
                    mark()
                yield shard

        yield from (run_here if way == "processes" else run_on_ray)(watched(), *arguments, workers=2)

    if way == "library":
        library = Path(out) / "library.sqlite"
        scan([folder], library, workers=2, model=model, observer=ScanObserver(starting=mark, progress=mark))
    else:
        scan_catalogue([folder], out, engine, shard_size=SHARD_SIZE, model=model, on_report=mark)
    (start_wall_s, start_cpu_s), (wall_s, cpu_s) = marks[0], marks[-1]
    return {
        "start_wall_s": start_wall_s, "start_cpu_s": start_cpu_s, "wall_s": wall_s - start_wall_s,
        "cpu_s": cpu_s - start_cpu_s,
    }  # fmt: skip


def run(way: str, folder: Path, model: str) -> dict[str, float]:
    """Scan in a new process."""
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, __file__, "--one", way, str(folder), out, "--model", model]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    data = Path(os.environ.get("MOODCURVE_DATA", ROOT.parent / "shared" / "data"))
    parser.add_argument("folder", type=Path, nargs="?", default=data / "audio" / "various")
    parser.add_argument("--songs", type=int, default=96)
    parser.add_argument("--seconds", type=float, default=210.0)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--model", default="default")
    parser.add_argument("--one", nargs=3, metavar=("WAY", "FOLDER", "OUT"), help=argparse.SUPPRESS)
    parser.add_argument("--json", type=Path, help="write the results to this file")
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(scanned(*arguments.one, arguments.model)))
        return
    files = sorted(arguments.folder.glob("*.mp3"))
    if not files:
        raise SystemExit(f"{arguments.folder}: no MP3 files")
    turns: list[dict[str, dict[str, float]]] = []
    with tempfile.TemporaryDirectory() as folder:
        music, single = Path(folder) / "music", Path(folder) / "single"
        music.mkdir()
        single.mkdir()
        for number in range(arguments.songs):
            repeated(files[number % len(files)], arguments.seconds + number / 10, music / f"{number:03d}.mp3")
        repeated(files[0], 5.0, single / "short.mp3")
        for way in WAYS:  # fill the caches
            run(way, single, arguments.model)
        for turn in range(arguments.repeats):
            turns.append({})
            for way in WAYS:
                turns[-1][way] = {"load": os.getloadavg()[0], **run(way, music, arguments.model)}
                print(f"turn {turn + 1}, {way}: {json.dumps(turns[-1][way])}", flush=True)
    overheads = {
        f"{way}_{kind}": statistics.median(turn[way][kind] / turn["library"][kind] - 1 for turn in turns)
        for way in WAYS[1:]
        for kind in ("wall_s", "cpu_s")
    }
    for name, value in overheads.items():
        print(f"{100 * value:6.1f} % overhead of {name}")
    if arguments.json is not None:
        results = {"model": arguments.model, "overheads": overheads, "turns": turns}
        arguments.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
