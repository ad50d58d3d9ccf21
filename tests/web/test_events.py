"""Server-sent events: their form and order, and listeners that come late, leave, are slow, or come again."""

import asyncio
import io
import json
import socket
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any

import numpy as np
import pytest
import soundfile

from moodcurve.web import jobs
from moodcurve.web.errors import ProblemError
from moodcurve.web.jobs import Job
from tests.helpers.web_client import ask, events, send
from tests.helpers.web_server import Server, eventually

LONG_S = 600


@pytest.fixture(scope="module")
def long_song() -> bytes:
    """Ten minutes of a tone: a second or so of work, with some events."""
    file = io.BytesIO()
    soundfile.write(file, np.sin(np.arange(44_100 * LONG_S) / 50), 44_100, format="flac")
    return file.getvalue()


async def heard(stream: AsyncIterator[str], count: int) -> list[str]:
    return [await anext(stream) for _ in range(count)]


def end(job: Job) -> None:
    job.state = "done"
    job.tell("done", {})


def test_a_stream_is_what_the_standard_says(server: Server) -> None:
    """Lines `id`, `event`, `data`, an empty one after each event, and no byte-order mark (HTML, section 9.2)."""
    begun = send(server, (server.music / "sad.flac").read_bytes(), wait=False).json()
    answer = ask(server, begun["events"])
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    first, *blocks, last = answer.body.decode().split("\n\n")
    assert first == "retry: 2000"
    assert last == ""
    for number, block in enumerate(blocks, start=1):
        id_line, event_line, data_line = block.split("\n")
        assert id_line == f"id: {number}"
        assert event_line.removeprefix("event: ") in ("progress", "part", "done")
        assert isinstance(json.loads(data_line.removeprefix("data: ")), dict)


def test_who_leaves_and_comes_again_hears_each_event_once(server: Server, long_song: bytes) -> None:
    begun = send(server, long_song, wait=False).json()
    told: list[tuple[int, str, Any]] = []
    visits = 0
    while not told or told[-1][1] != "done":
        told += islice(events(server, begun["events"], Last_Event_ID=str(len(told))), 2)
        visits += 1
    assert visits >= 3
    assert [number for number, _, _ in told] == list(range(1, len(told) + 1))
    assert told == list(events(server, begun["events"]))
    assert ask(server, begun["events"], Last_Event_ID=str(len(told))).status == 204


def test_all_who_listen_hear_the_same_however_late_they_come(server: Server, long_song: bytes) -> None:
    begun = send(server, long_song, wait=False).json()
    with ThreadPoolExecutor(10) as listeners:
        told = list(listeners.map(lambda _: list(events(server, begun["events"])), range(10)))
    assert told[0][-1][1] == "done"
    assert all(other == told[0] for other in told)


def test_who_listens_to_a_job_that_is_forgotten_is_told(server: Server, long_song: bytes) -> None:
    begun = send(server, long_song, wait=False).json()
    stream = events(server, begun["events"])
    assert next(stream)[1] == "progress"
    assert ask(server, f"/api/jobs/{begun['job']}", method="DELETE").status == 204
    *_, (_, name, data) = stream
    assert name == "failed"
    assert (data["status"], data["detail"]) == (409, "the job was cancelled")


def test_a_listener_that_reads_nothing_holds_nobody_up(server: Server, long_song: bytes) -> None:
    begun = send(server, long_song, wait=False).json()
    with socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        slow.connect(("127.0.0.1", server.port))
        slow.sendall(f"GET {begun['events']} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        told = list(events(server, begun["events"]))
        assert told[-1][1] == "done"
        curve = ask(server, begun["curve"]).json()
    points = sum(len(data["times_s"]) for _, name, data in told if name == "part")
    assert points == len(curve["times_s"]) >= 2 * LONG_S - 2
    eventually(lambda: server.left_over == [])


@pytest.mark.parametrize("heard_last", ["-1", "1.5", "", "0x1", "9" * 5000, "one"])
def test_a_number_that_is_none_begins_at_the_first(server: Server, heard_last: str) -> None:
    begun = send(server, b"no song", wait=False).json()
    assert [name for _, name, _ in events(server, begun["events"], Last_Event_ID=heard_last)] == ["failed"]


def test_a_stream_waits_for_what_comes_and_ends_with_the_job() -> None:
    async def listen() -> None:
        job = Job("id", "name")
        job.tell("progress", {"share": 0})
        stream = job.stream(0)
        assert await heard(stream, 2) == ["retry: 2000\n\n", 'id: 1\nevent: progress\ndata: {"share": 0}\n\n']
        waiting = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(0.01)
        assert not waiting.done()
        for share in range(1, 4):  # several, before the listener has its turn
            job.tell("progress", {"share": share})
        end(job)
        texts = [await waiting, *[text async for text in stream]]
        assert [text.partition("\n")[0] for text in texts] == ["id: 2", "id: 3", "id: 4", "id: 5"]

    asyncio.run(listen())


def test_a_stream_says_now_and_then_that_it_is_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "PING_S", 0.01)

    async def listen() -> None:
        job = Job("id", "name")
        stream = job.stream(0)
        _, *pings = await heard(stream, 4)
        assert set(pings) == {": still at work\n\n"}  # a comment, which no client takes for an event
        end(job)
        assert [text async for text in stream][-1] == "id: 1\nevent: done\ndata: {}\n\n"

    asyncio.run(listen())


def test_what_is_told_is_one_line_whatever_is_in_it() -> None:
    """A line break in an event's data would begin another field: a name or reason could forge events."""
    job = Job("id", "name")
    detail = "two\nlines\r\n\r\nevent: done\ndata: {}\u2028\u2029\x85"
    job.tell("failed", ProblemError(422, detail).content())
    (event,) = job.events
    assert event.count("\n") == 4
    assert "\r" not in event
    data = event.split("\n")[2].removeprefix("data: ")
    assert json.loads(data)["detail"] == detail
