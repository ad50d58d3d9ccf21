"""The server stays well, and keeps nothing, whatever clients do to it and whatever they send."""

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
from tests.helpers.web_client import FORM, Answer, ask, events, form, send
from tests.helpers.web_server import Server, eventually, serving

SHORT = """
from moodcurve.web import connections, settings, uploads
connections.REQUEST_S = 1.5
connections.STALLED_S = 1.0
uploads.SILENT_S = 1.0
settings.Settings.__init__.__kwdefaults__["burst"] = 1000
"""


@pytest.fixture(scope="module")
def hurried(scanned_music: tuple[Path, Path]) -> Iterator[Server]:
    """A server with one worker that has little patience and takes small songs."""
    options = ("--workers", "1", "--max-upload", "5", "--max-minutes", "0.5")
    with serving(scanned_music, *options, before=SHORT) as running:
        yield running


def well(server: Server) -> bool:
    """Whether a server answers, hears songs, and keeps nothing."""
    eventually(lambda: server.left_over == [])
    answer = send(server, (server.music / "excited.flac").read_bytes())
    return answer.status == 200 and ask(server, "/api/health").status == 200 and server.left_over == []


def test_a_hundred_uploads_at_once(server: Server) -> None:
    song = (server.music / "excited.flac").read_bytes()
    with ThreadPoolExecutor(100) as clients:
        answers: list[Answer] = list(clients.map(lambda _: send(server, song, wait=False), range(100)))
    count = Counter(answer.status for answer in answers)
    assert set(count) <= {202, 429}
    # as many as fit in any case: those at work and sixteen that wait
    assert count[202] >= 17
    assert count[429] >= 1
    for answer in answers:
        if answer.status == 429:
            assert int(answer.headers["retry-after"]) >= 1
            assert "try again" in answer.json()["detail"] or "next may come" in answer.json()["detail"]
    for answer in answers:
        if answer.status == 202:
            assert list(events(server, answer.json()["events"]))[-1][1] == "done"
    eventually(lambda: server.left_over == [])


def begin_upload(server: Server, *, declared: int = 1_000_000, sent: int = 300_000) -> socket.socket:
    """Send the beginning of a form."""
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=60)
    head = (
        f"POST /api/analyze HTTP/1.1\r\nHost: localhost\r\nContent-Type: {FORM}\r\nContent-Length: {declared}\r\n\r\n"
    )
    connection.sendall(head.encode() + form(bytes(sent))[:sent])
    return connection


def test_uploads_that_are_broken_off(hurried: Server) -> None:
    connections = [begin_upload(hurried) for _ in range(10)]
    eventually(lambda: len(hurried.left_over) == 10)
    for connection in connections[:5]:
        connection.close()
    for connection in connections[5:]:  # with a reset
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection.close()
    assert well(hurried)


def test_an_upload_that_stalls_is_given_up(hurried: Server) -> None:
    with begin_upload(hurried) as connection:
        head, _, body = read_all(connection).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 408 ")
    assert b"content-security-policy" in head.lower()
    assert "too slowly" in json.loads(body)["detail"]
    assert hurried.left_over == []


def read_all(connection: socket.socket) -> bytes:
    said = b""
    while chunk := connection.recv(1 << 16):
        said += chunk
    return said


def test_an_upload_that_drips_is_given_up(hurried: Server) -> None:
    with begin_upload(hurried, sent=0) as connection:
        connection.settimeout(0.2)
        head = form(b"x")[:-20]
        said = b""
        for i in range(100):
            try:
                connection.sendall(head[i : i + 1])
                said = connection.recv(1 << 16)
                break
            except TimeoutError:
                continue
    assert said.startswith(b"HTTP/1.1 408 ")
    assert hurried.left_over == []


@pytest.mark.parametrize("said", [b"", b"GET /api/he", b"GET /api/health HTTP/1.1\r\nHost: localhost\r\n"])
def test_headers_that_do_not_come_to_an_end(hurried: Server, said: bytes) -> None:
    with socket.create_connection(("127.0.0.1", hurried.port), timeout=30) as connection:
        connection.sendall(said)
        began = time.monotonic()
        with suppress(ConnectionResetError):
            assert connection.recv(100) == b""
        assert time.monotonic() - began < 20


def test_a_connection_in_use_is_not_given_up(hurried: Server) -> None:
    import http.client

    connection = http.client.HTTPConnection("127.0.0.1", hurried.port, timeout=30)
    for _ in range(5):
        connection.request("GET", "/api/health")
        assert connection.getresponse().read()
        socket_was = connection.sock
        time.sleep(1)  # all in all longer than one request may take
        assert connection.sock is socket_was
    connection.close()


