"""Search for settings: it sees the songs that it is given, no others, and chooses the best of its trials."""

import builtins
from typing import Any

import numpy as np
import optuna
import pytest

from moodcurve.datasets import Song
from moodcurve.datasets.splits import artist_key
from moodcurve.learn import TrainingError
from moodcurve.learn.models.mlr import MLRConfig, fit_mlr
from moodcurve.learn.models.recurrent import RecurrentConfig
from moodcurve.learn.preprocessing.pipeline import PreprocessingConfig
from moodcurve.learn.training import FAMILIES, Family
from moodcurve.learn.tuning import recurrent_settings, search
from moodcurve.metrics import ccc
from tests.helpers.training_songs import made_dataset

SONGS = made_dataset(24).songs
COMPONENTS = [1, 3, 20]


def settings(trial: Any) -> dict[str, Any]:
    kept = trial.suggest_categorical("components", COMPONENTS)
    return {"preprocessing": PreprocessingConfig(pca_components=kept)}


def test_the_best_trial_is_chosen_and_every_trial_kept() -> None:
    base = MLRConfig(preprocessing=PreprocessingConfig(pca_components=1))
    said: list[int] = []
    found = search(SONGS, FAMILIES["mlr"], base, settings, trials=8, progress=lambda done, *_: said.append(done))
    assert said == list(range(1, 9))
    assert len(found.trials) == 8
    assert found.trials[0][0] == {}
    assert found.score == max(score for _, score in found.trials)
    assert found.config.preprocessing.pca_components in (3, 20)  # one component tells next to nothing
    again = search(SONGS, FAMILIES["mlr"], base, settings, trials=8)
    assert again == found


def test_scores_come_from_songs_and_artists_that_were_not_learned_from() -> None:
    learned: list[set[str]] = []

    def fit(songs: tuple[Song, ...], config: MLRConfig, **options: Any) -> Any:
        learned.append({artist_key(song.artist) for song in songs})
        return fit_mlr(songs, config, **options)

    found = search(SONGS, Family(MLRConfig, fit), MLRConfig(), settings, trials=1, folds=4)
    assert len(learned) == 4
    everyone = {artist_key(song.artist) for song in SONGS}
    left_out = [everyone - artists for artists in learned]
    assert set.union(*left_out) == everyone
    assert sum(map(len, left_out)) == len(everyone)
    # the score by hand: each song predicted by the fold that left its artist out
    predicted = []
    for song in SONGS:
        train = [other for other in SONGS if artist_key(other.artist) in learned[fold_of(song, left_out)]]
        predicted.append(np.clip(fit_mlr(train, MLRConfig()).predict(song.x), -1, 1))
    y, y_pred = np.vstack([song.y for song in SONGS]), np.vstack(predicted)
    assert found.score == pytest.approx(np.mean([ccc(y[:, axis], y_pred[:, axis]) for axis in (0, 1)]), abs=1e-9)


def fold_of(song: Song, left_out: list[set[str]]) -> int:
    return next(i for i, artists in enumerate(left_out) if artist_key(song.artist) in artists)


def test_suggested_settings_are_settings() -> None:
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    for _ in range(20):
        RecurrentConfig(**recurrent_settings(study.ask()))


def test_no_trial_is_refused() -> None:
    with pytest.raises(TrainingError, match="trials must be 1 or more, got 0"):
        search(SONGS, FAMILIES["mlr"], MLRConfig(), settings, trials=0)


def test_without_optuna_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "optuna":
            raise ImportError(name)
        return plain(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(TrainingError, match=r"needs optuna: .* '\.\[search\]'"):
        search(SONGS, FAMILIES["mlr"], MLRConfig(), settings, trials=1)
