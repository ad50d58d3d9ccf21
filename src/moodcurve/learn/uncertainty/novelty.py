"""Fit what detects recordings unlike the training songs.

A passage of some seconds is described by the means of its columns, compressed and standardized as for the models.
These means are correlated: if two columns always rise together, one without the other is unusual even if neither value
is extreme. The embedding of a row therefore holds its principal components, those of the passages' means, divided by
the standard deviation along each. The squared length of a passage's mean embedding is then its Mahalanobis distance
from the training songs, divided by the number of coordinates.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from moodcurve._typing import FloatArray
from moodcurve.datasets import Song
from moodcurve.datasets.splits import k_fold
from moodcurve.features import COMPARE236
from moodcurve.learn.config import check
from moodcurve.learn.onnx_graph import Graph
from moodcurve.learn.preprocessing.loudness import fit_level_normalization, level_exponent
from moodcurve.learn.preprocessing.pipeline import Preprocessing, PreprocessingConfig, fit_preprocessing, stack_songs
from moodcurve.learn.preprocessing.steps import ColumnSelection, Projection, Step, fit_standardization
from moodcurve.learn.uncertainty.calibration import song_quantile
from moodcurve.runtime.novelty import PASSAGE_ROWS, NoveltyAccumulator, NoveltyLimits, passage_means

USUAL = 0.99
"""Fraction of the training songs within each of the two limits."""
MIN_SONGS = round(1 / (1 - USUAL)) - 1
"""With fewer than 99 songs, no finite limit holds this fraction."""
NOISE = 0.003
"""Added to the variance along each component, whose mean is 1, so that directions in which songs hardly differ do not
dominate the distance."""
FOLDS = 5
CONFIG = PreprocessingConfig()
"""Steps before the embedding."""
Level = Literal["kept", "normalized", "left out"]
"""What an embedding does with the level of a recording, see `fit_novelty_detector`."""


@dataclass(frozen=True, eq=False)
class Embedding:
    """Map from features to coordinates in which training passages have mean 0 and equal variances.

    Attributes
    ----------
    preprocessing : Preprocessing
    projection : Projection
        From preprocessed columns to coordinates.
    """

    preprocessing: Preprocessing
    projection: Projection

    @property
    def size(self) -> int:
        """Number of coordinates."""
        return int(self.projection.rotation.shape[1])

    def apply(self, x: npt.NDArray[np.floating]) -> FloatArray:
        """Embed rows (n, columns) as (n, size)."""
        return self.projection.apply(self.preprocessing.apply(x))

    def build(self, graph: Graph) -> str:
        """Add the embedding to a graph and return the name of its output."""
        return self.projection.build(graph, self.preprocessing.build(graph))


@dataclass(frozen=True, eq=False)
class NoveltyDetector:
    """Embedding of rows, and the limits of what is usual among the training songs."""

    embedding: Embedding
    limits: NoveltyLimits


def fit_novelty_detector(songs: Sequence[Song], *, seed: int = 0, level: Level = "kept") -> NoveltyDetector:
    """Fit the embedding to all songs, and the limits by cross-validation.

    The limits are conformal over songs, each embedded by a fit without its artist. At most a fraction 1 - `USUAL` of
    similar songs is expected to exceed each limit, and at most twice that either of the two.

    Parameters
    ----------
    songs : sequence of Song
    seed : int
        Of the folds.
    level : str
        ``kept``: embed all columns as they are. ``normalized``: embed the columns of compare236 after freeing them of
        the recording's level, for models that read whole recordings. ``left out``: embed those of its columns that do
        not depend on the level, for models that read past rows only.

    Raises
    ------
    TrainingError
        If there are fewer than `MIN_SONGS` songs that have a passage.
    DatasetError
        If there are fewer artists than folds.
    """
    songs = [song for song in songs if len(song.full_features.values) >= PASSAGE_ROWS]
    check(len(songs) >= MIN_SONGS, "songs", f"at least {MIN_SONGS} songs of {PASSAGE_ROWS} rows", len(songs))
    distances, stillness = np.empty(len(songs)), np.empty(len(songs))
    for train, test in k_fold(songs, FOLDS, seed, by="artist"):
        embedding = fit_embedding([songs[i] for i in train], level=level)
        for i in test:
            sums = accumulate(embedding, songs[i])
            distances[i], stillness[i] = sums.distance, -sums.variance
    limits = NoveltyLimits(
        distance=song_quantile(list(distances[:, None]), USUAL),
        variance=-song_quantile(list(stillness[:, None]), USUAL),
        usual=USUAL,
    )
    return NoveltyDetector(fit_embedding(songs, level=level), limits)


def fit_embedding(songs: Sequence[Song], *, level: Level = "kept") -> Embedding:
    """Fit the preprocessing to the songs' rated rows, or all rows, and the coordinates to all of their passages."""
    if level == "kept":
        preprocessing = fit_preprocessing(stack_songs(songs)[0], CONFIG)
    else:
        preprocessing = _fit_level_free(songs, normalize=level == "normalized")
    means = np.vstack([passage_means(preprocessing.apply(song.full_features.values))[0] for song in songs])
    unit = fit_standardization(means)
    z = unit.apply(means)
    variances, directions = np.linalg.eigh(z.T @ z / len(z))
    rotation = unit.scale[:, None] * directions / np.sqrt((np.maximum(variances, 0) + NOISE) * len(variances))
    # a model file stores values that are exact in single precision in half the space
    return Embedding(preprocessing, Projection(unit.offset, rotation.astype(np.float32).astype(np.float64)))


def _fit_level_free(songs: Sequence[Song], *, normalize: bool) -> Preprocessing:
    """Fit steps that select the columns of compare236 and free them of the level before the others."""
    names = songs[0].full_features.feature_set.names
    columns = tuple(
        i for i, name in enumerate(names) if name in COMPARE236.names and (normalize or level_exponent(name) == 0)
    )
    first: tuple[Step, ...] = (ColumnSelection(columns),)
    values = [first[0].apply(song.full_features.values.astype(np.float64)) for song in songs]
    if normalize:
        loudness = fit_level_normalization([names[i] for i in columns], np.vstack(values))
        first, values = (*first, loudness), [loudness.apply(x) for x in values]
    rest = fit_preprocessing(np.vstack(values), CONFIG)
    return Preprocessing((*first, *rest.steps), rest.width)


def accumulate(embedding: Embedding, song: Song) -> NoveltyAccumulator:
    """Accumulate the embeddings of all rows of a song."""
    sums = NoveltyAccumulator.empty(embedding.size)
    sums.add(embedding.apply(song.full_features.values))
    return sums
