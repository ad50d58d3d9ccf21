"""What becomes of thousands of changed music files in the worker processes that a scan uses.

    python benchmarks/mutations.py [--files N] [--first SEED] [--workers N] [--keep DIR] [--json FILE]

Short songs of every kind that the tests write are cut, or have bits, header fields or stretches changed or taken out,
each by a seed of its own. As in a scan, a worker tells what each file is (hash and tags), and hears it. Counted are
curves, refusals in a line, crashed processes, and processes that were ended at a limit. Files that crash or end a
process are kept in DIR.
"""

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from functools import partial
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from broken_audio import ENCODED, mutated, write_encoded, write_sound  # noqa: E402

from moodcurve.audio import AudioError  # noqa: E402
from moodcurve.library.models import Analysis  # noqa: E402
from moodcurve.library.scanning.walk import state_of  # noqa: E402
from moodcurve.library.scanning.worker import AnalyzeTask, ProbeResult, ProbeTask, make_job  # noqa: E402
from moodcurve.workers import CrashError, LimitError, Limits, Pool  # noqa: E402

SOUND = ("x.wav", "x.flac", "x.ogg", "x.opus", "x.aiff", "x.caf", "x.mp3")
AHEAD = 8


def bases(folder: Path) -> list[Path]:
    """Write a song of each kind, a second and a half of a chord with noise."""
    paths = []
    for name in (*SOUND, *ENCODED):
        sr = 48_000 if "opus" in name else 44_100
        t = np.arange(round(1.5 * sr)) / sr
        x = sum(0.1 * np.sin(2 * np.pi * f * t) for f in (220.0, 277.2, 329.6))
        x = x + np.random.default_rng(0).normal(0, 0.01, len(t))
        write = write_encoded if name in ENCODED else lambda folder, name, x, sr=sr: write_sound(folder / name, x, sr)
        paths.append(write(folder, name, np.column_stack([x, x]).astype(np.float32)))
    return paths


def kind(result: object) -> str:
    if isinstance(result, Analysis):
        return "curve with warnings" if result.curve.warnings else "curve"
    for error, name in ((CrashError, "crash"), (LimitError, "limit"), (AudioError, "refusal")):
        if isinstance(result, error):
            return name
    return f"other: {type(result).__name__}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="keep files that crash or end a process here")
    parser.add_argument("--json", type=Path, help="write the figures there")
    arguments = parser.parse_args()
    counts: Counter[str] = Counter()
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as scratch:
        songs = bases(Path(scratch))
        seeds = iter(range(arguments.first, arguments.first + arguments.files))
        at_work: dict[int, Path] = {}
        limits = Limits(stall_s=60)
        job = partial(make_job, "default")
        with Pool(job, workers=arguments.workers, progress=lambda number, share: None, limits=limits) as pool:
            done = 0
            while done < arguments.files:
                while len(at_work) < AHEAD and (seed := next(seeds, None)) is not None:
                    path = mutated(songs[seed % len(songs)], seed // len(songs))
                    path = path.rename(path.with_name(f"{seed}-{path.name}"))
                    at_work[pool.add(ProbeTask(str(path), state_of(path.stat())))] = path
                for number, result in pool.poll():
                    path = at_work.pop(number)
                    if isinstance(result, ProbeResult):
                        at_work[pool.add(AnalyzeTask(str(path), state_of(path.stat())))] = path
                        continue
                    done += 1
                    counts[kind(result)] += 1
                    if kind(result) not in {"curve", "curve with warnings", "refusal"}:
                        print(f"{path.name}: {result}", flush=True)
                        if arguments.keep is not None:
                            arguments.keep.mkdir(parents=True, exist_ok=True)
                            (arguments.keep / path.name).write_bytes(path.read_bytes())
                    path.unlink()
    print(f"{arguments.files} files of {len(songs)} kinds in {time.perf_counter() - begun:.0f} s")
    for name, count in counts.most_common():
        print(f"{count:7d} {name}")
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(dict(counts), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
