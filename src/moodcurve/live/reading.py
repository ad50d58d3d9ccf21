"""Read a source of live sound in a thread, so that a source that waits is noticed and can be ended."""

import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from moodcurve.live.events import PATIENCE_S, AudioBlock, Break, Event, Notice, Source

STALL_S = 2.0
"""Without sound for this long (seconds), a source has stalled: what follows is not joined to what came before."""
_EVENTS = 64
_END_S = 3 * PATIENCE_S


class _End:
    """The source has ended, with an error or without."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error


@contextmanager
def reading(source: Source, check: Callable[[], None], *, stall_s: float = STALL_S) -> Iterator[Iterator[Event]]:
    """Yield an iterator over a source's events, with a notice and an interruption more where the source stalls.

    `check` is called several times a second, and may raise an exception to end the iteration. Errors of the source are
    raised in the iteration. The source is closed afterwards, unless it waits for something that does not come: its
    thread ends with the process.
    """
    events: queue.Queue[Event | _End] = queue.Queue(_EVENTS)
    ended = threading.Event()

    def put(event: Event | _End) -> None:
        while not ended.is_set():
            try:
                events.put(event, timeout=PATIENCE_S)
                return
            except queue.Full:
                continue

    def run() -> None:
        try:
            for event in source:
                if ended.is_set():
                    break
                if event is not None:
                    put(event)
        except Exception as error:  # raised where the events are read
            put(_End(error))
        finally:
            close = getattr(source, "close", None)
            if close is not None:
                close()
            put(_End())

    thread = threading.Thread(target=run, name="live source", daemon=True)
    thread.start()
    try:
        yield _events(events, check, stall_s)
    finally:
        ended.set()
        thread.join(_END_S)


def _events(events: "queue.Queue[Event | _End]", check: Callable[[], None], stall_s: float) -> Iterator[Event]:
    waited = 0.0  # seconds without sound; not those in which the reader was slow
    stalled = began = False
    while True:
        check()
        begun = time.monotonic()
        try:
            event = events.get(timeout=PATIENCE_S)
        except queue.Empty:
            event = None
        waited += time.monotonic() - begun
        match event:
            case _End():
                if event.error is not None:
                    raise event.error
                return
            case AudioBlock():
                if stalled and began and waited >= stall_s:
                    yield Break(f"sound is back after {waited:.1f} s")
                waited, stalled, began = 0.0, False, True
                yield event
            case Break():
                stalled = True  # and said
                yield event
            case Notice():
                yield event
            case None if waited >= stall_s and not stalled:
                stalled = True
                yield Notice(f"no sound for {stall_s:g} s; waiting" if began else "waiting for sound")
