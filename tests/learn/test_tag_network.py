"""The conversion of the tag network, and the packaged file against the original network's answers."""

import hashlib
import json
import re
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from moodcurve.features.tags.names import TAGS
from moodcurve.learn import tag_network
from tests.helpers import ROOT

FOLDER = ROOT / "src" / "moodcurve" / "features" / "tags"


def session(data: bytes) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])


def made_weights() -> dict[str, np.ndarray]:
    """Random weights with the shapes of the checkpoint."""
    rng = np.random.default_rng(0)
    filters = [204, 204, 51, 51, 51, 64, 64, 64]
    kernels = [(7, 38, 1), (7, 67, 1), (128, 1, 1), (64, 1, 1), (32, 1, 1), (7, 561, 1), (7, 64, 1), (7, 64, 1)]
    layers = {f"conv2d_{i}" if i else "conv2d": (*k, f) for i, (k, f) in enumerate(zip(kernels, filters, strict=True))}
    layers |= {"dense": (1506, 200), "dense_1": (200, 50)}
    weights = {}
    for layer, shape in layers.items():
        weights[f"{layer}/kernel"] = rng.normal(0, np.prod(shape[:-1]) ** -0.5, shape).astype(np.float32)
        weights[f"{layer}/bias"] = rng.normal(0, 0.1, shape[-1]).astype(np.float32)
    for i, size in enumerate([1, *filters, 1506, 200]):
        layer = f"batch_normalization_{i}" if i else "batch_normalization"
        for part in ("gamma", "beta", "moving_mean"):
            weights[f"{layer}/{part}"] = rng.normal(0, 1, size).astype(np.float32)
        weights[f"{layer}/moving_variance"] = rng.uniform(0.5, 2, size).astype(np.float32)
    return weights


def test_packaged_file_is_the_one_its_card_names() -> None:
    card = (FOLDER / "tags1.md").read_text(encoding="utf-8")
    (stated,) = re.findall(r"[0-9a-f]{64}", card)
    assert hashlib.sha256((FOLDER / "tags1.onnx").read_bytes()).hexdigest() == stated


def test_license_stands_beside_the_weights_and_in_the_notice() -> None:
    assert "Permission to use, copy, modify" in (FOLDER / "tags1.md").read_text(encoding="utf-8")
    assert "Universitat Pompeu Fabra" in (ROOT / "NOTICE").read_text(encoding="utf-8")


def test_packaged_file_states_its_source_and_tags() -> None:
    metadata = session((FOLDER / "tags1.onnx").read_bytes()).get_modelmeta().custom_metadata_map
    assert metadata["source"].startswith("musicnn 0.1.0")
    assert metadata["license"].startswith("ISC")
    assert tuple(metadata["tags"].split("\n")) == TAGS


@pytest.mark.real
def test_tags_are_those_of_the_original_network(data_dir: Path) -> None:
    """The reference is the original graph in TensorFlow; sums in another order differ by 1e-6."""
    network = session((FOLDER / "tags1.onnx").read_bytes())
    with np.load(data_dir / "reference" / "tag_network.npz") as reference:
        songs = [name.removesuffix("_mel") for name in reference if name.endswith("_mel")]
        assert len(songs) == 4
        for song in songs:
            embedding, tags = network.run(["embedding", "tags"], {"mel": reference[f"{song}_mel"]})
            assert embedding.shape == (4, 200)
            np.testing.assert_allclose(tags, reference[f"{song}_tags"], atol=1e-5)


def test_graph_of_other_weights() -> None:
    weights = made_weights()
    data = tag_network.build(weights).SerializeToString(deterministic=True)
    assert data == tag_network.build(weights).SerializeToString(deterministic=True)
    mel = np.random.default_rng(1).uniform(0, 5, (2, 187, 96)).astype(np.float32)
    embedding, tags = session(data).run(["embedding", "tags"], {"mel": mel})
    logits = embedding @ weights["dense_1/kernel"] + weights["dense_1/bias"]
    np.testing.assert_allclose(tags, 1 / (1 + np.exp(-logits)), atol=1e-5)
    assert embedding.shape == (2, 200)
    assert not np.array_equal(embedding[0], embedding[1])


def test_other_wheels_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch) -> None:
    wheel = tmp_path / "musicnn-0.1.0-py3-none-any.whl"
    wheel.write_bytes(b"another")
    monkeypatch.setattr(sys, "argv", ["tag_network", str(wheel), "-o", str(tmp_path / "out.onnx")])
    assert tag_network.main() == 1
    assert f"{wheel}: not musicnn-0.1.0-py3-none-any.whl" in capsys.readouterr().err
    assert not (tmp_path / "out.onnx").exists()


def test_interpreter_without_tensorflow_is_named(tmp_path: Path, monkeypatch) -> None:
    import zipfile

    wheel = tmp_path / "wheel.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(f"{tag_network.CHECKPOINT}checkpoint", json.dumps({}))
    monkeypatch.setattr(tag_network, "WHEEL_SHA256", hashlib.sha256(wheel.read_bytes()).hexdigest())
    with pytest.raises(tag_network.ConversionError, match=r"could not read the checkpoint: .*tensorflow-cpu\?"):
        tag_network.read_weights(wheel, sys.executable)
