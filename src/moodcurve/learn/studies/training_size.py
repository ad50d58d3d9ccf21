"""What more songs to learn from would bring."""

from collections.abc import Sequence

import numpy as np

from moodcurve.datasets.splits import Split
from moodcurve.learn.models.base import TrainingProgress
from moodcurve.learn.studies.folds import FAMILIES, FOLDS, Source, artist_folds, predictions
from moodcurve.learn.studies.study import Study, arm

SIZES = (50, 100, 200, 400)
"""Training songs; after them comes all of a fold's."""
REPEATS = 3
"""Draws of songs of each size."""


def study_songs(source: Source, *, seed: int, progress: TrainingProgress) -> Study:
    """Learn from ever more songs, and test on the same ones."""
    dataset = source.read()
    splits = artist_folds(dataset.songs, seed)
    everything = min(len(train) for train, _ in splits)
    sizes = [size for size in SIZES if size < everything]
    arms, pairs = [], []
    for name in FAMILIES:
        of_family = []
        for number, size in enumerate((*sizes, None)):
            progress(number, len(sizes) + 1, f"{name}, {size or 'all'} songs")
            drawn = [splits] if size is None else [fewer(splits, size, seed + repeat) for repeat in range(REPEATS)]
            repeats = [predictions(dataset.songs, part, name, seed=seed) for part in drawn]
            what = f"all ({everything}) songs" if size is None else f"{size} songs"
            of_family.append(arm(what, name, dataset.songs, repeats, seed=seed))
        arms += of_family
        pairs += list(zip(of_family[1:], of_family, strict=False))
    return Study(
        name="songs",
        title="Number of songs",
        how=(
            f"{FOLDS} folds, artists disjoint; of each fold's training songs so many are drawn, {REPEATS} times, "
            "larger draws holding the smaller ones, and figures are means over the draws. Each song is tested in "
            "every draw.",
            "Intervals are over tested songs; what the draw of training songs does to the figures is averaged, not in "
            "the interval.",
        ),
        dataset=dataset,
        songs=len(dataset.songs),
        seed=seed,
        arms=tuple(arms),
        pairs=tuple(pairs),
    )


def fewer(splits: Sequence[Split], size: int, seed: int) -> list[Split]:
    """Keep so many songs of each split's training part: the first of a random order, so larger parts hold smaller."""
    kept = []
    for number, (train, test) in enumerate(splits):
        order = np.random.default_rng([seed, number]).permutation(len(train))
        kept.append((np.sort(train[order[:size]]), test))
    return kept
