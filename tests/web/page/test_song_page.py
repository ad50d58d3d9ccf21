"""Tests of the song page of `moodcurve serve`, in Chromium with a real server."""

import base64
import json
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, Route

from moodcurve.demo.composer import DEMO_SECTIONS, compose, write_flac
from moodcurve.mood.circumplex import describe
from moodcurve.util.text import one_line
from tests.helpers.browser import (
    Window,
    click_at,
    cursor_share,
    curve_of,
    drawn_heights,
    json_at,
    number,
    open_song,
    path_at,
    point,
    seconds,
    until,
)

pytestmark = pytest.mark.browser

HOSTILE = "<img src=x onerror=alert(1)>&lt;\u202egnos.flac"


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A song of 34 s, sad and then tense, so that its curve rises."""
    path = tmp_path_factory.mktemp("song") / "A song.flac"
    write_flac(compose(DEMO_SECTIONS[:2], seed=5), path)
    return path


def test_an_uploaded_file_gets_its_curve(window: Window, song: Path) -> None:
    page = window()
    page.set_input_files(
        ".drop input[type=file]", {"name": HOSTILE, "mimeType": "audio/flac", "buffer": song.read_bytes()}
    )
    page.locator(".summary-card").wait_for()
    assert page.locator("h1").inner_text() == one_line(HOSTILE)
    assert page.locator("main img").count() == 0
    address = page.locator(".menu a").first.get_attribute("href")
    assert address
    curve = json_at(page, address.replace("csv", "json"))
    length = max(curve["duration_s"], curve["times_s"][-1])
    top = 1.0 - 0.25 * sum(
        all(
            max(map(abs, curve[f"{axis}{end}"])) <= limit
            for axis in ("arousal", "valence")
            for end in ("", "_low", "_high")
        )
        for limit in (0.75, 0.5)
    )
    shares = np.linspace(0.02, 0.98, 25)
    for axis in ("arousal", "valence"):
        heights = drawn_heights(page, axis, shares)
        seen = ~np.isnan(heights)
        assert seen.sum() >= 5  # one curve may hide the other
        expected = (top - np.interp(shares * length, curve["times_s"], curve[axis])) / (2 * top)
        # the line is 2 of 294 px wide, and slopes between pixel columns add to the error
        assert np.abs(heights - expected)[seen].max() < 0.02
    until(page, "document.querySelector('.waveform > div').shadowRoot.querySelectorAll('canvas').length > 0")


def test_the_provisional_curve_is_drawn_as_it_arrives(window: Window, song: Path) -> None:
    times = np.arange(0, 9, 0.5)
    parts = [
        {"start": int(first), "times_s": times[first : first + 6].tolist(), "arousal": [0.3] * 6, "valence": [-0.2] * 6}
        for first in (0, 6, 12)
    ]
    stream = "retry: 600000\n\n" + "".join(f"event: part\ndata: {json.dumps(part)}\n\n" for part in parts)
    stream += 'event: progress\ndata: {"share": 0.5, "seconds": 9}\n\n'
    deleted: list[str] = []

    def replace_responses(page: Page) -> None:
        page.route("**/events", lambda route: route.fulfill(body=stream, content_type="text/event-stream"))
        page.on("request", lambda request: deleted.append(request.url) if request.method == "DELETE" else None)
        page.route("**/api/jobs/*", unfinished)

    def unfinished(route: Route) -> None:
        if route.request.method == "DELETE":
            route.continue_()
        else:
            route.fulfill(
                json={
                    "job": route.request.url.rpartition("/")[2],
                    "state": "running",
                    "share": 0.1,
                    "seconds": 1,
                    "name": "A song.flac",
                    "problem": None,
                }
            )

    page = window(before=replace_responses)
    page.set_input_files(".drop input[type=file]", song)
    page.get_by_text("Analyzing… 50 %").wait_for()
    assert page.locator("[role=status]", has_text="Analyzing A song.flac: 50 %").count() == 1
    length = float(page.evaluate("document.querySelector('#sound').duration"))
    assert length == pytest.approx(46, abs=1)
    heights = drawn_heights(page, "arousal", np.array([0.05, 0.15, 0.9]), opacity=0.6)  # lighter while provisional
    assert heights[:2] == pytest.approx([0.2, 0.2], abs=0.01)  # 0.3 on an axis up to 0.5
    assert np.isnan(heights[2])
    assert point(page) == (pytest.approx(-20), pytest.approx(30))
    # the song can be played meanwhile
    page.locator("#play").click()
    until(page, "document.querySelector('#sound').currentTime > 0.2")
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("heading", name="Play a song").wait_for()
    assert len(deleted) == 1


def test_without_events_the_page_polls_the_job(window: Window, song: Path) -> None:
    window.expected.append("502")
    page = window(before=lambda page: page.route("**/events", lambda route: route.fulfill(status=502)))
    page.set_input_files(".drop input[type=file]", song)
    page.locator(".summary-card").wait_for()


def test_a_file_that_is_not_audio_shows_an_error(window: Window, song: Path) -> None:
    window.expected += ["415", "422"]
    page = window()
    page.set_input_files(
        ".drop input[type=file]", {"name": "text.mp3", "mimeType": "audio/mpeg", "buffer": b"words " * 999}
    )
    alert = page.locator(".error:visible")
    until(page, "document.querySelector('.song-view .error')?.textContent.length > 10")
    assert "\n" not in alert.inner_text()
    assert not page.locator(".columns").is_visible()
    page.get_by_role("link", name="Song").click()
    page.set_input_files(".drop input[type=file]", song)
    page.locator(".summary-card").wait_for()
    assert alert.count() == 0


def test_a_file_can_be_dropped(window: Window, song: Path) -> None:
    page = window("#/library")
    page.evaluate(
        """(text) => {
            const data = new DataTransfer();
            const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
            data.items.add(new File([bytes], "dropped.flac", { type: "audio/flac" }));
            for (const name of ["dragenter", "dragover", "drop"]) {
                const event = new DragEvent(name, { dataTransfer: data, bubbles: true, cancelable: true });
                document.body.dispatchEvent(event);
            }
        }""",
        base64.b64encode(song.read_bytes()).decode("ascii"),
    )
    page.locator(".summary-card").wait_for()
    assert page.locator("h1").inner_text() == "dropped.flac"


def test_a_click_seeks(window: Window, ids: dict[str, int]) -> None:
    page = open_song(window, ids["Menace"])
    curve = curve_of(page, ids["Menace"])
    for height in (0.05, 0.6):  # on the waveform, on the curves
        click_at(page, 0.5, height=height)
        middle = curve["duration_s"] / 2
        # a pixel is 0.02 s, and so is a decoder frame
        assert seconds(page) == pytest.approx(middle, abs=0.05)
        assert cursor_share(page) == pytest.approx(0.5, abs=0.005)
        for axis in ("arousal", "valence"):
            expected = np.interp(seconds(page), curve["times_s"], curve[axis])
            assert number(page.locator(f"#{axis}").inner_text()) == pytest.approx(expected, abs=0.006)  # two decimals
        click_at(page, 0.1)


def test_a_drag_follows_the_pointer(window: Window, ids: dict[str, int]) -> None:
    page = open_song(window, ids["Menace"])
    length = curve_of(page, ids["Menace"])["duration_s"]
    box = page.locator("#seek-slider").bounding_box()
    assert box
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 0.2 * box["width"], y)
    assert page.locator("#hover").is_visible()
    page.mouse.down()
    page.mouse.move(box["x"] + 0.75 * box["width"], y, steps=4)
    assert seconds(page) == pytest.approx(0.75 * length, abs=0.05)
    page.mouse.up()
    page.mouse.move(box["x"] + 0.1 * box["width"], y)
    assert seconds(page) == pytest.approx(0.75 * length, abs=0.05)


def test_cursor_and_point_move_with_the_music(window: Window, ids: dict[str, int]) -> None:
    page = open_song(window, ids["Menace"])
    curve = curve_of(page, ids["Menace"])
    page.get_by_role("button", name="Play", exact=True).click()
    until(page, "document.querySelector('#sound').currentTime > 1.2")
    page.get_by_role("button", name="Pause").click()
    at = seconds(page)
    assert cursor_share(page) == pytest.approx(at / curve["duration_s"], abs=0.005)
    arousal, valence = path_at(curve, at)
    assert point(page) == (pytest.approx(100 * valence, abs=0.1), pytest.approx(100 * arousal, abs=0.1))
    assert page.locator("#mood").inner_text() == describe(arousal, valence)


def test_mood_words_are_those_of_the_package(window: Window, ids: dict[str, int]) -> None:
    for title, number_of in list(ids.items())[:2]:
        page = open_song(window, number_of)
        curve = curve_of(page, number_of)
        assert page.locator("h1").inner_text() == title
        mean = float(curve["arousal"].mean()), float(curve["valence"].mean())
        assert page.locator(".headline strong").inner_text() == describe(*mean)
        shares = page.locator(".shares").first.locator("li").all_inner_texts()
        expected = [f"{name} {100 * p:.0f} %" for name, p in curve["song"]["probabilities"].items()]
        assert [" ".join(share.split()) for share in shares] == expected


def test_a_click_on_the_path_seeks(window: Window, ids: dict[str, int]) -> None:
    page = open_song(window, ids["Menace"])
    click_at(page, 0.6)
    at, expected = seconds(page), point(page)
    click_at(page, 0.05)
    box = page.locator("#circumplex .ring").nth(1).bounding_box()
    assert box
    half = box["width"] / 2
    page.mouse.click(box["x"] + half * (1 + expected[0] / 100), box["y"] + half * (1 - expected[1] / 100))
    found = point(page)
    # the path may come close to the click at another time too, so only the position is compared
    assert np.hypot(found[0] - expected[0], found[1] - expected[1]) < 3
    assert seconds(page) != pytest.approx(0.05 * at, abs=0.1)


def test_zoom(window: Window, ids: dict[str, int]) -> None:
    page = open_song(window, ids["Menace"])
    length = curve_of(page, ids["Menace"])["duration_s"]
    click_at(page, 0.5)
    page.get_by_role("button", name="Zoom in").click()
    shown = page.locator(".chart").evaluate("e => [Number(e.dataset.from), Number(e.dataset.to)]")
    assert shown == [pytest.approx(length / 4, abs=0.1), pytest.approx(3 * length / 4, abs=0.1)]
    assert cursor_share(page) == pytest.approx(0.5, abs=0.01)
    click_at(page, 0.9)
    assert seconds(page) == pytest.approx(shown[0] + 0.9 * (shown[1] - shown[0]), abs=0.05)
    # the waveform moves along
    scroll = "document.querySelector('.waveform > div').shadowRoot.querySelector('.scroll').scrollLeft"
    until(page, f"{scroll} > 100")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")  # leaves the visible part, which follows
    assert 0 <= cursor_share(page) <= 1
    page.keyboard.press("0")
    assert page.locator(".chart").get_attribute("data-from") == "0.00"
    page.keyboard.press("+")
    page.keyboard.press("-")
    assert page.locator(".overview").evaluate("e => getComputedStyle(e).visibility") == "hidden"


def test_layers_can_be_hidden(window: Window, ids: dict[str, int]) -> None:
    page = open_song(window, ids["Menace"])
    shares = np.linspace(0.1, 0.9, 9)
    assert not np.isnan(drawn_heights(page, "arousal", shares)).all()
    page.get_by_role("button", name="arousal").click()
    until(page, "document.querySelector('.layer.arousal').getAttribute('aria-pressed') === 'false'")
    assert np.isnan(drawn_heights(page, "arousal", shares)).all()
    assert not page.locator(".dot.arousal").is_visible()
    assert page.locator(".dot.valence").is_visible()


def test_curves_are_downloaded(window: Window, ids: dict[str, int], tmp_path: Path) -> None:
    page = open_song(window, ids["Elegy"])
    page.get_by_text("Download").click()
    starts = {"CSV": b"time_s,arousal,valence,", "PNG": b"\x89PNG\r\n\x1a\n", "JAMS": b"{", "JSON": b"{"}
    for name, start in starts.items():
        with page.expect_download() as waiting:
            page.locator(".menu a", has_text=name).click()
        path = tmp_path / name
        waiting.value.save_as(path)
        assert waiting.value.suggested_filename in (f"sad.{name.lower()}", f"Elegy.{name.lower()}")
        assert path.read_bytes().startswith(start)


def test_two_songs_are_compared(window: Window, ids: dict[str, int]) -> None:
    page = open_song(window, ids["Elegy"])
    page.keyboard.press("c")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("combobox").fill("fies")
    dialog.get_by_role("option", name="Fiesta").click()
    page.locator(".pair .line-key").first.wait_for()
    assert page.locator("h1").inner_text() == "Elegy and Fiesta"
    curves = [curve_of(page, ids[title]) for title in ("Elegy", "Fiesta")]
    length = max(curve["duration_s"] for curve in curves)
    click_at(page, 0.25)
    for name, curve in zip(("#point", "#other-point"), curves, strict=True):
        arousal, valence = path_at(curve, 0.25 * length)
        # a pixel is 0.02 s
        assert point(page, name) == (pytest.approx(100 * valence, abs=0.5), pytest.approx(100 * arousal, abs=0.5))
    assert page.locator(".path.other").count() == 1
    at = seconds(page)
    assert page.evaluate("document.querySelector('#sound').src").endswith(f"/songs/{ids['Elegy']}/audio")
    page.get_by_role("button", name="Listen to second").click()
    assert page.evaluate("document.querySelector('#sound').src").endswith(f"/songs/{ids['Fiesta']}/audio")
    until(page, "document.querySelector('#sound').readyState >= 2")
    assert seconds(page) == pytest.approx(at, abs=0.05)
    page.get_by_role("button", name="Swap").click()
    page.get_by_role("heading", name="Fiesta and Elegy").wait_for()
    page.get_by_role("button", name="Remove second").click()
    page.get_by_role("heading", name="Fiesta", exact=True).wait_for()
    page.go_back()
    page.get_by_role("heading", name="Fiesta and Elegy").wait_for()


def test_a_song_is_compared_with_a_file(window: Window, ids: dict[str, int], song: Path) -> None:
    page = open_song(window, ids["Elegy"])
    page.get_by_role("button", name="Compare").click()
    page.set_input_files("dialog input[type=file]", song)
    page.get_by_role("heading", name="Elegy and A song.flac").wait_for()
    page.get_by_role("button", name="Listen to second").click()
    assert page.evaluate("document.querySelector('#sound').src").startswith("blob:")
