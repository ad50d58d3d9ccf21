"""What watchers of live sound get: rows, notices and the end, as server-sent events."""

import asyncio
import json
import time
from collections import deque
from collections.abc import AsyncIterator
from itertools import islice
from typing import Any

from fastapi.sse import format_sse_event

from moodcurve.live.follower import utc_text

MAX_EVENTS = 7200
"""Events that are kept for watchers that connect again: an hour of rows."""
NEW_EVENTS = 1200
"""Of these, a new watcher gets the last ten minutes."""
PING_S = 5.0
"""Interval between signs of life. They are events, as a page cannot see comments."""
_RETRY_MS = 1000
"""Delay after which a browser reconnects."""
_PING = format_sse_event(event="ping", data_str="{}")


class Feed:
    """Events of one source of live sound; the oldest are dropped. For use in an event loop only.

    Attributes
    ----------
    ended : bool
        Whether no more events will come.
    """

    def __init__(self) -> None:
        self.ended = False
        self._events: deque[bytes] = deque(maxlen=MAX_EVENTS)
        self._count = 0  # also the id of the last event
        self._changed = asyncio.Event()

    def add_row(self, row: dict[str, Any]) -> None:
        """Add a row, see `moodcurve.live.Row.to_dict`."""
        self._add("row", row)

    def add_notice(self, text: str) -> None:
        """Add something that watchers should know."""
        self._add("notice", {"clock": utc_text(time.time()), "text": text})

    def end(self, reason: str) -> None:
        """Tell watchers why no more events will come."""
        if not self.ended:
            self._add("ended", {"clock": utc_text(time.time()), "text": reason})
            self.close()

    def close(self) -> None:
        """End all streams without an event, so that browsers connect again."""
        self.ended = True
        self._changed.set()

    async def stream(self, after: int | None) -> AsyncIterator[bytes]:
        """Yield the events after the one with this id as they come; without an id, the latest and those that follow."""
        yield format_sse_event(retry=_RETRY_MS)
        last = max(0, self._count - NEW_EVENTS) if after is None else min(after, self._count)
        while True:
            waiting, ended = self._changed, self.ended
            oldest = self._count - len(self._events)  # id of the event before the oldest that is kept
            last = max(last, oldest)
            for event in list(islice(self._events, last - oldest, None)):
                last += 1
                yield event
            if ended:
                return
            try:
                async with asyncio.timeout(PING_S):
                    await waiting.wait()
            except TimeoutError:
                yield _PING

    def _add(self, event: str, data: dict[str, Any]) -> None:
        self._count += 1
        text = json.dumps(data, ensure_ascii=False, allow_nan=False)
        self._events.append(format_sse_event(event=event, data_str=text, id=str(self._count)))
        waiting, self._changed = self._changed, asyncio.Event()
        waiting.set()
