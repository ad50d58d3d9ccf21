"""Describe the sound of a passage for a correction: by the model's embedding, and its features other than compare260's.

Harmony, rhythm and tags do not depend on the level of the recording, and neither does the embedding of the packaged
models. The columns of compare260 do: they count through the embedding alone.

What describes a row is averaged over the rows around it, because a few songs teach how songs differ, not how passages
do. Without the average, r within songs fell from .11 to .05 (arousal of DEAM's raters, 50 songs).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from moodcurve._typing import FloatArray
from moodcurve.features import COMPARE260
from moodcurve.learn.adaptation.outputs import SongOutputs
from moodcurve.learn.onnx_graph import Graph
from moodcurve.learn.preprocessing.context import ContextStatistics
from moodcurve.learn.preprocessing.steps import Clip, ColumnSelection, Scaling, fit_standardization

CLIP = 3.0
"""Limit of standardized columns: a few songs tell nothing about sound far from theirs."""


@dataclass(frozen=True, eq=False, kw_only=True)
class FeatureMap:
    """Map from a row to z, the weighted embedding and standardized columns; every kind of columns has the same weight.

    Attributes
    ----------
    embedding_weight : float
        0 if there is no embedding.
    columns : tuple of int
        Positions of the features that it uses; may be empty.
    scaling : Scaling
        Standardizes these.
    weights : (columns,)
    context : ContextStatistics
        Averages z.
    """

    embedding_weight: float
    columns: tuple[int, ...]
    scaling: Scaling
    weights: FloatArray
    context: ContextStatistics

    def apply(self, song: SongOutputs) -> FloatArray:
        """Describe the passages around the rated rows of a song, (n, size)."""
        return self._averaged(song, self._rows(song))

    def apply_weighted(self, song: SongOutputs, weights: FloatArray) -> FloatArray:
        """Return `apply` @ weights (size, 2), which is faster to average."""
        return self._averaged(song, self._rows(song) @ weights)

    def _rows(self, song: SongOutputs) -> FloatArray:
        used = ColumnSelection(self.columns).apply(song.song.full_features.values.astype(np.float64))
        columns = Clip(CLIP).apply(self.scaling.apply(used)) * self.weights
        return np.hstack([song.embedding * self.embedding_weight, columns]) if self.embedding_weight else columns

    def _averaged(self, song: SongOutputs, rows: FloatArray) -> FloatArray:
        return self.context.apply(rows)[song.song.rated, : rows.shape[1]]

    def build(self, graph: Graph, embedding: str | None, weights: FloatArray) -> str:
        """Add z @ weights (size, 2) to a graph, given the name of the embedding, and return the name of the result."""
        parts = []
        if embedding is not None and self.embedding_weight:
            parts.append(graph.add("Mul", embedding, graph.constant(np.float64(self.embedding_weight))))
        if self.columns:
            scaled = self.scaling.build(graph, ColumnSelection(self.columns).build(graph, graph.x))
            parts.append(graph.add("Mul", Clip(CLIP).build(graph, scaled), graph.constant(self.weights)))
        weighted = graph.add("MatMul", graph.add("Concat", *parts, axis=1), graph.constant(weights))
        averaged = self.context.build(graph, weighted, 2)
        return graph.add("Gather", averaged, graph.indices([0, 1]), axis=1)


def fit_feature_map(songs: Sequence[SongOutputs]) -> FeatureMap:
    """Fit the standardization to all rows of songs; their ratings are not used.

    z is empty if the model has no room for an average.
    """
    features, context_rows = songs[0].song.features.feature_set, songs[0].context_rows
    kinds = [
        [i for i, name in enumerate(features.names) if name in set(part.names)]
        for part in features.parts or (features,)
        if context_rows and not set(part.names) <= set(COMPARE260.names)
    ]
    columns = tuple(i for kind in kinds for i in kind)
    embedded = bool(context_rows and songs[0].embedding.shape[1])
    share = 1 / max(len(kinds) + embedded, 1)
    x = np.vstack([ColumnSelection(columns).apply(song.song.full_features.values.astype(np.float64)) for song in songs])
    return FeatureMap(
        embedding_weight=math.sqrt(share) * embedded,  # its mean square is 1 already
        columns=columns,
        scaling=fit_standardization(x),
        context=ContextStatistics(context_rows),
        weights=np.concatenate([np.empty(0), *(np.full(len(kind), math.sqrt(share / len(kind))) for kind in kinds)]),
    )
