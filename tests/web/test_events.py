"""Tests of server-sent events: format, order, and clients that connect late, disconnect or reconnect."""

import io
import json
import socket
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any

import numpy as np
import pytest
import soundfile

from tests.helpers.web_client import HEAD, events, request, upload
from tests.helpers.web_server import Server, eventually

pytestmark = pytest.mark.slow

LONG_S = 600


@pytest.fixture(scope="module")
def long_song() -> bytes:
    """A tone of ten minutes, which takes about a second to analyze and yields several events."""
    file = io.BytesIO()
    soundfile.write(file, np.sin(np.arange(44_100 * LONG_S) / 50), 44_100, format="flac")
    return file.getvalue()


def test_the_stream_has_the_standard_format(server: Server) -> None:
    """Lines `event`, `data` and `id`, an empty line after each event, no byte-order mark (HTML, section 9.2)."""
    created = upload(server, (server.music / "sad.flac").read_bytes(), wait=False).json()
    response = request(server, created["events"])
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert response.headers["cache-control"] == "no-store"
    first, *blocks, last = response.body.decode().split("\n\n")
    assert first == "retry: 2000"
    assert last == ""
    for number, block in enumerate(blocks, start=1):
        event_line, data_line, id_line = block.split("\n")
        assert id_line == f"id: {number}"
        assert event_line.removeprefix("event: ") in ("progress", "part", "done")
        assert isinstance(json.loads(data_line.removeprefix("data: ")), dict)


def test_a_client_that_reconnects_receives_each_event_once(server: Server, long_song: bytes) -> None:
    created = upload(server, long_song, wait=False).json()
    received: list[tuple[int, str, Any]] = []
    visits = 0
    while not received or received[-1][1] != "done":
        received += islice(events(server, created["events"], Last_Event_ID=str(len(received))), 2)
        visits += 1
    assert visits >= 3
    assert [number for number, _, _ in received] == list(range(1, len(received) + 1))
    assert received == list(events(server, created["events"]))
    assert request(server, created["events"], Last_Event_ID=str(len(received))).status == 204


def test_all_clients_receive_the_same_events_however_late_they_connect(server: Server, long_song: bytes) -> None:
    created = upload(server, long_song, wait=False).json()
    with ThreadPoolExecutor(10) as clients:
        received = list(clients.map(lambda _: list(events(server, created["events"])), range(10)))
    assert received[0][-1][1] == "done"
    assert all(other == received[0] for other in received)


def test_deleting_a_job_ends_its_event_streams(server: Server, long_song: bytes) -> None:
    created = upload(server, long_song, wait=False).json()
    stream = events(server, created["events"])
    assert next(stream)[1] == "progress"
    assert request(server, f"/api/jobs/{created['job']}", method="DELETE").status == 204
    *_, (_, name, data) = stream
    assert name == "failed"
    assert (data["status"], data["detail"]) == (409, "the job was canceled")


def test_a_client_that_reads_nothing_does_not_block_others(server: Server, long_song: bytes) -> None:
    created = upload(server, long_song, wait=False).json()
    with socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        slow.connect(("127.0.0.1", server.port))
        slow.sendall(f"GET {created['events']} HTTP/1.1\r\n{HEAD}\r\n".encode())
        received = list(events(server, created["events"]))
        assert received[-1][1] == "done"
        curve = request(server, created["curve"]).json()
    points = sum(len(data["times_s"]) for _, name, data in received if name == "part")
    assert points == len(curve["times_s"]) >= 2 * LONG_S - 2
    eventually(lambda: server.left_over == [])


@pytest.mark.parametrize("last_id", ["-1", "1.5", "", "0x1", "9" * 5000, "one"])
def test_an_invalid_last_event_id_starts_at_the_first_event(server: Server, last_id: str) -> None:
    created = upload(server, b"no song", wait=False).json()
    assert [name for _, name, _ in events(server, created["events"], Last_Event_ID=last_id)] == ["failed"]
