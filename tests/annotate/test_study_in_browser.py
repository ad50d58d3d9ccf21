"""Studies in a real browser: from the first page to labels, with every kind of input."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from moodcurve.datasets import read_dataset
from moodcurve.datasets.layout import read_raters
from tests.helpers.browser import axe_problems, until
from tests.helpers.command_line import run
from tests.helpers.studies import (
    StudyServer,
    check_complete,
    events_of,
    invite,
    move_on_pad,
    new_rater,
    rate_by_mouse,
    rate_song,
    raters_of,
    rows_of,
    study_server,
    write_study,
)
from tests.helpers.web_server import eventually

pytestmark = pytest.mark.browser

SECONDS = 2.5
PLANE_STUDY = """
mode = "circumplex"
practice_s = 0
training = false
headphones = "off"
consent = ""
before = [{ id = "mood", text = "How are you?", kind = "scale", low = 1, high = 5, labels = ["bad", "good"] }]
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StudyServer]:
    """A study of one song in two passes."""
    with study_server(write_study(tmp_path_factory.mktemp("short") / "study", seconds=SECONDS)) as running:
        yield running


@pytest.fixture(scope="module")
def plane_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StudyServer]:
    """A study of one song on the circumplex."""
    folder = write_study(tmp_path_factory.mktemp("plane") / "study", PLANE_STUDY, seconds=SECONDS)
    with study_server(folder) as running:
        yield running


def values_at(server: StudyServer, rater: str, axis: str) -> tuple[np.ndarray, np.ndarray]:
    """Return song times and values of the rows of a pass of the first song."""
    rows = np.array(rows_of(server.folder, rater, 0, axis))
    return rows[:, 1], rows[:, 2:]


def stored(page: Page) -> None:
    """Wait until the page says that everything is stored."""
    page.get_by_text("All your ratings are stored.").wait_for()


def test_a_song_is_rated_by_mouse_from_consent_to_the_stored_file(
    browser: Browser, server: StudyServer, axe: str
) -> None:
    ((rater, token),) = invite(server.folder, 1).items()
    with raters_of(browser, server) as raters:
        page = raters(token)
        page.get_by_text("Please agree.").wait_for()
        assert axe_problems(page, axe) == []
        page.get_by_role("button", name="I agree").click()
        page.locator("#start:enabled").wait_for()
        assert axe_problems(page, axe) == []
        rate_by_mouse(page, "Song 1 of 1, arousal", lambda t: 0.8 * t / SECONDS)
        rate_by_mouse(page, "Song 1 of 1, valence", lambda t: -0.6)
        page.get_by_text("And the song as a whole?").wait_for()
        assert axe_problems(page, axe) == []
        rate_song(page, 7, 3)
        stored(page)
    times_s, values = values_at(server, rater, "arousal")
    assert len(times_s) > 60  # 60 frames a second where the machine is not busy
    # a busy machine moves the mouse late, by up to a second
    assert (values[:, 0] <= 0.8 * times_s / SECONDS + 0.05).all()
    assert (values[:, 0] >= 0.8 * (times_s - 1) / SECONDS - 0.05).all()
    assert values[-1, 0] > 0.3
    clock_ms, song_s, _ = np.array(rows_of(server.folder, rater, 0, "arousal")).T
    slope = np.polyfit(clock_ms, song_s, 1)[0]
    assert slope == pytest.approx(0.001, rel=0.05)  # both clocks run alike
    (rating,) = events_of(server.folder, rater, "rating")
    assert (rating["arousal"], rating["valence"]) == (7, 3)
    assert [one["device"] for one in events_of(server.folder, rater, "input")] == ["mouse"]
    (shown,) = (one for one in server.overview()["raters"] if one["rater"] == rater)
    assert (shown["done"], shown["finished"], shown["missing"]) == (1, True, 0)
    assert check_complete(server.folder, rater) == shown["samples"]


def test_everything_works_by_keyboard(browser: Browser, server: StudyServer) -> None:
    rater, token = new_rater(server)
    with raters_of(browser, server) as raters:
        page = raters(token)
        page.get_by_role("button", name="I agree").wait_for()
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        for heading, key in (("arousal", "ArrowUp"), ("valence", "ArrowLeft")):
            page.get_by_role("heading", name=heading).wait_for()
            page.locator("#start:enabled").wait_for()
            page.keyboard.press("Space")
            until(page, "!document.querySelector('#song').paused")
            page.keyboard.down(key)
            page.wait_for_timeout(600)
            page.keyboard.up(key)
        page.get_by_text("And the song as a whole?").wait_for()
        for key, presses in (("ArrowRight", 3), ("ArrowLeft", 2)):
            page.keyboard.press("Tab")
            page.keyboard.press("Space")
            for _ in range(presses):
                page.keyboard.press(key)
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        stored(page)
    _, arousal = values_at(server, rater, "arousal")
    _, valence = values_at(server, rater, "valence")
    assert 0.2 < arousal[-1, 0] < 0.9
    assert -0.9 < valence[-1, 0] < -0.2
    (rating,) = events_of(server.folder, rater, "rating")
    assert (rating["arousal"], rating["valence"]) == (4, 8)  # from 1 to the right; from 1 to the left, around the end
    assert [one["device"] for one in events_of(server.folder, rater, "input")] == ["keyboard"]


