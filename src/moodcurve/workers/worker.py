"""Start worker processes and describe how they ended."""

import os
import pickle  # nosec B403 # pickles the command's own job, and reads none
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moodcurve.errors import MoodcurveError
from moodcurve.workers.child import work
from moodcurve.workers.job import Job, Limits

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

_starting = threading.Lock()


@dataclass(eq=False)
class Worker:
    """A worker process, the pipe to it, and its state.

    Attributes
    ----------
    process, pipe
    ready : bool
        Whether its job is made.
    number : int or None
        Number of the item it runs; None while it makes its job, or is idle.
    claimed_s : float or None
        Seconds that the item's audio claims to last.
    stalled_s, spent_s : float
        Seconds since its last message, and since it got the item.
    """

    process: "BaseProcess"
    pipe: "Connection[Any, Any]"
    ready: bool = False
    number: int | None = None
    claimed_s: float | None = None
    stalled_s: float = 0.0
    spent_s: float = 0.0


def start_worker(make: Callable[[], Job[Any, Any]], limits: Limits) -> Worker:
    """Start a process that makes a job and runs items, see `moodcurve.workers.child.work`.

    Raises
    ------
    MoodcurveError
        If this process may not start others, as one of `multiprocessing.Pool` may not.
    """
    import multiprocessing

    if multiprocessing.current_process().daemon:
        raise MoodcurveError("worker processes cannot be started from a daemonic process; use workers=1 there")
    # not fork: the progress bar, the decoders, LLVM and ONNX Runtime may have threads
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=work, args=(make, limits, theirs), daemon=True)
    needs_main = b"__main__" in pickle.dumps(make)
    with _starting, _safe_path(), _no_interrupts(), _main_module(hidden=not needs_main):
        process.start()
    theirs.close()
    return Worker(process, ours)


def was_killed(exit_code: int) -> bool:
    """Return True if an exit code means that something else ended the process, perhaps together with this one."""
    return exit_code < 0 and -exit_code in [getattr(signal, name, 0) for name in ("SIGKILL", "SIGTERM", "SIGHUP")]


def describe_exit(exit_code: int) -> str:
    """Describe an exit code in words."""
    if exit_code >= 0:
        return f"ended with exit code {exit_code}"
    if -exit_code == getattr(signal, "SIGALRM", 0):
        return "took too long to get ready"
    possibly = ", possibly out of memory" if -exit_code == getattr(signal, "SIGKILL", 0) else ""
    return f"crashed (signal {-exit_code}{possibly})"


@contextmanager
def _main_module(*, hidden: bool) -> Iterator[None]:
    """Start processes that do not import the caller's script, which would run it again without a main guard.

    multiprocessing imports the main module that these two attributes name; a job that is not defined there does not
    need it. A script from standard input could not be imported at all.
    """
    main = sys.modules["__main__"]
    names = ("__spec__", "__file__") if hidden else ()
    values = {name: vars(main)[name] for name in names if name in vars(main)}
    try:
        for name in values:
            setattr(main, name, None)
        yield
    finally:
        for name, value in values.items():
            setattr(main, name, value)


@contextmanager
def _safe_path() -> Iterator[None]:
    """Start processes without the working folder on their path, which may be a folder of music that also holds code.

    They are started as ``python -c``, which would import from there before it gets this process's path. The resource
    tracker is one of them, so this goes around its start too.
    """
    before = os.environ.get("PYTHONSAFEPATH")
    os.environ["PYTHONSAFEPATH"] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ["PYTHONSAFEPATH"]
        else:
            os.environ["PYTHONSAFEPATH"] = before


@contextmanager
def _no_interrupts() -> Iterator[None]:
    """Start processes that Ctrl-C does not reach: this process ends them."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    from multiprocessing import resource_tracker

    resource_tracker.ensure_running()  # which unblocks interrupts when it starts
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
