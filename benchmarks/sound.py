"""Compare tempo, key and danceability with sonara and librosa, and print the table of docs/library.md.

    python benchmarks/sound.py FOLDER --python ENVIRONMENT/bin/python

ENVIRONMENT has sonara and librosa (the extra `peers`). No tool knows the truth: the table says how often two agree. A
tempo agrees within 4 %, the tolerance of MIREX; a key agrees if it is the same, and nearly if it is the same, the
relative, the parallel or a fifth away.
"""

import argparse
import json
import os
import subprocess
import sys
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from audio_files import audio_files
from moodcurve.analysis import analyze
from moodcurve.features.song.key_names import KEYS
from moodcurve.runtime import load_model

TOLERANCE = 0.04


def main() -> None:
    """Run the comparison."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--python", default=sys.executable)
    options = parser.parse_args()
    paths = [os.fspath(path) for path in audio_files(options.folder)]
    model = load_model()
    measured = {"moodcurve": [analyze(path, model=model).to_dict().get("sound", {}) for path in paths]}
    for tool in ("sonara", "librosa"):
        measured[tool] = _run(options.python, tool, paths)
    print(f"{len(paths)} songs\n\n| | same tempo | same key | nearly the same key |\n|---|---|---|---|")
    for first, second in combinations(measured, 2):
        pairs = list(zip(measured[first], measured[second], strict=True))
        shares = [np.mean([agree(a, b) for a, b in pairs]) for agree in (_same_tempo, _same_key, _near_key)]
        print(f"| {first}, {second} | {' | '.join(f'{share:.0%}' for share in shares)} |")
    both = [[song.get("danceability") or 0 for song in measured[tool]] for tool in ("moodcurve", "sonara")]
    print(f"\nCorrelation of danceability with sonara's: {np.corrcoef(both)[0, 1]:.2f}")


def _run(python: str, tool: str, paths: list[str]) -> list[dict[str, Any]]:
    worker = Path(__file__).with_name("sound_worker.py")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [python, worker, tool],
        input="\n".join(paths) + "\n",
        capture_output=True,
        text=True,
        env=environment,
        check=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def _same_tempo(a: dict[str, Any], b: dict[str, Any]) -> bool:
    first, second = a.get("tempo_bpm"), b.get("tempo_bpm")
    return bool(first and second and abs(first / second - 1) < TOLERANCE)


def _same_key(a: dict[str, Any], b: dict[str, Any]) -> bool:
    return a.get("key") == b.get("key")


def _near_key(a: dict[str, Any], b: dict[str, Any]) -> bool:
    if a.get("key") not in KEYS or b.get("key") not in KEYS:
        return False
    (first_minor, first), (second_minor, second) = (divmod(KEYS.index(song["key"]), 12) for song in (a, b))
    if first_minor == second_minor:
        return (first - second) % 12 in (0, 5, 7)
    minor, major = (first, second) if first_minor else (second, first)
    return (major - minor) % 12 in (0, 3)


if __name__ == "__main__":
    main()
