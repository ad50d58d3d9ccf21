"""Measure what live analysis costs and how late its rows come, with sound that arrives in short blocks.

    python benchmarks/live.py [FILE] [--blocks S ...] [--model NAME] [--turns N]

A song is pushed in blocks of each length through the extractor and the live model. The output has CPU time per second
of sound (the least of the turns) of the extractor with one more feature set each, and of extractor and model; the
longest CPU time of one block; and how long after the end of its window a row comes, if the computer is infinitely fast.
"""

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from moodcurve.audio import open_audio
from moodcurve.features import Extractor, Features, FeatureSet
from moodcurve.features.feature_sets import WINDOW_S, join
from moodcurve.runtime import load_model

ROOT = Path(__file__).parents[1]


def measure(
    x: np.ndarray, sr: int, block: int, columns: FeatureSet, use: Callable[[Features], object]
) -> tuple[float, float, np.ndarray]:
    """Return CPU seconds per second of sound, the most of one block, and the delays of the rows in seconds."""
    extractor, longest, delays = Extractor(sr, columns), 0.0, []
    begun = time.process_time()
    for start in range(0, len(x), block):
        before = time.process_time()
        rows = extractor.push(x[start : start + block])
        if len(rows.values):
            use(rows)
        longest = max(longest, time.process_time() - before)
        delays += ((start + block) / sr - rows.times_s - WINDOW_S).tolist()
    return (time.process_time() - begun) * sr / len(x), longest, np.array(delays)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    data = Path(os.environ.get("MOODCURVE_DATA", ROOT.parent / "shared" / "data"))
    parser.add_argument("song", type=Path, nargs="?", default=data / "audio" / "various" / "pop-5.mp3")
    parser.add_argument("--blocks", type=float, nargs="+", default=[0.02, 0.1, 0.5], help="seconds")
    parser.add_argument("--model", default="live")
    parser.add_argument("--turns", type=int, default=3)
    arguments = parser.parse_args()
    model = load_model(arguments.model)
    with open_audio(arguments.song) as reader:
        sr, x = reader.sr, np.concatenate(list(reader.blocks()))
    parts = model.feature_set.parts or (model.feature_set,)
    print("| block, s | what | ms per s of sound | of one core | longest block, ms | delay of a row, s: median, most |")
    print("|---|---|---|---|---|---|")
    for seconds in arguments.blocks:
        block = round(seconds * sr)
        ways = [(join(parts[: i + 1]), lambda rows: None) for i in range(len(parts))]
        for i in range(len(ways) + 1):
            turns = []
            for _ in range(arguments.turns):
                columns, use = ways[i] if i < len(ways) else (model.feature_set, model.stream().push)
                turns.append(measure(x, sr, block, columns, use))
            cost, longest = (min(turn[column] for turn in turns) for column in (0, 1))
            delays = turns[0][2]
            what = columns.name if i < len(ways) else f"and model `{arguments.model}`"
            print(
                f"| {seconds:g} | {what} | {1e3 * cost:.2f} | {cost:.2%} | {1e3 * longest:.1f} | "
                f"{np.median(delays):.2f}, {delays.max():.2f} |"
            )


if __name__ == "__main__":
    main()
