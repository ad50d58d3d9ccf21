"""Helpers for tests of the page: Chromium, pages that must not report errors, and reading what they draw."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Response, sync_playwright

from tests.helpers import ROOT
from tests.helpers.web_client import request
from tests.helpers.web_server import TOKEN, Server

ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--autoplay-policy=no-user-gesture-required",
]  # fmt: skip
Open = Callable[..., Page]
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
LINE_COLORS = {"arousal": (0xBF, 0x4A, 0x06), "valence": (0x17, 0x67, 0xA8)}
"""Colors of the curves in the light theme, from the style sheet."""


@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Browser]:
    """A browser for one module."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=ARGUMENTS)
        yield browser
        browser.close()


@contextmanager
def browser_with_microphone(chromium_path: str, wav: Path) -> Iterator[Browser]:
    """Yield a browser whose microphone plays a file over and over, and is allowed without a question."""
    fake = [f"--use-file-for-fake-audio-capture={wav}", "--use-fake-device-for-media-stream"]
    options = [*ARGUMENTS, *fake, "--use-fake-ui-for-media-stream"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=options)
        yield browser
        browser.close()


class Window:
    """Open pages of a server, each in its own window; record errors and responses of other servers."""

    def __init__(self, browser: Browser, server: Server) -> None:
        self.browser = browser
        self.server = server
        self.errors: list[str] = []
        self.expected = ["willReadFrequently"]  # a performance hint caused by `drawn_heights`
        self.contexts: list[BrowserContext] = []

    def __call__(
        self,
        address: str = "",
        *,
        width: int = 1280,
        height: int = 900,
        before: Callable[[Page], None] = lambda page: None,
        cookie: bool = True,
        **options: Any,
    ) -> Page:
        """Open an address such as ``#/library``; `before` may replace responses of the server.

        Without `cookie`, the window is not yet allowed to use the server.
        """
        context = self.browser.new_context(viewport={"width": width, "height": height}, **options)
        context.set_default_timeout(12_000)
        self.contexts.append(context)
        if cookie:
            context.request.get(f"{self.server.url}/?token={TOKEN}", max_redirects=0)
        page = context.new_page()
        page.on("console", lambda message: self.record(f"console: {message.text}"))
        page.on("pageerror", lambda error: self.record(f"error: {error}"))
        page.on("response", self.check_origin)
        before(page)
        page.goto(f"{self.server.url}/{address}")
        until(page, "document.documentElement.classList.contains('ready')")
        return page

    def record(self, message: str) -> None:
        """Record a message unless it is expected: browsers log every error response."""
        if not any(text in message for text in self.expected):
            self.errors.append(message)

    def check_origin(self, response: Response) -> None:
        """Record a response of another server."""
        if not response.url.startswith((self.server.url, "blob:")):
            self.errors.append(response.url)

    def close(self) -> None:
        """Close all windows; fail if anything was recorded."""
        for context in self.contexts:
            context.close()
        assert self.errors == [], self.errors


@pytest.fixture
def window(browser: Browser, server: Server) -> Iterator[Window]:
    """Opens pages of the server for one test."""
    window = Window(browser, server)
    yield window
    window.close()


@pytest.fixture(scope="module")
def ids(server: Server) -> dict[str, int]:
    """Ids of the library's songs by title."""
    return song_ids(server)


@pytest.fixture(scope="module")
def axe() -> str:
    """Source of the accessibility checker axe. Without it, tests fail on CI and are skipped elsewhere."""
    if not AXE.is_file():
        message = "no axe-core: run npm ci in the folder web (Debian's packages nodejs and npm)"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return AXE.read_text(encoding="utf-8")


def axe_problems(page: Page, axe: str, part: str = "html") -> list[tuple[str, str]]:
    """Return serious and critical problems that axe finds, each with the first element concerned."""
    page.evaluate(axe)
    found = page.evaluate("(part) => axe.run(part).then((result) => result.violations)", part)
    return [(one["id"], one["nodes"][0]["html"][:120]) for one in found if one["impact"] in ("serious", "critical")]


def until(page: Page, condition: str, argument: Any = None) -> Any:
    """Wait for a condition and return its value; Playwright's own wait needs eval, which the page forbids."""
    deadline = time.monotonic() + 60
    while not (value := page.evaluate(condition, argument)):
        assert time.monotonic() < deadline, f"timeout: {condition}"
        page.wait_for_timeout(20)
    return value


