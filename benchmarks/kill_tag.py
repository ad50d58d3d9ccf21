"""Kill `moodcurve tag` repeatedly at random moments, and check that no file is lost, half written or sounds otherwise.

    python benchmarks/kill_tag.py [--kills N] [--copies N] [--seed SEED] [--json FILE]

Short songs of every format that can be tagged, with tags of other programs, are scanned into a library. Then `moodcurve
tag` writes moods, in every round other ones, and it is killed with its process (SIGKILL) after a random time: half of
the time counted from its start, half from its first entry in the journal. After each kill each file must exist, with
the sound, the other tags and the time of before, and either the moods of before or those of this round. In the end, one
more run must tag them all and remove what the kills left behind, and undoing all runs must restore the first tags.
"""

import argparse
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.helpers.tagged_songs import FORMATS, write_foreign_tags, write_format

from moodcurve.audio.content_hash import content_hash
from moodcurve.audio.packets import packet_hash
from moodcurve.tagging.formats.opening import open_tags
from moodcurve.tagging.journal import read
from moodcurve.tagging.values import FIELDS


@dataclass
class State:
    """A file as it must stay, and the entries that it may have."""

    sound: tuple[str, str | None]
    foreign: Any
    entries: dict[str, Any]


def state_of(path: Path) -> State:
    tags = open_tags(path)
    return State((content_hash(path), packet_hash(path)), tags.foreign(FIELDS), tags.entries(FIELDS))


def command(*words: str | Path) -> list[str]:
    return [sys.executable, "-m", "moodcurve", *map(str, words)]


def run(*words: str | Path) -> None:
    done = subprocess.run(command(*words), capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, words))}: {done.stderr}")


def killed_run(words: list[str], journal: Path, delay_s: float, *, after_first: bool) -> bool:
    """Run a command, and kill it and its processes after a time; return whether it was still running."""
    before = journal.stat().st_size if journal.exists() else 0
    running = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True)
    while after_first and running.poll() is None and (not journal.exists() or journal.stat().st_size == before):
        time.sleep(0.002)
    with contextlib.suppress(subprocess.TimeoutExpired):
        running.wait(delay_s)
    killed = running.poll() is None
    with contextlib.suppress(ProcessLookupError):
        os.killpg(running.pid, signal.SIGKILL)
    _, error = running.communicate()
    if not killed and running.returncode:
        raise SystemExit(f"tagging failed: {error.decode()}")
    return killed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--copies", type=int, default=2, help="songs of each format")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, help="write the results to this file")
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)
    counts = dict.fromkeys(("rounds", "kills", "kills_between_files", "files_checked", "half_tagged", "lost"), 0)
    with tempfile.TemporaryDirectory() as folder:
        music, library = Path(folder) / "music", Path(folder) / "library.sqlite"
        journal = Path(f"{library}.tags.jsonl")
        os.environ["XDG_STATE_HOME"] = folder
        songs = [
            write_format(music / str(copy), name, seed=100 * copy + number, seconds=2.0)
            for copy in range(arguments.copies)
            for number, name in enumerate(FORMATS)
        ]
        for song in songs:
            write_foreign_tags(song)
        run("scan", music, "--library", library)
        first = {song: state_of(song) for song in songs}
        begun = time.perf_counter()
        run("tag", "--library", library, "--write-bpm", "--mood", "quadrant")
        whole_s = time.perf_counter() - begun
        work_s = 0.35 * whole_s  # the rest is the start of two processes
        print(f"{len(songs)} files; tagging them takes {whole_s:.1f} s", flush=True)
        known = {song: state_of(song).entries for song in songs}
        leftovers = 0
        while counts["kills"] < arguments.kills:
            mood = ("words", "quadrant")[counts["rounds"] % 2]
            words = command("tag", "--library", library, "--mood", mood, "--keep-times")
            after_first = rng.random() < 0.5
            times = {song: song.stat().st_mtime_ns for song in songs}
            delay_s = rng.uniform(0, work_s if after_first else whole_s)
            killed = killed_run(words, journal, delay_s, after_first=after_first)
            counts["rounds"] += 1
            counts["kills"] += killed
            planned = {change.path: change.after for change in read(journal)}
            new = 0
            for song in songs:
                if not song.exists():
                    counts["lost"] += 1
                    raise SystemExit(f"{song} is gone")
                now = state_of(song)
                if (now.sound, now.foreign) != (first[song].sound, first[song].foreign):
                    raise SystemExit(f"{song}: its sound or its other tags changed")
                if song.stat().st_mtime_ns != times[song]:
                    raise SystemExit(f"{song}: its time changed")
                bpm = {key: entry for key, entry in known[song].items() if key not in planned[str(song)]}
                after = {**bpm, **planned[str(song)]}
                if now.entries not in (known[song], after):
                    counts["half_tagged"] += 1
                    raise SystemExit(f"{song}: neither tagged nor as before: {now.entries}")
                new += now.entries != known[song]
                known[song] = now.entries
                counts["files_checked"] += 1
            counts["kills_between_files"] += killed and 0 < new < len(songs)
            leftovers = max(leftovers, sum(1 for path in music.rglob(".*")))
            print(f"{counts['kills']:4d} kills, {new:3d} of {len(songs)} tagged", end="\r", flush=True)
        run("tag", "--library", library, "--mood", "words")
        run("tag", "--library", library, "--mood", "quadrant")
        if left := [*music.rglob(".*")]:
            raise SystemExit(f"left behind: {left}")
        undone = 0
        while (
            subprocess.run(command("tag", "--undo", "--library", library), capture_output=True, check=False).returncode
            == 0
        ):
            undone += 1
        for song in songs:
            if state_of(song) != first[song]:
                raise SystemExit(f"{song}: not as it was first")
    print()
    counts |= {"most_scratch_files_left_at_once": leftovers, "runs_undone": undone}
    for name, count in counts.items():
        print(f"{count:6d} {name.replace('_', ' ')}")
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(counts, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
