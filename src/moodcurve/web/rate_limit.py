"""Rate limit per client for expensive requests."""

import math
import time
from collections.abc import Callable

from moodcurve.web.errors import ProblemError

_MAX_CLIENTS = 1000
"""Number of clients above which those with a full bucket are dropped."""


class RateLimiter:
    """Token bucket per client: `burst` requests at once, refilled at `per_minute`.

    Parameters
    ----------
    per_minute, burst : int
    now : callable
        Monotonic clock in seconds.
    """

    def __init__(self, *, per_minute: int, burst: int, now: Callable[[], float] = time.monotonic) -> None:
        self._per_s = per_minute / 60
        self._burst = float(burst)
        self._now = now
        self._buckets: dict[str, tuple[float, float]] = {}
        """Remaining tokens of each client, and the time of that count. A missing client has a full bucket."""

    def take(self, client: str) -> None:
        """Count a request of a client.

        Raises
        ------
        ProblemError
            If the limit is exceeded.
        """
        now = self._now()
        tokens = self._refill(self._buckets.get(client, (self._burst, now)), now)
        if tokens < 1:
            wait_s = max(1, math.ceil((1 - tokens) / self._per_s))
            raise ProblemError(429, f"too many requests; try again in {wait_s} s", {"Retry-After": str(wait_s)})
        self._buckets[client] = (tokens - 1, now)
        if len(self._buckets) > _MAX_CLIENTS:
            self._buckets = {
                key: bucket for key, bucket in self._buckets.items() if self._refill(bucket, now) < self._burst
            }

    def _refill(self, bucket: tuple[float, float], now: float) -> float:
        tokens, then = bucket
        return min(self._burst, tokens + (now - then) * self._per_s)
