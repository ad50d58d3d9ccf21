"""Prepare the weights of ``tags1.onnx`` for the kernels, once in a process."""

import importlib.resources
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from moodcurve._typing import Float32Array, FloatArray
from moodcurve.features.jit.simd import LANES, aligned_table
from moodcurve.features.tags import convolution
from moodcurve.features.tags.constants import read_constants
from moodcurve.features.tags.names import EMBEDDING, TAGS
from moodcurve.features.tags.products import COLUMNS
from moodcurve.features.tags.transform import POINTS

_LARGE = ("conv2d", "conv2d_1")
"""Branches of 7 frames by 38 or 67 bands."""
_LONG = ("conv2d_2", "conv2d_3", "conv2d_4")
"""Branches of 128, 64 and 32 frames."""
_OVER_TIME = ("conv2d_5", "conv2d_6", "conv2d_7")
"""Convolutions over time, 7 frames, of all channels."""


@dataclass(frozen=True, eq=False)
class Activation:
    """What follows a layer: scale · max(0, sign · x + bias) + shift, by filter.

    Scale and shift are batch normalization. A branch's maximum over mel is taken after it: where the scale is negative,
    that is the minimum before. There the filters have the opposite sign, and `sign` is -1.
    """

    sign: Float32Array
    bias: Float32Array
    scale: Float32Array
    shift: Float32Array

    def apply(self, x: Float32Array) -> None:
        """Replace a layer's outputs (…, filters) by their activations, in place: large new arrays cost page faults."""
        x *= self.sign
        x += self.bias
        np.maximum(x, 0, out=x)
        x *= self.scale
        x += self.shift


@dataclass(frozen=True, eq=False)
class Weights:
    """The network's weights, prepared; filters are padded with zeros to groups of sixteen or to 64 columns."""

    scale: Float32Array
    shift: Float32Array
    """Batch normalization of the patch."""
    large: tuple[tuple[convolution.Filters, int], ...]
    """Filters of the two large branches, and their positions along mel."""
    long: convolution.Filters
    """Filters of the three long branches."""
    first: Activation
    """Of all branches, side by side."""
    over_time: tuple[tuple[Float32Array, Activation], ...]
    """Matrices (7 · channels, 64) of the convolutions over time, as tables."""
    hidden: tuple[Float32Array, ...]
    """Matrices (maxima and means over time of all channels, 64) of the embedding, side by side, as tables."""
    embedding: Activation
    tags: Float32Array
    """Matrix (256, 64) from the embedding to the tags, as a table."""
    tags_bias: Float32Array


@cache
def weights() -> Weights:
    """Return the weights of the packaged file."""
    data = (importlib.resources.files("moodcurve.features.tags") / "tags1.onnx").read_bytes()
    return prepare(read_constants(data))


def prepare(constants: dict[str, Float32Array]) -> Weights:
    """Prepare weights from the constants of the graph that `moodcurve.learn.tag_network` writes."""
    blocks = [_activation(constants, (layer,), signed=True) for layer in _LARGE]
    blocks.append(_activation(constants, _LONG, signed=True))
    large = []
    for layer, activation in zip(_LARGE, blocks, strict=False):
        kernel = _pad(constants[f"{layer}/kernel"][:, 0].transpose(1, 2, 0)) * activation.sign
        large.append((convolution.prepare(kernel), POINTS + 1 - kernel.shape[1]))
    long = _long_kernel(constants) * blocks[-1].sign
    first = Activation(
        *(np.concatenate([getattr(b, name) for b in blocks]) for name in ("sign", "bias", "scale", "shift"))
    )
    channels = _channels(constants, [len(block.bias) for block in blocks])
    hidden, embedding = _dense(constants, np.concatenate([channels, len(first.bias) + np.arange(3 * COLUMNS)]))
    tags = np.zeros((len(embedding.bias), COLUMNS))
    tags[:EMBEDDING, : len(TAGS)] = constants["dense_1/kernel"]
    return Weights(
        scale=constants["batch_normalization/scale"],
        shift=constants["batch_normalization/shift"],
        large=tuple(large),
        long=convolution.prepare(long.reshape(-1, convolution.PART, long.shape[1])),
        first=first,
        over_time=tuple(_over_time(constants, layer, channels, len(first.bias)) for layer in _OVER_TIME),
        hidden=hidden,
        embedding=embedding,
        tags=_table(tags),
        tags_bias=constants["dense_1/bias"],
    )


