"""Studies in a real browser: from the first page to labels, with losses in between."""

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser

from moodcurve.datasets.layout import read_raters
from tests.helpers.studies import (
    check_complete,
    events_of,
    invite,
    rate_by_mouse,
    rate_song,
    raters_of,
    rows_of,
    study_server,
    write_study,
)

pytestmark = pytest.mark.browser


def test_a_song_is_rated_by_mouse_from_consent_to_the_stored_file(browser: Browser, tmp_path: Path) -> None:
    folder = write_study(tmp_path / "study")
    tokens = invite(folder, 1)
    with study_server(folder) as server, raters_of(browser, server) as raters:
        page = raters(tokens["r001"])
        page.get_by_text("Please agree.").wait_for()
        page.get_by_role("button", name="I agree").click()
        rate_by_mouse(page, "Song 1 of 1, arousal", lambda t: 0.8 * t / 2.5)
        rate_by_mouse(page, "Song 1 of 1, valence", lambda t: -0.6)
        rate_song(page, 7, 3)
        page.get_by_text("All your ratings are stored.").wait_for()
        overview = server.overview()
    (rater,) = overview["raters"]
    assert (rater["done"], rater["finished"], rater["missing"]) == (1, True, 0)
    assert check_complete(folder, "r001") == rater["samples"]
    times_s, values = np.array(rows_of(folder, "r001", 0, "arousal"))[:, 1:].T
    assert len(times_s) > 60  # frames of 2.5 s, where the machine is busy
    middle = (times_s > 0.5) & (times_s < 2.3)
    assert np.abs(values - 0.8 * times_s / 2.5)[middle].max() < 0.12
    assert events_of(folder, "r001", "rating")[0]["arousal"] == 7
    data = read_raters(folder)
    assert data.song_ratings == {"song1": {"arousal": (7.0,), "valence": (3.0,)}}
    (song,) = data.songs
    assert song.times_s.tolist() == [0.5, 1.0, 1.5, 2.0, 2.5][: len(song.times_s)]
    assert song.arousal[0, :4] == pytest.approx(0.8 * song.times_s[:4] / 2.5, abs=0.1)
