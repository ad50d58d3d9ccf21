"""Tests of the command `serve`: start, shutdown, messages, and the parts without a server."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from moodcurve.web.async_pool import AsyncPool
from moodcurve.web.errors import ProblemError
from moodcurve.web.jobs import AnalysisJob
from moodcurve.web.rate_limit import RateLimiter
from moodcurve.web.temp_folder import PREFIX, temporary_folder
from tests.helpers.command_line import run
from tests.helpers.web_client import HEAD, form, request, upload
from tests.helpers.web_server import TOKEN, Server, eventually, serving, stop
from tests.test_bare_install import BLOCK
from tests.test_bare_install import COMMAND as MOODCURVE

pytestmark = pytest.mark.slow

COMMAND = [sys.executable, "-c", "from moodcurve.cli import main; main()", "serve", "--no-open", "--port", "0"]


def start_server(tmp_path: Path, *options: str) -> tuple[subprocess.Popen[str], int]:
    """Start a server; return its process and port."""
    process = subprocess.Popen(
        [*COMMAND, "--library", str(tmp_path / "none.sqlite"), *options],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path), "MOODCURVE_TOKEN": TOKEN},
    )
    assert process.stderr is not None
    line = process.stderr.readline()
    found = re.search(r":(\d+)/", line)
    assert found, line
    return process, int(found[1])


def worker_processes(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += [int(child) for child in (task / "children").read_text().split()]
    return found


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_busy_server_stops_at_once_and_cleanly(
    scanned_music: tuple[Path, Path], tmp_path: Path, sent: signal.Signals
) -> None:
    process, port = start_server(tmp_path)
    try:
        server = Server("", port, process.pid, *scanned_music, tmp_path, [])
        song = (scanned_music[0] / "calm.flac").read_bytes()
        jobs = [upload(server, song, wait=False).json() for _ in range(5)]
        listening = socket.create_connection(("127.0.0.1", port))
        listening.sendall(f"GET {jobs[-1]['events']} HTTP/1.1\r\n{HEAD}\r\n".encode())
        sending = socket.create_connection(("127.0.0.1", port))
        head = f"POST /api/analyze HTTP/1.1\r\n{HEAD}Content-Type: multipart/form-data; boundary=xyx\r\n"
        sending.sendall(f"{head}Content-Length: 1000000\r\n\r\n".encode() + form(b"x" * 1000)[:500])
        idle = socket.create_connection(("127.0.0.1", port))
        eventually(lambda: len(list(tmp_path.glob(f"{PREFIX}*/*"))) >= 4)
        eventually(lambda: worker_processes(process.pid) != [])
        children = worker_processes(process.pid)
        started = time.monotonic()
        process.send_signal(sent)
        for _ in range(10 if sent != signal.SIGINT else 0):  # a closing terminal sends several; all are one
            time.sleep(0.2)
            process.send_signal(sent)
        output = process.communicate(timeout=20)[1]
        assert time.monotonic() - started < 9  # waiting for a busy worker would take ten
    finally:
        stop(process)
    for connection in (listening, sending, idle):
        connection.close()
    assert output == "moodcurve: stopped\n"
    assert process.returncode == 0 or (process.returncode == -sent != -signal.SIGINT)  # one came after the end
    assert list(tmp_path.glob(f"{PREFIX}*")) == []
    eventually(lambda: not any(map(is_alive, children)))


def test_files_of_a_killed_server_are_removed_by_the_next(scanned_music: tuple[Path, Path], tmp_path: Path) -> None:
    process, port = start_server(tmp_path)
    server = Server("", port, process.pid, *scanned_music, tmp_path, [])
    song = (scanned_music[0] / "calm.flac").read_bytes()
    for _ in range(3):
        upload(server, song, wait=False)
    eventually(lambda: worker_processes(process.pid) != [])
    children = worker_processes(process.pid)
    process.kill()
    process.communicate()
    (stale,) = tmp_path.glob(f"{PREFIX}*")
    eventually(lambda: not any(map(is_alive, children)))
    other, _ = start_server(tmp_path)
    try:
        assert not stale.exists()
        third, _ = start_server(tmp_path)
        stop(third)
        # the folder of a running server stays
        assert len(list(tmp_path.glob(f"{PREFIX}*"))) == 1
    finally:
        stop(other)
    assert list(tmp_path.glob(f"{PREFIX}*")) == []


def test_the_temporary_folder_is_private_and_links_are_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "lock").touch()
    (tmp_path / f"{PREFIX}link").symlink_to(precious)
    (tmp_path / f"{PREFIX}making").mkdir()  # has no lock yet
    with temporary_folder() as folder:
        assert folder.stat().st_mode & 0o077 == 0
        (folder / "upload").touch()
    assert not folder.exists()
    assert (precious / "lock").exists()
    assert (tmp_path / f"{PREFIX}making").exists()


def test_port_in_use() -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = run("serve", "--no-open", "--port", port)
    assert done.exit_code == 1
    message = f"moodcurve: 127.0.0.1:{port}: the port is in use; choose another with --port (0: any free port)\n"
    assert done.stderr == message


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--host", "no such name."], 1, "unknown address"),
        (["--host", "192.0.2.1"], 1, "not an address of this machine"),
        (["--port", "65536"], 2, "65536 is more than 65535"),
        (["--port", "-1"], 2, "less than 0"),
        (["--token", "short"], 2, "16 to 200"),
        (["--public", "example"], 2, "not a URL"),
        (["--library", __file__], 1, "test_serve.py: not a library of moodcurve"),
        (["--library", str(Path(__file__).parent)], 1, "web: is a folder"),
        (["--max-upload", "0"], 2, "less than 1"),
        (["--workers", "0"], 2, "less than 1"),
        (["--max-queue", "-1"], 2, "less than 0"),
        (["--rate", "0"], 2, "less than 1"),
        (["--burst", "0"], 2, "less than 1"),
        (["--max-connections", "0"], 2, "less than 1"),
        (["--request-timeout", "0"], 2, "less than 0.1"),
        (["--upload-timeout", "0"], 2, "less than 0.1"),
        (["--response-timeout", "0"], 2, "less than 0.1"),
        (["--stop-timeout", "-1"], 2, "less than 0"),
        (["--keep-results", "0"], 2, "less than 0.01"),
        (["--log-format", "text"], 2, "none, json"),
        (["--allow-host", "http://files.example"], 2, "not a host"),
        (["--state", __file__], 1, "cannot keep batches"),
        (["--music", "nope"], 2, "nope is not a folder"),
    ],
)
def test_invalid_options(prepared: None, options: list[str], code: int, message: str) -> None:
    done = run("serve", "--no-open", *options)
    assert done.exit_code == code
    assert message in done.stderr


def test_the_error_without_the_extra_names_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", BLOCK + MOODCURVE, "serve"], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert done.stderr == (
        "moodcurve: serving needs fastapi, prometheus_client, python_multipart, uvicorn: in moodcurve's checkout, run: "
        "pip install -c constraints.txt '.[web]'\n"
    )


def test_a_random_token_is_used_if_none_is_given(scanned_music: tuple[Path, Path]) -> None:
    tokens = set()
    for host in ("0.0.0.0", "127.0.0.1", "127.0.0.1"):
        with serving(scanned_music, "--host", host, environment={"MOODCURVE_TOKEN": ""}) as server:
            found = re.search(r"\?token=([\w-]{32})$", server.output[-1])
            assert found
            tokens.add(found[1])
            assert request(server, "/api/health").status == 401
            assert request(server, "/api/health", Authorization=f"Bearer {found[1]}").status == 200
    assert len(tokens) == 3


def test_the_address_for_other_machines_is_shown(scanned_music: tuple[Path, Path]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            pytest.skip("this machine has no network")
        own = probe.getsockname()[0]
    with serving(scanned_music, "--host", "0.0.0.0", "--token", TOKEN) as server:
        (line,) = [text for text in server.output if "other machines" in text]
        url = f"http://{own}:{server.port}"
        assert line.endswith(f"connect to {url}/?token={TOKEN}")
        assert httpx.get(f"{url}/", timeout=30).status_code == 200
        assert httpx.get(f"{url}/api/health", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200


def test_requests_are_not_traced() -> None:
    """FastAPI sends spans to any OpenTelemetry provider unless that is switched off."""
    program = """
