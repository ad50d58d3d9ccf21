"""Intervals and novelty from training to the curve: in model files, streams and terminal output."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from scipy import stats

from moodcurve.cli import curve_views
from moodcurve.cli.training.evaluate import print_metrics
from moodcurve.evaluation import evaluate
from moodcurve.features import COMPARE236, Features
from moodcurve.learn.export import export
from moodcurve.learn.training import train
from moodcurve.learn.uncertainty.calibration import Calibration
from moodcurve.learn.uncertainty.novelty import accumulate, fit_novelty_detector
from moodcurve.mood.classes import classes
from moodcurve.runtime import Model, ModelError, load_model
from moodcurve.runtime.intervals import Intervals, RmsErrors
from moodcurve.runtime.metadata import as_json
from moodcurve.runtime.sequence import BLOCK_ROWS
from moodcurve.runtime.song_rating import Line, SongRating
from tests.helpers.model_files import load_unsealed
from tests.helpers.short_song import small_curve
from tests.helpers.training_songs import made_dataset, made_sounding_dataset

DATASET = made_sounding_dataset(120)
SONG = made_sounding_dataset(1, frames=70, seed=8).songs[0]
INTERVALS = Intervals(
    scale="constant",
    songs=120,
    arousal=(0.1, 0.2),
    valence=(0.3, 0.1),
    song_arousal=(0.05, 0.1),
    song_valence=(0.2, 0.0),
)
SPREADS = RmsErrors(songs=120, arousal=0.3, valence=0.2, song_arousal=0.25, song_valence=0.15)
SONG_RATING = SongRating(
    songs=100,
    arousal=Line(base=-0.2, slope=0.45, below=0.2, above=0.3),
    valence=Line(base=0.1, slope=0.5, below=0.1, above=5.0),
)
CALIBRATION = Calibration(intervals=INTERVALS, rms_errors=SPREADS, song_rating=SONG_RATING)
NOVELTY = fit_novelty_detector(DATASET.songs)


@pytest.fixture(scope="module")
def model_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / "sure.onnx"
    export(train(DATASET, "mlr"), path, name="sure", calibration=CALIBRATION, novelty=NOVELTY)
    return path


@pytest.fixture(scope="module")
def model(model_file: Path) -> Model:
    return load_model(model_file)


def rows(values: np.ndarray) -> Features:
    return Features(values.astype(np.float32), np.arange(len(values)) * 0.5, COMPARE236)


def changed(model_file: Path, path: Path, **stated: str | None) -> Path:
    """Write the model with changed metadata; None removes a key."""
    proto = load_unsealed(model_file)
    metadata = {prop.key: prop.value for prop in proto.metadata_props}
    for key, value in stated.items():
        metadata.pop(f"moodcurve.{key}")
        if value is not None:
            metadata[f"moodcurve.{key}"] = value
    del proto.metadata_props[:]
    for key, value in metadata.items():
        proto.metadata_props.add(key=key, value=value)
    onnx.save(proto, path)
    return path


def test_curve_has_the_intervals_of_the_file(model: Model) -> None:
    curve = model.curve(SONG.features, source="a song", duration_s=36)
    low, high = np.maximum(curve.arousal - 0.1, -1), np.minimum(curve.arousal + 0.2, 1)
    np.testing.assert_allclose(curve.arousal_interval, np.column_stack([low, high]), rtol=0, atol=1e-12)
    low, high = np.maximum(curve.valence - 0.3, -1), np.minimum(curve.valence + 0.1, 1)
    np.testing.assert_allclose(curve.valence_interval, np.column_stack([low, high]), rtol=0, atol=1e-12)
    a, v = curve.arousal.mean(), curve.valence.mean()
    np.testing.assert_allclose(curve.song_interval, [[a - 0.05, a + 0.1], [v - 0.2, v]], rtol=0, atol=1e-12)


def test_probabilities_follow_from_the_stored_errors(model: Model) -> None:
    curve = model.curve(SONG.features, source="a song", duration_s=36)
    mean = np.array([curve.arousal.mean(), curve.valence.mean()])
    for shares, a, v, spread in (
        (curve.probabilities, curve.arousal, curve.valence, (0.3, 0.2)),
        (curve.song_probabilities, *mean, (0.25, 0.15)),
    ):
        high, positive = stats.norm.cdf(a / spread[0]), stats.norm.cdf(v / spread[1])
        expected = [high * positive, high * (1 - positive), (1 - high) * (1 - positive), (1 - high) * positive]
        np.testing.assert_allclose(shares.T, expected, rtol=0, atol=1e-12)
    drawn = classes(mean + np.random.default_rng(0).normal(size=(200_000, 2)) * [0.25, 0.15], "moods")
    # the standard error of 200,000 draws is .001; the grid is accurate to .01
    np.testing.assert_allclose(curve.song_moods, np.bincount(drawn, minlength=9) / len(drawn), rtol=0, atol=0.015)


def test_probabilities_do_not_depend_on_block_sizes(model: Model) -> None:
    parts = [rows(part) for part in np.array_split(SONG.x, 7)]
    found = model.predict_parts(parts)
    times_s = np.arange(len(SONG.x)) * 0.5
    curve = model.curve_from(replace(found, times_s=times_s), source="a song", duration_s=36)
    np.testing.assert_array_equal(
        curve.probabilities, model.curve(SONG.features, source="a song", duration_s=36).probabilities
    )


def test_song_rating_follows_from_the_stored_lines(model: Model) -> None:
    curve = model.curve(SONG.features, source="a song", duration_s=36)
    a, v = -0.2 + 0.45 * curve.arousal.mean(), 0.1 + 0.5 * curve.valence.mean()
    np.testing.assert_allclose(curve.rating, [a, v], rtol=0, atol=1e-12)
    np.testing.assert_allclose(curve.rating_interval, [[a - 0.2, a + 0.3], [v - 0.1, 1]], rtol=0, atol=1e-12)


def test_novelty_of_file_and_detector_agree(model: Model) -> None:
    for song in (SONG, *DATASET.songs[:3]):
        expected = accumulate(NOVELTY.embedding, song).novelty(NOVELTY.limits)
        # the graph's output is in single precision
        assert model.predict_with_std(song.features).novelty == pytest.approx(expected, rel=1e-5)


def test_recording_unlike_the_training_songs_gets_a_warning(model: Model) -> None:
    usual = model.curve(DATASET.songs[0].features, source="a song", duration_s=36, warnings=("cut short",))
    assert usual.novelty is not None
    assert usual.novelty < 1
    assert usual.warnings == ("cut short",)
    still = model.curve(rows(np.tile(SONG.x[:1], (40, 1))), source="hum", duration_s=21, warnings=("cut short",))
    assert still.novelty == pytest.approx(99)
    assert still.warnings[0] == "cut short"
    assert "unlike the model's training songs (novelty 99.0, the limit is 1)" in still.warnings[1]


def test_short_recordings_have_no_novelty(model: Model) -> None:
    curve = model.curve(rows(SONG.x[:19]), source="short", duration_s=10.4)
    assert (curve.novelty, curve.warnings) == (None, ())
    assert model.predict_with_std(rows(SONG.x[:0])).novelty is None


def test_novelty_does_not_depend_on_block_sizes(model: Model) -> None:
    values = np.vstack([song.x for song in DATASET.songs])
    assert len(values) > 2 * BLOCK_ROWS
    whole = model.predict_with_std(rows(values)).novelty
    stream = model.stream()
    parts = [stream.push(rows(part)).novelty for part in np.array_split(values, 37)]
    # sums in another order differ in the last digits
    assert parts[-1] == pytest.approx(whole, rel=1e-9)
    again = model.stream()
    assert again.push(rows(values[:5])).novelty is None
    with pytest.raises(ValueError, match="finite"):
        again.push(rows(np.full((30, 236), np.nan)))
    # invalid rows do not change the state
    assert again.push(rows(values[5:30])).novelty == model.predict_with_std(rows(values[:30])).novelty


def test_models_without_calibration_have_no_intervals_and_no_novelty(tmp_path: Path) -> None:
    export(train(DATASET, "mlr"), tmp_path / "plain.onnx", name="plain")
    curve = load_model(tmp_path / "plain.onnx").curve(rows(SONG.x[:40]), source="song", duration_s=21)
    assert (curve.arousal_interval, curve.song_interval, curve.novelty, curve.warnings) == (None, None, None, ())
    assert (curve.probabilities, curve.song_probabilities, curve.song_moods) == (None, None, None)
    assert (curve.rating, curve.rating_interval) == (None, None)


@pytest.mark.parametrize(
    ("stated", "message"),
    [
        ({"intervals": "{}"}, "its metadata 'intervals' are invalid: missing key 'level'"),
        ({"intervals": "nothing"}, "its metadata 'intervals' are invalid"),
        ({"novelty": "{}"}, "its metadata 'novelty' are invalid: missing key 'distance'"),
        ({"spreads": "{}"}, "its metadata 'spreads' are invalid: missing key 'songs'"),
        ({"spreads": as_json(SPREADS).replace("0.3", "0.0")}, "its metadata 'spreads' are invalid: arousal must be"),
        (
            {"spreads": as_json(SPREADS).replace("0.3", '"0.3"')},
            "its metadata 'spreads' are invalid: arousal must be a finite",
        ),
        ({"song_rating": "[]"}, "its metadata 'song_rating' are invalid: the value must be a table"),
        (
            {"song_rating": as_json(SONG_RATING).replace("0.9", "0.8")},
            "its metadata 'song_rating' .* level must be 0.9, got 0.8",
        ),
        (
            {"song_rating": as_json(SONG_RATING).replace("0.3", "-0.3")},
            "'song_rating' .* base and slope must",
        ),
        (
            {"song_rating": as_json(SONG_RATING).replace("base", "bass")},
            "'song_rating' .* unknown key 'bass'",
        ),
        (
            {"song_rating": as_json(SONG_RATING).replace("0.45", "null")},
            "its metadata 'song_rating' .* arousal: \\w+ must be a finite number",
        ),
        ({"novelty": None}, "has only one of the metadata 'novelty' and the output 'place'"),
    ],
)
def test_invalid_metadata_raise(model_file: Path, tmp_path: Path, stated: dict[str, str | None], message: str) -> None:
    path = changed(model_file, tmp_path / "damaged.onnx", **stated)
    with pytest.raises(ModelError, match=rf"damaged\.onnx: .*{message}"):
        load_model(path)


def test_embedding_of_another_shape_raises(model_file: Path, tmp_path: Path) -> None:
    """The changed output has one number per row, without a column."""
    proto = load_unsealed(model_file)
    for node in proto.graph.node:
        node.output[:] = ["inner" if name == "place" else name for name in node.output]
    proto.graph.node.append(onnx.helper.make_node("ReduceMax", ["inner"], ["place"], axes=[1], keepdims=0))
    (place,) = (output for output in proto.graph.output if output.name == "place")
    place.CopyFrom(onnx.helper.make_tensor_value_info("place", onnx.TensorProto.FLOAT, ("rows",)))
    onnx.save(proto, tmp_path / "flat.onnx")
    with pytest.raises(ModelError, match=r"flat\.onnx: its output 'place' must have the shape"):
        load_model(tmp_path / "flat.onnx")


def test_scaled_intervals_of_a_model_without_standard_deviation_raise(model_file: Path, tmp_path: Path) -> None:
    stated = json.dumps({**json.loads(as_json(INTERVALS)), "scale": "spread"})
    with pytest.raises(ModelError, match="its intervals need the output 'spread', which it lacks"):
        load_model(changed(model_file, tmp_path / "damaged.onnx", intervals=stated))


def test_song_table_shows_probabilities_rating_and_interval(capsys: pytest.CaptureFixture[str]) -> None:
    curve_views.print_curves([small_curve(intervals=True)])
    shown = capsys.readouterr().out
    ordered = "calm-positive 40%, excited-positive 35%, tense-negative 17%, sad-negative 8%"
    assert f"quadrants, probability  {ordered}\n" in shown
    assert "song rating, 1 to 9  arousal 4.2 (3.0 to 5.6), valence 6.2 (5.2 to 7.2)\n" in shown
    assert "−0.25 to +0.15" in shown
    curve_views.print_curves([small_curve()])
    plain = capsys.readouterr().out
    assert not any(word in plain for word in ("quadrants", "rating", "90 %"))


def test_evaluation_table_shows_intervals_if_there_are_any(model: Model, capsys: pytest.CaptureFixture[str]) -> None:
    judged = evaluate(made_dataset(12), model)
    print_metrics(judged)
    shown = capsys.readouterr().out
    assert "90 % interval" in shown
    assert f"{judged['valence']['coverage90']:.3f}  {judged['valence']['width90']:.3f}" in shown
    for axis in ("arousal", "valence"):
        judged[axis] |= {"coverage90": None, "width90": None}
    print_metrics(judged)
    assert "90 % interval" not in capsys.readouterr().out
