"""Tune settings with Optuna, by cross-validation within the training songs.

To evaluate the result, tune on the training part of each split and test the chosen settings on the other part (nested
cross-validation: Cawley & Talbot, "On over-fitting in model selection and subsequent selection bias in performance
evaluation", JMLR 11, 2010).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from moodcurve.curve import AXES
from moodcurve.datasets import Song
from moodcurve.datasets.splits import k_fold
from moodcurve.learn import TrainingError
from moodcurve.learn.cross_validation import cross_predict
from moodcurve.learn.models.base import TrainingProgress, no_progress
from moodcurve.learn.models.mlr import MLRConfig
from moodcurve.learn.preprocessing.pipeline import PreprocessingConfig
from moodcurve.learn.training import Family
from moodcurve.metrics import ccc
from moodcurve.util.optional import require

if TYPE_CHECKING:
    import optuna

Suggest = Callable[["optuna.Trial"], dict[str, Any]]
"""Returns the settings that a trial changes, by name."""


@dataclass(frozen=True, kw_only=True)
class TuningResult:
    """Result of `tune`.

    Attributes
    ----------
    config : settings of the family
        Those of the best trial.
    score : float
        Mean CCC of both axes, pooled over the songs of the inner folds. It is optimistic, since it selected the best
        of several trials.
    trials : tuple of (dict, float)
        Changed settings and score of each trial, in order.
    """

    config: Any
    score: float
    trials: tuple[tuple[dict[str, Any], float], ...]


def tune(
    songs: Sequence[Song],
    family: Family,
    base: Any,
    suggest: Suggest,
    *,
    trials: int,
    folds: int = 3,
    seed: int = 0,
    progress: TrainingProgress = no_progress,
) -> TuningResult:
    """Choose settings by cross-validation with disjoint artists.

    The first trial is `base` itself, so that the result is never worse than it by this score; ties go to the earlier
    trial.

    Parameters
    ----------
    songs : sequence of Song
        Training songs only.
    family : Family
        One of `moodcurve.learn.training.FAMILIES`.
    base : settings of the family
        Settings that a trial does not change.
    suggest : callable
        Such as `suggest_two_level_settings`.
    trials : int
        1 or more.
    folds : int
        2 or more.
    seed : int
        Seed of the folds, of Optuna's sampler (a tree-structured Parzen estimator) and of training.
    progress : callable, optional
        Called after each trial.

    Raises
    ------
    TrainingError
        If Optuna is not installed, or `trials` is less than 1.
    DatasetError
        If there are fewer artists than folds.
    """
    if trials < 1:
        raise TrainingError(f"trials must be 1 or more, got {trials}")
    optuna = _optuna()
    inner = k_fold(songs, folds, seed, by="artist")
    tried: list[tuple[dict[str, Any], float]] = []

    def evaluate(changes: dict[str, Any]) -> float:
        config = replace(base, **changes)
        predicted = cross_predict(songs, inner, family, config, seed=seed, report=lambda split: None)
        y, y_pred = np.vstack([song.y for song in songs]), np.vstack(predicted)
        scores = [ccc(y[:, axis], y_pred[:, axis]) for axis in range(len(AXES))]
        # the CCC of constant predictions is undefined and counts as 0
        score = float(np.mean([0.0 if math.isnan(value) else value for value in scores]))
        tried.append((changes, score))
        progress(len(tried), trials, f"CCC {score:.4f}, best {max(score for _, score in tried):.4f}")
        return score

    evaluate({})
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=seed))
    study.optimize(lambda trial: evaluate(suggest(trial)), n_trials=trials - 1)
    changes, score = max(tried, key=lambda one: one[1])
    return TuningResult(config=replace(base, **changes), score=score, trials=tuple(tried))


def suggest_two_level_settings(trial: "optuna.Trial") -> dict[str, Any]:
    """Suggest settings of the two-level model, up to a factor of ten from its defaults."""
    return {
        "C": trial.suggest_float("C", 0.1, 10.0, log=True),
        "epsilon": trial.suggest_float("epsilon", 0.02, 0.2, log=True),
        "gamma": trial.suggest_float("gamma", 0.03, 1.0, log=True),
        "lag_s": trial.suggest_float("lag_s", 1.0, 12.0, log=True),
        "ridge": trial.suggest_float("ridge", 0.2, 20.0, log=True),
    }


def suggest_filter_settings(trial: "optuna.Trial") -> dict[str, Any]:
    """Suggest settings of the Kalman filter on linear regression: level memory, number of components and clip."""
    components = trial.suggest_categorical("pca_components", [0, 30, 60, 120])
    clip = trial.suggest_categorical("clip", [3.0, 5.0, 8.0])
    return {
        "level_memory_s": trial.suggest_float("level_memory_s", 200.0, 20_000.0, log=True),
        "mlr": MLRConfig(preprocessing=PreprocessingConfig(pca_components=components, clip=clip)),
    }


def _optuna() -> Any:
    require("optuna", what="tuning", extra="search", error=TrainingError)
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna
