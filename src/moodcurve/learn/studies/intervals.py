"""How well 90 % intervals hold on songs and artists that neither model nor intervals have learned from, by genre."""

from collections.abc import Mapping, Sequence

import numpy as np

from moodcurve._typing import FloatArray
from moodcurve.datasets import Song
from moodcurve.datasets.splits import Indices, k_fold
from moodcurve.evaluation import AXES
from moodcurve.learn.benchmarks.baselines import training_means
from moodcurve.learn.benchmarks.benchmark import DRAWS
from moodcurve.learn.models.base import Progress, predict_rated
from moodcurve.learn.studies.folds import FOLDS, Source, artist_folds, predictions
from moodcurve.learn.studies.study import Arm, Study
from moodcurve.learn.training import family
from moodcurve.learn.uncertainty.calibration import calibrate
from moodcurve.metrics.bootstrap import draw_counts
from moodcurve.runtime.intervals import Intervals

INNER_FOLDS = 4
"""Of a fold's training songs, to calibrate on."""
FEWEST = 30
"""Songs that a genre must have."""
FAMILIES = ("blend", "state-space-live")
"""Those of the packaged models, with the families' default settings."""
FIGURES = ("coverage", "width", "coverage_song", "width_song")


def study_intervals(source: Source, *, seed: int, progress: Progress) -> Study:
    """Calibrate within each fold's training songs, and count on the fold's own what the intervals hold."""
    dataset = source.read()
    songs = dataset.songs
    everyone = np.arange(len(songs))
    arms = []
    for number, name in enumerate((*FAMILIES, "")):
        progress(number, len(FAMILIES) + 1, name or "mean of the training labels")
        held = nested(songs, name, seed=seed)
        arms.append(_arm("all songs", name or "mean of the training labels", held, everyone, seed))
        if name == FAMILIES[0]:
            arms += [
                _arm(f"{tag} ({len(chosen)} songs)", name, held, chosen, seed) for tag, chosen in tags(songs).items()
            ]
    return Study(
        name="intervals",
        title="How well intervals hold",
        how=(
            f"Strictly nested: in each of {FOLDS} folds, artists disjoint, intervals come from a cross-validation in "
            f"{INNER_FOLDS} folds of the other folds' songs alone, and are judged on the fold's own. The level is "
            "90 %; figures are means over songs.",
            "The mean of the training labels, with intervals calibrated the same way, is what is known without "
            "hearing: the width to compare with. All intervals are equally wide, but where the scale's ends cut them.",
            f"A song counts under each of its genre's tags; tags of fewer than {FEWEST} songs are left out.",
        ),
        dataset=dataset,
        songs=len(songs),
        seed=seed,
        arms=tuple(arms),
    )


def nested(songs: Sequence[Song], name: str, *, seed: int) -> FloatArray:
    """Give each song's `FIGURES`, (songs, 4, 2) by figure and axis; without a name, of the mean of training labels."""
    found = np.empty((len(songs), len(FIGURES), len(AXES)))
    for train, test in artist_folds(songs, seed):
        part = [songs[i] for i in train]
        inner = k_fold(part, INNER_FOLDS, seed, by="artist")
        answers = predictions(part, inner, name, seed=seed) if name else training_means(part, inner)
        intervals = calibrate([song.y for song in part], answers)
        if name:
            fitted = family(name).fitted(part, family(name).config(), seed=seed)
            of_test = [np.clip(predict_rated(fitted, songs[i]), -1, 1) for i in test]
        else:
            mean = np.vstack([song.y for song in part]).mean(axis=0)
            of_test = [np.tile(mean, (len(songs[i].y), 1)) for i in test]
        for i, answer in zip(test, of_test, strict=True):
            found[i] = song_figures(songs[i].y, answer, intervals)
    return found


def song_figures(y: FloatArray, answer: FloatArray, intervals: Intervals) -> FloatArray:
    """Give one song's `FIGURES`, (4, 2): share of points held, mean width, whether the mean is held, its width."""
    points, whole = intervals.of_points(answer, None), intervals.of_song(answer, None)
    mean = y.mean(axis=0)
    return np.array(
        [
            ((y >= points[..., 0]) & (y <= points[..., 1])).mean(axis=0),
            (points[..., 1] - points[..., 0]).mean(axis=0),
            (mean >= whole[:, 0]) & (mean <= whole[:, 1]),
            whole[:, 1] - whole[:, 0],
        ]
    )


def tags(songs: Sequence[Song]) -> Mapping[str, Indices]:
    """Give the songs of each genre's tag that has `FEWEST` or more, by the tag; a hyphen or comma parts tags."""
    members: dict[str, list[int]] = {}
    for i, song in enumerate(songs):
        for tag in {part.strip() for part in song.genre.replace(",", "-").split("-")} - {""}:
            members.setdefault(tag, []).append(i)
    return {tag: np.array(chosen) for tag, chosen in sorted(members.items()) if len(chosen) >= FEWEST}


def _arm(what: str, name: str, held: FloatArray, chosen: Indices, seed: int) -> Arm:
    """Average over the chosen songs, and over draws of them."""
    weights = draw_counts(len(chosen), DRAWS, seed)
    means = np.einsum("ds,sfa->fad", weights, held[chosen]) / len(chosen)
    drawn = {
        axis: {figure: means[row, column] for row, figure in enumerate(FIGURES)} for column, axis in enumerate(AXES)
    }
    return Arm(what=what, family=name, drawn=drawn)
