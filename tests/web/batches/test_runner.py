"""Tests of running batches, with an analysis that the tests control."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest

from moodcurve.web import WebError
from moodcurve.web.batches import notifier as notifier_module
from moodcurve.web.batches import runner as runner_module
from moodcurve.web.batches.fair_queue import FairQueue
from moodcurve.web.batches.notifier import Notifier
from moodcurve.web.batches.runner import Batches
from moodcurve.web.batches.store import Batch, BatchStore, NewBatch, Source, WebhookState
from moodcurve.web.errors import ProblemError
from moodcurve.web.monitoring.metrics import Metrics
from moodcurve.web.monitoring.reports import Reports
from moodcurve.web.outbound.hosts import AllowedHosts
from moodcurve.web.outbound.webhooks import WebhookSender
from tests.helpers.raw_server import fixed, raw_server

Analyze = Callable[[Source, str], Awaitable[str]]


@asynccontextmanager
async def running(folder: Path, analyze: Analyze, *hosts: str) -> AsyncIterator[Batches]:
    """Run batches with two slots."""
    with closing(BatchStore(folder / "batches.sqlite")) as store:
        allowed = AllowedHosts(hosts)
        sender = WebhookSender(allowed, own_port=1, key=b"k" * 32)
        reports = Reports(Metrics(version="1", model="m"))
        notifier = Notifier(store, sender, batch_url="{}", reports=reports)
        batches = Batches(store, analyze, allowed, notifier, slots=2, keep_s=60, reports=reports)
        try:
            yield batches
        finally:
            await batches.stop()


def run(folder: Path, analyze: Analyze, work: Callable[[Batches], Awaitable[Any]]) -> Any:
    """Run batches during some work, and return its result."""

    async def main() -> Any:
        async with running(folder, analyze) as batches:
            return await work(batches)

    return asyncio.run(main())


def songs(*ids: int, client: str = "a", webhook: str | None = None, key: str | None = None) -> NewBatch:
    return NewBatch(sources=[Source(song=id) for id in ids], client=client, webhook=webhook, key=key)


async def finished(batches: Batches, id: str) -> Batch:
    async with asyncio.timeout(10):
        while (batch := await batches.get(id)).finished_at is None:
            await asyncio.sleep(0.005)
    return batch


def test_each_song_is_analyzed_once_and_clients_take_turns(tmp_path: Path) -> None:
    order: list[int] = []

    async def analyze(source: Source, client: str) -> str:
        assert source.song is not None
        order.append(source.song)
        await asyncio.sleep(0.001)
        if source.song == 3:
            raise ProblemError(404, "gone")
        return f'"{source.song}"'

    async def work(batches: Batches) -> list[Batch]:
        sent = [await batches.submit(songs(*range(10))), await batches.submit(songs(100, 101, client="b"))]
        return [await finished(batches, batch.id) for batch in sent]

    first, second = run(tmp_path, analyze, work)
    assert Counter(order) == Counter([*range(10), 100, 101])
    assert order.index(101) < 8  # not after all of the other client's
    assert first.counts == {"waiting": 0, "running": 0, "done": 9, "failed": 1}
    assert second.counts["done"] == 2


def test_a_batch_that_comes_while_stored_ones_are_read_is_queued_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unfinished = BatchStore.unfinished

    def slow(store: BatchStore) -> list[tuple[Batch, list[int]]]:
        time.sleep(0.1)
        return unfinished(store)

    monkeypatch.setattr(BatchStore, "unfinished", slow)
    analyzed: list[Source] = []

    async def analyze(source: Source, client: str) -> str:
        analyzed.append(source)
        return '"done"'

    async def work(batches: Batches) -> None:
        sent = await asyncio.gather(batches.submit(songs(1, 2)), batches.submit(songs(3)))
        for batch in sent:
            await finished(batches, batch.id)
        while batches.running or batches.waiting:
            await asyncio.sleep(0.005)

    run(tmp_path, analyze, work)
    assert len(analyzed) == 3


def test_a_bug_fails_one_song_only(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def analyze(source: Source, client: str) -> str:
        if source.song == 0:
            raise RuntimeError("a bug")
        return '"done"'

    async def work(batches: Batches) -> Batch:
        return await finished(batches, (await batches.submit(songs(0, 1, 2))).id)

    batch = run(tmp_path, analyze, work)
    assert (batch.counts["done"], batch.counts["failed"]) == (2, 1)
    assert "a bug" in caplog.text


def test_a_full_disk_stops_no_other_batch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    finish = BatchStore.finish

    def full(store: BatchStore, id: str, number: int, result: str | ProblemError) -> Batch | None:
        if result == '"1"':
            with store._transaction() as db:
                db.execute("INSERT INTO no_such_table VALUES (1)")
        return finish(store, id, number, result)

    monkeypatch.setattr(BatchStore, "finish", full)

    async def analyze(source: Source, client: str) -> str:
        return f'"{source.song}"'

    async def work(batches: Batches) -> None:
        broken = await batches.submit(songs(1, 1, 1))
        assert (await finished(batches, (await batches.submit(songs(2, 2))).id)).counts["done"] == 2
        assert (await finished(batches, broken.id)).counts["failed"] == 3

    run(tmp_path, analyze, work)
    assert "cannot store the batch" in caplog.text


def test_a_removed_batch_is_canceled(tmp_path: Path) -> None:
    canceled: list[int] = []

    async def analyze(source: Source, client: str) -> str:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            canceled.append(source.song or 0)
            raise
        return ""

    async def work(batches: Batches) -> None:
        batch = await batches.submit(songs(1, 2, 3, 4))
        while batches.running < 2:
            await asyncio.sleep(0.005)
        await batches.remove(batch.id)
        while batches.running:
            await asyncio.sleep(0.005)
        assert batches.waiting == 0
        with pytest.raises(ProblemError, match="no such batch"):
            await batches.get(batch.id)
        assert batches._places._left == runner_module.MAX_WAITING  # all are given back

    run(tmp_path, analyze, work)
    assert sorted(canceled) == [1, 2]


def test_at_the_end_running_songs_finish_and_the_others_wait_for_the_next_server(tmp_path: Path) -> None:
    may_end = asyncio.Event()

    async def slow(source: Source, client: str) -> str:
        if source.song == 0:
            await may_end.wait()
        else:
            await asyncio.sleep(60)
        return '"first"'

    async def work(batches: Batches) -> str:
        batch = await batches.submit(songs(*range(5)))
        while batches.running < 2:
            await asyncio.sleep(0.005)
        may_end.set()
        await batches.finish(0.3)
        with pytest.raises(ProblemError, match="shutting down"):
            await batches.submit(songs(1))
        await batches.stop()
        (found,) = [await batches.get(batch.id)]
        assert found.counts == {"waiting": 4, "running": 0, "done": 1, "failed": 0}
        return batch.id

    id = run(tmp_path, slow, work)
    again: list[int | None] = []

    async def fast(source: Source, client: str) -> str:
        again.append(source.song)
        return '"second"'

    async def work_again(batches: Batches) -> list[str]:
        await batches.start()
        await finished(batches, id)
        return [await batches.curve(id, number) for number in range(5)]

    assert run(tmp_path, fast, work_again) == ['"first"', *['"second"'] * 4]
    assert sorted(again, key=str) == [1, 2, 3, 4]


def test_too_many_songs_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner_module, "MAX_WAITING", 10)

    async def analyze(source: Source, client: str) -> str:
        await asyncio.sleep(60)
        return ""

    async def work(batches: Batches) -> None:
        sent = await batches.submit(songs(*range(5), key="key"))
        for client, size in (("a", 1), ("b", 6)):
            with pytest.raises(ProblemError, match="try again later") as error:
                await batches.submit(songs(*range(size), client=client))
            assert error.value.status == 429
        await batches.submit(songs(*range(5), client="b"))
        with pytest.raises(ProblemError, match="try again later"):
            await batches.submit(songs(1, client="b", key="other"))
        assert (await batches.submit(songs(*range(5), key="key"))).id == sent.id  # a repeated request needs no place

    run(tmp_path, analyze, work)


@pytest.mark.parametrize(
    ("answers", "attempts", "state"),
    [
        ([b"500 Broken", b"204 No Content"], 2, "delivered"),
        ([b"410 Gone"], 1, "failed"),
        ([b"500 Broken"], 4, "failed"),
    ],
)
def test_a_message_is_sent_until_it_is_accepted_or_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answers: list[bytes], attempts: int, state: str
) -> None:
    monkeypatch.setattr(notifier_module, "RETRY_S", (0.01, 0.02, 0.04))

    async def analyze(source: Source, client: str) -> str:
        return '"done"'

    async def main() -> None:
        replies = [fixed(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n") for status in answers]
        async with (
            raw_server(*replies) as (port, requests),
            running(tmp_path, analyze, f"127.0.0.1:{port}") as batches,
        ):
            batch = await batches.submit(songs(1, 2, webhook=f"http://127.0.0.1:{port}/"))
            async with asyncio.timeout(10):
                while (found := await batches.get(batch.id)).webhook_state == "waiting":
                    await asyncio.sleep(0.005)
            assert (found.webhook_state, found.webhook_attempts) == (state, attempts)
            assert len(requests) == attempts

    asyncio.run(main())


def test_of_a_removed_batch_no_message_is_sent_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notifier_module, "RETRY_S", (0.01, 0.01))

    async def analyze(source: Source, client: str) -> str:
        return '"done"'

    async def main() -> None:
        removed = asyncio.Event()

        async def answer(request: bytes, writer: asyncio.StreamWriter) -> None:
            await removed.wait()  # so that the batch is gone before the next attempt, on a busy machine too
            writer.write(b"HTTP/1.1 500 Broken\r\nContent-Length: 0\r\n\r\n")

        async with (
            raw_server(answer) as (port, requests),
            running(tmp_path, analyze, f"127.0.0.1:{port}") as batches,
        ):
            batch = await batches.submit(songs(1, webhook=f"http://127.0.0.1:{port}/"))
            others = set(batches._tasks)
            async with asyncio.timeout(10):
                while not requests:
                    await asyncio.sleep(0.005)
                await batches.remove(batch.id)
                removed.set()
                while batches._tasks - others:
                    await asyncio.sleep(0.005)
            assert len(requests) == 1

    asyncio.run(main())


def test_a_full_disk_does_not_end_a_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notifier_module, "RETRY_S", (0.01,))
    monkeypatch.setattr(notifier_module, "_FULL_S", 0.01)
    count, full = BatchStore.count_attempt, iter([True, True, False, True])

    def count_attempt(store: BatchStore, id: str, state: WebhookState) -> None:
        if next(full, False):
            raise ProblemError(507, "cannot store the batch (database or disk is full)")
        count(store, id, state)

    monkeypatch.setattr(BatchStore, "count_attempt", count_attempt)

    async def analyze(source: Source, client: str) -> str:
        return '"done"'

    async def main() -> None:
        answers = [b"500 Broken", b"204 No Content"]
        replies = [fixed(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n") for status in answers]
        async with (
            raw_server(*replies) as (port, requests),
            running(tmp_path, analyze, f"127.0.0.1:{port}") as batches,
        ):
            batch = await batches.submit(songs(1, webhook=f"http://127.0.0.1:{port}/"))
            async with asyncio.timeout(10):
                while (found := await batches.get(batch.id)).webhook_state == "waiting":
                    await asyncio.sleep(0.005)
            assert (found.webhook_state, found.webhook_attempts, len(requests)) == ("delivered", 2, 2)

    asyncio.run(main())


def test_a_damaged_queue_is_told_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "batches.sqlite"
    with closing(BatchStore(path)) as store:
        store.add(songs(*range(1000)))
    data = path.read_bytes()
    path.write_bytes(data[:4096] + b"\xff" * (len(data) - 4096))

    async def analyze(source: Source, client: str) -> str:
        return ""

    with pytest.raises(WebError) as raised:
        run(tmp_path, analyze, lambda batches: batches.start())
    assert str(raised.value).startswith(f"{path}: cannot continue the stored batches: database disk image is malformed")
    assert "\n" not in str(raised.value)


def test_a_queue_serves_clients_in_turn() -> None:
    async def main() -> list[int]:
        queue: FairQueue[int] = FairQueue()
        for number in range(4):
            queue.put("a", number)
        queue.put("b", 10)
        assert queue.remove("a", lambda number: number == 1) == 1
        assert queue.remove("c", lambda number: True) == 0
        assert len(queue) == 4
        return [await queue.get() for _ in range(4)]

    assert asyncio.run(main()) == [0, 10, 2, 3]
