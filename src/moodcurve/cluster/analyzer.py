"""Fetch files and analyze them in worker processes, a few files ahead: what a shard's songs go through."""

import itertools
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from pathlib import Path, PurePosixPath

from moodcurve.cluster.errors import StoreError
from moodcurve.cluster.fetch import FetchLimits, fetch
from moodcurve.cluster.job import Song, SongTask, problem_of
from moodcurve.cluster.manifest import Entry
from moodcurve.cluster.results import ModelVersion, Row, failed_row, song_row
from moodcurve.cluster.retries import is_missing, start
from moodcurve.errors import MoodcurveError, SetupError
from moodcurve.library.scanning.selection import Selection
from moodcurve.util.text import text_path
from moodcurve.util.urls import scheme_of
from moodcurve.workers import Pool
from moodcurve.workers.pool import POLL_S

_AHEAD = 4
"""Files per process that are fetched or wait for one: what they take of the disk is limited."""
_UNFETCHED = 20
"""Files that cannot be fetched, before any can, after which the store counts as out of order, not the files."""


class Analyzer:
    """Worker processes and downloads that turn the songs of a catalogue into rows.

    Parameters
    ----------
    pool : Pool
        Processes with the job of `moodcurve.cluster.job.make_song_job`.
    workers : int
        Number of its processes.
    folder : Path
        Where files of stores are kept while they are analyzed.
    version : ModelVersion
    selection : Selection
    limits : FetchLimits
    check : callable
        Called several times a second.
    """

    def __init__(
        self,
        pool: Pool[SongTask, Song],
        workers: int,
        folder: Path,
        *,
        version: ModelVersion,
        selection: Selection,
        limits: FetchLimits,
        check: Callable[[], None],
    ) -> None:
        self._pool = pool
        self._most = _AHEAD * workers
        self._folder = folder
        self._version = version
        self._selection = selection
        self._limits = limits
        self._check = check
        self._copies = itertools.count()

    def rows(self, entries: Sequence[Entry]) -> Generator[Row]:
        """Yield the row of each entry, in order; an early end stops the work on the others.

        Raises
        ------
        SetupError, ModelError, CrashError
            If no song can be analyzed here.
        StoreError
            If no file can be fetched, though they seem to exist.
        """
        work = _Work(entries)
        try:
            for number in range(len(entries)):
                while number not in work.done:
                    self._check()
                    self._start(work)
                    self._take_fetched(work)
                    for item, result in self._pool.poll():
                        self._finish(work, *work.analyzing.pop(item), result)
                yield work.done.pop(number)
        finally:
            for request in work.fetching:
                request.cancel()
            if work.analyzing:
                self._pool.terminate()
            for _, task in (*work.fetching.values(), *work.analyzing.values()):
                if task.is_copy:
                    Path(task.path).unlink(missing_ok=True)

    def _start(self, work: "_Work") -> None:
        """Fetch or analyze further files, as many as may be on this machine."""
        while work.waiting and len(work.fetching) + len(work.analyzing) < self._most:
            index = work.waiting.popleft()
            task = self._task(work.entries[index])
            if task.is_copy:
                work.fetching[start(fetch(task.url, Path(task.path), self._limits))] = index, task
            else:
                work.analyzing[self._pool.add(task)] = index, task

    def _take_fetched(self, work: "_Work") -> None:
        """Analyze files that have come; wait a moment for one if there is nothing else to wait for."""
        if work.fetching and not work.analyzing:
            wait(work.fetching, timeout=POLL_S, return_when=FIRST_COMPLETED)
        for request in [request for request in work.fetching if request.done()]:
            index, task = work.fetching.pop(request)
            error = request.exception()
            if error is None:
                work.fetched = True
                work.analyzing[self._pool.add(task)] = index, task
                continue
            if isinstance(error, SetupError) or not isinstance(error, MoodcurveError | OSError):
                raise error
            work.unfetched += not is_missing(error)
            if not work.fetched and work.unfetched >= _UNFETCHED:
                raise StoreError(f"files cannot be fetched: {task.url}: {error}")
            self._finish(work, index, task, error)

    def _finish(self, work: "_Work", index: int, task: SongTask, result: Song | Exception) -> None:
        entry = work.entries[index]
        if isinstance(result, Song):
            work.done[index] = song_row(entry, result, self._selection)
        else:
            work.done[index] = failed_row(entry, problem_of(result, task), self._version, self._selection)
        if task.is_copy:
            Path(task.path).unlink(missing_ok=True)

    def _task(self, entry: Entry) -> SongTask:
        if scheme_of(entry.url) is None:
            path = text_path(entry.url)
            return SongTask(path, path, self._selection)
        ending = PurePosixPath(entry.url.partition("?")[0]).suffix[:10]
        return SongTask(entry.url, str(self._folder / f"{next(self._copies)}{ending}"), self._selection)


class _Work:
    """The entries of a shard, by their numbers, at the stages that they go through."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.entries = entries
        self.waiting = deque(range(len(entries)))
        self.fetching: dict[Future[None], tuple[int, SongTask]] = {}
        self.analyzing: dict[int, tuple[int, SongTask]] = {}
        """By the number of the item in the pool."""
        self.done: dict[int, Row] = {}
        self.fetched = False
        """Whether any file could be fetched."""
        self.unfetched = 0
        """Files that could not, although they may exist."""
