"""The page in a real Chromium, opened from a file as by a double click."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from playwright.sync_api import Browser, Page

from moodcurve.curve import Curve
from moodcurve.mood.circumplex import describe
from moodcurve.report import write_report
from moodcurve.util.text import clock
from tests.helpers.browser import (
    Open,
    axe_problems,
    click_at,
    cursor_share,
    drawn_heights,
    number,
    point,
    seconds,
    until,
)
from tests.helpers.short_song import small_curve, write_song

pytestmark = pytest.mark.browser

SECONDS = 8.0


@pytest.fixture(scope="module")
def song_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    audio = write_song(folder, "pcm16.wav", SECONDS)
    write_report(small_curve(SECONDS, intervals=True), audio, folder / "song.html")
    return folder / "song.html"


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Open]:
    """Open a page in a window of its own; at the end nothing may have gone wrong or left the machine."""
    troubles: list[str] = []
    contexts = []

    def open_it(path: Path, *, width: int = 1280, height: int = 900, **options: Any) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: note(troubles, message.text))
        page.on("pageerror", lambda error: troubles.append(f"error: {error}"))
        page.on("request", lambda request: troubles.append(request.url) if reaches_out(request.url) else None)
        page.goto(path.as_uri())
        until(page, "document.documentElement.classList.contains('ready')")
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert troubles == []


def note(troubles: list[str], text: str) -> None:
    if "willReadFrequently" not in text:  # `drawn_heights` reads what only a person would
        troubles.append(f"console: {text}")


def reaches_out(url: str) -> bool:
    return not url.startswith(("file:", "data:"))


def heights(curve: Curve, axis: str, shares: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Where a line should stand at parts of the length, in parts of the height from above: the axis ends at ±0.75."""
    values = np.interp(shares * SECONDS, curve.times_s, getattr(curve, axis))
    return np.asarray((0.75 - values) / 1.5)


def test_the_curves_are_drawn(song_page: Path, open_page: Open) -> None:
    page = open_page(song_page)
    shares = np.array([0.1, 0.3, 0.5, 0.7, 0.9])
    curve = small_curve(SECONDS, intervals=True)
    for axis in ("arousal", "valence"):
        # the pen is 2 of 270 pixels wide; a line hides where the other crosses it
        np.testing.assert_allclose(drawn_heights(page, axis, shares), heights(curve, axis, shares), atol=0.008)
    assert page.locator(".line-labels .arousal").inner_text() == "arousal"
    # the waveform: bars of a tone that fills the height
    until(
        page,
        """[...document.querySelector(".waveform div").shadowRoot.querySelectorAll("canvas")].some((canvas) =>
            canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.some(Boolean))""",
    )


def test_silent_points_do_not_count_in_the_summary(tmp_path: Path, open_page: Open) -> None:
    """The page computes means, ranges and shares itself; they are those of `Curve.summary`."""
    whole = small_curve(SECONDS)
    curve = replace(whole, silent=whole.times_s < 4)
    write_report(curve, write_song(tmp_path, "pcm16.wav", SECONDS), tmp_path / "song.html")
    page = open_page(tmp_path / "song.html")
    rows = page.locator("table.summary tbody tr")
    summary = curve.summary
    assert summary.arousal != pytest.approx(whole.summary.arousal, abs=0.02)
    for row, mean, (low, high) in (
        (rows.nth(0), summary.arousal, summary.arousal_range),
        (rows.nth(1), summary.valence, summary.valence_range),
    ):
        for cell, expected in enumerate((mean, low, high)):
            shown = row.locator("td").nth(cell).inner_text().split()[0]
            assert number(shown) == pytest.approx(expected, abs=0.0051)
    assert describe(summary.arousal, summary.valence) in page.locator(".headline").inner_text()


@pytest.mark.parametrize("height", [0.05, 0.5])
def test_a_click_goes_to_its_moment(song_page: Path, open_page: Open, height: float) -> None:
    page = open_page(song_page)
    click_at(page, 0.5, height=height)  # on the waveform, on the curves
    # a pixel of the stage is 0.013 s
    assert seconds(page) == pytest.approx(4.0, abs=0.05)
    assert cursor_share(page) == pytest.approx(0.5, abs=0.005)
    curve = small_curve(SECONDS)
    assert page.locator("#time").inner_text() == "0:04"
    assert number(page.locator("#arousal").inner_text()) == pytest.approx(curve.arousal[8], abs=0.011)
    assert number(page.locator("#valence").inner_text()) == pytest.approx(curve.valence[8], abs=0.011)