def test_both_axes_are_rated_by_touch_on_a_phone(browser: Browser, plane_server: StudyServer, axe: str) -> None:
    rater, token = new_rater(plane_server)
    phone = {"viewport": {"width": 390, "height": 780}, "is_mobile": True, "has_touch": True, "color_scheme": "dark"}
    with raters_of(browser, plane_server) as raters:
        page = raters(token, **phone)
        page.get_by_role("button", name="Begin").tap()
        page.get_by_text("How are you?").wait_for()
        assert axe_problems(page, axe) == []
        page.locator("input[value='4']").check()
        page.get_by_role("button", name="Next").tap()
        start = page.locator("#start:enabled")
        start.wait_for()
        assert axe_problems(page, axe) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        box = page.locator(".track").bounding_box()
        assert box
        assert box["y"] + box["height"] < 780  # the whole plane is in reach
        start.tap()
        until(page, "document.querySelector('#song').currentTime > 0.2")
        session = page.context.new_cdp_session(page)
        for kind, x, y in (("touchStart", 0.5, 0.5), ("touchMove", 0.7, 0.4), ("touchMove", 0.9, 0.3)):
            at = {"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"]}
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [at]})
        session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        page.get_by_text("And the song as a whole?").wait_for()
        rate_song(page, 6, 6)
        page.get_by_role("heading", name="Before you go").wait_for()
        page.get_by_role("button", name="Next").tap()
        stored(page)
    _, values = values_at(plane_server, rater, "both")
    assert values[-1] == pytest.approx([0.4, 0.8], abs=0.02)  # arousal, valence
    assert [one["device"] for one in events_of(plane_server.folder, rater, "input")] == ["touch"]
    assert [one["answers"] for one in events_of(plane_server.folder, rater, "answers")] == [{"mood": 4}, {}]
    data = read_raters(plane_server.folder)
    assert data.songs[0].valence[0, -1] == pytest.approx(0.8, abs=0.02)


GAMEPAD = """
    window.stick = { x: 0, y: 0, pressed: false };
    const button = { get pressed() { return stick.pressed; } };
    navigator.getGamepads = () => [{ connected: true, axes: [stick.x, stick.y], buttons: [button] }];
"""


def test_a_gamepad_starts_the_song_and_moves_the_point(browser: Browser, plane_server: StudyServer) -> None:
    rater, token = new_rater(plane_server)
    with raters_of(browser, plane_server) as raters:
        page = raters(token, before=lambda page: page.add_init_script(GAMEPAD))
        page.get_by_role("button", name="Begin").click()
        page.locator("input[value='1']").check()
        page.get_by_role("button", name="Next").click()
        page.locator("#start:enabled").wait_for()
        page.evaluate("stick.pressed = true")
        until(page, "document.querySelector('#song').currentTime > 0.1")
        page.evaluate("Object.assign(stick, { x: -0.56, y: -1, pressed: false })")
        until(page, "document.querySelector('#song').currentTime > 1")
        page.evaluate("Object.assign(stick, { x: 0.1, y: 0.05 })")  # at rest, within the dead zone
        page.get_by_text("And the song as a whole?").wait_for()
    times_s, values = values_at(plane_server, rater, "both")
    held = (times_s > 0.6) & (times_s < 0.9)
    assert values[held] == pytest.approx(np.tile([1, -0.5], (held.sum(), 1)))
    assert values[-1].tolist() == [0, 0]
    assert [one["device"] for one in events_of(plane_server.folder, rater, "input")] == ["gamepad"]


def test_two_raters_at_once_agree_and_their_labels_train_a_model(
    browser: Browser, server: StudyServer, tmp_path: Path
) -> None:
    names, pages, levels = [], [], (0.1, -0.1)
    with raters_of(browser, server) as raters:
        for _ in range(2):
            rater, token = new_rater(server)
            names.append(rater)
            pages.append(raters(token))
            pages[-1].get_by_role("button", name="I agree").click()
        for axis in ("arousal", "valence"):
            for page in pages:
                page.get_by_role("heading", name=axis).wait_for()
                page.locator("#start:enabled").wait_for()
            for page, level in zip(pages, levels, strict=True):
                move_on_pad(page, level - 0.4, level - 0.4)
                page.locator("#start").click()
            while any(page.get_by_role("heading", name=axis).count() for page in pages):
                for page, level in zip(pages, levels, strict=True):
                    now = page.evaluate("document.querySelector('#song')?.currentTime ?? 0")
                    value = level - 0.4 + 0.8 * now / SECONDS
                    move_on_pad(page, value, value)
                page.wait_for_timeout(10)
        for page in pages:
            rate_song(page, 5, 5)
            stored(page)
        for name in names:
            assert check_complete(server.folder, name) > 60
    (song,) = server.overview()["songs"]
    pair = [one for one in server.overview()["raters"] if one["rater"] in names]
    assert [one["samples"] > 60 for one in pair] == [True, True]
    assert song["raters"] >= 2
    (rated,) = read_raters(server.folder).songs
    tracks = rated.arousal[[rated.arousal_by.index(name) for name in names]]
    assert np.corrcoef(tracks[:, ~np.isnan(tracks).any(axis=0)])[0, 1] > 0.8
    assert np.nanmean(tracks[0] - tracks[1]) == pytest.approx(0.2, abs=0.2)
    check_training(server.folder, tmp_path)


