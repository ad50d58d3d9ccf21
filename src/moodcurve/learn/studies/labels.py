"""What labels are worth: learned from one release of them, tested on either."""

from dataclasses import replace

import numpy as np

from moodcurve.datasets import DatasetError, Song
from moodcurve.learn.models.base import TrainingProgress
from moodcurve.learn.studies.folds import FAMILIES, FOLDS, Source, artist_folds, predictions
from moodcurve.learn.studies.study import Arm, Study, arm


def study_labels(source: Source, *, seed: int, progress: TrainingProgress) -> Study:
    """Learn from one release of labels of the same songs, and test on either."""
    dataset = source.read()
    other = source.read(labels="mediaeval2015")
    kinds = {"DEAM's labels": dataset, "2015's labels": other}
    ids = {song.song_id for song in dataset.songs} & {song.song_id for song in other.songs}
    if not ids:
        raise DatasetError(f"{source.folder}: no song has both DEAM's labels and those of 2015")
    both = {kind: tuple(song for song in data.songs if song.song_id in ids) for kind, data in kinds.items()}
    arms: dict[tuple[str, str, str], Arm] = {}
    for number, name in enumerate(FAMILIES):
        for trained, learned in both.items():
            for tested, songs in both.items():
                progress(number, len(FAMILIES), f"{name}, {trained}")
                splits = artist_folds(learned, seed)
                repeats = [predictions(learned, splits, name, seed=seed, tested=songs)]
                what = f"learned from {trained}, tested on {tested}"
                arms[name, trained, tested] = arm(what, name, songs, repeats, seed=seed)
    pairs = []
    for name in FAMILIES:
        for tested in kinds:
            own, foreign = sorted(kinds, key=lambda kind, tested=tested: kind != tested)  # type: ignore[misc]
            pairs.append((arms[name, foreign, tested], arms[name, own, tested]))
    return Study(
        name="labels",
        title="Labels of 2015 and DEAM's",
        how=(
            f"The {len(ids)} songs that have both; {FOLDS} folds, artists disjoint, the same for all.",
            *(_agreement(both, column, axis) for column, axis in enumerate(("arousal", "valence"))),
        ),
        dataset=replace(dataset, name=f"{dataset.name} and {other.name}"),
        songs=len(ids),
        seed=seed,
        arms=tuple(arms.values()),
        pairs=tuple(pairs),
    )


def _agreement(both: dict[str, tuple[Song, ...]], column: int, axis: str) -> str:
    """Say how the two releases' labels of one axis spread and go together."""
    one, other = both.values()
    means = np.array([[song.y[:, column].mean() for song in songs] for songs in (one, other)])
    spreads = [np.vstack([song.y for song in songs])[:, column].std() for songs in (one, other)]
    return (
        f"Labels of {axis} spread by {spreads[0]:.3f} (DEAM's) and {spreads[1]:.3f} (2015's); the songs' means of the "
        f"two correlate by {np.corrcoef(means)[0, 1]:.3f}."
    )
