"""What it makes of figures to deal folds by song, as most published ones do, and by artist."""

from collections.abc import Sequence

import numpy as np

from moodcurve.datasets import Song
from moodcurve.datasets.splits import Split, artist_key, k_fold
from moodcurve.learn.models.base import TrainingProgress
from moodcurve.learn.studies.folds import FAMILIES, FOLDS, Source, predictions
from moodcurve.learn.studies.study import Arm, Predicted, Study, arm

FOLD_SEEDS = 2
"""Ways to deal the folds, by song and by artist."""


def study_split(source: Source, *, seed: int, progress: TrainingProgress) -> Study:
    """Deal folds by song, as most published figures do, and by artist."""
    dataset = source.read()
    songs = dataset.songs
    arms: list[Arm] = []
    pairs = []
    shared: list[int] = []
    for number, name in enumerate(FAMILIES):
        progress(number, len(FAMILIES), name)
        found: dict[str, list[Predicted]] = {"song": [], "artist": []}
        for again in range(FOLD_SEEDS):
            by_song = k_fold(songs, FOLDS, seed + again, by="song")
            shared.append(with_known_artist(songs, by_song))
            found["song"].append(predictions(songs, by_song, name, seed=seed))
            by_artist = k_fold(songs, FOLDS, seed + again, by="artist")
            found["artist"].append(predictions(songs, by_artist, name, seed=seed))
        pair = tuple(arm(f"folds by {by}", name, songs, found[by], seed=seed) for by in ("song", "artist"))
        arms += pair
        pairs.append((pair[0], pair[1]))
    return Study(
        name="split",
        title="Folds by song and by artist",
        how=(
            f"{FOLDS} folds, dealt {FOLD_SEEDS} times either way; figures are means over these.",
            f"By song, the artist of {np.mean(shared):.0f} of {len(songs)} songs is among those learned from.",
        ),
        dataset=dataset,
        songs=len(songs),
        seed=seed,
        arms=tuple(arms),
        pairs=tuple(pairs),
    )


def with_known_artist(songs: Sequence[Song], splits: Sequence[Split]) -> int:
    """Count the songs whose artist is among those that their split learns from; an unknown artist is nobody's."""
    count = 0
    for train, test in splits:
        known = {artist_key(songs[i].artist) for i in train} - {""}
        count += sum(artist_key(songs[i].artist) in known for i in test)
    return count
