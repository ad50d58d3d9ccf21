"""Time feature extraction, compared with openSMILE, decoding alone and FFTs alone.

    python benchmarks/features.py [FOLDER] [--tracks N] [--seconds S] [--repeats N] [--json FILE]

FOLDER holds audio files (default: the songs of the test data). Everything runs in this process on one thread, in turn
on each track, so that ratios compare runs under the same conditions. Times are CPU seconds, which other programs
disturb less. The table has the median over the tracks, per second of audio, and the medians of the ratios per track.
"""

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", NUMBA_NUM_THREADS="1")

import numpy as np

from audio_files import audio_files
from moodcurve._typing import Float32Array
from moodcurve.audio import open_audio
from moodcurve.features import COMPARE236, COMPARE260, extract, opensmile, smoothing
from moodcurve.features.descriptors import energy, fft
from moodcurve.features.feature_sets import TAGS1, TONAL1
from moodcurve.features.framing import Framing, next_power_of_two, quantize
from moodcurve.features.jit import simd
from moodcurve.features.low_level import CHUNK
from moodcurve.features.stages import PitchTracker, ShortFrames, VoiceQuality
from moodcurve.features.windows import WindowStatistics
from moodcurve.runtime import Model, load_model

ROOT = Path(__file__).parents[1]


