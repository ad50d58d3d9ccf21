"""How many worker processes start, and how much memory each may use."""

import os

import pytest

from moodcurve.workers import default_workers, resources
from moodcurve.workers.job import MIN_MB, Limits
from moodcurve.workers.resources import memory_share_mb

GIB = 2**30


def have(monkeypatch: pytest.MonkeyPatch, *, processors: int, memory: int | None) -> None:
    monkeypatch.setattr(resources, "usable_processors", lambda: processors)
    monkeypatch.setattr(resources, "usable_memory", lambda: memory)


@pytest.mark.parametrize("memory", [64 * GIB, None])
def test_default_workers_are_one_per_core_and_one_for_a_few_songs(
    monkeypatch: pytest.MonkeyPatch, memory: int | None
) -> None:
    have(monkeypatch, processors=8, memory=memory)
    assert [default_workers(songs) for songs in (0, 1, 3, 4, 7, 100)] == [1, 1, 1, 4, 7, 8]


def test_the_number_of_cores_is_that_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "usable_memory", lambda: None)
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0}, raising=False)
    assert default_workers(100) == 1


def test_workers_fit_into_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    for memory, workers in ((GIB // 4, 1), (GIB, 1), (2 * GIB, 3), (4 * GIB, 7), (8 * GIB, 8)):
        have(monkeypatch, processors=8, memory=memory)
        assert default_workers(100) == workers
        share = memory_share_mb(workers)
        assert share is not None
        assert memory < GIB or workers * share * 2**20 <= memory  # the rest is this process's


def test_an_item_may_need_what_its_process_does_not_use() -> None:
    assert Limits(memory_mb=1024).allowed_mb(200) == 1024
    assert Limits(memory_mb=1024, share_mb=768).allowed_mb(200) == 568
    assert Limits(memory_mb=256, share_mb=768).allowed_mb(200) == 256
    assert Limits(memory_mb=1024, share_mb=300).allowed_mb(290) == MIN_MB
