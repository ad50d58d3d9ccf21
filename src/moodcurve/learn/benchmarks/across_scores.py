"""Score the predicted means of a set's songs, which may have ratings, quadrants or both."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from moodcurve._typing import BoolArray, FloatArray, IntArray
from moodcurve.curve import AXES
from moodcurve.datasets import Song
from moodcurve.datasets.song import QUADRANT_RATINGS
from moodcurve.learn.benchmarks.partial_correlation import partial_r, pooled_correlations
from moodcurve.learn.benchmarks.results import DRAWS
from moodcurve.metrics.bootstrap import bootstrap, draw_counts, percentile_interval
from moodcurve.metrics.classification import macro_f1
from moodcurve.metrics.ranking import weighted_auc
from moodcurve.mood.circumplex import QUADRANTS, quadrant_indices

LEVEL = 0.95


@dataclass(frozen=True, eq=False, kw_only=True)
class SongTruth:
    """Labels of one set's songs.

    Attributes
    ----------
    values : (songs, 2)
        Mean rating, or the middle of the quadrant for a song that only has one.
    sides : (songs, 2)
        Whether the song lies on the high side of each axis: that of its quadrant, if it has one.
    compared : (songs,)
        Songs that r and CCC are computed from: the rated ones, or all if none is.
    quadrants : (songs,)
        Index of the song's quadrant in `moodcurve.mood.circumplex.QUADRANTS`; -1 if it has none.
    is_rated : bool
        Whether any song is rated.
    """

    values: FloatArray
    sides: BoolArray
    compared: BoolArray
    quadrants: IntArray
    is_rated: bool


def song_truth(songs: Sequence[Song]) -> SongTruth:
    """Return the labels of a set's songs."""
    values = np.array([song.rated_by_quadrant().y.mean(axis=0) for song in songs])
    centers = [
        QUADRANT_RATINGS.get(song.annotation.quadrant or "", mean) for song, mean in zip(songs, values, strict=True)
    ]
    quadrants = [song.annotation.quadrant for song in songs]
    is_rated = np.array([song.is_rated for song in songs])
    return SongTruth(
        values=values,
        sides=np.array(centers) >= 0,
        compared=is_rated if is_rated.any() else np.ones(len(songs), dtype=bool),
        quadrants=np.array([-1 if one is None else QUADRANTS.index(one) for one in quadrants]),
        is_rated=bool(is_rated.any()),
    )


def score_songs(truth: SongTruth, predicted: FloatArray, seed: int) -> dict[str, Any]:
    """Compute all metrics of the predicted means (songs, 2) of a set's songs; undefined ones are None."""
    y, p = truth.values[truth.compared], predicted[truth.compared]
    singles = [row[None] for row in y], [row[None] for row in p]
    weights = draw_counts(len(predicted), DRAWS, seed)
    result: dict[str, Any] = {}
    for i, axis in enumerate(AXES):
        scored = bootstrap(
            [row[:, i] for row in singles[0]], [row[:, i] for row in singles[1]], ["r", "ccc"], n=DRAWS, seed=seed
        )
        drawn = weighted_auc(truth.sides[:, i], predicted[:, i], weights)
        result[axis] = {
            "r": scored["r"].as_dict(),
            "ccc": scored["ccc"].as_dict() if truth.is_rated else {"value": None, "low": None, "high": None},
            "auc": percentile_interval(drawn, LEVEL).as_dict(),
        }
    r = pooled_correlations(*singles, draw_counts(len(y), DRAWS, seed))
    return result | {
        "f1": percentile_interval(_quadrant_f1(truth.quadrants, predicted, weights), LEVEL).as_dict(),
        "valence_given_arousal": _interval(partial_r(r[:, 1, 3], r[:, 0, 1], r[:, 0, 3])),
        "axes_r": _interval(r[:, 2, 3]),
        "label_axes_r": _interval(r[:, 0, 1]),
    }


def _quadrant_f1(truth: IntArray, predicted: FloatArray, weights: FloatArray) -> FloatArray:
    """Compute macro-F1 of the predicted quadrants, both axes split at 0, of the songs with a quadrant: (draws,)."""
    known = np.flatnonzero(truth >= 0)
    if not len(known):
        return np.array([np.nan])
    counts = np.zeros((len(known), len(QUADRANTS), len(QUADRANTS)))
    counts[np.arange(len(known)), truth[known], quadrant_indices(predicted[known])] = 1
    return macro_f1(np.einsum("ds,sij->dij", weights[:, known], counts))


def _interval(drawn: FloatArray) -> dict[str, float | None]:
    return percentile_interval(drawn, LEVEL).as_dict()
