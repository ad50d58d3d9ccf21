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
    links = card.get_by_role("link")
    titles = links.all_inner_texts()
    assert len(titles) == 3
    assert not any("Elegy" in title for title in titles)
    assert axe_problems(page, axe) == []
    if folder := os.environ.get("MOODCURVE_PICTURES"):
        card.screenshot(path=Path(folder) / f"similar-{scheme}.png")
    name = titles[0].split(" – ")[-1]
    links.first.click()
    page.get_by_role("heading", level=1, name=name).wait_for()


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
