"""Run batches: a few of their songs at a time, of the clients in turn."""

import asyncio
import contextvars
import sqlite3
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from contextlib import suppress
from functools import partial
from typing import NamedTuple

from moodcurve.util.text import one_line
from moodcurve.web import WebError
from moodcurve.web.batches.fair_queue import FairQueue
from moodcurve.web.batches.notifier import Notifier
from moodcurve.web.batches.store import Batch, BatchStore, Item, NewBatch, Source
from moodcurve.web.errors import ProblemError
from moodcurve.web.fair_share import FairShare
from moodcurve.web.jobs import shutting_down
from moodcurve.web.monitoring.reports import Reports
from moodcurve.web.outbound.hosts import AllowedHosts

MAX_WAITING = 20_000
"""Songs of all batches that are waiting or running; clients share them."""
_HOUSEKEEPING_S = 60.0


class _Entry(NamedTuple):
    """An item in the queue."""

    batch: Batch
    number: int


class Batches:
    """All batches of a server. Not thread-safe: for use in its event loop only.

    Parameters
    ----------
    store : BatchStore
    analyze : callable
        Returns the curve of a source as JSON for a client, or raises ProblemError.
    hosts : AllowedHosts
        From which songs may be downloaded.
    notifier : Notifier
    slots : int
        Songs that are downloaded or analyzed at the same time.
    keep_s : float
        Time for which a finished batch remains available.
    reports : Reports
    """

    def __init__(
        self,
        store: BatchStore,
        analyze: Callable[[Source, str], Awaitable[str]],
        hosts: AllowedHosts,
        notifier: Notifier,
        *,
        slots: int,
        keep_s: float,
        reports: Reports,
    ) -> None:
        self.store = store
        self.keep_s = keep_s
        self._analyze = analyze
        self._hosts = hosts
        self._notifier = notifier
        self._slots = slots
        self._reports = reports
        self._places = FairShare(MAX_WAITING)
        self._queue: FairQueue[_Entry] = FairQueue()
        self._running: dict[tuple[str, int], asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        """The slots, the housekeeping and the messages."""
        self._starting = asyncio.Lock()
        self._started = False
        self._stopping = False

    @property
    def waiting(self) -> int:
        """Number of songs that wait."""
        return len(self._queue)

    @property
    def running(self) -> int:
        """Number of songs that are downloaded or analyzed."""
        return len(self._running)

    async def start(self) -> None:
        """Continue with the batches in the store; without effect if it was called before.

        Raises
        ------
        WebError
            If the store is damaged, or the disk is full.
        """
        async with self._starting:  # a batch that came meanwhile would be found in the store and queued twice
            if self._started:
                return
            try:
                unfinished = await asyncio.to_thread(self.store.unfinished)
                undelivered = await asyncio.to_thread(self.store.undelivered)
            except (ProblemError, sqlite3.Error) as error:
                reason = one_line(str(error.__cause__ or error))
                raise WebError(
                    f"{self.store.path}: cannot continue the stored batches: {reason}; if the disk is not full, "
                    "choose another folder with --state"
                ) from error
            for batch, numbers in unfinished:
                self._places.restore(batch.client, len(numbers))
                self._enqueue(batch, numbers)
            for batch in undelivered:
                self._start_task(self._notifier.notify(batch))
            for _ in range(self._slots):
                self._start_task(self._run_slot())
            self._start_task(self._remove_old())
            self._started = True

    def check_urls(self, urls: Iterable[str]) -> None:
        """Check that songs may be downloaded from URLs.

        Raises
        ------
        ProblemError
            Which names the first that may not.
        """
        for number, url in enumerate(urls):
            try:
                self._hosts.check(url)
            except ProblemError as problem:
                raise ProblemError(problem.status, f"body.urls.{number}: {problem.detail}") from problem

    async def submit(self, new: NewBatch) -> Batch:
        """Add a batch, or return the one that was sent before with the same key.

        Raises
        ------
        ProblemError
            If too many songs are waiting, the key was used for another batch, its message cannot be sent, or the server
            is shutting down.
        """
        if self._stopping:
            raise shutting_down()
        if new.webhook is not None:
            self._notifier.check(new.webhook)
        await self.start()
        if (known := await asyncio.to_thread(self.store.known, new)) is not None:
            return known
        size = len(new.sources)
        if not self._places.take(new.client, size):
            raise ProblemError(429, "too many songs of batches are waiting; try again later", {"Retry-After": "60"})
        is_new = False
        try:
            batch, is_new = await asyncio.to_thread(self.store.add, new)
        finally:
            if not is_new:
                self._places.give_back(new.client, size)
        if is_new:
            self._enqueue(batch, range(size))
        return batch

    async def get(self, id: str) -> Batch:
        """Return a batch.

        Raises
        ------
        ProblemError
            If there is none.
        """
        batch = await asyncio.to_thread(self.store.batch, id)
        if batch is None:
            raise ProblemError(404, f"no such batch; it is available for {self.keep_s / 3600:g} h after its end")
        return batch

    async def curve(self, id: str, number: int) -> str:
        """Return the curve of an item as JSON.

        Raises
        ------
        ProblemError
            404 if there is no such item, 409 if it has no curve.
        """
        await self.get(id)
        items: list[Item] = await asyncio.to_thread(self.store.items, id, first=number, limit=1)
        if not items or items[0].number != number:
            raise ProblemError(404, f"the batch has no song of number {number}")
        curve = await asyncio.to_thread(self.store.curve, id, number)
        if curve is None:
            problem = items[0].problem
            reason = "is not analyzed yet" if problem is None else f"could not be analyzed: {problem['detail']}"
            raise ProblemError(409, f"the song {reason}")
        return curve

    async def remove(self, id: str) -> None:
        """Cancel and remove a batch.

        Raises
        ------
        ProblemError
            If there is none.
        """
        batch = await self.get(id)
        await asyncio.to_thread(self.store.remove, id)
        self._places.give_back(batch.client, self._queue.remove(batch.client, lambda entry: entry.batch.id == id))
        for (of, _), task in list(self._running.items()):
            if of == id:
                task.cancel()

    async def finish(self, seconds: float) -> None:
        """Start no more songs, and let those that run finish for some seconds; the others wait in the store again."""
        self._stopping = True
        for task in self._tasks:
            task.cancel()
        if self._running:
            await asyncio.wait(self._running.values(), timeout=seconds)

    async def stop(self) -> None:
        """Cancel all."""
        self._stopping = True
        tasks = [*self._tasks, *self._running.values()]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    def _enqueue(self, batch: Batch, numbers: Iterable[int]) -> None:
        for number in numbers:
            self._queue.put(batch.client, _Entry(batch, number))

    def _start_task(self, work: Coroutine[None, None, None]) -> None:
        # without the context of the request that started it, whose id the log would name
        task = asyncio.create_task(work, context=contextvars.Context())
        self._tasks.add(task)
        task.add_done_callback(self._task_ended)

    def _task_ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            self._reports.error(error)

    async def _run_slot(self) -> None:
        while True:
            entry = await self._queue.get()
            task = self._running[entry.batch.id, entry.number] = asyncio.create_task(self._run(entry))
            task.add_done_callback(partial(self._ended, entry))
            await asyncio.wait([task])
            if not task.cancelled() and (error := task.exception()):
                self._reports.error(error)
                with suppress(ProblemError):  # the disk is full: the song remains as it is until the next start
                    await self._store(entry, ProblemError(500, "internal server error; its log has the details"))

    def _ended(self, entry: _Entry, _: asyncio.Task[None]) -> None:
        del self._running[entry.batch.id, entry.number]
        self._places.give_back(entry.batch.client)

    async def _run(self, entry: _Entry) -> None:
        batch, number = entry
        began = time.monotonic()
        source = await asyncio.to_thread(self.store.begin, batch.id, number)
        if source is None:  # removed
            return
        result: str | ProblemError
        try:
            result = await self._analyze(source, f"{batch.client} batches")
        except ProblemError as problem:
            result = problem
        except asyncio.CancelledError:
            if self._stopping:
                self.store.requeue(batch.id, number)
            raise
        await self._store(entry, result)
        self._reports.song(
            "song" if source.url is None else "url",
            problem=result if isinstance(result, ProblemError) else None,
            seconds=time.monotonic() - began,
            request_id=batch.request,
            batch=batch.id,
            number=number,
        )

    async def _store(self, entry: _Entry, result: str | ProblemError) -> None:
        finished = await asyncio.to_thread(self.store.finish, entry.batch.id, entry.number, result)
        if finished is not None and finished.webhook is not None and not self._stopping:
            self._start_task(self._notifier.notify(finished))

    async def _remove_old(self) -> None:
        while True:
            with suppress(ProblemError):  # the disk is full
                await asyncio.to_thread(self.store.remove_old, self.keep_s)
            await asyncio.sleep(_HOUSEKEEPING_S)
