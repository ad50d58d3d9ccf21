"""Whether answers drift over a recording of ten minutes, on songs that are played again and again."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from moodcurve.datasets import Song
from moodcurve.features.feature_sets import HOP_S
from moodcurve.learn.models.base import FittedModel, TrainingProgress
from moodcurve.learn.models.recurrent_config import RecurrentConfig
from moodcurve.learn.studies.folds import FOLDS, Source, artist_folds
from moodcurve.learn.studies.study import Arm, Predicted, Study, arm
from moodcurve.learn.training import find_family

FAMILIES = ("gru", "lstm", "gru-forward", "two-level", "state-space-live", "blend")
MINUTES = 10
HEARD_ROWS = 90
"""Of each song, about its rated part: 45 s."""


def study_length(source: Source, *, seed: int, progress: TrainingProgress) -> Study:
    """Play the songs of one fold again and again for ten minutes, to models that learned from the others' clips."""
    dataset = source.read()
    train, test = artist_folds(dataset.songs, seed)[0]
    songs = [dataset.songs[i] for i in test]
    arms: list[Arm] = []
    pairs = []
    for number, name in enumerate(FAMILIES):
        progress(number, len(FAMILIES), name)
        model = find_family(name).train([dataset.songs[i] for i in train], _settings(name), seed=seed)
        early, late = played_on(model, songs)
        before = arm("the second time", name, songs, [early], seed=seed)
        after = arm("the last time but one", name, songs, [late], seed=seed)
        arms += [before, after]
        pairs.append((after, before))
    return Study(
        name="length",
        title="Ten minutes",
        how=(
            f"One of {FOLDS} folds, artists disjoint: {len(songs)} songs, some {HEARD_ROWS * HOP_S:g} s of each played "
            f"again and again for {MINUTES} minutes; labels are those of the song. A model that drifts loses by the "
            "last time but one what it had the second time.",
            "One network of each kind, not five.",
        ),
        dataset=dataset,
        songs=len(songs),
        seed=seed,
        arms=tuple(arms),
        pairs=tuple(pairs),
    )


def played_on(model: FittedModel, songs: Sequence[Song]) -> tuple[Predicted, Predicted]:
    """Predict each song's rated rows, (n, 2) limited to [-1, 1], as it is played the second and the last time but one.

    The first and the last time are left out: what lies before and after a recording is silence to no model.
    """
    early: list[npt.NDArray[np.float64]] = []
    late: list[npt.NDArray[np.float64]] = []
    for song in songs:
        start = max(0, song.rated.stop - HEARD_ROWS)
        once = song.full_features.values[start : song.rated.stop]
        times = round(MINUTES * 60 / HOP_S / len(once))
        answers = np.clip(model.predict(np.vstack([once] * times)), -1, 1).reshape(times, len(once), 2)
        rated = slice(song.rated.start - start, None)
        early.append(answers[1, rated])
        late.append(answers[-2, rated])
    return early, late


def _settings(name: str) -> Any:
    config = find_family(name).config()
    return replace(config, networks=1) if isinstance(config, RecurrentConfig) else config
