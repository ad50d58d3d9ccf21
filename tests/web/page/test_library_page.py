"""Tests of the library page of `moodcurve serve`: map, lasso, filters and list."""

import json
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page

from moodcurve.mood.circumplex import describe
from tests.helpers.browser import (
    Window,
    json_at,
    open_song,
    until,
)
from tests.helpers.web_server import BROKEN

pytestmark = pytest.mark.browser


def view(page: Page) -> dict[str, float]:
    """Return center and radius of the map's circle in window pixels."""
    until(page, "document.querySelector('.map canvas').dataset.view !== undefined")
    box = page.locator(".map canvas").bounding_box()
    assert box
    disc = json.loads(page.locator(".map canvas").get_attribute("data-view") or "")
    return {"x": box["x"] + disc["x"], "y": box["y"] + disc["y"], "r": disc["r"]}


def on_map(page: Page, valence: float, arousal: float) -> tuple[float, float]:
    disc = view(page)
    return disc["x"] + disc["r"] * valence, disc["y"] - disc["r"] * arousal


def dots(page: Page) -> int:
    return int(page.locator(".map canvas").get_attribute("data-dots") or 0)


def test_the_map_shows_the_songs(window: Window, ids: dict[str, int]) -> None:
    page = window("#/library")
    until(page, "document.querySelector('.map canvas').dataset.dots === '4'")
    assert page.locator(".count").inner_text() == "4 songs"
    columns = json_at(page, "api/map")
    row = columns["id"].index(ids["Fiesta"])
    x, y = on_map(page, columns["valence"][row], columns["arousal"][row])
    page.mouse.move(x + 2, y)
    tip = page.locator(".tooltip")
    tip.wait_for()
    assert tip.inner_text().split("\n")[:2] == ["Fiesta", "Zoë & the Players"]
    assert describe(columns["arousal"][row], columns["valence"][row]) in tip.inner_text()
    page.mouse.click(x + 2, y)
    assert page.get_by_role("option", name="Fiesta").get_attribute("aria-selected") == "true"
    page.locator(".preview").get_by_role("button", name="Play").click()
    # a preview starts at 30 % of the song
    until(page, f"document.querySelector('#preview').currentTime > {0.3 * columns['duration_s'][row] + 0.2}")
    page.locator(".preview").get_by_role("button", name="Pause").click()
    page.locator(".preview").get_by_role("button", name="Open").click()
    page.get_by_role("heading", name="Fiesta").wait_for()


def test_hovering_plays_a_song(window: Window, ids: dict[str, int]) -> None:
    page = window("#/library")
    page.get_by_label("Play songs on hover").check()
    columns = json_at(page, "api/map")
    row = columns["id"].index(ids["Meadow"])
    page.mouse.move(*on_map(page, columns["valence"][row], columns["arousal"][row]))
    until(page, "!document.querySelector('#preview').paused")
    assert page.evaluate("document.querySelector('#preview').src").endswith(f"/songs/{ids['Meadow']}/audio")


def many(songs: int = 10_000) -> dict[str, list[Any]]:
    """Return songs on a lattice, so that none lies on the border of a lasso."""
    side = round(songs**0.5)
    a, v = np.divmod(np.arange(songs), side)
    arousal, valence = (2 * a + 1) / side - 1, (2 * v + 1) / side - 1
    quadrant = np.where(arousal >= 0, np.where(valence >= 0, 0, 1), np.where(valence >= 0, 3, 2))
    return {
        "id": list(range(1, songs + 1)),
        "arousal": arousal.round(4).tolist(),
        "valence": valence.round(4).tolist(),
        "quadrant": quadrant.tolist(),
        "title": [f"Song {i}" for i in range(1, songs + 1)],
        "artist": ["<b>Bold</b>" if i % 2 else None for i in range(songs)],
        "tags": [None] * songs,
        "file": [None] * songs,
        "duration_s": [180.0] * songs,
    }


def many_songs(page: Page) -> None:
    page.route("**/api/map*", lambda route: route.fulfill(json=many()))


def test_ten_thousand_songs_can_be_zoomed_and_panned(window: Window) -> None:
    page = window("#/library", before=many_songs)
    until(page, "document.querySelector('.map canvas').dataset.dots === '10000'")
    assert page.locator(".rows [role=option]").count() < 60  # only visible rows exist
    assert page.locator(".rows b").count() == 0
    before = view(page)
    page.mouse.move(before["x"] + 100, before["y"] - 50)
    page.mouse.wheel(0, -400)
    until(page, "(r) => JSON.parse(document.querySelector('.map canvas').dataset.view).r > 1.5 * r", before["r"])
    near = view(page)
    # the zoom keeps the point under the pointer
    assert (before["x"] + 100 - near["x"]) / near["r"] == pytest.approx(100 / before["r"], abs=0.01)
    until(page, "Number(document.querySelector('.map canvas').dataset.dots) < 10000")
    page.mouse.move(near["x"], near["y"])
    page.mouse.down()
    page.mouse.move(near["x"] + 80, near["y"] + 40, steps=4)
    page.mouse.up()
    until(
        page,
        "(x) => Math.abs(JSON.parse(document.querySelector('.map canvas').dataset.view).x - x) < 2",
        80 + near["x"] - page.locator(".map canvas").bounding_box()["x"],
    )  # type: ignore[index]
    page.get_by_role("button", name="Show all").click()
    until(page, "document.querySelector('.map canvas').dataset.dots === '10000'")


