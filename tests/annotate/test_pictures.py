"""Take the pictures of studies in docs/images: MOODCURVE_PICTURES=1 pytest tests/annotate/test_pictures.py."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from moodcurve.annotate.access import Access
from tests.helpers import ROOT
from tests.helpers.browser import until
from tests.helpers.short_song import write_song
from tests.helpers.studies import move_on_pad, raters_of, study_server
from tests.helpers.study_files import LENGTH_S, write_rated_study

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        "MOODCURVE_PICTURES" not in os.environ, reason="takes pictures only if MOODCURVE_PICTURES is set"
    ),
]
IMAGES = ROOT / "docs" / "images"
SONGS = ["elegy", "fiesta", "meadow", "menace"]
SETTINGS = 'consent = ""\nbefore = []\nheadphones = "off"\ntraining = false\nrepeats = 1\npractice_s = 2\nmode = "{}"\n'
PHONE = {"viewport": {"width": 390, "height": 780}, "is_mobile": True, "has_touch": True, "color_scheme": "dark"}


def take(page: Page, name: str) -> None:
    page.wait_for_timeout(400)
    page.screenshot(path=IMAGES / f"{name}.png", animations="disabled", scale="css")


@pytest.mark.parametrize("mode", ["two-pass", "circumplex"])
def test_a_pass_and_the_overview(browser: Browser, tmp_path: Path, mode: str) -> None:
    folder = write_rated_study(tmp_path / "study", raters=4, songs=SONGS, repeats=1, mode=mode)
    (folder / "study.toml").write_text(SETTINGS.format(mode), encoding="utf-8")
    (folder / "audio").mkdir()
    for name in SONGS:
        write_song(folder / "audio", "x.flac", LENGTH_S).rename(folder / "audio" / f"{name}.flac")
    access = Access(folder)
    newest = access.invite(2)[0]
    options = {"viewport": {"width": 1000, "height": 720}} if mode == "two-pass" else PHONE
    with study_server(folder) as server, raters_of(browser, server) as raters:
        page = raters(access.raters[newest], **options)
        page.get_by_role("button", name="Begin").click()
        page.locator("#start:enabled").click()
        until(page, "document.querySelector('#song').currentTime > 4")
        move_on_pad(page, 0.3, 0.35)
        take(page, "annotate-pass" if mode == "two-pass" else "annotate-phone")
        if mode == "two-pass":
            overview = raters(server.token, viewport={"width": 1280, "height": 1060})
            overview.get_by_text("fiesta").wait_for()
            take(overview, "annotate-overview")
