"""What a user sees and can do while songs are analysed: progress, the first run's preparation, Ctrl-C."""

import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from moodcurve.cli.app import advance, say
from moodcurve.features import FeatureSet
from moodcurve.wording import one_line
from moodcurve.workers import Progress, Watch


def prepare(feature_set: FeatureSet, songs: Sequence[Path]) -> None:
    """Compile what a feature set needs, if no earlier run has, and say so; nothing is done for no song."""
    from moodcurve.features.preparation import is_prepared, prepare

    if is_prepared(feature_set) or not any(song.is_file() for song in songs):
        return
    say("preparing the extractor for this machine, once; that takes some seconds")
    if sys.stderr.isatty():
        from moodcurve import terminal

        with terminal.progress_bar() as bar:
            task = bar.add_task("preparing the extractor, once", total=None)

            def show(done: int, total: int) -> None:
                bar.update(task, description=f"preparing the extractor, once: {done + 1} of {total}")
                advance(bar, task, done, total)

            kept = prepare(feature_set, progress=show)
    else:
        kept = prepare(feature_set)
    if not kept:
        from moodcurve.features.machine_code import places

        tried = " nor ".join(str(place) for place in places())
        say(f"what was prepared cannot be kept, as {tried} cannot be written: each run prepares anew")


@contextmanager
def song_bars(songs: Sequence[Path]) -> Iterator[Watch]:
    """Show a bar for each song that is worked on, where standard error is a terminal."""
    if not sys.stderr.isatty():
        yield lambda number, share: None
        return
    from moodcurve import terminal

    with terminal.progress_bar() as bar:
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
def one_song_bar(song: Path, check: Callable[[], None]) -> Iterator[Progress]:
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

    Raised wherever it comes, inside a decoder's C code for one, an interrupt can be lost or crash the process.
    """
    pressed = False

    def note(number: int, frame: FrameType | None) -> None:
        nonlocal pressed
        pressed = True
        signal.signal(signal.SIGINT, before)

    def check() -> None:
        if pressed:
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, note)
    try:
        yield check
    finally:
        signal.signal(signal.SIGINT, before)
