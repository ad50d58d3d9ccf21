"""Behind nginx, with the very lines of docs/web.md: page, token, uploads, events as they come, sound, limits."""

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

from moodcurve.web.settings import Settings
from tests.helpers import ROOT
from tests.helpers.browser import ARGUMENTS, until
from tests.helpers.web_client import FORM, Answer, form
from tests.helpers.web_server import Server, eventually, serving

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
OPENSSL = shutil.which("openssl")
pytestmark = pytest.mark.skipif(not (NGINX and OPENSSL), reason="needs nginx and openssl (apt install nginx-light)")

TOKEN = "a-token-for-tests-0123"
NAME = "music.example"
MOST_MB = 9
DOCS = ROOT / "docs" / "web.md"
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
    """A proxy at work, and the server behind it."""

    server: Server
    port: int
    certificate: Path

    def connection(self, source: str = "127.0.0.2") -> http.client.HTTPConnection:
        """Connect by TLS, from an address that is not the proxy's own."""
        context = ssl.create_default_context(cafile=self.certificate)
        connection = http.client.HTTPConnection(NAME, self.port, timeout=60)
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=60, source_address=(source, 0))
        connection.sock = context.wrap_socket(plain, server_hostname=NAME)
        return connection

    def ask(
        self, path: str, *, method: str = "GET", body: bytes | None = None, source: str = "127.0.0.2", **headers: str
    ) -> Answer:
        """Send a request, whose headers have underscores for hyphens."""
        with closing(self.connection(source)) as connection:
            connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
            answer = connection.getresponse()
            named = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, named, answer.read())


