"""Tests of tags on the page of `moodcurve serve`: filter, rows, summary and comparison."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.helpers.browser import Window, axe_problems, song_ids, until
from tests.helpers.web_server import Server

pytestmark = pytest.mark.browser


@pytest.fixture
def tagged_window(browser: Browser, tagged_server: Server) -> Iterator[Window]:
    window = Window(browser, tagged_server)
    yield window
    window.close()


def rows(page: Page) -> list[str]:
    """Return title, artist and tags of the rows of the list."""
    return [text.replace("\n", " | ") for text in page.locator(".rows .song-text").all_inner_texts()]


def test_songs_are_listed_with_their_tags_and_found_by_them(tagged_window: Window, axe: str) -> None:
    page = tagged_window("#/library")
    until(page, "document.querySelectorAll('.rows .song-row').length === 4")
    assert sorted(rows(page)) == [
        "Elegy | The Composers · acoustic, folk, sad",
        "Fiesta | Zoë & the Players",
        "Meadow | Zoë & the Players",
        "Menace | The Composers · rock",
    ]
    page.get_by_text("More filters").click()
    tag = page.get_by_label("Likely Last.fm tag")
    options = tag.locator("option").all_inner_texts()
    assert (len(options), options[0]) == (51, "any")
    assert options[1:] == sorted(options[1:], key=str.lower)
    tag.select_option("folk")
    expect(page.locator(".count")).to_have_text("1 song")
    assert [row.partition(" |")[0] for row in rows(page)] == ["Elegy"]
    assert axe_problems(page, axe) == []
    page.get_by_role("button", name="Clear all filters").click()
    expect(page.locator(".count")).to_have_text("4 songs")
    assert tag.input_value() == ""


def test_the_start_page_lists_tags_too(tagged_window: Window) -> None:
    page = tagged_window()
    row = page.get_by_role("option", name="Elegy")
    expect(row.locator(".tags")).to_have_text("acoustic, folk, sad")
    assert page.get_by_role("option", name="Meadow").locator(".tags").count() == 0


def test_the_summary_names_the_tags_and_what_they_are(tagged_window: Window, tagged_server: Server, axe: str) -> None:
    ids = song_ids(tagged_server)
    for title, text in (("Elegy", "acoustic 0.61, folk 0.44, sad 0.30"), ("Fiesta", "none from 0.1 on")):
        page = tagged_window(f"#/listen/song-{ids[title]}")
        card = page.locator(".summary-card")
        expect(card.get_by_role("heading", name="Likely Last.fm tags")).to_be_visible()
        expect(card.locator(".tags")).to_have_text(text)
        expect(card.locator(".note")).to_contain_text("Not facts.")
        assert axe_problems(page, axe) == []
    page = tagged_window(f"#/listen/song-{ids['Meadow']}")
    page.locator(".summary-card").wait_for()
    assert "Last.fm" not in page.locator("main").inner_text()


def test_two_songs_are_compared_by_their_tags(tagged_window: Window, tagged_server: Server) -> None:
    ids = song_ids(tagged_server)
    page = tagged_window(f"#/listen/song-{ids['Menace']}/song-{ids['Meadow']}")
    row = page.locator(".summary tr").filter(has_text="likely Last.fm tags")
    expect(row.locator("td")).to_have_text(["rock 0.50", "unknown"])


def test_a_library_without_tags_shows_nothing_of_them(window: Window) -> None:
    def without(page: Page) -> None:
        empty = {"id": [1], "arousal": [0.2], "valence": [0.3], "quadrant": [0], "title": ["A"], "artist": [None]}
        columns = {**empty, "duration_s": [60.0], "tags": [None], "file": [None]}
        page.route("**/api/map*", lambda route: route.fulfill(json=columns))

    page = window("#/library", before=without)
    until(page, "document.querySelectorAll('.rows .song-row').length === 1")
    page.get_by_text("More filters").click()
    assert page.get_by_label("Mood word").is_visible()
    assert not page.get_by_label("Likely Last.fm tag").is_visible()
    assert page.locator(".rows .tags").count() == 0
