"""Model families as scikit-learn estimators: its own checks, searches, cross-validation and pipelines."""

import itertools
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import check_estimator

from moodcurve.features import Features, FeatureSet
from moodcurve.learn.estimators import CurveRegressor, curve_score, curve_scorer, song_sequences
from moodcurve.learn.export import export
from moodcurve.learn.training import FAMILIES, train
from moodcurve.runtime import load_model
from moodcurve.runtime.silence import RMS_MEAN, RMS_STD
from tests.helpers import ROOT
from tests.helpers.training_songs import made_dataset, made_sounding_dataset

pytestmark = pytest.mark.slow

DATASET = made_dataset(16)
REASONS = {
    "check_regressor_multioutput": "curves have two axes, and the check five outputs",
    "check_methods_sample_order_invariance": "rows of a song are read in order",
    "check_methods_subset_invariance": "a part of a song is another song",
}
ROWS_ALONE = {"mlr", "svr", "ffnn"}
SMALL = {"hidden": 2, "bottleneck": 2, "networks": 1, "epochs": 1}
CONFIGS = {
    "ffnn": {"epochs": 2, "hidden": [4]},
    "gru": SMALL | {"context_units": 2},
    "lstm": SMALL | {"context_units": 2},
    "gru-forward": SMALL,
}  # fmt: skip


@pytest.mark.parametrize("family", FAMILIES)
def test_scikit_learns_checks_pass_as_the_documentation_says(family: str) -> None:
    expected = {name: why for name, why in REASONS.items() if "outputs" in why or family not in ROWS_ALONE}
    found = check_estimator(
        CurveRegressor(family, config=CONFIGS.get(family)),
        expected_failed_checks=expected, on_fail=None, on_skip=None,
    )  # fmt: skip
    failed = [(result["check_name"], result["exception"]) for result in found if result["status"] == "failed"]
    assert failed == []
    assert {result["check_name"] for result in found if result["status"] == "xfail"} == set(expected)
    passed = sum(result["status"] == "passed" for result in found)
    names = ", ".join(f"`{name}`" for name in sorted(expected))
    assert f"| `{family}` | {passed} | {names} |" in (ROOT / "docs/api.md").read_text(encoding="utf-8").splitlines()


def test_estimators_are_the_families_to_the_last_bit() -> None:
    X, y, _ = song_sequences(DATASET)
    predicted = CurveRegressor("svr", config={"C": 2.0}).fit(X, y).predict(X)
    family = CurveRegressor("svr", config={"C": 2.0}).fit(X, y).trained_
    assert family.model.config.C == 2.0
    expected = train(DATASET, "svr", config=family.model.config).model
    for song, curve in zip(DATASET.songs, predicted, strict=True):
        np.testing.assert_array_equal(curve, np.clip(expected.predict(song.full_features.values), -1, 1))


def test_unrated_rows_are_left_out() -> None:
    X, y, _ = song_sequences(DATASET)
    ragged = [np.vstack([curve, np.full((3, 2), np.nan)]) for curve in y]
    longer = [np.vstack([song.values, np.full((3, song.values.shape[1]), 7, np.float32)]) for song in X]
    plain = CurveRegressor("mlr").fit([song.values for song in X], y)
    with_unrated = CurveRegressor("mlr").fit(longer, ragged)
    np.testing.assert_array_equal(plain.predict(X)[3], with_unrated.predict(X)[3])
    assert with_unrated.score(longer, ragged) == pytest.approx(plain.score(X, y))


def test_cross_validation_by_groups_and_scorers() -> None:
    X, y, groups = song_sequences(DATASET)
    for i, j in itertools.combinations(range(len(DATASET.songs)), 2):
        assert (groups[i] == groups[j]) == (DATASET.songs[i].artist == DATASET.songs[j].artist)
    found = cross_val_score(
        CurveRegressor("mlr"), X, y, groups=groups, cv=GroupKFold(4), scoring=curve_scorer("ccc"), error_score="raise"
    )
    by_hand = []
    for learn, test in GroupKFold(4).split(X, groups=groups):
        model = CurveRegressor("mlr").fit([X[i] for i in learn], [y[i] for i in learn])
        by_hand.append(curve_score([y[i] for i in test], model.predict([X[i] for i in test])))
    assert found == pytest.approx(by_hand)


def test_searches_choose_settings_of_the_family() -> None:
    X, y, groups = song_sequences(DATASET)
    search = GridSearchCV(
        make_pipeline(CurveRegressor("svr")),
        {"curveregressor__config__C": [1e-6, 1.0], "curveregressor__config__row_step": [1]},
        cv=GroupKFold(3), scoring=curve_scorer("rmse_song"), error_score="raise",
    )  # fmt: skip
    search.fit(X, y, groups=groups)
    assert search.best_params_["curveregressor__config__C"] == 1.0
    assert search.best_score_ < 0  # errors are negated
    best = search.best_estimator_[-1]
    assert best.get_params()["config__C"] == 1.0
    assert best.get_params()["config__epsilon"] == 0.1
    assert best.trained_.model.config.row_step == 1


