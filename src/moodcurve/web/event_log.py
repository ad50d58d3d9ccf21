"""Logs of server-sent events: clients follow them as they occur, and resume after the last event that they got."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator
from itertools import islice
from typing import Any

from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event


class EventLog:
    """Server-sent events, whose ids count from 1. For use in an event loop only.

    Parameters
    ----------
    retry_ms : int
        Delay after which a browser reconnects.
    ping_s : float
        Interval between signs of life in a quiet stream.
    ping : bytes
        The sign of life: by default a comment, which pages cannot see.
    max_events : int, optional
        Events that are kept; by default all.

    Attributes
    ----------
    last_id : int
        Id of the latest event; 0 before the first.
    ended : bool
        Whether no more events will come.
    """

    def __init__(
        self, *, retry_ms: int, ping_s: float, ping: bytes = KEEPALIVE_COMMENT, max_events: int | None = None
    ) -> None:
        self.last_id = 0
        self.ended = False
        self._retry_ms = retry_ms
        self._ping_s = ping_s
        self._ping = ping
        self._events: deque[bytes] = deque(maxlen=max_events)
        self._changed = asyncio.Event()

    def add(self, event: str, data: dict[str, Any]) -> None:
        """Append an event."""
        self.last_id += 1
        text = json.dumps(data, ensure_ascii=False, allow_nan=False)
        self._events.append(format_sse_event(event=event, data_str=text, id=str(self.last_id)))
        waiting, self._changed = self._changed, asyncio.Event()
        waiting.set()

    def close(self) -> None:
        """End all streams after the events that there are."""
        self.ended = True
        self._changed.set()

    async def stream(self, after: int) -> AsyncIterator[bytes]:
        """Yield the events after the one with this id as they occur, until the log is closed."""
        yield format_sse_event(retry=self._retry_ms)
        last = min(after, self.last_id)
        while True:
            waiting, ended = self._changed, self.ended
            oldest = self.last_id - len(self._events)  # id of the event before the oldest that is kept
            last = max(last, oldest)
            for event in list(islice(self._events, last - oldest, None)):
                last += 1
                yield event
            if ended:
                return
            try:
                async with asyncio.timeout(self._ping_s):
                    await waiting.wait()
            except TimeoutError:
                yield self._ping
