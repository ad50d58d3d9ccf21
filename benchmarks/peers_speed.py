"""Measure time and memory of moodcurve's models, sonara and vibenet on the same songs, for `peers.py`."""

import os
import platform
import statistics
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from audio_files import audio_files, write_joined
from peers_tools import PEERS, Answer, Tool, run_once, versions

SONG_S, CLIP_S = 180.0, 5.0
PARTS = 3
"""Files that are joined to one song."""
TIMES = ("cpu_s", "wall_s")
Item = TypeVar("Item")


def measure(folder: Path, temporary: Path, models: Sequence[str], *, songs: int, turns: int) -> dict[str, Any]:
    """Time all tools on songs made from a folder; return the results for JSON.

    Of each tool: `cpu_s` and `wall_s`, the median time of a song in a running process; `least_cpu_s`, the median over
    songs of the fastest turn; `song_*` and `start_*`, the median time of a new process on a song and on `CLIP_S`
    seconds; `first_run_*`, that of one without caches; `peak_mb`, the median of the largest resident memory of new
    processes on a song. Of each model, `ratios` has the medians and quartiles of each other tool's time over its own,
    per song and turn, and per song for the fastest turns.
    """
    names = [*PEERS, *models]
    load = [os.getloadavg()[0]]
    paths = write_songs(folder, temporary, songs)
    clip = temporary / "clip.mp3"
    write_joined(paths[:1], clip, CLIP_S)
    first = {name: first_run(name, clip) for name in names}
    runs = running_processes(names, paths, turns)
    starts = new_processes(names, clip, turns)
    whole = new_processes(names, paths[0], turns)
    load.append(os.getloadavg()[0])
    tools = {
        name: {
            **medians("", runs[name]),
            "least_cpu_s": statistics.median(fastest(runs[name], len(paths))),
            "times_real_time": SONG_S / medians("", runs[name])["cpu_s"],
            **medians("song_", whole[name]),
            **medians("start_", starts[name]),
            **medians("first_run_", [first[name]]),
            "peak_mb": statistics.median(answer.peak_mb for answer in whole[name]),
        }
        for name in names
    }
    return {
        "speed": {
            "date": date.today().isoformat(),
            "songs": len(paths),
            "song_s": SONG_S,
            "clip_s": CLIP_S,
            "turns": turns,
            "load": load,
            "machine": {"processor": processor(), "python": platform.python_version()},
            "versions": versions("moodcurve", "numpy", "onnxruntime", *PEERS),
            "tools": tools,
            "ratios": {model: ratios(model, len(paths), runs, whole, starts) for model in models},
        }
    }


def write_songs(folder: Path, temporary: Path, count: int) -> list[Path]:
    """Join files of a folder to songs: each starts at another of evenly spaced files, so that genres are covered."""
    files = audio_files(folder)
    songs = []
    for number in range(count):
        start = number * len(files) // count
        songs.append(temporary / f"song-{number:02d}.mp3")
        write_joined([files[(start + part) % len(files)] for part in range(PARTS)], songs[-1], SONG_S)
    return songs


def running_processes(names: Sequence[str], songs: Sequence[Path], turns: int) -> dict[str, list[Answer]]:
    """Return the answers of one process per tool, after a song that is not timed; tools take turns on each song."""
    answers: dict[str, list[Answer]] = {name: [] for name in names}
    with ExitStack() as stack:
        tools = [stack.enter_context(Tool(name)) for name in names]
        for tool in tools:
            tool.run(songs[0])
        for turn in range(turns):
            for number, song in enumerate(songs):
                for tool in rotated(tools, turn + number):
                    answers[tool.name].append(tool.run(song))
            last = {name: 1e3 * statistics.median(a.cpu_s for a in answers[name][-len(songs) :]) for name in names}
            print(f"turn {turn + 1}, ms of CPU:", *(f"{name} {value:.0f}" for name, value in last.items()), flush=True)
    return answers


def new_processes(names: Sequence[str], path: Path, turns: int) -> dict[str, list[Answer]]:
    """Return the answers of a new process per tool and turn."""
    answers: dict[str, list[Answer]] = {name: [] for name in names}
    for turn in range(turns):
        for name in rotated(names, turn):
            answers[name].append(run_once(name, path))
    return answers


def first_run(name: str, path: Path) -> Answer:
    """Return the answer of a new process that finds neither compiled code nor bytecode."""
    with tempfile.TemporaryDirectory() as empty:
        caches = dict.fromkeys(("NUMBA_CACHE_DIR", "PYTHONPYCACHEPREFIX", "XDG_CACHE_HOME"), empty)
        return run_once(name, path, caches)


def rotated(values: Sequence[Item], turn: int) -> list[Item]:
    """Return the values in another order each turn, so that none always runs after the same one."""
    shift = turn % len(values)
    return [*values[shift:], *values[:shift]]


def medians(prefix: str, answers: Sequence[Answer]) -> dict[str, float]:
    return {prefix + name: statistics.median(getattr(answer, name) for answer in answers) for name in TIMES}


def fastest(answers: Sequence[Answer], songs: int) -> list[float]:
    """Return each song's least CPU time over the turns, which other programs disturb least."""
    return [min(answer.cpu_s for answer in answers[song::songs]) for song in range(songs)]


def ratios(model: str, songs: int, *runs: dict[str, list[Answer]]) -> dict[str, dict[str, Any]]:
    """Return how many times as long each other tool takes, by tool: median and quartiles over pairs of runs."""
    result: dict[str, dict[str, Any]] = {}
    for other in runs[0]:
        if other == model:
            continue
        least = zip(fastest(runs[0][other], songs), fastest(runs[0][model], songs), strict=True)
        result[other] = {"least_cpu_s": spread([b / a for b, a in least])}
        for prefix, answers in zip(("", "song_", "start_"), runs, strict=True):
            pairs = list(zip(answers[other], answers[model], strict=True))
            for name in TIMES:
                result[other][prefix + name] = spread([getattr(b, name) / getattr(a, name) for b, a in pairs])
    return result


def spread(values: Sequence[float]) -> dict[str, float]:
    low, median, high = statistics.quantiles(values, n=4, method="inclusive") if len(values) > 1 else (values[0],) * 3
    return {"value": median, "low": low, "high": high}


def processor() -> str:
    """Return the name of the processor (Linux)."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())
