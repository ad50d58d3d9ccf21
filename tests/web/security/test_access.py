"""Tests of access control: host names, origins and tokens, and the security headers of every response."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from moodcurve.web import WebError
from moodcurve.web.settings import Settings
from tests.helpers.web_client import request
from tests.helpers.web_server import TOKEN, Server, serving

pytestmark = pytest.mark.slow

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; "
    "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def status(server: Server, path: str, **options: str | bool) -> int:
    return request(server, path, **options).status  # type: ignore[arg-type]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "localhost:1", "LOCALHOST"])
def test_host_names_of_this_machine_are_accepted(server: Server, host: str) -> None:
    assert status(server, "/api/health", Host=host) == 200


@pytest.mark.parametrize(
    "host",
    [
        "attacker.example",
        "127.0.0.1.attacker.example",
        "localhost.attacker.example",
        "192.168.1.5",
        "",
        "[::1",
        "0",
        "localhost.",
        "127.1",
        "2130706433",
        "[::ffff:127.0.0.1]",
        "[::1%25eth0]",
        "::1",
        # not host names, although a URL parser would find one in them
        "attacker.example@localhost",
        "localhost@attacker.example",
        "localhost/attacker.example",
        "localhost:port",
        "localhost?attacker.example",
        "localhost#attacker.example",
        "localhost\\attacker.example",
        "local host",
    ],
)
def test_other_host_names_are_rejected(server: Server, host: str) -> None:
    """A page of attacker.example sends its own name after that was rebound to 127.0.0.1."""
    code, headers, body = request(server, "/api/songs", Host=host)
    assert code == 421
    assert json.loads(body)["status"] == code
    assert headers["content-security-policy"] == POLICY
    assert status(server, "/", Host=host) == 421


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://attacker.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:3000"},  # another server on this machine
        {"Origin": "http://127.0.0.1"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ],
)
@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_cross_site_requests_cannot_modify_anything(server: Server, headers: dict[str, str], method: str) -> None:
    path = {"POST": "/api/analyze", "DELETE": "/api/jobs/000000000000"}[method]
    assert status(server, path, method=method, **headers) == 403


def test_the_own_page_and_programs_can_modify(server: Server) -> None:
    origin = f"http://127.0.0.1:{server.port}"
    path = "/api/jobs/000000000000"
    assert status(server, path, method="DELETE", Origin=origin, Sec_Fetch_Site="same-origin") == 404
    assert status(server, path, method="DELETE") == 404
    host = f"localhost:{server.port}"
    assert status(server, path, method="DELETE", Origin=f"http://{host}", Host=host) == 404


@pytest.mark.parametrize("path", ["/api/songs", "/api/songs/1/audio", "/openapi.json", "/docs"])
def test_cross_site_requests_cannot_read_private_data(server: Server, path: str) -> None:
    assert status(server, path, Sec_Fetch_Site="cross-site") == 403
    # links to the page are allowed
    assert status(server, "/", Sec_Fetch_Site="cross-site") == 200


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/", 200),
        ("/docs", 200),
        ("/api/health", 200),
        ("/api/songs/1/audio", 200),
        ("/nothing", 404),
        ("/api/songs/x", 422),
    ],
)
def test_every_response_has_the_security_headers(server: Server, path: str, code: int) -> None:
    found, headers, _ = request(server, path)
    assert found == code
    assert headers["content-security-policy"] == POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-resource-policy"] == headers["cross-origin-opener-policy"] == "same-origin"
    assert "access-control-allow-origin" not in headers
    assert "server" not in headers
    assert "cache-control" in headers


def test_invalid_http_gets_a_problem_object(server: Server) -> None:
    import socket

    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(b"\x16\x03\x01 hello\r\n\r\n")
        reply = b""
        while chunk := connection.recv(4096):
            reply += chunk
    head, _, body = reply.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert f"Content-Security-Policy: {POLICY}".encode() in head
    assert json.loads(body)["status"] == 400


@pytest.fixture(scope="module")
def token_server(scanned_music: tuple[Path, Path]) -> Iterator[Server]:
    """A server with a token that listens on all addresses, also behind a proxy."""
    options = ("--host", "0.0.0.0", "--public", "https://music.example/moods")
    with serving(scanned_music, *options, environment={"MOODCURVE_TOKEN": TOKEN}) as running:
        yield running


@pytest.mark.parametrize(
    "path", ["/api/health", "/api/songs", "/api/songs/1/audio", "/api/map", "/openapi.json", "/docs"]
)
def test_private_data_needs_the_token(token_server: Server, path: str) -> None:
    code, headers, body = request(token_server, path, token=False)
    assert code == 401
    assert headers["www-authenticate"] == "Bearer"
    assert headers["content-security-policy"] == POLICY
    assert b"moodcurve serve" in body
    for wrong in ("Bearer ", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x"):
        # each path from another client, of which none may guess often
        assert status(token_server, path, Authorization=wrong, X_Forwarded_For=f"192.0.2.{len(path)}") == 401
    assert status(token_server, path, Cookie=f"moodcurve-{token_server.port}=wrong", token=False) == 401
    # URLs end up in histories and logs
    assert status(token_server, f"{path}?token={TOKEN}", token=False) == 401
    assert status(token_server, path, Authorization=f"Bearer {TOKEN}") == 200


def test_uploads_need_the_token(token_server: Server) -> None:
    assert status(token_server, "/api/analyze", method="POST", token=False) == 401
    assert status(token_server, "/api/analyze", method="POST", Authorization=f"Bearer {TOKEN}") == 415


def test_the_url_with_the_token_sets_a_cookie_and_redirects_to_the_page(token_server: Server) -> None:
    assert any(f"https://music.example/moods/?token={TOKEN}" in line for line in token_server.output)
    assert status(token_server, "/?token=wrong") == 401
    code, headers, _ = request(token_server, f"/?token={TOKEN}")
    assert code == 303
    assert headers["location"] == "./"
    cookie, *attributes = headers["set-cookie"].split("; ")
    assert {"HttpOnly", "SameSite=strict", "Path=/moods/"} <= set(attributes)
    assert status(token_server, "/", token=False) == 200
    assert status(token_server, "/api/health", Cookie=cookie, token=False) == 200


def test_the_cookie_is_secure_behind_an_https_proxy(token_server: Server) -> None:
    secure = request(token_server, f"/?token={TOKEN}", X_Forwarded_Proto="https")[1]["set-cookie"]
    plain = request(token_server, f"/?token={TOKEN}")[1]["set-cookie"]
    assert "Secure" in secure.split("; ")
    assert "Secure" not in plain.split("; ")


def test_host_names_behind_a_proxy(token_server: Server) -> None:
    def code(**headers: str) -> int:
        return status(token_server, "/api/health", Authorization=f"Bearer {TOKEN}", **headers)

    assert code(Host="music.example") == 200
    assert code(Host="192.168.1.5:8765") == 200  # it listens on all addresses
    assert code(Host="attacker.example") == 421
    path, own = "/api/jobs/000000000000", {"Authorization": f"Bearer {TOKEN}"}
    assert status(token_server, path, method="DELETE", Origin="https://music.example", **own) == 404
    assert status(token_server, path, method="DELETE", Origin="http://music.example", **own) == 403


def test_paths_have_the_prefix_of_the_proxy(token_server: Server) -> None:
    body = b"--x\r\nContent-Disposition: form-data; name=file; filename=a\r\n\r\n\r\n--x--\r\n"
    own = {"Authorization": f"Bearer {TOKEN}", "Content_Type": "multipart/form-data; boundary=x"}
    code, _, response = request(token_server, "/api/analyze", method="POST", body=body, **own)
    created = json.loads(response)
    assert code == 202
    assert created["events"] == f"/moods/api/jobs/{created['job']}/events"
    # the proxy strips its prefix
    assert status(token_server, created["events"].removeprefix("/moods"), **own) == 200
    document = json.loads(request(token_server, "/openapi.json", **own)[2])
    assert document["servers"] == [{"url": "/moods"}]


def test_forwarded_headers_are_ignored_without_a_proxy(server: Server) -> None:
    cookie = request(server, f"/?token={TOKEN}", X_Forwarded_Proto="https").headers["set-cookie"]
    assert "Secure" not in cookie.split("; ")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"token": ""}, "16 to 200"),
        ({"token": "short"}, "16 to 200"),
        ({"token": "with a space in it, and long"}, "16 to 200"),
        ({"port": 65536}, "65535"),
        ({"public": "music.example"}, "not a URL"),
        ({"public": "ftp://music.example"}, "not a URL"),
        ({"public": "https://[music"}, "not a URL"),
    ],
)
def test_invalid_settings(options: dict[str, object], message: str) -> None:
    with pytest.raises(WebError, match=message):
        Settings(library=Path("x"), **{"token": TOKEN, **options})  # type: ignore[arg-type]
