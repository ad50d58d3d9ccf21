"""Study whether predictions drift over a recording of ten minutes, made by repeating a song."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from moodcurve._typing import FloatArray
from moodcurve.datasets import Song
from moodcurve.features.feature_sets import HOP_S
from moodcurve.learn.models.base import FittedModel, TrainingProgress
from moodcurve.learn.models.recurrent_config import RecurrentConfig
from moodcurve.learn.studies.folds import FOLDS, StudySource, artist_folds
from moodcurve.learn.studies.study import Arm, SongPredictions, StudyResult, score_arm
from moodcurve.learn.training import find_family

FAMILIES = ("gru", "lstm", "gru-forward", "two-level", "state-space-live", "blend")
MINUTES = 10
REPEATED_ROWS = 90
"""Rows of each song that are repeated, 45 s that end with its rated part."""


def study_length(source: StudySource, *, seed: int, progress: TrainingProgress) -> StudyResult:
    """Repeat the songs of one fold for ten minutes, and compare an early with a late repetition."""
    dataset = source.read()
    train, test = artist_folds(dataset.songs, seed)[0]
    songs = [dataset.songs[i] for i in test]
    arms: list[Arm] = []
    pairs = []
    for number, name in enumerate(FAMILIES):
        progress(number, len(FAMILIES), name)
        model = find_family(name).train([dataset.songs[i] for i in train], _settings(name), seed=seed)
        early, late = predict_repeated(model, songs)
        before = score_arm("second repetition", name, songs, [early], seed=seed)
        after = score_arm("second-to-last repetition", name, songs, [late], seed=seed)
        arms += [before, after]
        pairs.append((after, before))
    return StudyResult(
        name="length",
        title="Recordings of ten minutes",
        how=(
            f"One of {FOLDS} folds, split by artist: {len(songs)} songs. About {REPEATED_ROWS * HOP_S:g} s of each are "
            f"repeated for {MINUTES} minutes, with the song's labels. A model that drifts is less accurate in the "
            "second-to-last repetition than in the second.",
            "Recurrent families use one network, not five.",
        ),
        dataset=dataset,
        songs=len(songs),
        seed=seed,
        arms=tuple(arms),
        pairs=tuple(pairs),
    )


def predict_repeated(model: FittedModel, songs: Sequence[Song]) -> tuple[SongPredictions, SongPredictions]:
    """Predict each song's rated rows, (n, 2) in [-1, 1], in its second and second-to-last repetition.

    The first and last repetitions are left out, because models with context see the start or end of the recording.
    """
    early: list[FloatArray] = []
    late: list[FloatArray] = []
    for song in songs:
        start = max(0, song.rated.stop - REPEATED_ROWS)
        once = song.full_features.values[start : song.rated.stop]
        times = round(MINUTES * 60 / HOP_S / len(once))
        predicted = np.clip(model.predict(np.vstack([once] * times)), -1, 1).reshape(times, len(once), 2)
        rated = slice(song.rated.start - start, None)
        early.append(predicted[1, rated])
        late.append(predicted[-2, rated])
    return early, late


def _settings(name: str) -> Any:
    config = find_family(name).config()
    return replace(config, networks=1) if isinstance(config, RecurrentConfig) else config