def test_an_answer_that_is_not_read_is_given_up(hurried: Server) -> None:
    song = ask(hurried, "/api/songs?limit=1").json()["songs"][0]
    before = open_sockets(hurried)
    connections = []
    for _ in range(5):
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(("127.0.0.1", hurried.port))
        connection.sendall(f"GET /api/songs/{song['id']}/audio HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        connections.append(connection)
    eventually(lambda: open_sockets(hurried) == before)
    for connection in connections:
        connection.close()
    assert well(hurried)


def open_sockets(server: Server) -> int:
    """How many sockets and songs a process has open."""
    count = 0
    for path in Path(f"/proc/{server.pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            name = str(path.readlink())
            count += name.startswith("socket:") or name.endswith(".flac")
    return count


def test_files_that_are_too_large(hurried: Server) -> None:
    answer = send(hurried, bytes(6 * 2**20))
    assert answer.status == 413
    assert "5 MiB" in answer.json()["detail"]
    # without a length beforehand
    with socket.create_connection(("127.0.0.1", hurried.port), timeout=30) as connection:
        head = (
            f"POST /api/analyze HTTP/1.1\r\nHost: localhost\r\nContent-Type: {FORM}\r\nTransfer-Encoding: chunked\r\n"
        )
        connection.sendall(f"{head}Connection: close\r\n\r\n".encode())
        data = form(bytes(6 * 2**20))
        connection.sendall(b"%x\r\n%s\r\n0\r\n\r\n" % (len(data), data))
        assert read_all(connection).startswith(b"HTTP/1.1 413 ")
    eventually(lambda: hurried.left_over == [])
    largest = send(hurried, bytes(5 * 2**20))
    assert largest.status == 422  # it is no song, but not too large


def test_a_client_that_waits_to_be_asked_for_a_body_is_spared_it(hurried: Server) -> None:
    with socket.create_connection(("127.0.0.1", hurried.port), timeout=30) as connection:
        head = f"POST /api/analyze HTTP/1.1\r\nHost: localhost\r\nContent-Type: {FORM}\r\n"
        connection.sendall(f"{head}Content-Length: 99999999999\r\nExpect: 100-continue\r\n\r\n".encode())
        assert connection.recv(1 << 16).startswith(b"HTTP/1.1 413 ")


def test_songs_that_are_too_long(hurried: Server, tmp_path: Path) -> None:
    import numpy as np
    import soundfile

    path = tmp_path / "long.flac"
    soundfile.write(path, np.zeros(31 * 44_100), 44_100)
    answer = send(hurried, path.read_bytes())
    assert answer.status == 422
    assert answer.json()["detail"] == "it plays longer than 0:30, the most that this server takes"
    soundfile.write(path, np.zeros(29 * 44_100), 44_100)
    assert send(hurried, path.read_bytes()).status == 200


def test_a_client_that_waits_for_its_curve_and_leaves(hurried: Server) -> None:
    body = form((hurried.music / "calm.flac").read_bytes())
    for _ in range(3):
        connection = socket.create_connection(("127.0.0.1", hurried.port), timeout=30)
        head = f"POST /api/analyze?wait=true HTTP/1.1\r\nHost: localhost\r\nContent-Type: {FORM}\r\n"
        connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        eventually(lambda: len(hurried.left_over) == 1)
        connection.close()
        eventually(lambda: hurried.left_over == [])
    assert well(hurried)


def test_listeners_that_leave(hurried: Server) -> None:
    before = open_sockets(hurried)
    begun = send(hurried, (hurried.music / "calm.flac").read_bytes(), wait=False).json()
    for _ in range(20):
        connection = socket.create_connection(("127.0.0.1", hurried.port), timeout=30)
        connection.sendall(f"GET {begun['events']} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        connection.close()
    assert list(events(hurried, begun["events"]))[-1][1] == "done"
    eventually(lambda: open_sockets(hurried) <= before)


def test_every_kind_of_broken_file_gets_a_clear_answer(hurried: Server, tmp_path: Path) -> None:
    paths = write_kinds(tmp_path)
    assert len(paths) >= 50
    statuses: Counter[int] = Counter()
    for path in paths:
        answer = send(hurried, path.read_bytes(), path.name)
        statuses[answer.status] += 1
        data = answer.json()
        if answer.status == 200:
            assert data["source"] == path.name
            assert len(data["times_s"]) >= 1
        else:
            assert answer.status == 422, path.name
            assert 10 < len(data["detail"]) < 400
            assert str(hurried.temporary) not in data["detail"]
    assert statuses[200] >= 15  # what can be read of a damaged file is heard
    assert statuses[422] >= 15
    assert well(hurried)


def test_a_worker_that_is_killed_is_replaced(hurried: Server) -> None:
    send(hurried, b"no song")  # so that there is one
    for pid in children(hurried):
        os.kill(pid, signal.SIGKILL)
    assert well(hurried)


def children(server: Server) -> list[int]:
    """Worker processes of a server."""
    found = []
    for task in Path(f"/proc/{server.pid}/task").iterdir():
        found += [int(pid) for pid in (task / "children").read_text().split()]
    return [pid for pid in found if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]
