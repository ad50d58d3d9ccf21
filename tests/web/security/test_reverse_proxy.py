"""Tests behind nginx, configured by the lines in docs/http-api.md: page, token, uploads, events, audio and limits."""

import getpass
import http.client
import io
import re
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile
from playwright.sync_api import sync_playwright

from moodcurve.web.settings import ServerLimits
from tests.helpers import ROOT
from tests.helpers.browser import ARGUMENTS, until
from tests.helpers.web_client import FORM, Response, form
from tests.helpers.web_server import Server, eventually, serving

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
OPENSSL = shutil.which("openssl")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (NGINX and OPENSSL), reason="needs nginx and openssl (apt install nginx-light)"),
]

TOKEN = "a-token-for-tests-0123"
NAME = "music.example"
MAX_MB = 9
DOCS = ROOT / "docs" / "http-api.md"
WHOLE = """
daemon off; user {user}; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/a;
    uwsgi_temp_path {folder}/b; scgi_temp_path {folder}/c;
    server {{
        listen 127.0.0.1:{port} ssl;
        server_name {name};
        ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem;
        {location}
    }}
}}
"""


@dataclass(frozen=True)
class Proxy:
    """A running proxy and the server behind it."""

    server: Server
    port: int
    certificate: Path

    def connection(self, source: str = "127.0.0.2") -> http.client.HTTPConnection:
        """Connect by TLS from an address other than that of the proxy."""
        context = ssl.create_default_context(cafile=self.certificate)
        connection = http.client.HTTPConnection(NAME, self.port, timeout=60)
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=60, source_address=(source, 0))
        connection.sock = context.wrap_socket(plain, server_hostname=NAME)
        return connection

    def request(
        self, path: str, *, method: str = "GET", body: bytes | None = None, source: str = "127.0.0.2", **headers: str
    ) -> Response:
        """Send a request; underscores in header names become hyphens."""
        with closing(self.connection(source)) as connection:
            connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
            response = connection.getresponse()
            response_headers = {name.lower(): value for name, value in response.getheaders()}
            return Response(response.status, response_headers, response.read())


