"""The command: its beginning, its end, and what it says when it cannot be."""

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

from moodcurve.web.async_pool import Crew
from moodcurve.web.errors import ProblemError
from moodcurve.web.jobs import Job
from moodcurve.web.rate_limit import Rate
from moodcurve.web.temp_folder import PREFIX, temporary_folder
from tests.helpers.command_line import run
from tests.helpers.web_client import ask, form, send
from tests.helpers.web_server import Server, eventually, serving, stop
from tests.test_bare_install import RUN

TOKEN = "a-token-of-letters"
COMMAND = [sys.executable, "-c", "from moodcurve.cli import main; main()", "serve", "--no-open", "--port", "0"]


def begun(tmp_path: Path, *options: str) -> tuple[subprocess.Popen[str], int]:
    """Start a server; give it and its port."""
    process = subprocess.Popen(
        [*COMMAND, "--library", str(tmp_path / "none.sqlite"), *options],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    assert process.stderr is not None
    line = process.stderr.readline()
    found = re.search(r":(\d+)/", line)
    assert found, line
    return process, int(found[1])


def workers_of(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += [int(child) for child in (task / "children").read_text().split()]
    return found


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_at_once_and_cleanly_whatever_it_does(
    scanned_music: tuple[Path, Path], tmp_path: Path, sent: signal.Signals
) -> None:
    process, port = begun(tmp_path)
    try:
        server = Server("", port, process.pid, *scanned_music, tmp_path, [])
        song = (scanned_music[0] / "calm.flac").read_bytes()
        jobs = [send(server, song, wait=False).json() for _ in range(5)]
        listening = socket.create_connection(("127.0.0.1", port))
        listening.sendall(f"GET {jobs[-1]['events']} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        sending = socket.create_connection(("127.0.0.1", port))
        head = "POST /api/analyze HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=xyx\r\n"
        sending.sendall(f"{head}Content-Length: 1000000\r\n\r\n".encode() + form(b"x" * 1000)[:500])
        idle = socket.create_connection(("127.0.0.1", port))
        eventually(lambda: len(list(tmp_path.glob(f"{PREFIX}*/*"))) >= 3)
        children = workers_of(process.pid)
        assert children
        began = time.monotonic()
        process.send_signal(sent)
        said = process.communicate(timeout=20)[1]
        assert time.monotonic() - began < 9  # who waits for a process that is busy waits for ten
    finally:
        stop(process)
    for connection in (listening, sending, idle):
        connection.close()
    assert said == "moodcurve: stopped\n"
    assert process.returncode == 0
    assert list(tmp_path.glob(f"{PREFIX}*")) == []
    eventually(lambda: not any(map(alive, children)))


def test_what_a_killed_server_leaves_is_removed_by_the_next(scanned_music: tuple[Path, Path], tmp_path: Path) -> None:
    process, port = begun(tmp_path)
    server = Server("", port, process.pid, *scanned_music, tmp_path, [])
    song = (scanned_music[0] / "calm.flac").read_bytes()
    for _ in range(3):
        send(server, song, wait=False)
    eventually(lambda: workers_of(process.pid) != [])
    children = workers_of(process.pid)
    process.kill()
    process.communicate()
    (left,) = tmp_path.glob(f"{PREFIX}*")
    eventually(lambda: not any(map(alive, children)))
    other, _ = begun(tmp_path)
    try:
        assert not left.exists()
        third, _ = begun(tmp_path)
        stop(third)
        # one that is at work keeps its own
        assert len(list(tmp_path.glob(f"{PREFIX}*"))) == 1
    finally:
        stop(other)
    assert list(tmp_path.glob(f"{PREFIX}*")) == []


def test_only_its_user_can_read_the_folder_and_no_link_is_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "lock").touch()
    (tmp_path / f"{PREFIX}link").symlink_to(precious)
    (tmp_path / f"{PREFIX}making").mkdir()  # without a lock yet
    with temporary_folder() as folder:
        assert folder.stat().st_mode & 0o077 == 0
        (folder / "upload").touch()
    assert not folder.exists()
    assert (precious / "lock").exists()
    assert (tmp_path / f"{PREFIX}making").exists()


def test_a_port_that_is_in_use() -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = run("serve", "--no-open", "--port", port)
    assert done.exit_code == 1
    said = f"moodcurve: 127.0.0.1:{port}: the port is in use; choose another with --port (0: any that is free)\n"
    assert done.stderr == said


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--host", "no such name."], 1, "no such address"),
        (["--host", "192.0.2.1"], 1, "not an address of this machine"),
        (["--port", "65536"], 2, "65536 is more than 65535"),
        (["--port", "-1"], 2, "less than 0"),
        (["--token", "short"], 2, "16 to 200"),
        (["--public", "example"], 2, "not an address"),
        (["--library", __file__], 1, "test_serve.py: not a library of moodcurve"),
        (["--library", str(Path(__file__).parent)], 1, "web: is a folder"),
        (["--max-upload", "0"], 2, "less than 1"),
        (["--workers", "0"], 2, "less than 1"),
    ],
)
def test_what_cannot_be_served(prepared: None, options: list[str], code: int, message: str) -> None:
    done = run("serve", "--no-open", *options)
    assert done.exit_code == code
    assert message in done.stderr


