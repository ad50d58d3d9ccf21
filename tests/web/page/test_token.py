"""Tests of the page of a server with a token: in a browser without the token, and in one that has it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.helpers.browser import Window, json_at, seconds, until
from tests.helpers.web_server import TOKEN, Server, serving

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def server(scanned_music: tuple[Path, Path]) -> Iterator[Server]:
    """A server with a token that listens on all addresses, instead of that of the other page tests."""
    with serving(scanned_music, "--host", "0.0.0.0", "--token", TOKEN) as running:
        yield running


def open_with_token(window: Window, fragment: str = "") -> Page:
    """Open the page with the URL that the command prints."""
    return window(f"?token={TOKEN}{fragment}", cookie=False)


def test_without_the_token_the_page_shows_only_how_to_get_it(window: Window) -> None:
    window.expected.append("401")
    page = window(cookie=False)
    assert page.get_by_role("alert").inner_text() == (
        "This page needs an access token. Open the address that “moodcurve serve” printed."
    )
    assert page.locator(".drop").count() == 0
    page.goto(f"{window.server.url}/#/library")
    page.reload()
    page.get_by_role("alert").wait_for()
    assert "Meadow" not in page.content()
    assert page.evaluate("fetch('api/songs').then((response) => response.status)") == 401


def test_the_token_is_not_in_the_url_nor_available_to_scripts(window: Window) -> None:
    page = open_with_token(window, "#/library")
    assert page.url == f"{window.server.url}/#/library"
    page.get_by_text("Meadow").first.wait_for()
    stored = page.evaluate(
        "JSON.stringify([document.cookie, document.referrer, {...localStorage}, {...sessionStorage}])"
    )
    assert TOKEN not in stored
    (cookie,) = page.context.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    assert TOKEN not in cookie["value"]
    requested = page.evaluate("performance.getEntriesByType('resource').map((entry) => entry.name).join(' ')")
    assert TOKEN not in requested
    page.go_back()
    assert page.url == "about:blank"  # the URL with the token is not in the history


def test_the_page_works_with_the_cookie_after_a_reload_and_in_another_window(window: Window) -> None:
    page = open_with_token(window)
    page.reload()
    until(page, "document.documentElement.classList.contains('ready')")
    assert page.locator(".drop").count() == 1
    other = page.context.new_page()
    other.goto(f"{window.server.url}/#/library")
    other.get_by_text("Meadow").first.wait_for()


def test_a_song_is_uploaded_analyzed_and_played_with_the_cookie(window: Window) -> None:
    requests: list[str] = []
    page = open_with_token(window)
    page.on("request", lambda request: requests.append(f"{request.method} {request.resource_type} {request.url}"))
    page.set_input_files(".drop input[type=file]", window.server.music / "calm.flac")
    page.locator(".summary-card").wait_for()
    assert any(re.match(r"POST \w+ .*/api/analyze$", request) for request in requests)
    assert any(re.match(r"GET eventsource .*/api/jobs/[\w-]{12}/events$", request) for request in requests)
    assert any(re.match(r"GET fetch .*/api/jobs/[\w-]{12}/curve", request) for request in requests)
    number = {song["title"]: song["id"] for song in json_at(page, "api/songs")["songs"]}["Fiesta"]
    page.goto(f"{window.server.url}/#/listen/song-{number}")
    page.locator("h1", has_text="Fiesta").wait_for()
    until(page, "document.querySelector('#sound').readyState >= 2")
    page.keyboard.press("Space")
    until(page, "document.querySelector('#sound').currentTime > 0.3")
    assert seconds(page) > 0.3
    assert any(re.match(rf"GET (media|fetch) .*/api/songs/{number}/audio$", request) for request in requests)
    assert TOKEN not in " ".join(requests)


def test_the_file_that_the_command_opens_leads_to_the_page(window: Window) -> None:
    (file,) = window.server.temporary.glob("*/open.html")
    page = window.browser.new_page()
    page.goto(file.as_uri())
    page.wait_for_url(f"{window.server.url}/")
    page.locator(".drop").wait_for()
    page.goto(f"{window.server.url}/#/library")
    page.get_by_text("Meadow").first.wait_for()
    page.close()


def test_a_wrong_token_shows_an_error(window: Window) -> None:
    page = window.browser.new_page()
    response = page.goto(f"{window.server.url}/?token=another-token-of-16")
    assert response
    assert response.status == 401
    assert "wrong token; open the address that `moodcurve serve` printed" in page.inner_text("body")
    page.close()
