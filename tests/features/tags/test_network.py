"""The network in kernels, compared with its graph in ONNX Runtime and with the original in TensorFlow."""

from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from moodcurve.features.tags.names import EMBEDDING, TAGS
from moodcurve.features.tags.network import TagNetwork
from tests.helpers import ROOT


@pytest.fixture(scope="module")
def network() -> TagNetwork:
    return TagNetwork()


@pytest.fixture(scope="module")
def graph() -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    path = ROOT / "src" / "moodcurve" / "features" / "tags" / "tags1.onnx"
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def patches() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    ramp = np.linspace(0, 5, 96)[None] * np.linspace(1, 0.2, 187)[:, None]
    return {
        "silence": np.zeros((187, 96)),
        "noise": rng.uniform(0, 5, (187, 96)),
        "loud": rng.uniform(5, 12, (187, 96)),
        "ramp": ramp,
        "clicks": 4.0 * (np.arange(187) % 31 == 0)[:, None] * np.ones(96),
        "a band": 5.0 * (np.arange(96) == 40)[None] * np.ones((187, 1)),
        "one frame at the end": 5.0 * (np.arange(187) == 186)[:, None] * np.ones(96),
    }


@pytest.mark.parametrize("name", patches())
def test_same_as_the_graph(network: TagNetwork, graph: onnxruntime.InferenceSession, name: str) -> None:
    """Sums of up to 4256 products in another order: the embedding, of size 1, differs by about 1e-5."""
    patch = patches()[name].astype(np.float32)
    found = network.run(patch)
    embedding, tags = graph.run(["embedding", "tags"], {"mel": patch[None]})
    np.testing.assert_allclose(found[:EMBEDDING], embedding[0], atol=1e-4)
    np.testing.assert_allclose(found[EMBEDDING : EMBEDDING + len(TAGS)], tags[0], atol=1e-5)


def test_patches_do_not_depend_on_those_before(network: TagNetwork) -> None:
    """Equal to the last bit, though work tables are used again."""
    first = {name: network.run(patch.astype(np.float32)) for name, patch in patches().items()}
    for name, patch in reversed(patches().items()):
        np.testing.assert_array_equal(TagNetwork().run(patch.astype(np.float32)), first[name])


@pytest.mark.real
def test_tags_are_those_of_the_original_network(network: TagNetwork, data_dir: Path) -> None:
    with np.load(data_dir / "reference" / "tag_network.npz") as reference:
        songs = [name.removesuffix("_mel") for name in reference if name.endswith("_mel")]
        assert len(songs) == 4
        for song in songs:
            tags = np.stack(
                [network.run(patch)[EMBEDDING : EMBEDDING + len(TAGS)] for patch in reference[f"{song}_mel"]]
            )
            np.testing.assert_allclose(tags, reference[f"{song}_tags"], atol=1e-5)
