"""Clients that take all they can get from a server: others are still served."""

import http.client
import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import numpy as np
import pytest
import soundfile

from moodcurve.library.scanning.scan import scan
from tests.helpers.web_client import AUTHORIZATION, FORM, HEAD, form
from tests.helpers.web_server import Server, eventually, serving

pytestmark = pytest.mark.slow

OTHER = "127.0.0.2"
"""Address of another client."""


@pytest.fixture(scope="module")
def server(scanned_music: tuple[Path, Path]) -> Iterator[Server]:
    """A server with one worker, short timeouts, few places, and room for ten uploads of 4 MiB."""
    options = ["--workers", "1", "--max-queue", "16", "--max-upload", "4", "--burst", "1000"]
    options += ["--upload-timeout", "2", "--max-connections", "100"]
    limit = "import moodcurve.web.request_body as b; b.MAX_UPLOAD_S = 6"
    with serving(scanned_music, *options, before=limit) as running:
        yield running


def request_from(address: str, server: Server, path: str, body: bytes | None = None) -> tuple[int, object]:
    """Send a request from an address; return status and content."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60, source_address=(address, 0))
    with closing(connection):
        headers = {"Authorization": AUTHORIZATION} | ({"Content-Type": FORM} if body else {})
        connection.request("POST" if body else "GET", path, body, headers)
        response = connection.getresponse()
        return response.status, json.loads(response.read())


def begin_upload(server: Server, size: int) -> socket.socket:
    """Send the first bytes of an upload."""
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=60)
    head = f"POST /api/analyze HTTP/1.1\r\n{HEAD}Content-Type: {FORM}\r\nContent-Length: {size}\r\n\r\n"
    connection.sendall(head.encode() + form(bytes(2000))[:1000])
    return connection


def test_slow_uploads_of_one_client_leave_places_for_another(server: Server) -> None:
    song = (server.music / "calm.flac").read_bytes()
    with ExitStack() as stack:
        for number in range(30):
            connection = stack.enter_context(begin_upload(server, 100_000))
            if number >= 9:  # half of the seventeen places
                assert connection.recv(1 << 16).startswith(b"HTTP/1.1 429 ")
        assert len(server.left_over) == 9
        status, curve = request_from(OTHER, server, "/api/analyze?wait=true", form(song))
        assert status == 200, curve
    eventually(lambda: server.left_over == [])


def test_waiting_songs_of_one_client_do_not_delay_the_next_of_another(server: Server) -> None:
    song = (server.music / "calm.flac").read_bytes()
    jobs = [request_from("127.0.0.1", server, "/api/analyze", form(song))[1] for _ in range(9)]
    assert request_from(OTHER, server, "/api/analyze?wait=true", form(song))[0] == 200
    states = [request_from("127.0.0.1", server, job["curve"].removesuffix("/curve"))[1] for job in jobs]
    assert [state["state"] for state in states].count("waiting") >= 4
    eventually(lambda: server.left_over == [], 120)


def test_the_size_of_all_uploads_together_is_limited(server: Server) -> None:
    with ExitStack() as stack:
        for number in range(7):
            connection = stack.enter_context(begin_upload(server, 2**22))
            if number >= 5:  # half of ten files of the largest size
                reply = b""
                while b"too many bytes" not in reply:
                    reply += connection.recv(1 << 16)
                assert reply.startswith(b"HTTP/1.1 429 ")
        assert request_from(OTHER, server, "/api/analyze?wait=true", form(b"x"))[0] == 422
    eventually(lambda: server.left_over == [])


@pytest.mark.parametrize(("rate", "seconds"), [(5_000, 5), (50_000, 9)])
def test_uploads_end_in_time(server: Server, rate: int, seconds: float) -> None:
    """5 kB/s are too slow, and at any rate an upload has a deadline."""
    started = time.monotonic()
    with begin_upload(server, 1_000_000) as connection:
        connection.settimeout(0.1)
        reply = b""
        while not reply and time.monotonic() - started < 30:
            connection.sendall(bytes(rate // 10))
            try:
                reply = connection.recv(1 << 16)
            except TimeoutError:
                continue
    assert reply.startswith(b"HTTP/1.1 408 ")
    assert time.monotonic() - started < seconds + 5
    eventually(lambda: server.left_over == [])


def test_connections_of_one_client_leave_some_for_another(server: Server) -> None:
    with ExitStack() as stack:
        for _ in range(150):
            stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=60))
        assert request_from(OTHER, server, "/api/health")[0] == 200
    eventually(lambda: request_from("127.0.0.1", server, "/api/health")[0] == 200)


@pytest.fixture(scope="module")
def noise(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A folder with a file of 7 MB, more than the buffers of a connection hold, and its library."""
    folder = tmp_path_factory.mktemp("noise")
    music, library = folder / "music", folder / "library.sqlite"
    music.mkdir()
    samples = np.random.default_rng(0).uniform(-0.5, 0.5, (40 * 44_100, 2))
    soundfile.write(music / "noise.wav", samples, 44_100, subtype="PCM_16")
    scan([music], library, workers=1)
    return music, library


def test_a_slow_but_steady_reader_is_kept(noise: tuple[Path, Path]) -> None:
    """The buffer of the system takes in megabytes at once, and so hides for seconds that the client reads."""
    with serving(noise, "--response-timeout", "1") as server, socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        connection.settimeout(30)
        connection.connect(("127.0.0.1", server.port))
        connection.sendall(f"GET /api/songs/1/audio HTTP/1.1\r\n{HEAD}\r\n".encode())
        read, size = 0, (noise[0] / "noise.wav").stat().st_size
        while read < size and (piece := connection.recv(40_000)):
            read += len(piece)
            time.sleep(0.05)  # 800 kB/s
        assert read > size
