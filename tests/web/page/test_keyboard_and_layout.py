"""Tests of the page of `moodcurve serve`: keyboard, focus, window sizes, touch, theme and printing."""

import pytest
from playwright.sync_api import Page

from tests.helpers.browser import (
    Window,
    cursor_share,
    curve_of,
    open_song,
    seconds,
    until,
)

pytestmark = pytest.mark.browser


def focused(page: Page) -> list[str | None]:
    """Return name and outline style of the focused element; the outline is None without one."""
    return page.evaluate(
        """() => {
            const e = document.activeElement;
            if (e === document.body) return ["", null];
            return [e.id || e.getAttribute("aria-label") || e.textContent, getComputedStyle(e).outlineStyle];
        }"""
    )


def test_everything_works_by_keyboard(window: Window, ids: dict[str, int]) -> None:
    page = window()
    page.keyboard.press("Tab")
    assert focused(page) == ["Skip to content", "solid"]
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert focused(page) == ["Choose a file", "solid"]
    page.keyboard.press("2")
    page.get_by_role("heading", name="Library").wait_for()
    page.get_by_text("4 songs", exact=True).wait_for()
    page.keyboard.press("/")
    page.keyboard.type("meadow")
    page.get_by_text("1 song", exact=True).wait_for()
    page.get_by_role("listbox").focus()
    page.keyboard.press("ArrowDown")
    assert page.get_by_role("listbox").get_attribute("aria-activedescendant")
    page.keyboard.press("Space")
    until(page, "!document.querySelector('#preview').paused")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Meadow").wait_for()
    page.locator(".summary-card").wait_for()
    until(page, "document.querySelector('#sound').readyState >= 2")
    page.keyboard.press("ArrowRight")
    assert seconds(page) == pytest.approx(5)
    page.keyboard.press("Shift+ArrowLeft")
    assert seconds(page) == pytest.approx(4)
    page.keyboard.press("Space")
    until(page, "!document.querySelector('#sound').paused")
    page.keyboard.press("Space")
    until(page, "document.querySelector('#sound').paused")
    stage = page.get_by_role("slider", name="Position in the song")
    stage.focus()
    length = float(page.evaluate("document.querySelector('#sound').duration"))
    for key, expected in (("End", length), ("PageDown", 0.9 * length), ("Home", 0), ("PageUp", 0.1 * length)):
        page.keyboard.press(key)
        assert seconds(page) == pytest.approx(expected, abs=0.06)
    assert (stage.get_attribute("aria-valuetext") or "").startswith("0:0")
    page.keyboard.press("?")
    page.get_by_role("dialog", name="Keyboard shortcuts").wait_for()
    page.keyboard.press("Escape")
    assert page.get_by_role("dialog").count() == 0


def test_the_help_opens_scrolled_to_its_top(window: Window) -> None:
    page = window(width=390, height=500)
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    assert dialog.evaluate("e => [e.scrollTop, e.scrollHeight > e.clientHeight]") == [0, True]
    page.keyboard.press("Tab")
    assert focused(page) == ["Close", "solid"]
    page.keyboard.press("Enter")
    assert page.get_by_role("dialog").count() == 0


def test_the_focus_is_visible(window: Window, ids: dict[str, int]) -> None:
    for address in ("", "#/library", f"#/listen/song-{ids['Elegy']}"):
        page = window(address)
        page.wait_for_timeout(100)
        seen = []
        for _ in range(14):
            page.keyboard.press("Tab")
            name, outline = focused(page)
            if outline is None:
                break
            seen.append((name, outline))
        assert len(seen) > 6
        assert {outline for _, outline in seen} <= {"solid", "auto"}, seen


OUTSIDE = """() => [...document.querySelectorAll("body *")]
    .filter((e) => !e.closest(".visually-hidden, .skip, details:not([open])"))
    .filter((e) => {
        const box = e.getBoundingClientRect();
        return box.width > 1 && (box.left < -1 || box.right > innerWidth + 1);
    })
    .map((e) => e.outerHTML.slice(0, 80))"""


