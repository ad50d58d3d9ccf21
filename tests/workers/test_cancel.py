"""Canceled items, terminated pools, and parts of results."""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from moodcurve.workers import Job, Pool, ProgressReporter
from tests.workers.test_pool import ignore, none_is_left, squares

pytestmark = pytest.mark.slow


def halves() -> Job[str, str]:
    """Return a job that reports a word in two parts, then returns it."""

    def job(item: str, report: ProgressReporter) -> str:
        report(1.0, 2.0, item[: len(item) // 2])
        report(2.0, 2.0)
        report(2.0, 2.0, item[len(item) // 2 :])
        return item

    return job


def test_parts_arrive_before_the_result_with_the_number_of_their_item() -> None:
    received: list[tuple[int, str]] = []
    found: dict[int, object] = {}
    with Pool(halves, workers=1, progress=ignore, on_part=lambda number, part: received.append((number, part))) as pool:
        for item in ("curve", "mood"):
            pool.add(item)
        while pool.unfinished:
            found.update(pool.poll())
    assert received == [(0, "cu"), (0, "rve"), (1, "mo"), (1, "od")]
    assert found == {0: "curve", 1: "mood"}


def test_parts_are_dropped_without_a_callback() -> None:
    with Pool(halves, workers=1, progress=ignore) as pool:
        pool.add("mood")
        while not (found := pool.poll()):
            pass
    assert found == [(0, "mood")]


def begun(folder: Path, pool: Pool[str, tuple[int, int]]) -> None:
    """Wait until a process has started an item."""
    until(lambda: pool.poll() == [] and any(folder.iterdir()))


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline


@pytest.mark.parametrize("item", ["hung", "endless"])
def test_canceling_an_item_kills_its_process_and_the_next_item_runs(tmp_path: Path, item: str) -> None:
    with Pool(partial(squares, tmp_path), workers=1, progress=ignore) as pool:
        dropped, waiting, wanted = pool.add(item), pool.add("5"), pool.add("6")
        begun(tmp_path, pool)
        pool.cancel(dropped)
        pool.cancel(waiting)
        assert pool.unfinished == 1
        found = {}
        while pool.unfinished:
            found.update(pool.poll())
    assert {number: value[0] for number, value in found.items()} == {wanted: 36}
    assert none_is_left(tmp_path)


def test_canceling_a_finished_or_unknown_item_does_nothing(tmp_path: Path) -> None:
    with Pool(partial(squares, tmp_path), workers=1, progress=ignore) as pool:
        number = pool.add("3")
        while not (found := pool.poll()):
            pass
        pool.cancel(number)
        pool.cancel(99)
        assert found[0][1][0] == 9


def test_terminate_ends_a_pool_without_waiting(tmp_path: Path) -> None:
    with Pool(partial(squares, tmp_path), workers=1, progress=ignore) as pool:
        pool.add("silent")  # for an hour
        pool.add("5")
        begun(tmp_path, pool)
        pool.terminate()
        assert pool.unfinished == 0
        assert pool.poll() == []
    assert none_is_left(tmp_path)
