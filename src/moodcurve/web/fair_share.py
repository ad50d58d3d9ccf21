"""Shares and turns of clients, so that none can keep the others out."""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from moodcurve.web.errors import ProblemError


class FairShare:
    """An amount, such as a number of connections, of which a client may hold at most as much as is left.

    So one client alone gets half, the next half of the rest, and so on (Choudhury and Hahne, IEEE/ACM Transactions on
    Networking 6, 1998: dynamic queue length thresholds). An only place is given to the first client.

    Parameters
    ----------
    total : int
    """

    def __init__(self, total: int) -> None:
        self._left = total
        self._held: Counter[str] = Counter()

    def take(self, client: str, amount: int = 1) -> bool:
        """Take an amount for a client; return False if that is more than it may hold."""
        if self._held[client] + amount > self._left:
            return False
        self._held[client] += amount
        self._left -= amount
        return True

    def restore(self, client: str, amount: int) -> None:
        """Count what a client took before a restart, even if that is more than it may hold now."""
        self._held[client] += amount
        self._left -= amount

    def give_back(self, client: str, amount: int = 1) -> None:
        """Return what was taken."""
        self._left += amount
        self._held[client] -= amount
        if not self._held[client]:
            del self._held[client]

    @contextmanager
    def hold(self, client: str, amount: int = 1, *, reason: str, wait_s: int) -> Iterator[None]:
        """Return a context that holds an amount.

        Raises
        ------
        ProblemError
            429 with the reason, and after how many seconds to try again, if the client may not hold that much.
        """
        if not self.take(client, amount):
            raise ProblemError(429, f"{reason}; try again later", {"Retry-After": str(wait_s)})
        try:
            yield
        finally:
            self.give_back(client, amount)


class Turns:
    """Places for work in an event loop; clients that wait get the next one in turn.

    Parameters
    ----------
    places : int
        Number of turns at the same time.
    """

    def __init__(self, places: int) -> None:
        self._free = places
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}
        """Waiting turns of each client, in the order of the clients' next turns."""

    @asynccontextmanager
    async def turn(self, client: str) -> AsyncIterator[None]:
        """Wait for a turn of a client, and hold it."""
        if self._free:
            self._free -= 1
        else:
            await self._wait(client)
        try:
            yield
        finally:
            self._pass_on()

    async def _wait(self, client: str) -> None:
        turn = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(client, deque()).append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # it was given the turn just before
                self._pass_on()
            raise

    def _pass_on(self) -> None:
        """Give a turn that ended to the next client."""
        while self._waiting:
            client = next(iter(self._waiting))
            turns = self._waiting.pop(client)
            turn = turns.popleft()
            if turns:
                self._waiting[client] = turns  # now the last of the clients
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1
