"""Convert the weights of the tag network musicnn to ONNX: ``python -m moodcurve.learn.tag_network WHEEL --python …``.

The weights are in the Python package musicnn 0.1.0 (``pip download --no-deps musicnn==0.1.0``) as a TensorFlow
checkpoint. An interpreter with TensorFlow reads it, from an environment that needs nothing else::

    python -m venv tf-env && tf-env/bin/pip install tensorflow-cpu
    python -m moodcurve.learn.tag_network musicnn-0.1.0-py3-none-any.whl --python tf-env/bin/python

Only the weights are taken: the graph is written here from the description of the architecture (Pons et al., "End-to-end
learning for music audio tagging at scale", ISMIR 2018; Pons & Serra, "musicnn", ISMIR 2019 late-breaking).
"""

import argparse
import hashlib
import subprocess  # nosec B404 # see the call below
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from onnx import ModelProto, TensorProto, checker, helper, numpy_helper

from moodcurve._typing import Float32Array, FloatArray
from moodcurve.errors import MoodcurveError
from moodcurve.features.tags.names import EMBEDDING, TAGS
from moodcurve.learn import tag_checkpoint
from moodcurve.learn.onnx_graph import IR_VERSION, OPSET
from moodcurve.util.files import atomic_write

WHEEL_SHA256 = "f38a4890c648c1ddbb141c5d96d2b0a8cfcd36746002d896989f7b88beb65cfa"
"""Checksum of ``musicnn-0.1.0-py3-none-any.whl`` as published."""
CHECKPOINT = "musicnn/MSD_musicnn/"
"""Folder in the wheel of the network trained on the Million Song Dataset."""
FRAMES, BANDS = 187, 96
"""Frames and mel bands of a patch."""
EPSILON = 1e-3
"""Added to the variance in batch normalization."""
BRANCHES = ((3, 3), (3, 3), (63, 64), (31, 32), (15, 16))
"""Zero frames before and after the patch for each of the five first convolutions."""

Weights = Mapping[str, Float32Array]


class ConversionError(MoodcurveError):
    """The weights cannot be read; the message names the file and what is wrong."""


