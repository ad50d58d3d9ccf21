"""Tags of a recording, as models that read the tag network's columns give them."""

from pathlib import Path

import numpy as np
import pytest

from moodcurve import analyze
from moodcurve.audio import ANALYSIS_SR
from moodcurve.features import COMPARE236, Features, FeatureSet, extract, feature_set
from moodcurve.features.tags.names import TAG_PREFIX, TAGS
from moodcurve.learn.export import export
from moodcurve.learn.training import train
from moodcurve.runtime import Model, load_model
from moodcurve.runtime.silence import RMS_MEAN, RMS_STD
from moodcurve.runtime.tags import TagMean, has_tags
from tests.helpers.training_songs import made_dataset

JOINED = feature_set("compare236+tags1")
ROWS = 60


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    path = tmp_path_factory.mktemp("models") / "tags.onnx"
    export(train(made_dataset(6, feature_set=JOINED), "mlr"), path, name="with-tags")
    return load_model(path)


def made_features(*, silent: slice = slice(0, 0), reverse: bool = False) -> Features:
    """Return random features with tags in [0, 1], at -20 dB but for some silent rows."""
    rng = np.random.default_rng(4)
    values = rng.normal(size=(ROWS, len(JOINED.names))).astype(np.float32)
    names = list(JOINED.names)
    values[:, names.index(RMS_MEAN)] = 0.1
    values[:, names.index(RMS_STD)] = 0
    values[:, columns(JOINED)] = rng.uniform(0, 1, (ROWS, 50))
    values[silent, names.index(RMS_MEAN)] = 0
    return Features(values[::-1] if reverse else values, np.arange(ROWS) / 2, JOINED)


def columns(of: FeatureSet) -> list[int]:
    return [of.names.index(TAG_PREFIX + tag) for tag in TAGS]


def test_only_sets_with_all_tags_have_tags() -> None:
    assert has_tags(JOINED)
    assert has_tags(feature_set("tags1"))
    assert not has_tags(COMPARE236)
    assert not has_tags(FeatureSet("some", "1", tuple(name for name in JOINED.names if name != "tag_sad")))


def test_tags_are_the_mean_of_the_columns(model: Model) -> None:
    features = made_features()
    curve = model.curve(features, source="x", duration_s=30.5)
    assert curve.tags is not None
    assert tuple(curve.tags) == TAGS
    expected = features.values[:, columns(JOINED)].astype(np.float64).mean(axis=0)
    np.testing.assert_allclose(list(curve.tags.values()), expected, rtol=1e-12)


def test_silent_rows_do_not_count(model: Model) -> None:
    features = made_features(silent=slice(40, 60))
    tags = model.predict_with_std(features).tags
    assert tags is not None
    expected = features.values[:40, columns(JOINED)].astype(np.float64).mean(axis=0)
    np.testing.assert_allclose(list(tags.values()), expected, rtol=1e-12)
    everything = made_features(silent=slice(0, 60))
    tags = model.predict_with_std(everything).tags
    assert tags is not None
    expected = everything.values[:, columns(JOINED)].astype(np.float64).mean(axis=0)
    np.testing.assert_allclose(list(tags.values()), expected, rtol=1e-12)


@pytest.mark.parametrize("size", [1, 7, 59])
def test_parts_and_streams_give_the_same_tags(model: Model, size: int) -> None:
    features = made_features(silent=slice(0, 9))
    whole = model.predict_with_std(features).tags
    assert whole is not None
    cuts = range(0, ROWS, size)
    parts = [Features(features.values[i : i + size], features.times_s[i : i + size], JOINED) for i in cuts]
    of_parts = model.predict_parts(iter(parts)).tags
    assert of_parts is not None
    np.testing.assert_allclose(list(of_parts.values()), list(whole.values()), rtol=1e-12)
    stream = model.stream()
    for part in parts:
        streamed = stream.push(part).tags
    assert streamed is not None
    np.testing.assert_allclose(list(streamed.values()), list(whole.values()), rtol=1e-12)


def test_refused_rows_do_not_change_the_tags_of_a_stream(model: Model) -> None:
    features = made_features()
    stream = model.stream()
    first = stream.push(features).tags
    broken = made_features(reverse=True)
    broken.values[3, 5] = np.nan
    with pytest.raises(ValueError, match="finite"):
        stream.push(broken)
    none = Features(features.values[:0], features.times_s[:0], JOINED)
    assert stream.push(none).tags == first


def test_without_rows_there_are_no_tags(model: Model) -> None:
    features = made_features()
    assert model.predict_with_std(Features(features.values[:0], features.times_s[:0], JOINED)).tags is None
    assert TagMean(JOINED).mean(-90) is None


def test_models_that_do_not_read_the_tags_give_none(tmp_path: Path) -> None:
    export(train(made_dataset(6), "mlr"), tmp_path / "plain.onnx", name="plain")
    plain = load_model(tmp_path / "plain.onnx")
    curve = plain.curve(made_features(), source="x", duration_s=30.5)
    assert curve.tags is None
    assert curve.strongest_tags == {}
    assert "tags" not in curve.to_dict()
    assert plain.stream().push(made_features()).tags is None


@pytest.mark.slow
def test_an_analyzed_recording_has_the_tags_of_its_sound(model: Model) -> None:
    """Ten seconds of noise, then ten of silence, which do not count."""
    noise = np.random.default_rng(7).normal(0, 0.1, 10 * ANALYSIS_SR).astype(np.float32)
    samples = np.concatenate([noise, np.zeros_like(noise)])
    curve = analyze(samples, sr=ANALYSIS_SR, model=model)
    assert curve.silent is not None
    assert curve.tags is not None
    values = extract(samples, ANALYSIS_SR, feature_set("tags1")).values
    sounding = values[: len(curve.times_s)][curve.sounding].astype(np.float64)
    np.testing.assert_allclose(
        list(curve.tags.values()), sounding[:, columns(feature_set("tags1"))].mean(axis=0), rtol=1e-5
    )
    assert curve.tags != pytest.approx(
        dict(zip(TAGS, values[:, columns(feature_set("tags1"))].mean(axis=0).tolist(), strict=True)), abs=1e-3
    )
