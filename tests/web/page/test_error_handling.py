"""Tests of errors on the page of `moodcurve serve`, and of what still works then."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route

from moodcurve.demo.composer import DEMO_SECTIONS, compose, write_flac
from tests.helpers.browser import Window, cursor_share, open_song, until

pytestmark = pytest.mark.browser

NOT_AUDIO: Any = {"name": "text.mp3", "mimeType": "audio/mpeg", "buffer": b"words " * 999}


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A song of 17 s."""
    path = tmp_path_factory.mktemp("song") / "A song.flac"
    write_flac(compose(DEMO_SECTIONS[:1], seed=5), path)
    return path


def choose(page: Page, file: Any) -> None:
    """Choose a file with the visible button."""
    page.locator("main input[type=file]").first.set_input_files(file)


def test_after_a_file_that_is_not_audio_another_can_be_chosen(window: Window, song: Path) -> None:
    window.expected += ["415", "422"]
    page = window()
    choose(page, NOT_AUDIO)
    page.get_by_text("Choose another file").wait_for()
    assert page.get_by_role("heading", level=1).inner_text() == "text.mp3"
    assert page.locator(".error:visible").inner_text()[0].isupper()
    page.get_by_role("link", name="Library").click()
    page.get_by_role("heading", name="Library").wait_for()
    page.get_by_role("link", name="Song").click()  # leads back to the last upload
    page.get_by_text("Choose another file").wait_for()
    page.get_by_role("link", name="Back to start page").click()
    page.get_by_role("heading", name="Play a song").wait_for()
    choose(page, NOT_AUDIO)
    page.get_by_text("Choose another file").wait_for()
    choose(page, song)
    page.locator(".summary-card").wait_for()
    assert page.locator(".error:visible").count() == 0
    assert page.get_by_text("Choose another file").count() == 0


def test_a_finished_upload_does_not_leave_the_library_page(window: Window, song: Path) -> None:
    held: list[Route] = []
    page = window(before=lambda page: page.route("**/api/analyze", lambda route: held.append(route)))
    choose(page, song)
    page.get_by_text("Uploading…").wait_for()
    until(page, "location.hash === '#/listen'")
    page.keyboard.press("2")
    page.get_by_role("heading", name="Library").wait_for()
    held[0].continue_()
    until(page, "document.querySelector('nav a').hash.startsWith('#/listen/job-')")
    assert page.get_by_role("heading", name="Library").is_visible()
    page.get_by_role("link", name="Song").click()
    page.locator(".summary-card").wait_for()
    assert page.get_by_role("heading", level=1).inner_text() == "A song.flac"
    page.go_back()
    page.get_by_role("heading", name="Library").wait_for()


def test_the_layout_does_not_shift_when_the_curve_arrives(window: Window, song: Path) -> None:
    def without_warnings(route: Route) -> None:
        curve = route.fetch().json()
        route.fulfill(json={key: value for key, value in curve.items() if key != "warnings"})

    # without the warning that composed songs are unlike music, which takes an extra line
    page = window(before=lambda page: page.route("**/curve?format=json", without_warnings))
    page.evaluate(
        """() => {
            window.shifts = [];
            new PerformanceObserver((list) => window.shifts.push(...list.getEntries()))
                .observe({ type: "layout-shift", buffered: false });
        }"""
    )
    choose(page, song)
    page.locator(".summary-card").wait_for()
    until(page, "document.querySelector('.waveform > div').shadowRoot.querySelectorAll('canvas').length > 0")
    # up to 0.1 is considered good; the labels of the curves appear with them
    assert page.evaluate("window.shifts.reduce((sum, one) => sum + one.value, 0)") < 0.1


def test_a_playback_error_is_cleared_if_the_song_plays_on(window: Window, ids: dict[str, int]) -> None:
    page = open_song(window, ids["Menace"])
    page.locator("#play").click()
    until(page, "document.querySelector('#sound').currentTime > 0.3")
    # Firefox fires this event on a machine without audio output
    page.evaluate("document.querySelector('#sound').dispatchEvent(new Event('error'))")
    page.get_by_text("Playback is silent").wait_for()
    assert page.locator("#play").is_enabled()
    share = cursor_share(page)
    until(page, "document.querySelector('#sound').currentTime > 1.5")
    assert cursor_share(page) > share


def test_the_page_works_with_an_invalid_browser_language(window: Window, ids: dict[str, int]) -> None:
    def set_language(page: Page) -> None:
        page.add_init_script("Object.defineProperty(Navigator.prototype, 'language', { get: () => 'C' })")

    page = window(f"#/listen/song-{ids['Elegy']}", before=set_language)
    assert page.evaluate("navigator.language") == "C"
    page.locator(".summary-card").wait_for()


def test_the_library_can_be_loaded_again(window: Window) -> None:
    window.expected.append("ERR_FAILED")
    down = True

    def respond(route: Route) -> None:
        if down:
            route.abort()
        else:
            route.continue_()

    page = window("#/library", before=lambda page: page.route("**/api/map*", respond))
    page.get_by_text("Cannot reach the server").wait_for()
    down = False
    page.get_by_role("button", name="Try again").click()
    page.get_by_text("4 songs", exact=True).wait_for()
    assert page.get_by_role("button", name="Try again").count() == 0


def test_the_download_menu_closes(window: Window, ids: dict[str, int]) -> None:
    page = open_song(window, ids["Elegy"])
    first = page.get_by_role("link", name="CSV")
    opener = page.get_by_text("Download")
    opener.click()
    assert first.is_visible()
    page.mouse.click(900, 800)
    assert not first.is_visible()
    opener.focus()
    page.keyboard.press("Enter")
    assert first.is_visible()
    page.keyboard.press("Escape")
    assert not first.is_visible()
    assert page.evaluate("document.activeElement.textContent") == "Download"
    page.keyboard.press("Enter")
    for _ in range(5):
        page.keyboard.press("Tab")
    assert not first.is_visible()


def test_the_page_says_why_the_server_does_not_send_a_song(window: Window, ids: dict[str, int]) -> None:
    window.expected.append("404")
    problem = {"status": 404, "json": {"detail": "the audio file has changed since it was analyzed; run `x`"}}
    page = window(
        f"#/listen/song-{ids['Elegy']}",
        before=lambda page: page.route("**/audio", lambda route: route.fulfill(**problem)),
    )
    text = "The audio file has changed since it was analyzed; run `x`. You can still explore the curve."
    page.get_by_text(text).wait_for()


def test_a_preview_of_a_missing_file_shows_an_error(window: Window, ids: dict[str, int]) -> None:
    window.expected.append("404")
    gone = f"**/songs/{ids['Elegy']}/audio"
    page = window("#/library", before=lambda page: page.route(gone, lambda route: route.fulfill(status=404)))
    page.wait_for_load_state("networkidle")  # the list is complete, and no row is replaced under the mouse
    page.get_by_role("option", name="Elegy").click()
    page.locator(".preview").get_by_role("button", name="Play").click()
    page.get_by_text("Cannot play this song").wait_for()
    page.get_by_role("option", name="Meadow").click()
    page.locator(".preview").get_by_role("button", name="Play").click()
    until(page, "!document.querySelector('#preview').paused")
