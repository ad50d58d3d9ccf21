"""One job for many items, in several processes where there are several cores, each item within limits.

`each` gives results in the items' order, `pool` as they come, while items are still added; `process` is what runs in
a process of its own, and what it may take.
"""

from moodcurve.workers.each import run_each, sensible_workers
from moodcurve.workers.pool import CrashError, LimitError, Pool, Watch
from moodcurve.workers.process import Job, Limits, Progress, Report

__all__ = [
    "CrashError",
    "Job",
    "LimitError",
    "Limits",
    "Pool",
    "Progress",
    "Report",
    "Watch",
    "run_each",
    "sensible_workers",
]
