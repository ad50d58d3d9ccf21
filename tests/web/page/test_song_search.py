"""Tests of the song search on the page of `moodcurve serve`: by keyboard, and the moods in its lists."""

import pytest
from playwright.sync_api import Locator, Page, Route

from moodcurve.mood.circumplex import describe
from tests.helpers.browser import Window, axe_problems, json_at, open_song, until

pytestmark = pytest.mark.browser


def active(field: Locator) -> str:
    """Return the title of the active option, which must be the only one selected."""
    found = field.evaluate(
        """(field) => {
            const list = document.getElementById(field.getAttribute("aria-controls"));
            const selected = [...list.querySelectorAll("[role=option][aria-selected=true]")];
            const active = field.getAttribute("aria-activedescendant");
            if (selected.length > 1 || (selected[0]?.id ?? null) !== active) return "not one";
            return selected[0]?.querySelector(".title").textContent ?? "";
        }"""
    )
    return str(found)


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_song_to_compare_can_be_chosen_by_keyboard(
    window: Window, ids: dict[str, int], axe: str, scheme: str
) -> None:
    page = open_song(window, ids["Elegy"], color_scheme=scheme)
    page.keyboard.press("c")
    field = page.get_by_role("dialog").get_by_role("combobox")
    options = page.get_by_role("dialog").get_by_role("option")
    options.first.wait_for()
    titles = options.locator(".title").all_inner_texts()
    assert sorted(titles) == ["Fiesta", "Meadow", "Menace"]
    assert field.evaluate("(field) => document.activeElement === field")
    assert active(field) == ""
    for key, expected in (
        ("ArrowDown", 0), ("ArrowDown", 1), ("End", 2), ("ArrowDown", 0), ("ArrowUp", 2), ("ArrowUp", 1), ("Home", 0),
    ):  # fmt: skip
        page.keyboard.press(key)
        assert active(field) == titles[expected], key
    assert axe_problems(page, axe, "dialog") == []
    page.keyboard.type("fies")
    until(page, "document.querySelectorAll('dialog [role=option]').length === 1")
    assert active(field) == ""  # new results are not selected yet
    press(page, "Home", "Delete", "End")  # without an option they edit the text
    assert field.input_value() == "ies"
    press(page, "Home", "f")
    until(page, "document.querySelectorAll('dialog [role=option]').length === 1")
    press(page, "ArrowDown", "Enter")
    page.get_by_role("heading", name="Elegy and Fiesta").wait_for()
    assert page.get_by_role("dialog").count() == 0


def test_the_dialog_can_be_closed_by_keyboard(window: Window, ids: dict[str, int], axe: str) -> None:
    page = open_song(window, ids["Elegy"])
    page.get_by_role("button", name="Compare").focus()
    page.keyboard.press("Enter")
    page.get_by_role("dialog").get_by_role("option").first.wait_for()
    page.keyboard.type("no such song")
    page.get_by_text("No matching songs.").wait_for()
    press(page, "ArrowDown", "Enter")  # there is no option
    assert page.get_by_role("dialog").get_by_role("combobox").get_attribute("aria-expanded") == "false"
    assert axe_problems(page, axe, "dialog") == []
    page.keyboard.press("Escape")
    assert page.get_by_role("dialog").count() == 0
    assert page.evaluate("document.activeElement.textContent").startswith("Compare")
    assert page.get_by_role("heading", name="Elegy", exact=True).is_visible()


def test_a_song_can_be_opened_from_the_start_page_by_keyboard(window: Window, axe: str) -> None:
    page = window()
    field = page.get_by_role("combobox")
    page.get_by_role("option").first.wait_for()
    field.fill("mead")
    until(page, "document.querySelectorAll('[role=option]').length === 1")
    page.keyboard.press("ArrowDown")
    assert active(field) == "Meadow"
    assert axe_problems(page, axe) == []
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Meadow").wait_for()


CUT_OFF = """() => [...document.querySelectorAll(".mood")].filter((mood) => {
    const row = mood.closest(".song-row").getBoundingClientRect();
    const box = mood.getBoundingClientRect();
    const cut = mood.scrollWidth > mood.clientWidth + 1 || box.top < row.top - 1 || box.bottom > row.bottom + 1;
    return cut || box.left < row.left || box.right > Math.min(row.right, innerWidth);
}).map((mood) => mood.textContent)"""


@pytest.mark.parametrize("width", [1280, 390, 320])
def test_lists_show_the_mood_of_each_song(window: Window, ids: dict[str, int], width: int) -> None:
    songs = json_at(window(), "api/songs")["songs"]
    expected = {song["title"]: describe(song["arousal"], song["valence"], 1) for song in songs}
    assert sorted(expected) == sorted(ids)
    for address in ("", "#/library", f"#/listen/song-{ids['Elegy']}"):
        page = window(address, width=width)
        if address.startswith("#/listen"):
            page.locator(".summary-card").wait_for()
            page.keyboard.press("c")
        until(page, "document.querySelectorAll('.song-row').length >= 3")
        rows = page.locator("dialog .song-row" if address.startswith("#/listen") else ".song-row")
        shown = {row.locator(".title").inner_text(): row.locator(".mood").inner_text() for row in rows.all()}
        assert len(shown) >= 3
        assert shown.items() <= expected.items()
        assert page.evaluate(CUT_OFF) == []


def test_long_mood_words_fit_into_their_rows(window: Window) -> None:
    def replace_map(page: Page) -> None:
        points = [(0.15, -0.2), (0.1, 0.25), (-0.11, 0.11), (0.9, 0.3)]  # long and short words

        def respond(route: Route) -> None:
            columns = route.fetch().json()
            columns["arousal"] = [a for a, _ in points]
            columns["valence"] = [v for _, v in points]
            route.fulfill(json=columns)

        page.route("**/api/map*", respond)

    page = window("#/library", width=320, before=replace_map)
    until(page, "document.querySelectorAll('.song-row').length === 4")
    assert sorted(page.locator(".song-row .mood").all_inner_texts()) == [
        "slightly calm", "slightly delighted", "slightly frustrated", "very astonished",
    ]  # fmt: skip
    assert page.evaluate(CUT_OFF) == []
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    page.set_viewport_size({"width": 768, "height": 900})
    page.wait_for_timeout(100)
    assert page.evaluate(CUT_OFF) == []
