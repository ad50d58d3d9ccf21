"""Tests of batches, raw bodies, metrics and the log of a real server, which downloads songs from another one."""

import base64
import hashlib
import hmac
import json
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.helpers.command_line import run
from tests.helpers.web_client import AUTHORIZATION, Response, request
from tests.helpers.web_server import TOKEN, Server, eventually, serving

pytestmark = pytest.mark.slow

KEY = bytes(range(32))
SECRET = "whsec_" + base64.b64encode(KEY).decode()


class Files(SimpleHTTPRequestHandler):
    """Serves files, and keeps messages."""

    messages: ClassVar[list[tuple[dict[str, str], bytes]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.messages.append(({name.lower(): value for name, value in self.headers.items()}, body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *about: Any) -> None: ...


@contextmanager
def http_server(handler: Any) -> Iterator[int]:
    """Run a server; yield its port."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def files(scanned_music: tuple[Path, Path]) -> Iterator[str]:
    """URL of a server of the songs."""
    with http_server(partial(Files, directory=str(scanned_music[0]))) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def server(scanned_music: tuple[Path, Path], files: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that may contact `files` and itself, for all tests of this module."""
    state = tmp_path_factory.mktemp("state") / "server"
    options = [
        "--allow-host",
        files.removeprefix("http://"),
        "--state",
        str(state),
        "--open-metrics",
        "--burst",
        "1000",
    ]
    with serving(scanned_music, *options, environment={"MOODCURVE_WEBHOOK_SECRET": SECRET}) as running:
        yield running


def send(server: Server, data: Any, **headers: str) -> Response:
    body = data if isinstance(data, bytes) else json.dumps(data).encode()
    return request(server, "/api/analyze", method="POST", body=body, Content_Type="application/json", **headers)


def wait_for(server: Server, id: str) -> Any:
    eventually(lambda: request(server, f"/api/batches/{id}?limit=0").json()["state"] == "finished", 120)
    return request(server, f"/api/batches/{id}").json()


def results(server: Server, id: str) -> list[Any]:
    response = request(server, f"/api/batches/{id}/results")
    assert response.headers["content-type"].startswith("application/x-ndjson")
    return [json.loads(line) for line in response.body.decode().splitlines()]


def test_a_batch_of_songs_and_urls(server: Server, files: str) -> None:
    known = {song["file"]: song["id"] for song in request(server, "/api/songs").json()["songs"]}
    Files.messages.clear()
    batch = {
        "songs": [known["sad.flac"], 9999],
        "urls": [f"{files}/excited.flac?signature=x", f"{files}/not%20music.mp3", f"{files}/missing.flac"],
        "webhook": f"{files}/hook",
    }
    created = send(server, batch)
    assert created.status == 202
    id = created.json()["batch"]
    assert created.json() == {"batch": id, "status": f"/api/batches/{id}", "results": f"/api/batches/{id}/results"}
    status = wait_for(server, id)
    assert [item["state"] for item in status["items"]] == ["done", "failed", "done", "failed", "failed"]
    assert status["counts"] == {"waiting": 0, "running": 0, "done": 2, "failed": 3}
    problems = [(item["problem"] or {}).get("status") for item in status["items"]]
    assert problems == [None, 404, None, 422, 502]
    assert status["expires_at"] > status["finished_at"] >= status["created_at"]

    found = results(server, id)
    assert [result["number"] for result in found] == list(range(5))
    assert [result["song"] for result in found] == [known["sad.flac"], 9999, None, None, None]
    assert found[0]["curve"] == request(server, f"/api/songs/{known['sad.flac']}/curve").json()
    done = run("analyze", server.music / "excited.flac", "-f", "json")
    assert found[2]["curve"] == {**json.loads(done.stdout), "source": "excited.flac"}
    assert "not audio" in found[3]["problem"]["detail"]
    assert str(server.temporary) not in json.dumps(found)
    curve = status["items"][2]["curve"]
    assert (
        request(server, f"{curve}?format=csv").body.decode()
        == run("analyze", server.music / "excited.flac", "-f", "csv").stdout
    )
    assert request(server, f"/api/batches/{id}/items/1/curve").status == 409
    assert request(server, f"/api/batches/{id}/items/5/curve").status == 404
    eventually(lambda: server.left_over == [])

    eventually(lambda: len(Files.messages) == 1)
    headers, body = Files.messages[0]
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(KEY, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert json.loads(body)["data"] == {"batch": id, "url": f"/api/batches/{id}", "counts": status["counts"]}
    eventually(lambda: request(server, f"/api/batches/{id}").json()["webhook"] == "delivered")

    assert request(server, f"/api/batches/{id}", method="DELETE").status == 204
    for path in ("", "/results", "/items/0/curve"):
        assert request(server, f"/api/batches/{id}{path}").status == 404


def test_a_key_gives_the_same_batch(server: Server) -> None:
    first, again = (send(server, {"songs": [1]}, Idempotency_Key="a-key") for _ in range(2))
    assert first.json() == again.json()
    assert send(server, {"songs": [2]}, Idempotency_Key="a-key").status == 422
    assert send(server, {"songs": [1]}, Idempotency_Key="ä").status == 422
    assert send(server, {"songs": [1]}).json() != first.json()


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        (b"", 400, "not JSON"),
        (b'{"songs": [1', 400, "not JSON"),
        (b"[" * 100_000, 400, "not JSON"),
        (b'{"songs": "\xff"}', 400, "not JSON"),
        (b"null", 422, "body"),
        (b"[1, 2]", 422, "body"),
        (b"{}", 422, "0 songs and urls"),
        (b'{"songs": [' + b"1," * 1000 + b"1]}", 422, "1001 songs and urls"),
        (b'{"songs": [' + b'"x",' * 100_000 + b"1]}", 422, "songs.0"),
        (b'{"songs": [-1]}', 422, "songs.0"),
        (b'{"songs": [9223372036854775808]}', 422, "songs.0"),
        (b'{"songs": [1.5]}', 422, "songs.0"),
        (b'{"songs": [true]}', 422, "songs.0"),
        (b'{"songs": {"a": 1}}', 422, "songs"),
        (b'{"songs": [1], "path": "/etc/passwd"}', 422, "path"),
        (b'{"urls": ["file:///etc/passwd"]}', 422, "urls.0"),
        (b'{"urls": ["http://169.254.169.254/latest/meta-data"]}', 403, "urls.0"),
        (b'{"urls": ["http://localhost:1/"]}', 403, "urls.0"),
        (b'{"songs": [1], "webhook": "http://169.254.169.254/"}', 403, "does not allow"),
        (b'{"songs": [1]}' + b" " * 3_000_000, 413, "larger"),
    ],
)
def test_invalid_batches(server: Server, body: bytes, status: int, reason: str) -> None:
    response = send(server, body)
    assert response.status == status
    assert reason in response.json()["detail"]
    assert len(response.body) < 1000


def test_parameters_of_songs_are_not_those_of_batches(server: Server) -> None:
    for query in ("wait=true", "track=1", "name=a"):
        body = b'{"songs": [1]}'
        path = f"/api/analyze?{query}"
        response = request(server, path, method="POST", body=body, Content_Type="application/json")
        assert response.status == 422


def test_unknown_batches(server: Server) -> None:
    for method, path in (("GET", ""), ("GET", "/results"), ("GET", "/items/0/curve"), ("DELETE", "")):
        assert request(server, f"/api/batches/000000000000{path}", method=method).status == 404
        assert request(server, f"/api/batches/short{path}", method=method).status == 422


@pytest.mark.parametrize("kind", ["audio/flac", "Application/Octet-Stream", "video/mp4; codecs=x"])
def test_a_song_as_the_body(server: Server, kind: str) -> None:
    song = (server.music / "tense.flac").read_bytes()
    path = "/api/analyze?wait=true&name=..%2FMy%20song.flac"
    response = request(server, path, method="POST", body=song, Content_Type=kind)
    assert response.status == 200
    assert response.json()["source"] == "My song.flac"
    done = json.loads(run("analyze", server.music / "tense.flac", "-f", "json").stdout)
    assert {**response.json(), "source": ""} == {**done, "source": ""}
    eventually(lambda: server.left_over == [])


def test_curl_sends_a_song_as_the_body(server: Server) -> None:
    url = f"http://127.0.0.1:{server.port}/api/analyze?wait=true"
    options = ["-H", "Content-Type: audio/mpeg", "-H", f"Authorization: {AUTHORIZATION}"]
    done = subprocess.run(
        ["curl", "-sS", "--data-binary", f"@{server.music / 'sad.flac'}", *options, url],
        capture_output=True,
        check=True,
    )
    assert json.loads(done.stdout)["source"] == "upload"


def metrics(server: Server) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    response = request(server, "/metrics", Authorization="")
    assert response.headers["content-type"].startswith("text/plain; version=")
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(response.body.decode())
        for sample in family.samples
    }


def test_metrics_count_requests_by_route(server: Server) -> None:
    labels = {"method": "GET", "route": "/api/songs/{id}", "status": "404"}
    name = ("moodcurve_http_requests_total", frozenset(labels.items()))
    before = metrics(server)
    for id in range(1000, 1005):
        request(server, f"/api/songs/{id}")
        request(server, f"/no/such/path/{id}")
        request(server, "/", method=f"MADE{id}")
    after = metrics(server)
    assert after[name] - before.get(name, 0) == 5
    assert len(after) - len(before) < 60  # not a series for each path or method
    assert after["moodcurve_queue", frozenset({("source", "batch"), ("state", "running")})] == 0


def test_metrics_are_open_to_programs_of_this_machine_only(server: Server) -> None:
    assert request(server, "/metrics", Authorization="").status == 200
    for header in ("X_Forwarded_For", "Forwarded", "X_Forwarded_Proto", "Via"):
        assert request(server, "/metrics", Authorization="", **{header: "127.0.0.1"}).status == 401
    assert request(server, "/metrics", Authorization="", Host="evil.example").status == 421
    assert request(server, "/api/health", Authorization="").status == 401


def test_a_stopped_server_finishes_what_runs_and_the_next_one_goes_on(
    scanned_music: tuple[Path, Path], files: str, tmp_path: Path
) -> None:
    state = tmp_path / "state"
    options = ["--allow-host", files.removeprefix("http://"), "--state", str(state), "--workers", "1"]
    with serving(scanned_music, *options, "--stop-timeout", "15") as server:
        id = send(server, {"urls": [f"{files}/calm.flac?{number}" for number in range(5)]}).json()["batch"]
        eventually(lambda: request(server, f"/api/batches/{id}").json()["counts"]["running"] == 2)
    with closing(sqlite3.connect(state / "batches.sqlite")) as db:
        counts = dict(db.execute("SELECT state, COUNT(*) FROM item GROUP BY state"))
    assert counts.get("done", 0) >= 2
    assert counts["waiting"] == 5 - counts["done"] > 0
    with serving(scanned_music, *options) as server:
        second = run("serve", "--library", scanned_music[1], "--port", "0", "--no-open", *options)
        assert "another server" in second.stderr
        assert wait_for(server, id)["counts"]["done"] == 5
        assert [result["number"] for result in results(server, id)] == list(range(5))


@contextmanager
def json_server(scanned: tuple[Path, Path], log: Path) -> Iterator[Server]:
    """Run a server that writes its structured log to a file."""
    music, library = scanned
    words = ["serve", "--library", str(library), "--port", "0", "--no-open", "--log-format", "json"]
    command = [sys.executable, "-c", "from moodcurve.cli import main; main()", *words]
    with log.open("w") as file:
        process = subprocess.Popen(command, stderr=file, env={**os.environ, "MOODCURVE_TOKEN": TOKEN})
    try:
        eventually(lambda: log.read_text().endswith("\n"), 60)
        url = json.loads(log.read_text().splitlines()[0])["url"]
        yield Server(url, int(url.rpartition(":")[2]), process.pid, music, library, log.parent, [])
    finally:
        process.terminate()
        process.wait(20)


def test_the_log_has_a_line_for_each_request_and_song_and_no_secrets(
    scanned_music: tuple[Path, Path], tmp_path: Path
) -> None:
    log = tmp_path / "log"
    with json_server(scanned_music, log) as server:
        request(server, f"/?token={TOKEN}")
        request(server, "/api/songs?text=secret-words", X_Request_ID="from-a-proxy")
        song = (scanned_music[0] / "sad.flac").read_bytes()
        path = "/api/analyze?wait=true&name=private-name.flac"
        response = request(server, path, method="POST", body=song, Content_Type="audio/flac")
        assert response.status == 200
        id = response.headers["x-request-id"]
        assert request(server, "/api/health", X_Request_ID="two words").headers["x-request-id"] != "two words"
    text = log.read_text()
    found = [json.loads(line) for line in text.splitlines()]
    assert found[0]["event"] == "started"
    requests = [line for line in found if line["event"] == "request"]
    assert [line["path"] for line in requests] == ["/", "/api/songs", "/api/analyze", "/api/health"]
    assert requests[1]["request_id"] == "from-a-proxy"
    (song_line,) = [line for line in found if line["event"] == "song"]
    assert (song_line["request_id"], song_line["result"]) == (id, "done")
    for secret in (TOKEN, "secret-words", "private-name"):
        assert secret not in text


def test_json_logs_need_a_token(prepared: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MOODCURVE_TOKEN", raising=False)
    done = run("serve", "--no-open", "--log-format", "json")
    assert (done.exit_code, "MOODCURVE_TOKEN" in done.stderr) == (2, True)
