"""Models on features, and model files that cannot be used."""

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from moodcurve.features import COMPARE236, COMPARE260, DEFAULT_SET, FEATURE_SETS, Features, FeatureSet
from moodcurve.features.feature_sets import join
from moodcurve.learn.export import export
from moodcurve.learn.models.svr import SVRConfig
from moodcurve.learn.training import train
from moodcurve.runtime import ModelError, load_model, packaged_models
from moodcurve.runtime.sequence import BLOCK_ROWS
from tests.helpers.model_files import load_unsealed
from tests.helpers.training_songs import made_dataset

DATASET = made_dataset(10)
SONG = DATASET.songs[0]


@pytest.fixture(scope="module")
def model_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / "svr.onnx"
    export(train(DATASET, "svr", config=SVRConfig(C=30.0, epsilon=0.01, row_step=1)), path, name="made-svr")
    return path


@pytest.fixture(scope="module")
def model(model_file: Path):
    return load_model(model_file)


def changed(model_file: Path, path: Path, **stated: str) -> Path:
    """Write the model with changed metadata."""
    proto = load_unsealed(model_file)
    for prop in proto.metadata_props:
        prop.value = stated.get(prop.key.removeprefix("moodcurve."), prop.value)
    onnx.save(proto, path)
    return path


def test_a_model_has_its_name_features_and_origin(model) -> None:
    assert model.name == "made-svr"
    assert model.feature_set is COMPARE236
    assert (model.metadata["family"], model.metadata["training_data"]) == ("svr", "made songs")