def check_training(folder: Path, output: Path) -> None:
    """Check that the labels of a study train a model, and that the model analyzes a song."""
    assert run("labels", folder, "-o", folder).exit_code == 0
    (song,) = read_dataset(folder).songs
    assert (song.song_id, song.annotation.times_s.tolist()) == ("song1", [0.5, 1.0])  # the last row ends at 2 s
    trained = run("train", folder, "--model", "mlr", "-o", output / "mine.onnx")
    assert trained.exit_code == 0, trained.stderr
    analyzed = run("analyze", folder / "audio" / "song1.flac", "--model", output / "mine.onnx", "-f", "json")
    assert json.loads(analyzed.stdout)["model"] == "mine"


def test_the_overview_invites_shows_and_deletes_raters(browser: Browser, tmp_path: Path, axe: str) -> None:
    folder = write_study(tmp_path / "study", "", songs=2)
    with study_server(folder) as server, raters_of(browser, server) as raters:
        page = raters(server.token)
        page.get_by_text("Nobody is invited yet.").wait_for()
        page.get_by_label("Number of raters").fill("2")
        page.get_by_role("button", name="Invite").click()
        link = page.get_by_label("Link of r002", exact=True)
        link.wait_for()
        assert axe_problems(page, axe) == []
        visitor = raters(link.input_value().partition("?token=")[2])
        visitor.get_by_role("button", name="I agree").click()
        visitor.get_by_role("heading", name="Before you begin").wait_for()
        page.get_by_text("0 of 2").wait_for()
        eventually(lambda: events_of(folder, "r002", "opened") != [])
        page.get_by_role("button", name="Delete r002").click()
        assert axe_problems(page, axe, "dialog") == []
        page.get_by_role("button", name="Delete", exact=True).click()
        link.wait_for(state="detached")
        assert [path.name for path in folder.glob("raters/*.jsonl")] == []
        raters.expected.append("401")
        visitor.get_by_label("Headphones").check()
        visitor.get_by_role("spinbutton").fill("3")
        visitor.get_by_role("button", name="Next").click()
        visitor.get_by_role("heading", name="This page cannot go on").wait_for()
        assert [path.name for path in folder.glob("raters/*.jsonl")] == []


def test_the_headphones_check_counts_right_answers(browser: Browser, tmp_path: Path, axe: str) -> None:
    settings = 'training = false\nheadphones = "require"\nbefore = []\nconsent = ""\n'
    # the tones end at once; the page is not told which is the quiet one, so the test reads the samples
    short = """
        const wait = setTimeout;
        window.setTimeout = (done, ms) => wait(done, ms / 20);
        AudioBufferSourceNode.prototype.start = function () {
            const [left, right] = [0, 1].map((i) => this.buffer.getChannelData(i));
            const peak = left.reduce((best, value, i) => (value > left[best] ? i : best), 0);
            window.heard.push(left[peak] < 0.15 ? "quiet" : right[peak] < 0 ? "opposed" : "plain");
            setTimeout(() => this.dispatchEvent(new Event("ended")), 0);
        };
    """
    folder = write_study(tmp_path / "study", settings)
    with study_server(folder) as server, raters_of(browser, server) as raters:
        rater, token = new_rater(server)
        page = raters(token, before=lambda page: page.add_init_script(short))
        page.get_by_role("button", name="Begin").click()
        for attempt, answers in enumerate(("opposed", "quiet")):
            for trial in range(1, 7):
                page.get_by_text(f"{trial} of 6").wait_for()
                if attempt == 0 and trial == 1:
                    assert axe_problems(page, axe) == []
                page.evaluate("window.heard = []")
                page.locator("#play-tones").click()
                page.get_by_text("Which one was the quietest?").wait_for()
                heard = page.evaluate("heard")
                assert sorted(heard) == ["opposed", "plain", "quiet"]
                page.get_by_role("button", name=f"Tone {1 + heard.index(answers)}").click()
            if attempt == 0:
                page.get_by_role("button", name="Try again").click()
        page.get_by_role("heading", name=re.compile("arousal")).wait_for()
    assert [one["correct"] for one in events_of(folder, rater, "headphones")] == [0, 6]