def test_without_its_libraries_it_names_the_extra() -> None:
    blocked = RUN.replace("in (", "in ('fastapi', 'uvicorn', 'python_multipart', ")
    assert blocked != RUN
    done = subprocess.run([sys.executable, "-c", blocked, "serve"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert done.stderr == (
        "moodcurve: serving needs fastapi, python_multipart, uvicorn: in moodcurve's checkout, run: "
        "pip install -c constraints.txt '.[web]'\n"
    )


def test_a_token_is_made_up_where_others_can_reach_the_server(scanned_music: tuple[Path, Path]) -> None:
    tokens = set()
    for _ in range(2):
        with serving(scanned_music, "--host", "0.0.0.0") as server:
            found = re.search(r"\?token=([\w-]{32})$", server.said[-1])
            assert found
            tokens.add(found[1])
            assert ask(server, "/api/health").status == 401
            assert ask(server, "/api/health", Authorization=f"Bearer {found[1]}").status == 200
    assert len(tokens) == 2


def test_an_address_is_shown_that_other_machines_can_use(scanned_music: tuple[Path, Path]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            pytest.skip("this machine is in no network")
        own = probe.getsockname()[0]
    with serving(scanned_music, "--host", "0.0.0.0", "--token", TOKEN) as server:
        (said,) = [line for line in server.said if "other machines" in line]
        url = f"http://{own}:{server.port}"
        assert said.endswith(f"connect to {url}/?token={TOKEN}")
        assert httpx.get(f"{url}/", timeout=30).status_code == 200
        assert httpx.get(f"{url}/api/health", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200


def test_nobody_is_told_of_requests() -> None:
    """FastAPI gives spans to whatever OpenTelemetry provider there is, unless that is switched off."""
    program = """
import asyncio, sys
from opentelemetry import trace
class Spy(trace.TracerProvider):
    def get_tracer(self, *args, **options):
        sys.exit("somebody traces")
trace.set_tracer_provider(Spy())
import httpx
from moodcurve.web.app import _app
from fastapi import FastAPI
async def main(app):
    app.get("/x")(lambda: None)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        assert (await client.get("/x")).status_code == 200
asyncio.run(main(FastAPI() if sys.argv[1:] else _app()))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    # and the spy does see those who tell
    told = subprocess.run([sys.executable, "-c", program, "all"], capture_output=True, text=True, timeout=60)
    assert told.returncode == 1
    assert "somebody traces" in told.stderr


def test_a_rate_is_a_burst_and_then_so_many_a_minute() -> None:
    now = 0.0
    rate = Rate(per_minute=60, burst=3, now=lambda: now)
    for _ in range(3):
        rate.take("a")
    with pytest.raises(ProblemError, match="in 1 s") as refused:
        rate.take("a")
    assert refused.value.headers == {"Retry-After": "1"}
    rate.take("b")  # another client
    now = 1.0
    rate.take("a")
    with pytest.raises(ProblemError):
        rate.take("a")
    now = 1000.0
    for _ in range(3):  # not more than a burst, however long it was away
        rate.take("a")
    with pytest.raises(ProblemError):
        rate.take("a")


def test_a_rate_forgets_clients_that_have_all_left() -> None:
    now = 0.0
    rate = Rate(per_minute=60, burst=3, now=lambda: now)
    for client in range(1000):
        rate.take(str(client))
    now = 100.0
    rate.take("another")
    assert len(rate._left) == 1


def test_a_job_tells_nothing_after_its_end() -> None:
    job = Job("id", "name")
    job.state = "failed"
    job._tell(0.5, None)
    assert job.state == "failed"
    assert job.events == []


def test_a_crew_that_was_never_needed_is_closed() -> None:
    from moodcurve.workers import Limits

    crew: Crew[str, str] = Crew(lambda: lambda item, report: item, workers=1, limits=Limits())
    crew.close()