def test_predictions_do_not_depend_on_how_rows_are_split(model) -> None:
    values = np.vstack([song.x for song in DATASET.songs] * 7)  # 1400 rows: more than one block
    assert len(values) > BLOCK_ROWS
    whole = model.predict(Features(values, np.arange(len(values)) * 0.5, COMPARE236))
    for size in (1, 7, 333):
        parts = [
            model.predict(Features(part, np.arange(len(part)) * 0.5, COMPARE236))
            for part in np.array_split(values[:400], 400 // size)
        ]
        np.testing.assert_array_equal(np.vstack(parts), whole[:400])


def test_predictions_are_limited_to_the_scale(tmp_path: Path) -> None:
    loud = made_dataset(10)
    for song in loud.songs:
        song.annotation.arousal[:] = 3.0
        song.annotation.valence[:] = -3.0
    export(train(loud, "mlr"), tmp_path / "loud.onnx", name="loud")
    predicted = load_model(tmp_path / "loud.onnx").predict(SONG.features)
    np.testing.assert_array_equal(predicted, np.tile([1.0, -1.0], (len(SONG.x), 1)))


def test_columns_of_wider_features_are_selected_by_name(model) -> None:
    narrow = SONG.features
    values = np.full((len(narrow.values), 260), 1e9, np.float32)
    columns = [COMPARE260.names.index(name) for name in COMPARE236.names]
    values[:, columns] = narrow.values
    wide = Features(values, narrow.times_s, COMPARE260)
    np.testing.assert_array_equal(model.predict(wide), model.predict(narrow))


def test_features_of_another_version_are_refused(model) -> None:
    newer = replace(COMPARE236, version="2")
    with pytest.raises(ModelError, match="made-svr reads features compare236/1, got compare236/2"):
        model.predict(Features(SONG.x, SONG.features.times_s, newer))


def test_joined_features_that_contain_the_set_are_read(model) -> None:
    other = FeatureSet("other", "7", ("x", "y"))
    values = np.hstack([np.full((len(SONG.x), 2), 1e9, np.float32), SONG.x])
    wide = Features(values, SONG.features.times_s, join([other, COMPARE236]))
    np.testing.assert_array_equal(model.predict(wide), model.predict(SONG.features))
    newer = Features(values, SONG.features.times_s, join([other, replace(COMPARE236, version="2")]))
    with pytest.raises(ModelError, match=r"reads features compare236/1, got other\+compare236/7\+2"):
        model.predict(newer)


def test_a_model_of_a_joined_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Its file states the joined set, and is refused where one of the parts is unknown or newer."""
    other = FeatureSet("other", "7", ("x", "y"))
    joined = join([COMPARE236, other])
    dataset = made_dataset(4, feature_set=joined)
    export(train(dataset, "mlr"), tmp_path / "joined.onnx", name="joined")
    with pytest.raises(ModelError, match=r"needs features compare236\+other/1\+7; this version of moodcurve computes"):
        load_model(tmp_path / "joined.onnx")
    monkeypatch.setitem(FEATURE_SETS, "other", other)
    loaded = load_model(tmp_path / "joined.onnx")
    assert loaded.feature_set == joined
    assert np.isfinite(loaded.predict(dataset.songs[0].features)).all()
    monkeypatch.setitem(FEATURE_SETS, "other", replace(other, version="8"))
    with pytest.raises(ModelError, match=r"needs features compare236\+other/1\+7"):
        load_model(tmp_path / "joined.onnx")


def test_features_that_lack_columns_are_refused(tmp_path: Path) -> None:
    wide = made_dataset(4, feature_set=COMPARE260)
    export(train(wide, "mlr"), tmp_path / "wide.onnx", name="wide")
    with pytest.raises(ValueError, match="features compare236/1 lack 24 of the columns of compare260/1"):
        load_model(tmp_path / "wide.onnx").predict(SONG.features)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_nan_and_infinity_are_refused(model, value: float) -> None:
    values = SONG.x.copy()
    values[3, 5] = value
    with pytest.raises(ValueError, match=r"features.values must be finite"):
        model.predict(Features(values, SONG.features.times_s, COMPARE236))


def test_no_rows_give_no_predictions(model) -> None:
    none = Features(np.empty((0, 236), np.float32), np.empty(0), COMPARE236)
    assert model.predict(none).shape == (0, 2)


def test_a_curve_holds_its_source_model_and_features(model) -> None:
    curve = model.curve(SONG.features, source="a song.mp3", duration_s=10.6, warnings=("cut short",))
    np.testing.assert_array_equal(np.column_stack([curve.arousal, curve.valence]), model.predict(SONG.features))
    np.testing.assert_array_equal(curve.times_s, SONG.features.times_s)
    stated = (curve.source, curve.model, curve.feature_set, curve.duration_s, curve.warnings)
    assert stated == ("a song.mp3", "made-svr", "compare236/1", 10.6, ("cut short",))
    assert curve.arousal_interval is None


def test_a_missing_model_lists_the_packaged_models(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"nowhere.onnx: no such model \(No such file.*packaged models: "):
        load_model(tmp_path / "nowhere.onnx")
    with pytest.raises(ModelError, match=r"no such model \(Is a directory"):
        load_model(tmp_path)


@pytest.mark.parametrize("content", [b"", b"not a model", b"\x08\x08" + bytes(range(256)) * 10])
def test_files_that_are_not_onnx_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "song.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"song\.onnx: not an ONNX model"):
        load_model(path)


def test_a_truncated_model_is_refused(model_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "half.onnx"
    path.write_bytes(model_file.read_bytes()[:-2000])
    with pytest.raises(ModelError, match=r"half\.onnx: not a"):
        load_model(path)


def identity(inputs: str, outputs: str, **stated: str) -> onnx.ModelProto:
    shape = ["rows", 236]
    graph = helper.make_graph(
        [helper.make_node("Identity", [inputs], [outputs])],
        "foreign",
        [helper.make_tensor_value_info(inputs, TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(outputs, TensorProto.FLOAT, shape)],
    )
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    for key, value in stated.items():
        proto.metadata_props.add(key=f"moodcurve.{key}", value=value)
    return proto


@pytest.mark.parametrize(
    "proto",
    [
        identity("x", "y"),
        identity("features", "arousal_valence"),
        identity("features", "arousal_valence", format="99"),
        identity("x", "y", format="1"),
    ],
)
def test_foreign_onnx_files_are_refused(tmp_path: Path, proto: onnx.ModelProto) -> None:
    onnx.save(proto, tmp_path / "foreign.onnx")
    with pytest.raises(ModelError, match=r"foreign\.onnx: not a moodcurve model \(format 2\)"):
        load_model(tmp_path / "foreign.onnx")


@pytest.mark.parametrize(
    ("stated", "message"),
    [
        ({"feature_set": "chroma12"}, "needs features chroma12/1; this version of moodcurve computes compare260/1, "),
        (
            {"feature_set_version": "0"},
            "needs features compare236/0; this version of moodcurve computes compare260/1, ",
        ),
        ({"columns": '["F0final_sma_stddev"]'}, "its columns are not those of compare236/1"),
    ],
)
def test_a_model_of_other_features_is_refused(model_file: Path, tmp_path: Path, stated: dict, message: str) -> None:
    path = changed(model_file, tmp_path / "other.onnx", **stated)
    with pytest.raises(ModelError, match=rf"other\.onnx: {message}"):
        load_model(path)


def test_a_model_that_returns_nan_is_refused(model_file: Path, tmp_path: Path) -> None:
    proto = load_unsealed(model_file)
    bias = next(value for value in proto.graph.initializer if list(value.dims) == [2])
    bias.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(bias) * np.nan, bias.name))
    path = tmp_path / "nan.onnx"
    onnx.save(proto, path)
    with pytest.raises(ModelError, match="made-svr returned NaN or infinity"):
        load_model(path).predict(SONG.features)


def reshaped(model_file: Path, path: Path, shape: list[int]) -> Path:
    """Write the model with its output in another shape."""
    proto = load_unsealed(model_file)
    last = next(node for node in proto.graph.node if "arousal_valence" in node.output)
    last.output[list(last.output).index("arousal_valence")] = "before"
    proto.graph.initializer.append(numpy_helper.from_array(np.array(shape), "shape"))
    proto.graph.node.append(helper.make_node("Reshape", ["before", "shape"], ["arousal_valence"]))
    for axis in proto.graph.output[0].type.tensor_type.shape.dim:
        axis.Clear()
    onnx.save(proto, path)
    return path


@pytest.mark.parametrize(
    ("shape", "message"),
    [([7, 2], "its graph fails on features of its own columns"), ([2, -1], r"must have the shape \(rows, 2\)")],
)
def test_a_graph_that_fails_when_it_runs_is_refused(
    model_file: Path, tmp_path: Path, shape: list[int], message: str
) -> None:
    model = load_model(reshaped(model_file, tmp_path / "odd.onnx", shape))
    with pytest.raises(ModelError, match=rf"odd\.onnx: .*{message}"):
        model.predict(SONG.features)


def test_incomplete_metadata_is_refused(model_file: Path, tmp_path: Path) -> None:
    proto = load_unsealed(model_file)
    kept = [p for p in proto.metadata_props if p.key != "moodcurve.columns"]
    del proto.metadata_props[:]
    proto.metadata_props.extend(kept)
    onnx.save(proto, tmp_path / "bare.onnx")
    with pytest.raises(ModelError, match=r"bare\.onnx: its metadata lack 'columns'"):
        load_model(tmp_path / "bare.onnx")


def test_packaged_models_load_by_name() -> None:
    models = packaged_models()
    assert "default" in models
    assert load_model().feature_set == DEFAULT_SET
    assert load_model("fast").feature_set is COMPARE236
    assert load_model("default").name == load_model().name
    assert len(models["default"].read_bytes()) < 10_000_000


def test_loading_and_predicting_import_no_training_library(model_file: Path, tmp_path: Path) -> None:
    shutil.copy(model_file, tmp_path / "m.onnx")
    code = (
        "import sys, numpy as np\n"
        "from moodcurve.runtime import load_model\n"
        "from moodcurve.features import Features\n"
        "assert 'onnxruntime' not in sys.modules\n"
        "m = load_model('m.onnx')\n"
        "m.predict(Features(np.zeros((3, 236), np.float32), np.arange(3.0), m.feature_set))\n"
        "print([n for n in ('torch', 'sklearn', 'onnx', 'moodcurve.learn') if n in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_onnx_runtime_sends_no_usage_data(tmp_path: Path) -> None:
    # without the switch ONNX Runtime leaves a device identifier in the home folder at its first start
    script = "from moodcurve.runtime import load_model; load_model('default')"
    home = {"HOME": str(tmp_path), "PATH": os.environ["PATH"]}
    done = subprocess.run([sys.executable, "-c", script], env=home, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    assert [path for path in tmp_path.rglob("*") if "onnxruntime" in path.name] == []
