"""Other users of the machine, and other servers of the same host: they get nothing without the token."""

import http.client
import json
import os
import re
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.web_client import request
from tests.helpers.web_server import TOKEN, Server, eventually, serving, stop

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def guarded(scanned_music: tuple[Path, Path]) -> Iterator[Server]:
    """A server on the loopback address of which the tests are the only client."""
    with serving(scanned_music) as running:
        yield running


@pytest.mark.parametrize("path", ["/api/health", "/api/songs", "/api/songs/1/audio", "/api/map", "/docs"])
def test_another_user_of_the_machine_gets_nothing(guarded: Server, path: str) -> None:
    """The server could read for them what they cannot: it runs as the owner of the music."""
    for song in guarded.music.iterdir():
        song.chmod(0o600)
    assert request(guarded, path, token=False).status == 401
    assert request(guarded, path).status == 200


def test_the_browser_opens_a_private_file_and_no_process_list_shows_the_token(
    scanned_music: tuple[Path, Path], tmp_path: Path
) -> None:
    browser, opened = tmp_path / "browser", tmp_path / "opened"
    browser.write_text(f'#!/bin/sh\necho "$@" > {opened}.new\nmv {opened}.new {opened}\n', encoding="utf-8")
    browser.chmod(0o700)
    variables = {"BROWSER": str(browser), "DISPLAY": ":0", "TMPDIR": str(tmp_path), "MOODCURVE_TOKEN": TOKEN}
    words = ["serve", "--library", str(scanned_music[1]), "--port", "0", "--host", "0.0.0.0"]
    command = [sys.executable, "-c", "from moodcurve.cli import main; main()", *words]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env={**os.environ, **variables})
    try:
        eventually(opened.exists)
        url = opened.read_text(encoding="utf-8").strip()
        assert url.startswith("file:///")
        assert TOKEN not in url
        page = Path(url.removeprefix("file://"))
        assert stat.S_IMODE(page.stat().st_mode) == 0o600
        assert stat.S_IMODE(page.parent.stat().st_mode) == 0o700
        assert re.search(rf'content="0; url=http://127.0.0.1:\d+/\?token={TOKEN}"', page.read_text(encoding="utf-8"))
    finally:
        stop(process)
    assert not page.exists()


def test_the_cookie_is_not_the_token_and_of_one_port(guarded: Server) -> None:
    """Browsers send it to every port of the host, also to servers of others."""
    cookie = request(guarded, f"/?token={TOKEN}", token=False).headers["set-cookie"].partition(";")[0]
    name, _, value = cookie.partition("=")
    assert name == f"moodcurve-{guarded.port}"
    assert TOKEN not in value
    assert request(guarded, "/api/health", token=False, Cookie=cookie).status == 200
    assert request(guarded, "/api/health", Authorization=f"Bearer {value}").status == 401
    with serving((guarded.music, guarded.library)) as other:
        assert request(other, "/api/health", token=False, Cookie=f"moodcurve-{other.port}={value}").status == 401


def test_guesses_are_slow(guarded: Server) -> None:
    cookie = request(guarded, f"/?token={TOKEN}", token=False).headers["set-cookie"].partition(";")[0]
    statuses = []
    # HTTP/1.1 keeps the connection open, so that guesses are as fast as they can be
    connection = http.client.HTTPConnection("127.0.0.1", guarded.port, timeout=60, source_address=("127.0.0.3", 0))
    started = time.monotonic()
    for number in range(500):
        by_url = number % 2
        path = f"/?token=wrong-token-{number:08}" if by_url else "/api/health"
        headers = {} if by_url else {"Authorization": f"Bearer wrong-token-{number:08}"}
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        statuses.append(response.status)
        content = json.loads(response.read())
    allowed = 10 + (time.monotonic() - started) / 6 + 1
    assert 10 <= statuses.count(401) <= allowed
    assert statuses.count(401) + statuses.count(429) == 500
    assert "too many requests; try again in" in content["detail"]
    # now not even the right one is compared, but whoever has the cookie, or is another client, notices nothing
    connection.request("GET", "/api/health", headers={"Authorization": f"Bearer {TOKEN}"})
    assert connection.getresponse().status == 429
    connection.close()
    connection = http.client.HTTPConnection("127.0.0.1", guarded.port, timeout=60, source_address=("127.0.0.3", 0))
    connection.request("GET", "/api/health", headers={"Cookie": cookie})
    assert connection.getresponse().status == 200
    connection.close()
    assert request(guarded, "/api/health").status == 200