def seconds(page: Page) -> float:
    """Return the playback position in seconds."""
    return float(page.evaluate("document.querySelector('#sound').currentTime"))


def cursor_share(page: Page) -> float:
    """Return the horizontal position of the cursor: 0 at the left edge of the chart, 1 at the right."""
    return float(
        page.evaluate(
            """() => {
                const stage = document.getElementById("seek-slider").getBoundingClientRect();
                const cursor = document.getElementById("cursor").getBoundingClientRect();
                return ((cursor.left + cursor.right) / 2 - stage.left) / stage.width;
            }"""
        )
    )


def point(page: Page, name: str = "#point") -> tuple[float, float]:
    """Return valence and arousal of the moving point as drawn, in hundredths."""
    at = page.locator(name)
    return float(at.get_attribute("cx") or "nan"), -float(at.get_attribute("cy") or "nan")


def number(text: str) -> float:
    """Parse a number with a Unicode minus."""
    return float(text.replace("−", "-"))


def click_at(page: Page, share: float, part: str = "#seek-slider", height: float = 0.5) -> None:
    """Click into an element, at shares of its width and height."""
    box = page.locator(part).first.bounding_box()
    assert box
    page.mouse.click(box["x"] + share * box["width"], box["y"] + height * box["height"])


def drawn_heights(
    page: Page, axis: str, shares: npt.NDArray[np.float64], *, opacity: float = 1.0
) -> npt.NDArray[np.float64]:
    """Return the heights of a curve as drawn, as shares of the plot area from its top.

    NaN where it is hidden by the other curve, or not drawn. Opacity distinguishes a line from its interval band.
    """
    heights = page.evaluate(
        """([color, shares, opacity]) => {
            const canvas = document.querySelector(".curves canvas");
            const context = canvas.getContext("2d");
            const over = document.querySelector(".u-over").getBoundingClientRect();
            const box = canvas.getBoundingClientRect();
            const scale = canvas.width / box.width;
            return shares.map((share) => {
                const x = Math.round((over.left - box.left + share * over.width) * scale);
                const top = Math.round((over.top - box.top) * scale);
                const column = context.getImageData(x, top, 1, Math.round(over.height * scale)).data;
                const rows = [];
                for (let y = 0; y < column.length / 4; y++) {
                    const far = color.reduce((sum, value, i) => sum + Math.abs(value - column[4 * y + i]), 0);
                    if (far < 40 && Math.abs(column[4 * y + 3] / 255 - opacity) < 0.1) rows.push(y);
                }
                const mean = rows.reduce((sum, y) => sum + y + 0.5, 0) / rows.length;
                return rows.length ? mean / (column.length / 4) : null;
            });
        }""",
        [LINE_COLORS[axis], shares.tolist(), opacity],
    )
    return np.array([np.nan if height is None else height for height in heights])


def json_at(page: Page, address: str) -> Any:
    """Fetch JSON from the page."""
    return page.evaluate("(address) => fetch(address).then((response) => response.json())", address)


def song_ids(server: Server) -> dict[str, int]:
    """Ids of the library's songs by title."""
    found = request(server, "/api/songs?limit=10").json()
    return {song["title"]: song["id"] for song in found["songs"]}


def open_song(window: Window, number: int, **options: Any) -> Page:
    """Open a library song, and wait until it can be played."""
    page = window(f"#/listen/song-{number}", **options)
    page.locator(".summary-card").wait_for()
    until(page, "document.querySelector('#sound').readyState >= 2")
    return page


def curve_of(page: Page, number: int) -> dict[str, Any]:
    """Return the curve of a library song, with arrays instead of lists."""
    curve = json_at(page, f"api/songs/{number}/curve?format=json")
    return {key: np.array(value) if isinstance(value, list) else value for key, value in curve.items()}


def path_at(curve: dict[str, Any], at: float) -> tuple[float, float]:
    """Return arousal and valence of the trajectory at a time: each of its points is the mean within 2 s."""
    times = curve["times_s"]
    near = [np.abs(times - t) <= 2.0 for t in times]
    arousal, valence = ([curve[axis][inside].mean() for inside in near] for axis in ("arousal", "valence"))
    return float(np.interp(at, times, arousal)), float(np.interp(at, times, valence))
