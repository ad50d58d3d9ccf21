"""Time `moodcurve analyze` for a song of three minutes, compared with Python, NumPy and ONNX Runtime alone.

    python benchmarks/start.py [FOLDER] [--repeats N] [--json FILE]

FOLDER holds audio files (default: the songs of the test data), which are joined to an MP3 of three minutes. All caches
are filled. The two commands take turns, so that ratios compare runs under the same conditions. Wall time is what a user
waits; CPU time adds up both cores, and other programs disturb it less. Below, the CPU time of each part is measured in
one process and thread.
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

from audio_files import audio_files, write_joined

# as for a user: Python caches its bytecode
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
ROOT = Path(__file__).parents[1]
SONG_S = 180
ANALYZE = "from moodcurve.cli import main; main()"
REFERENCE = "import numpy, onnxruntime"
PARTS = """
import json, sys, time
parts, last = {}, 0.0
def mark(name):
    global last
    now = time.process_time()
    parts[name], last = 1e3 * (now - last), now
mark("Python")
import numpy
mark("NumPy")
import onnxruntime
mark("ONNX Runtime")
import av
mark("PyAV (FFmpeg)")
import llvmlite.binding
mark("llvmlite (LLVM)")
import rich.console, rich.table, rich.text, rich.progress
mark("Rich")
from moodcurve import analysis
from moodcurve.cli import curve_views, outputs, progress
from moodcurve.cli.commands import analyze
from moodcurve.features import extract
mark("moodcurve and other imports")
model = analysis.load_model()
mark("model file")
from moodcurve.features.warmup import is_prepared
assert is_prepared(model.feature_set)
extract([numpy.full(60_000, 0.1, numpy.float32)], 44_100, model.feature_set)
mark("machine code")
with analysis.open_audio(sys.argv[1]) as reader:
    blocks = list(reader.blocks())
mark("decoding")
features = extract(blocks, 44_100, model.feature_set)
mark("features")
curve = model.curve(features, source="", duration_s=180.0)
mark("model")
curve_views.print_curves([curve])
mark("table")
print(json.dumps(parts), file=sys.stderr)
"""


def timed(command: Sequence[str]) -> tuple[float, float]:
    """Run a command; return wall and CPU time in seconds."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)}: exit status {status}")
    return time.perf_counter() - start, usage.ru_utime + usage.ru_stime


def parts(song: Path, repeats: int) -> dict[str, float]:
    """Return the minimum CPU time of each part, in milliseconds."""
    least: dict[str, float] = {}
    for _ in range(repeats):
        done = subprocess.run([sys.executable, "-c", PARTS, song], capture_output=True, text=True, check=True)
        for name, value in json.loads(done.stderr.splitlines()[-1]).items():
            least[name] = min(least.get(name, value), value)
    return least


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    data = Path(os.environ.get("MOODCURVE_DATA", ROOT.parent / "shared" / "data"))
    parser.add_argument("folder", type=Path, nargs="?", default=data / "audio" / "various")
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--json", type=Path, help="write the results to this file")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        song = Path(folder) / "song.mp3"
        write_joined(audio_files(arguments.folder), song, SONG_S)
        commands = {
            "analyze": [sys.executable, "-c", ANALYZE, "analyze", str(song)],
            "reference": [sys.executable, "-c", REFERENCE],
        }
        for command in commands.values():
            timed(command)  # fill the caches
        times: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
        for _ in range(arguments.repeats):
            for name, command in commands.items():
                times[name].append(timed(command))
        report(times, parts(song, min(arguments.repeats, 5)), arguments.json)


def report(times: dict[str, list[tuple[float, float]]], shares: dict[str, float], file: Path | None) -> None:
    load = os.getloadavg()[0]
    results: dict[str, object] = {"parts_ms": shares, "load": load, "repeats": len(times["analyze"])}
    print(f"Median (minimum) of {len(times['analyze'])} runs in turn, milliseconds; load of the machine {load:.1f}\n")
    print(f"  {'':42s}{'wall':>16s}{'CPU':>16s}")
    labels = {"analyze": "moodcurve analyze, MP3 of three minutes", "reference": REFERENCE}
    for name, label in labels.items():
        columns = [[1e3 * run[i] for run in times[name]] for i in range(2)]
        print(f"  {label:42s}" + "".join(f"{statistics.median(c):9.0f} ({min(c):4.0f})" for c in columns))
        results[f"{name}_ms"] = dict(zip(("wall", "processor"), map(statistics.median, columns), strict=True))
    ratios = [
        statistics.median(a[i] / b[i] for a, b in zip(times["analyze"], times["reference"], strict=True))
        for i in range(2)
    ]
    results["ratio_start"], results["ratio_start_processor"] = ratios
    print(f"  {'ratio, median over the turns':42s}" + "".join(f"{ratio:9.2f}       " for ratio in ratios))
    print("\nParts, minimum CPU time in milliseconds")
    for name, value in shares.items():
        print(f"  {name:42s}{value:9.1f}")
    print(f"  {'sum':42s}{sum(shares.values()):9.1f}")
    if file is not None:
        file.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
