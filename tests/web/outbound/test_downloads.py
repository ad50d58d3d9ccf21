"""Tests of downloads from servers that lie, stall, redirect, and lead to addresses of private networks."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from moodcurve.web.errors import ProblemError
from moodcurve.web.outbound import client as client_module
from moodcurve.web.outbound.client import OutboundClient
from moodcurve.web.outbound.downloads import download
from moodcurve.web.outbound.hosts import AllowedHosts
from moodcurve.web.uploads import ReceivedFile
from tests.helpers.raw_server import Answer, fixed, ok, raw_server

SIZE = 100_000
"""Largest file."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "private"
    made.mkdir(mode=0o700)
    return made


async def fetch(
    folder: Path, url: str, *hosts: str, timeout_s: float = 5.0, own_port: int = 1, size: int = SIZE
) -> ReceivedFile:
    client = OutboundClient(AllowedHosts(hosts), own_port=own_port, timeout_s=timeout_s)
    return await download(url, client, folder, max_bytes=size)


def problem_of(folder: Path, work: Callable[[], Awaitable[Any]]) -> ProblemError:
    """Return the problem that a download ends with; nothing is left over."""
    with pytest.raises(ProblemError) as error:
        asyncio.run(work())  # type: ignore[arg-type]
    assert list(folder.iterdir()) == []
    return error.value


def answered(folder: Path, *answers: Answer, **options: Any) -> ProblemError:
    """Return the problem of a download from a server with these answers."""

    async def work() -> None:
        async with raw_server(*answers) as (port, _):
            await fetch(folder, f"http://127.0.0.1:{port}/a.mp3", f"127.0.0.1:{port}", **options)

    return problem_of(folder, work)


def test_a_file_is_stored_whole_and_private(folder: Path) -> None:
    body = bytes(range(256)) * 300

    async def work() -> tuple[ReceivedFile, list[bytes]]:
        async with raw_server(fixed(ok(body))) as (port, requests):
            url = f"http://127.0.0.1:{port}/music/My%20song.mp3?key=secret"
            return await fetch(folder, url, f"127.0.0.1:{port}"), requests

    found, requests = asyncio.run(work())
    assert found.path.read_bytes() == body
    assert found.path.stat().st_mode & 0o077 == 0
    assert found.name == "My song.mp3"
    assert requests[0].startswith(b"GET /music/My%20song.mp3?key=secret HTTP/1.1\r\n")
    assert b"authorization" not in requests[0].lower()


def test_chunks_and_a_body_until_the_end(folder: Path) -> None:
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    for answer in (chunked, b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.0 200 OK\r\n\r\nabcde"):

        async def work(answer: bytes = answer) -> bytes:
            async with raw_server(fixed(answer)) as (port, _):
                found = await fetch(folder, f"http://127.0.0.1:{port}/", f"127.0.0.1:{port}")
                return found.path.read_bytes()

        assert asyncio.run(work()) == b"abcde"


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (ok(b"abc", length=SIZE + 1), 413),
        (b"HTTP/1.1 200 OK\r\n\r\n" + bytes(SIZE + 1), 413),
        (ok(b"abc", length=10), 502),  # ends early
        (ok(b"abc", b"Content-Length: 4"), 502),
        (ok(b"abc", b"Content-Encoding: gzip"), 502),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", 502),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 502),
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", 502),
        (b"HTTP/1.1 206 Partial Content\r\nContent-Length: 1\r\n\r\na", 502),
        (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100_000 + b"\r\n\r\n", 502),
        (b"SSH-2.0-OpenSSH_9\r\n", 502),
        (b"\0" * 1000, 502),
        (b"", 502),
    ],
)
def test_responses_that_lie(folder: Path, answer: bytes, status: int) -> None:
    assert answered(folder, fixed(answer)).status == status


