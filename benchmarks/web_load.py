"""How the web page's server answers many clients at once, beside a bare app of its framework.

    python benchmarks/web_load.py [FOLDER] [--songs N] [--clients N] [--seconds S] [--json FILE]

A library is made of N songs (as benchmarks/library.py makes them, from the music in FOLDER, by default the test data)
and of four composed songs whose sound is there. Clients on keep-alive connections ask what the page asks, in a random
order with the weights of `KINDS`, each as soon as it has its answer; so the times are those of a server that is never
idle. Songs and searches are few questions asked often, as by a page, which the server need not work out twice; no
"search, any" is asked twice. Then the same clients ask a bare FastAPI app under uvicorn, on the same machine, for
bodies of the same sizes, by a plain function: what the framework takes by itself. Times are by the clock, from a
request's first byte to its answer's last; memory is what the server's process holds (RSS).
"""

import argparse
import asyncio
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import numpy as np

from library import ROOT, made_songs
from moodcurve.demo.composer import DEMO_SECTIONS, compose, write_flac
from moodcurve.library import open_library
from moodcurve.library.scanning.scan import scan

SERVE = "from moodcurve.cli import main; main()"
BARE = """
import uvicorn
from fastapi import FastAPI, Response
app = FastAPI(openapi_url=None, telemetry={"auto_configure": False, "tracing": False, "metrics": False, "logs": False})
@app.get("/bytes/{size}")
def some(size: int):
    return Response(bytes(size), media_type="application/json")
import socket, sys
listener = socket.create_server(("127.0.0.1", 0), backlog=512)
print(f"serving at http://127.0.0.1:{listener.getsockname()[1]}/", file=sys.stderr, flush=True)
uvicorn.Server(uvicorn.Config(app, http="h11", log_level="error", access_log=False)).run(sockets=[listener])
"""
# what is asked for, how often, and with which headers
KINDS = {
    "health": (2, ""),
    "page": (2, ""),
    "songs, 50": (4, ""),
    "search, 50": (3, ""),
    "search, any": (2, ""),
    "song": (3, ""),
    "curve": (4, ""),
    "sound, 64 KiB": (6, "Range: bytes=0-65535\r\n"),
}


@dataclass
class Figures:
    """Answers of one kind."""

    times_s: list[float] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    errors: int = 0


def addresses(kind: str, songs: int, heard: list[int], rng: random.Random) -> str:
    """Give an address of a kind."""
    number = rng.randrange(1, songs + 1)
    return {
        "health": "/api/health",
        "page": "/",
        "songs, 50": f"/api/songs?offset={50 * rng.randrange(4)}",
        "search, 50": f"/api/search?text={rng.choice(['moon', 'river', 'jazz', 'kima'])}&arousal=0:1&sort=-year",
        "search, any": f"/api/search?arousal={rng.uniform(-0.3, 0):.6f}:1",
        "song": f"/api/songs/{number}",
        "curve": f"/api/songs/{number}/curve",
        "sound, 64 KiB": f"/api/songs/{rng.choice(heard)}/audio",
    }[kind]


async def client(
    port: int, until: float, figures: Mapping[str, Figures], songs: int, heard: list[int], sizes: Mapping[str, int]
) -> None:
    """Ask until it is time; with sizes, ask the bare app for so many bytes."""
    rng = random.Random(id(object()))
    kinds, weights = list(KINDS), [weight for weight, _ in KINDS.values()]
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
    while time.perf_counter() < until:
        (kind,) = rng.choices(kinds, weights)
        path = f"/bytes/{sizes[kind]}" if sizes else addresses(kind, songs, heard, rng)
        began = time.perf_counter()
        try:
            writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{KINDS[kind][1]}\r\n".encode())
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = int(re.search(rb"content-length: (\d+)", head)[1])
            await reader.readexactly(length)
            good = head[9:12] in (b"200", b"206")
        except (OSError, asyncio.IncompleteReadError, TypeError):
            good, length = False, 0
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
        if good:
            figures[kind].times_s.append(time.perf_counter() - began)
            figures[kind].sizes.append(length)
        else:
            figures[kind].errors += 1
    writer.close()


def load(
    port: int, *, clients: int, seconds: float, songs: int, heard: list[int], sizes: Mapping[str, int]
) -> dict[str, Figures]:
    """Let clients ask for some seconds."""
    figures: dict[str, Figures] = defaultdict(Figures)

    async def run() -> None:
        until = time.perf_counter() + seconds
        await asyncio.gather(*(client(port, until, figures, songs, heard, sizes) for _ in range(clients)))

    asyncio.run(run())
    return figures


