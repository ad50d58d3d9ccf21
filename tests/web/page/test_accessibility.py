"""Accessibility tests of the page of `moodcurve serve`: axe, contrast and forced colors."""

import pytest
from playwright.sync_api import Page

from tests.helpers.browser import Window, axe_problems, open_song, until

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_problem(window: Window, ids: dict[str, int], axe: str, scheme: str) -> None:
    first, second = ids["Elegy"], ids["Fiesta"]
    for address in ("", "#/library", f"#/listen/song-{first}", f"#/listen/song-{first}/song-{second}"):
        page = window(address, color_scheme=scheme)
        until(page, "document.querySelectorAll('.song-row, .rows [role=option], .summary-card').length > 0")
        if address == "#/library":
            page.get_by_text("More filters").click()
            page.locator(".rows [role=option]").first.click()
        assert axe_problems(page, axe) == [], address
    page.keyboard.press("?")
    assert axe_problems(page, axe, "dialog") == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_problem_in_menus_dialogs_and_errors(
    window: Window, ids: dict[str, int], axe: str, scheme: str
) -> None:
    window.expected.append("404")
    page = open_song(window, ids["Elegy"], color_scheme=scheme)
    page.get_by_text("Download").click()
    assert axe_problems(page, axe) == []
    page.get_by_text("Download").click()
    page.keyboard.press("c")
    page.locator("dialog .song-row").first.wait_for()
    assert axe_problems(page, axe, "dialog") == []
    page.keyboard.press("Escape")
    page.keyboard.press("2")
    until(page, "document.querySelector('.map canvas')?.dataset.dots === '4'")
    page.keyboard.press("l")
    assert axe_problems(page, axe) == []  # while the lasso is active but not drawn
    box = page.locator(".map canvas").bounding_box()
    assert box
    page.mouse.move(box["x"] + 90, box["y"] + 60)
    page.mouse.down()
    for x, y in ((0.9, 0.1), (0.9, 0.9), (0.1, 0.9)):
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=3)
    page.mouse.up()
    page.get_by_role("button", name="Clear lasso").wait_for()
    assert axe_problems(page, axe) == []
    page.evaluate("location.hash = '#/listen/song-99999'")
    page.get_by_text("Choose another file").wait_for()
    assert axe_problems(page, axe) == []


def low_contrast(page: Page, axe: str) -> list[str]:
    """Return texts with less contrast than 7 to 1 (WCAG 2, level AAA)."""
    page.evaluate(axe)
    return page.evaluate(
        """() => axe.run({ runOnly: ["color-contrast-enhanced"] })
            .then((result) => result.violations.flatMap((one) => one.nodes.map((node) => node.html)))"""
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast_is_higher_if_preferred(window: Window, ids: dict[str, int], axe: str, scheme: str) -> None:
    page = open_song(window, ids["Elegy"], contrast="more", color_scheme=scheme)
    assert low_contrast(page, axe) == []
    if scheme == "light":  # the dark theme always has this contrast
        page.emulate_media(contrast="no-preference")
        assert low_contrast(page, axe) != []


def test_pressed_buttons_are_marked_with_forced_colors(window: Window) -> None:
    page = window("#/library", forced_colors="active")
    chip = page.get_by_role("button", name="tense-negative")
    look = "e => getComputedStyle(e).outlineStyle + getComputedStyle(e).outlineColor"
    assert chip.evaluate(look).startswith("none")
    chip.click()
    page.mouse.move(5, 5)
    page.get_by_role("searchbox").focus()
    assert chip.evaluate(look).startswith("solid")
    swatch = chip.locator("i").evaluate("e => getComputedStyle(e).backgroundColor")
    assert swatch == "rgb(194, 49, 76)"  # the color of the dots on the map
    chip.click()
    rows = page.locator(".rows [role=option]")
    rows.nth(3).wait_for()  # the list without the filter, which replaces all rows
    rows.first.click()
    # rows may be replaced once more while they are read
    page.wait_for_function(
        "[...document.querySelectorAll('.rows [aria-selected=true]')]"
        ".some(e => getComputedStyle(e).outlineStyle === 'solid')"
    )
