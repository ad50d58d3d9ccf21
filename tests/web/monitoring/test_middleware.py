"""Ids of requests."""

import asyncio
import itertools

from starlette.types import Message, Receive, Scope, Send

from moodcurve.web.monitoring.metrics import Metrics
from moodcurve.web.monitoring.middleware import HEADER, ReportMiddleware
from moodcurve.web.monitoring.reports import Reports

REQUESTS = 1000


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 204})


def test_ids_do_not_tell_how_many_requests_others_sent() -> None:
    app = ReportMiddleware(answer, Reports(Metrics(version="1", model="m")))
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        sent.append(message)

    async def requests() -> None:
        for _ in range(REQUESTS):
            scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "client": None}
            await app(scope, receive, send)

    asyncio.run(requests())
    ids = [int(dict(message["headers"])[HEADER], 16) for message in sent]
    assert all(len(dict(message["headers"])[HEADER]) == 16 for message in sent)
    assert len(set(ids)) == REQUESTS
    steps = [abs(after - before) for before, after in itertools.pairwise(ids)]
    assert min(steps) > 2**20  # of random ids, by chance less in one of 10**9 runs
