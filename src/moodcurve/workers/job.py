"""Define the job that worker processes run on items: its progress reports, and the limits of each item."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

ProgressCallback = Callable[[float, float | None], None]
"""Called with the seconds of audio read so far, and the length in seconds that the file claims, or None."""


class ProgressReporter(Protocol):
    """A `ProgressCallback` that also takes parts of the result, for callers that want them early."""

    def __call__(self, seconds: float, total: float | None, part: Any = None, /) -> None:
        """Report how much of the item is done."""


Job = Callable[[Item, ProgressReporter], Result]


MIN_MB = 128
"""MiB of memory that an item is always allowed."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Limits of one item in a worker process.

    Attributes
    ----------
    stall_s : float
        Seconds without a progress report after which an item counts as hung.
    min_s, max_s : float
        An item may take as many seconds as its audio claims to last: hundreds of times what it needs. A claim can be
        wrong, so the limit is at least `min_s` and at most `max_s`.
    memory_mb : int
        MiB of memory beyond what the process uses before its first item; enforced on Linux only (RLIMIT_DATA).
    share_mb : int or None
        MiB of memory that the whole process may use, its share of the machine's or container's: an item that needs more
        fails alone, before the system ends processes. None is no such limit. At least `MIN_MB` is left for an item.
    """

    stall_s: float = 300.0
    min_s: float = 600.0
    max_s: float = 36_000.0
    memory_mb: int = 1024
    share_mb: int | None = None

    def allowed_mb(self, used_mb: float) -> int:
        """Return the MiB of memory that an item may need in a process that uses this much already."""
        share = self.memory_mb if self.share_mb is None else max(MIN_MB, int(self.share_mb - used_mb))
        return min(self.memory_mb, share)

    def exceeded(self, stalled_s: float, spent_s: float, claimed_s: float | None) -> str | None:
        """Describe the time limit that an item exceeds, or return None."""
        if stalled_s > self.stall_s:
            return f"no progress for {self.stall_s:g} s"
        allowed_s = min(max(self.min_s, claimed_s or 0.0), self.max_s)
        return f"not done after {allowed_s:g} s" if spent_s > allowed_s else None


FILE_LIMITS = Limits(stall_s=60.0)
"""Limits for the analysis of one file in a scan or a web server."""
