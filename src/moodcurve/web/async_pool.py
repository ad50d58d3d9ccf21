"""A pool of worker processes for an event loop: a thread runs the pool, and results are awaitable."""

import asyncio
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Generic

from moodcurve.errors import MoodcurveError
from moodcurve.web.fair_share import Turns
from moodcurve.workers import Job, Limits, Pool
from moodcurve.workers.job import Item, Result

ReportCallback = Callable[[float | None, Any], None]
"""Called in the event loop with the share of an item that is done (0 at its start), or with None and a partial
result."""
_IDLE_S = 5.0
"""Interval between checks of idle processes, one of which may have died."""


@dataclass(eq=False)
class _Task(Generic[Item, Result]):
    """An item whose result somebody awaits."""

    item: Item
    on_report: ReportCallback
    result: "asyncio.Future[Result]"
    number: int | None = None


class AsyncPool(Generic[Item, Result]):
    """Worker processes that run one job for many items; the first item starts the first process.

    Parameters
    ----------
    make : callable
        See `moodcurve.workers.Pool`.
    workers : int
        Maximum number of processes.
    limits : Limits
        Time and memory limits per item.
    """

    def __init__(self, make: Callable[[], Job[Item, Result]], *, workers: int, limits: Limits) -> None:
        self._make = make
        self._workers = workers
        self._limits = limits
        self._inbox: queue.SimpleQueue[_Task[Item, Result] | None] = queue.SimpleQueue()
        """Tasks to start, or to cancel if they are sent again; None closes the pool."""
        self._tasks: dict[int, _Task[Item, Result]] = {}
        """Running tasks; used by the thread only."""
        self._turns = Turns(workers + 1)  # one waits in the pool, so that no process idles
        self._thread: threading.Thread | None = None
        self._closed = False

    async def run(self, item: Item, *, client: str, on_report: ReportCallback = lambda share, part: None) -> Result:
        """Run the job for an item of a client; clients take turns. Canceling the call ends the worker process.

        Raises
        ------
        MoodcurveError, OSError
            If the job raises it. LimitError or CrashError if the job exceeds a limit or its process dies.
        """
        async with self._turns.turn(client):
            return await self._run(item, on_report)

    async def _run(self, item: Item, on_report: ReportCallback) -> Result:
        task: _Task[Item, Result] = _Task(item, on_report, asyncio.get_running_loop().create_future())
        if self._thread is None:
            self._thread = threading.Thread(target=self._run_thread, name="async-pool", daemon=True)
            self._thread.start()
        self._inbox.put(task)
        try:
            return await task.result
        except asyncio.CancelledError:
            self._inbox.put(task)
            raise

    def close(self) -> None:
        """End all processes at once; pending calls raise CancelledError."""
        if self._thread is not None:
            self._inbox.put(None)
            self._thread.join()

    def _run_thread(self) -> None:
        while not self._closed:
            self._run_pool()

    def _run_pool(self) -> None:
        """Run a pool until it is closed, or until no process can be started."""
        with Pool(
            self._make, workers=self._workers, progress=self._on_progress, limits=self._limits, on_part=self._on_part
        ) as pool:
            try:
                while not self._closed:
                    self._read_inbox(pool)
                    for number, result in pool.poll():
                        self._finish(number, result)
            except (MoodcurveError, OSError) as error:
                for number in list(self._tasks):
                    self._finish(number, error)
            pool.terminate()
            for number in list(self._tasks):
                self._finish(number, asyncio.CancelledError())

    def _read_inbox(self, pool: Pool[Item, Result]) -> None:
        """Start and cancel tasks; wait for the next one if none is running."""
        wait_s = 0.0 if self._tasks else _IDLE_S
        with suppress(queue.Empty):
            while not self._closed:
                task = self._inbox.get(timeout=wait_s) if wait_s else self._inbox.get_nowait()
                wait_s = 0.0
                if task is None:
                    self._closed = True
                elif task.number is None:
                    task.number = pool.add(task.item)
                    self._tasks[task.number] = task
                elif self._tasks.pop(task.number, None):
                    pool.cancel(task.number)

    def _on_progress(self, number: int, share: float) -> None:
        self._report(number, share, None)

    def _on_part(self, number: int, part: Any) -> None:
        self._report(number, None, part)

    def _report(self, number: int, share: float | None, part: Any) -> None:
        if number in self._tasks:
            task = self._tasks[number]
            self._call_in_loop(task, task.on_report, share, part)

    def _finish(self, number: int, result: Any) -> None:
        task = self._tasks.pop(number, None)
        if task is not None:
            self._call_in_loop(task, _set_result, task.result, result)

    @staticmethod
    def _call_in_loop(task: "_Task[Item, Result]", function: Callable[..., None], *values: Any) -> None:
        with suppress(RuntimeError):  # the loop is closed, so nobody awaits the result
            task.result.get_loop().call_soon_threadsafe(function, *values)


def _set_result(future: "asyncio.Future[Any]", result: Any) -> None:
    if future.done():
        return
    if isinstance(result, asyncio.CancelledError):
        future.cancel()
    elif isinstance(result, MoodcurveError | OSError):
        future.set_exception(result)
    else:
        future.set_result(result)
