"""Live sound over HTTP: sessions that clients send sound to, and a source of the server."""

import http.client
import json
import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from moodcurve.live import AudioBlock, listen
from tests.helpers.live_sound import LIVE, music
from tests.helpers.web_client import AUTHORIZATION, Response, request
from tests.helpers.web_server import Server, serving

pytestmark = pytest.mark.slow

RATE = 44_100


def pcm(x: np.ndarray) -> bytes:
    return np.round(32767 * x).astype("<i2").tobytes()


def begin(server: Server, rate: int = RATE) -> dict[str, str]:
    response = request(server, f"/api/live?rate={rate}", method="POST")
    assert response.status == 201
    return response.json()


def send(server: Server, session: dict[str, str], x: np.ndarray, at: int, **options: float) -> Response:
    extra = "".join(f"&{name}={value}" for name, value in options.items())
    return request(server, f"{session['sound']}?at={at}{extra}", method="POST", body=pcm(x))


def end(server: Server, session: dict[str, str]) -> None:
    assert request(server, f"/api/live/{session['live']}", method="DELETE").status == 204


@contextmanager
def watching(server: Server, path: str, **headers: str) -> Iterator[Iterator[tuple[int, str, Any]]]:
    """Yield the events of a stream, without pings: id, name and data."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    sent = {name.replace("_", "-"): value for name, value in headers.items()}

    def events() -> Iterator[tuple[int, str, Any]]:
        fields: dict[str, str] = {}
        for line in response:
            key, _, value = line.decode().rstrip("\n").partition(": ")
            if key:
                fields[key] = value
            elif "id" in fields:
                yield int(fields["id"]), fields["event"], json.loads(fields["data"])
            if not key:
                fields = {}

    try:
        connection.request("GET", path, headers={"Authorization": AUTHORIZATION, **sent})
        response = connection.getresponse()
        assert response.status == 200, response.read()
        yield events()
    finally:
        connection.close()


def all_events(server: Server, session: dict[str, str]) -> list[tuple[int, str, Any]]:
    """End a session, and return all its events."""
    with watching(server, session["events"], Last_Event_ID="0") as events:
        end(server, session)
        return list(events)


@pytest.fixture
def session(server: Server) -> Iterator[dict[str, str]]:
    session = begin(server)
    yield session
    request(server, f"/api/live/{session['live']}", method="DELETE")


def test_rows_are_those_of_moodcurve_live(server: Server, session: dict[str, str]) -> None:
    x = music(5)
    began = time.time() - 5
    for at in range(0, len(x), 20_000):
        part = x[at : at + 20_000]
        response = send(server, session, part, at, age=time.time() - began - (at + len(part)) / RATE)
        assert response.json() == {"position": at + len(part)}
    *rows, last = all_events(server, session)
    assert last[1:] == ("ended", {"clock": last[2]["clock"], "text": "stopped"})
    received = np.frombuffer(pcm(x), "<i2").astype(np.float32)[:, None] / 32768
    expected = [row.to_dict() for row in listen(iter([AudioBlock(RATE, received)]), model=LIVE)]
    assert [number for number, _, _ in rows] == list(range(1, len(expected) + 1))
    for (_, name, row), wanted in zip(rows, expected, strict=True):
        assert name == "row"
        assert row.keys() == wanted.keys()
        assert {**row, "clock": ""} == {**wanted, "clock": ""}
    clocks = [np.datetime64(row["clock"].removesuffix("Z")).astype("datetime64[ms]").astype(float) for *_, row in rows]
    # on a busy machine, a piece arrives later than its age says
    np.testing.assert_allclose(np.diff(clocks), 500, atol=400)
    assert clocks[0] / 1000 == pytest.approx(began, abs=2)


def test_a_piece_that_is_sent_again_counts_once(server: Server, session: dict[str, str]) -> None:
    x = music(3)
    for at, until in ((0, 40_000), (0, 40_000), (20_000, 80_000), (80_000, len(x))):
        send(server, session, x[at:until], at)
    assert send(server, session, x[:100], 0).json() == {"position": len(x)}
    rows = [data for _, name, data in all_events(server, session) if name == "row"]
    whole = [row.to_dict() for row in listen(iter([AudioBlock(RATE, x[:, None])]), model=LIVE)]
    assert [row["time_s"] for row in rows] == [row["time_s"] for row in whole]
    np.testing.assert_allclose([row["arousal"] for row in rows], [row["arousal"] for row in whole], atol=0.002)


def test_a_later_position_leaves_a_gap(server: Server, session: dict[str, str]) -> None:
    began = time.time() - 12
    for at_s in (0, 10):
        send(server, session, music(2), at_s * RATE, age=time.time() - began - at_s - 2)
    found = all_events(server, session)
    assert [data["text"] for _, name, data in found if name == "notice"] == ["8.0 s of sound are missing"]
    assert [data["time_s"] for _, name, data in found if name == "row"] == pytest.approx([0, 0.5, 10, 10.5], abs=0.5)


def test_a_new_session_continues_the_time_of_one_before(server: Server, session: dict[str, str]) -> None:
    """As a page does after the server was started again."""
    send(server, session, music(2), 100 * RATE)
    rows = [data for _, name, data in all_events(server, session) if name == "row"]
    assert [row["time_s"] for row in rows] == pytest.approx([100, 100.5], abs=0.01)


def test_watchers_that_connect_again_miss_nothing(server: Server, session: dict[str, str]) -> None:
    send(server, session, music(4), 0)
    with watching(server, session["events"]) as events:
        first = [next(events) for _ in range(3)]
    with watching(server, session["events"], Last_Event_ID="3") as events:
        second = [next(events) for _ in range(3)]
    with watching(server, f"{session['events']}?after=5") as events:
        assert next(events) == second[2]
    assert [number for number, *_ in first + second] == [1, 2, 3, 4, 5, 6]


def test_what_is_refused(server: Server, session: dict[str, str]) -> None:
    def statuses(*bodies: bytes, at: int = 0) -> list[int]:
        return [request(server, f"{session['sound']}?at={at}", method="POST", body=body).status for body in bodies]

    assert statuses(b"abc", bytes(int(2 * 10.1 * RATE))) == [422, 413]
    assert request(server, f"{session['sound']}?at=-1", method="POST", body=b"").status == 422
    assert request(server, "/api/live?rate=100", method="POST").status == 422
    assert request(server, session["sound"] + "?at=0", method="POST", body=b"", token=False).status == 401
    for origin in ({"Origin": "https://evil.example"}, {"Sec_Fetch_Site": "cross-site"}):
        assert request(server, session["sound"] + "?at=0", method="POST", body=b"", **origin).status == 403
        assert request(server, "/api/live?rate=48000", method="POST", **origin).status == 403
    for method, path in (("GET", "events"), ("POST", "sound?at=0")):
        assert request(server, f"/api/live/{'A' * 12}/{path}", method=method, body=b"").status == 404
    assert request(server, f"/api/live/{'A' * 12}", method="DELETE").status == 404


def test_sound_that_is_faster_than_real_time_must_wait(server: Server, session: dict[str, str]) -> None:
    x = np.zeros(10 * RATE, np.float32)
    responses = [send(server, session, x, at * len(x)) for at in range(10)]
    statuses = [response.status for response in responses]
    assert statuses[:7] == [200] * 7  # and more, if the computer is slow
    assert statuses[-1] == 429
    assert 1 <= int(responses[-1].headers["retry-after"]) <= 25


def test_requests_that_send_at_once_are_few(server: Server, session: dict[str, str]) -> None:
    with ThreadPoolExecutor(8) as clients:
        responses = list(clients.map(lambda i: send(server, session, music(2), 2 * i * RATE), range(8)))
    assert {response.status for response in responses} == {200, 429}


def test_a_client_may_hold_half_of_all_sessions(server: Server) -> None:
    sessions = [begin(server) for _ in range(4)]
    assert request(server, "/api/live?rate=48000", method="POST").status == 429
    end(server, sessions.pop())
    sessions.append(begin(server))
    for session in sessions:
        end(server, session)


def test_sessions_can_be_switched_off(scanned_music: Any) -> None:
    with serving(scanned_music, "--max-live", "0") as server:
        assert request(server, "/api/live").json() == {"sessions": 0, "source": None}
        assert request(server, "/api/live?rate=48000", method="POST").status == 403


def test_a_killed_process_costs_no_session(server: Server, session: dict[str, str]) -> None:
    began = time.time() - 5
    send(server, session, music(2), 0, age=time.time() - began - 2)
    children = Path(f"/proc/{server.pid}/task").glob("*/children")
    for pid in " ".join(path.read_text() for path in children).split():
        if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes():
            os.kill(int(pid), signal.SIGKILL)
    send(server, session, music(3), 2 * RATE, age=time.time() - began - 5)
    times = [data["time_s"] for _, name, data in all_events(server, session) if name == "row"]
    assert times[:2] == [0, 0.5]
    assert len(times) >= 4
    assert times[2] == pytest.approx(2, abs=0.5)  # the time goes on
