"""Run items in worker processes, each within limits, and return results as they come; add items at any time."""

import signal
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic

from moodcurve.errors import MoodcurveError
from moodcurve.workers.child import Done, JobFailed, OutOfMemory, ProgressUpdate, Ready
from moodcurve.workers.job import Item, Job, Limits, Result
from moodcurve.workers.resources import memory_share_mb
from moodcurve.workers.worker import Worker, describe_exit, start_worker, was_killed

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

ItemProgress = Callable[[int, float], None]
"""Called with the number of an item and the share of it that is done: 0 at its start, 1 at its end."""

POLL_S = 0.1
"""Longest wait for messages, so that Ctrl-C is noticed while processes work."""
_MAX_STEP_S = 1.0
"""Longest time that one poll adds to an item's time: a paused parent (Ctrl-Z) must not count against its items."""
_STOP_S = 10.0
"""Time for a process to exit after its pipe is closed: until its job reports, or has written its files."""
_START_S = 300.0
"""Time for a process to make its job."""
_MAX_FAILED_STARTS = 3
"""Number of processes in a row that may end before their job is made."""


class CrashError(MoodcurveError):
    """The process of an item ended: it crashed, or the system killed it because memory ran out."""


class LimitError(MoodcurveError):
    """An item exceeded its time or memory, see `Limits`, and its process was ended."""


def share(seconds: float, total: float | None) -> float:
    """Return the share of a file's claimed length that is read, below 1; 0 if the file claims no length."""
    return min(0.999, seconds / total) if total else 0.0


