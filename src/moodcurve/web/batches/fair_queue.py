"""A queue for an event loop from which clients are served in turn."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

Entry = TypeVar("Entry")


class FairQueue(Generic[Entry]):
    """Entries of clients: each client's in their order, and the clients in turn."""

    def __init__(self) -> None:
        self._waiting: dict[str, deque[Entry]] = {}
        """In the order of the clients' next turns; no client without entries."""
        self._changed = asyncio.Event()

    def __len__(self) -> int:
        return sum(map(len, self._waiting.values()))

    def put(self, client: str, entry: Entry) -> None:
        """Add an entry of a client."""
        self._waiting.setdefault(client, deque()).append(entry)
        self._changed.set()

    async def get(self) -> Entry:
        """Wait for the next entry, and remove it."""
        while not self._waiting:
            self._changed.clear()
            await self._changed.wait()
        client = next(iter(self._waiting))
        entries = self._waiting.pop(client)
        entry = entries.popleft()
        if entries:
            self._waiting[client] = entries  # now the last of the clients
        return entry

    def remove(self, client: str, unwanted: Callable[[Entry], bool]) -> int:
        """Remove entries of a client; return how many."""
        entries = self._waiting.get(client, deque())
        kept = deque(entry for entry in entries if not unwanted(entry))
        if kept:
            self._waiting[client] = kept
        else:
            self._waiting.pop(client, None)
        return len(entries) - len(kept)
