"""Study the coverage of 90 % intervals on songs and artists outside training and calibration, also by genre."""

from collections.abc import Sequence

import numpy as np

from moodcurve._typing import FloatArray
from moodcurve.curve import AXES
from moodcurve.datasets import Song
from moodcurve.datasets.selection import songs_by_genre
from moodcurve.datasets.splits import Indices, k_fold
from moodcurve.learn.benchmarks.baselines import predict_training_means
from moodcurve.learn.benchmarks.results import DRAWS
from moodcurve.learn.models.base import TrainingProgress, predict_rated
from moodcurve.learn.studies.folds import FOLDS, StudySource, artist_folds, predictions
from moodcurve.learn.studies.study import Arm, StudyResult
from moodcurve.learn.training import find_family
from moodcurve.learn.uncertainty.calibration import calibrate_intervals
from moodcurve.metrics.bootstrap import draw_counts
from moodcurve.runtime.intervals import Intervals

INNER_FOLDS = 4
"""Folds of a fold's training songs, to calibrate on."""
MIN_SONGS = 30
"""Smallest genre."""
FAMILIES = ("blend", "state-space-live")
"""Families of the packaged models, with their default settings."""
BASELINE = "mean of the training labels"
COVERAGE_METRICS = ("coverage", "width", "coverage_song", "width_song")


def study_intervals(source: StudySource, *, seed: int, progress: TrainingProgress) -> StudyResult:
    """Calibrate within each fold's training songs, and measure coverage on the fold's songs."""
    dataset = source.read()
    songs = dataset.songs
    all_songs = np.arange(len(songs))
    arms = []
    for number, name in enumerate((*FAMILIES, None)):
        progress(number, len(FAMILIES) + 1, name or BASELINE)
        metrics = nested_interval_metrics(songs, name, seed=seed)
        arms.append(_average("all songs", name or BASELINE, metrics, all_songs, seed))
        if name == FAMILIES[0]:
            arms += [
                _average(f"{tag} ({len(chosen)} songs)", name, metrics, chosen, seed)
                for tag, chosen in songs_by_genre(songs, min_songs=MIN_SONGS).items()
            ]
    return StudyResult(
        name="intervals",
        title="Coverage of intervals",
        how=(
            f"Nested: in each of {FOLDS} folds, split by artist, intervals are calibrated by cross-validation with "
            f"{INNER_FOLDS} folds of the other folds' songs alone, and tested on the fold. The level is 90 %; metrics "
            "are means over songs.",
            "The mean of the training labels, with intervals calibrated in the same way, uses no features: compare "
            "widths with it. All intervals are equally wide, except where the scale's ends cut them.",
            f"A song counts for each of its genre tags. Tags of fewer than {MIN_SONGS} songs are left out.",
        ),
        dataset=dataset,
        songs=len(songs),
        seed=seed,
        arms=tuple(arms),
    )


def nested_interval_metrics(songs: Sequence[Song], name: str | None, *, seed: int) -> FloatArray:
    """Compute each song's `COVERAGE_METRICS`, (songs, 4, 2) by metric and axis, of a family or of `BASELINE` (None)."""
    metrics = np.empty((len(songs), len(COVERAGE_METRICS), len(AXES)))
    for train, test in artist_folds(songs, seed):
        part = [songs[i] for i in train]
        inner = k_fold(part, INNER_FOLDS, seed, by="artist")
        inner_predictions = predictions(part, inner, name, seed=seed) if name else predict_training_means(part, inner)
        intervals = calibrate_intervals([song.y for song in part], inner_predictions)
        if name:
            fitted = find_family(name).train(part, find_family(name).config(), seed=seed)
            predicted = [np.clip(predict_rated(fitted, songs[i]), -1, 1) for i in test]
        else:
            mean = np.vstack([song.y for song in part]).mean(axis=0)
            predicted = [np.tile(mean, (len(songs[i].y), 1)) for i in test]
        for i, curve in zip(test, predicted, strict=True):
            metrics[i] = interval_metrics(songs[i].y, curve, intervals)
    return metrics


def interval_metrics(y: FloatArray, predicted: FloatArray, intervals: Intervals) -> FloatArray:
    """Compute one song's `COVERAGE_METRICS`, (4, 2): coverage and mean width of its points, then of its mean."""
    points, whole = intervals.of_points(predicted, None), intervals.of_song(predicted, None)
    mean = y.mean(axis=0)
    return np.array(
        [
            ((y >= points[..., 0]) & (y <= points[..., 1])).mean(axis=0),
            (points[..., 1] - points[..., 0]).mean(axis=0),
            (mean >= whole[:, 0]) & (mean <= whole[:, 1]),
            whole[:, 1] - whole[:, 0],
        ]
    )


def _average(what: str, name: str, metrics: FloatArray, chosen: Indices, seed: int) -> Arm:
    """Average the metrics of the chosen songs, and of bootstrap draws of them."""
    weights = draw_counts(len(chosen), DRAWS, seed)
    means = np.einsum("ds,sfa->fad", weights, metrics[chosen]) / len(chosen)
    drawn = {
        axis: {metric: means[row, column] for row, metric in enumerate(COVERAGE_METRICS)}
        for column, axis in enumerate(AXES)
    }
    return Arm(what=what, family=name, drawn=drawn)
