"""Logs on standard error, by Python's own logging: one JSON object per line, or warnings and errors as messages."""

import json
import logging
import queue
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

REQUEST_ID: ContextVar[str] = ContextVar("REQUEST_ID", default="")
"""Id of the request that the current task belongs to."""
MAX_WAITING_LINES = 10_000
"""Lines that wait for a slow reader of the log; further ones are dropped and counted."""
_CLOSE_S = 1.0


class JsonFormatter(logging.Formatter):
    """Formats a record as one line: time, level, event, id of the request, and the record's `fields`."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line without its end."""
        seconds, milliseconds = divmod(int(record.created * 1000), 1000)
        data: dict[str, Any] = {
            "time": f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds))}.{milliseconds:03d}Z",
            "level": record.levelname.lower(),
            "event": record.getMessage(),
        }
        if request_id := REQUEST_ID.get():
            data["request_id"] = request_id
        data.update(getattr(record, "fields", {}))
        if record.exc_info:
            data["exception"] = self.formatException(record.exc_info)
        return json.dumps(data, default=str)


class LineWriter(logging.Handler):
    """Writes lines to standard error in a thread, so that a slow reader of the log does not stop the server."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: queue.Queue[str | None] = queue.Queue(MAX_WAITING_LINES)
        self._dropped = 0
        self._thread = threading.Thread(target=self._write, name="log", daemon=True)
        self._thread.start()

    def emit(self, record: logging.LogRecord) -> None:
        """Add the line of a record to those to be written."""
        try:
            self._lines.put_nowait(self.format(record))
        except queue.Full:
            self._dropped += 1

    def close(self) -> None:
        """Write what waits, unless the reader is too slow."""
        try:
            self._lines.put(None, timeout=_CLOSE_S)
            self._thread.join(_CLOSE_S)
        except queue.Full:
            pass
        super().close()

    def _write(self) -> None:
        while (line := self._lines.get()) is not None:
            if self._dropped:
                dropped, self._dropped = self._dropped, 0
                line += "\n" + json.dumps({"level": "warning", "event": "lines dropped", "count": dropped})
            print(line, file=sys.stderr, flush=True)


@contextmanager
def json_log() -> Iterator[None]:
    """Return a context in which all loggers write JSON lines: moodcurve's from information on, others warnings."""
    root, own = logging.getLogger(), logging.getLogger("moodcurve")
    handler, level = LineWriter(), own.level
    handler.setFormatter(JsonFormatter())
    root.addHandler(handler)
    own.setLevel(logging.INFO)
    try:
        yield
    finally:
        own.setLevel(level)
        root.removeHandler(handler)
        handler.close()


@contextmanager
def plain_log() -> Iterator[None]:
    """Return a context in which moodcurve's loggers write warnings and errors to standard error, as its messages."""
    own, handler = logging.getLogger("moodcurve"), logging.StreamHandler()
    level = own.level
    handler.setLevel(logging.WARNING)
    handler.setFormatter(logging.Formatter("moodcurve: %(message)s"))
    own.addHandler(handler)
    own.setLevel(min(own.getEffectiveLevel(), logging.WARNING))  # whatever the rest of the process logs
    try:
        yield
    finally:
        own.setLevel(level)
        own.removeHandler(handler)
