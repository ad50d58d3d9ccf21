"""Who is let in: names, origins, tokens; and what every answer says to browsers."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from moodcurve.web import WebError
from moodcurve.web.settings import Settings
from tests.helpers.web_client import ask
from tests.helpers.web_server import Server, serving

TOKEN = "a-token-for-tests-0123"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; "
    "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def status(server: Server, path: str, **options: str) -> int:
    return ask(server, path, **options).status  # type: ignore[arg-type]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "localhost:1", "LOCALHOST"])
def test_names_of_this_machine_are_answered_to(server: Server, host: str) -> None:
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
        # what is no name at all, though a reader of addresses would find one in it
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
def test_other_names_are_not_answered_to(server: Server, host: str) -> None:
    """A page of attacker.example whose name was rebound to 127.0.0.1 sends its own name."""
    code, headers, body = ask(server, "/api/songs", Host=host)
    assert code == 421
    assert json.loads(body)["status"] == code
    assert headers["content-security-policy"] == POLICY
    assert status(server, "/", Host=host) == 421


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://attacker.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:3000"},  # another server of this machine
        {"Origin": "http://127.0.0.1"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ],
)
@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_other_sites_pages_can_change_nothing(server: Server, headers: dict[str, str], method: str) -> None:
    path = {"POST": "/api/analyze", "DELETE": "/api/jobs/000000000000"}[method]
    assert status(server, path, method=method, **headers) == 403


def test_our_own_page_and_programs_can(server: Server) -> None:
    own = f"http://127.0.0.1:{server.port}"
    path = "/api/jobs/000000000000"
    assert status(server, path, method="DELETE", Origin=own, Sec_Fetch_Site="same-origin") == 404
    assert status(server, path, method="DELETE") == 404
    host = f"localhost:{server.port}"
    assert status(server, path, method="DELETE", Origin=f"http://{host}", Host=host) == 404


@pytest.mark.parametrize("path", ["/api/songs", "/api/songs/1/audio", "/openapi.json"])
def test_other_sites_pages_cannot_show_what_is_ours(server: Server, path: str) -> None:
    assert status(server, path, Sec_Fetch_Site="cross-site") == 403
    # but a link may lead to the page
    assert status(server, "/", Sec_Fetch_Site="cross-site") == 200


@pytest.mark.parametrize(
    ("path", "code"),
    [("/", 200), ("/api/health", 200), ("/api/songs/1/audio", 200), ("/nothing", 404), ("/api/songs/x", 422)],
)
def test_every_answer_has_the_headers_that_limit_a_page(server: Server, path: str, code: int) -> None:
    found, headers, _ = ask(server, path)
    assert found == code
    assert headers["content-security-policy"] == POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-resource-policy"] == headers["cross-origin-opener-policy"] == "same-origin"
    assert "access-control-allow-origin" not in headers
    assert "server" not in headers
    assert "cache-control" in headers


def test_what_is_no_http_is_answered_alike(server: Server) -> None:
    import socket

    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(b"\x16\x03\x01 hello\r\n\r\n")
        said = b""
        while chunk := connection.recv(4096):
            said += chunk
    head, _, body = said.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert f"Content-Security-Policy: {POLICY}".encode() in head
    assert json.loads(body)["status"] == 400


@pytest.fixture(scope="module")
def guarded(scanned_music: tuple[Path, Path]) -> Iterator[Server]:
    """A server that listens at all addresses of this machine, behind a proxy, too."""
    options = ("--host", "0.0.0.0", "--public", "https://music.example/moods")
    with serving(scanned_music, *options, environment={"MOODCURVE_TOKEN": TOKEN}) as running:
        yield running


@pytest.mark.parametrize("path", ["/api/health", "/api/songs", "/api/songs/1/audio", "/api/map", "/openapi.json"])
def test_without_the_token_nothing_is_told(guarded: Server, path: str) -> None:
    code, headers, body = ask(guarded, path)
    assert code == 401
    assert headers["www-authenticate"] == "Bearer"
    assert headers["content-security-policy"] == POLICY
    assert b"moodcurve serve" in body
    for wrong in ("Bearer ", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x"):
        assert status(guarded, path, Authorization=wrong) == 401
    assert status(guarded, path, Cookie=f"moodcurve-{guarded.port}=wrong") == 401
    assert status(guarded, f"{path}?token={TOKEN}") == 401  # addresses end up in histories and logs
    assert status(guarded, path, Authorization=f"Bearer {TOKEN}") == 200


def test_sending_a_song_needs_the_token(guarded: Server) -> None:
    assert status(guarded, "/api/analyze", method="POST") == 401
    assert status(guarded, "/api/analyze", method="POST", Authorization=f"Bearer {TOKEN}") == 415


def test_the_address_with_the_token_gives_a_cookie_and_leads_to_the_page(guarded: Server) -> None:
    assert any(f"https://music.example/moods/?token={TOKEN}" in line for line in guarded.said)
    assert status(guarded, "/?token=wrong") == 401
    code, headers, _ = ask(guarded, f"/?token={TOKEN}")
    assert code == 303
    assert headers["location"] == "./"
    cookie, *attributes = headers["set-cookie"].split("; ")
    assert {"HttpOnly", "SameSite=strict", "Path=/moods/"} <= set(attributes)
    assert status(guarded, "/") == 200
    assert status(guarded, "/api/health", Cookie=cookie) == 200


def test_the_cookie_is_for_https_alone_where_the_proxy_speaks_it(guarded: Server) -> None:
    secure = ask(guarded, f"/?token={TOKEN}", X_Forwarded_Proto="https")[1]["set-cookie"]
    plain = ask(guarded, f"/?token={TOKEN}")[1]["set-cookie"]
    assert "Secure" in secure.split("; ")
    assert "Secure" not in plain.split("; ")


def test_names_behind_a_proxy(guarded: Server) -> None:
    def code(**headers: str) -> int:
        return status(guarded, "/api/health", Authorization=f"Bearer {TOKEN}", **headers)

    assert code(Host="music.example") == 200
    assert code(Host="192.168.1.5:8765") == 200  # it listens at all addresses
    assert code(Host="attacker.example") == 421
    path, own = "/api/jobs/000000000000", {"Authorization": f"Bearer {TOKEN}"}
    assert status(guarded, path, method="DELETE", Origin="https://music.example", **own) == 404
    assert status(guarded, path, method="DELETE", Origin="http://music.example", **own) == 403


def test_addresses_have_the_proxys_path(guarded: Server) -> None:
    body = b"--x\r\nContent-Disposition: form-data; name=file; filename=a\r\n\r\n\r\n--x--\r\n"
    own = {"Authorization": f"Bearer {TOKEN}", "Content_Type": "multipart/form-data; boundary=x"}
    code, _, answer = ask(guarded, "/api/analyze", method="POST", body=body, **own)
    begun = json.loads(answer)
    assert code == 202
    assert begun["events"] == f"/moods/api/jobs/{begun['job']}/events"
    # the proxy takes its path off
    assert status(guarded, begun["events"].removeprefix("/moods"), **own) == 200
    document = json.loads(ask(guarded, "/openapi.json", **own)[2])
    assert document["servers"] == [{"url": "/moods"}]


def test_forwarded_addresses_are_believed_only_behind_a_proxy(server: Server) -> None:
    cookie = ask(server, "/?token=x", X_Forwarded_Proto="https")
    assert cookie[0] == 200  # without a token there is nothing to show
    assert "set-cookie" not in cookie[1]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"host": "0.0.0.0"}, "needs a token"),
        ({"host": "192.168.1.5"}, "needs a token"),
        ({"host": "music.example"}, "needs a token"),
        ({"public": "https://music.example"}, "needs a token"),
        ({"token": "short"}, "16 to 200"),
        ({"token": "with a space in it, and long"}, "16 to 200"),
        ({"port": 65536}, "65535"),
        ({"public": "music.example", "token": TOKEN}, "not an address"),
        ({"public": "ftp://music.example", "token": TOKEN}, "not an address"),
        ({"public": "https://[music", "token": TOKEN}, "not an address"),
    ],
)
def test_settings_that_cannot_be(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(WebError, match=message):
        Settings(library=Path("x"), **wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1", "127.8.8.8"])
def test_loopback_needs_no_token(host: str) -> None:
    assert Settings(library=Path("x"), host=host).token is None
