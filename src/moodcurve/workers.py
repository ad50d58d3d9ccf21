"""One job for many items, in several processes where there are several cores; results in the items' order."""

import os
import signal
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from moodcurve.errors import MoodcurveError

if TYPE_CHECKING:  # one process needs nothing of it
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

Item = TypeVar("Item")
Result = TypeVar("Result")

Progress = Callable[[float, float | None], None]
"""Called with the seconds of audio read so far and those that the file claims, None if it does not say."""
Job = Callable[[Item, Progress], Result]
Watch = Callable[[int, float], None]
"""Called with the number of an item and the share of it that is done, 0 as it is begun and 1 once it is done."""

_LOOK_S = 0.1
"""How often to look for Ctrl-C while the processes work."""
_STOP_S = 10.0
"""How long a process may go on after it was told to stop: until its job reports, or has written its files."""


class CrashError(MoodcurveError):
    """The process that worked on an item is no more: it crashed, or the system ended it for want of memory."""


def sensible_workers(items: int) -> int:
    """Give how many processes do for so many songs: one for each core that may be used.

    For fewer than four songs it is one: a process takes as long to start as a song of three minutes takes.
    """
    if items < 4:
        return 1
    affinity = getattr(os, "sched_getaffinity", None)  # containers and taskset lend fewer than the machine has
    return min(items, len(affinity(0)) if affinity else os.cpu_count() or 1)


def run_each(
    make: Callable[[], Job[Item, Result]],
    items: Sequence[Item],
    *,
    workers: int,
    watch: Watch,
    check: Callable[[], None],
) -> Generator[Result | MoodcurveError | OSError, None, None]:
    """Do one job for each item; give its result, or the error that a user can mend, in the order of the items.

    With one worker all is done in this process as the results are asked for. With more, each process makes the
    job for itself and takes one item at a time. One that crashes costs its item only (CrashError): another takes
    its place. Once the iterator is closed, or an error leaves it, the processes are told to stop, and none is left.

    Parameters
    ----------
    make : callable
        Makes the job; with several workers, a function of a module or a `functools.partial` of one.
    items : sequence
        With several workers, of what can be sent to another process.
    workers : int
        How many processes.
    watch : callable
        See `Watch`.
    check : callable
        Called again and again; stops everything by raising an error (KeyboardInterrupt).

    Raises
    ------
    ValueError
        If `workers` is less than 1.
    """
    if workers < 1:
        raise ValueError(f"workers must be at least 1, got {workers}")
    if min(workers, len(items)) <= 1:
        return _alone(make, items, watch, check)
    return _together(_Crew(make, items, watch), min(workers, len(items)), check)


def _alone(
    make: Callable[[], Job[Item, Result]], items: Sequence[Item], watch: Watch, check: Callable[[], None]
) -> Generator[Result | MoodcurveError | OSError, None, None]:
    job = make() if items else None
    for number, item in enumerate(items):
        assert job is not None
        check()
        watch(number, 0.0)

        def report(seconds: float, total: float | None, number: int = number) -> None:
            check()
            watch(number, _share(seconds, total))

        result: Result | MoodcurveError | OSError
        try:
            result = job(item, report)
        except (MoodcurveError, OSError) as error:
            result = error
        watch(number, 1.0)
        yield result


def _share(seconds: float, total: float | None) -> float:
    """Share of a file's claimed length; a file that does not say stays at nought."""
    return min(0.999, seconds / total) if total else 0.0


@dataclass(eq=False)
class _Worker:
    """A process, the pipe to it, and the number of the item that it works on."""

    process: "BaseProcess"
    pipe: "Connection[Any, Any]"
    number: int = 0


@dataclass
class _Crew:
    """The processes at work, and the results that wait for their turn."""

    make: Callable[[], Job[Any, Any]]
    items: Sequence[Any]
    watch: Watch
    done: dict[int, Any] = field(default_factory=dict)
    workers: list[_Worker] = field(default_factory=list)
    _begun: int = 0
    _leaving: "list[BaseProcess]" = field(default_factory=list)

    def hire(self) -> None:
        """Start a process on the next item."""
        import multiprocessing

        # not fork: the progress bar has a thread, and so may have the decoders, LLVM and ONNX Runtime
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_work, args=(self.make, theirs), daemon=True)
        with _no_interrupts():
            process.start()
        theirs.close()
        self.workers.append(_Worker(process, ours))
        self._give(self.workers[-1])

    def listen(self) -> None:
        """Take in what the processes say, for a moment."""
        from multiprocessing.connection import wait

        ready = wait([worker.pipe for worker in self.workers], _LOOK_S)
        for worker in [worker for worker in self.workers if worker.pipe in ready]:
            try:
                said = worker.pipe.recv()
            except (EOFError, OSError):
                self._bury(worker)
                continue
            if isinstance(said, float):
                self.watch(worker.number, said)
                continue
            self._finish(worker.number, said)
            if self._begun < len(self.items):
                self._give(worker)
            else:
                self._release(worker)

    def dismiss(self) -> None:
        """Tell all processes to stop, and wait until they have."""
        for worker in list(self.workers):
            self._release(worker)
        deadline = time.monotonic() + _STOP_S
        for process in self._leaving:
            process.join(max(0.0, deadline - time.monotonic()))
            if process.exitcode is None:
                process.kill()
                process.join()

    def _give(self, worker: _Worker) -> None:
        worker.number = self._begun
        self._begun += 1
        self.watch(worker.number, 0.0)
        with suppress(OSError):  # it is no more: `listen` will find its pipe closed
            worker.pipe.send(self.items[worker.number])

    def _release(self, worker: _Worker) -> None:
        worker.pipe.close()  # what it sends or waits for next tells it
        self.workers.remove(worker)
        self._leaving.append(worker.process)

    def _bury(self, worker: _Worker) -> None:
        self._release(worker)
        worker.process.join()
        why = _cause_of_death(worker.process.exitcode or 0)
        self._finish(worker.number, CrashError(f"{self.items[worker.number]}: {why}"))
        if self._begun < len(self.items):
            self.hire()

    def _finish(self, number: int, result: Any) -> None:
        self.done[number] = result
        self.watch(number, 1.0)


def _together(crew: _Crew, workers: int, check: Callable[[], None]) -> Generator[Any, None, None]:
    try:
        for _ in range(workers):
            crew.hire()
        for number in range(len(crew.items)):
            while number not in crew.done:
                check()
                crew.listen()
            yield crew.done.pop(number)
    finally:
        crew.dismiss()


def _cause_of_death(exit_code: int) -> str:
    if exit_code >= 0:
        return f"the process that worked on it ended with exit code {exit_code}"
    why = "; out of memory, perhaps" if -exit_code == getattr(signal, "SIGKILL", 0) else ""
    return f"the process that worked on it crashed (signal {-exit_code}{why})"


@contextmanager
def _no_interrupts() -> Iterator[None]:
    """Start processes that Ctrl-C does not reach: they are told to stop by this one."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    from multiprocessing import resource_tracker

    resource_tracker.ensure_running()  # which lets interrupts through when it starts
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _work(make: Callable[[], Job[Any, Any]], pipe: "Connection[Any, Any]") -> None:
    """Do one item after the other until the pipe is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def report(seconds: float, total: float | None) -> None:
        try:
            pipe.send(_share(seconds, total))
        except OSError:  # the other side has closed it, or is no more
            raise SystemExit from None

    job = make()
    while True:
        try:
            item = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            result = job(item, report)
        except (MoodcurveError, OSError) as error:
            result = error
        with suppress(OSError):
            pipe.send(result)
