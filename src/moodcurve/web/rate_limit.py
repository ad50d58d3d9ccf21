"""Rate limit per client for expensive requests and for guesses."""

import ipaddress
import math
import time
from collections.abc import Callable
from functools import lru_cache

from starlette.types import Scope

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

    def check(self, client: str) -> float:
        """Return how many requests a client may send at once.

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
        return tokens

    def take(self, client: str) -> None:
        """Count a request of a client.

        Raises
        ------
        ProblemError
            If the limit is exceeded.
        """
        tokens, now = self.check(client), self._now()
        self._buckets[client] = (tokens - 1, now)
        if len(self._buckets) > _MAX_CLIENTS:
            self._buckets = {
                key: bucket for key, bucket in self._buckets.items() if self._refill(bucket, now) < self._burst
            }

    def _refill(self, bucket: tuple[float, float], now: float) -> float:
        tokens, then = bucket
        return min(self._burst, tokens + (now - then) * self._per_s)


def client_of(scope: Scope) -> str:
    """Return the name under which the client of a request is counted."""
    return client_name((scope.get("client") or ("", 0))[0])


@lru_cache(maxsize=_MAX_CLIENTS)
def client_name(address: str) -> str:
    """Return the name under which a client with an IP address is counted.

    A network of IPv6 gives each of its machines as many addresses as it likes, so these count as one client.

    >>> client_name("192.0.2.7"), client_name("2001:db8:1:2:3:4:5:6"), client_name("::ffff:192.0.2.7")
    ('192.0.2.7', '2001:db8:1:2::/64', '192.0.2.7')
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((int(parsed), 64), strict=False))
