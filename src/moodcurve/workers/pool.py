"""Processes that do one job for items that may still be added, each item within limits; results as they come."""

import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic

from moodcurve.errors import MoodcurveError
from moodcurve.workers.child import Done, Item, Job, Limits, OutOfMemory, Ready, Refused, Result, Step
from moodcurve.workers.worker import Worker, cause_of_death, hire, was_killed

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

Watch = Callable[[int, float], None]
"""Called with the number of an item and the share of it that is done, 0 as it is begun and 1 once it is done."""

_LOOK_S = 0.1
"""How often to look for Ctrl-C while the processes work."""
_AWAY_S = 1.0
"""The most that a look adds to what an item has taken: while nobody looked (a pause by Ctrl-Z), nothing is held
against it."""
_STOP_S = 10.0
"""How long a process may go on after it was told to stop: until its job reports, or has written its files."""
_BEGIN_S = 300.0
"""How long a process may take to make its job."""
_BEGINNINGS = 3
"""So many processes in a row that end before their job is made are no accident."""


class CrashError(MoodcurveError):
    """The process that worked on an item is no more: it crashed, or the system ended it for want of memory."""


class LimitError(MoodcurveError):
    """An item took more time or memory than it may, see `Limits`; its process was ended."""


def share(seconds: float, total: float | None) -> float:
    """Share of a file's claimed length; a file that does not say stays at nought."""
    return min(0.999, seconds / total) if total else 0.0


