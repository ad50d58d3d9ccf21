"""Uploads analyzed by another model than the default one."""

from pathlib import Path

import pytest

from moodcurve.runtime.loading import describe_model
from moodcurve.web.tasks import Upload, make_analyzer
from tests.helpers.short_song import write_song


@pytest.mark.parametrize(("model", "provisional"), [("default", True), ("fast", False)])
def test_the_chosen_model_analyzes_and_the_live_one_if_it_is_fed(model: str, provisional: bool, tmp_path: Path) -> None:
    song = write_song(tmp_path, "x.flac", 6)
    parts = []
    job = make_analyzer(model, "live")
    curve = job(Upload(path=str(song), name="a song", max_s=60), lambda *progress: parts.append(progress[2]))
    assert curve.model == describe_model(model)[0]
    assert bool(sum(len(part.times_s) for part in parts)) == provisional