def test_nothing_overflows_the_window(window: Window, ids: dict[str, int]) -> None:
    both = f"#/listen/song-{ids['Elegy']}/song-{ids['Fiesta']}"
    for address in ("", "#/library", f"#/listen/song-{ids['Elegy']}", both):
        page = window(address)
        until(page, "document.querySelectorAll('.song-row, .rows [role=option], .summary-card').length > 0")
        for width in (1280, 760, 390, 320):
            page.set_viewport_size({"width": width, "height": 900})
            page.wait_for_timeout(100)  # resize observers run in the next frame
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert page.evaluate(OUTSIDE) == [], (address, width)


def pinch_open(page: Page, selector: str) -> None:
    """Pinch on an element with two fingers, to three times their initial distance."""
    box = page.locator(selector).bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    session = page.context.new_cdp_session(page)
    for kind, apart in (("touchStart", 30), ("touchMove", 50), ("touchMove", 90), ("touchEnd", None)):
        points = [] if apart is None else [{"x": x - apart, "y": y, "id": 0}, {"x": x + apart, "y": y, "id": 1}]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def test_touch_seeks_and_zooms(window: Window, ids: dict[str, int]) -> None:
    page = open_song(window, ids["Menace"], width=390, height=844, has_touch=True, is_mobile=True)
    length = curve_of(page, ids["Menace"])["duration_s"]
    box = page.locator("#seek-slider").bounding_box()
    assert box
    page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + 60)
    assert seconds(page) == pytest.approx(length / 2, abs=0.1)  # a pixel is 0.06 s
    pinch_open(page, "#seek-slider")
    shown = page.locator(".chart").evaluate("e => e.dataset.to - e.dataset.from")
    assert shown == pytest.approx(length / 3, rel=0.1)
    page.get_by_role("link", name="Library").tap()
    radius = "JSON.parse(document.querySelector('.map canvas')?.dataset.view ?? '{\"r\": 0}').r"
    before = until(page, radius)
    pinch_open(page, ".map canvas")
    until(page, f"{radius} > {2 * before}")


def test_the_theme_can_be_chosen(window: Window) -> None:
    page = window(color_scheme="dark")
    back = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(back)
    assert sum(int(part) for part in dark[4:-1].split(",")) < 150
    page.emulate_media(color_scheme="light")
    until(page, f"{back} !== {dark!r}")
    page.get_by_role("button", name="Theme: system").click()
    page.get_by_role("button", name="Theme: light").click()
    assert page.evaluate(back) == dark
    page.reload()
    page.get_by_role("button", name="Theme: dark").wait_for()
    assert page.evaluate(back) == dark


def test_reduced_motion(window: Window, ids: dict[str, int]) -> None:
    page = open_song(window, ids["Menace"], reduced_motion="reduce")
    assert not page.locator("#trail").is_visible()
    page.locator("#play").click()
    until(page, "document.querySelector('#sound').currentTime > 0.8")
    assert cursor_share(page) > 0.02


def test_text_of_twice_the_size_fits(window: Window, ids: dict[str, int]) -> None:
    both = f"#/listen/song-{ids['Elegy']}/song-{ids['Fiesta']}"
    for address in ("", "#/library", f"#/listen/song-{ids['Elegy']}", both):
        page = window(address)
        until(page, "document.querySelectorAll('.song-row, .rows [role=option], .summary-card').length > 0")
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        for width in (1280, 768):
            page.set_viewport_size({"width": width, "height": 900})
            page.wait_for_timeout(100)  # resize observers run in the next frame
            assert page.evaluate(OUTSIDE) == [], (address, width)


def test_a_song_is_printed_in_light_colors_without_buttons(window: Window, ids: dict[str, int]) -> None:
    page = open_song(window, ids["Elegy"], color_scheme="dark")
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.querySelector('.card')).backgroundColor") == "rgb(255, 255, 255)"
    for part in (".bar", ".actions", "#play", "#cursor", ".menu", ".zoom"):
        assert not page.locator(part).first.is_visible(), part
    for part in ("h1", ".curves", "#circumplex", ".summary-card"):
        assert page.locator(part).first.is_visible(), part
