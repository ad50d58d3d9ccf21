"""Study settings searched within each fold's training songs, against the defaults (nested cross-validation)."""

from typing import Any

import numpy as np

from moodcurve._typing import FloatArray
from moodcurve.learn.config import as_table, differing
from moodcurve.learn.models.base import TrainingProgress, predict_rated
from moodcurve.learn.studies.folds import FOLDS, StudySource, artist_folds, predictions
from moodcurve.learn.studies.study import StudyResult, score_arm
from moodcurve.learn.training import find_family
from moodcurve.learn.tuning import Suggest, suggest_filter_settings, suggest_two_level_settings, tune

TRIALS = 15
INNER_FOLDS = 3
SEARCHED: dict[str, Suggest] = {"two-level": suggest_two_level_settings, "state-space-live": suggest_filter_settings}
"""Families that train in seconds, with their functions that suggest settings."""


def study_tuning(source: StudySource, *, seed: int, progress: TrainingProgress) -> StudyResult:
    """Search settings on each fold's training songs, train with the best ones, and test on the fold."""
    dataset = source.read()
    songs = dataset.songs
    splits = artist_folds(songs, seed)
    arms, pairs = [], []
    chosen: list[dict[str, Any]] = []
    for name, suggest in SEARCHED.items():
        kind = find_family(name)
        base = kind.config()
        predicted: dict[int, FloatArray] = {}
        for number, (train, test) in enumerate(splits):
            progress(number, len(splits), f"{name}, fold {number + 1}")
            part = [songs[i] for i in train]
            found = tune(part, kind, base, suggest, trials=TRIALS, folds=INNER_FOLDS, seed=seed)
            fitted = kind.train(part, found.config, seed=seed)
            predicted |= {int(i): np.clip(predict_rated(fitted, songs[i]), -1, 1) for i in test}
            chosen.append(
                {
                    "model": name,
                    "fold": number + 1,
                    "inner CCC of the default": found.trials[0][1],
                    "of what was chosen": found.score,
                    "chosen": differing(as_table(found.config), as_table(base)) or "default",
                }
            )
        default = score_arm("default settings", name, songs, [predictions(songs, splits, name, seed=seed)], seed=seed)
        best = score_arm("searched settings", name, songs, [[predicted[i] for i in range(len(songs))]], seed=seed)
        arms += [default, best]
        pairs.append((best, default))
    return StudyResult(
        name="search",
        title="Search for settings",
        how=(
            f"{FOLDS} folds, split by artist. In each, Optuna runs {TRIALS} trials, the first with the default "
            f"settings. The score is the mean CCC of both axes over {INNER_FOLDS} inner folds of the training songs, "
            "split by artist. The best settings are trained on all training songs and tested on the fold. Test songs "
            "have no part in this choice, which is not true of the defaults.",
        ),
        dataset=dataset,
        songs=len(songs),
        seed=seed,
        arms=tuple(arms),
        pairs=tuple(pairs),
        chosen=tuple(chosen),
    )