def read_weights(wheel: Path, python: str) -> dict[str, Float32Array]:
    """Return the network's weights by their names in the checkpoint.

    Parameters
    ----------
    wheel : path
        ``musicnn-0.1.0-py3-none-any.whl``.
    python : str
        Interpreter with TensorFlow.

    Raises
    ------
    ConversionError
        If the wheel is another file, or the interpreter cannot read the checkpoint.
    OSError
        If the wheel or the interpreter cannot be opened.
    """
    if hashlib.sha256(wheel.read_bytes()).hexdigest() != WHEEL_SHA256:
        raise ConversionError(f"{wheel}: not musicnn-0.1.0-py3-none-any.whl (SHA-256 {WHEEL_SHA256})")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder, [member for member in archive.namelist() if member.startswith(CHECKPOINT)])
        output = folder / "weights.npz"
        command = [python, tag_checkpoint.__file__, str(folder / CHECKPOINT), str(output)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # nosec B603 # a list of words without a shell; the program is the user's choice
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise ConversionError(f"{python} could not read the checkpoint: {last}; does it have tensorflow-cpu?")
        with np.load(output, allow_pickle=False) as stored:
            return dict(stored)


class _Graph:
    """Nodes and constants of the network's graph; values are numbered, constants have the names of the weights."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self.nodes: list[Any] = []
        self.constants: list[TensorProto] = []

    def constant(self, name: str, values: FloatArray | Float32Array) -> str:
        """Add a constant in single precision and return its name."""
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values, np.float32), name))
        return name

    def indices(self, name: str, values: list[int]) -> str:
        """Add integers, as operators take axes, and return their name."""
        self.constants.append(numpy_helper.from_array(np.array(values, np.int64), name))
        return name

    def add(self, operator: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        """Add an ONNX operator and return the name of its output."""
        name = output or f"v{len(self.nodes) + 1}"
        self.nodes.append(helper.make_node(operator, list(inputs), [name], **attributes))
        return name

    def normalize(self, x: str, index: int, axes: int = 0, output: str = "") -> str:
        """Add γ (x - μ) / sqrt(σ² + 0.001) + β; `axes` follow the channels' axis."""
        layer = f"batch_normalization_{index}" if index else "batch_normalization"
        parts = ("gamma", "beta", "moving_mean", "moving_variance")
        gamma, beta, mean, variance = (self.weights[f"{layer}/{part}"].astype(np.float64) for part in parts)
        scale = gamma / np.sqrt(variance + EPSILON)
        shape = (-1,) + (1,) * axes
        scaled = self.add("Mul", x, self.constant(f"{layer}/scale", scale.reshape(shape)))
        shift = self.constant(f"{layer}/shift", (beta - mean * scale).reshape(shape))
        return self.add("Add", scaled, shift, output=output)

    def convolve(self, x: str, index: int, pads: list[int], axes: int) -> str:
        """Add convolution, bias, ReLU and batch normalization; `axes` (time, or time and mel) follow the channels."""
        layer = f"conv2d_{index}" if index else "conv2d"
        kernel = self.weights[f"{layer}/kernel"]  # (time, mel or channels, 1, filters)
        kernel = kernel.transpose(3, 2, 0, 1) if axes == 2 else kernel[:, :, 0].transpose(2, 1, 0)
        bias = self.constant(f"{layer}/bias", self.weights[f"{layer}/bias"])
        y = self.add("Conv", x, self.constant(f"{layer}/kernel", kernel), bias, pads=pads)
        return self.normalize(self.add("Relu", y), index + 1, axes)

    def dense(self, x: str, layer: str) -> str:
        """Add a matrix product and bias."""
        kernel, bias = (
            self.constant(f"{layer}/{part}", self.weights[f"{layer}/{part}"]) for part in ("kernel", "bias")
        )
        return self.add("Gemm", x, kernel, bias)


def build(weights: Weights) -> ModelProto:
    """Return the network as a float32 graph.

    Input ``mel`` (patches, 187, 96): log10(1 + 10⁴ mel power). Outputs ``embedding`` (patches, 200) and ``tags``
    (patches, 50), from 0 to 1. The same weights yield the same bytes.
    """
    graph = _Graph(weights)
    patch = graph.normalize("mel", 0)
    image = graph.add("Unsqueeze", patch, graph.indices("channel_axis", [1]))
    branches = []
    for index, (before, after) in enumerate(BRANCHES):
        y = graph.convolve(image, index, [before, 0, after, 0], axes=2)
        branches.append(graph.add("ReduceMax", y, axes=[3], keepdims=0))
    layers = [graph.add("Concat", *branches, axis=1)]  # (patches, 561, 187)
    for index in (5, 6, 7):
        y = graph.convolve(layers[-1], index, [3, 3], axes=1)
        layers.append(y if index == 5 else graph.add("Add", y, layers[-1]))
    joined = graph.add("Concat", *layers, axis=1)
    maximum, mean = (graph.add(name, joined, axes=[2], keepdims=1) for name in ("ReduceMax", "ReduceMean"))
    pooled = graph.add("Flatten", graph.add("Concat", maximum, mean, axis=2), axis=1)
    hidden = graph.add("Relu", graph.dense(graph.normalize(pooled, 9), "dense"))
    embedding = graph.normalize(hidden, 10, output="embedding")
    graph.add("Sigmoid", graph.dense(embedding, "dense_1"), output="tags")
    return _to_model(graph)


def _to_model(graph: _Graph) -> ModelProto:
    value = helper.make_tensor_value_info
    inputs = [value("mel", TensorProto.FLOAT, ["patches", FRAMES, BANDS])]
    outputs = [
        value("embedding", TensorProto.FLOAT, ["patches", EMBEDDING]),
        value("tags", TensorProto.FLOAT, ["patches", len(TAGS)]),
    ]
    model = helper.make_model(
        helper.make_graph(graph.nodes, "tags1", inputs, outputs, graph.constants),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="moodcurve",
    )
    helper.set_model_props(
        model,
        {
            "source": "musicnn 0.1.0, MSD_musicnn (Python package)",
            "license": "ISC, Copyright (c) Music Technology Group, Universitat Pompeu Fabra 2019",
            "tags": "\n".join(TAGS),
        },
    )
    checker.check_model(model)
    return model


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="Convert the weights of the tag network musicnn to ONNX.")
    parser.add_argument("wheel", type=Path, help="musicnn-0.1.0-py3-none-any.whl")
    parser.add_argument("--python", default=sys.executable, help="interpreter with tensorflow-cpu")
    packaged = Path(__file__).parents[1] / "features" / "tags" / "tags1.onnx"
    parser.add_argument("-o", dest="output", type=Path, default=packaged, help="file to write")
    options = parser.parse_args()
    try:
        data = build(read_weights(options.wheel, options.python)).SerializeToString(deterministic=True)
        with atomic_write(options.output) as scratch:
            scratch.write_bytes(data)
    except (MoodcurveError, OSError) as error:
        print(f"moodcurve: {error}", file=sys.stderr)
        return 1
    print(f"{options.output}: SHA-256 {hashlib.sha256(data).hexdigest()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