@contextmanager
def server(program: str, *words: str) -> Iterator[tuple[int, int]]:
    """Start a server; give its port and process."""
    process = subprocess.Popen([sys.executable, "-c", program, *words], stderr=subprocess.PIPE, text=True)
    try:
        for line in process.stderr:
            if found := re.search(r"127\.0\.0\.1:(\d+)", line):
                break
        yield int(found[1]), process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)


def resident_mb(pid: int) -> tuple[float, float]:
    """Give what a process holds now and the most that it held, in MiB (Linux)."""
    status = Path(f"/proc/{pid}/status").read_text()
    now, most = (int(re.search(rf"{name}:\s+(\d+) kB", status)[1]) / 1024 for name in ("VmRSS", "VmHWM"))
    return now, most


def processor_s(pid: int) -> float:
    """Give the processor time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measured(program: str, words: tuple[str, ...], options: argparse.Namespace, **about: object) -> dict[str, object]:
    """Start a server, load it, and give what came of it."""
    with server(program, *words) as (port, pid):
        load(port, clients=5, seconds=1, **about)  # what is done once, such as imports, is done
        before, processor = resident_mb(pid)[0], processor_s(pid)
        began = time.perf_counter()
        figures = load(port, clients=options.clients, seconds=options.seconds, **about)
        elapsed_s = time.perf_counter() - began
        processor = processor_s(pid) - processor
        now, most = resident_mb(pid)
    times = [value for figure in figures.values() for value in figure.times_s]
    kinds = {kind: summary(figures[kind].times_s) | {"bytes": mean(figures[kind].sizes)} for kind in KINDS}
    return {
        "all": summary(times),
        "kinds": kinds,
        "errors": sum(figure.errors for figure in figures.values()),
        "requests_per_s": len(times) / elapsed_s,
        "processor_share": processor / elapsed_s,
        "processor_ms": 1000 * processor / max(1, len(times)),
        "memory_mb": {"before": before, "after": now, "most": most},
    }


def summary(times_s: list[float]) -> dict[str, float]:
    """Count times, and give their median and 99th percentile in milliseconds."""
    median, high = np.percentile(times_s, [50, 99]) * 1000 if times_s else (float("nan"),) * 2
    return {"requests": len(times_s), "median_ms": float(median), "p99_ms": float(high)}


def mean(values: list[int]) -> int:
    return round(sum(values) / max(1, len(values)))


def make_library(folder: Path, library: Path, music: Path, songs: int) -> list[int]:
    """Make a library; give the numbers of the songs whose sound is there."""
    made = made_songs(folder, songs)
    with open_library(library, write=True) as opened:
        while batch := list(islice(made, 500)):
            opened.write(change for changes in batch for change in changes)
    for seed, section in enumerate(DEMO_SECTIONS):
        write_flac(compose([section], seed=seed), music / f"{section.name}.flac")
    scan([music], library, workers=1)
    with open_library(library) as opened:
        return [opened.song(os.path.realpath(path)).id for path in music.iterdir()]


def show(name: str, found: Mapping[str, object]) -> None:
    """Print what came of a load."""
    print(f"\n{name}: {found['requests_per_s']:.0f} requests/s, {found['errors']} errors, ", end="")
    memory = found["memory_mb"]
    print(f"{found['processor_share']:.2f} cores, {found['processor_ms']:.2f} ms of processor a request; ", end="")
    print(f"memory {memory['before']:.0f} MB before, {memory['after']:.0f} after, {memory['most']:.0f} at most")
    for kind, figures in {**found["kinds"], "all": found["all"]}.items():
        print(
            f"  {kind:14} {figures['requests']:7} requests, median {figures['median_ms']:7.1f} ms, "
            f"99 % within {figures['p99_ms']:7.1f} ms" + (f", {figures['bytes']:6} bytes" if "bytes" in figures else "")
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT.parent / "shared" / "data" / "audio" / "various")
    parser.add_argument("--songs", type=int, default=10_000)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        library, music = Path(scratch) / "library.sqlite", Path(scratch) / "music"
        heard = make_library(options.folder, library, music, options.songs)
        about = {"songs": options.songs, "heard": heard}
        words = ("serve", "--library", str(library), "--port", "0", "--no-open")
        ours = measured(SERVE, words, options, **about, sizes={})
        sizes = {kind: figures["bytes"] for kind, figures in ours["kinds"].items()}
        bare = measured(BARE, (), options, **about, sizes=sizes)
    show("moodcurve serve", ours)
    show("bare FastAPI", bare)
    if options.json:
        options.json.write_text(json.dumps({"moodcurve": ours, "bare": bare}, indent=1))


if __name__ == "__main__":
    main()
