"""Time the reading of annotated songs, from their files and from the cache.

python benchmarks/reading.py DATASET [--json FILE]
"""

import argparse
import json
import os
import tempfile
import time
from pathlib import Path

from moodcurve.datasets import read_dataset


def main() -> None:
    parser = argparse.ArgumentParser(description="Time reading annotated songs from files and from the cache.")
    parser.add_argument("dataset", type=Path, help="folder of annotated songs")
    parser.add_argument("--json", type=Path, help="write the results to this file")
    options = parser.parse_args()
    seconds = []
    with tempfile.TemporaryDirectory() as cache:
        os.environ["MOODCURVE_CACHE"] = cache
        for _ in range(6):
            start = time.perf_counter()
            songs = len(read_dataset(options.dataset).songs)
            seconds.append(time.perf_counter() - start)
    cached = sorted(seconds[1:])[2]
    results = {"songs": songs, "files_s": seconds[0], "cache_s": cached, "ratio": seconds[0] / cached}
    print(f"{songs} songs: {seconds[0]:.1f} s from files, {cached:.2f} s from the cache, {results['ratio']:.0f} times")
    if options.json:
        options.json.write_text(json.dumps(results) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
