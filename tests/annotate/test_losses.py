"""Nothing that a rater did is lost, in a real browser: reload, crash, pause, lost network, killed server."""

import re
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Error, Page

from moodcurve.datasets.raters.study_reader import rater_file
from moodcurve.datasets.raters.study_record import RaterRecord, read_record
from tests.helpers.browser import until
from tests.helpers.studies import (
    Raters,
    StudyServer,
    check_complete,
    events_of,
    follow,
    move_on_pad,
    new_rater,
    raters_of,
    rows_of,
    study_server,
    write_study,
)

pytestmark = pytest.mark.browser

SECONDS = 6.0
AROUSAL, VALENCE = (f"Song 1 of 1, {axis}" for axis in ("arousal", "valence"))
LONGEST_GAP_S = 0.5
"""Longest time without a sample while a song plays, on a busy machine; frames are 0.017 s apart."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StudyServer]:
    """A study of one song of six seconds."""
    with study_server(write_study(tmp_path_factory.mktemp("losses") / "study", seconds=SECONDS)) as running:
        yield running


def rising(t: float) -> float:
    """Return what the mouse does."""
    return 0.9 * t / SECONDS


def begin(raters: Raters, token: str) -> Page:
    """Open a rater's page, and start the first song."""
    page = raters(token)
    page.get_by_role("button", name="I agree").click()
    page.locator("#start:enabled").click()
    return page


def position(page: Page) -> float:
    """Return the position in the song."""
    return float(page.evaluate("document.querySelector('#song').currentTime"))


def go_on(page: Page, after_s: float) -> float:
    """Start a song that was interrupted; check that it goes on two seconds earlier, and return where."""
    page.get_by_role("button", name="Go on").wait_for()
    until(page, "document.querySelector('#start:enabled') !== null")
    at_s = position(page)
    assert after_s - 2.6 < at_s < after_s - 1.4
    page.locator("#start").click()
    return at_s


def crash(page: Page) -> None:
    """End the process of a page."""
    with page.expect_event("crash"), suppress(Error):
        page.goto("chrome://crash", timeout=2000)


def record_of(server: StudyServer, rater: str) -> RaterRecord:
    """Return what is stored of a rater."""
    return read_record(rater_file(server.folder, rater))


def wait_until_stored(page: Page, server: StudyServer, rater: str) -> None:
    """Wait until the first pass is complete on the server; routes of the test are served meanwhile."""
    deadline = time.monotonic() + 60
    while (0, "arousal") not in record_of(server, rater).finished:
        assert time.monotonic() < deadline
        page.wait_for_timeout(50)


def stored_until(server: StudyServer, rater: str) -> float:
    """Return the position of the last stored sample."""
    return [0, 0, *record_of(server, rater).last_row(0, "arousal")[:2]][-1]


def check_whole(server: StudyServer, rater: str, *, samples: int = 150) -> None:
    """Check that the arousal of the whole song is stored, as the mouse moved, and once."""
    assert check_complete(server.folder, rater) > samples
    track = record_of(server, rater).track(0, "arousal")
    assert track.times_s[0] < LONGEST_GAP_S
    assert track.times_s[-1] > SECONDS - LONGEST_GAP_S
    assert np.diff(track.times_s).max() < LONGEST_GAP_S
    assert (np.diff(track.times_s) > 0).all()
    later = track.times_s > 0.5
    differences = np.abs(track.values - 0.9 * track.times_s / SECONDS)[later]
    assert np.median(differences) < 0.15  # a busy machine moves the mouse up to a second late


def test_a_reload_in_the_middle_loses_nothing(browser: Browser, server: StudyServer) -> None:
    rater, token = new_rater(server)
    with raters_of(browser, server) as raters:
        page = begin(raters, token)
        follow(page, AROUSAL, rising, until_s=3)
        page.reload()
        before = rows_of(server.folder, rater, 0, "arousal")
        go_on(page, before[-1][1])
        follow(page, AROUSAL, rising)
        page.get_by_role("heading", name=VALENCE).wait_for()
        page.reload()
        page.get_by_role("heading", name=VALENCE).wait_for()  # the finished pass is not asked for again
    assert before[-1][1] > 3 - LONGEST_GAP_S
    check_whole(server, rater)


