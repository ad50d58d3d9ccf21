"""Requests that no browser makes: each gets a clear answer, and the server stays as it was."""

import json
import re
import signal
import socket
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from tests.helpers.web_client import FORM, ask, form
from tests.helpers.web_server import Server, eventually, stop
from tests.web.test_serve import begun

HOST = b"Host: localhost\r\n"
LAST = HOST + b"Connection: close\r\n"


def exchange(server: Server, sent: bytes) -> bytes:
    """Send bytes, and read until the server closes."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        with suppress(ConnectionError):  # it may be refused before it is whole
            connection.sendall(sent)
        said = b""
        with suppress(ConnectionError):
            while chunk := connection.recv(1 << 16):
                said += chunk
    return said


def statuses(said: bytes) -> list[int]:
    return [int(code) for code in re.findall(rb"HTTP/1\.1 (\d+) \w", said)]


def get(path: bytes, headers: bytes = b"", *, method: bytes = b"GET") -> bytes:
    return method + b" " + path + b" HTTP/1.1\r\n" + LAST + headers + b"\r\n"


def post(body: bytes, headers: bytes = b"") -> bytes:
    head = b"POST /api/analyze HTTP/1.1\r\n" + LAST + b"Content-Type: " + FORM.encode() + b"\r\n"
    return head + b"Content-Length: %d\r\n" % len(body) + headers + b"\r\n" + body


FIELD = b'--xyx\r\nContent-Disposition: form-data; name="f"\r\n\r\nv\r\n'
UPGRADE = b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"


@pytest.mark.parametrize(
    ("sent", "wanted"),
    [
        pytest.param(b"GET /\r\n\r\n", [400], id="HTTP/0.9"),
        pytest.param(b"GET /api/health HTTP/1.0\r\n\r\n", [421], id="no host"),
        pytest.param(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", [421, 400], id="HTTP/2 at once"),
        pytest.param(get(b"/api/health", b"Upgrade: websocket\r\n" + UPGRADE), [200], id="a web socket"),
        pytest.param(get(b"/api/health", b"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"), [200], id="HTTP/2"),
        pytest.param(b"CONNECT localhost:22 HTTP/1.1\r\n" + LAST + b"\r\n", [404], id="as a proxy, to a port"),
        pytest.param(get(b"http://attacker.example/api/songs"), [404], id="as a proxy, to an address"),
        pytest.param(get(b"/", method=b"TRACE"), [405], id="TRACE"),
        pytest.param(get(b"/", method=b"A" * 5000), [405], id="a long method"),
        pytest.param(get(b"/a\0b"), [400], id="a NUL in the address"),
        pytest.param(get(b"/\xff\xfe"), [400], id="bytes in the address"),
        pytest.param(get(b"/api/songs/1%00/audio"), [422], id="an escaped NUL"),
        pytest.param(get(b"/assets\\..\\..\\x"), [404], id="backslashes"),
        pytest.param(get(b"/assets/..%5c..%5cx"), [404], id="escaped backslashes"),
        pytest.param(get(b"/%c0%ae%c0%ae/etc/passwd"), [404], id="overlong dots"),
        pytest.param(get(b"//attacker.example/"), [404], id="two slashes"),
        pytest.param(get(b"/api/songs/"), [404], id="a slash too many, without a redirect"),
        pytest.param(get(b"/api/health", b"X: " + b"a" * 300_000 + b"\r\n"), [400], id="a large header"),
        pytest.param(get(b"/api/health", b"X: y\r\n" * 30_000), [400], id="many headers"),
        pytest.param(get(b"/api/songs?text=" + b"a" * 300_000), [400], id="a large address"),
        pytest.param(get(b"/api/songs?text=" + b"a" * 60_000), [422], id="a long text"),
        pytest.param(get(b"/api/songs?" + b"a=1&" * 15_000), [422], id="many parameters"),
        pytest.param(get(b"/api/songs?" + b"limit=1&" * 7000), [200], id="one many times"),
        pytest.param(get(b"/api/health", b"Cookie: " + b"a=b; " * 10_000 + b"\r\n"), [200], id="many cookies"),
        pytest.param(get(b"/api/health", b"Cookie: \xff=\xfe\r\nAuthorization: \xff\r\n"), [200], id="bytes beside"),
        pytest.param(post(b"", b"Content-Length: 7\r\n"), [400], id="two lengths"),
        pytest.param(b"POST /api/analyze HTTP/1.1\r\n" + LAST + b"Content-Length: -5\r\n\r\n", [400], id="below 0"),
        pytest.param(b"POST / HTTP/1.1\r\n" + LAST + b"Transfer-Encoding: gzip, chunked\r\n\r\n", [400], id="zipped"),
        pytest.param(b"POST / HTTP/1.1\r\n" + LAST + b"Transfer-Encoding: chunked\r\n\r\nz\r\n", [400], id="no chunk"),
        pytest.param(post(FIELD * 10_000 + b"--xyx--\r\n"), [422], id="many fields"),
        pytest.param(post(form(b"x")[:-9] + b"\r\n" + FIELD * 10_000 + b"--xyx--\r\n"), [422], id="many fields behind"),
        pytest.param(post(form(b"x", b"n" * 60_000)), [400], id="a long name"),
        pytest.param(post(b"p" * 1_000_000 + form(b"x")), [400], id="a preamble"),
        pytest.param(post(b"--xyx" + b"-" * 100_000), [400], id="an end alone"),
    ],
)  # fmt: skip
def test_what_no_browser_asks_gets_a_clear_answer(server: Server, sent: bytes, wanted: list[int]) -> None:
    said = exchange(server, sent)
    assert statuses(said) == wanted
    if wanted[-1] >= 400:
        problem = json.loads(said.rpartition(b"\r\n\r\n")[2])
        assert problem["status"] == wanted[-1]
        assert len(problem["detail"]) < 300
    assert b"location:" not in said.lower()
    assert ask(server, "/api/health").status == 200
    eventually(lambda: server.left_over == [])


def test_requests_that_come_at_once_are_answered_in_their_order(server: Server) -> None:
    asked = [b"/api/songs?limit=1&offset=%d" % (i % 4) for i in range(100)]
    said = exchange(
        server, b"".join(b"GET " + path + b" HTTP/1.1\r\n" + HOST + b"\r\n" for path in asked[:-1]) + get(asked[-1])
    )
    assert statuses(said) == [200] * 100
    order = [int(number) for number in re.findall(rb'"songs":\[\{"id":(\d+)', said)]
    assert order == order[:4] * 25
    assert len(set(order[:4])) == 4


@pytest.mark.parametrize(
    "ranges", [",".join(f"{i}-{i + 9}" for i in range(0, 2000, 10)), "0-0," * 5000 + "0-0", "0-" + "9" * 20, "5-1"]
)
def test_many_ranges_are_the_whole_file_once(server: Server, ranges: str) -> None:
    song = ask(server, "/api/search?text=fiesta").json()["songs"][0]
    answer = ask(server, f"/api/songs/{song['id']}/audio", Range=f"bytes={ranges}")
    assert answer.status == 200
    assert answer.body == (server.music / "excited.flac").read_bytes()


def test_more_connections_than_can_be_served_are_told_and_room_is_made(server: Server) -> None:
    with ExitStack() as stack:
        idle = [stack.enter_context(socket.create_connection(("127.0.0.1", server.port), 60)) for _ in range(520)]
        last = idle[-1]
        said = b""
        while chunk := last.recv(1 << 16):
            said += chunk
        assert statuses(said) == [503]
        assert b"too many connections" in said
        assert b"Retry-After: 5" in said
    eventually(lambda: ask(server, "/api/health").status == 200)
    eventually(lambda: files_open(server) < 100)


def files_open(server: Server) -> int:
    return len(list(Path(f"/proc/{server.pid}/fd").iterdir()))


def test_who_runs_the_server_is_not_told_of_forms_that_are_none(
    scanned_music: tuple[Path, Path], tmp_path: Path
) -> None:
    process, port = begun(tmp_path)
    try:
        server = Server("", port, process.pid, *scanned_music, tmp_path, [])
        assert statuses(exchange(server, post(b"no form"))) == [400]
        process.send_signal(signal.SIGTERM)
        assert process.communicate(timeout=20)[1] == "moodcurve: stopped\n"
    finally:
        stop(process)