def test_sequence_models_read_the_songs_of_a_table_apart() -> None:
    table, y, _, _ = DATASET.arrays()
    songs = np.repeat(np.arange(len(DATASET.songs)), [len(song.x) for song in DATASET.songs])
    X, curves, _ = song_sequences(DATASET)
    apart = CurveRegressor("two-level").fit(table, y, songs=songs)
    np.testing.assert_array_equal(apart.predict(X[:1])[0], CurveRegressor("two-level").fit(X, curves).predict(X[:1])[0])
    with pytest.raises(ValueError, match="one block of rows"):
        CurveRegressor("mlr").fit(table[:4], y[:4], songs=[0, 1, 0, 1])


def test_arrays_without_columns_of_a_level_are_equally_loud() -> None:
    X, y, _ = song_sequences(DATASET)
    arrays = [song.values for song in X]
    of_arrays = CurveRegressor("gp").fit(arrays, y)
    level = dict.fromkeys((RMS_MEAN, RMS_STD), 0.1)
    with_level = [
        Features(
            np.hstack([song, np.tile(np.float32(list(level.values())), (len(song), 1))]), features.times_s,
            FeatureSet("mine", "1", (*map(str, range(song.shape[1])), *level)),
        )
        for song, features in zip(arrays, X, strict=True)
    ]  # fmt: skip
    of_features = CurveRegressor("gp").fit(with_level, y)
    np.testing.assert_allclose(of_arrays.predict(arrays[:1])[0], of_features.predict(with_level[:1])[0], atol=1e-6)
    assert of_arrays.n_features_in_ == arrays[0].shape[1]
    assert np.std(of_arrays.predict(arrays[:1])[0]) > 0.01


def test_kalman_filters_learn_from_the_quarters_of_a_table_without_songs() -> None:
    table, y, _, _ = DATASET.arrays()
    quarters = np.repeat(range(4), len(table) // 4)
    as_songs = CurveRegressor("state-space").fit(table, y, songs=quarters)
    np.testing.assert_array_equal(CurveRegressor("state-space").fit(table, y).predict(table), as_songs.predict(table))


def test_families_with_feature_sets_of_their_own_take_features(tmp_path: Path) -> None:
    dataset = made_sounding_dataset(16)
    X, y, _ = song_sequences(dataset)
    fitted = CurveRegressor("gp").fit(X, y)
    export(fitted.trained_, tmp_path / "mine.onnx", name="mine")
    from_file = load_model(tmp_path / "mine.onnx").predict(X[0])
    np.testing.assert_allclose(fitted.predict(X[:1])[0], from_file, atol=1e-4)
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(again.predict(X[:1])[0], fitted.predict(X[:1])[0])


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        ([np.zeros((4, 2))], [np.zeros((3, 2))], r"song 0 of y must have the shape \(4, 2\)"),
        ([np.zeros((4, 2)), np.zeros((4, 3))], [np.zeros((4, 2))] * 2, "song 1 of X has other columns"),
        ([np.full((4, 2), np.nan)], [np.zeros((4, 2))], "song 0 of X contains NaN"),
        ([np.zeros((4, 2))], [np.full((4, 2), np.nan)], "song 0 of y rates no row"),
        ([np.zeros((4, 2))], [np.full((4, 2), np.inf)], "song 0 of y contains infinity"),
        ([np.zeros((0, 2))], [np.zeros((0, 2))], "song 0 of X has no rows"),
        ([np.zeros((4, 2))], [], "one array for each of the 1 songs"),
        (np.zeros((4, 2)), np.zeros((4, 3)), r"y must have the shape \(rows, 2\)"),
    ],
)
def test_what_cannot_be_learned_from_is_refused(X: Any, y: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        CurveRegressor("mlr").fit(X, y)


def test_unknown_families_settings_metrics_and_columns_are_refused() -> None:
    X, y, _ = song_sequences(DATASET)
    with pytest.raises(ValueError, match="unknown model family 'knn'"):
        CurveRegressor("knn").fit(X, y)
    with pytest.raises(ValueError, match="config: unknown key"):
        CurveRegressor("mlr", config={"C": 1}).fit(X, y)
    with pytest.raises(ValueError, match="unknown metric 'mse'"):
        curve_score(y, y, metric="mse")
    with pytest.raises(ValueError, match="axis must be one of arousal, valence"):
        curve_score(y, y, axis="energy")
    with pytest.raises(ValueError, match="song 0 of X has 2 features, but CurveRegressor is expecting"):
        CurveRegressor("mlr").fit(X, y).predict([np.zeros((3, 2))])
