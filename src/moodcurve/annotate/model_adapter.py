"""Adapt a model to a study's ratings while its server runs: in a thread, one at a time, with progress for the page."""

import logging
import threading
from collections.abc import Callable
from typing import Any

from moodcurve.errors import MoodcurveError
from moodcurve.util.text import one_line

_log = logging.getLogger(__name__)

Progress = Callable[[int, int, str], None]
"""Receives the number of steps done, the number of all steps, and what is being done."""
Adapt = Callable[[str | None, str, Progress], list[str]]
"""Adapts a model to a rater, or to all with None, keeps it by a name, and returns lines about the result."""


class _StoppedError(Exception):
    """The server ends."""


class ModelAdapter:
    """Runs an adaptation, and tells how far it is.

    Parameters
    ----------
    adapt : callable
        Does the work; a MoodcurveError or OSError that it raises is shown.
    """

    def __init__(self, adapt: Adapt) -> None:
        self._adapt = adapt
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stopping = False
        self._state: dict[str, Any] = {"state": "idle", "lines": []}

    def as_dict(self) -> dict[str, Any]:
        """Return ``state``, which is ``idle``, ``running``, ``done`` or ``failed``, and ``lines`` of text about it."""
        with self._lock:
            return dict(self._state)

    def start(self, rater: str | None, name: str) -> bool:
        """Start to adapt a model, and keep it by a name; return False if one is being adapted already."""
        with self._lock:
            if self._state["state"] == "running" or self._stopping:
                return False
            self._state = {"state": "running", "lines": ["Starting"]}
            self._thread = threading.Thread(target=self._run, args=(rater, name), daemon=True)
        self._thread.start()
        return True

    def stop(self) -> None:
        """End a running adaptation, which then leaves no file."""
        self._stopping = True
        if self._thread is not None:
            self._thread.join(timeout=10)

    def _run(self, rater: str | None, name: str) -> None:
        try:
            lines, state = self._adapt(rater, name, self._progress), "done"
        except _StoppedError:
            lines, state = ["Stopped"], "failed"
        except (MoodcurveError, OSError) as error:
            lines, state = [one_line(str(error))], "failed"
        except Exception:  # else the page would wait for ever, and no other adaptation could start
            _log.exception("the adaptation of a model failed")
            lines, state = ["internal error; the log of the server has the details"], "failed"
        self._set(state, lines)

    def _progress(self, done: int, total: int, what: str) -> None:
        if self._stopping:
            raise _StoppedError
        self._set("running", [f"{what.capitalize()}: {done} of {total}"])

    def _set(self, state: str, lines: list[str]) -> None:
        with self._lock:
            self._state = {"state": state, "lines": lines}
