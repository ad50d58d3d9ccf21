"""A worker process as the first process sees it: how it is started, what it does, and of what it ended."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moodcurve.workers.child import Job, Limits, work

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess


@dataclass(eq=False)
class Worker:
    """A process, the pipe to it, and what it does.

    Attributes
    ----------
    process, pipe
    ready : bool
        Whether its job is made.
    number : int or None
        Of the item that it works on; None while it makes its job, or has nothing to do.
    claimed_s : float or None
        Seconds that the item's sound claims to last.
    silent_s, spent_s : float
        Seconds since it last said something, and since it was given the item.
    """

    process: "BaseProcess"
    pipe: "Connection[Any, Any]"
    ready: bool = False
    number: int | None = None
    claimed_s: float | None = None
    silent_s: float = 0.0
    spent_s: float = 0.0


def hire(make: Callable[[], Job[Any, Any]], limits: Limits) -> Worker:
    """Start a process that makes a job and takes items, see `moodcurve.workers.child.work`."""
    import multiprocessing

    # not fork: the progress bar has a thread, and so may have the decoders, LLVM and ONNX Runtime
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=work, args=(make, limits, theirs), daemon=True)
    with _no_interrupts():
        process.start()
    theirs.close()
    return Worker(process, ours)


def was_killed(exit_code: int) -> bool:
    """Tell whether a process was ended from outside, without a chance to say anything."""
    return exit_code < 0 and -exit_code == getattr(signal, "SIGKILL", 0)


def cause_of_death(exit_code: int) -> str:
    """Say of what a process ended, after its name."""
    if exit_code >= 0:
        return f"ended with exit code {exit_code}"
    return f"crashed (signal {-exit_code}{'; out of memory, perhaps' if was_killed(exit_code) else ''})"


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
