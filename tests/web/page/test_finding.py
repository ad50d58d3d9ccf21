"""Tests of finding songs on the page: more like a song, and filters of the course."""

import os
from pathlib import Path

import pytest

from tests.helpers.browser import Window, axe_problems, open_song

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
