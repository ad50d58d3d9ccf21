"""Study the two label releases: train on one, test on either."""

from dataclasses import replace

import numpy as np

from moodcurve.datasets import DatasetError, Song
from moodcurve.learn.models.base import TrainingProgress
from moodcurve.learn.studies.folds import FAMILIES, FOLDS, StudySource, artist_folds, predictions
from moodcurve.learn.studies.study import Arm, StudyResult, score_arm


def study_labels(source: StudySource, *, seed: int, progress: TrainingProgress) -> StudyResult:
    """Train on one release of labels of the same songs, and test on either."""
    dataset = source.read()
    other = source.read(labels="mediaeval2015")
    kinds = {"DEAM labels": dataset, "2015 labels": other}
    ids = {song.song_id for song in dataset.songs} & {song.song_id for song in other.songs}
    if not ids:
        raise DatasetError(f"{source.folder}: no song has both DEAM's labels and those of 2015")
    both = {kind: tuple(song for song in data.songs if song.song_id in ids) for kind, data in kinds.items()}
    arms: dict[tuple[str, str, str], Arm] = {}
    for number, name in enumerate(FAMILIES):
        for trained, training_songs in both.items():
            for tested, songs in both.items():
                progress(number, len(FAMILIES), f"{name}, {trained}")
                splits = artist_folds(training_songs, seed)
                repeats = [predictions(training_songs, splits, name, seed=seed, tested=songs)]
                what = f"trained on {trained}, tested on {tested}"
                arms[name, trained, tested] = score_arm(what, name, songs, repeats, seed=seed)
    pairs = []
    for name in FAMILIES:
        for tested in kinds:
            same, foreign = sorted(kinds, key=lambda kind, tested=tested: kind != tested)  # type: ignore[misc]
            pairs.append((arms[name, foreign, tested], arms[name, same, tested]))
    return StudyResult(
        name="labels",
        title="Labels of 2015 and of DEAM",
        how=(
            f"The {len(ids)} songs that have both; {FOLDS} folds, split by artist, the same for all.",
            *(_agreement(both, column, axis) for column, axis in enumerate(("arousal", "valence"))),
        ),
        dataset=replace(dataset, name=f"{dataset.name} and {other.name}"),
        songs=len(ids),
        seed=seed,
        arms=tuple(arms.values()),
        pairs=tuple(pairs),
    )


def _agreement(both: dict[str, tuple[Song, ...]], column: int, axis: str) -> str:
    """Describe the standard deviations of the two releases on one axis, and their correlation."""
    one, other = both.values()
    means = np.array([[song.y[:, column].mean() for song in songs] for songs in (one, other)])
    stds = [np.vstack([song.y for song in songs])[:, column].std() for songs in (one, other)]
    return (
        f"Standard deviation of {axis} labels: {stds[0]:.3f} (DEAM) and {stds[1]:.3f} (2015). The song means of the "
        f"two releases correlate with r {np.corrcoef(means)[0, 1]:.3f}."
    )
