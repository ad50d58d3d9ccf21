"""Load-test a rating study: many raters rate at once, and every sample that they made is looked for on the disk.

    python benchmarks/annotate_load.py [--raters N] [--seconds S] [--rate HZ] [--lost SHARE] [--kill] [--json FILE]

Each rater does what the page does: a piece of samples every quarter of a second, and each second a request with all
pieces that are not acknowledged. With --lost, a share of the requests ends before its answer is read, so that the
pieces are sent again although the server may have them. With --kill, the server is killed (SIGKILL) halfway, and
started again. The raters' files are then compared with what was made, sample by sample. Delays are from the end of a
piece until its acknowledgement, which includes up to a second of waiting for the next request.
"""

import argparse
import asyncio
import json
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from moodcurve.annotate.access import Access
from moodcurve.datasets.raters.study_reader import rater_file
from moodcurve.datasets.raters.study_record import read_record
from moodcurve.demo.composer import DEMO_SECTIONS, compose, write_flac

PIECE_S, SEND_S = 0.25, 1.0
SERVE = "from moodcurve.cli import main; main()"


@dataclass(eq=False)
class SimulatedRater:
    """A rater's page, without a browser."""

    name: str
    token: str
    rate_hz: float
    lost: float
    made: list[list[float]] = field(default_factory=list)
    pending: list[tuple[float, dict[str, Any]]] = field(default_factory=list)
    """Pieces that are not acknowledged, with the time when each was complete."""
    delays_s: list[float] = field(default_factory=list)
    requests: int = 0
    repeated: int = 0
    number: int = 0

    async def run(self, url: str, seconds: float) -> None:
        """Start the study, and rate for some seconds."""
        chance = random.Random(self.name)
        headers = {"Authorization": f"Bearer {self.token}"}
        async with httpx.AsyncClient(base_url=url, headers=headers, timeout=10) as client:
            await client.post("/api/rater/start")
            await client.get("/api/rater/audio/0")
            began = time.perf_counter() + chance.random()
            sending = asyncio.create_task(self._send(client, began + seconds, chance))
            while (now := time.perf_counter()) < began + seconds:
                await asyncio.sleep(max(0, began - now) or PIECE_S)
                self._make(time.perf_counter() - began)
            await sending

    def _make(self, until_s: float) -> None:
        """Make the samples up to a time, as one piece."""
        first = len(self.made)
        times_s = np.arange(first, max(0.0, until_s) * self.rate_hz) / self.rate_hz
        if not len(times_s):
            return
        rows = np.round(np.column_stack([1000 * times_s, times_s, np.sin(times_s + len(self.name))]), 4).tolist()
        self.made += rows
        event = {"kind": "samples", "item": 0, "axis": "arousal", "first": first, "rows": rows}
        self.pending.append((time.perf_counter(), {"number": self.number, "events": [event]}))
        self.number += 1

    async def _send(self, client: httpx.AsyncClient, end: float, chance: random.Random) -> None:
        sent = -1
        while time.perf_counter() < end + 2 * PIECE_S or self.pending:
            await asyncio.sleep(SEND_S)
            pieces = [piece for _, piece in self.pending[:200]]
            if not pieces:
                continue
            self.repeated += sum(piece["number"] <= sent for piece in pieces)
            sent = max(sent, pieces[-1]["number"])
            body = {"rater": self.name, "client": f"{1:016x}", "pieces": pieces}
            # a client that gives up this soon has sent its pieces, and does not know whether they arrived
            timeout = chance.uniform(0.001, 0.02) if chance.random() < self.lost else 10
            self.requests += 1
            try:
                response = await client.post("/api/rater/pieces", json=body, timeout=timeout)
            except httpx.TransportError:
                continue
            response.raise_for_status()
            received = response.json()["received"]
            now = time.perf_counter()
            self.delays_s += [now - made for made, piece in self.pending if piece["number"] <= received]
            self.pending = [one for one in self.pending if one[1]["number"] > received]


def start_server(folder: Path, port: int) -> tuple[subprocess.Popen[bytes], int]:
    """Start the server of a study; return it and its port."""
    words = ["annotate", str(folder), "--no-open", "--port", str(port)]
    log = folder / "log.txt"
    with log.open("wb") as file:
        process = subprocess.Popen([sys.executable, "-c", SERVE, *words], stderr=file)
    while process.poll() is None:
        if found := re.search(r"overview at http://127.0.0.1:(\d+)/", log.read_text(encoding="utf-8")):
            return process, int(found[1])
        time.sleep(0.05)
    raise RuntimeError(log.read_text(encoding="utf-8"))


def simulate(
    *, raters: int, seconds: float, rate_hz: float = 60, lost: float = 0.0, kill: bool = False
) -> dict[str, Any]:
    """Let raters rate at once; return what was made, what is stored, and how fast."""
    folder = Path(tempfile.mkdtemp(prefix="annotate-load-"))
    try:
        (folder / "audio").mkdir()
        write_flac(compose(DEMO_SECTIONS[:1]), folder / "audio" / "song.flac")
        access = Access(folder)
        names = access.invite(raters)
        simulated = [SimulatedRater(name, access.raters[name], rate_hz, lost) for name in names]
        process, port = start_server(folder, 0)

        async def run() -> None:
            nonlocal process
            tasks = [asyncio.create_task(rater.run(f"http://127.0.0.1:{port}", seconds)) for rater in simulated]
            if kill:
                await asyncio.sleep(seconds / 2)
                process.send_signal(signal.SIGKILL)
                process.wait()
                process, _ = await asyncio.to_thread(start_server, folder, port)
            await asyncio.gather(*tasks)

        began = time.perf_counter()
        try:
            asyncio.run(run())
            cpu_s = _cpu_s(process.pid)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()
        return _count(folder, simulated, time.perf_counter() - began) | {"server_cpu_s": cpu_s}
    finally:
        shutil.rmtree(folder)


def _count(folder: Path, raters: list[SimulatedRater], wall_s: float) -> dict[str, Any]:
    stored = lost = extra = size = 0
    for rater in raters:
        path = rater_file(folder, rater.name)
        rows = read_record(path).samples(0, "arousal").tolist()
        stored += len(rows)
        kept = {tuple(row) for row in rows}
        lost += sum(tuple(row) not in kept for row in rater.made)
        extra += len(rows) - len(kept)
        size += path.stat().st_size
    delays_s = np.concatenate([rater.delays_s for rater in raters])
    return {
        "raters": len(raters),
        "wall_s": round(wall_s, 1),
        "samples": sum(len(rater.made) for rater in raters),
        "stored": stored,
        "lost": lost,
        "twice": extra,
        "requests": sum(rater.requests for rater in raters),
        "pieces_sent_again": sum(rater.repeated for rater in raters),
        "bytes": size,
        "delay_median_s": round(float(np.median(delays_s)), 3),
        "delay_99_s": round(float(np.quantile(delays_s, 0.99)), 3),
    }


def _cpu_s(pid: int) -> float | None:
    """Return the processor time of a process, where the system tells (Linux)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) / 100


def main() -> None:
    """Run the load test, and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--raters", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rate", type=float, default=60, help="samples per second of each rater")
    parser.add_argument("--lost", type=float, default=0.0, help="share of the requests whose answer is lost")
    parser.add_argument("--kill", action="store_true", help="kill the server halfway, and start it again")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    results = simulate(
        raters=options.raters, seconds=options.seconds, rate_hz=options.rate, lost=options.lost, kill=options.kill
    )
    text = json.dumps(results, indent=1)
    print(text)
    if options.json:
        options.json.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