def test_a_drag_follows_the_pointer(song_page: Path, open_page: Open) -> None:
    page = open_page(song_page)
    box = page.locator("#seek-slider").bounding_box()
    assert box
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 0.2 * box["width"], middle)
    assert page.locator("#hover").is_visible()
    assert page.locator("#hover").inner_text() == "0:01"
    page.mouse.down()
    page.mouse.move(box["x"] + 0.75 * box["width"], middle, steps=5)
    assert seconds(page) == pytest.approx(6.0, abs=0.05)
    page.mouse.move(box["x"] + 2 * box["width"], middle, steps=5)  # beyond the end, button still down
    assert seconds(page) == pytest.approx(SECONDS, abs=0.05)
    page.mouse.up()
    page.mouse.move(box["x"] + 0.1 * box["width"], middle)
    assert seconds(page) == pytest.approx(SECONDS, abs=0.05)


def test_cursor_and_point_move_with_the_music(song_page: Path, open_page: Open) -> None:
    page = open_page(song_page)
    start, at = point(page), cursor_share(page)
    page.get_by_role("button", name="Play").click()
    until(page, "document.getElementById('sound').currentTime > 1.2")
    assert page.get_by_role("button", name="Pause").is_visible()
    page.get_by_role("button", name="Pause").click()
    assert cursor_share(page) > at + 0.14
    assert cursor_share(page) == pytest.approx(seconds(page) / SECONDS, abs=0.005)
    assert point(page)[1] > start[1] + 3  # arousal rises by 0.1 a second
    stopped = seconds(page)
    page.wait_for_timeout(200)
    assert seconds(page) == stopped


def test_the_end_of_the_song_gives_the_button_back(song_page: Path, open_page: Open) -> None:
    page = open_page(song_page)
    click_at(page, 0.95)
    page.locator("#play").click()
    until(page, "document.getElementById('sound').ended")
    page.get_by_role("button", name="Play").wait_for()
    assert cursor_share(page) == pytest.approx(1, abs=0.005)


def test_the_point_stands_where_the_path_is(song_page: Path, open_page: Open) -> None:
    page = open_page(song_page)
    click_at(page, 0.5)
    curve = small_curve(SECONDS)
    near = np.abs(curve.times_s - 4.0) <= 2.0
    # the four decimals of the curve, two of the drawing, and 0.05 s of a pixel
    assert point(page) == pytest.approx((100 * curve.valence[near].mean(), 100 * curve.arousal[near].mean()), abs=0.6)
    assert page.locator("#mood").inner_text() == "slightly happy"
    assert page.locator(".word.here").text_content() == "happy"


def test_the_keyboard(song_page: Path, open_page: Open) -> None:
    page = open_page(song_page)
    page.keyboard.press("ArrowRight")
    assert seconds(page) == pytest.approx(5)
    page.keyboard.press("Shift+ArrowRight")
    assert seconds(page) == pytest.approx(6)
    page.keyboard.press("ArrowLeft")
    assert seconds(page) == pytest.approx(1)
    page.keyboard.press("ArrowLeft")
    assert seconds(page) == 0  # not below
    page.keyboard.press("End")
    assert seconds(page) == 0  # only the slider itself takes End: elsewhere it scrolls
    page.keyboard.press(" ")
    until(page, "!document.getElementById('sound').paused")
    page.keyboard.press(" ")
    until(page, "document.getElementById('sound').paused")

    stage = page.get_by_role("slider", name="Position in the song")
    stage.focus()
    for key, expected in (("End", 8), ("PageDown", 7.2), ("Home", 0), ("PageUp", 0.8), ("ArrowUp", 5.8)):
        page.keyboard.press(key)
        assert seconds(page) == pytest.approx(expected, abs=1e-3)
    assert stage.get_attribute("aria-valuenow") == "5"
    assert stage.get_attribute("aria-valuemax") == "8"
    assert (stage.get_attribute("aria-valuetext") or "").startswith("0:05 of 0:08, ")


def test_space_on_the_button_plays_once(song_page: Path, open_page: Open) -> None:
    page = open_page(song_page)
    page.locator("#play").focus()
    page.keyboard.press(" ")
    until(page, "document.getElementById('sound').currentTime > 0.1")
    assert page.get_by_role("button", name="Pause").is_visible()


