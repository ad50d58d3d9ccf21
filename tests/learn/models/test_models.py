"""Model families compared with scikit-learn, PyTorch and known results; their settings."""

import numpy as np
import pytest
import torch
from sklearn import svm

from moodcurve.datasets import DatasetError
from moodcurve.datasets.splits import holdout
from moodcurve.learn import TrainingError
from moodcurve.learn.config import as_table, config_from_table, read_config
from moodcurve.learn.models.blend import BlendConfig
from moodcurve.learn.models.ffnn import FFNN, FFNNConfig, fit_ffnn, network
from moodcurve.learn.models.mlr import MLRConfig, fit_mlr
from moodcurve.learn.models.state_space import LiveStateSpaceConfig
from moodcurve.learn.models.svr import KERNELS, SVRConfig, fit_svr
from moodcurve.learn.models.targets import target_scaling
from moodcurve.learn.models.two_level import TwoLevelConfig
from moodcurve.learn.preprocessing.pipeline import PreprocessingConfig, fit_preprocessing, stack_songs
from tests.helpers.training_songs import made_dataset

pytestmark = pytest.mark.slow

SONGS = made_dataset(24).songs
TEST = made_dataset(30, seed=5).songs
X, Y = stack_songs(SONGS)
TEST_X, TEST_Y = stack_songs(TEST)
SMALL = {
    "hidden": (8,),
    "epochs": 3,
    "held_out": 0.15,
    "preprocessing": PreprocessingConfig(pca_components=6),
}


def rmse(y, predicted) -> float:
    return float(np.sqrt(((y - predicted) ** 2).mean()))


def test_mlr_is_least_squares() -> None:
    z = (X.astype(float) - X.astype(float).mean(axis=0)) / X.astype(float).std(axis=0)
    weights = np.linalg.lstsq(np.column_stack([z, np.ones(len(z))]), Y, rcond=None)[0]
    expected = np.column_stack([z, np.ones(len(z))]) @ weights
    model = fit_mlr(SONGS, MLRConfig(preprocessing=PreprocessingConfig(compress=False, clip=0)))
    # two solvers of the same well-posed problem with 236 unknowns in double precision
    np.testing.assert_allclose(model.predict(X), expected, atol=1e-9)


@pytest.mark.parametrize("kernel", KERNELS)
def test_svr_equals_scikit_learn(kernel: str) -> None:
    config = SVRConfig(kernel=kernel, C=0.7, epsilon=0.05, gamma=0.002, coef0=0.1, degree=2, row_step=3)
    model = fit_svr(SONGS, config)
    steps = fit_preprocessing(X, config.preprocessing)
    x, y = stack_songs(SONGS, step=3)
    for axis in range(2):
        machine = svm.SVR(kernel=kernel, C=0.7, epsilon=0.05, gamma=0.002, coef0=0.1, degree=2)
        machine.fit(steps.apply(x).astype(np.float32).astype(float), y[:, axis])
        expected = machine.predict(steps.apply(TEST_X))
        # the same sum of about 150 kernels in double precision, in another order
        np.testing.assert_allclose(model.predict(TEST_X)[:, axis], expected, rtol=1e-9, atol=1e-9)


def test_svr_of_constant_labels_predicts_the_constant() -> None:
    flat = made_dataset(6, frames=4)
    for song in flat.songs:
        song.annotation.arousal[:] = 0.25
        song.annotation.valence[:] = -0.5
    model = fit_svr(flat.songs, SVRConfig(row_step=1))
    assert len(model.support) == 0
    np.testing.assert_allclose(model.predict(TEST_X), np.tile([0.25, -0.5], (len(TEST_X), 1)), atol=0.1)


@pytest.mark.parametrize("activation", ["relu", "sigmoid", "tanh"])
@pytest.mark.parametrize("output", ["linear", "sigmoid", "tanh"])
def test_ffnn_equals_pytorch(activation: str, output: str) -> None:
    config = FFNNConfig(hidden=(16, 7, 5), activation=activation, output=output)
    steps = fit_preprocessing(X, config.preprocessing)
    torch.manual_seed(3)
    net = network(steps.width, config).eval()
    linear = [layer for layer in net if isinstance(layer, torch.nn.Linear)]
    layers = tuple((w.weight.detach().double().numpy().T, w.bias.detach().double().numpy()) for w in linear)
    model = FFNN(config=config, preprocessing=steps, layers=layers)
    with torch.no_grad():
        outputs = net(torch.from_numpy(steps.apply(TEST_X)).float()).double().numpy()
    expected = target_scaling(output).invert(outputs)
    # PyTorch adds about 100 products in single precision
    np.testing.assert_allclose(model.predict(TEST_X), expected, atol=2e-6)


