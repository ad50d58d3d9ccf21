"""One job for each of many items, the results in the items' order."""

import os
from collections.abc import Callable, Generator, Sequence
from typing import Any

from moodcurve.errors import MoodcurveError
from moodcurve.workers.child import Item, Job, Limits, Result
from moodcurve.workers.pool import Pool, Watch, share


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
    limits: Limits | None = None,
) -> Generator[Result | MoodcurveError | OSError, None, None]:
    """Do one job for each item; give its result, or the error that a user can mend, in the order of the items.

    With one worker all is done in this process as the results are asked for, without limits. With more, it is a
    `moodcurve.workers.Pool`: an item that crashes its process or breaks a limit costs itself only. Once the iterator
    is closed, or an error leaves it, the processes are told to stop, and none is left.

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
    limits : Limits, optional
        What an item may take of a process of its own; `Limits()` if not given.

    Raises
    ------
    ValueError
        If `workers` is less than 1.
    """
    if workers < 1:
        raise ValueError(f"workers must be at least 1, got {workers}")
    if min(workers, len(items)) <= 1:
        return _alone(make, items, watch, check)
    pool: Pool[Item, Result] = Pool(make, workers=min(workers, len(items)), watch=watch, limits=limits)
    return _together(pool, items, check)


def _alone(
    make: Callable[[], Job[Item, Result]], items: Sequence[Item], watch: Watch, check: Callable[[], None]
) -> Generator[Result | MoodcurveError | OSError, None, None]:
    job = make() if items else None
    for number, item in enumerate(items):
        assert job is not None
        check()
        watch(number, 0.0)

        def report(seconds: float, total: float | None, part: Any = None, number: int = number) -> None:
            check()
            watch(number, share(seconds, total))

        result: Result | MoodcurveError | OSError
        try:
            result = job(item, report)
        except (MoodcurveError, OSError) as error:
            result = error
        watch(number, 1.0)
        yield result


def _together(
    pool: Pool[Item, Result], items: Sequence[Item], check: Callable[[], None]
) -> Generator[Result | MoodcurveError | OSError, None, None]:
    done: dict[int, Any] = {}
    with pool:
        for item in items:
            pool.add(item)
        for number in range(len(items)):
            while number not in done:
                check()
                done.update(pool.look())
            yield done.pop(number)