@pytest.fixture(scope="module")
def proxy(scanned_music: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """The server behind nginx, at a path of an address with a name."""
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    options = ("--public", f"https://{NAME}:{port}/moods", "--max-upload", str(MOST_MB), "--workers", "1")
    with serving(scanned_music, *options, environment={"MOODCURVE_TOKEN": TOKEN}) as server:
        folder = tmp_path_factory.mktemp("nginx")
        with nginx(folder, server, port):
            yield Proxy(server, port, folder / "cert.pem")


@contextmanager
def nginx(folder: Path, server: Server, port: int) -> Iterator[None]:
    """Start nginx with the location that the documentation shows; at the end it is told to stop."""
    found = re.search(r"^```\n(location .*?)^```$", DOCS.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    assert found
    # the port, and the size in proportion, are all that is changed
    size = f"client_max_body_size {Settings.upload_bytes // 2**20 + 1}m;"
    assert "127.0.0.1:8765/;" in found[1]
    assert size in found[1]
    location = found[1].replace(":8765/", f":{server.port}/").replace(size, f"client_max_body_size {MOST_MB + 1}m;")
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


def test_the_page_and_its_parts_are_there(proxy: Proxy) -> None:
    page = proxy.ask("/moods/")
    assert page.status == 200
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    parts = re.findall(rb'(?:src|href)="([^"]+)"', page.body)
    assert len(parts) >= 2
    for part in parts:
        assert proxy.ask(f"/moods/{part.decode().removeprefix('./')}").status == 200
    away = proxy.ask("/moods")
    assert (away.status, away.headers["location"]) == (301, f"https://{NAME}:{proxy.port}/moods/")


def test_the_token_becomes_a_cookie_for_this_path_and_https_alone(proxy: Proxy) -> None:
    assert proxy.ask("/moods/api/health").status == 401
    greeted = proxy.ask(f"/moods/?token={TOKEN}")
    assert (greeted.status, greeted.headers["location"]) == (303, "./")
    cookie, *attributes = greeted.headers["set-cookie"].split("; ")
    assert {"Path=/moods/", "Secure", "HttpOnly", "SameSite=strict"} <= set(attributes)
    assert proxy.ask("/moods/api/health", Cookie=cookie).json()["songs"] == 4


def test_our_own_page_may_change_what_others_may_not(proxy: Proxy) -> None:
    path = "/moods/api/jobs/000000000000"
    own = f"https://{NAME}:{proxy.port}"
    assert proxy.ask(path, method="DELETE", Origin=own, Sec_Fetch_Site="same-origin", **OWN).status == 404
    for other in ("https://attacker.example", f"http://{NAME}:{proxy.port}", "null"):
        assert proxy.ask(path, method="DELETE", Origin=other, **OWN).status == 403


def test_events_come_as_they_happen(proxy: Proxy) -> None:
    long = io.BytesIO()
    soundfile.write(long, np.sin(np.arange(44_100 * 600) / 50), 44_100, format="flac")
    short = (proxy.server.music / "calm.flac").read_bytes()
    begun = {}
    for song in (long.getvalue(), short):  # the one worker is busy, and the second song waits
        answer = proxy.ask("/moods/api/analyze", method="POST", body=form(song), Content_Type=FORM, **OWN)
        begun = answer.json()
    assert begun["events"].startswith("/moods/api/jobs/")
    with closing(proxy.connection()) as connection:
        connection.request("GET", begun["events"], headers=OWN)
        answer = connection.getresponse()
        assert answer.getheader("content-type", "").startswith("text/event-stream")
        # a few bytes, which a proxy that holds answers back would keep until there are more
        assert answer.readline().startswith(b"retry: ")
        assert proxy.ask(begun["events"].removesuffix("/events"), **OWN).json()["state"] == "waiting"
        names = [line[7:].strip() for line in answer if line.startswith(b"event: ")]
    assert names[0] == b"progress"
    assert names[-1] == b"done"
    assert proxy.ask(begun["curve"], **OWN).json()["source"] == "song.flac"
    assert proxy.ask(begun["events"], Last_Event_ID=str(len(names)), **OWN).status == 204
    eventually(lambda: proxy.server.left_over == [])


def test_sound_comes_whole_and_in_ranges(proxy: Proxy) -> None:
    (song,) = proxy.ask("/moods/api/search?text=fiesta", **OWN).json()["songs"]
    sound = (proxy.server.music / "excited.flac").read_bytes()
    path = f"/moods/api/songs/{song['id']}/audio"
    whole = proxy.ask(path, **OWN)
    assert (whole.status, whole.body) == (200, sound)
    part = proxy.ask(path, Range="bytes=1000-1999", **OWN)
    assert (part.status, part.body) == (206, sound[1000:2000])
    assert part.headers["content-range"] == f"bytes 1000-1999/{len(sound)}"
    assert proxy.ask(path, Range=f"bytes={len(sound)}-", **OWN).status == 416
    assert proxy.ask(path, If_None_Match=whole.headers["etag"], **OWN).status == 304
    head = proxy.ask(path, method="HEAD", **OWN)
    assert (head.status, head.body, head.headers["content-length"]) == (200, b"", str(len(sound)))
    places = proxy.ask("/moods/api/map", Accept_Encoding="gzip", **OWN)
    assert places.headers["content-encoding"] == "gzip"


def test_the_largest_file_passes_and_a_larger_one_is_refused_by_us(proxy: Proxy) -> None:
    """The proxy's own limit leaves room for what a form has around a file."""

    def status(size: int) -> Answer:
        path = "/moods/api/analyze?wait=true"
        return proxy.ask(path, method="POST", body=form(bytes(size)), Content_Type=FORM, **OWN)

    largest = MOST_MB << 20
    assert "not audio" in status(largest).json()["detail"]
    assert f"{MOST_MB} MiB" in status(largest + (1 << 17)).json()["detail"]
    beyond = status(largest + (2 << 20))
    assert beyond.status == 413
    assert beyond.headers["content-type"] == "text/html"  # the proxy's own words
    eventually(lambda: proxy.server.left_over == [])


def test_each_client_has_its_own_rate_and_none_can_take_anothers_name(proxy: Proxy) -> None:
    def refused(source: str, **headers: str) -> int:
        path = "/moods/api/analyze"
        statuses = [proxy.ask(path, method="POST", source=source, **OWN, **headers).status for _ in range(3)]
        return statuses.count(429)

    for i in range(62):  # 60 at once, and one or two more for the time that this takes
        if refused("127.0.0.3", X_Forwarded_For=f"10.0.0.{i}"):
            break
    assert refused("127.0.0.3", X_Forwarded_For="10.0.1.1") >= 1
    assert refused("127.0.0.4") == 0


def test_a_client_that_leaves_takes_its_job_along(proxy: Proxy) -> None:
    song = (proxy.server.music / "calm.flac").read_bytes() * 5
    connection = proxy.connection()
    connection.request("POST", "/moods/api/analyze?wait=true", form(song), {"Content-Type": FORM, **OWN})
    eventually(lambda: proxy.server.left_over != [])
    connection.close()
    eventually(lambda: proxy.server.left_over == [])


@pytest.mark.browser
def test_a_browser_opens_the_page_sends_a_song_and_hears_it(proxy: Proxy, chromium_path: str) -> None:
    arguments = [*ARGUMENTS, f"--host-resolver-rules=MAP {NAME} 127.0.0.1"]
    troubles: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=arguments)
        page = browser.new_context(ignore_https_errors=True).new_page()
        page.on("console", lambda message: troubles.append(message.text))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.goto(f"https://{NAME}:{proxy.port}/moods/?token={TOKEN}")
        until(page, "document.documentElement.classList.contains('ready')")
        assert page.url.partition("#")[0] == f"https://{NAME}:{proxy.port}/moods/"
        page.set_input_files(".drop input[type=file]", proxy.server.music / "excited.flac")
        page.locator(".summary-card").wait_for()
        (number,) = page.evaluate("fetch('api/search?text=fiesta').then((a) => a.json())")["songs"]
        page.goto(f"https://{NAME}:{proxy.port}/moods/#/listen/song-{number['id']}")
        until(page, "document.querySelector('#sound').readyState >= 2")
        browser.close()
    assert troubles == []
