"""One job for many items, in several processes where there are several cores, each item within limits.

`each` gives results in the items' order, `pool` as they come, while items are still added; `hired` is a process as the
first one sees it, `process` what runs in it, and what it may take.
"""

from moodcurve.workers.child import FILE_LIMITS, Job, Limits, Progress, Report
from moodcurve.workers.map import run_each, sensible_workers
from moodcurve.workers.pool import CrashError, LimitError, Pool, Watch

__all__ = [
    "FILE_LIMITS",
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
