"""The overview adapts a model to the ratings of a study, and the model is used by name."""

import json
import re
import time
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser

from moodcurve.annotate.model_adapter import ModelAdapter
from moodcurve.cli.training.annotate import _adapt
from moodcurve.datasets import Dataset
from moodcurve.errors import MoodcurveError
from moodcurve.learn.adaptation import folder as adaptation_folder
from tests.helpers.browser import axe_problems, until
from tests.helpers.command_line import run
from tests.helpers.studies import study_server, write_study
from tests.helpers.study_files import LENGTH_S, write_rated_study

SONGS = [f"song{number}" for number in range(1, 11)]


def wait_for(adapter: ModelAdapter, state: str) -> list[str]:
    """Wait for a state; return its lines."""
    end = time.monotonic() + 60
    while adapter.as_dict()["state"] != state:
        assert time.monotonic() < end, adapter.as_dict()
        time.sleep(0.01)
    return adapter.as_dict()["lines"]


def test_one_adaptation_at_a_time_tells_how_far_it_is() -> None:
    calls, going = [], True

    def adapt(rater, name, progress):
        calls.append((rater, name))
        while going:
            progress(3, 10, "reading")
            time.sleep(0.01)
        return ["ready"]

    adapter = ModelAdapter(adapt)
    assert adapter.as_dict() == {"state": "idle", "lines": []}
    assert adapter.start("r001", "mine")
    end = time.monotonic() + 60
    while adapter.as_dict()["lines"] != ["Reading: 3 of 10"]:
        assert time.monotonic() < end
    assert not adapter.start(None, "other")
    going = False
    assert wait_for(adapter, "done") == ["ready"]
    assert calls == [("r001", "mine")]


def test_an_error_is_shown_and_a_server_that_ends_stops_the_work() -> None:
    def fail(rater, name, progress):
        raise MoodcurveError("no ratings yet")

    adapter = ModelAdapter(fail)
    assert adapter.start(None, "mine")
    assert wait_for(adapter, "failed") == ["no ratings yet"]

    def endless(rater, name, progress):
        while True:
            progress(0, 1, "reading")

    adapter = ModelAdapter(endless)
    assert adapter.start(None, "mine")
    adapter.stop()
    assert adapter.as_dict() == {"state": "failed", "lines": ["Stopped"]}
    assert not adapter.start(None, "mine")


def test_after_a_bug_another_adaptation_can_start(caplog: pytest.LogCaptureFixture) -> None:
    def broken(rater, name, progress):
        raise ValueError("a bug")

    adapter = ModelAdapter(broken)
    for _ in range(2):
        assert adapter.start(None, "mine")
        assert wait_for(adapter, "failed") == ["internal error; the log of the server has the details"]
    assert "ValueError: a bug" in caplog.text


def test_the_button_reads_the_ratings_of_all_as_they_are_now(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = write_study(tmp_path / "study", songs=2, seconds=LENGTH_S)
    write_rated_study(study, raters=2, songs=SONGS[:2])
    (study / "labels.csv").write_text("song_id,time_s,arousal,valence\nsong1,2,0.9,0.9\n")  # of an earlier day
    read: list[Dataset] = []

    def adapt(dataset: Dataset, *args: object, **options: object) -> None:
        read.append(dataset)
        raise MoodcurveError("enough")

    monkeypatch.setattr(adaptation_folder, "adapt", adapt)
    with pytest.raises(MoodcurveError, match="enough"):
        _adapt(study, None, "mine", lambda done, total, what: None)
    assert len(read[0].songs) == 2


@pytest.mark.browser
def test_the_button_adapts_a_model_to_one_rater(
    browser: Browser, axe: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOODCURVE_MODELS", str(tmp_path / "models"))
    study = write_study(tmp_path / "study", songs=len(SONGS), seconds=LENGTH_S)
    write_rated_study(study, raters=2, songs=SONGS)
    with study_server(study) as server:
        page = browser.new_page()
        page.goto(f"{server.url}/?token={server.token}")
        until(page, "document.documentElement.classList.contains('ready')")
        page.get_by_label("Whose ratings").select_option("r002")
        page.get_by_label("Name of the model").fill("ears")
        page.get_by_role("button", name="Adapt the model").click()
        page.get_by_text(re.compile("^(Model ears-|Not written)")).wait_for(timeout=120_000)
        assert axe_problems(page, axe) == []
        text = page.get_by_role("status").inner_text()
        page.close()
        refused = httpx.post(f"{server.url}/api/study/model", json={"name": "other"})
        assert refused.status_code == 401
    assert "10 songs, held out in turn" in text
    name = re.search(r"Model (ears-\w{6}); use it by name: --model ears", text)
    assert name is not None, text
    curve = json.loads(run("analyze", study / "audio" / "song1.flac", "--model", "ears", "-f", "json").stdout)
    assert curve["model"] == name[1]