import asyncio, sys
from opentelemetry import trace
class Spy(trace.TracerProvider):
    def get_tracer(self, *args, **options):
        sys.exit("traced")
trace.set_tracer_provider(Spy())
import httpx
from moodcurve.web.app import empty_app
from fastapi import FastAPI
async def main(app):
    app.get("/x")(lambda: None)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        assert (await client.get("/x")).status_code == 200
asyncio.run(main(FastAPI() if sys.argv[1:] else empty_app("Songs.")))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    # the spy does work
    traced = subprocess.run([sys.executable, "-c", program, "all"], capture_output=True, text=True, timeout=60)
    assert traced.returncode == 1
    assert "traced" in traced.stderr


def test_the_rate_limit_allows_a_burst_and_then_a_rate() -> None:
    now = 0.0
    limiter = RateLimiter(per_minute=60, burst=3, now=lambda: now)
    for _ in range(3):
        limiter.take("a")
    with pytest.raises(ProblemError, match="in 1 s") as error:
        limiter.take("a")
    assert error.value.headers == {"Retry-After": "1"}
    limiter.take("b")  # another client
    now = 1.0
    limiter.take("a")
    with pytest.raises(ProblemError):
        limiter.take("a")
    now = 1000.0
    for _ in range(3):  # never more than a burst
        limiter.take("a")
    with pytest.raises(ProblemError):
        limiter.take("a")


def test_the_rate_limiter_forgets_clients_with_a_full_bucket() -> None:
    now = 0.0
    limiter = RateLimiter(per_minute=60, burst=3, now=lambda: now)
    for client in range(1000):
        limiter.take(str(client))
    now = 100.0
    limiter.take("another")
    assert len(limiter._buckets) == 1


def test_a_finished_job_gets_no_more_events() -> None:
    job = AnalysisJob("id", "name")
    job.state = "failed"
    job.update(0.5, None)
    assert job.state == "failed"
    assert job.events.last_id == 0


def test_an_unused_pool_can_be_closed() -> None:
    from moodcurve.workers import Limits

    pool: AsyncPool[str, str] = AsyncPool(lambda: lambda item, report: item, workers=1, limits=Limits())
    pool.close()
