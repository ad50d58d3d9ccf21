"""Tuning: it uses the given songs only and returns the best trial."""

import importlib.util
from typing import Any

import numpy as np
import pytest

from moodcurve.datasets import Song
from moodcurve.datasets.splits import artist_key
from moodcurve.learn import TrainingError
from moodcurve.learn.models.mlr import MLRConfig, fit_mlr
from moodcurve.learn.preprocessing.pipeline import PreprocessingConfig
from moodcurve.learn.training import FAMILIES, Family
from moodcurve.learn.tuning import tune
from moodcurve.metrics import ccc
from tests.helpers.training_songs import made_dataset

SONGS = made_dataset(24).songs
COMPONENTS = [1, 3, 20]


def settings(trial: Any) -> dict[str, Any]:
    components = trial.suggest_categorical("components", COMPONENTS)
    return {"preprocessing": PreprocessingConfig(pca_components=components)}


def test_the_best_trial_is_returned_with_all_trials() -> None:
    base = MLRConfig(preprocessing=PreprocessingConfig(pca_components=1))
    steps: list[int] = []
    found = tune(SONGS, FAMILIES["mlr"], base, settings, trials=8, progress=lambda done, *_: steps.append(done))
    assert steps == list(range(1, 9))
    assert len(found.trials) == 8
    assert found.trials[0][0] == {}
    assert found.score == max(score for _, score in found.trials)
    assert found.config.preprocessing.pca_components in (3, 20)  # one component predicts almost nothing
    again = tune(SONGS, FAMILIES["mlr"], base, settings, trials=8)
    assert again == found


def test_scores_come_from_artists_outside_the_training_fold() -> None:
    trained: list[set[str]] = []

    def fit(songs: tuple[Song, ...], config: MLRConfig, **options: Any) -> Any:
        trained.append({artist_key(song.artist) for song in songs})
        return fit_mlr(songs, config, **options)

    found = tune(SONGS, Family(MLRConfig, fit), MLRConfig(), settings, trials=1, folds=4)
    assert len(trained) == 4
    everyone = {artist_key(song.artist) for song in SONGS}
    left_out = [everyone - artists for artists in trained]
    assert set.union(*left_out) == everyone
    assert sum(map(len, left_out)) == len(everyone)
    # compute the score directly: each song predicted by the fold without its artist
    predicted = []
    for song in SONGS:
        train = [other for other in SONGS if artist_key(other.artist) in trained[fold_of(song, left_out)]]
        predicted.append(np.clip(fit_mlr(train, MLRConfig()).predict(song.x), -1, 1))
    y, y_pred = np.vstack([song.y for song in SONGS]), np.vstack(predicted)
    assert found.score == pytest.approx(np.mean([ccc(y[:, axis], y_pred[:, axis]) for axis in (0, 1)]), abs=1e-9)


def fold_of(song: Song, left_out: list[set[str]]) -> int:
    return next(i for i, artists in enumerate(left_out) if artist_key(song.artist) in artists)


def test_zero_trials_raise() -> None:
    with pytest.raises(TrainingError, match="trials must be 1 or more, got 0"):
        tune(SONGS, FAMILIES["mlr"], MLRConfig(), settings, trials=0)


def test_missing_optuna_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(TrainingError, match=r"tuning needs optuna: .*\[search\]"):
        tune(SONGS, FAMILIES["mlr"], MLRConfig(), settings, trials=1)
