"""Tests of the raters' orders: random, balanced and repeatable."""

from collections import Counter
from itertools import pairwise

import pytest

from moodcurve.annotate.order import rater_order, williams_design, with_repeats


@pytest.mark.parametrize("n", [2, 3, 4, 5, 8, 9])
def test_each_treatment_is_equally_often_at_each_position_and_after_each_other(n: int) -> None:
    rows = williams_design(n)
    assert len(rows) == (n if n % 2 == 0 else 2 * n)
    assert {tuple(sorted(row)) for row in rows} == {tuple(range(n))}
    positions = Counter((i, song) for row in rows for i, song in enumerate(row))
    assert set(positions.values()) == {len(rows) // n}
    followed = Counter(pair for row in rows for pair in pairwise(row))
    assert len(followed) == n * (n - 1)
    assert set(followed.values()) == {len(rows) // n}


SONGS = ["a", "b", "c", "d", "e", "f"]


def orders(raters: int, *, count: int = 0, seed: int = 1) -> list[list[str]]:
    """Return the orders of raters who start one after the other."""
    given: Counter[str] = Counter()
    found = []
    for rater in range(raters):
        order = rater_order(SONGS, given, rater=rater, count=count, seed=seed)
        given.update(order)
        found.append(order)
    return found


def test_orders_are_balanced_repeatable_and_differ_with_the_seed() -> None:
    found = orders(12)
    assert {tuple(sorted(order)) for order in found} == {tuple(SONGS)}
    assert set(Counter((i, song) for order in found for i, song in enumerate(order)).values()) == {2}
    assert found == orders(12)
    assert found != orders(12, seed=2)
    assert found[:6] != found[6:]  # labels are drawn again


@pytest.mark.parametrize("count", [1, 2, 4, 5])
def test_songs_are_given_equally_often_if_each_rater_has_some(count: int) -> None:
    found = orders(18, count=count)
    assert {len(set(order)) for order in found} == {count}
    given = Counter(song for order in found for song in order)
    assert max(given.values()) - min(given.values()) <= 1
    assert len({tuple(order) for order in found}) > 2


def test_more_songs_than_there_are_and_repeats() -> None:
    assert sorted(rater_order(SONGS, {}, rater=0, count=99, seed=0)) == SONGS
    assert with_repeats(["a", "b", "c"], 2) == ["a", "b", "c", "a", "b"]
    assert rater_order(["a"], {}, rater=5, count=0, seed=0) == ["a"]
