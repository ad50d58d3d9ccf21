"""The code of docs/api.md runs, block by block, with the results that the page states."""

import logging
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from matplotlib import pyplot

from moodcurve.features import COMPARE260, write_csv
from moodcurve.runtime import load_model
from tests.helpers import ROOT
from tests.helpers.training_songs import made_dataset

PAGE = ROOT / "docs" / "api.md"
SR = 44_100
pytestmark = pytest.mark.usefixtures("prepared")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Create the files that the page names: a song, a text, a folder of music, forty annotated songs."""
    monkeypatch.setenv("MOODCURVE_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    noise = np.random.default_rng(0).normal(0, 0.1, 15 * SR)
    soundfile.write("song.flac", noise * np.linspace(0.05, 1, len(noise)), SR)
    Path("notes.txt").write_text("no music")
    Path("Music").mkdir()
    shutil.copy("song.flac", "Music")
    Path("songs", "features").mkdir(parents=True)
    labels, infos = ["song_id,time_s,arousal,valence"], ["song_id,artist"]
    for song in made_dataset(40, frames=8, feature_set=COMPARE260).songs:
        with Path("songs", "features", f"{song.song_id}.csv").open("w", encoding="ascii") as stream:
            write_csv(song.features, stream)
        labels += [f"{song.song_id},{t},{a},{v}" for t, (a, v) in zip(song.features.times_s, song.y, strict=True)]
        infos.append(f"{song.song_id},{song.artist}")
    Path("songs", "labels.csv").write_text("\n".join(labels))
    Path("songs", "songs.csv").write_text("\n".join(infos))
    return tmp_path


def test_the_page_runs(folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert len(blocks) == 13
    # logging would be configured for all tests after this one
    monkeypatch.setattr(logging, "basicConfig", lambda **options: None)
    names: dict[str, Any] = {}
    for block in blocks:
        exec(compile(block, str(PAGE), "exec"), names)
    pyplot.close("all")
    curve = names["curve"]
    assert len(curve.times_s) == 28  # windows of 1.0 s that end, with 0.04 s that they need, within 15 s
    assert np.array_equal(names["again"].times_s, curve.times_s)
    assert names["again"].arousal == pytest.approx(curve.arousal, abs=5e-5)  # four decimals in the file
    printed = capsys.readouterr().out
    assert f"song.flac {curve.arousal.mean()}" in printed
    assert "notes.txt" in printed
    times, values = zip(*names["points"], strict=True)
    assert np.array_equal(times, curve.times_s)
    live = names["moodcurve"].analyze("song.flac", model="live")
    # between blocks the state passes through single precision
    np.testing.assert_allclose(np.array(values)[:, 0], live.arousal, atol=1e-5)
    mine = load_model(folder / "mine.onnx")
    assert mine.intervals is not None
    assert (names["metrics"]["songs"], names["metrics"]["songs_trained_on"]) == (8, 0)
    assert names["stored"].curve.arousal == pytest.approx(curve.arousal, abs=1e-3)
    assert "Music/song.flac" in printed
