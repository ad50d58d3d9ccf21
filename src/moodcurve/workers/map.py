"""Run one job on each of many items and return the results in the items' order."""

import sys
from collections.abc import Callable, Generator, Iterable, Sized
from contextlib import nullcontext
from typing import Any

from moodcurve.errors import MoodcurveError, SetupError
from moodcurve.workers.child import memory_limited
from moodcurve.workers.job import Item, Job, Limits, Result
from moodcurve.workers.pool import POLL_S, ItemProgress, LimitError, Pool, share
from moodcurve.workers.resources import default_workers

MAX_AHEAD = 16
"""Greatest number of items per process that are started before the result of an earlier item is returned."""


def run_each(
    make: Callable[[], Job[Item, Result]],
    items: Iterable[Item],
    *,
    workers: int | None = None,
    progress: ItemProgress | None = None,
    check: Callable[[], None] = lambda: None,
    limits: Limits | None = None,
    isolate: bool = False,
) -> Generator[Result | MoodcurveError | OSError, None, None]:
    """Run a job on each item; yield its result, or the MoodcurveError or OSError it raised, in the items' order.

    With one worker, everything runs in this process as results are requested; of `limits`, if given, only that of
    memory holds. With more, a
    `moodcurve.workers.Pool` runs the items: one that crashes its process or exceeds a limit does not affect the others.
    Closing the iterator, or an error, ends all processes.

    Parameters
    ----------
    make : callable
        Creates the job. With several workers it must be a module's function, or a `functools.partial` of one.
    items : iterable
        Items are taken as they are needed. With several workers they must be picklable, and while one item takes long,
        up to `MAX_AHEAD` per worker are taken after it.
    workers : int, optional
        Number of processes; `default_workers` if not given.
    progress : callable, optional
        See `ItemProgress`.
    check : callable, optional
        Called repeatedly; an error that it raises, such as KeyboardInterrupt, stops everything.
    limits : Limits, optional
        Limits of each item; `Limits()` if not given, or none with one worker.
    isolate : bool
        Use a process, and limits, even for one worker: for jobs that run what others wrote.

    Raises
    ------
    ValueError
        If `workers` is less than 1.
    SetupError
        If the job can do no item at all.
    """
    count = len(items) if isinstance(items, Sized) else sys.maxsize
    if workers is None:
        workers = default_workers(count)
    if workers < 1:
        raise ValueError(f"workers must be at least 1, got {workers}")
    progress = progress or _ignore
    if min(workers, count) <= 1 and not isolate:
        return _run_here(make, items, progress, check, limits)
    workers = max(1, min(workers, count))
    pool: Pool[Item, Result] = Pool(make, workers=workers, progress=progress, limits=limits)
    return _run_in_pool(pool, items, workers, check)


def _ignore(number: int, done: float) -> None:
    pass


def _run_here(
    make: Callable[[], Job[Item, Result]],
    items: Iterable[Item],
    progress: ItemProgress,
    check: Callable[[], None],
    limits: Limits | None,
) -> Generator[Result | MoodcurveError | OSError, None, None]:
    job: Job[Item, Result] | None = None
    for number, item in enumerate(items):
        job = job or make()
        check()
        progress(number, 0.0)

        def report(seconds: float, total: float | None, part: Any = None, number: int = number) -> None:
            check()
            progress(number, share(seconds, total))

        result: Result | MoodcurveError | OSError
        try:
            with nullcontext() if limits is None else memory_limited(limits.memory_mb):
                result = job(item, report)
        except SetupError:
            raise
        except MemoryError:
            if limits is None:
                raise
            result = LimitError(f"{item}: needs more than {limits.memory_mb} MB of memory")
        except (MoodcurveError, OSError) as error:
            result = error
        progress(number, 1.0)
        yield result


def _run_in_pool(
    pool: Pool[Item, Result], items: Iterable[Item], workers: int, check: Callable[[], None]
) -> Generator[Result | MoodcurveError | OSError, None, None]:
    source, end = iter(items), object()
    done: dict[int, Result | MoodcurveError | OSError] = {}
    added = returned = 0
    more = True
    with pool:
        while more or returned < added:
            check()
            feed = more and pool.waiting < workers and added - returned < MAX_AHEAD * workers
            if feed:
                item: Any = next(source, end)
                if item is end:
                    more = False
                else:
                    pool.add(item)
                    added += 1
            # no waiting while items are added, so that results do not wait for a slow iterator
            done.update(pool.poll(0.0 if feed else POLL_S))
            while returned in done:
                yield done.pop(returned)
                returned += 1
