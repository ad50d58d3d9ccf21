"""Tests of finding songs on the page: more like a song, and filters of the course."""

import os
from pathlib import Path

import pytest

from tests.helpers.browser import Window, axe_problems, json_at, open_song

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_more_like_a_song(window: Window, ids: dict[str, int], axe: str, scheme: str) -> None:
    page = open_song(window, ids["Elegy"], color_scheme=scheme)
    card = page.get_by_role("region", name="More like this")
    card.wait_for()
    links = card.get_by_role("list").get_by_role("link")
    titles = links.all_inner_texts()
    assert len(titles) == 3
    assert not any("Elegy" in title for title in titles)
    assert axe_problems(page, axe) == []
    if folder := os.environ.get("MOODCURVE_PICTURES"):
        card.screenshot(path=Path(folder) / f"similar-{scheme}.png")
    name = titles[0].split(" – ")[-1]
    links.first.click()
    page.get_by_role("heading", level=1, name=name).wait_for()


def test_weights_change_what_is_alike(window: Window, ids: dict[str, int], axe: str) -> None:
    page = open_song(window, ids["Elegy"])
    card = page.get_by_role("region", name="More like this")
    card.get_by_text("What counts").click()
    for part in ("Course", "Sound"):
        with page.expect_response(lambda response: "/similar?" in response.url) as asked:
            card.get_by_label(part).fill("0")
    by_mood = json_at(page, f"/api/songs/{ids['Elegy']}/similar?by=mood&limit=5")["songs"]
    assert [each["song"]["id"] for each in asked.value.json()["songs"]] == [each["song"]["id"] for each in by_mood]
    assert axe_problems(page, axe) == []
    card.get_by_label("Mood").fill("0")
    card.get_by_text("Nothing counts").wait_for()


def test_a_playlist_around_a_song(window: Window, ids: dict[str, int], axe: str) -> None:
    page = open_song(window, ids["Elegy"])
    with page.expect_response(lambda response: f"first={ids['Elegy']}" in response.url) as asked:
        page.get_by_role("link", name="Playlist around this song").click()
    assert asked.value.json()["songs"][0]["id"] == ids["Elegy"]
    page.get_by_text("Begins with Elegy.").wait_for()
    assert page.get_by_label("From", exact=True).is_disabled()
    page.wait_for_url(f"**#/playlist/{ids['Elegy']}*")
    assert axe_problems(page, axe) == []
    page.get_by_role("button", name="Remove song").click()
    assert page.get_by_label("From", exact=True).is_enabled()
    with page.expect_response(lambda response: "/api/playlist?" in response.url) as asked:
        page.get_by_role("button", name="Make playlist").click()
    assert "first=" not in asked.value.url


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_courses_of_both_axes_fit_the_page(window: Window, axe: str, scheme: str, width: int) -> None:
    page = window("#/library", color_scheme=scheme, width=width)
    page.get_by_text("More filters").click()
    page.get_by_role("button", name="Draw valence").click()
    pad = page.locator(".draw-pad")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box is not None
    assert box["width"] > 250
    page.mouse.move(box["x"] + 2, box["y"] + 0.2 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 2, box["y"] + 0.7 * box["height"], steps=12)
    with page.expect_response(lambda response: "valence_drawing=" in response.url):
        page.mouse.up()
    page.get_by_label("Course of arousal").fill("0:-0.5,1:0.5")
    assert page.locator(".draw-pad polyline.arousal").get_attribute("points") == "0,75 100,25"
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert axe_problems(page, axe) == []
    if folder := os.environ.get("MOODCURVE_PICTURES"):
        page.screenshot(path=Path(folder) / f"courses-{width}-{scheme}.png", full_page=True)
    page.get_by_role("button", name="Clear all filters").click()
    assert page.locator(".draw-pad polyline.valence").get_attribute("points") == ""


def test_a_course_is_drawn_with_the_pointer(window: Window, axe: str) -> None:
    page = window("#/library")
    page.get_by_text("More filters").click()
    pad = page.locator(".draw-pad")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 2, box["y"] + 0.9 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 2, box["y"] + 0.9 * box["height"], steps=12)
    with page.expect_response(lambda response: "/api/map?arousal_drawing=" in response.url) as asked:
        page.mouse.up()
    assert len(asked.value.json()["id"]) == len(json_at(page, "/api/songs")["songs"])
    page.get_by_label("Sort by").select_option("Nearest to the drawn course")
    field = page.get_by_label("Course of arousal")
    nearest = json_at(page, f"/api/songs?arousal_drawing={field.input_value()}")["songs"]
    assert page.locator(".songs li, [role=listbox] [role=option]").first.inner_text().startswith(nearest[0]["title"])
    assert len(field.input_value().split(",")) > 10
    assert axe_problems(page, axe) == []
    if folder := os.environ.get("MOODCURVE_PICTURES"):
        page.screenshot(path=Path(folder) / "drawing.png")
