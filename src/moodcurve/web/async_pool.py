"""Worker processes for an event loop: a thread of its own looks after the pool, and results come as awaitables."""

import asyncio
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Generic

from moodcurve.errors import MoodcurveError
from moodcurve.workers import Job, Limits, Pool
from moodcurve.workers.child import Item, Result

Tell = Callable[[float | None, Any], None]
"""Told in the loop of the share of an item that is done, 0 as it is begun, or of a part of its result; else None."""
_IDLE_S = 5.0
"""How often to look after processes that have nothing to do: one may have died."""


@dataclass(eq=False)
class _Task(Generic[Item, Result]):
    """An item that somebody waits for."""

    item: Item
    tell: Tell
    result: "asyncio.Future[Result]"
    number: int | None = None


class Crew(Generic[Item, Result]):
    """Processes that do one job, kept ready from item to item; the first starts with the first item.

    Parameters
    ----------
    make : callable
        See `moodcurve.workers.Pool`.
    workers : int
        How many processes at most.
    limits : Limits
        What each item may take.
    """

    def __init__(self, make: Callable[[], Job[Item, Result]], *, workers: int, limits: Limits) -> None:
        self._make = make
        self._workers = workers
        self._limits = limits
        self._inbox: queue.SimpleQueue[_Task[Item, Result] | None] = queue.SimpleQueue()
        """Tasks to add, and once more to drop them; None to close."""
        self._tasks: dict[int, _Task[Item, Result]] = {}
        """What the pool works on; of the thread alone."""
        self._thread: threading.Thread | None = None
        self._closed = False

    async def do(self, item: Item, *, tell: Tell = lambda share, part: None) -> Result:
        """Do the job for an item; cancelled, its process is ended.

        Raises
        ------
        MoodcurveError, OSError
            What the job raised; LimitError or CrashError if it broke a limit or its process.
        """
        task: _Task[Item, Result] = _Task(item, tell, asyncio.get_running_loop().create_future())
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="crew", daemon=True)
            self._thread.start()
        self._inbox.put(task)
        try:
            return await task.result
        except asyncio.CancelledError:
            self._inbox.put(task)
            raise

    def close(self) -> None:
        """End all processes at once; who still waits gets a CancelledError."""
        if self._thread is not None:
            self._inbox.put(None)
            self._thread.join()

    def _run(self) -> None:
        while not self._closed:
            self._tend()

    def _tend(self) -> None:
        """Look after a pool until the crew is closed, or no process can be started."""
        with Pool(
            self._make, workers=self._workers, progress=self._watched, limits=self._limits, on_part=self._heard
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
        """Add and drop what is wished; wait for a wish where there is nothing to do."""
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

    def _watched(self, number: int, share: float) -> None:
        self._tell(number, share, None)

    def _heard(self, number: int, part: Any) -> None:
        self._tell(number, None, part)

    def _tell(self, number: int, share: float | None, part: Any) -> None:
        if number in self._tasks:
            task = self._tasks[number]
            self._in_loop(task, task.tell, share, part)

    def _finish(self, number: int, result: Any) -> None:
        task = self._tasks.pop(number, None)
        if task is not None:
            self._in_loop(task, _settle, task.result, result)

    @staticmethod
    def _in_loop(task: "_Task[Item, Result]", call: Callable[..., None], *values: Any) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            task.result.get_loop().call_soon_threadsafe(call, *values)


def _settle(future: "asyncio.Future[Any]", result: Any) -> None:
    if future.done():
        return
    if isinstance(result, asyncio.CancelledError):
        future.cancel()
    elif isinstance(result, MoodcurveError | OSError):
        future.set_exception(result)
    else:
        future.set_result(result)
