"""Model files: same predictions as the trained model, atomic and reproducible writing, and metadata."""

import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

import moodcurve
from moodcurve.features import COMPARE236
from moodcurve.learn.export import export, to_onnx
from moodcurve.learn.models.ffnn import FFNNConfig
from moodcurve.learn.models.mlr import MLRConfig
from moodcurve.learn.models.svr import SVRConfig
from moodcurve.learn.preprocessing.pipeline import PreprocessingConfig, stack_songs
from moodcurve.learn.training import train
from tests.helpers.training_songs import made_dataset

pytestmark = pytest.mark.slow

DATASET = made_dataset(16)
# unseen songs, and rows far outside the training songs: ±20 times their size
TEST_X = np.vstack([stack_songs(made_dataset(8, seed=3).songs)[0], stack_songs(DATASET.songs)[0][:5] * 20])
TEST_X = np.vstack([TEST_X, -TEST_X[-5:], np.zeros((1, TEST_X.shape[1]), np.float32)])

PREPROCESSINGS = {
    "default": PreprocessingConfig(),
    "centered": PreprocessingConfig(compress=False, scaling="center", clip=0, pca_components=10, whiten=True),
    "unclipped": PreprocessingConfig(clip=0),
    "standardised": PreprocessingConfig(compress=False, clip=0),
    "range": PreprocessingConfig(scaling="range", clip=1.5),
    "pca": PreprocessingConfig(pca_variance=0.9),
    "whitened": PreprocessingConfig(pca_components=12, whiten=True),
}
FAST = {"hidden": (16, 16, 16), "epochs": 2}
CONFIGS = {
    "mlr": [MLRConfig(preprocessing=p) for p in PREPROCESSINGS.values()],
    "svr": [SVRConfig(preprocessing=p) for p in PREPROCESSINGS.values()],
    "svr kernels": [
        SVRConfig(kernel="linear"),
        SVRConfig(kernel="poly", degree=3, coef0=1.0),
        SVRConfig(kernel="sigmoid", coef0=-0.5),
    ],
    "ffnn": [FFNNConfig(**FAST, preprocessing=p) for p in PREPROCESSINGS.values()],
    "ffnn activations": [
        FFNNConfig(**FAST, activation=activation, output=output)
        for activation in ("relu", "sigmoid", "tanh")
        for output in ("linear", "sigmoid", "tanh")
    ],
}
CASES = [(kind.split()[0], config) for kind, configs in CONFIGS.items() for config in configs]


def run(model: onnx.ModelProto, x: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    (predicted,) = session.run(["arousal_valence"], {"features": x})
    return predicted


@pytest.mark.parametrize(("family", "config"), CASES)
def test_file_and_trained_model_agree(family: str, config: object) -> None:
    trained = train(DATASET, family, config=config)
    expected = trained.model.predict(TEST_X)
    predicted = run(to_onnx(trained, name="test"), TEST_X)
    assert predicted.dtype == np.float32
    assert predicted.shape == (len(TEST_X), 2)
    # far from the training songs, a model without limits leaves the scale by orders of magnitude, and its
    # predictions in single precision have seven digits
    np.testing.assert_allclose(predicted, expected, rtol=1e-6, atol=1e-5)


@pytest.fixture(scope="module")
def trained():
    return train(DATASET, "ffnn", config=FFNNConfig(**FAST), seed=5)


def test_metadata_describe_the_training(trained, tmp_path: Path) -> None:
    export(trained, tmp_path / "model.onnx", name="net", license="CC0", metrics={"rmse": 0.1})
    model = onnx.load(tmp_path / "model.onnx")
    metadata = {p.key.removeprefix("moodcurve."): p.value for p in model.metadata_props}
    assert all(p.key.startswith("moodcurve.") for p in model.metadata_props)
    assert (metadata["format"], metadata["name"], metadata["family"], metadata["seed"]) == ("2", "net", "ffnn", "5")
    assert (metadata["feature_set"], metadata["feature_set_version"]) == (COMPARE236.name, COMPARE236.version)
    assert tuple(json.loads(metadata["columns"])) == COMPARE236.names
    assert (metadata["training_data"], metadata["songs"]) == ("made songs", "16")
    assert json.loads(metadata["metrics"]) == {"rmse": 0.1}
    assert json.loads(metadata["config"])["hidden"] == [16, 16, 16]
    assert json.loads(metadata["config"])["preprocessing"]["scaling"] == "standardize"
    assert (metadata["licence"], metadata["moodcurve_version"]) == ("CC0", moodcurve.__version__)
    assert (metadata["window_s"], metadata["hop_s"], metadata["target_range"]) == ("1.0", "0.5", "[-1, 1]")
    assert "236" in metadata["input"]
    assert "(rows, 2)" in metadata["output"]


def test_default_metrics_are_those_on_the_training_songs(trained) -> None:
    model = to_onnx(trained, name="net")
    metrics = json.loads({p.key: p.value for p in model.metadata_props}["moodcurve.metrics"])
    assert metrics["protocol"] == "on its own training songs"
    assert metrics["songs"] == 16
    assert metrics["arousal"] == trained.training_metrics()["arousal"]


def test_names_and_shapes_of_input_and_output(trained) -> None:
    graph = to_onnx(trained, name="net").graph
    (x,), (y,) = graph.input, graph.output
    shapes = [(value.name, [d.dim_param or d.dim_value for d in value.type.tensor_type.shape.dim]) for value in (x, y)]
    assert shapes == [("features", ["rows", 236]), ("arousal_valence", ["rows", 2])]
    assert {v.type.tensor_type.elem_type for v in (x, y)} == {onnx.TensorProto.FLOAT}


def test_same_model_gives_the_same_bytes(trained, tmp_path: Path) -> None:
    again = train(DATASET, "ffnn", config=FFNNConfig(**FAST), seed=5)
    for model, name in ((trained, "a"), (again, "b")):
        export(model, tmp_path / name, name="net")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_failed_export_keeps_the_old_file(trained, tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(b"old")
    with pytest.raises(ValueError, match="Out of range float"):
        export(trained, path, name="net", metrics={"rmse": float("nan")})
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_weights_are_stored_in_single_precision() -> None:
    big = FFNNConfig(hidden=(256, 256), epochs=1, preprocessing=PreprocessingConfig())
    model = to_onnx(train(DATASET, "ffnn", config=big), name="net")
    weights = 236 * 256 + 256 * 256 + 256 * 2
    # four bytes per weight; the rest is biases, four numbers per column, and metadata
    assert weights * 4 < model.ByteSize() < weights * 4 + 30_000