def test_the_focus_is_seen(song_page: Path, open_page: Open) -> None:
    page = open_page(song_page)
    seen = []
    for _ in range(11):
        page.keyboard.press("Tab")
        seen.append(
            page.evaluate(
                """() => {
                    const e = document.activeElement;
                    return [e.id || e.ariaLabel || e.textContent, getComputedStyle(e).outlineStyle];
                }"""
            )
        )
    expected = [
        "Theme: system", "arousal", "valence", "90 % intervals", "seek-slider", "play", "Zoom out",
        "Show whole song", "Zoom in", "doi:10.1037/h0077714", "Curve as a table",
    ]  # fmt: skip
    assert seen == [[name, "solid"] for name in expected]


@pytest.mark.parametrize("width", [320, 700, 1280])
def test_nothing_is_wider_than_the_window(song_page: Path, open_page: Open, width: int) -> None:
    page = open_page(song_page, width=width)
    page.locator("summary").click()
    assert page.evaluate("document.documentElement.scrollWidth") == width
    outside = page.evaluate(
        """() => [...document.querySelectorAll("body *")]
            .filter((e) => {
                const box = e.getBoundingClientRect();
                return box.width > 1 && (box.left < -1 || box.right > innerWidth + 1);
            })
            .map((e) => e.outerHTML.slice(0, 80))"""
    )
    assert outside == []


