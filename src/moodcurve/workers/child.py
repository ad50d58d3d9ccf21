"""What runs in a worker's process: one item after the other, until the pipe to the first process is closed."""

import math
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

from moodcurve.errors import MoodcurveError

if TYPE_CHECKING:  # one process needs nothing of it
    from multiprocessing.connection import Connection

Item = TypeVar("Item")
Result = TypeVar("Result")

Progress = Callable[[float, float | None], None]
"""Called with the seconds of audio read so far and those that the file claims, None if it does not say."""


class Report(Protocol):
    """A `Progress` that also takes a part of the result, for who wants it before the whole."""

    def __call__(self, seconds: float, total: float | None, part: Any = None, /) -> None:
        """Tell how far the item is."""


Job = Callable[[Item, Report], Result]


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one item may take of a process of its own.

    Attributes
    ----------
    silent_s : float
        Seconds without a sign of progress, after which the item counts as hung.
    least_s, most_s : float
        Seconds altogether: as many as the sound claims to last, hundreds of times what it takes, but not less than
        the first nor more than the second, since a claim can be false.
    memory_mb : int
        Memory beyond what the process has before its first item, in MiB; kept by Linux alone (RLIMIT_DATA).
    """

    silent_s: float = 300.0
    least_s: float = 600.0
    most_s: float = 36_000.0
    memory_mb: int = 1024

    def broken(self, silent_s: float, spent_s: float, claimed_s: float | None) -> str | None:
        """Say which limit of time an item has broken, if any."""
        if silent_s > self.silent_s:
            return f"no progress for {self.silent_s:g} s"
        allowed_s = min(max(self.least_s, claimed_s or 0.0), self.most_s)
        return f"not done after {allowed_s:g} s" if spent_s > allowed_s else None


FILE_LIMITS = Limits(silent_s=60.0)
"""Limits for the analysis of one file in a scan or a web server."""
_STEP_S = 0.1
"""Steps that say nothing new are told no more often: each costs both processes, and a song takes hundreds."""


class Ready(NamedTuple):
    """The job is made: items may come."""


class Refused(NamedTuple):
    """The job could not be made, and no item ever will be done."""

    error: MoodcurveError | OSError


class Step(NamedTuple):
    """How far the item is, see `Report`."""

    seconds: float
    claimed_s: float | None
    part: Any


class Done(NamedTuple):
    """What came of the item: a result, or the error that a user can mend."""

    result: Any


class OutOfMemory(NamedTuple):
    """The item needed more memory than it may have; the process ends."""


def work(make: Callable[[], Job[Any, Any]], limits: Limits, pipe: "Connection[Any, Any]") -> None:
    """Do one item after the other until the pipe is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _end_with_parent()

    def say(message: Any) -> None:
        try:
            pipe.send(message)
        except OSError:  # the other side has closed it, or is no more
            raise SystemExit from None

    try:
        job = make()
    except (MoodcurveError, OSError) as error:
        say(Refused(error))
        return
    _limit_memory(limits.memory_mb)
    say(Ready())
    while True:
        try:
            item = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            result = job(item, _telling(say))
        except (MoodcurveError, OSError) as error:
            result = error
        except MemoryError:
            say(OutOfMemory())
            return
        say(Done(result))


def _telling(say: Callable[[Step], None]) -> Report:
    """Make the report of an item: each part is told, each claimed length, and else how far it is, now and then."""
    told_s, told = -math.inf, None

    def report(seconds: float, total: float | None, part: Any = None, /) -> None:
        nonlocal told_s, told
        now_s = time.monotonic()
        if part is None and total == told and now_s - told_s < _STEP_S:
            return
        told_s, told = now_s, total
        say(Step(seconds, total, part))

    return report


def _end_with_parent() -> None:
    """End this process once its parent is no more, even in the middle of an item that never reports.

    Not by Linux's signal of a parent's death, which comes already when the parent's thread ends.
    """
    import threading
    from multiprocessing import parent_process

    parent = parent_process()
    assert parent is not None

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, name="parent", daemon=True).start()


def _limit_memory(megabytes: int) -> None:
    """Let the process allocate so much more than it has by now; beyond that, allocations fail.

    Private writable memory is what counts, not what is only reserved, nor files that are mapped.
    """
    if sys.platform != "linux":
        return
    import resource

    with suppress(OSError, ValueError):  # no /proc, or a lower limit than this is set already
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[5])
        wanted = pages * resource.getpagesize() + megabytes * 2**20
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        resource.setrlimit(resource.RLIMIT_DATA, (wanted, hard))
