"""Preprocessing compared with scikit-learn and known results, and with constant columns."""

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from moodcurve.learn import TrainingError
from moodcurve.learn.models.targets import one_hot, target_scaling
from moodcurve.learn.preprocessing.pipeline import PreprocessingConfig, fit_preprocessing, stack_songs
from moodcurve.learn.preprocessing.steps import (
    ColumnSelection,
    components_for,
    fit_standardization,
    principal_components,
)
from tests.helpers.onnx_values import onnx_values
from tests.helpers.training_songs import made_dataset

SONGS = made_dataset(12).songs
X = stack_songs(SONGS)[0].astype(np.float64)
OTHER = stack_songs(made_dataset(3, seed=9).songs)[0]
# both compute in double precision; means are up to 30 times the standard deviations
CLOSE = {"rtol": 1e-9, "atol": 1e-9}


def fitted(**settings):
    return fit_preprocessing(X, PreprocessingConfig(**{"compress": False, **settings}))


def test_center_subtracts_the_training_mean() -> None:
    steps = fitted(scaling="center", clip=0)
    # the columns' magnitudes differ by 1e16: compare in units of each column's standard deviation
    np.testing.assert_allclose(steps.apply(OTHER) / X.std(axis=0), (OTHER - X.mean(axis=0)) / X.std(axis=0))


def test_standardize_equals_scikit_learn() -> None:
    reference = StandardScaler().fit(X)
    np.testing.assert_allclose(fitted(clip=0).apply(OTHER), reference.transform(OTHER.astype(float)), **CLOSE)


def test_range_equals_scikit_learn() -> None:
    reference = MinMaxScaler((-1, 1)).fit(X)
    steps = fitted(scaling="range", clip=0)
    # MinMaxScaler multiplies before it subtracts and loses digits if the mean exceeds the range
    np.testing.assert_allclose(steps.apply(OTHER), reference.transform(OTHER.astype(float)), atol=1e-6)
    assert steps.apply(X).min() == pytest.approx(-1)
    assert steps.apply(X).max() == pytest.approx(1)


def test_none_leaves_features_unchanged() -> None:
    np.testing.assert_array_equal(fitted(scaling="none", clip=0).apply(OTHER), OTHER.astype(float))


def test_compression_is_logarithmic_on_both_sides_of_the_median() -> None:
    middle = np.median(X, axis=0)
    unit = np.median(np.abs(X - middle), axis=0)
    steps = fitted(compress=True, scaling="none", clip=0)
    np.testing.assert_allclose(steps.apply(middle[None]), 0, atol=1e-12)
    # arsinh u = ln 2u + 1/(4u²) - …; and u - u³/6 near the median
    for side in (1, -1):
        np.testing.assert_allclose(steps.apply((middle + side * 1e6 * unit)[None]), side * np.log(2e6))
        np.testing.assert_allclose(steps.apply((middle + side * 0.01 * unit)[None]), side * 0.01, rtol=1e-4)


