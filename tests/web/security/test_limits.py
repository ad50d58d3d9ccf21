"""Tests of the limits that are options of `moodcurve serve`; tests of its timeouts are in `test_faults`."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from moodcurve.web import WebError
from moodcurve.web.settings import ServerLimits
from tests.helpers.web_client import request, upload
from tests.helpers.web_server import Server, eventually, serving

pytestmark = pytest.mark.slow


@pytest.fixture
def limited_server(scanned_music: tuple[Path, Path]) -> Iterator[Server]:
    """A server with one worker, no queue, three uploads per client and few connections."""
    options = ["--workers", "1", "--max-queue", "0", "--burst", "3", "--rate", "1", "--max-connections", "4"]
    with serving(scanned_music, *options) as running:
        yield running


def test_queue_and_rate(limited_server: Server) -> None:
    assert request(limited_server, "/api/health").json()["limits"]["concurrent"] == 1
    song = (limited_server.music / "calm.flac").read_bytes() * 5
    first = upload(limited_server, song, wait=False)
    assert first.status == 202
    second = upload(limited_server, song, wait=False)
    assert (second.status, second.json()["detail"]) == (429, "too many songs are waiting; try again later")
    assert request(limited_server, f"/api/jobs/{first.json()['job']}", method="DELETE").status == 204
    eventually(lambda: limited_server.left_over == [])
    assert upload(limited_server, b"not audio").status == 422
    fourth = upload(limited_server, b"not audio")
    assert fourth.status == 429
    assert fourth.json()["detail"].startswith("too many requests; try again in ")
    assert 50 <= int(fourth.headers["retry-after"]) <= 60


def test_connections(limited_server: Server) -> None:
    with ExitStack() as stack:
        connections = [
            stack.enter_context(socket.create_connection(("127.0.0.1", limited_server.port), 60)) for _ in range(5)
        ]
        assert connections[-1].recv(1 << 16).startswith(b"HTTP/1.1 503 ")


@pytest.mark.parametrize("name", list(ServerLimits.__dataclass_fields__))
def test_limits_must_be_positive(name: str) -> None:
    with pytest.raises(WebError, match=f"{name} must be"):
        ServerLimits(**{name: -1})
    if name in ("queue", "live"):
        assert getattr(ServerLimits(**{name: 0}), name) == 0
    else:
        with pytest.raises(WebError, match=f"{name} must be positive, not 0"):
            ServerLimits(**{name: 0})
