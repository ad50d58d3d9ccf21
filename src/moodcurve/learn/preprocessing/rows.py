"""Select, free of the recording's level, and standardize the columns that the Gaussian-process model reads."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from moodcurve._typing import FloatArray
from moodcurve.datasets import Song
from moodcurve.features import Features, FeatureSet
from moodcurve.features.feature_sets import LLD_NAMES, window_columns
from moodcurve.features.tags.names import TAGS1
from moodcurve.learn.config import check
from moodcurve.learn.onnx_graph import Graph
from moodcurve.learn.preprocessing.loudness import LevelNormalization, fit_level_normalization
from moodcurve.learn.preprocessing.steps import Clip, ColumnSelection, Scaling, fit_standardization
from moodcurve.runtime.silence import RMS_MEAN, RMS_STD

ROW_CLIP = 8.0
"""Limit of the standardized columns of a row: wide, since means and standard deviations are limited again."""
_COMPARE = frozenset(window_columns(LLD_NAMES))
_LAYERS = "tag_layer["


@dataclass(frozen=True, eq=False, kw_only=True)
class Rows:
    """What the model reads of a recording's rows.

    Attributes
    ----------
    columns : tuple of int
        Positions of the columns it uses, block by block.
    blocks : tuple of int
        Number of columns of each block; the first is that of compare236.
    loudness : LevelNormalization
        Of the used columns.
    scaling : Scaling
        Standardizes them.
    """

    columns: tuple[int, ...]
    blocks: tuple[int, ...]
    loudness: LevelNormalization
    scaling: Scaling

    def apply(self, x: npt.NDArray[np.floating]) -> tuple[FloatArray, FloatArray]:
        """Return the standardized columns (n, used) of one recording's rows, and which rows sound, (n, 1)."""
        used = ColumnSelection(self.columns).apply(x.astype(np.float64))
        z = Clip(ROW_CLIP).apply(self.scaling.apply(self.loudness.apply(used)))
        return z, self.loudness.sounding(used)

    def build(self, graph: Graph) -> tuple[str, str]:
        """Add `apply` to a graph and return the names of both outputs."""
        used = ColumnSelection(self.columns).build(graph, graph.x)
        z = Clip(ROW_CLIP).build(graph, self.scaling.build(graph, self.loudness.build(graph, used)))
        return z, self.loudness.build_sounding(graph, used)

    @property
    def described(self) -> tuple[int, ...]:
        """Positions of a passage's statistics among the means, then standard deviations, of the used columns.

        Of the first block both are used; of the others the means, whose descriptors cover several seconds themselves.
        """
        width, first = len(self.columns), self.blocks[0]
        return (*range(first), *range(width, width + first), *range(first, width))

    @property
    def passage_blocks(self) -> tuple[int, ...]:
        """Number of statistics of each block."""
        return (2 * self.blocks[0], *self.blocks[1:])


def fit_rows(songs: Sequence[Song]) -> Rows:
    """Fit the steps to the rated rows of songs, and all rows of those that only have a quadrant.

    Raises
    ------
    TrainingError
        If there is no song, or the features lack the columns of the RMS energy.
    """
    check(len(songs) > 0, "songs", "at least one song", 0)
    names = songs[0].full_features.feature_set.names
    check(
        {RMS_MEAN, RMS_STD} <= set(names), "features", f"a set with the column {RMS_MEAN}, such as compare236", "others"
    )
    blocks = [
        [i for i, name in enumerate(names) if name in _COMPARE],
        [i for i, name in enumerate(names) if name.startswith(_LAYERS)],
        [i for i, name in enumerate(names) if name not in _COMPARE and name not in set(TAGS1)],
    ]
    blocks = [block for block in blocks if block]
    columns = tuple(i for block in blocks for i in block)
    x = [
        (song.x if song.is_rated else song.full_features.values)[:, list(columns)].astype(np.float64) for song in songs
    ]
    loudness = fit_level_normalization([names[i] for i in columns], np.vstack(x))
    scaling = fit_standardization(np.vstack([loudness.apply(one) for one in x]))
    return Rows(columns=columns, blocks=tuple(map(len, blocks)), loudness=loudness, scaling=scaling)


def song_of_rows(song: Song, rows: FloatArray) -> Song:
    """Return a song with other rows (n, columns) of its recording as its features, and without altered versions."""
    values = rows.astype(np.float32)
    feature_set = FeatureSet("rows", "1", tuple(f"row[{i}]" for i in range(values.shape[1])))
    full = Features(values, song.full_features.times_s, feature_set)
    features = Features(values[song.rated], song.features.times_s, feature_set)
    return replace(song, features=features, recording=full, versions=())