CONTRASTS = """() => {
    const rgb = (text) => text.match(/[\\d.]+/g).slice(0, 3).map((c) => {
        const s = c / 255;
        return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
    });
    const luminance = (text) => {
        const [r, g, b] = rgb(text);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const back = luminance(getComputedStyle(document.querySelector(".card")).backgroundColor);
    const texts = ["#arousal", "#valence", "#mood", ".keys", ".line-labels .arousal", ".at", ".headline"];
    const names = [...texts, ".word", ".word.here"];
    return Object.fromEntries(names.map((name) => {
        const style = getComputedStyle(document.querySelector(name));
        const front = luminance(name.startsWith(".word") ? style.fill : style.color);
        return [name, (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05)];
    }));
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_waveform_has_the_colour_of_the_theme(song_page: Path, open_page: Open, scheme: str) -> None:
    page = open_page(song_page, color_scheme=scheme)
    inked = until(
        page,
        """(() => {
            const [canvas] = document.querySelector(".waveform div").shadowRoot.querySelectorAll(".canvases canvas");
            if (!canvas) return null;
            const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            const opaque = data.findIndex((value, i) => i % 4 === 3 && value === 255);
            return opaque > 0 && [...data.slice(opaque - 3, opaque)];
        })()""",
    )
    assert inked == {"light": [0xB6, 0xBB, 0xC2], "dark": [0x53, 0x5B, 0x65]}[scheme]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_is_legible_in_light_and_dark(song_page: Path, open_page: Open, scheme: str) -> None:
    page = open_page(song_page, color_scheme=scheme)
    back = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(int(c) for c in back[4:-1].split(",")) > 380) == (scheme == "light")
    low = {name: ratio for name, ratio in page.evaluate(CONTRASTS).items() if ratio < 4.5}  # WCAG 2, level AA
    assert low == {}


def test_a_dark_window_prints_on_white(song_page: Path, open_page: Open) -> None:
    page = open_page(song_page, color_scheme="dark")
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.querySelector('.card')).backgroundColor") == ("rgb(255, 255, 255)")
    assert not page.locator("#play").is_visible()
    assert not page.locator("#cursor").is_visible()
    shares = np.array([0.3, 0.7])
    expected = heights(small_curve(SECONDS, intervals=True), "arousal", shares)
    np.testing.assert_allclose(drawn_heights(page, "arousal", shares), expected, atol=0.008)  # in the ink for light
    page.emulate_media(media="screen")
    until(page, "document.documentElement.dataset.theme === 'dark'")
    assert np.isnan(drawn_heights(page, "arousal", shares)).all()


def test_a_key_turns_the_page_dark(song_page: Path, open_page: Open) -> None:
    page = open_page(song_page)
    for theme in ("light", "dark"):
        page.keyboard.press("t")
        assert page.locator("html").get_attribute("data-theme") == theme
    page.reload()
    until(page, "document.documentElement.classList.contains('ready')")
    assert page.locator("html").get_attribute("data-theme") == "dark"  # kept


def test_less_motion_where_it_is_wanted(song_page: Path, open_page: Open) -> None:
    page = open_page(song_page, reduced_motion="reduce")
    assert not page.locator("#trail").is_visible()
    page.locator("#play").click()
    until(page, "document.getElementById('sound').currentTime > 0.8")
    assert cursor_share(page) > 0.04


def test_a_length_is_that_of_the_command_line(tmp_path: Path, open_page: Open) -> None:
    audio = write_song(tmp_path, "pcm16.wav", 7.7)
    write_report(small_curve(7.7), audio, tmp_path / "x.html")
    page = open_page(tmp_path / "x.html")
    assert page.locator(".headline").inner_text().split()[-1] == clock(7.7) == "0:08"
    assert page.locator(".clock").inner_text() == "0:00 / 0:08"


def test_a_hostile_name_is_only_shown(tmp_path: Path, open_page: Open) -> None:
    name = "<\u2215script><script>alert(1)<\u2215script>\"'><img src=x onerror=alert(2)>&lt;\u2028.wav"
    audio = write_song(tmp_path, "pcm16.wav", 2.0)
    write_report(small_curve(2.0, source=name, warnings=("</script><b>x",)), audio, tmp_path / "x.html")
    page = open_page(tmp_path / "x.html")
    assert page.locator("h1").inner_text() == name.replace("\u2028", " ")
    assert page.title() == f"{name.replace(chr(0x2028), ' ')} – moodcurve"
    assert page.locator("img, b:not([class])").count() == 0
    assert page.locator("script").count() == 2
    assert page.locator(".warnings li").inner_text() == "</script><b>x"


@pytest.mark.parametrize("name", ["x.mp3", "x.flac", "x.opus", "float.wav", "alac.m4a"])
def test_embedded_sound_is_played(tmp_path: Path, open_page: Open, name: str) -> None:
    audio = write_song(tmp_path, name, 2.0)
    write_report(small_curve(2.0), audio, tmp_path / "x.html")
    page = open_page(tmp_path / "x.html")
    until(page, "document.getElementById('sound').readyState >= 2")
    # frames of an encoder: 0.1 s
    assert page.evaluate("document.getElementById('sound').duration") == pytest.approx(2.0, abs=0.1)
    page.locator("#play").click()
    until(page, "document.getElementById('sound').currentTime > 0.3")


def test_sound_that_the_browser_cannot_play_is_told(tmp_path: Path, open_page: Open) -> None:
    audio = write_song(tmp_path, "x.flac", 2.0)
    write_report(small_curve(2.0), audio, tmp_path / "x.html")
    text = (tmp_path / "x.html").read_text(encoding="utf-8")
    start = text.index("data:audio/flac;base64,") + len("data:audio/flac;base64,")
    (tmp_path / "x.html").write_text(text[:start] + text[start + 4000 :], encoding="utf-8")
    page = open_page(tmp_path / "x.html")
    page.get_by_text("This browser cannot play the audio. You can still explore the curve.").wait_for()
    assert page.locator("#play").is_disabled()


def test_without_sound_the_curve_can_still_be_walked(
    tmp_path: Path, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    audio = write_song(tmp_path, "pcm16.wav", SECONDS)
    monkeypatch.setattr("moodcurve.report.sound.EMBED_LIMIT_BYTES", 1000)
    write_report(small_curve(SECONDS), audio, tmp_path / "x.html")
    page = open_page(tmp_path / "x.html")
    assert page.locator("#play").is_disabled()
    assert page.get_by_text("too long").is_visible()
    click_at(page, 0.25)
    page.keyboard.press("ArrowRight")
    assert page.locator("#time").inner_text() == "0:07"
    assert cursor_share(page) == pytest.approx(7 / 8, abs=0.005)
    page.keyboard.press("+")
    chart = page.locator(".chart")  # half of the song, its seven eighths where they were
    assert (chart.get_attribute("data-from"), chart.get_attribute("data-to")) == ("3.50", "7.50")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(song_page: Path, open_page: Open, axe: str, scheme: str) -> None:
    page = open_page(song_page, color_scheme=scheme)
    page.locator("summary").click()
    assert axe_problems(page, axe) == []


def test_without_scripts_the_page_says_so_and_plays(song_page: Path, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(song_page.as_uri())
    assert page.locator("#sound").is_visible()
    assert page.locator("noscript .warnings").is_visible()
    assert page.get_by_role("heading").inner_text() == "A song.flac"
    context.close()
