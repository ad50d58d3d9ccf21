"""The page where others can reach the server: what a browser without the token sees, and one that was given it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.helpers.browser import Window, json_at, seconds, until
from tests.helpers.web_server import Server, serving

pytestmark = pytest.mark.browser

TOKEN = "a-token-for-tests-0123"


@pytest.fixture(scope="module")
def server(scanned_music: tuple[Path, Path]) -> Iterator[Server]:
    """A server at all addresses of this machine, in place of the one that all other tests of the page ask."""
    with serving(scanned_music, "--host", "0.0.0.0", "--token", TOKEN) as running:
        yield running


def admitted(window: Window, place: str = "") -> Page:
    """A page that was opened by the address that the command shows."""
    return window(f"?token={TOKEN}{place}")


def test_without_the_token_the_page_says_what_to_do_and_nothing_else(window: Window) -> None:
    window.expected.append("401")
    page = window()
    assert page.get_by_role("alert").inner_text() == (
        "This page needs an access token. Open the address that “moodcurve serve” printed."
    )
    assert page.locator(".drop").count() == 0
    page.goto(f"{window.server.url}/#/library")
    page.reload()
    page.get_by_role("alert").wait_for()
    assert "Meadow" not in page.content()
    assert page.evaluate("fetch('api/songs').then((answer) => answer.status)") == 401


def test_the_token_does_not_stay_in_the_address_nor_within_reach_of_scripts(window: Window) -> None:
    page = admitted(window, "#/library")
    assert page.url == f"{window.server.url}/#/library"
    page.get_by_text("Meadow").first.wait_for()
    kept = page.evaluate("JSON.stringify([document.cookie, document.referrer, {...localStorage}, {...sessionStorage}])")
    assert TOKEN not in kept
    (cookie,) = page.context.cookies()
    assert (cookie["value"], cookie["httpOnly"], cookie["sameSite"]) == (TOKEN, True, "Strict")
    went = page.evaluate("performance.getEntriesByType('resource').map((entry) => entry.name).join(' ')")
    assert TOKEN not in went
    page.go_back()
    assert page.url == "about:blank"  # nothing with a token comes before the page


def test_the_page_works_with_the_cookie_after_a_reload_and_in_another_window(window: Window) -> None:
    page = admitted(window)
    page.reload()
    until(page, "document.documentElement.classList.contains('ready')")
    assert page.locator(".drop").count() == 1
    other = page.context.new_page()
    other.goto(f"{window.server.url}/#/library")
    other.get_by_text("Meadow").first.wait_for()


def test_a_song_is_sent_followed_and_heard_with_the_cookie(window: Window) -> None:
    asked: list[str] = []
    page = admitted(window)
    page.on("request", lambda request: asked.append(f"{request.method} {request.resource_type} {request.url}"))
    page.set_input_files(".drop input[type=file]", window.server.music / "calm.flac")
    page.locator(".summary-card").wait_for()
    assert any(re.match(r"POST \w+ .*/api/analyze$", request) for request in asked)
    assert any(re.match(r"GET eventsource .*/api/jobs/[\w-]{12}/events$", request) for request in asked)
    assert any(re.match(r"GET fetch .*/api/jobs/[\w-]{12}/curve", request) for request in asked)
    number = {song["title"]: song["id"] for song in json_at(page, "api/songs")["songs"]}["Fiesta"]
    page.goto(f"{window.server.url}/#/listen/song-{number}")
    page.locator("h1", has_text="Fiesta").wait_for()
    until(page, "document.querySelector('#sound').readyState >= 2")
    page.keyboard.press("Space")
    until(page, "document.querySelector('#sound').currentTime > 0.3")
    assert seconds(page) > 0.3
    assert any(re.match(rf"GET (media|fetch) .*/api/songs/{number}/audio$", request) for request in asked)
    assert TOKEN not in " ".join(asked)


def test_a_wrong_token_is_told(window: Window) -> None:
    page = window.browser.new_page()
    answer = page.goto(f"{window.server.url}/?token=no-token-of-this-one")
    assert answer
    assert answer.status == 401
    assert "the token is wrong; `moodcurve serve` shows the address with the right one" in page.inner_text("body")
    page.close()