def test_a_body_without_an_end_stops_at_the_limit(folder: Path) -> None:
    sent = 0

    async def endless(request: bytes, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(bytes(50_000))
            sent += 50_000
            await writer.drain()

    assert answered(folder, endless, size=10**6).status == 413
    assert sent < 20 * 10**6  # what the buffers of the two systems hold


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\n\r\nabc"])
def test_a_server_that_stalls(folder: Path, head: bytes) -> None:
    async def stall(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        await asyncio.sleep(5)

    assert answered(folder, stall, timeout_s=0.2).status == 504


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_a_server_that_sends_byte_by_byte(folder: Path, head: bytes) -> None:
    async def drip(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while True:
            writer.write(b"a")
            await writer.drain()
            await asyncio.sleep(0.05)

    assert answered(folder, drip, timeout_s=0.3).status == 504


@pytest.mark.parametrize(
    ("location", "status"),
    [
        (b"http://169.254.169.254/latest/meta-data/", 403),
        (b"http://localhost/", 403),
        (b"//127.0.0.1:1/", 403),
        (b"file:///etc/passwd", 422),
        (b"ftp://127.0.0.1/", 422),
        (b"http://[::1]/", 403),
        (b"/again", 502),  # without an end
        (b"", 502),
    ],
)
def test_redirects_are_checked_as_the_first_url(folder: Path, location: bytes, status: int) -> None:
    redirect = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + location + b"\r\n\r\n"
    assert answered(folder, fixed(redirect)).status == status


def test_a_redirect_to_an_allowed_host_is_followed(folder: Path) -> None:
    async def work() -> tuple[ReceivedFile, list[bytes]]:
        async with raw_server(fixed(ok(b"abc"))) as (second, requests):
            redirect = b"HTTP/1.1 307 Moved\r\nLocation: http://127.0.0.1:%d/x\r\n\r\n" % second
            async with raw_server(fixed(redirect)) as (first, _):
                url = f"http://127.0.0.1:{first}/a.mp3"
                return await fetch(folder, url, f"127.0.0.1:{first}", f"127.0.0.1:{second}"), requests

    found, requests = asyncio.run(work())
    assert (found.path.read_bytes(), found.name) == (b"abc", "a.mp3")
    assert len(requests) == 1


@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.1"], ["169.254.169.254"], ["10.0.0.1"], ["::1"], ["::ffff:127.0.0.1"], ["93.184.216.34", "127.0.0.1"]],
)
def test_a_name_that_leads_to_a_private_network_is_not_contacted(
    folder: Path, monkeypatch: pytest.MonkeyPatch, addresses: list[str]
) -> None:
    resolve_to(monkeypatch, addresses)
    monkeypatch.setattr(asyncio, "open_connection", lambda *_, **__: pytest.fail("it was contacted"))
    problem = problem_of(folder, lambda: fetch(folder, "http://files.example/", "files.example"))
    assert (problem.status, "not public" in problem.detail) == (403, True)


def test_a_name_may_lead_to_an_address_that_is_allowed_itself(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    resolve_to(monkeypatch, ["127.0.0.1"])

    async def work() -> bytes:
        async with raw_server(fixed(ok(b"abc"))) as (port, requests):
            url = f"http://files.example:{port}/"
            found = await fetch(folder, url, f"files.example:{port}", f"127.0.0.1:{port}")
            assert b"Host: files.example:%d\r\n" % port in requests[0]
            return found.path.read_bytes()

    assert asyncio.run(work()) == b"abc"


def test_the_checked_address_is_the_one_contacted(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([["93.184.216.34"], ["127.0.0.1"]])  # as of a name server that rebinds
    monkeypatch.setattr(client_module.socket, "getaddrinfo", lambda *_, **__: answer_of(next(answers)))
    contacted = []

    async def connect(host: str, port: int, **options: object) -> None:
        contacted.append((host, port, options["server_hostname"]))
        raise ConnectionRefusedError

    monkeypatch.setattr(asyncio, "open_connection", connect)
    problem = problem_of(folder, lambda: fetch(folder, "https://files.example/", "files.example"))
    assert problem.status == 502
    assert contacted == [("93.184.216.34", 443, "files.example")]


def test_the_server_does_not_contact_itself(folder: Path) -> None:
    async def work() -> None:
        async with raw_server(fixed(ok(b"abc"))) as (port, requests):
            try:
                await fetch(folder, f"http://127.0.0.1:{port}/", f"127.0.0.1:{port}", own_port=port)
            finally:
                assert requests == []

    problem = problem_of(folder, work)
    assert (problem.status, "to itself" in problem.detail) == (403, True)


def test_unknown_and_unreachable_hosts(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert problem_of(folder, lambda: fetch(folder, f"http://127.0.0.1:{port}/", f"127.0.0.1:{port}")).status == 502

    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror

    monkeypatch.setattr(client_module.socket, "getaddrinfo", unknown)
    problem = problem_of(folder, lambda: fetch(folder, "http://files.example/", "files.example"))
    assert (problem.status, problem.detail) == (502, "files.example: unknown host")


def resolve_to(monkeypatch: pytest.MonkeyPatch, addresses: list[str]) -> None:
    monkeypatch.setattr(client_module.socket, "getaddrinfo", lambda *_, **__: answer_of(addresses))


def answer_of(addresses: list[str]) -> list[tuple[int, int, int, str, tuple[str, int]]]:
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80)) for address in addresses]
