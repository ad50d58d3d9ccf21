"""Run the tag network on patches: from log mel spectra to the embedding, the tags and the layers.

The weights are those of ``tags1.onnx``, which ONNX Runtime can run too. The kernels give the same numbers up to
rounding, in less than a third of the time.
"""

import numpy as np

from moodcurve._typing import Float32Array
from moodcurve.features.jit.simd import LANES, aligned_table
from moodcurve.features.tags import convolution, products
from moodcurve.features.tags.names import EMBEDDING, TAGS
from moodcurve.features.tags.transform import BINS
from moodcurve.features.tags.weights import Activation, weights

FRAMES, BANDS = 187, 96
"""Frames and mel bands of a patch."""
_PADDING = convolution.TAPS // 2
"""Zero frames before and after a patch."""
_LARGEST_LOGIT = 80.0
"""Beyond it a tag is 0 or 1 in single precision."""


class TagNetwork:
    """The network with its work tables; threads need one each.

    Examples
    --------
    >>> network = TagNetwork()
    >>> network.run(np.zeros((187, 96), np.float32)).shape       # embedding, tags and layers
    (442,)
    """

    def __init__(self) -> None:
        self._weights = weights()
        self._work = convolution.work()
        self._mel = np.zeros((BINS, convolution.FRAMES + 2 * _PADDING, 2), np.float32)
        self._time = np.zeros((BINS, BANDS * convolution.SPECTRA, 2), np.float32)
        filters = [filters for filters, _ in self._weights.large] + [self._weights.long]
        self._branches = [np.empty((convolution.FRAMES, LANES * len(f.parts)), np.float32) for f in filters]
        rows = convolution.FRAMES + 2 * _PADDING
        self._joined = np.zeros((rows, len(self._weights.first.bias)), np.float32)
        self._previous = np.zeros((rows, products.COLUMNS), np.float32)
        self._table = aligned_table(convolution.FRAMES * products.COLUMNS // LANES)

    def run(self, patch: Float32Array) -> Float32Array:
        """Return the columns (442,) of a patch (187, 96) of log10(1 + 10⁴ mel power).

        They are the embedding, the tags, and the means over time of the three convolutions over time. For mood these
        means tell more than the embedding, which was made for the tags.
        """
        found = self._weights
        layers = [self._first(patch)]
        for matrix, activation in found.over_time:
            layers.append(self._over_time(matrix, activation, layers))
        means = [layer.mean(axis=0) for layer in layers]
        pooled = [layer.max(axis=0) for layer in layers] + means
        embedding = np.concatenate([self._dense(np.concatenate(pooled), matrix) for matrix in found.hidden])
        found.embedding.apply(embedding)
        logits = self._dense(embedding, found.tags)[: len(TAGS)] + found.tags_bias
        tags = 1 / (1 + np.exp(-np.clip(logits, -_LARGEST_LOGIT, _LARGEST_LOGIT)))
        return np.concatenate([embedding[:EMBEDDING], tags, *means[1:]])

    def _first(self, patch: Float32Array) -> Float32Array:
        """Compute the branches' channels (187, channels), valid until the next call."""
        found = self._weights
        x = patch * found.scale + found.shift
        convolution.mel_spectra(x, self._mel)
        convolution.time_spectra(x, self._time)
        for (filters, positions), out in zip(found.large, self._branches, strict=False):
            convolution.largest_over_mel(self._mel, filters, self._work, positions, out)
        convolution.largest_over_bands(self._time, found.long, self._work, self._branches[-1])
        channels = self._joined[_PADDING : _PADDING + FRAMES]
        np.concatenate([out[:FRAMES] for out in self._branches], axis=1, out=channels)
        found.first.apply(channels)
        return channels

    def _over_time(self, matrix: Float32Array, activation: Activation, layers: list[Float32Array]) -> Float32Array:
        """Compute a convolution over time of the last layer (187, 64); from the second on, that layer is added."""
        padded = self._joined
        if len(layers) > 1:
            padded = self._previous
            padded[_PADDING : _PADDING + FRAMES] = layers[-1]
        rows = FRAMES + -FRAMES % products.ROWS
        y = self._product(padded.reshape(-1), padded.shape[1], matrix, rows)[:FRAMES].copy()
        activation.apply(y)
        return y if len(layers) == 1 else y + layers[-1]

    def _dense(self, x: Float32Array, matrix: Float32Array) -> Float32Array:
        """Return x times a matrix, (64,)."""
        out: Float32Array = self._product(x, 0, matrix, products.ROWS)[0].copy()
        return out

    def _product(self, x: Float32Array, stride: int, matrix: Float32Array, rows: int) -> Float32Array:
        """Return rows of x, `stride` apart, times a matrix: (rows, 64), valid until the next call."""
        table = self._table[: rows * products.COLUMNS // LANES]
        table.fill(-np.inf)
        products.raise_to_products(x, stride, matrix, table)
        out: Float32Array = table.reshape(rows, products.COLUMNS)
        return out
