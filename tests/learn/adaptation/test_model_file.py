"""Model files of adapted models: the base's graph and the correction in one, and what their metadata state."""

import json
from dataclasses import replace

import numpy as np
import onnx
import pytest

from moodcurve.evaluation import evaluate
from moodcurve.features import Features
from moodcurve.learn import TrainingError
from moodcurve.learn.adaptation.adapt import adapt
from moodcurve.learn.adaptation.candidates import CANDIDATES
from moodcurve.learn.adaptation.correction import fit_correction
from moodcurve.learn.adaptation.model_file import adapted_model, export_adapted
from moodcurve.learn.adaptation.outputs import model_outputs
from moodcurve.runtime import load_model
from tests.helpers.training_songs import made_sounding_dataset

FAST = load_model("fast")


def shifted(songs: int, model=FAST, *, by: float = 0.5):
    """Return songs rated as a model predicts, by a listener who hears more arousal."""
    dataset = made_sounding_dataset(songs, seed=3, feature_set=model.feature_set)
    rng, rated = np.random.default_rng(0), []
    for song in dataset.songs:
        y = model.predict(song.features) + [by, 0] + 0.1 * rng.normal(size=2)
        annotation = replace(song.annotation, arousal=y[:, 0].clip(-1, 1), valence=y[:, 1].clip(-1, 1))
        rated.append(replace(song, annotation=annotation))
    return replace(dataset, songs=tuple(rated))


@pytest.fixture(scope="module")
def adaptation():
    return adapt(shifted(12), "fast")


def test_the_figures_tell_a_better_model(adaptation):
    assert adaptation.is_better
    assert adaptation.correction.candidates[0].name != "none"
    result = json.loads(json.dumps(adaptation.as_dict(), allow_nan=False))
    assert result["after"]["arousal"]["rmse"]["value"] < result["before"]["arousal"]["rmse"]["value"] / 2
    difference = result["difference"]["arousal"]["rmse"]
    assert difference["low"] < difference["value"] < difference["high"] < 0
    assert result["squared_error_removed"]["low"] > 0
    assert result["protocol"] == "nested cross-validation, split by artist"


def test_a_listener_like_the_model_is_no_reason_to_change_it():
    found = adapt(shifted(12, by=0.0), "fast")
    assert not found.is_better
    assert found.probability < 0.75


def test_too_few_songs_are_refused():
    with pytest.raises(TrainingError, match="number of rated songs must be 10 or more, got 9"):
        adapt(shifted(9), "fast")


@pytest.mark.parametrize("base", ["default", "live"])
def test_the_file_predicts_what_the_correction_does(base, adaptation, tmp_path):
    model = load_model(base)
    dataset = made_sounding_dataset(12, seed=3, feature_set=model.feature_set)
    songs = model_outputs(dataset.songs, base)
    made = replace(adaptation, base=base, dataset=dataset)
    for candidate in CANDIDATES[:: len(CANDIDATES) - 1]:
        correction = fit_correction(songs, (candidate, candidate))
        export_adapted(replace(made, correction=correction), tmp_path / "mine.onnx", name="mine")
        mine = load_model(tmp_path / "mine.onnx")
        for one in songs[:3]:
            predicted = mine.predict(one.song.features)
            # single precision between the base's outputs and the file's
            np.testing.assert_allclose(predicted, correction.apply(one).clip(-1, 1), atol=1e-6)
        assert mine.sequence_mode == model.sequence_mode
        assert mine.novelty_limits == model.novelty_limits
    if base == "live":  # and still row by row
        features, stream = dataset.songs[0].features, mine.stream()
        parts = [stream.push(_rows(features, i, i + 4)).values for i in range(0, 20, 4)]
        np.testing.assert_allclose(np.vstack(parts), mine.predict(features), atol=1e-6)


def _rows(features: Features, start: int, end: int) -> Features:
    return replace(features, values=features.values[start:end], times_s=features.times_s[start:end])