class Pool(Generic[Item, Result]):
    """Worker processes, each of which makes its own job and runs one item at a time.

    A process that crashes, or whose item exceeds a limit, loses only that item, and another process replaces it. An
    item whose process was killed from outside is retried once, since a system short of memory may kill any process.
    Leaving the context ends all processes; they also exit if this process is killed.

    Parameters
    ----------
    make : callable
        Creates the job; a module's function, or a `functools.partial` of one.
    workers : int
        Maximum number of processes; they are started as needed.
    progress : callable
        See `ItemProgress`; items are numbered from 0 in the order they are added.
    limits : Limits, optional
        Limits of each item; `Limits()` if not given. Their `share_mb` becomes a process's share of the memory.
    on_part : callable, optional
        Called with the number of an item and a part of its result, see `ProgressReporter`. An item that is retried
        sends all of its parts again.
    """

    def __init__(
        self,
        make: Callable[[], Job[Item, Result]],
        *,
        workers: int,
        progress: ItemProgress,
        limits: Limits | None = None,
        on_part: Callable[[int, Any], None] | None = None,
    ) -> None:
        self._make = make
        self._max_workers = workers
        self._progress = progress
        self._on_part = on_part
        self._limits = replace(limits or Limits(), share_mb=memory_share_mb(workers))
        self._items: dict[int, Item] = {}
        self._queue: deque[int] = deque()
        self._killed_once: set[int] = set()
        self._done: list[tuple[int, Any]] = []
        self._workers: list[Worker] = []
        self._ending: list[BaseProcess] = []
        self._added = 0
        self._failed_starts = 0
        self._polled_s = time.monotonic()

    @property
    def waiting(self) -> int:
        """Number of items that no process has started."""
        return len(self._queue)

    @property
    def unfinished(self) -> int:
        """Number of items whose results have not been returned."""
        return len(self._items) + len(self._done)

    def add(self, item: Item) -> int:
        """Add an item, which must be picklable, and return its number."""
        number = self._added
        self._added += 1
        self._items[number] = item
        self._queue.append(number)
        self._dispatch()
        return number

    def cancel(self, number: int) -> None:
        """Remove an item by its number; its process, if any, is killed, and no result is returned.

        Does nothing if the item is done.
        """
        if self._items.pop(number, None) is None:
            return
        self._killed_once.discard(number)
        if number in self._queue:
            self._queue.remove(number)
        for worker in [worker for worker in self._workers if worker.number == number]:
            worker.process.kill()
            self._release(worker)

    def terminate(self) -> None:
        """Kill all processes and remove all items."""
        for worker in list(self._workers):
            worker.process.kill()
            self._release(worker)
        self._items.clear()
        self._queue.clear()
        self._done.clear()

    def poll(self, timeout_s: float = POLL_S) -> list[tuple[int, Result | MoodcurveError | OSError]]:
        """Wait up to `timeout_s` seconds for messages; return the results that have come, with their items' numbers.

        Raises
        ------
        MoodcurveError, OSError
            The error that making the job raised; CrashError if several processes in a row end before it is made.
        """
        from multiprocessing.connection import wait

        self._dispatch()
        if self._workers:
            ready = wait([worker.pipe for worker in self._workers], timeout_s)
            for worker in [worker for worker in self._workers if worker.pipe in ready]:
                self._read_messages(worker)
        self._enforce_limits()
        self._dispatch()
        done, self._done = self._done, []
        return done

    def __enter__(self) -> "Pool[Item, Result]":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in list(self._workers):
            self._release(worker)
        deadline = time.monotonic() + _STOP_S
        for process in self._ending:
            process.join(max(0.0, deadline - time.monotonic()))
            if process.exitcode is None:
                process.kill()
                process.join(_STOP_S)  # one that hangs inside a system call may outlive this
        self._ending = []

    def _dispatch(self) -> None:
        """Send waiting items to idle processes, and start processes for the rest."""
        for worker in self._workers:
            if self._queue and worker.ready and worker.number is None:
                self._send(worker, self._queue.popleft())
        starting = sum(not worker.ready for worker in self._workers)
        for _ in range(min(len(self._queue) - starting, self._max_workers - len(self._workers))):
            self._workers.append(start_worker(self._make, self._limits))

    def _send(self, worker: Worker, number: int) -> None:
        worker.number, worker.claimed_s = number, None
        worker.stalled_s = worker.spent_s = 0.0
        self._progress(number, 0.0)
        with suppress(OSError):  # it is gone; the next read finds its pipe closed
            worker.pipe.send(self._items[number])

    def _read_messages(self, worker: Worker) -> None:
        """Read and handle all messages of a process."""
        while worker in self._workers:
            try:
                if not worker.pipe.poll():
                    return
                message = worker.pipe.recv()
            except (EOFError, OSError):
                self._handle_exit(worker)
                return
            self._handle(worker, message)

    def _handle(self, worker: Worker, message: Any) -> None:
        worker.stalled_s = 0.0
        match message:
            case Ready():
                worker.ready = True
                self._failed_starts = 0
            case JobFailed(error):
                raise error
            case ProgressUpdate(seconds, claimed_s, part):
                worker.claimed_s = claimed_s
                if worker.number is not None:
                    self._progress(worker.number, share(seconds, claimed_s))
                    if part is not None and self._on_part is not None:
                        self._on_part(worker.number, part)
            case Done(result):
                self._finish(worker, result)
            case OutOfMemory(allowed_mb):
                self._finish(worker, LimitError(f"needs more than {allowed_mb} MB of memory"))
                self._release(worker)

    def _enforce_limits(self) -> None:
        """Kill the processes whose items take too long."""
        now = time.monotonic()
        passed_s, self._polled_s = min(now - self._polled_s, _MAX_STEP_S), now
        for worker in list(self._workers):
            worker.stalled_s += passed_s
            worker.spent_s += passed_s
            if not worker.ready and worker.stalled_s > _START_S:
                worker.process.kill()
            elif worker.number is not None:
                reason = self._limits.exceeded(worker.stalled_s, worker.spent_s, worker.claimed_s)
                if reason is not None:
                    self._finish(worker, LimitError(reason))
                    worker.process.kill()
                    self._release(worker)

    def _release(self, worker: Worker) -> None:
        worker.pipe.close()  # the process notices when it next sends or receives
        self._workers.remove(worker)
        # drop those that have ended: a long scan may start many
        self._ending = [process for process in self._ending if process.exitcode is None]
        self._ending.append(worker.process)

    def _handle_exit(self, worker: Worker) -> None:
        """Handle a process that exited or closed its pipe; in the latter case it is killed if it does not exit."""
        self._release(worker)
        worker.process.join(_STOP_S)
        hangs = worker.process.exitcode is None
        if hangs:
            worker.process.kill()
        exit_code = worker.process.exitcode or 0
        cause = "stopped responding and was ended" if hangs else describe_exit(exit_code)
        number = worker.number
        if not worker.ready:
            self._failed_starts += 1
            too_late = -exit_code == getattr(signal, "SIGALRM", 0)  # see `moodcurve.workers.child.must_end_within`
            if too_late or self._failed_starts == _MAX_FAILED_STARTS:
                raise CrashError(f"a worker process cannot be started: {cause}")
        elif number is not None and not hangs and was_killed(exit_code) and number not in self._killed_once:
            self._killed_once.add(number)
            self._queue.appendleft(number)
        elif number is not None:
            self._finish(worker, CrashError(f"its worker process {cause}"))

    def _finish(self, worker: Worker, result: Any) -> None:
        number = worker.number
        assert number is not None  # nosec B101 # narrows the type for mypy
        worker.number = None
        item = self._items.pop(number)
        self._killed_once.discard(number)
        if isinstance(result, CrashError | LimitError):
            result = type(result)(f"{item}: {result}")
        self._done.append((number, result))
        self._progress(number, 1.0)
