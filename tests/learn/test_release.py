"""The packaged model: its card states what its file states, and it stands up to other recordings' features."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from moodcurve.audio import open_audio
from moodcurve.datasets import read_dataset
from moodcurve.features import COMPARE236, Features, extract
from moodcurve.learn.benchmarks.benchmark import run_benchmark
from moodcurve.learn.config import as_table
from moodcurve.learn.release import DEFAULT, LICENCE, LIVE, Packaged, model_card
from moodcurve.learn.training import train
from moodcurve.learn.uncertainty.calibration import measure
from moodcurve.learn.uncertainty.held_out import coverage
from moodcurve.runtime import load_model, packaged_models
from moodcurve.runtime.song_rating import Line, SongRating
from tests.helpers import ROOT
from tests.helpers.training_songs import made_dataset

CARD = ROOT / "src" / "moodcurve" / "pretrained" / "default.md"
CLIPS = (2, 3, 4, 5, 7, 8, 10, 13, 17)
"""DEAM songs of which both the audio and the labels are here."""


@pytest.fixture(scope="module")
def model():
    return load_model()


@pytest.mark.parametrize("packaged", [DEFAULT, LIVE], ids=lambda p: p.file)
def test_packaged_models_are_the_recipes(packaged: Packaged) -> None:
    model = load_model(packaged.file)
    assert (model.name, model.metadata["licence"]) == (packaged.name, LICENCE)
    assert model.metadata["family"] == packaged.family
    assert json.loads(model.metadata["config"]) == json.loads(json.dumps(as_table(packaged.config)))
    assert (model.feature_set, model.metadata["training_data"]) == (COMPARE236, "DEAM")
    assert model.intervals is not None
    assert model.novelty_limits is not None
    assert model.error_std is not None
    assert model.song_rating is not None
    assert len(packaged_models()[packaged.file].read_bytes()) < 10_000_000


def test_live_model_knows_no_later_row() -> None:
    model = load_model("live")
    x = np.random.default_rng(1).lognormal(0, 2, (90, 236)).astype(np.float32)
    whole = model.predict(Features(x, np.arange(90) * 0.5, COMPARE236))
    stream = model.stream()
    for first in range(0, 90, 7):
        times_s = np.arange(first, min(first + 7, 90)) * 0.5
        given = stream.push(Features(x[first : first + 7], times_s, COMPARE236))
        # between blocks the state passes through single precision
        np.testing.assert_allclose(given.values, whole[first : first + 7], atol=1e-5)


def test_card_states_the_figures_of_the_file(model) -> None:
    card = CARD.read_text(encoding="utf-8")
    metrics = json.loads(model.metadata["metrics"])
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in card.splitlines() if line.startswith("|")]
    header = rows[0]
    for axis in ("arousal", "valence"):
        (row,) = [row for row in rows if row[:2] == ["BLEND", axis]]
        for name, title in (("rmse", "RMSE"), ("r", "r"), ("ccc", "CCC"), ("r_song", "r per song")):
            figure = metrics[axis][name]
            expected = f"{figure['value']:.3f} ({figure['low']:.3f} to {figure['high']:.3f})"
            assert row[header.index(title)] == expected
    assert f"# {DEFAULT.name}" in card
    for axis, share in metrics["coverage90"].items():
        assert f"{share:.3f}" in card, axis
    assert f"{model.metadata['songs']} songs" in card
    assert metrics["songs"] == int(model.metadata["songs"])


def test_card_is_filled_whole() -> None:
    dataset = made_dataset(40, frames=6)
    judged = run_benchmark(dataset, "deam", ["two-level", "mlr"])
    measured = measure(dataset.songs, judged.models[0].predicted)
    card = model_card(train(dataset, "two-level"), judged, measured)
    assert not re.search(r"\{[a-z_]*\}", card)
    assert f"{measured.spreads.song_valence:.3f} for a song's mean" in card
    assert "The rating that a curve carries" not in card
    line = Line(base=-0.1, slope=1.2, below=0.3, above=0.2)
    rated = replace(measured, song_rating=SongRating(songs=40, arousal=line, valence=line))
    expected = "by 40 songs, -0.10 +1.20 · mean of the curve, 0.30 below to 0.20 above it (arousal) and -0.10"
    assert expected in model_card(train(dataset, "two-level"), judged, rated)
    assert "made songs: 40 songs, 240 rated moments" in card
    assert "| MLR - TWO-LEVEL | valence |" in card
    assert '"context_s": 600.0' in card


def test_coverage_is_measured_on_the_other_splits() -> None:
    """Errors of one size and either sign: intervals from other songs hold the ninety percent that they aim at."""
    dataset = made_dataset(200, frames=5)
    judged = run_benchmark(dataset, "deam", ["mlr"])
    noise = np.random.default_rng(3).normal(0, 0.1, (200, 5, 2))
    predicted = tuple(song.y + e for song, e in zip(dataset.songs, noise, strict=True))
    held = coverage(judged, replace(judged.models[0], predicted=predicted))
    # of 1000 points in songs of five: the standard error of a share of .9 is .01
    assert held["arousal"] == pytest.approx(0.9, abs=0.04)
    assert held["valence"] == pytest.approx(0.9, abs=0.04)


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
    little: single answers by .03 (RMS), the mean of song 17 by .065, the others' by .04 at most; labels spread by
    .29 and .24."""
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
    assert np.abs([song.mean(axis=0) for song in apart]).max() < 0.07