@pytest.mark.parametrize("how", ["button", "shift"])
def test_the_lasso_selects_the_songs_inside(window: Window, how: str) -> None:
    page = window("#/library", before=many_songs)
    until(page, "document.querySelector('.map canvas').dataset.dots === '10000'")
    # the borders lie between lattice points, which are 5 px apart, so rounding does not matter
    low, high = (-0.2, -0.4), (0.3, 0.1)
    corners = [(low[0], low[1]), (high[0], low[1]), (high[0], high[1]), (low[0], high[1])]
    if how == "button":
        page.get_by_role("button", name="Lasso", exact=True).click()
    else:
        page.keyboard.down("Shift")
    page.mouse.move(*on_map(page, *corners[0]))
    page.mouse.down()
    for corner in corners[1:]:
        page.mouse.move(*on_map(page, *corner), steps=3)
    page.mouse.up()
    columns = many()
    valence, arousal = np.array(columns["valence"]), np.array(columns["arousal"])
    inside = (valence > low[0]) & (valence < high[0]) & (arousal > low[1]) & (arousal < high[1])
    assert page.locator(".count").inner_text() == f"{inside.sum():,} of 10,000 in the lasso"
    page.get_by_label("Sort by").select_option("Arousal, high to low")
    first = page.locator(".rows [role=option]").first
    assert first.get_attribute("aria-setsize") == str(inside.sum())
    assert arousal[int(first.locator(".title").inner_text().split()[1]) - 1] == arousal[inside].max()
    page.get_by_role("button", name="Clear lasso").click()
    assert page.locator(".count").inner_text() == "10,000 songs"


def test_filters(window: Window) -> None:
    page = window("#/library")
    count = page.locator(".count")
    count.get_by_text("4 songs").wait_for()
    page.get_by_role("searchbox").fill("zoe feasts")
    page.get_by_text("2 songs", exact=True).wait_for()
    page.get_by_text("More filters").click()
    page.get_by_label("Year").fill("1970:")
    page.get_by_text("1 song", exact=True).wait_for()
    assert page.locator(".rows [role=option]").locator(".title").all_inner_texts() == ["Meadow"]
    page.get_by_role("button", name="Clear all filters").click()
    page.get_by_text("4 songs", exact=True).wait_for()
    page.get_by_label("Genre").fill("class")
    page.get_by_text("2 songs", exact=True).wait_for()
    page.get_by_role("button", name="Clear all filters").click()
    page.get_by_text("4 songs", exact=True).wait_for()
    quadrants = json_at(page, "api/map")["quadrant"]
    page.get_by_role("button", name="excited-positive").click()
    expected = quadrants.count(0)
    page.get_by_text(f"{expected} song{'' if expected == 1 else 's'}", exact=True).wait_for()


def test_an_invalid_filter_shows_an_error(window: Window) -> None:
    window.expected.append("422")
    page = window("#/library")
    page.get_by_text("More filters").click()
    page.get_by_label("Year").fill("soon")
    until(page, "document.querySelector('.side .error').textContent.includes('year')")
    page.get_by_label("Year").fill("1990")
    until(page, "document.querySelector('.side .error').textContent === ''")


def test_problems_of_the_scan_are_listed(window: Window) -> None:
    page = window("#/library")
    page.get_by_text("1 file could not be analyzed in the last scan").click()
    cells = page.locator(".problem-table td").all_inner_texts()
    assert cells[0] == BROKEN
    assert len(cells[1]) > 10


def test_without_a_library_the_page_shows_the_command_that_helps(window: Window) -> None:
    def without(page: Page) -> None:
        limits = {"upload_bytes": 1000, "minutes": 10, "concurrent": 1}
        page.route(
            "**/api/health",
            lambda route: route.fulfill(
                json={"version": "0", "model": "m", "library": False, "songs": 0, "limits": limits}
            ),
        )

    page = window(before=without)
    page.get_by_text("moodcurve scan FOLDER").wait_for()
    # a file that is too large is not uploaded at all
    page.set_input_files(".drop input[type=file]", {"name": "big.wav", "mimeType": "audio/wav", "buffer": b"x" * 2000})
    page.get_by_text("big.wav is too large: this server accepts up to 0 MB").wait_for()
    page.get_by_role("link", name="Library").click()
    page.get_by_text("moodcurve scan FOLDER").wait_for()


def test_a_missing_server_or_song_shows_an_error(window: Window, ids: dict[str, int]) -> None:
    window.expected += ["ERR_FAILED", "404"]
    page = window(before=lambda page: page.route("**/api/health", lambda route: route.abort()))
    page.get_by_text("Cannot reach the server").wait_for()
    page = open_song(window, ids["Elegy"])
    page.evaluate("location.hash = '#/listen/song-99999'")
    until(page, "document.querySelector('.song-view .error').textContent.length > 5")
    assert not page.locator(".columns").is_visible()  # the previous song is hidden
