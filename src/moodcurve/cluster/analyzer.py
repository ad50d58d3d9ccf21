"""Fetch files and analyze them in worker processes, a few files ahead: what a shard's songs go through."""

import itertools
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from pathlib import Path, PurePosixPath

from moodcurve.cluster.fetch import FetchLimits, fetch
from moodcurve.cluster.job import Song, SongTask, reason_of
from moodcurve.cluster.manifest import Entry
from moodcurve.cluster.results import ModelVersion, Row, failed_row, song_row
from moodcurve.cluster.retries import StoreError, is_missing, start
from moodcurve.cluster.urls import local_path, scheme_of
from moodcurve.errors import MoodcurveError, SetupError
from moodcurve.library.scanning.selection import Selection
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

    def rows(self, entries: Sequence[Entry]) -> Iterator[Row]:
        """Yield the row of each entry, in order.

        Raises
        ------
        SetupError, ModelError, CrashError
            If no song can be analyzed here.
        StoreError
            If no file can be fetched, though they seem to exist.
        """
        waiting = deque(enumerate(entries))
        fetching: dict[Future[None], tuple[int, SongTask]] = {}
        analyzing: dict[int, tuple[int, SongTask]] = {}
        done: dict[int, Row] = {}
        unfetched = 0
        fetched = False

        def finish(index: int, task: SongTask, result: Song | Exception) -> None:
            entry = entries[index]
            if isinstance(result, Song):
                done[index] = song_row(entry, result)
            else:
                done[index] = failed_row(entry, reason_of(result, task), self._version)
            if task.is_copy:
                Path(task.path).unlink(missing_ok=True)

        try:
            for number in range(len(entries)):
                while number not in done:
                    self._check()
                    while waiting and len(fetching) + len(analyzing) < self._most:
                        index, entry = waiting.popleft()
                        task = self._task(entry)
                        if task.is_copy:
                            fetching[start(fetch(task.url, Path(task.path), self._limits))] = index, task
                        else:
                            analyzing[self._pool.add(task)] = index, task
                    for request in self._ended(fetching, idle=not analyzing):
                        index, task = fetching.pop(request)
                        error = request.exception()
                        if error is None:
                            fetched = True
                            analyzing[self._pool.add(task)] = index, task
                            continue
                        if isinstance(error, SetupError) or not isinstance(error, MoodcurveError | OSError):
                            raise error
                        unfetched += not is_missing(error)
                        if not fetched and unfetched >= _UNFETCHED:
                            raise StoreError(f"files cannot be fetched: {task.url}: {error}")
                        finish(index, task, error)
                    for item, result in self._pool.poll():
                        finish(*analyzing.pop(item), result)
                yield done.pop(number)
        finally:
            for request in fetching:
                request.cancel()

    def _task(self, entry: Entry) -> SongTask:
        if scheme_of(entry.url) is None:
            path = local_path(entry.url)
            return SongTask(path, path, self._selection)
        ending = PurePosixPath(entry.url.partition("?")[0]).suffix[:10]
        return SongTask(entry.url, str(self._folder / f"{next(self._copies)}{ending}"), self._selection)

    def _ended(self, fetching: dict[Future[None], tuple[int, SongTask]], *, idle: bool) -> list[Future[None]]:
        """Return the downloads that have ended; wait a moment for one if there is nothing else to wait for."""
        if idle and fetching:
            wait(fetching, timeout=POLL_S, return_when=FIRST_COMPLETED)
        return [request for request in fetching if request.done()]
