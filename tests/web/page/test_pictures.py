"""Take the pictures in docs/images: MOODCURVE_PICTURES=1 pytest tests/web/page/test_pictures.py."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from playwright.sync_api import Browser, Page

import moodcurve
from moodcurve.demo.composer import DEMO_SECTIONS, compose, write_flac
from moodcurve.mood.circumplex import QUADRANTS, quadrant
from moodcurve.report import write_report
from tests.helpers import ROOT
from tests.helpers.browser import Window, browser_with_microphone, click_at, until
from tests.helpers.web_server import Server

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        "MOODCURVE_PICTURES" not in os.environ, reason="takes pictures only if MOODCURVE_PICTURES is set"
    ),
]
IMAGES = ROOT / "docs" / "images"
TAGS = ("rock, pop", "acoustic, folk, Mellow", "electronic, dance", None, "jazz, instrumental", "ambient", "Hip-Hop")


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pictures") / "Four moods.flac"
    write_flac(compose(DEMO_SECTIONS), path)
    return path


def take(page: Page, name: str) -> None:
    page.wait_for_timeout(400)
    IMAGES.mkdir(exist_ok=True)
    page.screenshot(path=IMAGES / f"{name}.png", animations="disabled", scale="css")


def random_map(songs: int = 10_000) -> dict[str, list[Any]]:
    """Return a realistic cloud of songs, in which arousal and valence are correlated."""
    rng = np.random.default_rng(4)
    valence = np.clip(rng.normal(0.03, 0.2, songs), -1, 1)
    arousal = np.clip(0.5 * valence + rng.normal(-0.03, 0.22, songs), -1, 1)
    names = (*QUADRANTS, "neutral")
    return {
        "id": list(range(1, songs + 1)),
        "arousal": arousal.round(4).tolist(),
        "valence": valence.round(4).tolist(),
        "quadrant": [names.index(quadrant(a, v)) for a, v in zip(arousal.tolist(), valence.tolist(), strict=True)],
        "title": [f"Song {i}" for i in range(1, songs + 1)],
        "artist": [f"Artist {i % 700}" for i in range(songs)],
        "tags": [TAGS[i % len(TAGS)] for i in range(songs)],
        "file": [None] * songs,
        "duration_s": rng.integers(90, 400, songs).astype(float).tolist(),
    }


def open_file(page: Page, song: Path) -> None:
    page.set_input_files(".drop input[type=file]", song)
    page.locator(".summary-card").wait_for()
    seek_to_middle(page)


def seek_to_middle(page: Page) -> None:
    """Wait for the waveform, and seek to the middle of the song."""
    until(page, "document.querySelector('.waveform > div').shadowRoot.querySelectorAll('canvas').length > 0")
    click_at(page, 0.56)
    page.mouse.move(5, 5)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pictures_of_songs(window: Window, song: Path, scheme: str) -> None:
    page = window(color_scheme=scheme)
    page.locator(".song-row").first.wait_for()
    take(page, f"start-{scheme}")
    open_file(page, song)
    take(page, f"song-{scheme}")
    page.keyboard.press("c")
    page.get_by_role("dialog").get_by_role("option", name="Fiesta").click()
    page.locator(".pair .line-key").first.wait_for()
    page.mouse.move(5, 5)
    take(page, f"compare-{scheme}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pictures_of_a_library(window: Window, scheme: str) -> None:
    window.expected.append("404")
    page = window("#/library", color_scheme=scheme, before=lambda page: page.route("**/api/map*", respond_with_many))
    until(page, "document.querySelector('.map canvas').dataset.dots === '10000'")
    take(page, f"library-{scheme}")
    if scheme == "dark":
        return
    canvas = page.locator(".map canvas").bounding_box()
    assert canvas
    x, y = canvas["x"] + canvas["width"] / 2, canvas["y"] + canvas["height"] / 2
    page.keyboard.press("l")
    angles = np.linspace(0, 2 * np.pi, 40)
    positions = zip((x + 75 + 65 * np.cos(angles)).tolist(), (y - 80 - 45 * np.sin(angles)).tolist(), strict=True)
    for i, position in enumerate(positions):
        page.mouse.move(*position)
        if i == 0:
            page.mouse.down()
    page.mouse.up()
    page.locator(".rows [role=option]").nth(3).click()
    page.mouse.move(x + 90, y - 70)
    page.mouse.move(x + 92, y - 71)
    take(page, "lasso-light")


def respond_with_many(route: Any) -> None:
    route.fulfill(json=random_map())


def test_pictures_of_a_phone(window: Window, song: Path) -> None:
    page = window(width=390, height=844, is_mobile=True, has_touch=True, device_scale_factor=2, color_scheme="dark")
    open_file(page, song)
    page.evaluate("document.activeElement.blur()")
    take(page, "phone-song")
    page = window(
        "#/library",
        width=390, height=844, is_mobile=True, has_touch=True, device_scale_factor=2,
        before=lambda page: page.route("**/api/map*", respond_with_many),
    )  # fmt: skip
    until(page, "document.querySelector('.map canvas').dataset.dots === '10000'")
    take(page, "phone-library")


def test_pictures_of_the_live_view(server: Server, chromium_path: str, song: Path, tmp_path: Path) -> None:
    wav = tmp_path / "moods.wav"
    soundfile.write(wav, *soundfile.read(song), subtype="PCM_16")
    phone = {"width": 390, "height": 844, "is_mobile": True, "has_touch": True, "device_scale_factor": 2}
    views: dict[str, dict[str, Any]] = {"live-light": {}, "live-dark": {"color_scheme": "dark"}, "phone-live": phone}
    with browser_with_microphone(chromium_path, wav) as browser:
        window = Window(browser, server)
        pages = {name: window("#/live", **{"height": 800, **options}) for name, options in views.items()}
        for page in pages.values():
            page.get_by_role("button", name="Start").click()
        pages["phone-live"].wait_for_timeout(80_000)
        for name, page in pages.items():
            page.evaluate("document.activeElement.blur()")
            take(page, name)
        window.close()


def test_a_picture_of_the_report(browser: Browser, song: Path) -> None:
    write_report(moodcurve.analyze(song), song, song.with_suffix(".html"))
    page = browser.new_page(viewport={"width": 1280, "height": 1340})
    page.goto(song.with_suffix(".html").as_uri())
    seek_to_middle(page)
    take(page, "report")
    page.close()
