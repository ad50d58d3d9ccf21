"""Run one job on many items in worker processes, with limits of time and memory for each item.

`map` returns results in the order of the items; `pool` returns them as they come and takes items at any time. `worker`
starts a process from the parent's side, `child` holds what runs inside it, `job` defines jobs and their limits, and
`resources` divides the machine among processes.
"""

from moodcurve.workers.child import memory_limited
from moodcurve.workers.job import FILE_LIMITS, Job, Limits, ProgressCallback, ProgressReporter
from moodcurve.workers.map import run_each
from moodcurve.workers.pool import CrashError, ItemProgress, LimitError, Pool
from moodcurve.workers.resources import default_workers

__all__ = [
    "FILE_LIMITS",
    "CrashError",
    "ItemProgress",
    "Job",
    "LimitError",
    "Limits",
    "Pool",
    "ProgressCallback",
    "ProgressReporter",
    "default_workers",
    "memory_limited",
    "run_each",
]
