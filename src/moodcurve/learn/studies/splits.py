"""Study the effect of splitting by song, as most published results do, rather than by artist."""

from collections.abc import Sequence

import numpy as np

from moodcurve.datasets import Song
from moodcurve.datasets.splits import Split, artist_key, k_fold
from moodcurve.learn.models.base import TrainingProgress
from moodcurve.learn.studies.folds import FAMILIES, FOLDS, StudySource, predictions
from moodcurve.learn.studies.study import Arm, SongPredictions, StudyResult, score_arm

FOLD_SEEDS = 2
"""Number of random splits of each kind."""


def study_splits(source: StudySource, *, seed: int, progress: TrainingProgress) -> StudyResult:
    """Compare folds split by song with folds split by artist."""
    dataset = source.read()
    songs = dataset.songs
    arms: list[Arm] = []
    pairs = []
    known: list[int] = []
    for number, name in enumerate(FAMILIES):
        progress(number, len(FAMILIES), name)
        repeats: dict[str, list[SongPredictions]] = {"song": [], "artist": []}
        for fold_seed in range(seed, seed + FOLD_SEEDS):
            by_song = k_fold(songs, FOLDS, fold_seed, by="song")
            known.append(count_songs_by_known_artists(songs, by_song))
            repeats["song"].append(predictions(songs, by_song, name, seed=seed))
            by_artist = k_fold(songs, FOLDS, fold_seed, by="artist")
            repeats["artist"].append(predictions(songs, by_artist, name, seed=seed))
        pair = tuple(score_arm(f"folds by {by}", name, songs, repeats[by], seed=seed) for by in ("song", "artist"))
        arms += pair
        pairs.append((pair[0], pair[1]))
    return StudyResult(
        name="split",
        title="Effect of splitting by song rather than by artist",
        how=(
            f"{FOLDS} folds, {FOLD_SEEDS} random splits of each kind; metrics are means over these.",
            f"Split by song, {np.mean(known):.0f} of {len(songs)} songs share an artist with their training songs.",
        ),
        dataset=dataset,
        songs=len(songs),
        seed=seed,
        arms=tuple(arms),
        pairs=tuple(pairs),
    )


def count_songs_by_known_artists(songs: Sequence[Song], splits: Sequence[Split]) -> int:
    """Count the test songs whose artist is among their split's training songs; unknown artists never count."""
    count = 0
    for train, test in splits:
        known = {artist_key(songs[i].artist) for i in train} - {""}
        count += sum(artist_key(songs[i].artist) in known for i in test)
    return count
