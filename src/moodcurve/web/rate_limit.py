"""How often one client may ask for what is costly."""

import math
import time
from collections.abc import Callable

from moodcurve.web.errors import ProblemError


class Rate:
    """So many requests at once, and so many a minute after that, for each client (a token bucket).

    Parameters
    ----------
    per_minute, burst : int
    now : callable
        Seconds of a clock that does not go back.
    """

    def __init__(self, *, per_minute: int, burst: int, now: Callable[[], float] = time.monotonic) -> None:
        self._per_s = per_minute / 60
        self._burst = float(burst)
        self._now = now
        self._left: dict[str, tuple[float, float]] = {}
        """What each client has left, and when that was so; who has all left is not in it."""

    def take(self, client: str) -> None:
        """Count a request.

        Raises
        ------
        ProblemError
            If it is one too many.
        """
        now = self._now()
        left = self._after(self._left.get(client, (self._burst, now)), now)
        if left < 1:
            wait_s = max(1, math.ceil((1 - left) / self._per_s))
            raise ProblemError(429, f"too many requests; the next may come in {wait_s} s", {"Retry-After": str(wait_s)})
        self._left[client] = (left - 1, now)
        if len(self._left) > 1000:
            self._left = {key: was for key, was in self._left.items() if self._after(was, now) < self._burst}

    def _after(self, was: tuple[float, float], now: float) -> float:
        left, then = was
        return min(self._burst, left + (now - then) * self._per_s)