def test_network_has_the_configured_layers() -> None:
    net = network(10, FFNNConfig(hidden=(4, 3), activation="tanh", output="sigmoid", dropout=0.25))
    kinds = [type(layer).__name__ for layer in net]
    assert kinds == ["Linear", "Tanh", "Dropout", "Linear", "Tanh", "Dropout", "Linear", "Sigmoid"]
    assert [tuple(net[i].weight.shape) for i in (0, 3, 6)] == [(4, 10), (3, 4), (2, 3)]
    assert net[2].p == 0.25


def test_ffnn_learns_a_nonlinear_relation() -> None:
    songs = made_dataset(150, frames=10).songs
    config = FFNNConfig(hidden=(32, 32, 32), dropout=0.1, learning_rate=2e-3, batch_size=64)
    network_error = rmse(TEST_Y[:, 1], fit_ffnn(songs, config).predict(TEST_X)[:, 1])
    linear_error = rmse(TEST_Y[:, 1], fit_mlr(songs, MLRConfig()).predict(TEST_X)[:, 1])
    # valence is a product of two hidden variables: a linear model is no better than the mean
    assert linear_error > 0.95 * TEST_Y[:, 1].std()
    assert network_error < 0.8 * TEST_Y[:, 1].std()


def test_seed_determines_the_network() -> None:
    config = FFNNConfig(**SMALL)
    first, again, other = (fit_ffnn(SONGS, config, seed=seed).predict(TEST_X) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 1e-3


def test_training_restores_random_state_and_threads() -> None:
    torch.manual_seed(11)
    expected = torch.rand(3)
    torch.manual_seed(11)
    threads = torch.get_num_threads()
    fit_ffnn(SONGS, FFNNConfig(**SMALL))
    torch.testing.assert_close(torch.rand(3), expected, rtol=0, atol=0)
    assert torch.get_num_threads() == threads


def test_early_stopping_keeps_the_best_epoch_on_held_out_songs() -> None:
    # labels unrelated to the features: the held-out error grows once noise is learned
    config = FFNNConfig(hidden=(64,), dropout=0, learning_rate=5e-3, epochs=40, patience=3, refit=False, held_out=0.15)
    rng = np.random.default_rng(0)
    for song in (songs := made_dataset(24).songs):
        song.annotation.arousal[:] = rng.uniform(-1, 1)
        song.annotation.valence[:] = rng.uniform(-1, 1)
    model = fit_ffnn(songs, config, seed=4)
    errors = [epoch.held_out_rmse for epoch in model.history]
    best = int(np.argmin(errors))
    assert len(errors) == best + 1 + 3 < 40
    held_out = [songs[i] for i in holdout(songs, 0.15, 4, by="artist")[1]]
    x, y = stack_songs(held_out)
    assert rmse(y, model.predict(x)) == pytest.approx(errors[best], rel=1e-12)
    # training stopped although the training error was still falling
    assert model.history[-1].training_rmse < model.history[0].training_rmse


def test_refit_trains_on_all_songs_for_the_best_number_of_epochs() -> None:
    config = FFNNConfig(**SMALL, patience=1)
    watched = fit_ffnn(SONGS, config, seed=2)
    errors = [epoch.held_out_rmse for epoch in watched.history]
    best = int(np.argmin(errors)) + 1
    plain = FFNNConfig(**{**SMALL, "epochs": best, "held_out": 0.0})
    np.testing.assert_array_equal(watched.predict(TEST_X), fit_ffnn(SONGS, plain, seed=2).predict(TEST_X))
    assert watched.config == config


def test_without_held_out_songs_all_epochs_run() -> None:
    model = fit_ffnn(SONGS, FFNNConfig(**{**SMALL, "held_out": 0.0}))
    assert [(epoch.number, epoch.held_out_rmse) for epoch in model.history] == [
        (1, None),
        (2, None),
        (3, None),
    ]


def test_holding_out_a_single_artist_raises() -> None:
    with pytest.raises(DatasetError, match="cannot be split by artist"):
        fit_ffnn(SONGS[:2], FFNNConfig(**SMALL))


@pytest.mark.parametrize(
    "settings",
    [
        {"optimizer": "sgd", "learning_rate": 0.05, "momentum": 0.9},
        {"optimizer": "sgd", "learning_rate": 0.01, "batch_size": 1},
        {"optimizer": "sgd", "learning_rate": 0.1, "batch_size": 0},
        {"optimizer": "adam", "learning_rate": 1e-2, "batch_size": 32, "weight_decay": 0.1},
    ],
)
def test_every_optimizer_lowers_the_error(settings: dict) -> None:
    config = FFNNConfig(**{**SMALL, "epochs": 5, "dropout": 0.0, **settings, "held_out": 0.0})
    history = fit_ffnn(SONGS[:8], config).history
    assert history[-1].training_rmse < history[0].training_rmse


def test_full_batch_sgd_step_is_the_gradient_of_the_rmse() -> None:
    """One step from known weights, compared with the gradient of eq. (2) derived for the output layer."""
    config = FFNNConfig(
        hidden=(3,), activation="tanh", dropout=0, optimizer="sgd", learning_rate=0.2, weight_decay=0.1,
        batch_size=0, epochs=1, held_out=0,
    )  # fmt: skip
    stepped = fit_ffnn(SONGS, config, seed=7)
    torch.manual_seed(7)
    before = network(stepped.preprocessing.width, config)
    weights, bias = before[3].weight.detach().double().numpy(), before[3].bias.detach().double().numpy()
    first, first_bias = before[0].weight.detach().double().numpy(), before[0].bias.detach().double().numpy()
    h = np.tanh(fit_preprocessing(X, config.preprocessing).apply(X) @ first.T + first_bias)
    error = h @ weights.T + bias - Y
    # d sqrt(mean(e²)) / dW = Σ e hᵀ / (N · RMSE), where N is the number of points on both axes
    gradient = error.T @ h / (error.size * np.sqrt((error**2).mean())) + 0.1 * weights
    np.testing.assert_allclose(stepped.layers[1][0].T, weights - 0.2 * gradient, atol=1e-6)


def test_divergence_raises_with_the_learning_rate() -> None:
    config = FFNNConfig(**SMALL, optimizer="sgd", learning_rate=1e30)
    with pytest.raises(TrainingError, match=r"diverged in epoch 1; learning_rate must be below 1e\+30"):
        fit_ffnn(SONGS, config)


@pytest.mark.parametrize(
    ("kind", "settings", "message"),
    [
        (FFNNConfig, {"hidden": ()}, "hidden must be the units of each layer"),
        (FFNNConfig, {"hidden": (100_000_000_000,)}, "hidden must be the units of each layer, from 1 to 65536"),
        (FFNNConfig, {"hidden": (8, 0)}, "hidden must be the units of each layer"),
        (FFNNConfig, {"activation": "selu"}, "activation must be one of relu, sigmoid, tanh, got 'selu'"),
        (FFNNConfig, {"output": "relu"}, "output must be one of"),
        (FFNNConfig, {"dropout": 1.0}, "dropout must be in"),
        (FFNNConfig, {"optimizer": "lion"}, "optimizer must be sgd or adam"),
        (FFNNConfig, {"batch_size": 100}, "batch_size must be a power of two, or 0 for all rows, got 100"),
        (FFNNConfig, {"learning_rate": 0.0}, "learning_rate must be positive"),
        (FFNNConfig, {"momentum": 0.9}, "momentum must be 0 with adam"),
        (FFNNConfig, {"momentum": 1.0, "optimizer": "sgd"}, "momentum must be in"),
        (FFNNConfig, {"weight_decay": -1.0}, "weight_decay must be 0 or positive"),
        (FFNNConfig, {"epochs": 0}, "epochs must be 1 or more"),
        (FFNNConfig, {"held_out": 1.0}, "held_out must be in"),
        (FFNNConfig, {"patience": 0}, "patience must be 1 or more"),
        (SVRConfig, {"kernel": "laplace"}, "kernel must be one of linear, poly, rbf, sigmoid"),
        (SVRConfig, {"C": 0.0}, "C must be positive"),
        (SVRConfig, {"epsilon": -0.1}, "epsilon must be 0 or positive"),
        (SVRConfig, {"gamma": 0.0}, "gamma must be positive"),
        (SVRConfig, {"degree": 0}, "degree must be 1 or more"),
        (SVRConfig, {"row_step": 0}, "row_step must be 1 or more"),
    ],
)
def test_settings_out_of_range_raise(kind: type, settings: dict, message: str) -> None:
    with pytest.raises(TrainingError, match=message):
        kind(**settings)


@pytest.mark.parametrize(
    "config",
    [
        MLRConfig(preprocessing=PreprocessingConfig(scaling="range", clip=1.5)),
        SVRConfig(kernel="poly", degree=2),
        FFNNConfig(hidden=(5, 6), preprocessing=PreprocessingConfig(pca_variance=0.9, whiten=True)),
    ],
)
def test_settings_are_restored_from_a_table(config: object) -> None:
    assert config_from_table(type(config), as_table(config), where="test") == config


def test_settings_are_read_from_toml(tmp_path) -> None:
    path = tmp_path / "net.toml"
    path.write_text("hidden = [64, 32]\ndropout = 0\n[preprocessing]\npca_variance = 0.95\n")
    expected = FFNNConfig(hidden=(64, 32), dropout=0.0, preprocessing=PreprocessingConfig(pca_variance=0.95))
    assert read_config(path, FFNNConfig) == expected


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        (FFNNConfig, "[preprocessing]\nclip = 3", {"preprocessing": PreprocessingConfig(pca_variance=0.99, clip=3.0)}),
        (FFNNConfig, "[preprocessing]", {}),
        (BlendConfig, "[two_level]\nC = 2", {"two_level": TwoLevelConfig(context_s=36.0, C=2.0)}),
        (
            BlendConfig,
            "[state_space.mlr.preprocessing]\nclip = 3",
            {
                "state_space": LiveStateSpaceConfig(
                    level_memory_s=600.0, mlr=MLRConfig(preprocessing=PreprocessingConfig(clip=3.0))
                )
            },
        ),
    ],
)
def test_partly_filled_nested_tables_keep_the_familys_defaults(tmp_path, kind: type, text: str, expected: dict) -> None:
    path = tmp_path / "partial.toml"
    path.write_text(text)
    assert read_config(path, kind) == kind(**expected)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "[preprocessing]\npca_components = 20",
            "net.toml: preprocessing: pca_variance must be 0 if pca_components is",
        ),
        ("unit = 3", r"net.toml: unknown key 'unit'; known are hidden, activation, .*preprocessing"),
        ("[preprocessing]\npca = 3", "net.toml: preprocessing: unknown key 'pca'; known are compress, scaling, clip"),
        ("preprocessing = 3", "net.toml: preprocessing must be a table, got 3"),
        ("hidden = 64", "net.toml: hidden must be an array, got 64"),
        ("hidden = [64.5]", "net.toml: hidden must be a whole number, got 64.5"),
        ("dropout = 'half'", "net.toml: dropout must be a finite number, got 'half'"),
        ("dropout = nan", "net.toml: dropout must be a finite number, got nan"),
        ("dropout = true", "net.toml: dropout must be a finite number, got True"),
        ("epochs = true", "net.toml: epochs must be a whole number, got True"),
        ("refit = 1", "net.toml: refit must be true or false, got 1"),
        ("batch_size = 12", "net.toml: batch_size must be a power of two"),
        ("hidden = [", "net.toml: is not TOML"),
    ],
)
def test_invalid_settings_files_raise(tmp_path, text: str, message: str) -> None:
    path = tmp_path / "net.toml"
    path.write_text(text)
    with pytest.raises(TrainingError, match=message):
        read_config(path, FFNNConfig)


def test_missing_settings_file_raises(tmp_path) -> None:
    with pytest.raises(TrainingError, match=r"none.toml: cannot be read: No such file"):
        read_config(tmp_path / "none.toml", MLRConfig)


def test_progress_is_reported_for_each_epoch() -> None:
    steps = []
    fit_ffnn(SONGS, FFNNConfig(**{**SMALL, "held_out": 0.0}), progress=lambda *step: steps.append(step))
    assert [step[:2] for step in steps] == [(1, 3), (2, 3), (3, 3)]
    assert "training RMSE" in steps[0][2]
