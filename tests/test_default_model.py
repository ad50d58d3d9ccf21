"""The packaged model: its card states what its file states, and it stands up to other recordings' features."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from made_songs import made_dataset
from moodcurve.audio import open_audio
from moodcurve.datasets import read_dataset
from moodcurve.features import COMPARE236, Features, extract
from moodcurve.learn.benchmark import run_benchmark
from moodcurve.learn.config import as_table
from moodcurve.learn.default_model import CONFIG, LICENCE, NAME, model_card
from moodcurve.learn.ffnn import FFNNConfig
from moodcurve.learn.training import train
from moodcurve.runtime import load_model, packaged_models

CARD = Path(__file__).parents[1] / "src" / "moodcurve" / "pretrained" / "default.md"
CLIPS = (2, 3, 4, 5, 7, 8, 10, 13, 17)
"""DEAM songs of which both the audio and the labels are here."""


@pytest.fixture(scope="module")
def model():
    return load_model()


def test_packaged_model_is_the_recipes(model) -> None:
    assert (model.name, model.metadata["licence"]) == (NAME, LICENCE)
    assert json.loads(model.metadata["config"]) == as_table(CONFIG)
    assert (model.feature_set, model.metadata["training_data"]) == (COMPARE236, "DEAM")
    assert len(packaged_models()["default"].read_bytes()) < 10_000_000


def test_card_states_the_figures_of_the_file(model) -> None:
    card = CARD.read_text(encoding="utf-8")
    metrics = json.loads(model.metadata["metrics"])
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in card.splitlines() if line.startswith("|")]
    header = rows[0]
    for axis in ("arousal", "valence"):
        (row,) = [row for row in rows if row[:2] == ["FFNN", axis]]
        for name, title in (("rmse", "RMSE"), ("r", "r"), ("ccc", "CCC"), ("r_song", "r per song")):
            figure = metrics[axis][name]
            expected = f"{figure['value']:.3f} ({figure['low']:.3f} to {figure['high']:.3f})"
            assert row[header.index(title)] == expected
    assert f"# {NAME}" in card
    assert f"{model.metadata['songs']} songs" in card
    assert metrics["songs"] == int(model.metadata["songs"])


def test_card_is_filled_whole() -> None:
    dataset = made_dataset(20, frames=6)
    config = FFNNConfig(hidden=(4,), max_epochs=1)
    judged = run_benchmark(dataset, "deam", ["ffnn", "mlr"], configs={"ffnn": config})
    card = model_card(train(dataset, "ffnn", config=config), judged)
    assert not re.search(r"\{[a-z_]*\}", card)
    assert "made songs: 20 songs, 120 rated moments" in card
    assert "| MLR - FFNN | valence |" in card
    assert '"hidden": [\n' in card


@pytest.mark.parametrize("factor", [0.0, 1.0, 1e3, -1e3])
def test_features_unlike_any_song_give_answers_inside_the_scale(model, factor: float) -> None:
    x = (factor * np.random.default_rng(0).lognormal(0, 5, (40, 236))).astype(np.float32)
    predicted = model.predict(Features(x, np.arange(40) * 0.5, COMPARE236))
    assert np.isfinite(predicted).all()
    # limited inputs keep most answers off the rim of the scale, whatever comes in
    assert (np.abs(predicted) < 1).mean() > 0.9


@pytest.mark.real
def test_our_features_give_the_answers_of_the_published_ones(model, data_dir: Path, deam_dir: Path) -> None:
    """The clip's frames stand 0.02 to 0.04 s beside the published ones and come from MP3, so rows differ a
    little: single answers by .03 (RMS), songs' means by .02, where the labels' spread is .29 and .24."""
    songs = {song.song_id: song for song in read_dataset(deam_dir, feature_set=COMPARE236).songs}
    apart = []
    for song_id in CLIPS:
        with open_audio(data_dir / "audio" / "deam_clips" / f"{song_id}.mp3") as reader:
            heard = extract(reader.blocks(), reader.sr, COMPARE236)
        published = songs[str(song_id)].features
        # the clip starts 15 s, 30 rows, before the first label
        rows = slice(30, 30 + len(published.values))
        ours = model.predict(Features(heard.values[rows], heard.times_s[rows], COMPARE236))
        apart.append(ours - model.predict(published)[: len(ours)])
    assert np.sqrt((np.vstack(apart) ** 2).mean()) < 0.03
    assert np.abs([song.mean(axis=0) for song in apart]).max() < 0.02