def test_a_long_recording_is_corrected_alike_in_all_windows(adaptation, tmp_path):
    dataset = adaptation.dataset
    correction = fit_correction(model_outputs(dataset.songs, "fast"), (CANDIDATES[-1], CANDIDATES[-1]))
    export_adapted(replace(adaptation, correction=correction), tmp_path / "mine.onnx", name="mine")
    values = np.vstack([song.features.values for song in dataset.songs] * 13)  # 3120 rows, more than one window
    long = Features(values, np.arange(len(values)) * 0.5, FAST.feature_set)
    song = replace(dataset.songs[0], features=long, annotation=replace(
        dataset.songs[0].annotation, times_s=long.times_s, arousal=np.zeros(3120), valence=np.zeros(3120)
    ))  # fmt: skip
    (outputs,) = model_outputs([song], "fast")
    expected = correction.apply(outputs).clip(-1, 1)
    # the embedding depends on the level of all rows that the base reads at once, which differ near a window's end
    np.testing.assert_allclose(load_model(tmp_path / "mine.onnx").predict(long), expected, atol=1e-4)


def test_metadata_tell_what_was_learned_from_what(adaptation, tmp_path):
    name = export_adapted(adaptation, tmp_path / "mine.onnx", name="mine")
    mine = load_model(tmp_path / "mine.onnx")
    assert mine.name == name
    assert name.startswith("mine-")
    assert mine.metadata["family"] == "adapted"
    assert mine.metadata["training_data"] == "DEAM + 4Q + made songs"
    assert mine.metadata["licence"].startswith(f"{FAST.name}: Research use")
    base = json.loads(mine.metadata["base"])
    assert base["name"] == FAST.name
    metrics = json.loads(mine.metadata["metrics"])
    assert metrics["arousal"]["rmse"]["value"] < metrics["before"]["arousal"]["rmse"]["value"]
    assert mine.intervals.songs == 12
    assert mine.song_rating is None
    assert evaluate(adaptation.dataset, mine)["songs_trained_on"] == 12
    assert json.loads(mine.metadata["training_sets"]) == {"DEAM + 4Q": 2025, "made songs": 12}
    assert mine.metadata["songs"] == "2037"


def test_the_same_songs_give_the_same_file_and_others_another_name(adaptation):
    model = adapted_model(adaptation, name="mine")
    assert model == adapted_model(adaptation, name="mine")
    other = replace(adaptation, correction=replace(adaptation.correction, level=np.array([0.1, 0.2])))
    names = {_metadata(one)["moodcurve.name"] for one in (model, adapted_model(other, name="mine"))}
    assert len(names) == 2


def _metadata(model: onnx.ModelProto) -> dict[str, str]:
    return {entry.key: entry.value for entry in model.metadata_props}


def test_an_adapted_model_can_be_adapted(adaptation, tmp_path):
    export_adapted(adaptation, tmp_path / "first.onnx", name="first")
    first = load_model(tmp_path / "first.onnx")
    dataset = shifted(12, first, by=-0.4)
    second = adapt(dataset, str(tmp_path / "first.onnx"))
    export_adapted(second, tmp_path / "second.onnx", name="second")
    song = dataset.songs[0]
    (outputs,) = model_outputs([song], str(tmp_path / "first.onnx"))
    predicted = load_model(tmp_path / "second.onnx").predict(song.features)
    np.testing.assert_allclose(predicted, second.correction.apply(outputs).clip(-1, 1), atol=1e-6)
    # the same songs are counted once, and the same ids of another set are other songs
    for name, sets in (("made songs", {"made songs": 12}), ("others", {"made songs": 12, "others": 12})):
        named = replace(second, dataset=replace(dataset, name=name))
        metadata = _metadata(adapted_model(named, name="third"))
        assert json.loads(metadata["moodcurve.training_sets"]) == {"DEAM + 4Q": 2025, **sets}