@pytest.fixture(scope="module")
def proxy(scanned_music: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """The server behind nginx, at a path of a host name."""
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    options = ("--public", f"https://{NAME}:{port}/moods", "--max-upload", str(MAX_MB), "--workers", "1")
    with serving(scanned_music, *options, environment={"MOODCURVE_TOKEN": TOKEN}) as server:
        folder = tmp_path_factory.mktemp("nginx")
        with nginx(folder, server, port):
            yield Proxy(server, port, folder / "cert.pem")


@contextmanager
def nginx(folder: Path, server: Server, port: int) -> Iterator[None]:
    """Run nginx with the location in the documentation, and stop it at the end."""
    found = re.search(r"^```nginx\n(location .*?)^```$", DOCS.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    assert found
    # only the port and the size limit are changed
    size = f"client_max_body_size {ServerLimits.upload_bytes // 2**20 + 1}m;"
    assert "127.0.0.1:8765/;" in found[1]
    assert size in found[1]
    location = found[1].replace(":8765/", f":{server.port}/").replace(size, f"client_max_body_size {MAX_MB + 1}m;")
    assert OPENSSL
    assert NGINX
    make = f"{OPENSSL} req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN={NAME} -addext subjectAltName=DNS:{NAME}"
    subprocess.run(
        [*make.split(), "-keyout", folder / "key.pem", "-out", folder / "cert.pem"], check=True, capture_output=True
    )
    (folder / "nginx.conf").write_text(
        WHOLE.format(folder=folder, user=getpass.getuser(), port=port, name=NAME, location=location)
    )
    process = subprocess.Popen([NGINX, "-p", folder, "-c", folder / "nginx.conf", "-e", folder / "error.log"])
    try:
        eventually(lambda: listens(port) or process.poll() is not None)
        assert process.poll() is None, (folder / "error.log").read_text()
        yield
    finally:
        process.terminate()
        process.wait(timeout=20)


def listens(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


OWN = {"Authorization": f"Bearer {TOKEN}"}


def test_the_page_and_its_files_are_served(proxy: Proxy) -> None:
    page = proxy.request("/moods/")
    assert page.status == 200
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    links = re.findall(rb'(?:src|href)="([^"]+)"', page.body)
    assert len(links) >= 2
    for link in links:
        assert proxy.request(f"/moods/{link.decode().removeprefix('./')}").status == 200
    redirect = proxy.request("/moods")
    assert (redirect.status, redirect.headers["location"]) == (301, f"https://{NAME}:{proxy.port}/moods/")


def test_the_token_cookie_is_limited_to_this_path_and_https(proxy: Proxy) -> None:
    assert proxy.request("/moods/api/health").status == 401
    redirect = proxy.request(f"/moods/?token={TOKEN}")
    assert (redirect.status, redirect.headers["location"]) == (303, "./")
    cookie, *attributes = redirect.headers["set-cookie"].split("; ")
    assert {"Path=/moods/", "Secure", "HttpOnly", "SameSite=strict"} <= set(attributes)
    assert proxy.request("/moods/api/health", Cookie=cookie).json()["songs"] == 4


def test_only_the_own_page_can_modify(proxy: Proxy) -> None:
    path = "/moods/api/jobs/000000000000"
    own = f"https://{NAME}:{proxy.port}"
    assert proxy.request(path, method="DELETE", Origin=own, Sec_Fetch_Site="same-origin", **OWN).status == 404
    for other in ("https://attacker.example", f"http://{NAME}:{proxy.port}", "null"):
        assert proxy.request(path, method="DELETE", Origin=other, **OWN).status == 403


def test_events_arrive_as_they_occur(proxy: Proxy) -> None:
    long = io.BytesIO()
    soundfile.write(long, np.sin(np.arange(44_100 * 600) / 50), 44_100, format="flac")
    short = (proxy.server.music / "calm.flac").read_bytes()
    created = {}
    for song in (long.getvalue(), short):  # the only worker is busy, so the second song waits
        response = proxy.request("/moods/api/analyze", method="POST", body=form(song), Content_Type=FORM, **OWN)
        created = response.json()
    assert created["events"].startswith("/moods/api/jobs/")
    with closing(proxy.connection()) as connection:
        connection.request("GET", created["events"], headers=OWN)
        response = connection.getresponse()
        assert response.getheader("content-type", "").startswith("text/event-stream")
        # a buffering proxy would hold back these few bytes
        assert response.readline().startswith(b"retry: ")
        assert proxy.request(created["events"].removesuffix("/events"), **OWN).json()["state"] == "waiting"
        names = [line[7:].strip() for line in response if line.startswith(b"event: ")]
    assert names[0] == b"progress"
    assert names[-1] == b"done"
    assert proxy.request(created["curve"], **OWN).json()["source"] == "song.flac"
    assert proxy.request(created["events"], Last_Event_ID=str(len(names)), **OWN).status == 204
    eventually(lambda: proxy.server.left_over == [])


def test_audio_is_served_completely_and_in_ranges(proxy: Proxy) -> None:
    (song,) = proxy.request("/moods/api/search?text=fiesta", **OWN).json()["songs"]
    audio = (proxy.server.music / "excited.flac").read_bytes()
    path = f"/moods/api/songs/{song['id']}/audio"
    complete = proxy.request(path, **OWN)
    assert (complete.status, complete.body) == (200, audio)
    part = proxy.request(path, Range="bytes=1000-1999", **OWN)
    assert (part.status, part.body) == (206, audio[1000:2000])
    assert part.headers["content-range"] == f"bytes 1000-1999/{len(audio)}"
    assert proxy.request(path, Range=f"bytes={len(audio)}-", **OWN).status == 416
    assert proxy.request(path, If_None_Match=complete.headers["etag"], **OWN).status == 304
    head = proxy.request(path, method="HEAD", **OWN)
    assert (head.status, head.body, head.headers["content-length"]) == (200, b"", str(len(audio)))
    columns = proxy.request("/moods/api/map", Accept_Encoding="gzip", **OWN)
    assert columns.headers["content-encoding"] == "gzip"


def test_the_server_rejects_files_that_are_too_large(proxy: Proxy) -> None:
    """The limit of the proxy is higher, to leave space for the form around the file."""

    def status(size: int) -> Response:
        path = "/moods/api/analyze?wait=true"
        return proxy.request(path, method="POST", body=form(bytes(size)), Content_Type=FORM, **OWN)

    largest = MAX_MB << 20
    assert "not audio" in status(largest).json()["detail"]
    assert f"{MAX_MB} MiB" in status(largest + (1 << 17)).json()["detail"]
    beyond = status(largest + (2 << 20))
    assert beyond.status == 413
    assert beyond.headers["content-type"] == "text/html"  # the response of the proxy
    eventually(lambda: proxy.server.left_over == [])


def test_the_rate_limit_is_per_client_and_forged_addresses_are_ignored(proxy: Proxy) -> None:
    def rejected(source: str, **headers: str) -> int:
        path = "/moods/api/analyze"
        statuses = [proxy.request(path, method="POST", source=source, **OWN, **headers).status for _ in range(3)]
        return statuses.count(429)

    for i in range(62):  # 60 at once, and a few more refilled meanwhile
        if rejected("127.0.0.3", X_Forwarded_For=f"10.0.0.{i}"):
            break
    assert rejected("127.0.0.3", X_Forwarded_For="10.0.1.1") >= 1
    assert rejected("127.0.0.4") == 0


def test_the_job_of_a_client_that_disconnects_is_canceled(proxy: Proxy) -> None:
    song = (proxy.server.music / "calm.flac").read_bytes() * 5
    connection = proxy.connection()
    connection.request("POST", "/moods/api/analyze?wait=true", form(song), {"Content-Type": FORM, **OWN})
    eventually(lambda: proxy.server.left_over != [])
    connection.close()
    eventually(lambda: proxy.server.left_over == [])


@pytest.mark.browser
def test_a_browser_opens_the_page_uploads_a_song_and_plays_one(proxy: Proxy, chromium_path: str) -> None:
    arguments = [*ARGUMENTS, f"--host-resolver-rules=MAP {NAME} 127.0.0.1"]
    errors: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=arguments)
        page = browser.new_context(ignore_https_errors=True).new_page()
        page.on("console", lambda message: errors.append(message.text))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"https://{NAME}:{proxy.port}/moods/?token={TOKEN}")
        until(page, "document.documentElement.classList.contains('ready')")
        assert page.url.partition("#")[0] == f"https://{NAME}:{proxy.port}/moods/"
        page.set_input_files(".drop input[type=file]", proxy.server.music / "excited.flac")
        page.locator(".summary-card").wait_for()
        (number,) = page.evaluate("fetch('api/search?text=fiesta').then((a) => a.json())")["songs"]
        page.goto(f"https://{NAME}:{proxy.port}/moods/#/listen/song-{number['id']}")
        until(page, "document.querySelector('#sound').readyState >= 2")
        browser.close()
    assert errors == []
