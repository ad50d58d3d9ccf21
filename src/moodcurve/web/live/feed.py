"""What watchers of live sound get: rows, notices and the end, as server-sent events."""

import time
from collections.abc import AsyncIterator
from typing import Any

from fastapi.sse import format_sse_event

from moodcurve.live.follower import utc_text
from moodcurve.web.event_log import EventLog

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
    """Events of one source of live sound; the oldest are dropped. For use in an event loop only."""

    def __init__(self) -> None:
        self.log = EventLog(retry_ms=_RETRY_MS, ping_s=PING_S, ping=_PING, max_events=MAX_EVENTS)

    def add_row(self, row: dict[str, Any]) -> None:
        """Add a row, see `moodcurve.live.Row.to_dict`."""
        self.log.add("row", row)

    def add_notice(self, text: str) -> None:
        """Add something that watchers should know."""
        self.log.add("notice", {"clock": utc_text(time.time()), "text": text})

    def end(self, reason: str) -> None:
        """Tell watchers why no more events will come; a log that is closed without that lets browsers connect again."""
        if not self.log.ended:
            self.log.add("ended", {"clock": utc_text(time.time()), "text": reason})
            self.log.close()

    def stream(self, after: int | None) -> AsyncIterator[bytes]:
        """Yield the events after the one with this id as they come; without an id, the latest and those that follow."""
        return self.log.stream(max(0, self.log.last_id - NEW_EVENTS) if after is None else after)
