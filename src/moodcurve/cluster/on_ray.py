"""Run shards on a Ray cluster, a task each: Ray places them, and runs those of lost machines again.

Requires the extra ``ray``; this is the only module that imports it.
"""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from moodcurve.cluster.errors import ClusterError
from moodcurve.cluster.runner import MOST_LOST, RunSettings, ShardReport, run_shard
from moodcurve.cluster.shards import Shard
from moodcurve.util.machine import usable_processors
from moodcurve.util.optional import require
from moodcurve.util.text import one_line
from moodcurve.workers import CrashError
from moodcurve.workers.resources import PARENT_MB, WORKER_MB

require("ray", what="--on ray", extra="ray", error=ClusterError)

MAX_RETRIES = 20
"""How often a shard is run again, whose machine or process was lost or whose store failed."""
LEAST_RUNNING = 64
"""Tasks that are submitted at least, so that an autoscaler sees a demand; otherwise, two for each processor."""
_MB = 2**20
_OBJECT_STORE_MB = 100
"""Shared memory of a cluster on this machine: it holds the model, and shards that wait, of 100 kB each."""
_STARTS = 3
"""Attempts to start a cluster on this machine: Ray gives up after half a minute, which a busy machine exceeds."""
_WAIT_S = 0.5

RunShard = Callable[[Shard, RunSettings, bytes], ShardReport]


def run_on_ray(
    shards: Iterator[Shard],
    settings: RunSettings,
    model: bytes,
    check: Callable[[], None],
    *,
    address: str | None = None,
    workers: int | None = None,
    run: RunShard = run_shard,
) -> Iterator[ShardReport]:
    """Run shards as tasks of Ray, an `Engine`.

    At most two tasks for each processor of the cluster are submitted, or `LEAST_RUNNING`: the memory of this process
    does not grow with the catalogue.

    Parameters
    ----------
    shards, settings, model, check
        See `moodcurve.cluster.runner.Engine`.
    address : str, optional
        Address of a cluster; by default ``$RAY_ADDRESS``, else one is started on this machine for this call.
    workers : int, optional
        Tasks at the same time on this machine, if a cluster is started; by default one for each processor.
    run : callable
        What a task runs.

    Raises
    ------
    ClusterError
        If the cluster cannot be reached, or `MOST_LOST` shards in a row are lost.
    """
    with _connected(address or os.environ.get("RAY_ADDRESS"), workers) as ray:
        task = ray.remote(run).options(
            num_cpus=1,
            memory=(PARENT_MB + WORKER_MB) * _MB,
            max_retries=MAX_RETRIES,
            retry_exceptions=[OSError, CrashError],
        )
        model_ref = ray.put(model)
        running: dict[Any, Shard] = {}
        lost, more = 0, True
        while more or running:
            check()
            most = max(LEAST_RUNNING, 2 * int(ray.cluster_resources().get("CPU", 0)))
            while more and len(running) < most:
                shard = next(shards, None)
                more = shard is not None
                if shard is not None:
                    running[task.remote(shard, settings, model_ref)] = shard
            done = ray.wait(list(running), num_returns=1, timeout=_WAIT_S)[0] if running else ()
            for reference in done:
                report = _report(ray, reference, running.pop(reference))
                lost = lost + 1 if report.lost else 0
                yield report
                if lost == MOST_LOST:
                    raise ClusterError(f"{MOST_LOST} shards in a row could not be finished: {report.lost}")


def _report(ray: Any, reference: Any, shard: Shard) -> ShardReport:
    """Return the report of a task that has ended."""
    try:
        report: ShardReport = ray.get(reference)
    except ray.exceptions.RayError as error:
        cause = getattr(error, "cause", None)  # what the task raised
        reason = str(cause) if cause else f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
        return ShardReport(lost=one_line(f"{shard.name}: {reason}"))
    return report


@contextmanager
def _connected(address: str | None, workers: int | None) -> Iterator[Any]:
    """Connect to a cluster, or start one that listens on this machine alone; leave or end it afterwards.

    Yields the module. It is imported here, since it reads its environment then.
    """
    options: dict[str, Any] = {"logging_level": "warning", "log_to_driver": False}
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    if not address:
        # without it, Ray's processes listen on all interfaces; its name tells where that is the default
        os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"
        options |= {
            "num_cpus": workers or usable_processors(),
            "object_store_memory": _OBJECT_STORE_MB * _MB,
            "include_dashboard": False,
        }
    import ray

    handler = signal.getsignal(signal.SIGTERM)  # Ray sets its own
    for attempts_left in reversed(range(1 if address else _STARTS)):
        try:
            ray.init(address=address or "local", **options)
            break
        except Exception as error:  # it raises any, that class itself too
            ray.shutdown()
            if not attempts_left:
                place = address or "this machine"
                raise ClusterError(f"no Ray cluster at {place}: {one_line(str(error))[:200]}") from error
    signal.signal(signal.SIGTERM, handler)
    try:
        yield ray
    finally:
        ray.shutdown()
