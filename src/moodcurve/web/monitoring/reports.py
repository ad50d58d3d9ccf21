"""Report requests, songs and messages: to the metrics, and to the log."""

import logging
from typing import Literal

from starlette.types import Scope

from moodcurve.web.errors import ProblemError
from moodcurve.web.monitoring.metrics import Metrics
from moodcurve.web.rate_limit import client_of

_log = logging.getLogger(__name__)
_MAX_PATH = 200


class Reports:
    """Reports events. No report holds a token, a query string, a file name or the content of a file.

    Parameters
    ----------
    metrics : Metrics
    """

    def __init__(self, metrics: Metrics) -> None:
        self.metrics = metrics

    def request(self, scope: Scope, *, route: str, status: int | None, seconds: float, size: int) -> None:
        """Report a request; `status` is None if there was no response, `size` the bytes of its body."""
        method = scope["method"]
        self.metrics.count_request(method, route, status, seconds)
        if _log.isEnabledFor(logging.INFO):
            self._write(
                "request",
                method=method,
                path=scope["path"][:_MAX_PATH],
                route=route,
                status=status,
                seconds=round(seconds, 6),
                bytes=size,
                client=client_of(scope),
            )

    def song(
        self,
        source: Literal["upload", "song", "url"],
        *,
        problem: ProblemError | None,
        seconds: float,
        **about: str | int,
    ) -> None:
        """Report a song that was analyzed, or why it was not; `about` says which."""
        result = "done" if problem is None else "failed"
        self.metrics.count_song(source, result, seconds)
        reason = {} if problem is None else {"status": problem.status, "problem": problem.detail}
        self._write("song", source=source, result=result, seconds=round(seconds, 3), **about, **reason)

    def webhook(self, batch: str, *, delivered: bool, attempt: int, problem: ProblemError | None) -> None:
        """Report an attempt to send the message of a batch."""
        result = "delivered" if delivered else "failed"
        self.metrics.count_webhook(result)
        reason = {} if problem is None else {"problem": problem.detail}
        self._write("webhook", batch=batch, result=result, attempt=attempt, **reason)

    def error(self, error: BaseException) -> None:
        """Report a bug."""
        _log.error("internal error", exc_info=error)

    @staticmethod
    def _write(event: str, **fields: object) -> None:
        _log.info(event, extra={"fields": fields})
