"""Measure `moodcurve.live.listen` as it runs for hours: cost, delay of its rows, and memory.

    python benchmarks/live_command.py [FILE] [--seconds S] [--hours H]

First the song is played in stereo at 48 kHz in blocks of 0.05 s at its own speed for S seconds, as a sound card would:
CPU time of the whole process per second, and the time from the end of a row's window to the row. Then it is played over
and over as fast as possible for H hours of sound, at changing levels and with silence: the process's memory after each
tenth of them.
"""

import argparse
import itertools
import os
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from moodcurve.audio import open_audio
from moodcurve.live import AudioBlock, listen

ROOT = Path(__file__).parents[1]
RATE = 48_000
BLOCK = RATE // 20


def blocks(song: Path) -> Iterator[np.ndarray]:
    """Yield blocks in stereo, over and over, each time at another level; every tenth time is silent."""
    with open_audio(song, sr=RATE) as reader:
        mono = np.concatenate(list(reader.blocks()))
    stereo = np.stack([mono, 0.8 * mono], axis=1)
    for turn in itertools.count():
        level = np.float32(0 if turn % 10 == 9 else 0.1 + 0.2 * (turn % 5))
        for start in range(0, len(stereo) - BLOCK, BLOCK):
            yield level * stereo[start : start + BLOCK]


def paced(sounds: Iterator[np.ndarray], seconds: float) -> Iterator[AudioBlock]:
    """Yield blocks when a sound card would."""
    begun = time.time()
    for index in range(1, round(seconds * RATE / BLOCK) + 1):
        due = begun + index * BLOCK / RATE
        time.sleep(max(0.0, due - time.time()))
        yield AudioBlock(RATE, next(sounds), due)


def rss_mb() -> float:
    """Return the memory of this process that is in RAM."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    data = Path(os.environ.get("MOODCURVE_DATA", ROOT.parent / "shared" / "data"))
    parser.add_argument("song", type=Path, nargs="?", default=data / "audio" / "various" / "pop-5.mp3")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--hours", type=float, default=24)
    arguments = parser.parse_args()
    sounds = blocks(arguments.song)
    list(listen(AudioBlock(RATE, next(sounds)) for _ in range(100)))  # loads all that is loaded once
    if arguments.seconds:
        cpu = time.process_time()
        delays = [time.time() - row.clock - 1 for row in listen(paced(sounds, arguments.seconds))]
        share = (time.process_time() - cpu) / arguments.seconds
        low, middle, high = np.quantile(delays, [0, 0.5, 1])
        print(
            f"one core {share:.2%}; row after the end of its window: {low:.3f} to {high:.3f} s, median {middle:.3f} s"
        )
    if arguments.hours:
        count = round(arguments.hours * 3600 * RATE / BLOCK)
        cpu = time.process_time()
        print(f"0 h: {rss_mb():.1f} MB")
        played = (AudioBlock(RATE, next(sounds), index * BLOCK / RATE) for index in range(count))
        for rows, row in enumerate(listen(played), 1):
            if rows % max(1, round(arguments.hours * 720)) == 0:
                print(f"{row.time_s / 3600:.1f} h: {rss_mb():.1f} MB", flush=True)
        print(f"CPU time per second of sound: {(time.process_time() - cpu) / arguments.hours / 3.6:.2f} ms")


if __name__ == "__main__":
    main()