def test_compressed_columns_are_then_scaled() -> None:
    z = fitted(compress=True, clip=0).apply(X)
    np.testing.assert_allclose(z.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(z.std(axis=0), 1)


def test_compression_of_mostly_equal_values_uses_the_standard_deviation() -> None:
    x = np.zeros((10, 2))
    x[0] = 5.0  # median distance 0, standard deviation 1.5
    x[:, 1] = np.arange(10)
    z = fit_preprocessing(x, PreprocessingConfig(scaling="none", clip=0)).apply(x)
    np.testing.assert_allclose(z[:, 0], np.arcsinh(x[:, 0] / 1.5))


def test_clip_limits_values_outside_the_training_range() -> None:
    far = X[:1] + 100 * X.std(axis=0)
    assert np.all(fitted(clip=5).apply(far) == 5)
    assert np.all(fitted(clip=0).apply(far) > 50)


def test_pca_equals_scikit_learn_up_to_sign() -> None:
    steps = fitted(clip=0, pca_components=10)
    reference = PCA(10).fit(StandardScaler().fit_transform(X))
    expected = reference.transform(StandardScaler().fit(X).transform(OTHER.astype(float)))
    ours = steps.apply(OTHER)
    assert steps.width == 10
    signs = np.sign((ours * expected).sum(axis=0))
    np.testing.assert_allclose(ours * signs, expected, rtol=1e-6, atol=1e-6)


def test_whitened_components_are_uncorrelated_with_variance_one() -> None:
    white = fitted(clip=0, pca_components=20, whiten=True).apply(X)
    np.testing.assert_allclose(white.T @ white / len(white), np.eye(20), atol=1e-8)
    np.testing.assert_allclose(white.mean(axis=0), 0, atol=1e-8)


@pytest.mark.parametrize("fraction", [0.5, 0.9, 0.99])
def test_pca_by_variance_keeps_the_fewest_components(fraction: float) -> None:
    z = StandardScaler().fit_transform(X)
    held = np.cumsum(np.sort(np.linalg.svd(z, compute_uv=False) ** 2)[::-1]) / (z**2).sum()
    kept = fitted(clip=0, pca_variance=fraction).width
    assert held[kept - 1] >= fraction > held[kept - 2]


def test_components_for_whole_variance_keeps_all() -> None:
    assert components_for(np.array([3.0, 2.0, 1.0]), 1.0) == 3
    assert components_for(np.array([3.0, 2.0, 1.0]), 0.5) == 1
    assert components_for(np.array([3.0, 2.0, 1.0]), 0.51) == 2


def test_largest_entry_of_each_component_is_positive() -> None:
    directions = principal_components(StandardScaler().fit_transform(X))[1]
    assert np.all(directions[np.abs(directions).argmax(axis=0), np.arange(directions.shape[1])] > 0)


def test_more_components_than_the_rank_raise() -> None:
    with pytest.raises(TrainingError, match="pca_components must be at most 7, the rank"):
        fit_preprocessing(X[:8], PreprocessingConfig(pca_components=8))


@pytest.mark.parametrize("compress", [False, True])
@pytest.mark.parametrize("scaling", ["center", "standardize", "range"])
def test_constant_column_becomes_zero_for_any_song(scaling: str, compress: bool) -> None:
    x = X[:, :3].copy()
    x[:, 1] = 0.1  # not a binary fraction: its mean over many rows has a rounding error
    steps = fit_preprocessing(x, PreprocessingConfig(scaling=scaling, clip=0, compress=compress))
    new = x[:2] + 7
    assert np.all(steps.apply(new)[:, 1] == 0)
    assert np.all(np.isfinite(steps.apply(new)))


def test_constant_column_adds_no_component() -> None:
    x = X[:, :3].copy()
    x[:, 1] = 4.0
    assert fit_preprocessing(x, PreprocessingConfig(clip=0, pca_variance=1.0, whiten=True)).width == 2


@pytest.mark.parametrize("settings", [{"pca_components": 1}, {"pca_variance": 0.9}])
def test_pca_of_constant_columns_raises(settings: dict) -> None:
    with pytest.raises(TrainingError, match="vary in at least one column"):
        fit_preprocessing(np.ones((5, 3)), PreprocessingConfig(**settings))


def test_standard_deviation_is_exact_despite_a_large_mean() -> None:
    # single precision resolves 1e7 to 1: a standard deviation of 1000 keeps three digits, and loses no more here
    x = (1e7 + 1000 * np.random.default_rng(1).normal(size=(500, 1))).astype(np.float32)
    x64 = x.astype(np.float64)
    assert fit_standardization(x64).apply(x64).std() == pytest.approx(1, rel=1e-9)


def test_one_row_raises() -> None:
    with pytest.raises(TrainingError, match="at least two rows, got 1"):
        fit_preprocessing(X[:1], PreprocessingConfig())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"scaling": "robust"}, "scaling must be one of none, center, standardize, range, got 'robust'"),
        ({"clip": -1.0}, "clip must be positive"),
        ({"scaling": "none", "clip": 3.0}, "clip must be 0 if scaling is 'none'"),
        ({"pca_components": -1}, "pca_components must be positive"),
        ({"pca_variance": 1.5}, "pca_variance must be in"),
        ({"pca_components": 3, "pca_variance": 0.5}, "pca_variance must be 0 if pca_components is set"),
        ({"whiten": True}, "whiten must be false without"),
    ],
)
def test_invalid_settings_raise(settings: dict, message: str) -> None:
    with pytest.raises(TrainingError, match=message):
        PreprocessingConfig(**settings)


@pytest.mark.parametrize(("activation", "low", "high"), [("linear", -1, 1), ("tanh", -1, 1), ("sigmoid", 0, 1)])
def test_targets_fit_the_output_activation(activation: str, low: float, high: float) -> None:
    scaling = target_scaling(activation)
    labels = np.array([-1.0, -0.3, 1.0])
    targets = scaling.apply(labels)
    assert (targets[0], targets[-1]) == (low, high)
    np.testing.assert_allclose(scaling.invert(targets), labels, rtol=1e-15)


def test_unknown_output_activation_raises() -> None:
    with pytest.raises(TrainingError, match="output must be one of linear, tanh, sigmoid, got 'relu'"):
        target_scaling("relu")


def test_one_hot() -> None:
    np.testing.assert_array_equal(one_hot(np.array([2, 0]), 4), [[0.0, 0.0, 1.0, 0.0], [1.0, 0.0, 0.0, 0.0]])


def test_stack_songs_takes_every_nth_row_of_each_song() -> None:
    x, y = stack_songs(SONGS, step=7)
    expected = [frame for song in SONGS for frame in (song.x[0], song.x[7], song.x[14])]
    np.testing.assert_array_equal(x, expected)
    assert y.shape == (len(expected), 2)


def test_no_songs_raise() -> None:
    with pytest.raises(TrainingError, match="at least one song"):
        stack_songs([])


def test_selected_columns_are_those_at_the_positions() -> None:
    step = ColumnSelection((5, 0, 7))
    np.testing.assert_array_equal(step.apply(OTHER), OTHER[:, [5, 0, 7]])
    found = onnx_values(OTHER, lambda graph: step.build(graph, graph.x), 3)
    np.testing.assert_array_equal(found, OTHER[:, [5, 0, 7]])
