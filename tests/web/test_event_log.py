"""Tests of logs of server-sent events, without a server."""

import asyncio
import json
from collections.abc import AsyncIterator

from moodcurve.web.event_log import EventLog


def made_log(*, ping_s: float = 60, max_events: int | None = None) -> EventLog:
    return EventLog(retry_ms=2000, ping_s=ping_s, max_events=max_events)


async def take(stream: AsyncIterator[bytes], count: int) -> list[bytes]:
    return [await anext(stream) for _ in range(count)]


async def ids(stream: AsyncIterator[bytes]) -> list[str]:
    """Return the ids of the events of a stream until its end; the first line is no event."""
    _, *texts = [text.decode() async for text in stream]
    return [text.split("\n")[2].removeprefix("id: ") for text in texts]


def test_a_stream_waits_for_events_and_ends_with_the_log() -> None:
    async def read() -> None:
        log = made_log()
        log.add("progress", {"share": 0})
        stream = log.stream(0)
        assert await take(stream, 2) == [b"retry: 2000\n\n", b'event: progress\ndata: {"share": 0}\nid: 1\n\n']
        waiting = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(0.01)
        assert not waiting.done()
        for share in range(1, 4):  # several before the client reads
            log.add("progress", {"share": share})
        log.add("done", {})
        log.close()
        texts = [await waiting, *[text async for text in stream]]
        assert [text.split(b"\n")[2] for text in texts] == [b"id: 2", b"id: 3", b"id: 4", b"id: 5"]

    asyncio.run(read())


def test_streams_resume_after_an_event() -> None:
    async def read() -> None:
        log = made_log()
        for number in range(3):
            log.add("row", {"number": number})
        log.close()
        assert await ids(log.stream(2)) == ["3"]
        assert await ids(log.stream(3)) == []
        assert await ids(log.stream(99)) == []  # an id of an earlier server

    asyncio.run(read())


def test_a_client_that_was_away_for_too_long_gets_the_events_that_are_kept() -> None:
    async def read() -> None:
        log = made_log(max_events=3)
        for number in range(10):
            log.add("row", {"number": number})
        stream = log.stream(0)
        _, first = await take(stream, 2)
        assert first.endswith(b"id: 8\n\n")
        for number in range(10, 20):  # dropped while the client reads the first
            log.add("row", {"number": number})
        log.close()
        rest = [text.split(b"\n")[2] async for text in stream]
        assert rest == [b"id: 9", b"id: 10", b"id: 18", b"id: 19", b"id: 20"]

    asyncio.run(read())


def test_a_quiet_stream_sends_keep_alive_comments() -> None:
    async def read() -> None:
        log = made_log(ping_s=0.01)
        stream = log.stream(0)
        _, *pings = await take(stream, 4)
        assert set(pings) == {b": ping\n\n"}  # a comment, which clients ignore
        log.add("done", {})
        log.close()
        assert [text async for text in stream][-1] == b"event: done\ndata: {}\nid: 1\n\n"

    asyncio.run(read())


def test_event_data_is_always_one_line() -> None:
    """A line break in the data would start another field, so a file name could forge events."""

    async def read() -> None:
        log = made_log()
        text = "two\nlines\r\n\r\nevent: done\ndata: {}\u2028\u2029\x85"
        log.add("failed", {"detail": text})
        _, encoded = await take(log.stream(0), 2)
        event = encoded.decode()
        assert event.count("\n") == 4
        assert "\r" not in event
        data = event.split("\n")[1].removeprefix("data: ")
        assert json.loads(data)["detail"] == text

    asyncio.run(read())