def tracks(folder: Path, count: int) -> list[Path]:
    """Return evenly spaced tracks of the sorted folder: every genre if file names begin with it."""
    paths = audio_files(folder)
    return [paths[i * len(paths) // count] for i in range(min(count, len(paths)))]


def decode(path: Path, seconds: float) -> list[Float32Array]:
    """Decode the beginning of a file to mono at 44.1 kHz."""
    blocks, left = [], round(44_100 * seconds)
    with open_audio(path) as reader:
        for block in reader.blocks():
            blocks.append(block[:left])
            left -= len(blocks[-1])
            if left == 0:
                break
    return blocks


def both_ffts(x: Float32Array) -> None:
    """Compute only the transforms of the descriptors: windowing, FFTs, magnitudes."""
    framing = Framing(44_100)
    count = framing.frames(len(x), framing.long)
    for window in (framing.hamming, framing.gauss):
        plan = fft.make_plan(next_power_of_two(len(window)))
        out = simd.aligned_table(len(plan.positions) + 1)
        needed = 15 * framing.hop + len(window)
        for t in range(0, count - simd.LANES, simd.LANES):
            wave = x[t * framing.hop : t * framing.hop + needed]
            fft.magnitudes(wave, framing.hop, window, plan, out)


def calls_to_time(x: Float32Array, path: Path, seconds: float) -> dict[str, Callable[[], object]]:
    """Return the calls to time on one track, by name."""
    default, fast = load_model(), load_model("fast")
    features = extract([x], 44_100, default.feature_set)

    def whole_chain(model: Model) -> None:
        model.predict(extract(decode(path, seconds), 44_100, model.feature_set))

    return {
        "openSMILE, 260": lambda: opensmile.extract([x], 44_100),
        "moodcurve, 260": lambda: extract([x], 44_100, COMPARE260),
        "moodcurve, compare236": lambda: extract([x], 44_100, COMPARE236),
        "moodcurve, tonal1": lambda: extract([x], 44_100, TONAL1),
        "moodcurve, tags1": lambda: extract([x], 44_100, TAGS1),
        "the FFTs alone": lambda: both_ffts(x),
        "decoding alone": lambda: decode(path, seconds),
        "default model alone": lambda: default.predict(features),
        "decoding, features, fast model": lambda: whole_chain(fast),
        "decoding, features, default model": lambda: whole_chain(default),
    }


def stages_to_time(x: Float32Array) -> dict[str, Callable[[], object]]:
    """Return the stages of the extractor as calls, by name, with their inputs prepared."""
    framing = Framing(44_100)
    wave = np.empty(len(x), np.float32)
    quantize(x, wave)
    count = framing.frames(len(wave), framing.long) // CHUNK * CHUNK
    starts = range(0, count, CHUNK)
    crossings = np.empty(CHUNK, np.float32)
    pitch = PitchTracker(framing)
    f0 = np.concatenate([pitch.push(wave[t * framing.hop :], CHUNK) for t in starts] + [pitch.flush()])[:, 0].copy()
    rows = np.ones((CHUNK, 65), np.float32)

    def voice() -> None:
        stage = VoiceQuality(framing, strict=False)
        for t in starts:
            stop = (t + CHUNK - 1) * framing.hop + framing.long
            stage.push(wave[stage.reads_from : stop], stage.reads_from, f0[t : t + CHUNK])

    def over_time() -> None:
        mean = smoothing.SlidingFilter(smoothing.mean3, reach=1, columns=65)
        delta = smoothing.SlidingFilter(smoothing.delta, reach=2, columns=65)
        windows = WindowStatistics(65)
        for _ in starts:
            windows.push(mean.push(rows))
            windows.push(delta.push(rows))

    def each(stage: ShortFrames | PitchTracker) -> None:
        for t in starts:
            stage.push(wave[t * framing.hop :], CHUNK)

    def zero_crossings() -> None:
        for t in starts:
            energy.zero_crossing_rate(wave[t * framing.hop :], framing.hop, framing.long, crossings)

    return {
        "16-bit scaling": lambda: quantize(x, wave),
        "zero crossings": zero_crossings,
        "20 ms frames: energy, auditory, spectral, MFCC": lambda: each(ShortFrames(framing)),
        "60 ms frames: F0, voicing": lambda: each(PitchTracker(framing)),
        "periods: jitter, shimmer, HNR": voice,
        "smoothing, deltas, windows": over_time,
    }


def measure(calls: dict[str, Callable[[], object]], repeats: int) -> dict[str, float]:
    """Return the minimum CPU time of each call in seconds; the calls take turns."""
    best = dict.fromkeys(calls, float("inf"))
    for _ in range(repeats):
        for name, call in calls.items():
            start = time.process_time()
            call()
            best[name] = min(best[name], time.process_time() - start)
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    data = Path(os.environ.get("MOODCURVE_DATA", ROOT.parent / "shared" / "data"))
    parser.add_argument("folder", type=Path, nargs="?", default=data / "audio" / "various")
    parser.add_argument("--tracks", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=30.0, help="seconds of each track")
    parser.add_argument("--repeats", type=int, default=3, help="runs of each call; the fastest counts")
    parser.add_argument("--json", type=Path, help="write the results to this file")
    arguments = parser.parse_args()

    extract([np.zeros(3 * 44_100, np.float32)], 44_100)  # compile
    times: list[dict[str, float]] = []
    parts: list[dict[str, float]] = []
    for path in tracks(arguments.folder, arguments.tracks):
        blocks = decode(path, arguments.seconds)
        x = np.concatenate(blocks)
        seconds = len(x) / 44_100
        timed = measure(calls_to_time(x, path, arguments.seconds), arguments.repeats)
        times.append({name: 1e3 * value / seconds for name, value in timed.items()})
        timed = measure(stages_to_time(x), arguments.repeats)
        parts.append({name: 1e3 * value / seconds for name, value in timed.items()})
        shown = ("openSMILE, 260", "moodcurve, 260", "moodcurve, compare236")
        print(f"{path.name:24s}", ", ".join(f"{name} {times[-1][name]:6.2f} ms/s" for name in shown), flush=True)
    report(times, parts, arguments.json)


def report(times: list[dict[str, float]], parts: list[dict[str, float]], file: Path | None) -> None:
    def ratio(above: str, below: str) -> float:
        return statistics.median(t[above] / t[below] for t in times)

    medians = {name: statistics.median(t[name] for t in times) for name in times[0]}
    shares = {name: statistics.median(t[name] for t in parts) for name in parts[0]}
    ratios = {
        "ratio_260": ratio("openSMILE, 260", "moodcurve, 260"),
        "ratio_236": ratio("openSMILE, 260", "moodcurve, compare236"),
        "ratio_fast": ratio("decoding, features, fast model", "decoding alone"),
        "ratio_default": ratio("decoding, features, default model", "decoding alone"),
    }
    print(f"\nMilliseconds of one core per second of audio, median of {len(times)} tracks")
    for name, value in (medians | {f"  {name}": value for name, value in shares.items()}).items():
        print(f"  {name:52s} {value:8.3f}")
    print(f"\n  openSMILE / moodcurve, 260 columns           {ratios['ratio_260']:6.1f}")
    print(f"  openSMILE / moodcurve, compare236            {ratios['ratio_236']:6.1f}")
    print(f"  decoding, features, fast model / decoding    {ratios['ratio_fast']:6.2f}")
    print(f"  decoding, features, default model / decoding {ratios['ratio_default']:6.2f}")
    if file is not None:
        results = {**ratios, "ms_per_s": medians, "groups_ms_per_s": shares, "tracks": times}
        file.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
