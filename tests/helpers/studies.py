"""Rating studies for tests: a folder of short songs, a server process that can be killed, and raters' browsers."""

import json
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, BrowserContext, Page

from moodcurve.annotate.access import Access
from tests.helpers.browser import until
from tests.helpers.short_song import write_song

SHORT_STUDY = (
    'practice_s = 0.5\nheadphones = "off"\ntraining = false\nconsent = "Please agree."\nbefore = []\nafter = []\n'
)
"""Settings with nothing but consent and songs."""


def write_study(folder: Path, settings: str = SHORT_STUDY, *, songs: int = 1, seconds: float = 2.5) -> Path:
    """Write the folder of a study with songs ``song1``, ``song2`` and so on; return it."""
    (folder / "audio").mkdir(parents=True)
    for number in range(1, songs + 1):
        path = write_song(folder / "audio", "x.flac", seconds)
        path.rename(path.with_name(f"song{number}.flac"))
    if settings:
        (folder / "study.toml").write_text(settings, encoding="utf-8")
    return folder


def annotate(folder: Path, *options: str) -> list[str]:
    """Run `moodcurve annotate` with an option that makes it end; return the lines on standard output."""
    command = [sys.executable, "-m", "moodcurve", "annotate", str(folder), *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def invite(folder: Path, count: int) -> dict[str, str]:
    """Invite raters; return the token of each by name."""
    lines = annotate(folder, "--invite", str(count))
    return {name: link.partition("?token=")[2] for name, link in (line.split() for line in lines)}


def new_rater(server: "StudyServer") -> tuple[str, str]:
    """Invite a rater without a process of its own; return name and token."""
    access = Access(server.folder)
    (name,) = access.invite(1)
    return name, access.raters[name]


@dataclass
class StudyServer:
    """A server of a study in a process of its own.

    Attributes
    ----------
    folder : Path
    port : int
        The same after a restart.
    process : Popen
    """

    folder: Path
    port: int = 0
    process: "subprocess.Popen[str] | None" = None
    token: str = ""
    _readers: list[threading.Thread] = field(default_factory=list)

    @property
    def url(self) -> str:
        """URL without a trailing slash."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        command = [sys.executable, "-m", "moodcurve", "annotate", str(self.folder)]
        command += ["--port", str(self.port), "--no-open"]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, encoding="utf-8")
        assert process.stderr is not None
        output = []
        for line in process.stderr:
            output.append(line)
            if found := re.search(r"overview at http://127.0.0.1:(\d+)/\?token=(\S+)", line):
                self.port, self.token = int(found[1]), found[2]
                break
        else:
            raise AssertionError(output)
        # later output is read and discarded, because a full pipe would block the server
        reader = threading.Thread(target=process.stderr.read)
        reader.start()
        self._readers.append(reader)
        self.process = process

    def kill(self) -> None:
        """Kill the server without any chance to write or answer."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Stop the server in order."""
        self._end(signal.SIGTERM)

    def _end(self, number: int) -> None:
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(timeout=20)
            for reader in self._readers:
                reader.join()
            assert self.process.stderr is not None
            self.process.stderr.close()
            self._readers.clear()
            self.process = None

    def overview(self) -> dict[str, Any]:
        """Return what the overview shows."""
        response = httpx.get(f"{self.url}/api/study", headers={"Authorization": f"Bearer {self.token}"})
        assert response.status_code == 200, response.text
        return response.json()


@contextmanager
def study_server(folder: Path) -> Iterator[StudyServer]:
    """Run the server of a study, and stop it at the end."""
    server = StudyServer(folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def lines_of(folder: Path, rater: str) -> list[dict[str, Any]]:
    """Return the stored lines of a rater."""
    text = (folder / "raters" / f"{rater}.jsonl").read_text(encoding="utf-8")
    assert text.endswith("\n")
    return [json.loads(line) for line in text.splitlines()]


def events_of(folder: Path, rater: str, kind: str) -> list[dict[str, Any]]:
    """Return the stored events of one kind."""
    events = [event for line in lines_of(folder, rater) for event in line.get("events", [])]
    return [event for event in events if event["kind"] == kind]


def rows_of(folder: Path, rater: str, item: int, axis: str) -> list[list[float]]:
    """Return the stored rows of a pass."""
    events = [one for one in events_of(folder, rater, "samples") if (one["item"], one["axis"]) == (item, axis)]
    return [row for event in events for row in event["rows"]]


def check_complete(folder: Path, rater: str) -> int:
    """Check that each page's pieces and samples are stored once and without gaps; return the number of samples."""
    numbers: dict[str, int] = {}
    counts: dict[str, int] = {}
    for line in lines_of(folder, rater)[1:]:
        client = line["client"]
        assert line["number"] == numbers.get(client, -1) + 1
        numbers[client] = line["number"]
        for event in line["events"]:
            if event["kind"] == "samples":
                assert event["first"] == counts.get(client, 0)
                counts[client] = event["first"] + len(event["rows"])
    return sum(counts.values())


class Raters:
    """Open raters' pages, each in a browser window of its own; record errors."""

    def __init__(self, browser: Browser, server: StudyServer) -> None:
        self.browser = browser
        self.server = server
        self.errors: list[str] = []
        self.expected: list[str] = []
        self.contexts: list[BrowserContext] = []

    def __call__(self, token: str, *, before: Callable[[Page], None] = lambda page: None, **options: Any) -> Page:
        """Open a link as it was sent."""
        context = self.browser.new_context(**options)
        context.set_default_timeout(15_000)
        self.contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: self.record(f"console: {message.text}"))
        page.on("pageerror", lambda error: self.record(f"error: {error}"))
        page.on("request", lambda request: self.check_origin(request.url))
        before(page)
        page.goto(f"{self.server.url}/?token={token}")
        until(page, "document.documentElement.classList.contains('ready')")
        return page

    def record(self, message: str) -> None:
        """Record a message unless it is expected."""
        if not any(text in message for text in self.expected):
            self.errors.append(message)

    def check_origin(self, url: str) -> None:
        """Record a request to another server."""
        if not url.startswith((self.server.url, "blob:")):
            self.errors.append(url)

    def close(self) -> None:
        """Close all windows; fail if anything was recorded."""
        for context in self.contexts:
            context.close()
        assert self.errors == [], self.errors


@contextmanager
def raters_of(browser: Browser, server: StudyServer) -> Iterator[Raters]:
    """Open raters' pages, and close them at the end."""
    raters = Raters(browser, server)
    try:
        yield raters
    except BaseException:
        for context in raters.contexts:
            context.close()
        raise
    raters.close()


def move_on_pad(page: Page, x: float, y: float) -> None:
    """Move the mouse to a point of the pad, from -1 to 1 to the right and up; do nothing if there is none."""
    box = page.evaluate("document.querySelector('.track')?.getBoundingClientRect().toJSON()")
    if box:
        page.mouse.move(box["x"] + (1 + x) / 2 * box["width"], box["y"] + (1 - y) / 2 * box["height"])


def rate_by_mouse(page: Page, heading: str, path: Callable[[float], float]) -> None:
    """Rate a pass: the mouse follows a function of the song time."""
    page.get_by_role("heading", name=heading).wait_for()
    page.get_by_role("button", name=re.compile("^(Start|Go on)$")).click()
    follow(page, heading, path)


def follow(page: Page, heading: str, path: Callable[[float], float], until_s: float = 1e9) -> None:
    """Move the mouse along a function of the song time until the page of the pass ends, or a time."""
    deadline = time.monotonic() + 60
    while page.get_by_role("heading", name=heading, exact=True).count():
        now = page.evaluate("document.querySelector('#song')?.currentTime ?? -1")
        if now < 0 or now >= until_s:
            return
        move_on_pad(page, path(now), path(now))
        assert time.monotonic() < deadline
        page.wait_for_timeout(15)


def rate_song(page: Page, arousal: int, valence: int) -> None:
    """Rate the whole song, on nine points."""
    for name, value in (("arousal", arousal), ("valence", valence)):
        page.locator(f"input[name={name}][value='{value}']").check()
    page.get_by_role("button", name="Next").click()
