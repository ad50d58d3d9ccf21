"""Tests of the store of batches: keys, results, restarts, and what is removed."""

import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from moodcurve.web import WebError
from moodcurve.web.batches import store as store_module
from moodcurve.web.batches.store import BatchStore, NewBatch, Source
from moodcurve.web.errors import ProblemError

SOURCES = [Source(song=3), Source(url="http://files.example/a.mp3"), Source(song=3)]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[BatchStore]:
    with closing(BatchStore(tmp_path / "batches.sqlite")) as opened:
        yield opened


def new(key: str | None = None, *, digest: bytes = b"a", webhook: str | None = None, songs: int = 3) -> NewBatch:
    return NewBatch(sources=SOURCES[:songs], client="192.0.2.1", digest=digest, key=key, webhook=webhook)


def finish_all(store: BatchStore, id: str, songs: int = 3, text: str = "{}") -> None:
    for number in range(songs):
        store.begin(id, number)
        store.finish(id, number, text)


def test_items_keep_their_order_and_their_results(store: BatchStore) -> None:
    batch, is_new = store.add(new())
    assert is_new
    assert store.begin(batch.id, 0) == SOURCES[0]
    assert store.finish(batch.id, 0, '{"curve": "ü"}') is None
    assert store.begin(batch.id, 1) == SOURCES[1]
    assert store.finish(batch.id, 1, ProblemError(404, "gone")) is None
    items = store.items(batch.id, first=0, limit=10)
    assert [item.source for item in items] == SOURCES
    assert [item.state for item in items] == ["done", "failed", "waiting"]
    assert items[1].problem == ProblemError(404, "gone").content()
    assert store.items(batch.id, first=2, limit=10) == items[2:]
    assert (store.curve(batch.id, 0), store.curve(batch.id, 1)) == ('{"curve": "ü"}', None)
    found = store.batch(batch.id)
    assert found is not None
    assert (found.counts, found.finished_at) == ({"waiting": 1, "running": 0, "done": 1, "failed": 1}, None)
    finished = store.finish(batch.id, 2, "{}")
    assert finished is not None
    assert finished.finished_at is not None


def test_a_key_gives_the_same_batch_again(store: BatchStore) -> None:
    first, _ = store.add(new("key"))
    again, is_new = store.add(new("key"))
    assert (again.id, is_new) == (first.id, False)
    with pytest.raises(ProblemError, match="Idempotency-Key"):
        store.add(new("key", digest=b"b"))
    assert store.add(new())[0].id != store.add(new())[0].id


def test_of_requests_at_the_same_time_with_one_key_one_is_new(store: BatchStore) -> None:
    found: list[tuple[str, bool]] = []

    def add() -> None:
        batch, is_new = store.add(new("key"))
        found.append((batch.id, is_new))

    threads = [threading.Thread(target=add) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id for id, _ in found}) == 1
    assert sum(is_new for _, is_new in found) == 1


def test_what_ran_waits_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "batches.sqlite"
    with closing(BatchStore(path)) as store:
        batch, _ = store.add(new(webhook="http://files.example/"))
        store.begin(batch.id, 0)
        store.finish(batch.id, 0, "{}")
        store.begin(batch.id, 1)
        done, _ = store.add(new(webhook="http://files.example/", songs=1))
        finish_all(store, done.id, 1)
    assert path.stat().st_mode & 0o077 == 0
    with closing(BatchStore(path)) as store:
        ((found, numbers),) = store.unfinished()
        assert (found.id, numbers) == (batch.id, [1, 2])
        assert [batch.id for batch in store.undelivered()] == [done.id]
        store.count_attempt(done.id, "delivered")
        assert store.undelivered() == []


def test_removed_batches_leave_nothing(store: BatchStore) -> None:
    batch, _ = store.add(new("key"))
    store.begin(batch.id, 0)
    store.remove(batch.id)
    assert store.batch(batch.id) is None
    assert store.begin(batch.id, 1) is None
    assert store.finish(batch.id, 0, "{}") is None
    assert store.items(batch.id, first=0, limit=10) == []
    assert store.add(new("key", digest=b"b"))[1]  # the key is free again


def test_old_and_large_results_are_removed(store: BatchStore, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting, _ = store.add(new())
    batches = [store.add(new())[0] for _ in range(3)]
    for batch in batches:
        finish_all(store, batch.id, text=f'"{time.time()}"')
    store.remove_old(3600)
    assert all(store.batch(batch.id) for batch in batches)
    monkeypatch.setattr(store_module, "MAX_RESULT_BYTES", 1500)  # a batch has about 400, and one waits
    store.remove_old(3600)
    assert [store.batch(batch.id) is None for batch in batches] == [True, False, False]
    time.sleep(0.01)
    store.remove_old(0)
    assert [store.batch(batch.id) is None for batch in batches] == [True, True, True]
    assert store.batch(waiting.id) is not None


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "batches.sqlite"
    path.write_text("no database " * 100)
    with pytest.raises(WebError, match="cannot keep batches"):
        BatchStore(path)
