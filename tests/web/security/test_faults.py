"""Tests that the server stays healthy and deletes uploads, whatever clients do and upload."""

import json
import os
import signal
import socket
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from tests.helpers.unusable_files import write_kinds
from tests.helpers.web_client import AUTHORIZATION, FORM, HEAD, Response, events, form, request, upload
from tests.helpers.web_server import Server, eventually, serving

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def strict_server(scanned_music: tuple[Path, Path]) -> Iterator[Server]:
    """A server with one worker, low limits and short timeouts."""
    options = ["--workers", "1", "--max-upload", "5", "--max-minutes", "0.5", "--burst", "1000"]
    options += ["--request-timeout", "1.5", "--upload-timeout", "1", "--response-timeout", "1"]
    with serving(scanned_music, *options) as running:
        yield running


def is_healthy(server: Server) -> bool:
    """Return True if a server responds, analyzes songs, and has deleted all uploads."""
    eventually(lambda: server.left_over == [])
    response = upload(server, (server.music / "excited.flac").read_bytes())
    return response.status == 200 and request(server, "/api/health").status == 200 and server.left_over == []


def test_a_hundred_uploads_at_once(server: Server) -> None:
    song = (server.music / "excited.flac").read_bytes()
    with ThreadPoolExecutor(100) as clients:
        responses: list[Response] = list(clients.map(lambda _: upload(server, song, wait=False), range(100)))
    count = Counter(response.status for response in responses)
    assert set(count) <= {202, 429}
    # one running and sixteen waiting, in any case
    assert count[202] >= 17
    assert count[429] >= 1
    for response in responses:
        if response.status == 429:
            assert int(response.headers["retry-after"]) >= 1
            assert "try again" in response.json()["detail"] or "too many requests" in response.json()["detail"]
    for response in responses:
        if response.status == 202:
            assert list(events(server, response.json()["events"]))[-1][1] == "done"
    eventually(lambda: server.left_over == [])


def begin_upload(server: Server, *, declared: int = 1_000_000, sent: int = 300_000) -> socket.socket:
    """Send the first part of a form."""
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=60)
    head = f"POST /api/analyze HTTP/1.1\r\n{HEAD}Content-Type: {FORM}\r\nContent-Length: {declared}\r\n\r\n"
    connection.sendall(head.encode() + form(bytes(sent))[:sent])
    return connection


def test_aborted_uploads(strict_server: Server) -> None:
    connections = [begin_upload(strict_server) for _ in range(10)]
    eventually(lambda: len(strict_server.left_over) == 10)
    for connection in connections[:5]:
        connection.close()
    for connection in connections[5:]:  # reset the connection
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection.close()
    assert is_healthy(strict_server)


def test_a_stalled_upload_is_rejected(strict_server: Server) -> None:
    with begin_upload(strict_server) as connection:
        head, _, body = read_all(connection).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 408 ")
    assert b"content-security-policy" in head.lower()
    assert "too slow" in json.loads(body)["detail"]
    assert strict_server.left_over == []


def read_all(connection: socket.socket) -> bytes:
    reply = b""
    while chunk := connection.recv(1 << 16):
        reply += chunk
    return reply


def test_a_slow_upload_is_rejected(strict_server: Server) -> None:
    with begin_upload(strict_server, sent=0) as connection:
        connection.settimeout(0.2)
        head = form(b"x")[:-20]
        reply = b""
        for i in range(100):
            try:
                connection.sendall(head[i : i + 1])
                reply = connection.recv(1 << 16)
                break
            except TimeoutError:
                continue
    assert reply.startswith(b"HTTP/1.1 408 ")
    assert strict_server.left_over == []


@pytest.mark.parametrize("sent", [b"", b"GET /api/he", b"GET /api/health HTTP/1.1\r\nHost: localhost\r\n"])
def test_incomplete_headers_time_out(strict_server: Server, sent: bytes) -> None:
    with socket.create_connection(("127.0.0.1", strict_server.port), timeout=30) as connection:
        connection.sendall(sent)
        started = time.monotonic()
        with suppress(ConnectionResetError):
            assert connection.recv(100) == b""
        assert time.monotonic() - started < 20


def test_a_connection_in_use_is_not_closed(strict_server: Server) -> None:
    import http.client

    connection = http.client.HTTPConnection("127.0.0.1", strict_server.port, timeout=30)
    for _ in range(5):
        connection.request("GET", "/api/health", headers={"Authorization": AUTHORIZATION})
        assert connection.getresponse().read()
        first_socket = connection.sock
        time.sleep(1)  # in total longer than the request timeout
        assert connection.sock is first_socket
    connection.close()


def test_a_response_that_is_not_read_is_aborted(strict_server: Server) -> None:
    song = request(strict_server, "/api/songs?limit=1").json()["songs"][0]
    before = open_sockets(strict_server)
    connections = []
    for _ in range(5):
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(("127.0.0.1", strict_server.port))
        connection.sendall(f"GET /api/songs/{song['id']}/audio HTTP/1.1\r\n{HEAD}\r\n".encode())
        connections.append(connection)
    eventually(lambda: open_sockets(strict_server) == before)
    for connection in connections:
        connection.close()
    assert is_healthy(strict_server)


