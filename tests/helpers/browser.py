"""For tests of the page: a Chromium, pages that may not complain, and how to read what is drawn."""

import json
import os
import time
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Response, sync_playwright

from tests.helpers import ROOT
from tests.helpers.web_server import Server

ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--autoplay-policy=no-user-gesture-required",
]  # fmt: skip
Open = Callable[..., Page]
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
INK = {"arousal": (0xBF, 0x4A, 0x06), "valence": (0x17, 0x67, 0xA8)}
"""Colors of the lines in the light, as the style sheet has them."""


@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Browser]:
    """A browser, closed at the end."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=ARGUMENTS)
        yield browser
        browser.close()


class Window:
    """Opens pages of a server, each in a window of its own; nothing may go wrong in them or leave the server."""

    def __init__(self, browser: Browser, server: Server) -> None:
        self.browser = browser
        self.server = server
        self.troubles: list[str] = []
        self.expected = ["willReadFrequently"]  # `drawn_heights` reads what only a person would
        self.contexts: list[BrowserContext] = []

    def __call__(
        self,
        address: str = "",
        *,
        width: int = 1280,
        height: int = 900,
        before: Callable[[Page], None] = lambda page: None,
        **options: Any,
    ) -> Page:
        """Open an address such as ``#/library``; `before` may arrange for other answers of the server."""
        context = self.browser.new_context(viewport={"width": width, "height": height}, **options)
        context.set_default_timeout(12_000)
        self.contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: self.trouble(f"console: {message.text}"))
        page.on("pageerror", lambda error: self.trouble(f"error: {error}"))
        page.on("response", self.look_at)
        before(page)
        page.goto(f"{self.server.url}/{address}")
        until(page, "document.documentElement.classList.contains('ready')")
        return page

    def trouble(self, what: str) -> None:
        """Note what no test expects: a browser says of each refusal that there was one."""
        if not any(text in what for text in self.expected):
            self.troubles.append(what)

    def look_at(self, response: Response) -> None:
        """Note an answer from elsewhere."""
        if not response.url.startswith((self.server.url, "blob:")):
            self.troubles.append(response.url)

    def close(self) -> None:
        """Close all windows, and see what was noted."""
        for context in self.contexts:
            context.close()
        assert self.troubles == [], self.troubles


@pytest.fixture
def window(browser: Browser, server: Server) -> Iterator[Window]:
    """What opens pages of the server for one test."""
    window = Window(browser, server)
    yield window
    window.close()


@pytest.fixture(scope="module")
def ids(server: Server) -> dict[str, int]:
    """Numbers of the library's songs by title."""
    return song_ids(server)


@pytest.fixture(scope="module")
def axe() -> str:
    """The checker of accessibility; absent, a failure on CI and a skip elsewhere."""
    if not AXE.is_file():
        message = "no axe-core: run npm ci in the folder web (Debian's packages nodejs and npm)"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return AXE.read_text(encoding="utf-8")


def serious(page: Page, axe: str, part: str = "html") -> list[tuple[str, str]]:
    """What axe finds that hinders people, with the first place of each."""
    page.evaluate(axe)
    found = page.evaluate("(part) => axe.run(part).then((result) => result.violations)", part)
    return [(one["id"], one["nodes"][0]["html"][:120]) for one in found if one["impact"] in ("serious", "critical")]


def until(page: Page, condition: str, argument: Any = None) -> Any:
    """Wait for a condition and give its value; Playwright's own way evaluates text, which the page forbids."""
    deadline = time.monotonic() + 20
    while not (value := page.evaluate(condition, argument)):
        assert time.monotonic() < deadline, f"never came true: {condition}"
        page.wait_for_timeout(20)
    return value


def seconds(page: Page) -> float:
    """Where the sound is."""
    return float(page.evaluate("document.querySelector('#sound').currentTime"))


def cursor_share(page: Page) -> float:
    """Where the cursor stands, as it is laid out: 0 at the left end of the stage, 1 at the right."""
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
    """Valence and arousal of the moving point, in hundredths, as drawn."""
    at = page.locator(name)
    return float(at.get_attribute("cx") or "nan"), -float(at.get_attribute("cy") or "nan")


def number(text: str) -> float:
    """Read a number with a true minus."""
    return float(text.replace("−", "-"))


def click_at(page: Page, share: float, part: str = "#seek-slider", height: float = 0.5) -> None:
    """Click at a part of the width and height of an element."""
    box = page.locator(part).first.bounding_box()
    assert box
    page.mouse.click(box["x"] + share * box["width"], box["y"] + height * box["height"])


def drawn_heights(
    page: Page, axis: str, shares: npt.NDArray[np.float64], *, opacity: float = 1.0
) -> npt.NDArray[np.float64]:
    """Heights at which a line stands in the picture of the course, in parts of the area from above.

    NaN where it does not: hidden by the other line, or not drawn. A line is told from its band by its opacity.
    """
    heights = page.evaluate(
        """([ink, shares, opacity]) => {
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
                    const far = ink.reduce((sum, value, i) => sum + Math.abs(value - column[4 * y + i]), 0);
                    if (far < 40 && Math.abs(column[4 * y + 3] / 255 - opacity) < 0.1) rows.push(y);
                }
                const mean = rows.reduce((sum, y) => sum + y + 0.5, 0) / rows.length;
                return rows.length ? mean / (column.length / 4) : null;
            });
        }""",
        [INK[axis], shares.tolist(), opacity],
    )
    return np.array([np.nan if height is None else height for height in heights])


def json_at(page: Page, address: str) -> Any:
    """What the server answers the page, as data."""
    return page.evaluate("(address) => fetch(address).then((answer) => answer.json())", address)


def song_ids(server: Server) -> dict[str, int]:
    """Numbers of the library's songs by title."""
    with urllib.request.urlopen(f"{server.url}/api/songs?limit=10") as answer:
        return {song["title"]: song["id"] for song in json.load(answer)["songs"]}


def open_song(window: Window, number: int, **options: Any) -> Page:
    """Open a song of the library, ready to be played."""
    page = window(f"#/listen/song-{number}", **options)
    page.locator(".summary-card").wait_for()
    until(page, "document.querySelector('#sound').readyState >= 2")
    return page


def curve_of(page: Page, number: int) -> dict[str, Any]:
    """The curve's object of a song of the library, its lists as arrays."""
    curve = json_at(page, f"api/songs/{number}/curve?format=json")
    return {key: np.array(value) if isinstance(value, list) else value for key, value in curve.items()}


def path_at(curve: dict[str, Any], at: float) -> tuple[float, float]:
    """Arousal and valence of the path at a moment: each of its points is the mean of those within 2 s."""
    times = curve["times_s"]
    near = [np.abs(times - t) <= 2.0 for t in times]
    arousal, valence = ([curve[axis][inside].mean() for inside in near] for axis in ("arousal", "valence"))
    return float(np.interp(at, times, arousal)), float(np.interp(at, times, valence))
