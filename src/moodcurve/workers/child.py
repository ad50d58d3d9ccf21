"""Run items in a worker process until the parent closes the pipe; define the messages that it sends."""

import math
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, NamedTuple

from moodcurve.errors import MoodcurveError, SetupError, setup_error
from moodcurve.workers.job import Job, Limits, ProgressReporter

if TYPE_CHECKING:  # a single process needs no multiprocessing
    from multiprocessing.connection import Connection

START_MB = 4096
"""MiB of memory for making the job: enough to compile the extractor."""
_REPORT_S = 0.1
"""Shortest time between two reports without news: each costs both processes, and a song makes hundreds."""


class Ready(NamedTuple):
    """Message: the job is made, and items may be sent."""


class JobFailed(NamedTuple):
    """Message: the job could not be made, or can do no item at all; the process exits."""

    error: MoodcurveError | OSError


class ProgressUpdate(NamedTuple):
    """Message: progress of the item, see `ProgressReporter`."""

    seconds: float
    claimed_s: float | None
    part: Any


class Done(NamedTuple):
    """Message: the result of the item, or the error it raised."""

    result: Any


class OutOfMemory(NamedTuple):
    """Message: the item needed more memory than allowed, in MiB; the process exits."""

    allowed_mb: int


def work(make: Callable[[], Job[Any, Any]], limits: Limits, pipe: "Connection[Any, Any]") -> None:
    """Run one item after the other until the pipe is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _exit_with_parent()

    def send(message: Any) -> None:
        try:
            pipe.send(message)
        except OSError:  # the parent closed it, or is gone
            raise SystemExit from None

    _limit_memory(START_MB)
    try:
        job = make()
    except (MoodcurveError, OSError) as error:
        send(JobFailed(error))
        return
    except (ImportError, MemoryError) as error:
        send(JobFailed(setup_error(error)))
        return
    allowed_mb = limits.allowed_mb(_resident_mb())
    _limit_memory(allowed_mb)
    send(Ready())
    while True:
        try:
            item = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            result = job(item, _reporter(send))
        except SetupError as error:
            send(JobFailed(error))
            return
        except ImportError as error:
            send(JobFailed(setup_error(error)))
            return
        except (MoodcurveError, OSError) as error:
            result = error
        except MemoryError:
            send(OutOfMemory(allowed_mb))
            return
        send(Done(result))


@contextmanager
def must_end_within(seconds: int) -> Iterator[None]:
    """End this process if the block takes longer, even within code that never returns to Python (POSIX only).

    For trials while a job is made; for items, the parent has limits.
    """
    if hasattr(signal, "alarm"):
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(seconds)
    try:
        yield
    finally:
        if hasattr(signal, "alarm"):
            signal.alarm(0)


def _reporter(send: Callable[[ProgressUpdate], None]) -> ProgressReporter:
    """Return an item's reporter: it sends every part and every new length, and other progress at intervals."""
    sent_s, sent_total = -math.inf, None

    def report(seconds: float, total: float | None, part: Any = None, /) -> None:
        nonlocal sent_s, sent_total
        now_s = time.monotonic()
        if part is None and total == sent_total and now_s - sent_s < _REPORT_S:
            return
        sent_s, sent_total = now_s, total
        send(ProgressUpdate(seconds, total, part))

    return report


def _exit_with_parent() -> None:
    """Exit this process once its parent is gone, even during an item that never reports.

    Linux's parent-death signal will not do: it is also sent when only the parent's thread ends.
    """
    import threading
    from multiprocessing import parent_process

    parent = parent_process()
    assert parent is not None  # nosec B101 # narrows the type for mypy

    def wait_for_parent() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=wait_for_parent, name="parent", daemon=True).start()


def _resident_mb() -> float:
    """Return the MiB of memory that this process uses, or 0 where the system does not tell."""
    if sys.platform == "linux":
        import resource

        with suppress(OSError, ValueError, IndexError):
            pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
            return pages * resource.getpagesize() / 2**20
    return 0.0


@contextmanager
def memory_limited(megabytes: int) -> Iterator[None]:
    """Let this process allocate `megabytes` MiB more than it has, or fewer if it has a limit, in the block (Linux).

    Private writable memory counts; memory that is only reserved and mapped files do not.

    Raises
    ------
    MemoryError
        Within the block, if more is needed.
    """
    before = _limit_memory(megabytes, raising=False)
    try:
        yield
    finally:
        if before is not None:
            import resource

            resource.setrlimit(resource.RLIMIT_DATA, before)


@contextmanager
def interrupted_after(seconds: float) -> Iterator[None]:
    """Raise TimeoutError in the block once it takes longer; in Python code only, of a main thread (POSIX)."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise TimeoutError(f"not done after {seconds:g} s")

    if not hasattr(signal, "setitimer"):
        yield
        return
    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _limit_memory(megabytes: int, *, raising: bool = True) -> tuple[int, int] | None:
    """Let the process allocate `megabytes` MiB more than it has; further allocations fail (Linux).

    Unless `raising`, an existing limit stays where it is lower. Returns the limits before; None if they stay.
    """
    if sys.platform != "linux":
        return None
    import resource

    with suppress(OSError, ValueError):  # no /proc, or a lower limit is already set
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[5])
        wanted = pages * resource.getpagesize() + megabytes * 2**20
        soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
        if raising or soft == resource.RLIM_INFINITY or wanted < soft:
            resource.setrlimit(resource.RLIMIT_DATA, (wanted, hard))
            return soft, hard
    return None
