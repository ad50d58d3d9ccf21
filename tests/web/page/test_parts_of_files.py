"""Songs that are parts of a file, on the song page and in playlists, and audio that starts late, in Chromium."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page

from moodcurve.audio.parts import Split
from moodcurve.library.scanning.scan import scan
from moodcurve.library.scanning.selection import Selection
from tests.helpers.albums import SONG_S, cue, write_album
from tests.helpers.browser import Window, curve_of, open_song, seconds, song_ids, until
from tests.helpers.timed_audio import write_timed
from tests.helpers.web_server import Server, serving

pytestmark = pytest.mark.browser

LATE = ("late.webm", "gap.webm", "late.mp4")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of an album with a cue sheet, and of files with time stamps of their own."""
    folder = tmp_path_factory.mktemp("albums")
    music, library = folder / "music", folder / "library.sqlite"
    music.mkdir()
    write_album(music / "album.flac").with_suffix(".cue").write_text(cue("album.wav"))
    write_timed(music / "late.webm", [[(5, 330)]])
    write_timed(music / "gap.webm", [[(0, 330), (9, 440)]])
    write_timed(music / "late.mp4", [[(5, 330)]], codec="flac")
    scan([music], library, workers=1, selection=Selection(split=Split.cue))
    with serving((music, library)) as running:
        yield running


@pytest.fixture
def tense(window: Window) -> Page:
    """The second song of the album, from 12 s to 24 s of its file."""
    return open_song(window, song_ids(window.server)["Tense"])


def slider(page: Page, attribute: str) -> str:
    return page.locator("#seek-slider").get_attribute(attribute) or ""


def test_a_song_plays_from_its_start_to_its_end(tense: Page) -> None:
    page = tense
    assert page.locator("h1").inner_text() == "Tense"
    assert seconds(page) == SONG_S
    assert page.locator(".transport", has_text="0:12").count() == 1
    page.locator("#play").click()
    until(page, "document.querySelector('#sound').currentTime > 12.3")
    page.evaluate("document.querySelector('#sound').currentTime = 23.6")
    until(page, "document.querySelector('#sound').paused")
    assert 24 <= seconds(page) < 24.5
    page.locator("#play").click()  # once more, from the start
    until(page, "document.querySelector('#sound').currentTime < 13")
    assert not page.evaluate("document.querySelector('#sound').paused")


def test_seeking_stays_within_the_song(tense: Page) -> None:
    page = tense
    page.keyboard.press("ArrowRight")  # 5 s
    assert seconds(page) == pytest.approx(SONG_S + 5, abs=0.1)
    assert slider(page, "aria-valuenow") == "5"
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    assert seconds(page) == pytest.approx(2 * SONG_S, abs=0.1)
    for _ in range(6):
        page.keyboard.press("ArrowLeft")
    assert seconds(page) == SONG_S


def test_the_waveform_is_that_of_the_song(tense: Page) -> None:
    until(tense, "document.querySelector('.waveform > div').shadowRoot.querySelectorAll('canvas').length > 0")


def test_a_preview_plays_from_within_the_song(window: Window) -> None:
    page = window("#/library")
    page.get_by_role("option", name="Calm The Band").click()
    page.locator(".preview").get_by_role("button", name="Play").click()
    # at 30 % of the song, which begins at 24 s
    until(page, "document.querySelector('#preview').currentTime > 24 + 3.6")
    assert page.evaluate("document.querySelector('#preview').currentTime") < 24 + 8


def test_a_playlist_plays_each_part_from_its_start_to_its_end(window: Window) -> None:
    ids = song_ids(window.server)
    page = window(f"#/playlist/{ids['Tense']}-{ids['Sad']}")
    playing = "document.querySelector('.playlist-player strong').innerText === '{}'"
    until(page, playing.format("Tense"))
    page.get_by_role("button", name="Play", exact=True).click()
    until(page, "document.querySelector('#playlist-audio').currentTime > 12.3")
    assert page.locator(".playlist-player .time").inner_text() == "0:00"
    page.get_by_role("slider", name="Position in the song").fill("0.5")
    until(page, "Math.abs(document.querySelector('#playlist-audio').currentTime - 18) < 1")
    page.evaluate("document.querySelector('#playlist-audio').currentTime = 23.6")
    until(page, playing.format("Sad"))
    until(
        page, "(a => !a.paused && a.currentTime > 0.2 && a.currentTime < 3)(document.querySelector('#playlist-audio'))"
    )
    page.evaluate("document.querySelector('#playlist-audio').currentTime = 11.6")
    until(page, "document.querySelector('#playlist-audio').paused")
    assert page.evaluate("document.querySelector('#playlist-audio').currentTime") == pytest.approx(12.2, abs=0.25)
    assert page.locator(".playlist-player strong").inner_text() == "Sad"  # the last
    page.get_by_role("button", name="Play", exact=True).click()  # once more, from the start
    until(page, "(a => !a.paused && a.currentTime < 2)(document.querySelector('#playlist-audio'))")


@pytest.mark.parametrize("name", LATE)
def test_the_curve_is_in_step_with_the_player(window: Window, name: str) -> None:
    number = _by_file(window.server, name)
    page = open_song(window, number)
    curve = curve_of(page, number)
    begins_at = 9.0 if name.startswith("gap") else 5.0
    silent = np.flatnonzero(np.asarray(curve["silent"]))
    # the last silent window ends where the sound begins
    assert curve["times_s"][silent.max()] + 1.0 == pytest.approx(begins_at, abs=0.5)
    heard_at = page.evaluate(
        """async (from) => {
            const audio = document.querySelector("#sound");
            const context = new AudioContext();
            const analyser = context.createAnalyser();
            context.createMediaElementSource(audio).connect(analyser).connect(context.destination);
            const samples = new Float32Array(analyser.fftSize);
            audio.currentTime = from;
            await audio.play();
            for (let i = 0; i < 1000; i++) {
                await new Promise((resolve) => setTimeout(resolve, 10));
                analyser.getFloatTimeDomainData(samples);
                if (Math.max(...samples) > 0.05) return audio.currentTime;
            }
            return -1;
        }""",
        begins_at - 1.5,
    )
    assert heard_at == pytest.approx(begins_at, abs=0.35)


def _by_file(server: Server, name: str) -> int:
    from moodcurve.library import open_library

    with open_library(server.library) as library:
        (found,) = [stored.id for stored in library.songs() if Path(stored.paths[0]).name == name]
    return found