def _activation(constants: dict[str, Float32Array], layers: tuple[str, ...], *, signed: bool = False) -> Activation:
    """Return the activation of layers side by side, padded; the padding's is 0."""
    bias, scale, shift = (
        _pad(np.concatenate([constants[name].reshape(-1) for name in names]))
        for names in (
            [f"{layer}/bias" for layer in layers],
            [f"{_normalization(layer)}/scale" for layer in layers],
            [f"{_normalization(layer)}/shift" for layer in layers],
        )
    )
    sign = np.where(scale < 0, -1, 1) if signed else np.ones(len(scale))
    return Activation(sign.astype(np.float32), bias, scale, shift)


def _normalization(layer: str) -> str:
    """Return the batch normalization after a convolution: ``conv2d`` has the first after the patch's own."""
    return f"batch_normalization_{int(layer.partition('_')[2] or 0) + 1}"


def _long_kernel(constants: dict[str, Float32Array]) -> Float32Array:
    """Return the filters of the long branches (128, n), the shorter ones in the middle, as SAME padding has them."""
    filters = []
    for layer in _LONG:
        kernel = constants[f"{layer}/kernel"][:, 0, :, 0].T
        taps = len(kernel)
        start = (convolution.LONG_TAPS - 1) // 2 - (taps - 1) // 2
        filters.append(np.pad(kernel, ((start, convolution.LONG_TAPS - start - taps), (0, 0))))
    return _pad(np.concatenate(filters, axis=1))


def _channels(constants: dict[str, Float32Array], widths: list[int]) -> npt.NDArray[np.int64]:
    """Return the position of each of the 561 channels of the branches among the padded ones."""
    sizes = [len(constants[f"{layer}/bias"]) for layer in _LARGE]
    sizes.append(sum(len(constants[f"{layer}/bias"]) for layer in _LONG))
    starts = np.cumsum([0, *widths[:-1]])
    return np.concatenate([start + np.arange(size) for start, size in zip(starts, sizes, strict=True)])


def _over_time(
    constants: dict[str, Float32Array], layer: str, channels: npt.NDArray[np.int64], width: int
) -> tuple[Float32Array, Activation]:
    kernel = constants[f"{layer}/kernel"].transpose(2, 1, 0)  # (time, channels, filters)
    if layer == _OVER_TIME[0]:
        padded = np.zeros((len(kernel), width, COLUMNS), np.float32)
        padded[:, channels] = kernel
        kernel = padded
    return _table(kernel.reshape(-1, COLUMNS)), _activation(constants, (layer,))


def _dense(
    constants: dict[str, Float32Array], channels: npt.NDArray[np.int64]
) -> tuple[tuple[Float32Array, ...], Activation]:
    """Return matrices and activation of the embedding; batch normalization before it becomes part of the matrix.

    The graph has maximum and mean of each channel in turn; the matrices have all maxima first.
    """
    kernel = constants["dense/kernel"].astype(np.float64)
    scaled = kernel * constants["batch_normalization_9/scale"][:, None]
    width = channels[-1] + 1
    matrix = np.zeros((2 * width, -(-EMBEDDING // COLUMNS) * COLUMNS))
    matrix[channels, :EMBEDDING] = scaled[::2]
    matrix[width + channels, :EMBEDDING] = scaled[1::2]
    bias, scale, shift = (np.zeros(matrix.shape[1], np.float32) for _ in range(3))
    bias[:EMBEDDING] = constants["dense/bias"] + constants["batch_normalization_9/shift"] @ kernel
    scale[:EMBEDDING] = constants["batch_normalization_10/scale"]
    shift[:EMBEDDING] = constants["batch_normalization_10/shift"]
    tables = tuple(_table(matrix[:, i : i + COLUMNS]) for i in range(0, matrix.shape[1], COLUMNS))
    return tables, Activation(np.ones_like(bias), bias, scale, shift)


def _pad(x: Float32Array) -> Float32Array:
    """Pad the last axis with zeros to a multiple of sixteen."""
    return np.pad(x, [(0, 0)] * (x.ndim - 1) + [(0, -x.shape[-1] % LANES)])


def _table(matrix: Float32Array | FloatArray) -> Float32Array:
    """Return a matrix (n, 64) as a table (4 n, 16)."""
    table: Float32Array = aligned_table(matrix.size // LANES)
    table[:] = matrix.reshape(table.shape)
    return table
