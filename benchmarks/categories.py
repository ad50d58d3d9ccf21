"""Mood classes and ratings of whole songs: writes DIR/categories.{json,md} and DIR/song_level.{json,md}.

python benchmarks/categories.py DATASET -o DIR
"""

import argparse
import json
import sys
from pathlib import Path

from moodcurve.files import written_whole
from moodcurve.learn.category_benchmark import category_report, run_categories
from moodcurve.learn.protocols import read_for
from moodcurve.learn.song_level_benchmark import run_song_level, song_level_report


def main() -> None:
    parser = argparse.ArgumentParser(description="Judge mood classes and song levels, artists disjoint.")
    parser.add_argument("dataset", type=Path, help="folder of annotated songs")
    parser.add_argument("-o", dest="output", type=Path, required=True, help="folder to write to")
    options = parser.parse_args()
    dataset = read_for(options.dataset, "deam")

    def say(done: int, total: int, what: str) -> None:
        print(f"{done}/{total} {what}", file=sys.stderr)

    levels, categories = run_song_level(dataset, progress=say), run_categories(dataset, progress=say)
    texts = {
        "song_level.json": json.dumps(levels, indent=1, allow_nan=False) + "\n",
        "song_level.md": song_level_report(levels),
        "categories.json": json.dumps(categories, indent=1, allow_nan=False) + "\n",
        "categories.md": category_report(categories),
    }
    options.output.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        with written_whole(options.output / name) as scratch:
            scratch.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
