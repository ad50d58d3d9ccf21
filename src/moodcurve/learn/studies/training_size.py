"""Study the number of training songs."""

from collections.abc import Sequence

import numpy as np

from moodcurve.datasets.splits import Split
from moodcurve.learn.models.base import TrainingProgress
from moodcurve.learn.studies.folds import FAMILIES, FOLDS, StudySource, artist_folds, predictions
from moodcurve.learn.studies.study import StudyResult, score_arm

SIZES = (50, 100, 200, 400)
"""Numbers of training songs; all songs of a fold follow."""
REPEATS = 3
"""Draws of songs for each size."""


def study_training_size(source: StudySource, *, seed: int, progress: TrainingProgress) -> StudyResult:
    """Train on increasing numbers of songs, and test on the same ones."""
    dataset = source.read()
    splits = artist_folds(dataset.songs, seed)
    everything = min(len(train) for train, _ in splits)
    sizes = [size for size in SIZES if size < everything]
    arms, pairs = [], []
    for name in FAMILIES:
        of_family = []
        for number, size in enumerate((*sizes, None)):
            progress(number, len(sizes) + 1, f"{name}, {size or 'all'} songs")
            drawn = [splits] if size is None else [draw_training_songs(splits, size, seed + i) for i in range(REPEATS)]
            repeats = [predictions(dataset.songs, part, name, seed=seed) for part in drawn]
            what = f"all {everything} songs" if size is None else f"{size} songs"
            of_family.append(score_arm(what, name, dataset.songs, repeats, seed=seed))
        arms += of_family
        pairs += list(zip(of_family[1:], of_family, strict=False))
    return StudyResult(
        name="songs",
        title="Number of training songs",
        how=(
            f"{FOLDS} folds, split by artist. Training songs are drawn from each fold {REPEATS} times; larger draws "
            "contain the smaller ones. Metrics are means over the draws. Each song is tested in every draw.",
            "Intervals are over test songs. They do not include the effect of the draw of training songs, which is "
            "averaged.",
        ),
        dataset=dataset,
        songs=len(dataset.songs),
        seed=seed,
        arms=tuple(arms),
        pairs=tuple(pairs),
    )


def draw_training_songs(splits: Sequence[Split], size: int, seed: int) -> list[Split]:
    """Reduce each split to `size` training songs: the first of a random order, so larger draws contain smaller ones."""
    reduced = []
    for number, (train, test) in enumerate(splits):
        order = np.random.default_rng([seed, number]).permutation(len(train))
        reduced.append((np.sort(train[order[:size]]), test))
    return reduced
