"""Settings chosen by Optuna, by cross-validation within the training songs alone.

A search sees nothing but the songs that it is given: to judge what it chooses, give it the training part of each
split, and test the chosen settings on the other part (nested cross-validation: Cawley & Talbot, "On over-fitting in
model selection and subsequent selection bias in performance evaluation", JMLR 11, 2010).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from moodcurve.datasets import Song
from moodcurve.datasets.splits import k_fold
from moodcurve.evaluation import AXES
from moodcurve.learn import TrainingError
from moodcurve.learn.benchmarks.benchmark import cross_predict
from moodcurve.learn.models.base import Progress, silent
from moodcurve.learn.models.mlr import MLRConfig
from moodcurve.learn.preprocessing.pipeline import PreprocessingConfig
from moodcurve.learn.training import Family
from moodcurve.metrics import ccc
from moodcurve.util.optional import install_hint

if TYPE_CHECKING:
    import optuna

Suggest = Callable[["optuna.Trial"], dict[str, Any]]
"""Gives the settings that a trial changes, by their names in the family's config."""


@dataclass(frozen=True, kw_only=True)
class Searched:
    """What a search chose.

    Attributes
    ----------
    config : the family's settings
        The best trial's.
    score : float
        Mean CCC of both axes, pooled over the inner folds' songs, which chose it: too good by what luck the
        best of several has, and no figure to publish.
    trials : tuple of (dict, float)
        Every trial's settings and score, in order.
    """

    config: Any
    score: float
    trials: tuple[tuple[dict[str, Any], float], ...]


def search(
    songs: Sequence[Song],
    family: Family,
    base: Any,
    suggest: Suggest,
    *,
    trials: int,
    folds: int = 3,
    seed: int = 0,
    progress: Progress = silent,
) -> Searched:
    """Choose settings by cross-validation with disjoint artists within these songs.

    The first trial is `base` itself, so that a search cannot choose worse than it by its own measure; ties go to
    the earlier trial.

    Parameters
    ----------
    songs : sequence of Song
        Training songs only.
    family : Family
        Of `moodcurve.learn.training.FAMILIES`.
    base : the family's settings
        What a trial does not change.
    suggest : callable
        Such as `recurrent_settings`.
    trials, folds : int
        1 or more, 2 or more.
    seed : int
        Of the folds, of Optuna's sampler (a tree-structured Parzen estimator) and of training.
    progress : callable, optional
        Called after each trial.

    Raises
    ------
    TrainingError
        If Optuna is not installed, or no trial is asked for.
    DatasetError
        If there are too few artists for the folds.
    """
    if trials < 1:
        raise TrainingError(f"trials must be 1 or more, got {trials}")
    optuna = _optuna()
    inner = k_fold(songs, folds, seed, by="artist")
    tried: list[tuple[dict[str, Any], float]] = []

    def judge(changes: dict[str, Any]) -> float:
        config = replace(base, **changes)
        predicted = cross_predict(songs, inner, family, config, seed=seed, report=lambda split: None)
        y, y_pred = np.vstack([song.y for song in songs]), np.vstack(predicted)
        scores = [ccc(y[:, axis], y_pred[:, axis]) for axis in range(len(AXES))]
        # constant answers have no CCC; they agree with nothing
        score = float(np.mean([0.0 if math.isnan(value) else value for value in scores]))
        tried.append((changes, score))
        progress(len(tried), trials, f"CCC {score:.4f}, best {max(score for _, score in tried):.4f}")
        return score

    judge({})
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=seed))
    study.optimize(lambda trial: judge(suggest(trial)), n_trials=trials - 1)
    changes, score = max(tried, key=lambda one: one[1])
    return Searched(config=replace(base, **changes), score=score, trials=tuple(tried))


def recurrent_settings(trial: "optuna.Trial") -> dict[str, Any]:
    """Suggest settings of a recurrent network, around those that worked on DEAM."""
    return {
        "hidden": trial.suggest_categorical("hidden", [16, 32, 48, 64]),
        "bottleneck": trial.suggest_categorical("bottleneck", [16, 32, 48, 64]),
        "dropout": trial.suggest_float("dropout", 0.2, 0.6),
        "input_dropout": trial.suggest_float("input_dropout", 0.0, 0.5),
        "error_weight": trial.suggest_float("error_weight", 0.3, 10.0, log=True),
        "residual_weight": trial.suggest_float("residual_weight", 0.0, 1.0),
        "learning_rate": trial.suggest_float("learning_rate", 1e-3, 1e-2, log=True),
        "weight_decay": trial.suggest_float("weight_decay", 1e-4, 1e-1, log=True),
        "epochs": trial.suggest_int("epochs", 10, 30),
    }


def two_level_settings(trial: "optuna.Trial") -> dict[str, Any]:
    """Suggest settings of the two-level model, about a decade around its defaults."""
    return {
        "C": trial.suggest_float("C", 0.1, 10.0, log=True),
        "epsilon": trial.suggest_float("epsilon", 0.02, 0.2, log=True),
        "gamma": trial.suggest_float("gamma", 0.03, 1.0, log=True),
        "lag_s": trial.suggest_float("lag_s", 1.0, 12.0, log=True),
        "ridge": trial.suggest_float("ridge", 0.2, 20.0, log=True),
    }


def filter_settings(trial: "optuna.Trial") -> dict[str, Any]:
    """Suggest settings of the Kalman filter on linear regression: the level's memory, and how many components."""
    components = trial.suggest_categorical("pca_components", [0, 30, 60, 120])
    clip = trial.suggest_categorical("clip", [3.0, 5.0, 8.0])
    return {
        "level_memory_s": trial.suggest_float("level_memory_s", 200.0, 20_000.0, log=True),
        "mlr": MLRConfig(preprocessing=PreprocessingConfig(pca_components=components, clip=clip)),
    }


def _optuna() -> Any:
    try:
        import optuna
    except ImportError as error:
        raise TrainingError(f"a search needs optuna: {install_hint('search')}") from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna
