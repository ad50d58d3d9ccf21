"""Tests of shares and turns of clients."""

import asyncio
from contextlib import suppress

import pytest

from moodcurve.web.errors import ProblemError
from moodcurve.web.fair_share import FairShare, Turns


def taken(share: FairShare, client: str, amount: int = 1) -> int:
    """Take as often as possible; return how often that was."""
    count = 0
    while share.take(client, amount):
        count += 1
    return count


def test_each_client_gets_half_of_what_is_left() -> None:
    share = FairShare(34)
    assert [taken(share, client) for client in "abcdefg"] == [17, 9, 4, 2, 1, 1, 0]
    for _ in range(17):
        share.give_back("a")
    assert taken(share, "h") == 9


def test_the_only_place_is_given() -> None:
    share = FairShare(1)
    assert (taken(share, "a"), taken(share, "b")) == (1, 0)


def test_amounts_are_shared_like_places() -> None:
    share = FairShare(100)
    assert not share.take("a", 101)
    assert taken(share, "a", 10) == 5
    assert taken(share, "b", 10) == 3
    assert taken(share, "c", 1) == 10


def test_a_share_is_given_back_also_after_an_error() -> None:
    share = FairShare(1)
    for error in (None, ValueError):
        with suppress(ValueError), share.hold("a", reason="full", wait_s=3):
            with pytest.raises(ProblemError, match="full; try again later") as refused:
                share.hold("b", reason="full", wait_s=3).__enter__()
            assert (refused.value.status, refused.value.headers) == (429, {"Retry-After": "3"})
            if error is not None:
                raise error
    assert share.take("b")


async def run_in_turn(turns: Turns, client: str, order: list[str]) -> None:
    async with turns.turn(client):
        order.append(client)
        await asyncio.sleep(0)


def test_clients_take_turns_however_many_wait() -> None:
    async def run() -> list[str]:
        turns, order = Turns(1), list[str]()
        async with asyncio.TaskGroup() as group:
            for client in "aaaaabbc":
                group.create_task(run_in_turn(turns, client, order))
        return order

    assert asyncio.run(run()) == list("aabcabaa")


def test_a_canceled_wait_loses_no_turn() -> None:
    async def run() -> list[str]:
        turns, order = Turns(1), list[str]()
        async with turns.turn("a"):
            waiting = asyncio.create_task(run_in_turn(turns, "b", order))
            given = asyncio.create_task(run_in_turn(turns, "c", order))
            await asyncio.sleep(0)
            waiting.cancel()
            await asyncio.sleep(0)
        given.cancel()  # just when it is given the turn
        await asyncio.wait([waiting, given])
        await asyncio.wait_for(run_in_turn(turns, "d", order), 5)
        return order

    assert asyncio.run(run()) == ["d"]
