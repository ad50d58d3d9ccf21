"""What is usual among training songs, so that a recording unlike them can be told.

A passage of some seconds is what its columns are on average, drawn in and standardised as for the models. These
means vary together: where two columns always rise together, one without the other is unusual though neither is
extreme. A place is the rows' columns turned into principal components of the passages' means and divided by the
spread along each, so that the squared distance of a passage's mean place from 0 is Mahalanobis's, divided by the
number of coordinates.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from moodcurve._typing import FloatArray
from moodcurve.datasets import Song
from moodcurve.datasets.splits import k_fold
from moodcurve.learn.config import check
from moodcurve.learn.onnx_graph import Graph
from moodcurve.learn.preprocessing.pipeline import Preprocessing, PreprocessingConfig, fit_preprocessing, stacked
from moodcurve.learn.preprocessing.steps import Projection, standardising
from moodcurve.learn.uncertainty.calibration import song_quantile
from moodcurve.runtime.novelty import PASSAGE_ROWS, NoveltyAccumulator, NoveltyLimits, passage_means

USUAL = 0.99
"""Share of the training songs within each of the two limits."""
LEAST_SONGS = round(1 / (1 - USUAL)) - 1
"""With fewer songs, 99, one song more is too many outside."""
NOISE = 0.003
"""Added to the variance along each component, of a mean of 1: directions in which songs hardly differ would
otherwise count for anything."""
FOLDS = 5


@dataclass(frozen=True, eq=False)
class Places:
    """Where rows lie among the training songs.

    Attributes
    ----------
    preprocessing : Preprocessing
    projection : Projection
        Of preprocessed columns to coordinates.
    """

    preprocessing: Preprocessing
    projection: Projection

    @property
    def size(self) -> int:
        """How many coordinates there are."""
        return int(self.projection.rotation.shape[1])

    def apply(self, x: npt.NDArray[np.floating]) -> FloatArray:
        """Place rows (n, columns); gives (n, size)."""
        return self.projection.apply(self.preprocessing.apply(x))

    def build(self, graph: Graph) -> str:
        """Add the same arithmetic to a graph; gives the name of the result."""
        return self.projection.build(graph, self.preprocessing.build(graph))


@dataclass(frozen=True, eq=False)
class Familiarity:
    """What a model file needs to tell unlike recordings: places, and what is usual of them."""

    places: Places
    limits: NoveltyLimits


def fit_familiarity(songs: Sequence[Song], *, seed: int = 0) -> Familiarity:
    """Place all songs, and set limits by songs that had no part in placing.

    The limits are conformal over songs: by cross-validation with no artist on both sides, each lies where at most
    a share 1 - `USUAL` of songs like these is expected beyond. The two together may flag twice that.

    Raises
    ------
    TrainingError, DatasetError
        If there are fewer than `LEAST_SONGS` songs that have a passage, or fewer artists than folds.
    """
    songs = [song for song in songs if len(song.full_features.values) >= PASSAGE_ROWS]
    check(len(songs) >= LEAST_SONGS, "songs", f"at least {LEAST_SONGS} songs of {PASSAGE_ROWS} rows", len(songs))
    distances, stillness = np.empty(len(songs)), np.empty(len(songs))
    for train, test in k_fold(songs, FOLDS, seed, by="artist"):
        places = fit_places([songs[i] for i in train])
        for i in test:
            seen = whereabouts(places, songs[i])
            distances[i], stillness[i] = seen.distance, -seen.variance
    limits = NoveltyLimits(
        distance=song_quantile(list(distances[:, None]), USUAL),
        variance=-song_quantile(list(stillness[:, None]), USUAL),
        usual=USUAL,
    )
    return Familiarity(fit_places(songs), limits)


def fit_places(songs: Sequence[Song]) -> Places:
    """Fit preprocessing to the songs' rated rows, and the coordinates to all their passages, one or more a song."""
    preprocessing = fit_preprocessing(stacked(songs)[0], PreprocessingConfig())
    means = np.vstack([passage_means(preprocessing.apply(song.full_features.values))[0] for song in songs])
    unit = standardising(means)
    z = unit.apply(means)
    variances, directions = np.linalg.eigh(z.T @ z / len(z))
    rotation = unit.scale[:, None] * directions / np.sqrt((np.maximum(variances, 0) + NOISE) * len(variances))
    # a model file holds single precision in half the room
    return Places(preprocessing, Projection(unit.offset, rotation.astype(np.float32).astype(np.float64)))


def whereabouts(places: Places, song: Song) -> NoveltyAccumulator:
    """Sum up the places of all rows heard of a song."""
    seen = NoveltyAccumulator.empty(places.size)
    seen.add(places.apply(song.full_features.values))
    return seen
