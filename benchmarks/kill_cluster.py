"""Kill processes, nodes and drivers of a scan on Ray at random moments, and check that no song is lost or doubled.

    python benchmarks/kill_cluster.py [--rounds N] [--songs N] [--nodes N] [--seed SEED] [--json FILE]

Composed songs of a few seconds and a file that is not audio are scanned in shards of three, on a cluster of three
nodes on this machine (`ray.cluster_utils.Cluster`), into a new folder each round. Meanwhile, a process is killed
(SIGKILL): first the one that runs a shard, then every few seconds one like it, the one that analyzes its songs, all of
a node, which another node replaces, or the driver, which is started again. When a driver ends by itself, every id must
be in exactly one row of the results, the file that is not audio must be the only problem, nothing else may lie in the
folder, and a further scan must find nothing to do.
"""

import argparse
import contextlib
import csv
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

# as for a user: Python caches its bytecode; no process of Ray listens to other machines, or sends statistics
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
os.environ |= {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0", "RAY_USAGE_STATS_ENABLED": "0"}

import pyarrow.parquet
from ray.cluster_utils import Cluster

from moodcurve.demo.composer import DEMO_SECTIONS, compose, write_flac

T = TypeVar("T")
SCAN = "from moodcurve.cli import main; main()"
SHARD_SIZE = 3
BAD = "bad"
MARKS = {"task": "ray::run_shard", "analysis": "multiprocessing.spawn"}
"""What the command lines of processes hold that run a shard, or analyze its songs."""


def write_catalogue(folder: Path, songs: int) -> Path:
    """Write songs, a file that is not audio, and a manifest of them all."""
    manifest = folder / "catalogue.csv"
    rows = [(BAD, "bad.mp3")]
    for number in range(songs):
        section = replace(DEMO_SECTIONS[number % len(DEMO_SECTIONS)], bars=1)
        write_flac(compose([section], seed=number), folder / f"{number}.flac")
        rows.append((f"track-{number:04d}", f"{number}.flac"))
    (folder / "bad.mp3").write_bytes(b"not audio" * 100)
    with manifest.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([("id", "path"), *sorted(rows)])
    return manifest


def descendants(pid: int) -> dict[int, str]:
    """Return the command lines of all processes below one."""
    found = {}
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in map(int, task.read_text("ascii").split()):
                found[child] = (
                    Path(f"/proc/{child}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
                )
                found |= descendants(child)
    return found


def started(start: Callable[[], T]) -> T:
    """Start a node; on a busy machine, Ray gives up one that does not start within half a minute."""
    for _ in range(10):
        with contextlib.suppress(Exception):
            return start()
    raise SystemExit("no node can be started")


class Victims:
    """A cluster whose processes and nodes are killed."""

    def __init__(self, rng: random.Random, nodes: int) -> None:
        self._rng = rng
        quick = {
            "health_check_initial_delay_ms": 1000,
            "health_check_period_ms": 1000,
            "health_check_failure_threshold": 5,
        }
        head = {"num_cpus": 1, "object_store_memory": 100 << 20, "include_dashboard": False, "_system_config": quick}
        self.cluster: Cluster = started(lambda: Cluster(initialize_head=True, head_node_args=head))
        self._nodes = [self._add() for _ in range(nodes)]

    def _add(self) -> object:
        return started(lambda: self.cluster.add_node(num_cpus=1, object_store_memory=100 << 20))

    def kill_process(self, kind: str) -> bool:
        """Kill a process of a kind of `MARKS`; return whether there was one."""
        pids = [pid for pid, command in descendants(os.getpid()).items() if MARKS[kind] in command]
        if not pids:
            return False
        try:
            os.kill(self._rng.choice(pids), signal.SIGKILL)
        except ProcessLookupError:
            return False
        return True

    def kill(self) -> str:
        """Kill a process, or a node, also if there is no such process; return which of them."""
        kind = self._rng.choice((*MARKS, "node"))
        if kind in MARKS and self.kill_process(kind):
            return kind
        node = self._nodes.pop(self._rng.randrange(len(self._nodes)))
        self.cluster.remove_node(node, allow_graceful=False)
        self._nodes.append(self._add())
        return "node"


def rows_of(out: Path) -> list[dict[str, object]]:
    """Return the rows of all results; exit if anything else lies there."""
    rows = []
    for path in sorted(out.iterdir()):
        if path.suffix != ".parquet":
            raise SystemExit(f"{path}: left behind")
        table = pyarrow.parquet.read_table(path, columns=["external_id", "problem", "model", "feature_set", "arousal"])
        rows += table.to_pylist()
    return rows


def check(out: Path, manifest: Path, command: list[str]) -> None:
    """Exit unless the results are complete, and a further scan does nothing."""
    with manifest.open(newline="", encoding="utf-8") as stream:
        expected = Counter(row["id"] for row in csv.DictReader(stream))
    rows = rows_of(out)
    if Counter(row["external_id"] for row in rows) != expected:
        raise SystemExit("some ids are missing, or there twice")
    if [row["external_id"] for row in rows if row["problem"] is not None] != [BAD]:
        raise SystemExit(f"problems: {[row for row in rows if row['problem'] is not None]}")
    if not all(row["model"] and row["feature_set"] for row in rows):
        raise SystemExit("a row lacks the model")
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    if json.loads(done.stdout)["run"]:
        raise SystemExit("a further scan analyzed something")


def run_round(victims: Victims, manifest: Path, out: Path, rng: random.Random) -> Counter[str]:
    """Scan into a new folder, killing on the way; return what was killed."""
    command = [sys.executable, "-c", SCAN, "scan", str(manifest), "--on", "ray", "--address", victims.cluster.address]
    command += ["-o", str(out), "--shard-size", str(SHARD_SIZE), "--model", "fast", "--json"]
    killed: Counter[str] = Counter()
    kills = rng.randint(3, 6)
    while True:
        with tempfile.TemporaryFile("w+") as errors:
            driver = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=errors)
            while driver.poll() is None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    driver.wait(rng.uniform(0.5, 4) if killed else 0.1)
                if driver.poll() is not None or killed.total() >= kills:
                    continue
                if not killed:
                    killed += Counter(task=int(victims.kill_process("task")))
                elif rng.random() < 0.25:
                    driver.kill()
                    killed["driver"] += 1
                else:
                    killed[victims.kill()] += 1
            errors.seek(0)
            if driver.returncode in (0, 1):  # 1 if it met the file that is not audio itself
                return killed
            if driver.returncode != -signal.SIGKILL:
                raise SystemExit(f"the driver ended with {driver.returncode}:\n{errors.read()}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--songs", type=int, default=12)
    parser.add_argument("--nodes", type=int, default=2, help="nodes besides the head, each with one processor")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, help="write the results to this file")
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)
    total: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        manifest = write_catalogue(Path(folder), arguments.songs)
        victims = Victims(rng, arguments.nodes)
        try:
            for number in range(1, arguments.rounds + 1):
                out, begun = Path(folder) / f"out-{number}", time.monotonic()
                killed = run_round(victims, manifest, out, rng)
                command = [
                    sys.executable,
                    "-c",
                    SCAN,
                    "scan",
                    str(manifest),
                    "--on",
                    "processes",
                    "-o",
                    str(out),
                    "--model",
                    "fast",
                ]
                check(out, manifest, [*command, "--shard-size", str(SHARD_SIZE), "--json"])
                shutil.rmtree(out)
                total += killed
                print(f"round {number}: {dict(killed)} killed, {time.monotonic() - begun:.0f} s", flush=True)
        finally:
            victims.cluster.shutdown()
    results = {"rounds": arguments.rounds, "songs": arguments.songs + 1, **total, "lost": 0, "twice": 0}
    print(", ".join(f"{name} {value}" for name, value in results.items()))
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
