"""Send the message at the end of a batch, again and again, until it is accepted or given up."""

import asyncio

from moodcurve.web.batches.store import Batch, BatchStore, WebhookState
from moodcurve.web.errors import ProblemError
from moodcurve.web.monitoring.reports import Reports
from moodcurve.web.outbound.webhooks import RETRY_S, WebhookSender

_SENDING = 4
"""Messages that are sent at the same time."""
_FULL_S = 60.0
"""Seconds until an attempt is stored again, if the disk is full."""


class Notifier:
    """Sends messages of finished batches. For use in an event loop only.

    Parameters
    ----------
    store : BatchStore
    webhooks : WebhookSender
    batch_url : str
        URL of a batch, with ``{}`` for the id.
    reports : Reports
    """

    def __init__(self, store: BatchStore, webhooks: WebhookSender, *, batch_url: str, reports: Reports) -> None:
        self._store = store
        self._webhooks = webhooks
        self._batch_url = batch_url
        self._reports = reports
        self._sending = asyncio.Semaphore(_SENDING)

    def check(self, url: str) -> None:
        """Check that messages can be sent to a URL; raises ProblemError."""
        self._webhooks.check(url)

    async def notify(self, batch: Batch) -> None:
        """Send the message of a finished batch, until it is accepted or given up."""
        assert batch.webhook is not None  # nosec B101 # narrows the type for mypy
        attempts = batch.webhook_attempts
        data = {"batch": batch.id, "url": self._batch_url.format(batch.id), "counts": batch.counts}
        while True:
            if attempts:
                await asyncio.sleep(RETRY_S[min(attempts, len(RETRY_S)) - 1])
            attempts += 1
            problem = None
            try:
                async with self._sending:
                    if await asyncio.to_thread(self._store.batch, batch.id) is None:  # removed
                        return
                    accepted = await self._webhooks.send(batch.webhook, batch.id, "batch.finished", data)
            except ProblemError as error:
                problem, accepted = error, False
            given_up = problem is None or problem.status == 403 or attempts > len(RETRY_S)
            state: WebhookState = "delivered" if accepted else "failed" if given_up else "waiting"
            self._reports.webhook(batch.id, delivered=accepted, attempt=attempts, problem=problem)
            await self._count_attempt(batch.id, state)
            if state != "waiting":
                return

    async def _count_attempt(self, id: str, state: WebhookState) -> None:
        while True:
            try:
                return await asyncio.to_thread(self._store.count_attempt, id, state)
            except ProblemError:  # the disk is full
                await asyncio.sleep(_FULL_S)