def open_sockets(server: Server) -> int:
    """Return the number of open sockets and audio files of a server."""
    count = 0
    for path in Path(f"/proc/{server.pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            name = str(path.readlink())
            count += name.startswith("socket:") or name.endswith(".flac")
    return count


def test_files_that_are_too_large(strict_server: Server) -> None:
    response = upload(strict_server, bytes(6 * 2**20))
    assert response.status == 413
    assert "5 MiB" in response.json()["detail"]
    # without Content-Length
    with socket.create_connection(("127.0.0.1", strict_server.port), timeout=30) as connection:
        head = f"POST /api/analyze HTTP/1.1\r\n{HEAD}Content-Type: {FORM}\r\nTransfer-Encoding: chunked\r\n"
        connection.sendall(f"{head}Connection: close\r\n\r\n".encode())
        data = form(bytes(6 * 2**20))
        connection.sendall(b"%x\r\n%s\r\n0\r\n\r\n" % (len(data), data))
        assert read_all(connection).startswith(b"HTTP/1.1 413 ")
    eventually(lambda: strict_server.left_over == [])
    largest = upload(strict_server, bytes(5 * 2**20))
    assert largest.status == 422  # not audio, but not too large


def test_a_client_that_expects_100_continue_need_not_send_the_body(strict_server: Server) -> None:
    with socket.create_connection(("127.0.0.1", strict_server.port), timeout=30) as connection:
        head = f"POST /api/analyze HTTP/1.1\r\n{HEAD}Content-Type: {FORM}\r\n"
        connection.sendall(f"{head}Content-Length: 99999999999\r\nExpect: 100-continue\r\n\r\n".encode())
        assert connection.recv(1 << 16).startswith(b"HTTP/1.1 413 ")


def test_songs_that_are_too_long(strict_server: Server, tmp_path: Path) -> None:
    import numpy as np
    import soundfile

    path = tmp_path / "long.flac"
    soundfile.write(path, np.zeros(31 * 44_100), 44_100)
    response = upload(strict_server, path.read_bytes())
    assert response.status == 422
    assert response.json()["detail"] == "longer than the maximum of this server, 0:30"
    soundfile.write(path, np.zeros(29 * 44_100), 44_100)
    assert upload(strict_server, path.read_bytes()).status == 200


def test_a_client_that_disconnects_while_waiting_for_its_curve(strict_server: Server) -> None:
    body = form((strict_server.music / "calm.flac").read_bytes())
    for _ in range(3):
        connection = socket.create_connection(("127.0.0.1", strict_server.port), timeout=30)
        head = f"POST /api/analyze?wait=true HTTP/1.1\r\n{HEAD}Content-Type: {FORM}\r\n"
        connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        eventually(lambda: len(strict_server.left_over) == 1)
        connection.close()
        eventually(lambda: strict_server.left_over == [])
    assert is_healthy(strict_server)


def test_clients_that_disconnect_from_the_event_stream(strict_server: Server) -> None:
    before = open_sockets(strict_server)
    created = upload(strict_server, (strict_server.music / "calm.flac").read_bytes(), wait=False).json()
    for _ in range(20):
        connection = socket.create_connection(("127.0.0.1", strict_server.port), timeout=30)
        connection.sendall(f"GET {created['events']} HTTP/1.1\r\n{HEAD}\r\n".encode())
        connection.close()
    assert list(events(strict_server, created["events"]))[-1][1] == "done"
    eventually(lambda: open_sockets(strict_server) <= before)


def test_every_kind_of_damaged_file_gets_a_clear_response(strict_server: Server, tmp_path: Path) -> None:
    paths = write_kinds(tmp_path)
    assert len(paths) >= 50
    statuses: Counter[int] = Counter()
    for path in paths:
        response = upload(strict_server, path.read_bytes(), path.name)
        statuses[response.status] += 1
        data = response.json()
        if response.status == 200:
            assert data["source"] == path.name
            assert len(data["times_s"]) >= 1
        else:
            assert response.status == 422, path.name
            assert 10 < len(data["detail"]) < 400
            assert str(strict_server.temporary) not in data["detail"]
    assert statuses[200] >= 15  # the readable part of a damaged file is analyzed
    assert statuses[422] >= 15
    assert is_healthy(strict_server)


def test_a_worker_that_is_killed_is_replaced(strict_server: Server) -> None:
    upload(strict_server, b"not audio")  # starts the worker
    for pid in children(strict_server):
        os.kill(pid, signal.SIGKILL)
    assert is_healthy(strict_server)


def children(server: Server) -> list[int]:
    """Return the worker processes of a server."""
    found = []
    for task in Path(f"/proc/{server.pid}/task").iterdir():
        found += [int(pid) for pid in (task / "children").read_text().split()]
    return [pid for pid in found if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]
