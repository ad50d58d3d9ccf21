"""The live page, with a file as the browser's microphone."""

import csv
import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import soundfile
from playwright.sync_api import Browser, Page

from moodcurve.live import Row
from moodcurve.live.recording import COLUMNS, Recording
from tests.helpers.browser import Window, axe_problems, browser_with_microphone, until
from tests.helpers.live_sound import music
from tests.helpers.web_client import request

pytestmark = pytest.mark.browser

COUNT = "Number(/([0-9]+) row/.exec(document.querySelector('.live-recording .note').textContent)?.[1] ?? 0)"
DENIED = "navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('', 'NAME') }"
KEEP_TRACKS = """
    window.tracks = [];
    const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (wanted) => {
        const stream = await open(wanted);
        window.tracks.push(...stream.getTracks());
        return stream;
    };
"""


@pytest.fixture(scope="module")
def browser(chromium_path: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    wav = tmp_path_factory.mktemp("microphone") / "music.wav"
    soundfile.write(wav, music(30, 48_000), 48_000, subtype="PCM_16")
    with browser_with_microphone(chromium_path, wav) as browser:
        yield browser


def start(window: Window, **options: Any) -> Page:
    page = window("#/live", **options)
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Start").click()
    wait_for_rows(page, 1)
    return page


def saved(page: Page, button: str, folder: Path) -> Path:
    with page.expect_download() as download:
        page.get_by_role("button", name=button).click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def wait_for_rows(page: Page, number: int) -> None:
    until(page, f"(number) => {COUNT} >= number", number)


def status(page: Page, text: str) -> None:
    until(page, "(text) => document.querySelector('.live-status').textContent.includes(text)", text)


def test_the_microphone_is_followed_and_recorded(window: Window, tmp_path: Path) -> None:
    page = start(window)
    status(page, "Listening to Fake")
    wait_for_rows(page, 4)
    assert page.locator(".live-mood").inner_text()
    assert page.locator(".live-point").get_attribute("visibility") == "visible"
    assert page.get_by_role("meter").get_attribute("aria-valuetext") != "no sound"
    assert page.get_by_text("not stored").is_visible()
    page.keyboard.press("2")  # it goes on while another view is open
    page.get_by_title("Live: listening").click()
    page.get_by_role("button", name="Stop").click()
    rows = read_lines(saved(page, "Save JSON", tmp_path))
    assert len(rows) >= 4
    steps = {round(b["time_s"] - a["time_s"], 3) for a, b in pairwise(rows)}
    assert steps == {0.5}
    assert {row["quadrant"] for row in rows} == {"sad-negative"}
    table = read_table(saved(page, "Save CSV", tmp_path))
    assert tuple(table[0]) == COLUMNS
    assert [comparable(line) for line in table] == [comparable(line) for line in recorded(rows, tmp_path)]


def recorded(rows: list[dict[str, Any]], folder: Path) -> list[dict[str, str]]:
    """Return the lines of the recording that `moodcurve live` makes of these rows."""

    class Given(Row):
        def to_dict(self) -> dict[str, Any]:
            return rows[int(self.time_s)]

    path = folder / "recording.csv"
    with Recording(path) as recording:
        for i, row in enumerate(rows):
            values = {name: row[name] for name in ("arousal", "valence", "silent")}
            recording.write(Given(time_s=i, clock=0, **values))
    return read_table(path)


def read_table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def read_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def comparable(line: dict[str, str]) -> list[float | str]:
    return [value if name in ("clock", "quadrant", "words") else float(value) for name, value in line.items()]


def test_rows_are_kept_over_a_network_cut(window: Window, tmp_path: Path) -> None:
    window.expected += ["ERR_INTERNET_DISCONNECTED"]
    page = start(window)
    page.context.set_offline(True)
    status(page, "cannot be reached")
    page.context.set_offline(False)
    status(page, "Listening to Fake")
    wait_for_rows(page, 8)
    rows = read_lines(saved(page, "Save JSON", tmp_path))
    assert [row["time_s"] for row in rows] == [0.5 * i for i in range(len(rows))]


def test_a_session_that_is_gone_is_followed_by_another(window: Window, tmp_path: Path) -> None:
    """As after a start of the server."""
    window.expected += ["404"]
    sessions: list[str] = []

    def watch(page: Page) -> None:
        page.on(
            "response", lambda response: sessions.append(response.json()["live"]) if response.status == 201 else None
        )

    page = start(window, before=watch)
    assert request(window.server, f"/api/live/{sessions[0]}", method="DELETE").status == 204
    while len(sessions) < 2:
        page.wait_for_timeout(50)
    wait_for_rows(page, 6)
    rows = read_lines(saved(page, "Save JSON", tmp_path))
    times = [row["time_s"] for row in rows]
    assert times == sorted(times)
    assert max(b - a for a, b in pairwise(times)) < 5  # the time goes on


def test_a_lost_device_is_waited_for(window: Window) -> None:
    page = start(window, before=lambda page: page.add_init_script(KEEP_TRACKS))
    page.evaluate("window.tracks[0].stop(); window.tracks[0].dispatchEvent(new Event('ended'))")
    status(page, "waiting for it")
    status(page, "Listening to Fake")
    page.get_by_text("s of sound are missing").wait_for()


@pytest.mark.parametrize(("name", "text"), [("NotAllowedError", "was denied"), ("NotFoundError", "No microphone")])
def test_a_microphone_that_cannot_be_opened_is_explained(window: Window, name: str, text: str) -> None:
    script = DENIED.replace("NAME", name)
    page = window("#/live", before=lambda page: page.add_init_script(script))
    page.keyboard.press("Space")
    status(page, text)
    assert page.get_by_role("button", name="Start").is_enabled()


def test_a_page_without_a_secure_context_says_so(window: Window) -> None:
    script = "Object.defineProperty(window, 'isSecureContext', { get: () => false })"
    page = window("#/live", before=lambda page: page.add_init_script(script))
    status(page, "only to pages at https:// or localhost")
    assert page.get_by_role("button", name="Start").is_disabled()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_axe_finds_no_serious_problem(window: Window, axe: str, scheme: str, width: int) -> None:
    page = start(window, color_scheme=scheme, width=width, reduced_motion="reduce")
    assert axe_problems(page, axe) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.locator(".live-point").evaluate("e => getComputedStyle(e).transitionDuration") == "0s"
    page.locator("main h1").focus()
    page.keyboard.press("Space")
    status(page, "Stopped")
    assert axe_problems(page, axe) == []
