"""Show progress while songs are analyzed, and prepare the feature extractor."""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from moodcurve.cli.messages import print_message
from moodcurve.features import FeatureSet
from moodcurve.util.text import clock, counted, one_line
from moodcurve.workers import ItemProgress, ProgressCallback

if TYPE_CHECKING:
    from moodcurve.cli.console import BarUpdate
    from moodcurve.library.scanning.progress import ScanObserver, ScanStats

LINE_INTERVAL_S = 10.0
"""Time between two lines of a scan's progress where no terminal shows a bar (seconds)."""
MAX_PROBLEM_LINES = 20
"""Number of problems that a scan names at once; the library keeps them all."""


def prepare(feature_set: FeatureSet, songs: Sequence[Path] | None = None) -> None:
    """Compile a feature set's code with a message, unless an earlier run has or none of the songs exists."""
    from moodcurve.features.jit.cache import distrusted
    from moodcurve.features.warmup import is_prepared, prepare

    for folder, place in distrusted():
        print_message(f"{folder} is not used for compiled code: other users could change {place}")
    if is_prepared(feature_set) or (songs is not None and not any(song.is_file() for song in songs)):
        return
    print_message("compiling the feature extractor for this machine; this happens once and takes about fifteen seconds")
    if sys.stderr.isatty():
        from moodcurve.cli import console

        with console.progress_bar("compiling") as update:
            cached = prepare(
                feature_set, progress=lambda done, total: update(done, total, f"compiling {done + 1} of {total}")
            )
    else:
        cached = prepare(feature_set)
    if not cached:
        from moodcurve.features.jit.cache import folders

        tried = " or ".join(str(folder) for folder in folders()) or "any cache folder"
        print_message(
            f"cannot write to {tried}: the compiled code is not cached, and each run compiles again, for about fifteen "
            "seconds in each process; set NUMBA_CACHE_DIR to a folder that can be written"
        )


@contextmanager
def song_bars(songs: Sequence[Path]) -> Iterator[ItemProgress]:
    """Show a bar for each song in progress, if standard error is a terminal, and yield the function to update them."""
    if not sys.stderr.isatty():
        yield lambda index, share: None
        return
    from moodcurve.cli import console

    with console.progress_bars() as bars:
        tasks = {}

        def update(index: int, share: float) -> None:
            if index not in tasks:
                prefix = f"{index + 1}/{len(songs)} " if len(songs) > 1 else ""
                tasks[index] = bars.add_task(f"{prefix}{one_line(songs[index].name)}", total=1.0)
            if share < 1:
                bars.update(tasks[index], completed=share)
            else:
                bars.remove_task(tasks[index])

        yield update


@contextmanager
def one_song_bar(song: Path, check: Callable[[], None]) -> Iterator[ProgressCallback]:
    """Show a bar for one song, and yield a progress function that also checks for Ctrl-C."""
    with song_bars([song]) as update:
        update(0, 0.0)

        def report(seconds: float, total: float | None) -> None:
            check()
            update(0, min(0.999, seconds / total) if total else 0.0)

        yield report


@contextmanager
def scan_observer(feature_set: FeatureSet, *, line_interval_s: float = LINE_INTERVAL_S) -> "Iterator[ScanObserver]":
    """Show a scan's progress: a bar on a terminal, otherwise a line from time to time."""
    from moodcurve.library.scanning.progress import ScanObserver

    named = 0

    def problem(path: str, reason: str) -> None:
        nonlocal named
        named += 1
        if named <= MAX_PROBLEM_LINES:
            print_message(f"{path}: {reason}")
        elif named == MAX_PROBLEM_LINES + 1:
            print_message("further problems are only counted; `moodcurve problems` lists all files with problems")

    if not sys.stderr.isatty():
        lines = _ScanLines(line_interval_s)
        yield ScanObserver(
            files_found=lines.files_found,
            starting=lambda: prepare(feature_set),
            progress=lines.progress,
            problem=problem,
        )
        return
    from moodcurve.cli import console

    with console.progress_bars() as bars:
        bar = _ScanBar(console.BarUpdate(bars, "finding audio files"))

        def starting() -> None:
            bars.stop()  # one bar at a time
            prepare(feature_set)
            bars.start()

        yield ScanObserver(files_found=bar.files_found, starting=starting, progress=bar.progress, problem=problem)


class _ScanBar:
    """A bar of the bytes scanned."""

    def __init__(self, update: "BarUpdate") -> None:
        self._update = update

    def files_found(self, files: int) -> None:
        self._update.describe(f"finding audio files: {files:,}")

    def progress(self, stats: "ScanStats") -> None:
        self._update(stats.size_done, stats.size, _scan_state(stats))


class _ScanLines:
    """A line of progress at fixed intervals, for a log."""

    def __init__(self, interval_s: float) -> None:
        self._interval_s = interval_s
        self._last = time.monotonic()

    def files_found(self, files: int) -> None:
        self._print_if_due(lambda: f"finding audio files: {files:,} so far")

    def progress(self, stats: "ScanStats") -> None:
        def line() -> str:
            left = "" if stats.left_s is None else f", about {clock(stats.left_s)} left"
            return f"{stats.files_done:,} of {stats.files:,} files, {_scan_state(stats)}{left}"

        self._print_if_due(line)

    def _print_if_due(self, line: Callable[[], str]) -> None:
        now = time.monotonic()
        if now - self._last >= self._interval_s:
            self._last = now
            print_message(line())


def _scan_state(stats: "ScanStats") -> str:
    """Return a line on a scan so far: songs, their duration, speed, problems."""
    parts = [f"{counted(stats.songs, 'song')} ({clock(stats.audio_s)}) analyzed"]
    if stats.songs:
        parts.append(f"{stats.speed:.0f} times real time")
    if stats.problems:
        parts.append(counted(stats.problems, "problem"))
    return ", ".join(parts)
