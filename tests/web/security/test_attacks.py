"""Tests of malformed and hostile requests: each gets a clear error, and the server stays healthy."""

import json
import re
import signal
import socket
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from tests.helpers.web_client import FORM, HEAD, form, request
from tests.helpers.web_server import Server, eventually, stop
from tests.web.test_serve import start_server

pytestmark = pytest.mark.slow

HOST = HEAD.encode()
LAST = HOST + b"Connection: close\r\n"


def exchange(server: Server, sent: bytes) -> bytes:
    """Send bytes, and read until the server closes the connection."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        with suppress(ConnectionError):  # it may be rejected before it is complete
            connection.sendall(sent)
        reply = b""
        with suppress(ConnectionError):
            while chunk := connection.recv(1 << 16):
                reply += chunk
    return reply


def statuses(reply: bytes) -> list[int]:
    return [int(code) for code in re.findall(rb"HTTP/1\.1 (\d+) \w", reply)]


def get(path: bytes, headers: bytes = b"", *, method: bytes = b"GET") -> bytes:
    return method + b" " + path + b" HTTP/1.1\r\n" + LAST + headers + b"\r\n"


def post(body: bytes, headers: bytes = b"") -> bytes:
    head = b"POST /api/analyze HTTP/1.1\r\n" + LAST + b"Content-Type: " + FORM.encode() + b"\r\n"
    return head + b"Content-Length: %d\r\n" % len(body) + headers + b"\r\n" + body


FIELD = b'--xyx\r\nContent-Disposition: form-data; name="f"\r\n\r\nv\r\n'
UPGRADE = b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        pytest.param(b"GET /\r\n\r\n", [400], id="HTTP/0.9"),
        pytest.param(b"GET /api/health HTTP/1.0\r\n\r\n", [421], id="no host"),
        pytest.param(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", [421, 400], id="HTTP/2 without upgrade"),
        pytest.param(get(b"/api/health", b"Upgrade: websocket\r\n" + UPGRADE), [200], id="WebSocket"),
        pytest.param(get(b"/api/health", b"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"), [200], id="HTTP/2"),
        pytest.param(b"CONNECT localhost:22 HTTP/1.1\r\n" + LAST + b"\r\n", [404], id="proxy request to a port"),
        pytest.param(get(b"http://attacker.example/api/songs"), [404], id="proxy request to a URL"),
        pytest.param(get(b"/", method=b"TRACE"), [405], id="TRACE"),
        pytest.param(get(b"/", method=b"A" * 5000), [405], id="a long method"),
        pytest.param(get(b"/a\0b"), [400], id="NUL in the path"),
        pytest.param(get(b"/\xff\xfe"), [400], id="bytes in the path"),
        pytest.param(get(b"/api/songs/1%00/audio"), [422], id="an escaped NUL"),
        pytest.param(get(b"/assets\\..\\..\\x"), [404], id="backslashes"),
        pytest.param(get(b"/assets/..%5c..%5cx"), [404], id="escaped backslashes"),
        pytest.param(get(b"/%c0%ae%c0%ae/etc/passwd"), [404], id="overlong dots"),
        pytest.param(get(b"//attacker.example/"), [404], id="two slashes"),
        pytest.param(get(b"/api/songs/"), [404], id="trailing slash, no redirect"),
        pytest.param(get(b"/api/health", b"X: " + b"a" * 300_000 + b"\r\n"), [400], id="a large header"),
        pytest.param(get(b"/api/health", b"X: y\r\n" * 30_000), [400], id="many headers"),
        pytest.param(get(b"/api/songs?text=" + b"a" * 300_000), [400], id="a long URL"),
        pytest.param(get(b"/api/songs?text=" + b"a" * 60_000), [422], id="a long text"),
        pytest.param(get(b"/api/songs?" + b"a=1&" * 15_000), [422], id="many parameters"),
        pytest.param(get(b"/api/songs?" + b"limit=1&" * 7000), [200], id="a repeated parameter"),
        pytest.param(get(b"/api/health", b"Cookie: " + b"a=b; " * 10_000 + b"\r\n"), [200], id="many cookies"),
        pytest.param(get(b"/api/health", b"Cookie: \xff=\xfe\r\nAuthorization: \xff\r\n"), [200], id="header bytes"),
        pytest.param(post(b"", b"Content-Length: 7\r\n"), [400], id="two lengths"),
        pytest.param(b"POST /api/analyze HTTP/1.1\r\n" + LAST + b"Content-Length: -5\r\n\r\n", [400], id="length < 0"),
        pytest.param(b"POST / HTTP/1.1\r\n" + LAST + b"Transfer-Encoding: gzip, chunked\r\n\r\n", [400], id="gzip"),
        pytest.param(b"POST / HTTP/1.1\r\n" + LAST + b"Transfer-Encoding: chunked\r\n\r\nz\r\n", [400], id="bad chunk"),
        pytest.param(post(FIELD * 10_000 + b"--xyx--\r\n"), [422], id="many fields"),
        pytest.param(post(form(b"x")[:-9] + b"\r\n" + FIELD * 10_000 + b"--xyx--\r\n"), [422], id="fields after it"),
        pytest.param(post(form(b"x", b"n" * 60_000)), [400], id="a long name"),
        pytest.param(post(b"p" * 1_000_000 + form(b"x")), [400], id="a preamble"),
        pytest.param(post(b"--xyx" + b"-" * 100_000), [400], id="only a boundary"),
    ],
)  # fmt: skip
def test_malformed_requests_get_a_clear_error(server: Server, sent: bytes, expected: list[int]) -> None:
    reply = exchange(server, sent)
    assert statuses(reply) == expected
    if expected[-1] >= 400:
        problem = json.loads(reply.rpartition(b"\r\n\r\n")[2])
        assert problem["status"] == expected[-1]
        assert len(problem["detail"]) < 300
    assert b"location:" not in reply.lower()
    assert request(server, "/api/health").status == 200
    eventually(lambda: server.left_over == [])


def test_pipelined_requests_are_answered_in_order(server: Server) -> None:
    paths = [b"/api/songs?limit=1&offset=%d" % (i % 4) for i in range(100)]
    reply = exchange(
        server, b"".join(b"GET " + path + b" HTTP/1.1\r\n" + HOST + b"\r\n" for path in paths[:-1]) + get(paths[-1])
    )
    assert statuses(reply) == [200] * 100
    order = [int(number) for number in re.findall(rb'"songs":\[\{"id":(\d+)', reply)]
    assert order == order[:4] * 25
    assert len(set(order[:4])) == 4


@pytest.mark.parametrize(
    "ranges", [",".join(f"{i}-{i + 9}" for i in range(0, 2000, 10)), "0-0," * 5000 + "0-0", "0-" + "9" * 20, "5-1"]
)
def test_many_ranges_get_the_complete_file_once(server: Server, ranges: str) -> None:
    song = request(server, "/api/search?text=fiesta").json()["songs"][0]
    response = request(server, f"/api/songs/{song['id']}/audio", Range=f"bytes={ranges}")
    assert response.status == 200
    assert response.body == (server.music / "excited.flac").read_bytes()


def test_too_many_connections_get_an_error_until_some_close(server: Server) -> None:
    with ExitStack() as stack:
        idle = [stack.enter_context(socket.create_connection(("127.0.0.1", server.port), 60)) for _ in range(520)]
        last = idle[-1]
        reply = b""
        while chunk := last.recv(1 << 16):
            reply += chunk
        assert statuses(reply) == [503]
        assert b"too many open connections" in reply
        assert b"Retry-After: 5" in reply
    eventually(lambda: request(server, "/api/health").status == 200)
    eventually(lambda: open_file_count(server) < 100)


def open_file_count(server: Server) -> int:
    return len(list(Path(f"/proc/{server.pid}/fd").iterdir()))


def test_invalid_forms_are_not_logged(scanned_music: tuple[Path, Path], tmp_path: Path) -> None:
    process, port = start_server(tmp_path)
    try:
        server = Server("", port, process.pid, *scanned_music, tmp_path, [])
        assert statuses(exchange(server, post(b"not a form"))) == [400]
        process.send_signal(signal.SIGTERM)
        assert process.communicate(timeout=20)[1] == "moodcurve: stopped\n"
    finally:
        stop(process)
