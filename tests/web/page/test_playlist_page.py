"""Tests of the playlist page of `moodcurve serve`: make, play, reorder, replace and save a list."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Locator, Page, Route

from tests.helpers.browser import Window, axe_problems, json_at, until
from tests.helpers.web_server import Server

pytestmark = pytest.mark.browser

PLAYING = (
    "document.querySelector('#playlist-audio').currentTime > 0.2 && !document.querySelector('#playlist-audio').paused"
)


def rows(page: Page) -> Locator:
    return page.locator(".playlist-songs li")


def names(page: Page) -> list[str]:
    return page.locator(".playlist-songs .title").all_inner_texts()


def wait_for(page: Page, expected: list[str]) -> None:
    """Wait until the list holds these songs."""
    until(
        page,
        "(names) => JSON.stringify([...document.querySelectorAll('.playlist-songs .title')].map((e) => e.innerText))"
        " === JSON.stringify(names)",
        expected,
    )


def song_of(page: Page) -> str:
    """The name of the song that plays."""
    return page.locator(".playlist-player strong").inner_text()


def listed(window: Window, ids: dict[str, int], *titles: str, **options: object) -> Page:
    """Open a list of songs by their titles."""
    page = window(f"#/playlist/{'-'.join(str(ids[title]) for title in titles)}", **options)
    wait_for(page, [*titles])
    return page


def all_songs(page: Page) -> None:
    """Allow songs of an artist to follow each other: the two artists have two songs each."""
    page.get_by_text("Songs and steps").click()
    page.get_by_label("Songs between two of an artist").fill("0")


def test_a_list_is_made_from_one_mood_to_another(window: Window, ids: dict[str, int]) -> None:
    page = window("#/playlist")
    page.get_by_text("The songs of your playlist appear here").wait_for()
    all_songs(page)
    page.get_by_label("From", exact=True).select_option("tense")
    page.get_by_label("To", exact=True).select_option("serene")
    page.get_by_label("Minutes").fill("1")
    page.get_by_role("button", name="Make playlist").click()
    rows(page).first.wait_for()
    made = json_at(page, "api/playlist?from=tense&to=serene&minutes=1&artist_gap=0")
    titles = {number: title for title, number in ids.items()}
    assert names(page) == [titles[song["id"]] for song in made["songs"]]
    summary = page.locator(".playlist-view .count").inner_text()
    assert re.fullmatch(rf"{len(made['songs'])} songs, [01]:\d\d; off the path by 0\.\d\d; jumps of 0\.\d\d", summary)
    assert page.evaluate("location.hash") == f"#/playlist/{'-'.join(str(song['id']) for song in made['songs'])}"
    assert page.locator(".plane .stop").count() == len(made["songs"])
    (ax, ay), (bx, by) = ((100 * v, -100 * a) for a, v in made["path"])
    assert page.locator(".plane .wanted").get_attribute("d") == f"M{ax:.2f},{ay:.2f}L{bx:.2f},{by:.2f}"
    assert page.get_by_label("Name").input_value() == "tense to serene"
    first = made["songs"][0]
    circle = page.locator(".plane .stop circle").first
    assert float(circle.get_attribute("cx") or "nan") == pytest.approx(100 * first["start"][1], abs=0.01)
    page.get_by_role("button", name="Another one").click()
    until(page, "document.querySelector('.playlist-songs').getAttribute('aria-busy') === null")
    varied = json_at(page, "api/playlist?from=tense&to=serene&minutes=1&artist_gap=0&seed=1")
    wait_for(page, [titles[song["id"]] for song in varied["songs"]])


def test_a_list_that_is_too_short_says_why(window: Window) -> None:
    window.expected.append("422")
    page = window("#/playlist")
    page.get_by_role("button", name="Make playlist").click()
    until(page, "document.querySelector('.playlist-view .count').innerText.includes('too short: ')")
    page.get_by_text("Songs and steps").click()
    page.get_by_label("Genre").fill("no such")
    page.get_by_role("button", name="Make playlist").click()
    page.get_by_text("No songs to choose from").wait_for()


def test_playback_goes_on_with_the_next_song(window: Window, ids: dict[str, int]) -> None:
    page = listed(window, ids, "Menace", "Elegy", "Meadow")
    assert page.evaluate("document.querySelector('#playlist-audio').paused")
    page.get_by_role("button", name="Play", exact=True).click()
    until(page, PLAYING)
    assert song_of(page) == "Menace"
    assert rows(page).nth(0).get_attribute("aria-current") == "true"
    # near the end of the first song, so that the test is short
    page.evaluate("(a => (a.currentTime = a.duration - 0.4))(document.querySelector('#playlist-audio'))")
    until(page, "document.querySelector('.playlist-player strong').innerText === 'Elegy'")
    until(page, PLAYING)
    assert page.evaluate("document.querySelector('#playlist-audio').src").endswith(f"/songs/{ids['Elegy']}/audio")
    assert [row.get_attribute("aria-current") for row in rows(page).all()] == [None, "true", None]
    assert page.locator(".plane .stop.here").get_attribute("data-index") == "1"
    page.keyboard.press("n")
    until(page, "document.querySelector('.playlist-player strong').innerText === 'Meadow'")
    until(page, PLAYING)
    page.keyboard.press("p")
    until(page, "document.querySelector('.playlist-player strong').innerText === 'Elegy'")
    page.get_by_role("button", name="Pause").click()
    until(page, "document.querySelector('#playlist-audio').paused")
    page.get_by_role("slider", name="Position in the song").fill("0.5")
    until(page, "(a => Math.abs(a.currentTime / a.duration - 0.5) < 0.05)(document.querySelector('#playlist-audio'))")
    page.get_by_role("button", name="Play Meadow").click()
    until(page, PLAYING)
    page.evaluate("(a => (a.currentTime = a.duration - 0.3))(document.querySelector('#playlist-audio'))")
    until(page, "document.querySelector('#playlist-audio').ended")
    assert song_of(page) == "Meadow"  # the last
    assert page.get_by_role("button", name="Play", exact=True).is_visible()


def test_songs_are_reordered_by_buttons_and_by_dragging_while_one_plays(window: Window, ids: dict[str, int]) -> None:
    page = listed(window, ids, "Menace", "Elegy", "Meadow", "Fiesta")
    page.get_by_role("button", name="Play Elegy").click()
    until(page, PLAYING)
    page.get_by_role("button", name="Move Elegy down").click()
    wait_for(page, ["Menace", "Meadow", "Elegy", "Fiesta"])
    until(page, PLAYING)  # the song goes on
    assert song_of(page) == "Elegy"
    assert rows(page).nth(2).get_attribute("aria-current") == "true"
    until(page, "document.activeElement.getAttribute('aria-label') === 'Move Elegy up'")
    assert page.get_by_role("button", name="Move Menace up").is_disabled()
    assert page.get_by_role("button", name="Move Fiesta down").is_disabled()
    rows(page).nth(3).locator(".song-row").drag_to(rows(page).nth(0).locator(".song-row"))
    wait_for(page, ["Fiesta", "Menace", "Meadow", "Elegy"])
    order = [ids[title] for title in ("Fiesta", "Menace", "Meadow", "Elegy")]
    assert page.evaluate("location.hash") == f"#/playlist/{'-'.join(map(str, order))}"
    page.reload()
    wait_for(page, ["Fiesta", "Menace", "Meadow", "Elegy"])
    described = json_at(page, f"api/playlist/list?songs={','.join(map(str, order))}")
    jumps = [song["jump"] for song in described["songs"][1:]]
    assert page.locator(".playlist-view .count").inner_text().endswith(f"jumps of {sum(jumps) / 3:.2f}")


def test_a_song_is_replaced_and_removed(window: Window, ids: dict[str, int]) -> None:
    page = listed(window, ids, "Menace", "Elegy", "Meadow")
    page.get_by_role("button", name="Replace Elegy").click()
    dialog = page.get_by_role("dialog", name="Replace Elegy")
    dialog.get_by_role("button", name="Cancel").click()
    assert names(page) == ["Menace", "Elegy", "Meadow"]
    all_songs(page)
    page.get_by_role("button", name="Replace Elegy").click()
    dialog.get_by_role("button", name="Fiesta").click()
    wait_for(page, ["Menace", "Fiesta", "Meadow"])
    page.get_by_role("button", name="Remove Menace").click()
    wait_for(page, ["Fiesta", "Meadow"])
    page.get_by_role("button", name="Remove Meadow").click()
    wait_for(page, ["Fiesta"])
    assert page.get_by_role("button", name="Remove Fiesta").is_disabled()


@pytest.mark.parametrize(("format", "label"), [("m3u8", "M3U8"), ("xspf", "XSPF"), ("jspf", "JSPF"), ("json", "JSON")])
def test_a_list_is_saved(
    window: Window, server: Server, ids: dict[str, int], tmp_path: Path, format: str, label: str
) -> None:
    page = listed(window, ids, "Meadow", "Elegy")
    page.get_by_label("Name").fill("Good & calm")
    page.get_by_text("Save", exact=True).click()
    with page.expect_download() as waiting:
        page.get_by_role("link", name=label).click()
    assert waiting.value.suggested_filename == f"Good & calm.{format}"
    waiting.value.save_as(tmp_path / "list")
    text = (tmp_path / "list").read_text("utf-8")
    if format == "m3u8":
        lines = text.splitlines()
        assert lines[1] == "#PLAYLIST:Good & calm"
        assert lines[2].endswith(",Zoë & the Players - Meadow")
        assert [(server.music / line).is_file() for line in lines[3::2]] == [True, True]
    elif format == "xspf":
        titles = [one.text for one in ElementTree.fromstring(text).iter("{http://xspf.org/ns/0/}title")]
        assert titles == ["Good & calm", "Meadow", "Elegy"]
    elif format == "jspf":
        assert [one["title"] for one in json.loads(text)["playlist"]["track"]] == ["Meadow", "Elegy"]
    else:
        assert [one["id"] for one in json.loads(text)["songs"]] == [ids["Meadow"], ids["Elegy"]]


def test_a_path_is_drawn(window: Window) -> None:
    page = window("#/playlist")
    all_songs(page)
    page.get_by_label("Minutes").fill("1")
    page.get_by_role("button", name="Draw a path").click()
    box = page.locator(".plane").bounding_box()
    assert box
    scale = box["width"] / 304  # pixels per unit of the drawing

    def on_plane(arousal: float, valence: float) -> tuple[float, float]:
        return box["x"] + (152 + 100 * valence) * scale, box["y"] + (116 - 100 * arousal) * scale

    with page.expect_request("**/api/playlist?*") as asked:
        page.mouse.move(*on_plane(0.5, -0.4))
        page.mouse.down()
        page.mouse.move(*on_plane(0.0, -0.4), steps=5)
        page.mouse.move(*on_plane(0.0, 0.3), steps=5)
        page.mouse.up()
    wanted = re.search(r"path=([^&]+)", asked.value.url)
    assert wanted is not None
    points = [[float(x) for x in pair.split("%2C")] for pair in wanted[1].split("+")]
    assert len(points) == 3
    for point, expected in zip(points, ((0.5, -0.4), (0, -0.4), (0, 0.3)), strict=True):
        assert point == pytest.approx(expected, abs=0.02)
    rows(page).first.wait_for()
    assert page.get_by_label("From", exact=True).is_disabled()
    page.get_by_role("button", name="Remove path").click()
    assert page.get_by_label("From", exact=True).is_enabled()


def lasso(page: Page, *, left: float = 0.02) -> None:
    """Draw a lasso around the map, from a share of its width on."""
    until(page, "document.querySelector('.map canvas')?.dataset.dots === '4'")
    box = page.locator(".map canvas").bounding_box()
    assert box
    page.keyboard.press("l")
    page.mouse.move(box["x"] + left * box["width"], box["y"] + 60)
    page.mouse.down()
    for x, y in ((0.98, 0.15), (0.98, 0.98), (left, 0.98)):
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=4)
    page.mouse.up()


def test_the_songs_in_a_lasso_are_played(window: Window) -> None:
    page = window("#/library")
    lasso(page)
    page.get_by_label("Sort by").select_option("Title")
    page.get_by_role("button", name="Play", exact=True).click()
    wait_for(page, ["Elegy", "Fiesta", "Meadow", "Menace"])
    until(page, PLAYING)
    assert song_of(page) == "Elegy"
    page.keyboard.press("2")
    until(page, "document.querySelector('.library-view') !== null")
    page.keyboard.press("3")
    wait_for(page, ["Elegy", "Fiesta", "Meadow", "Menace"])


def test_the_songs_in_a_lasso_are_saved(window: Window, tmp_path: Path) -> None:
    page = window("#/library")
    lasso(page)
    page.get_by_label("Sort by").select_option("Title")
    page.get_by_role("group", name="Songs in the lasso").get_by_text("Save").click()
    with page.expect_download() as waiting:
        page.get_by_role("link", name="M3U8").click()
    assert waiting.value.suggested_filename == "Lasso.m3u8"
    waiting.value.save_as(tmp_path / "list")
    lines = (tmp_path / "list").read_text("utf-8").splitlines()
    assert [line.rpartition(" - ")[2] for line in lines[2::2]] == ["Elegy", "Fiesta", "Meadow", "Menace"]


def test_a_lasso_becomes_the_region_of_a_list(window: Window, ids: dict[str, int]) -> None:
    page = window("#/library")
    lasso(page)
    with page.expect_request("**/api/playlist?*") as asked:
        page.get_by_role("group", name="Songs in the lasso").get_by_role("button", name="Make playlist").click()
    assert "region=" in asked.value.url
    page.get_by_text("Within the lasso of the map.").wait_for()
    rows(page).first.wait_for()
    assert set(names(page)) <= set(ids)
    page.get_by_role("button", name="Remove region").click()
    assert not page.get_by_text("Within the lasso of the map.").is_visible()


def many_songs(page: Page) -> None:
    """Answer with a map of 1,201 songs on a line."""

    def respond(route: Route) -> None:
        n = 1201
        values = [round(i / n - 0.5, 4) for i in range(n)]
        columns = {"id": [*range(1, n + 1)], "arousal": values, "valence": values, "quadrant": [4] * n}
        columns |= {"title": [f"Song {i}" for i in range(n)], "artist": [None] * n, "duration_s": [60.0] * n}
        route.fulfill(json=columns | {"tags": [None] * n, "file": [None] * n})

    page.route("**/api/map*", respond)


def test_a_lasso_of_more_songs_than_an_address_holds(window: Window) -> None:
    page = window("#/library", before=many_songs)
    until(page, "document.querySelector('.map canvas')?.dataset.dots === '1201'")
    page.evaluate("document.querySelector('.map canvas').dataset.dots = '4'")
    lasso(page)
    bar = page.get_by_role("group", name="Songs in the lasso")
    assert bar.get_by_role("button", name="Play the first 1,000").is_visible()
    bar.get_by_text("Save").click()
    link = bar.get_by_role("link", name="M3U8").get_attribute("href") or ""
    assert "region=" in link
    assert "songs=" not in link


def test_a_missing_file_is_skipped(window: Window, ids: dict[str, int]) -> None:
    window.expected.append("404")
    gone = f"**/songs/{ids['Elegy']}/audio"
    page = listed(
        window,
        ids,
        "Elegy",
        "Meadow",
        before=lambda page: page.route(gone, lambda route: route.fulfill(status=404)),
    )
    page.get_by_role("button", name="Play", exact=True).click()
    page.get_by_text("Cannot play Elegy").wait_for()
    until(page, PLAYING)
    assert song_of(page) == "Meadow"


def test_a_late_reason_is_not_shown_with_another_list(window: Window, ids: dict[str, int]) -> None:
    window.expected.append("404")
    asked: list[Route] = []

    def respond(route: Route) -> None:
        if route.request.headers.get("range") == "bytes=0-0":  # the page asks why
            asked.append(route)
        else:
            route.fulfill(status=404)

    audio = f"**/songs/{ids['Elegy']}/audio"
    page = listed(window, ids, "Meadow", "Elegy", before=lambda page: page.route(audio, respond))
    with page.expect_request(lambda request: request.headers.get("range") == "bytes=0-0"):
        page.get_by_role("button", name="Next song").click()
    page.evaluate("(hash) => { location.hash = hash; }", f"#/playlist/{ids['Fiesta']}-{ids['Menace']}")
    wait_for(page, ["Fiesta", "Menace"])
    with page.expect_response(audio):
        asked[0].fulfill(status=404)
    page.evaluate("fetch('api/health')")  # after which the page has taken the answer before
    assert page.locator(".error").all_inner_texts() == [""] * page.locator(".error").count()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_problem(window: Window, ids: dict[str, int], axe: str, scheme: str) -> None:
    page = listed(window, ids, "Menace", "Elegy", "Meadow", "Fiesta", color_scheme=scheme)
    page.get_by_text("Songs and steps").click()
    page.get_by_text("Save", exact=True).click()
    assert axe_problems(page, axe) == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Replace Elegy").click()
    page.get_by_text("No other song fits").wait_for()
    assert axe_problems(page, axe, "dialog") == []
    page.keyboard.press("Escape")
    page.keyboard.press("2")
    lasso(page)
    assert axe_problems(page, axe) == []


@pytest.mark.parametrize("width", [360, 700, 1280])
def test_the_page_fits_the_window(window: Window, ids: dict[str, int], width: int) -> None:
    page = listed(window, ids, "Menace", "Elegy", "Meadow", "Fiesta", width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