def test_a_crashed_page_loses_at_most_a_quarter_of_a_second(browser: Browser, server: StudyServer) -> None:
    """While the network is away, so that the samples are only in the browser."""
    rater, token = new_rater(server)
    with raters_of(browser, server) as raters:
        raters.expected += ["ERR_INTERNET_DISCONNECTED", "ERR_FAILED"]
        page = begin(raters, token)
        until(page, "document.querySelector('#song').currentTime > 0.3")
        cut = [True]
        page.context.route("**/api/rater/pieces", lambda route: route.abort() if cut[0] else route.continue_())
        follow(page, AROUSAL, rising, until_s=3)
        at_s = position(page)
        context = page.context
        crash(page)
        page.close()
        cut[0] = False
        assert stored_until(server, rater) < 2
        page = context.new_page()
        page.goto(f"{server.url}/")
        page.get_by_role("button", name="Go on").wait_for()
        stored_s = stored_until(server, rater)
        assert at_s - 0.5 < stored_s
        go_on(page, stored_s)
        follow(page, AROUSAL, rising)
        wait_until_stored(page, server, rater)
    check_whole(server, rater)


def test_a_lost_network_interrupts_nothing(browser: Browser, server: StudyServer) -> None:
    rater, token = new_rater(server)
    with raters_of(browser, server) as raters:
        raters.expected.append("ERR_INTERNET_DISCONNECTED")
        page = begin(raters, token)
        follow(page, AROUSAL, rising, until_s=1.5)
        page.context.set_offline(True)
        follow(page, AROUSAL, rising)
        page.get_by_role("heading", name=VALENCE).wait_for()
        page.get_by_text("No connection.").wait_for()
        assert stored_until(server, rater) < 3
        page.locator("#start:enabled").click()
        page.wait_for_timeout(500)
        page.context.set_offline(False)
        page.get_by_text("No connection.").wait_for(state="hidden")
        until(page, "document.querySelector('.connection').textContent === ''")
    check_whole(server, rater)


def test_a_killed_server_goes_on_after_a_restart(browser: Browser, tmp_path: Path) -> None:
    with study_server(write_study(tmp_path / "study", seconds=SECONDS)) as server, raters_of(browser, server) as raters:
        rater, token = new_rater(server)
        raters.expected += ["ERR_CONNECTION_REFUSED", "ERR_CONNECTION_RESET", "ERR_EMPTY_RESPONSE"]
        page = begin(raters, token)
        follow(page, AROUSAL, rising, until_s=2)
        server.kill()
        half_line = b'{"client":"00","number":7,"events":[{"kind":"sam'
        with rater_file(server.folder, rater).open("ab") as file:
            file.write(half_line)  # what the server was writing
        follow(page, AROUSAL, rising)
        page.get_by_text("No connection.").wait_for()
        server.start()
        page.get_by_text("No connection.").wait_for(state="hidden")
        assert record_of(server, rater).finished == {(0, "arousal")}
        check_whole(server, rater)


def test_a_pause_goes_on_two_seconds_earlier(browser: Browser, server: StudyServer) -> None:
    rater, token = new_rater(server)
    with raters_of(browser, server) as raters:
        page = begin(raters, token)
        follow(page, AROUSAL, lambda t: 0.5, until_s=3)
        page.keyboard.press("Space")
        page.get_by_text("Paused.").wait_for()
        move_on_pad(page, 0, -0.5)
        page.get_by_role("button", name="Go on").click()
        move_on_pad(page, 0, -0.5)
        wait_until_stored(page, server, rater)
    check_complete(server.folder, rater)
    marks = events_of(server.folder, rater, "mark")
    assert [one["name"] for one in marks] == ["play", "pause", "play", "end"]
    assert marks[1]["song_s"] - marks[2]["song_s"] == pytest.approx(2, abs=0.2)
    track = record_of(server, rater).track(0, "arousal")
    again = track.times_s > marks[2]["song_s"] + 0.5
    assert track.values[again] == pytest.approx(-0.5, abs=0.03)  # what was rated again counts
    assert track.values[(track.times_s > 0.5) & (track.times_s < marks[2]["song_s"] - 0.1)] == pytest.approx(
        0.5, abs=0.03
    )


def test_a_page_gives_way_to_a_newer_one(browser: Browser, server: StudyServer) -> None:
    _, token = new_rater(server)
    with raters_of(browser, server) as raters:
        page = begin(raters, token)
        until(page, "document.querySelector('#song').currentTime > 0.5")
        newer = page.context.new_page()
        newer.goto(f"{server.url}/")
        page.get_by_text("opened in another window").wait_for()
        assert page.locator("#song").count() == 0
        newer.get_by_role("button", name=re.compile("^(Start|Go on)$")).wait_for()
