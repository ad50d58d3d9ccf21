"""What a user sees and can do while songs are analysed: progress, the first run's preparation, Ctrl-C."""

import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from moodcurve.cli.app import advance, say
from moodcurve.features import FeatureSet
from moodcurve.util.text import clock, counted, one_line
from moodcurve.workers import ItemProgress, ProgressCallback

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

    from moodcurve.library.scanning.progress import ScanObserver, ScanStats

LINE_S = 10.0
"""How often a scan says how far it is, where no terminal shows a bar."""


def prepare(feature_set: FeatureSet, songs: Sequence[Path] | None = None) -> None:
    """Compile what a feature set needs, if no earlier run has, and say so; nothing is done if no song is there."""
    from moodcurve.features.warmup import is_prepared, prepare

    if is_prepared(feature_set) or (songs is not None and not any(song.is_file() for song in songs)):
        return
    say("preparing the extractor for this machine, once; that takes some seconds")
    if sys.stderr.isatty():
        from moodcurve.cli import views

        with views.progress_bar() as bar:
            task = bar.add_task("preparing the extractor, once", total=None)

            def show(done: int, total: int) -> None:
                bar.update(task, description=f"preparing the extractor, once: {done + 1} of {total}")
                advance(bar, task, done, total)

            kept = prepare(feature_set, progress=show)
    else:
        kept = prepare(feature_set)
    if not kept:
        from moodcurve.features.jit.cache import folders

        tried = " nor ".join(str(place) for place in folders())
        say(f"what was prepared cannot be kept, as {tried} cannot be written: each run prepares anew")


@contextmanager
def song_bars(songs: Sequence[Path]) -> Iterator[ItemProgress]:
    """Show a bar for each song that is worked on, where standard error is a terminal."""
    if not sys.stderr.isatty():
        yield lambda number, share: None
        return
    from moodcurve.cli import views

    with views.progress_bar() as bar:
        tasks = {}

        def watch(number: int, share: float) -> None:
            if number not in tasks:
                place = f"{number + 1}/{len(songs)} " if len(songs) > 1 else ""
                tasks[number] = bar.add_task(f"{place}{one_line(songs[number].name)}", total=1.0)
            if share < 1:
                bar.update(tasks[number], completed=share)
            else:
                bar.remove_task(tasks[number])

        yield watch


@contextmanager
def one_song_bar(song: Path, check: Callable[[], None]) -> Iterator[ProgressCallback]:
    """Show a bar for a song, and look for Ctrl-C, as it is read."""
    with song_bars([song]) as watch:
        watch(0, 0.0)

        def report(seconds: float, total: float | None) -> None:
            check()
            watch(0, min(0.999, seconds / total) if total else 0.0)

        yield report


@contextmanager
def interrupts() -> Iterator[Callable[[], None]]:
    """Give a check that raises KeyboardInterrupt once Ctrl-C was pressed; pressed again, it acts at once.

    Raised wherever it comes, inside a decoder's C code for one, an interrupt can be lost or crash the process. Where
    the process was told to ignore it, as a shell does with what a script starts in the background, it stays ignored.
    """
    pressed = False

    def note(number: int, frame: FrameType | None) -> None:
        nonlocal pressed
        pressed = True
        signal.signal(signal.SIGINT, before)

    def check() -> None:
        if pressed:
            raise KeyboardInterrupt

    before = signal.getsignal(signal.SIGINT)
    if before is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, note)
    try:
        yield check
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def scan_teller(feature_set: FeatureSet, *, every_s: float = LINE_S) -> "Iterator[ScanObserver]":
    """Show how a scan goes on: by a bar on a terminal, elsewhere by a line now and then."""
    from moodcurve.library.scanning.progress import ScanObserver

    def problem(path: str, reason: str) -> None:
        say(f"{path}: {reason}")

    if not sys.stderr.isatty():
        lines = _ScanLines(every_s)
        yield ScanObserver(
            files_found=lines.looking, starting=lambda: prepare(feature_set), progress=lines.progress, problem=problem
        )
        return
    from moodcurve.cli import views

    with views.progress_bar() as bar:
        shown = _ScanBar(bar)

        def beginning() -> None:
            bar.stop()  # one bar at a time
            prepare(feature_set)
            bar.start()

        yield ScanObserver(files_found=shown.looking, starting=beginning, progress=shown.progress, problem=problem)


class _ScanBar:
    """A bar of the bytes that are dealt with."""

    def __init__(self, bar: "Bar") -> None:
        self._bar = bar
        self._task = bar.add_task("looking for music", total=None)

    def looking(self, files: int) -> None:
        self._bar.update(self._task, description=f"looking for music: {files:,} files")

    def progress(self, tally: "ScanStats") -> None:
        advance(self._bar, self._task, tally.size_done, tally.size)
        self._bar.update(self._task, description=scan_state(tally))


class _ScanLines:
    """A line every so many seconds, for a log."""

    def __init__(self, every_s: float) -> None:
        self._every_s = every_s
        self._said = time.monotonic()

    def looking(self, files: int) -> None:
        self._say(lambda: f"looking for music: {files:,} files so far")

    def progress(self, tally: "ScanStats") -> None:
        def line() -> str:
            left = "" if tally.left_s is None else f", about {clock(tally.left_s)} left"
            return f"{tally.files_done:,} of {tally.files:,} files, {scan_state(tally)}{left}"

        self._say(line)

    def _say(self, line: Callable[[], str]) -> None:
        now = time.monotonic()
        if now - self._said >= self._every_s:
            self._said = now
            say(line())


def scan_state(tally: "ScanStats") -> str:
    """Say what a scan has done so far: songs, their length, the speed, problems."""
    parts = [f"{counted(tally.songs, 'song')} of {clock(tally.audio_s)} analysed"]
    if tally.songs:
        parts.append(f"{tally.speed:.0f} times real time")
    if tally.problems:
        parts.append(counted(tally.problems, "problem"))
    return ", ".join(parts)
