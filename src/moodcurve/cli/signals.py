"""Handle Ctrl-C, and SIGTERM and SIGHUP like it: stop in order, and leave nothing half written."""

import os
import select
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
"""Signals that ask a program to stop: Ctrl-C, `kill` or the end of a session, and a closed terminal."""
GRACE_S = 30.0
"""Seconds after SIGTERM or SIGHUP until a process ends that does not return from a decoder's C code."""
_received = signal.SIGINT


def handle_signals() -> None:
    """Let SIGTERM and SIGHUP raise KeyboardInterrupt, as Ctrl-C does; those that are ignored stay so (`nohup`)."""
    global _received
    _received = signal.SIGINT
    for number in _SIGNALS:
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _interrupt)


def interrupted_code() -> int:
    """Return the exit code of a command that was interrupted, as shells have it: 128 and the number of the signal."""
    return 128 + _received


def _interrupt(number: int, frame: FrameType | None) -> None:
    global _received
    _received = signal.Signals(number)
    signal.signal(number, signal.SIG_IGN)  # a second one must not interrupt the removal of what is half written
    raise KeyboardInterrupt


@contextmanager
def interrupts() -> Iterator[Callable[[], None]]:
    """Yield a check that raises KeyboardInterrupt after Ctrl-C; a second Ctrl-C interrupts at once.

    An interrupt that is raised just anywhere, for example inside a decoder's C code, can be lost or crash the process.
    If the process ignores Ctrl-C, as a script's background processes do, it stays ignored. The same goes for SIGTERM
    and SIGHUP.
    """
    pressed = False

    def remember(number: int, frame: FrameType | None) -> None:
        global _received
        nonlocal pressed
        pressed = True
        _received = signal.Signals(number)
        if _received.name == "SIGHUP":
            before[number] = signal.SIG_IGN  # a terminal that closes sends two
        restore()

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def check() -> None:
        if pressed:
            raise KeyboardInterrupt

    before = {number: signal.getsignal(number) for number in _SIGNALS}
    for number, handler in before.items():
        if handler not in (signal.SIG_IGN, None):
            signal.signal(number, remember)
    with _ended_after_grace():
        try:
            yield check
        finally:
            restore()


@contextmanager
def _ended_after_grace() -> Iterator[None]:
    """End the process if the block goes on for `GRACE_S` after SIGTERM or SIGHUP: no check may come to that.

    Python runs a signal's handler once C code has returned; it writes to this pipe at once.
    """
    received, sent = os.pipe()
    os.set_blocking(sent, False)
    before = signal.set_wakeup_fd(sent, warn_on_full_buffer=False)

    def watch() -> None:
        while number := os.read(received, 1):
            if number[0] == signal.SIGINT or number[0] not in _SIGNALS:
                continue
            if not select.select([received], [], [], GRACE_S)[0]:
                os._exit(128 + number[0])
        os.close(received)

    threading.Thread(target=watch, name="signals", daemon=True).start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        os.close(sent)