class Pool(Generic[Item, Result]):
    """Several processes, each of which makes the job for itself and takes one item at a time.

    A process that crashes, or is ended for its item's breaking a limit, costs its item only: another takes its place.
    An item whose process was killed from outside is tried a second time, since that need not be its fault: a system
    short of memory kills whom it likes. On leaving, all processes are told to stop, and none is left; if this process
    is killed, they end by themselves.

    Parameters
    ----------
    make : callable
        Makes the job; a function of a module or a `functools.partial` of one.
    workers : int
        How many processes at most; they are started when there is something to do.
    watch : callable
        See `Watch`; items are numbered as they are added, from 0 on.
    limits : Limits, optional
        What each item may take; `Limits()` if not given.
    parts : callable, optional
        Called with the number of an item and a part of its result, see `Report`. An item that is tried a second time
        gives its parts anew.
    """

    def __init__(
        self,
        make: Callable[[], Job[Item, Result]],
        *,
        workers: int,
        watch: Watch,
        limits: Limits | None = None,
        parts: Callable[[int, Any], None] | None = None,
    ) -> None:
        self._make = make
        self._most = workers
        self._watch = watch
        self._parts = parts
        self._limits = limits or Limits()
        self._items: dict[int, Item] = {}
        self._queue: deque[int] = deque()
        self._killed_once: set[int] = set()
        self._done: list[tuple[int, Any]] = []
        self._workers: list[Worker] = []
        self._leaving: list[BaseProcess] = []
        self._added = 0
        self._failed_beginnings = 0
        self._looked = time.monotonic()

    @property
    def waiting(self) -> int:
        """Number of items that no process works on yet."""
        return len(self._queue)

    @property
    def unfinished(self) -> int:
        """Number of items whose results have not been given."""
        return len(self._items) + len(self._done)

    def add(self, item: Item) -> int:
        """Add an item, which must be fit to be sent to another process; gives its number."""
        number = self._added
        self._added += 1
        self._items[number] = item
        self._queue.append(number)
        self._give_out()
        return number

    def drop(self, number: int) -> None:
        """Forget an item, by its number: its process, if it has one, is ended at once, and it gives no result.

        Nothing is done if its result has come.
        """
        if self._items.pop(number, None) is None:
            return
        self._killed_once.discard(number)
        if number in self._queue:
            self._queue.remove(number)
        for worker in [worker for worker in self._workers if worker.number == number]:
            worker.process.kill()
            self._release(worker)

    def abandon(self) -> None:
        """End all processes at once, whatever they do, and forget all items."""
        for worker in list(self._workers):
            worker.process.kill()
            self._release(worker)
        self._items.clear()
        self._queue.clear()
        self._done.clear()

    def look(self) -> list[tuple[int, Result | MoodcurveError | OSError]]:
        """Wait a moment for what the processes say; give the results that have come, with their items' numbers.

        Raises
        ------
        MoodcurveError, OSError
            What making the job raised; CrashError if process after process ended before it was made.
        """
        from multiprocessing.connection import wait

        self._give_out()
        if self._workers:
            ready = wait([worker.pipe for worker in self._workers], _LOOK_S)
            for worker in [worker for worker in self._workers if worker.pipe in ready]:
                self._listen(worker)
        self._hold_to_limits()
        self._give_out()
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
        for process in self._leaving:
            process.join(max(0.0, deadline - time.monotonic()))
            if process.exitcode is None:
                process.kill()
                process.join(_STOP_S)  # one that hangs in the system's own code cannot be waited for
        self._leaving = []

    def _give_out(self) -> None:
        """Give waiting items to processes that have none, and start processes for the rest."""
        for worker in self._workers:
            if self._queue and worker.ready and worker.number is None:
                self._give(worker, self._queue.popleft())
        beginning = sum(not worker.ready for worker in self._workers)
        for _ in range(min(len(self._queue) - beginning, self._most - len(self._workers))):
            self._workers.append(hire(self._make, self._limits))

    def _give(self, worker: Worker, number: int) -> None:
        worker.number, worker.claimed_s = number, None
        worker.silent_s = worker.spent_s = 0.0
        self._watch(number, 0.0)
        with suppress(OSError):  # it is no more: its pipe will be found closed
            worker.pipe.send(self._items[number])

    def _listen(self, worker: Worker) -> None:
        """Take in all that a process has said."""
        while worker in self._workers:
            try:
                if not worker.pipe.poll():
                    return
                said = worker.pipe.recv()
            except (EOFError, OSError):
                self._bury(worker)
                return
            self._take(worker, said)

    def _take(self, worker: Worker, said: Any) -> None:
        worker.silent_s = 0.0
        match said:
            case Ready():
                worker.ready = True
                self._failed_beginnings = 0
            case Refused(error):
                raise error
            case Step(seconds, claimed_s, part):
                worker.claimed_s = claimed_s
                if worker.number is not None:
                    self._watch(worker.number, share(seconds, claimed_s))
                    if part is not None and self._parts is not None:
                        self._parts(worker.number, part)
            case Done(result):
                self._finish(worker, result)
            case OutOfMemory():
                self._finish(worker, LimitError(f"more than {self._limits.memory_mb} MB of memory would be needed"))
                self._release(worker)

    def _hold_to_limits(self) -> None:
        """End the processes whose items take too long."""
        now = time.monotonic()
        passed, self._looked = min(now - self._looked, _AWAY_S), now
        for worker in list(self._workers):
            worker.silent_s += passed
            worker.spent_s += passed
            if not worker.ready and worker.silent_s > _BEGIN_S:
                worker.process.kill()
            elif worker.number is not None:
                why = self._limits.broken(worker.silent_s, worker.spent_s, worker.claimed_s)
                if why is not None:
                    self._finish(worker, LimitError(why))
                    worker.process.kill()
                    self._release(worker)

    def _release(self, worker: Worker) -> None:
        worker.pipe.close()  # what it sends or waits for next tells it
        self._workers.remove(worker)
        # those that have ended since are forgotten: a long scan may see many
        self._leaving = [process for process in self._leaving if process.exitcode is None]
        self._leaving.append(worker.process)

    def _bury(self, worker: Worker) -> None:
        """See a process off that has ended by itself, or has closed its pipe, and is ended then if it hangs."""
        self._release(worker)
        worker.process.join(_STOP_S)
        hangs = worker.process.exitcode is None
        if hangs:
            worker.process.kill()
        exit_code = worker.process.exitcode or 0
        cause = "did not answer any more and was ended" if hangs else cause_of_death(exit_code)
        number = worker.number
        if not worker.ready:
            self._failed_beginnings += 1
            if self._failed_beginnings == _BEGINNINGS:
                raise CrashError(f"a worker process cannot be started: {cause}")
        elif number is not None and not hangs and was_killed(exit_code) and number not in self._killed_once:
            self._killed_once.add(number)
            self._queue.appendleft(number)
        elif number is not None:
            self._finish(worker, CrashError(f"the process that worked on it {cause}"))

    def _finish(self, worker: Worker, result: Any) -> None:
        number = worker.number
        assert number is not None
        worker.number = None
        item = self._items.pop(number)
        self._killed_once.discard(number)
        if isinstance(result, CrashError | LimitError):
            result = type(result)(f"{item}: {result}")
        self._done.append((number, result))
        self._watch(number, 1.0)
