"""Measure the memory of the driver of a scan on Ray, for manifests of a thousand to a million rows.

    python benchmarks/cluster_memory.py [--rows N ...] [--json FILE]

The analysis is simulated: a task writes the ids of its shard, so that a million rows take minutes. Everything else is
as in `moodcurve scan --on ray`. Each manifest is a Parquet file, scanned by a new process with a cluster of its own,
which records its memory that is not backed by a file (RssAnon) after each shard.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # as for a user: Python caches its bytecode

import pyarrow
import pyarrow.parquet

from moodcurve.cluster.on_ray import run_on_ray
from moodcurve.cluster.runner import RunSettings, ShardReport
from moodcurve.cluster.scan import ClusterStats, scan_catalogue
from moodcurve.cluster.shards import Shard
from moodcurve.cluster.store import open_store

ROWS = (1_000, 10_000, 100_000, 1_000_000)
_BATCH = 100_000


def simulated(shard: Shard, settings: RunSettings, model: bytes) -> ShardReport:
    """Write the ids of a shard in place of its analysis."""
    with tempfile.NamedTemporaryFile() as scratch:
        ids = [entry.external_id for entry in shard.entries]
        pyarrow.parquet.write_table(pyarrow.table({"external_id": ids}), scratch.name)
        open_store(settings.out).put(Path(scratch.name), shard.name)
    return ShardReport(songs=len(shard.entries), audio_s=180.0 * len(shard.entries))


def write_manifest(path: Path, rows: int) -> None:
    schema = pyarrow.schema([("id", pyarrow.string()), ("path", pyarrow.string())])
    with pyarrow.parquet.ParquetWriter(path, schema) as writer:
        for start in range(0, rows, _BATCH):
            numbers = range(start, min(start + _BATCH, rows))
            ids = [f"track-{number:09d}" for number in numbers]
            paths = [f"s3://catalogue/audio/{number % 997:03d}/track-{number:09d}.mp3" for number in numbers]
            writer.write_table(pyarrow.table({"id": ids, "path": paths}, schema=schema))


def resident_mb() -> float:
    """Return the memory of this process that is not backed by a file, in MB; see proc(5)."""
    for line in Path("/proc/self/status").read_text("ascii").splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) / 1024
    raise SystemExit("this system does not report memory use")


def measure(manifest: str, out: str) -> dict[str, float]:
    """Scan a manifest in this process; return its memory after one shard, half of them and all, and at its peak."""
    samples: list[float] = []

    def on_report(stats: ClusterStats, report: ShardReport) -> None:
        samples.append(resident_mb())

    stats = scan_catalogue([manifest], out, partial(run_on_ray, run=simulated, workers=2), on_report=on_report)
    return {
        "rows": stats.songs, "shards": stats.run, "first_mb": samples[0], "half_mb": samples[len(samples) // 2],
        "last_mb": samples[-1], "peak_mb": max(samples), "elapsed_s": stats.elapsed_s,
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=ROWS)
    parser.add_argument("--one", nargs=2, metavar=("MANIFEST", "OUT"), help=argparse.SUPPRESS)
    parser.add_argument("--json", type=Path, help="write the results to this file")
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(measure(*arguments.one)))
        return
    results = []
    with tempfile.TemporaryDirectory() as folder:
        for rows in arguments.rows:
            manifest = Path(folder) / f"{rows}.parquet"
            write_manifest(manifest, rows)
            command = [sys.executable, __file__, "--one", str(manifest), str(Path(folder) / f"out-{rows}")]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
            results.append(json.loads(done.stdout.splitlines()[-1]))
            print(", ".join(f"{name} {value:,.0f}" for name, value in results[-1].items()), flush=True)
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
