"""The packaged models: card and file agree, and unusual features give valid predictions."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from moodcurve.audio import open_audio
from moodcurve.datasets import read_dataset
from moodcurve.datasets.splits import k_fold
from moodcurve.features import COMPARE236, DEFAULT_SET, Features, extract
from moodcurve.learn.benchmarks.benchmark import run_benchmark
from moodcurve.learn.config import as_table
from moodcurve.learn.group_coverage import as_dict, measure_groups, measure_levels
from moodcurve.learn.held_out import coverage
from moodcurve.learn.model_card import model_card
from moodcurve.learn.packaged import DEFAULT, LICENSE, PACKAGED, PackagedModel
from moodcurve.learn.release import write_coverage, write_packaged
from moodcurve.learn.training import train
from moodcurve.learn.uncertainty.calibration import calibrate
from moodcurve.runtime import load_model, packaged_models
from moodcurve.runtime.song_rating import Line, SongRating
from tests.helpers import ROOT
from tests.helpers.training_songs import made_dataset

CARD = ROOT / "src" / "moodcurve" / "pretrained" / "default.md"
CLIPS = (2, 3, 4, 5, 7, 8, 10, 13, 17)
"""DEAM songs with both audio and labels in the test data."""
RENAMED = {"max_epochs": "epochs", "standardise": "standardize"}
"""Settings whose names have changed since the packaged models were trained."""


@pytest.fixture(scope="module")
def model():
    return load_model()


@pytest.mark.parametrize("packaged", PACKAGED, ids=lambda p: p.file)
def test_packaged_models_have_the_settings_of_the_release_script(packaged: PackagedModel) -> None:
    model = load_model(packaged.file)
    assert (model.name, model.metadata["licence"]) == (packaged.name, LICENSE)
    assert model.metadata["family"] == packaged.family
    stored = model.metadata["config"]
    for old, new in RENAMED.items():
        stored = stored.replace(f'"{old}"', f'"{new}"')
    assert json.loads(stored) == json.loads(json.dumps(as_table(packaged.config)))
    assert model.feature_set.names == packaged.feature_set.names
    assert model.metadata["training_data"] == "DEAM + 4Q"
    assert model.intervals is not None
    assert model.novelty_limits is not None
    assert model.rms_errors is not None
    assert model.song_rating is not None
    assert len(packaged_models()[packaged.file].read_bytes()) < 10_000_000


def test_live_model_uses_past_rows_only() -> None:
    model = load_model("live")
    columns = model.feature_set
    x = np.random.default_rng(1).lognormal(0, 2, (90, len(columns.names))).astype(np.float32)
    whole = model.predict(Features(x, np.arange(90) * 0.5, columns))
    stream = model.stream()
    for first in range(0, 90, 7):
        times_s = np.arange(first, min(first + 7, 90)) * 0.5
        given = stream.push(Features(x[first : first + 7], times_s, columns))
        # the state between blocks is in single precision
        np.testing.assert_allclose(given.values, whole[first : first + 7], atol=1e-5)


def test_card_has_the_metrics_of_the_file(model) -> None:
    card = CARD.read_text(encoding="utf-8")
    metrics = json.loads(model.metadata["metrics"])
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in card.splitlines() if line.startswith("|")]
    header = rows[0]
    for axis in ("arousal", "valence"):
        (row,) = [row for row in rows if row[:2] == ["DEFAULT", axis]]
        for name, title in (("rmse", "RMSE"), ("r", "r"), ("ccc", "CCC"), ("r_song", "r per song")):
            figure = metrics[axis][name]
            expected = f"{figure['value']:.3f} ({figure['low']:.3f} to {figure['high']:.3f})"
            assert row[header.index(title)] == expected
    assert f"# {DEFAULT.name}" in card
    for axis, share in metrics["coverage90"].items():
        assert f"{share:.3f}" in card, axis
    assert f"{metrics['songs']} songs" in card
    assert metrics["songs"] < int(model.metadata["songs"])


def test_card_is_filled_from_the_template() -> None:
    dataset = made_dataset(40, frames=6)
    benchmark = run_benchmark(dataset, "deam", ["two-level", "mlr"])
    calibration = calibrate(dataset.songs, benchmark.models[0].predicted)
    card = model_card(train(dataset, "two-level"), benchmark, calibration)
    assert not re.search(r"\{[a-z_]*\}", card)
    assert f"and {calibration.rms_errors.song_valence:.3f} for a song's mean" in card
    assert "Rating of the whole song" not in card
    line = Line(base=-0.1, slope=1.2, below=0.3, above=0.2)
    rated = replace(calibration, song_rating=SongRating(songs=40, arousal=line, valence=line))
    card_with_rating = model_card(train(dataset, "two-level"), benchmark, rated)
    assert "a line fitted to 40 songs" in card_with_rating
    for axis in ("arousal", "valence"):
        assert f"- {axis}: -0.10 + 1.20 · mean of the curve, from 0.30 below to 0.20 above" in card_with_rating
    assert "made songs: 40 songs, 240 rated moments" in card
    assert "| MLR - TWO-LEVEL | valence |" in card
    assert '"context_s": 600.0' in card


def test_pages_of_the_release_have_their_pictures(tmp_path: Path) -> None:
    benchmark = run_benchmark(made_dataset(40, frames=6), "deam", ["mlr"])
    files = write_packaged(benchmark, tmp_path)
    assert [path.name for path in files] == ["packaged.json", "packaged.md", "packaged.png", "packaged-songs.png"]
    songs = benchmark.dataset.songs
    splits = k_fold(songs, 5, 0, by="artist")
    measured = (songs, 40, splits, benchmark.models[0].predicted)
    groups, levels = measure_groups(*measured, seed=0), measure_levels(*measured, seed=0)
    files += write_coverage(as_dict(groups, levels, "default"), tmp_path)
    assert {path.name for path in files} == {path.name for path in tmp_path.iterdir()}
    for page in ("packaged.md", "coverage.md"):
        named = re.findall(r"!\[[^]]*\]\(([^)]*)\)", (tmp_path / page).read_text(encoding="utf-8"))
        assert named
        assert all((tmp_path / name).is_file() for name in named)


def test_packaged_card_has_the_text_of_the_template() -> None:
    template = (ROOT / "src" / "moodcurve" / "learn" / "card_template.md").read_text(encoding="utf-8")
    card = CARD.read_text(encoding="utf-8").splitlines()
    assert [line for line in template.splitlines() if "{" not in line and line not in card] == []
    settings = json.dumps(as_table(DEFAULT.config), indent=1)
    assert f"```json\n{settings}\n```" in CARD.read_text(encoding="utf-8")


def test_coverage_is_measured_with_intervals_from_other_splits() -> None:
    """For errors with the same distribution in all songs, 90 % intervals contain 90 % of the points."""
    dataset = made_dataset(200, frames=5)
    benchmark = run_benchmark(dataset, "deam", ["mlr"])
    noise = np.random.default_rng(3).normal(0, 0.1, (200, 5, 2))
    predicted = tuple(song.y + e for song, e in zip(dataset.songs, noise, strict=True))
    held = coverage(benchmark, replace(benchmark.models[0], predicted=predicted))
    # the standard error of a fraction of .9 of 1000 points is .01
    assert held["arousal"] == pytest.approx(0.9, abs=0.04)
    assert held["valence"] == pytest.approx(0.9, abs=0.04)


@pytest.mark.parametrize("factor", [0.0, 1.0, 1e3, -1e3])
def test_unusual_features_give_predictions_within_the_scale(model, factor: float) -> None:
    size = (40, len(DEFAULT_SET.names))
    x = (factor * np.random.default_rng(0).lognormal(0, 5, size)).astype(np.float32)
    predicted = model.predict(Features(x, np.arange(40) * 0.5, DEFAULT_SET))
    assert np.isfinite(predicted).all()
    # limited inputs keep most predictions off the ends of the scale
    assert (np.abs(predicted) < 1).mean() > 0.9


@pytest.mark.real
def test_our_features_give_the_predictions_of_the_published_ones(data_dir: Path, deam_dir: Path) -> None:
    """The clips are MP3, and their frames are offset by 0.02 to 0.04 s from the published ones.

    Predictions therefore differ by .03 (RMS), and the means of songs by at most .04, for song 17 by .065. The
    standard deviations of the labels are .29 and .24.
    """
    model = load_model("fast")
    songs = {song.song_id: song for song in read_dataset(deam_dir, feature_set=COMPARE236).songs}
    differences = []
    for song_id in CLIPS:
        with open_audio(data_dir / "audio" / "deam_clips" / f"{song_id}.mp3") as reader:
            features = extract(reader.blocks(), reader.sr, COMPARE236)
        published = songs[str(song_id)].features
        # the clip starts 15 s, 30 rows, before the first label
        rows = slice(30, 30 + len(published.values))
        ours = model.predict(Features(features.values[rows], features.times_s[rows], COMPARE236))
        differences.append(ours - model.predict(published)[: len(ours)])
    assert np.sqrt((np.vstack(differences) ** 2).mean()) < 0.03
    assert np.abs([song.mean(axis=0) for song in differences]).max() < 0.07
