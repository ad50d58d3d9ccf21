"""Recurrent networks: equations, training, model files, long songs, live use."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from moodcurve.datasets import Annotation, Dataset, Song
from moodcurve.features import Features
from moodcurve.learn import TrainingError
from moodcurve.learn.config import as_table, config_from_table
from moodcurve.learn.export import export
from moodcurve.learn.models.base import predict_rated
from moodcurve.learn.models.batches import MODEL_VARIANCE, agreement_weights, batches, training_song
from moodcurve.learn.models.losses import (
    concordance_loss,
    gaussian_loss,
    residual_loss,
    squared_error,
    valence_slope,
    within_song_error,
)
from moodcurve.learn.models.mlr import MLRConfig, fit_mlr
from moodcurve.learn.models.recurrent import Recurrent, fit_recurrent
from moodcurve.learn.models.recurrent_config import (
    MARGIN_ROWS,
    WINDOW_ROWS,
    ForwardConfig,
    LSTMConfig,
    RecurrentConfig,
)
from moodcurve.learn.models.recurrent_network import Network
from moodcurve.learn.preprocessing.context import ContextStatistics, mean_and_std
from moodcurve.learn.training import train
from moodcurve.metrics import ccc, rmse, scores
from moodcurve.runtime import Model, ModelError, load_model
from tests.helpers.training_songs import made_dataset

DATASET = made_dataset(12, frames=30)
SMALL = {"networks": 2, "epochs": 2, "hidden": 6, "bottleneck": 8, "window_rows": 20}
CONFIGS = [
    RecurrentConfig(**SMALL, context_rows=9),
    RecurrentConfig(**SMALL, layers=2, context_rows=0),
    LSTMConfig(**SMALL, layers=2, context_rows=200),
    ForwardConfig(**SMALL, layers=2),
    ForwardConfig(**SMALL, layers=2, cell="lstm"),
]
NAMES = [f"{c.cell}-{'both' if c.bidirectional else 'forward'}-{c.layers}-{c.context_rows}" for c in CONFIGS]
FORWARD = CONFIGS[3:]


def rows_of(songs: int, *, frames: int = 20, seed: int = 3) -> np.ndarray:
    """Return stacked rows of unseen songs, a few of them far outside the training range."""
    x = np.vstack([song.x for song in made_dataset(songs, frames=frames, seed=seed).songs])
    x[5:8] *= 20
    return x


def as_features(x: np.ndarray) -> Features:
    return Features(x, np.arange(len(x)) * 0.5, DATASET.feature_set)


@pytest.fixture(scope="module", params=CONFIGS, ids=NAMES)
def trained(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Recurrent, Model]:
    """Return a trained model, and the same model loaded from its file."""
    family = "gru" if request.param.bidirectional else "gru-forward"
    config = request.param
    if config.cell == "lstm" and config.bidirectional:
        family = "lstm"
    fitted = train(DATASET, family, config=config)
    path = tmp_path_factory.mktemp("models") / "model.onnx"
    export(fitted, path, name="net")
    assert isinstance(fitted.model, Recurrent)
    return fitted.model, load_model(path)


# --- equations ---


def sigmoid(v: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-v))


def read_forward(x: np.ndarray, cells: torch.nn.Module, suffix: str) -> np.ndarray:
    """Run one layer of cells over rows (n, inputs), by the published equations."""
    w, u, b, c = (
        getattr(cells, f"{name}{suffix}").detach().double().numpy()
        for name in ("weight_ih_l", "weight_hh_l", "bias_ih_l", "bias_hh_l")
    )
    h = memory = np.zeros(u.shape[1])
    read = []
    for row in x:
        if isinstance(cells, torch.nn.GRU):
            (r_x, z_x, n_x), (r_h, z_h, n_h) = np.split(w @ row + b, 3), np.split(u @ h + c, 3)
            z = sigmoid(z_x + z_h)
            h = (1 - z) * np.tanh(n_x + sigmoid(r_x + r_h) * n_h) + z * h
        else:
            i, f, g, o = np.split(w @ row + b + u @ h + c, 4)
            memory = sigmoid(f) * memory + sigmoid(i) * np.tanh(g)
            h = sigmoid(o) * np.tanh(memory)
        read.append(h)
    return np.array(read)


def reference(network: Network, z: np.ndarray, context: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Compute a network's outputs and standard deviations in double precision, from the published equations."""

    def linear(x: np.ndarray, layer: torch.nn.Linear) -> np.ndarray:
        return x @ layer.weight.detach().double().numpy().T + layer.bias.detach().double().numpy()

    x = np.tanh(linear(z, network.narrow))
    for layer in range(network.shape.layers):
        directions = [read_forward(x, network.cells, str(layer))]
        if network.shape.bidirectional:
            directions.append(read_forward(x[::-1], network.cells, f"{layer}_reverse")[::-1])
        x = np.hstack(directions)
    if context is not None:
        x = np.hstack([x, np.tanh(linear(context, network.context))])
    return linear(x, network.output), np.exp(np.clip(linear(x, network.log_std), -5, 1))


def context_of(z: np.ndarray, radius: int) -> np.ndarray:
    near = [z[max(t - radius, 0) : t + radius + 1] for t in range(len(z))]
    return np.array([np.concatenate([rows.mean(axis=0), rows.std(axis=0)]) for rows in near])


def test_model_follows_the_published_equations(trained: tuple[Recurrent, Model]) -> None:
    model, loaded = trained
    x = rows_of(3)
    z = model.preprocessing.apply(x)
    radius = model.config.context_rows
    context = context_of(z, radius) if radius else None
    outputs, stds = zip(*(reference(network, z, context) for network in model.networks), strict=True)
    mean = np.mean(outputs, axis=0)
    # single precision over 60 rows: 1e-6 of values of about 1
    np.testing.assert_allclose(model.predict(x), mean, atol=5e-6)
    # variance of a mixture: its second moment minus the square of its mean
    moment = np.mean(np.square(outputs) + np.square(stds), axis=0)
    std = loaded.predict_with_std(as_features(x)).std
    np.testing.assert_allclose(std, np.sqrt(moment - mean**2), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("n", [1, 2, 33, 900])
def test_file_and_trained_model_agree(trained: tuple[Recurrent, Model], n: int) -> None:
    model, loaded = trained
    x = rows_of(45)[:n]
    found = loaded.predict_with_std(as_features(x))
    # rounding errors of the cells fade from row to row, so that more rows do not accumulate them
    np.testing.assert_allclose(found.values, np.clip(model.predict(x), -1, 1), atol=1e-5)
    assert found.std is not None
    assert found.std.shape == (n, 2)
    np.testing.assert_array_equal(loaded.predict(as_features(x)), found.values)


def test_no_rows_give_no_predictions(trained: tuple[Recurrent, Model]) -> None:
    model, loaded = trained
    none = rows_of(1)[:0]
    assert model.predict(none).shape == (0, 2)
    found = loaded.predict_with_std(as_features(none))
    assert found.std is not None
    assert found.values.shape == found.std.shape == (0, 2)


@pytest.mark.parametrize("n", [1, 5, 40])
@pytest.mark.parametrize("radius", [1, 4, 100])
def test_context_statistics(n: int, radius: int) -> None:
    z = np.random.default_rng(n).normal(3, 2, size=(n, 4))
    z[:, 3] = 7.0
    found = ContextStatistics(radius).apply(z)
    # where the standard deviation is 0, the root turns rounding errors of 1e-15 into 3e-8
    np.testing.assert_allclose(found, context_of(z, radius), atol=1e-6)
    if radius >= n:
        np.testing.assert_allclose(found, np.repeat(mean_and_std(z), n, axis=0), atol=1e-6)


# --- training ---


def tensors(*arrays: np.ndarray) -> tuple[torch.Tensor, ...]:
    return tuple(torch.from_numpy(array) for array in arrays)


def test_losses_equal_the_metrics() -> None:
    rng = np.random.default_rng(0)
    y, y_pred = rng.normal(size=(2, 3, 8, 2))
    counted = np.ones((3, 8))
    counted[1, 5:] = counted[2, :2] = 0
    y[counted == 0] = 99.0
    rows = counted == 1
    given = tensors(y_pred, y, counted)
    each = [(y[rows][:, axis], y_pred[rows][:, axis]) for axis in (0, 1)]
    assert concordance_loss(*given).item() == pytest.approx(np.mean([1 - ccc(*pair) for pair in each]), abs=1e-9)
    assert squared_error(*given).item() == pytest.approx(np.mean([rmse(*pair) ** 2 for pair in each]), abs=1e-12)
    deviations = [
        (y[i][rows[i]] - y[i][rows[i]].mean(axis=0)) - (y_pred[i][rows[i]] - y_pred[i][rows[i]].mean(axis=0))
        for i in range(3)
    ]
    assert within_song_error(*given).item() == pytest.approx(np.square(np.vstack(deviations)).mean(), abs=1e-12)


def test_residual_loss_ignores_what_arousal_explains() -> None:
    rng = np.random.default_rng(2)
    y = rng.normal(size=(4, 9, 2))
    y[..., 1] += 0.7 * y[..., 0]
    flat = y.reshape(-1, 2)
    slope = valence_slope(flat)
    assert slope == pytest.approx(np.polyfit(flat[:, 0], flat[:, 1], 1)[0], abs=1e-12)
    assert valence_slope(np.array([[0.5, 0.1], [0.5, 0.3]])) == 0
    shadow = y.copy()
    shadow[..., 1] = slope * y[..., 0]
    counted = np.ones((4, 9))
    own = rng.normal(size=y.shape)
    expected = 1 - ccc(flat[:, 1] - slope * flat[:, 0], (own[..., 1] - slope * own[..., 0]).ravel())
    assert residual_loss(*tensors(own, y, counted), slope).item() == pytest.approx(expected, abs=1e-9)
    # a valence that is a multiple of arousal scores 0, however well it correlates
    assert residual_loss(*tensors(shadow, y, counted), slope).item() == pytest.approx(1, abs=1e-9)
    assert residual_loss(*tensors(y, y, counted), slope).item() == pytest.approx(0, abs=1e-9)


def test_equal_constant_predictions_and_labels_have_a_finite_loss() -> None:
    same = torch.full((2, 3, 2), 0.5, requires_grad=True)
    loss = concordance_loss(same, torch.full((2, 3, 2), 0.5), torch.ones(2, 3))
    loss.backward()
    assert loss.item() == pytest.approx(1)  # without covariance, the formula gives 1
    assert bool(same.grad.isfinite().all())


def test_gaussian_loss_is_least_at_the_standard_deviation_of_the_errors() -> None:
    error = torch.from_numpy(np.random.default_rng(1).normal(0, 0.3, size=(1, 5000, 2)))
    stds = np.linspace(0.2, 0.4, 41)
    losses = [gaussian_loss(torch.full((1, 5000, 2), math.log(s)), error, torch.ones(1, 5000)).item() for s in stds]
    # the grid step is 0.005, and 10,000 draws determine the standard deviation to 0.002
    assert stds[np.argmin(losses)] == pytest.approx(0.3, abs=0.006)


def part_rated(dataset: Dataset, first: int, end: int) -> Dataset:
    """Return the same songs, rated only from row `first` to before row `end`."""
    songs = []
    for song in dataset.songs:
        times, y = song.features.times_s[first:end], song.y[first:end]
        songs.append(
            replace(
                song,
                features=Features(song.x[first:end], times, song.features.feature_set),
                annotation=Annotation(times_s=times, arousal=y[:, 0], valence=y[:, 1]),
                recording=song.features,
            )
        )
    return replace(dataset, songs=tuple(songs))


def test_windows_hold_the_rated_rows_at_all_positions() -> None:
    dataset = part_rated(made_dataset(3, frames=100), 40, 50)
    model = fit_recurrent(dataset.songs, CONFIGS[0])
    songs = [training_song(song, model.preprocessing) for song in dataset.songs]
    starts = set()
    torch.manual_seed(0)
    for _ in range(150):
        (batch,) = batches(songs, size=8, window=20, context=True)
        assert batch.rows.shape == (3, 20, 236)
        assert batch.context is not None
        assert batch.context.shape == (3, 1, 472)
        positions = [torch.nonzero(rated)[:, 0] for rated in batch.weights]
        assert all(len(rows) == 10 for rows in positions)
        starts |= {int(rows[0]) for rows in positions}
        for i, rows in enumerate(positions):
            found = [j for j, song in enumerate(dataset.songs) if np.allclose(song.y, batch.y[i][rows], atol=1e-6)]
            assert len(found) == 1
            np.testing.assert_array_equal(batch.rows[i][rows], songs[found[0]].rows[40:50])
            np.testing.assert_allclose(batch.context[i], mean_and_std(batch.rows[i].double().numpy()), rtol=1e-6)
    assert starts == set(range(11))


def rated_by(song: Song, std: float, raters: int) -> Song:
    n = len(song.y)
    annotation = replace(
        song.annotation,
        arousal_std=np.full(n, std),
        valence_std=np.full(n, 2 * std),
        arousal_raters=np.full(n, raters),
        valence_raters=np.full(n, raters),
    )
    return replace(song, annotation=annotation)


def test_songs_with_agreeing_raters_have_larger_weights() -> None:
    one, two, unknown = made_dataset(3).songs
    songs = [rated_by(one, 0.2, 10), rated_by(two, 0.4, 10), unknown]
    # error variance of the mean: (s² + (2 s)²) / 2 / raters
    noise = np.array([0.01, 0.04, 0.025])
    expected = 1 / (MODEL_VARIANCE + noise)
    found = agreement_weights(songs)
    np.testing.assert_allclose(found, expected / expected.mean(), rtol=1e-12)
    np.testing.assert_array_equal(agreement_weights(made_dataset(3).songs), np.ones(3))
    # the standard deviation of a single rater is unknown, as for songs without raters
    alone = replace(songs[1].annotation, arousal_std=np.full(20, np.nan), valence_std=np.full(20, np.nan))
    np.testing.assert_array_equal(agreement_weights([songs[0], replace(two, annotation=alone)]), np.ones(2))


def test_weights_by_agreement_change_the_training() -> None:
    songs = [rated_by(song, 0.1 + 0.3 * (i % 2), 5) for i, song in enumerate(DATASET.songs)]
    plain_model, weighed = (fit_recurrent(songs, replace(CONFIGS[0], weigh_by_agreement=w)) for w in (False, True))
    assert np.abs(plain_model.predict(rows_of(1)) - weighed.predict(rows_of(1))).max() > 1e-4


def test_padding_of_short_songs_does_not_change_predictions() -> None:
    long, short = made_dataset(2, frames=30).songs[0], made_dataset(2, frames=7).songs[1]
    model = fit_recurrent([long, short], CONFIGS[0])
    songs = [training_song(song, model.preprocessing) for song in (long, short)]
    (batch,) = batches(songs, size=2, window=30, context=True)
    assert sorted(batch.lengths.tolist()) == [7, 30]
    i = batch.lengths.tolist().index(7)
    assert batch.weights[i].tolist() == [1] * 7 + [0] * 23
    network = model.networks[0]
    with torch.no_grad():
        together = network(batch.rows, batch.context, batch.lengths)[0][i, :7]
        alone = network(batch.rows[i : i + 1, :7], batch.context[i : i + 1])[0][0]
    # the same sums over vectors of different lengths
    np.testing.assert_allclose(together, alone, atol=1e-6)


def smoothed_songs(songs: int, *, seed: int) -> tuple[Song, ...]:
    """Return songs whose labels are the mean of a hidden variable over six rows; every column shows it with noise."""
    rng = np.random.default_rng(seed)
    made = []
    for song in made_dataset(songs, frames=60).songs:
        hidden = rng.normal(size=60)
        values = hidden[:, None] * np.where(np.arange(236) % 2, 1, -1) + rng.normal(size=(60, 236))
        mean = np.array([hidden[max(t - 5, 0) : t + 1].mean() for t in range(60)])
        annotation = Annotation(times_s=song.features.times_s, arousal=mean, valence=-mean)
        made.append(replace(song, features=as_features(values.astype(np.float32)), annotation=annotation))
    return tuple(made)


@pytest.mark.parametrize("kind", [RecurrentConfig, LSTMConfig, ForwardConfig])
def test_network_learns_from_several_rows(kind: type[RecurrentConfig]) -> None:
    training, new = smoothed_songs(30, seed=0), smoothed_songs(10, seed=1)
    config = kind(networks=1, hidden=16, epochs=15, batch_size=8, dropout=0.0, input_dropout=0.0, window_rows=40)
    models = fit_recurrent(training, config, seed=1), fit_mlr(training, MLRConfig())
    for axis in (0, 1):
        y = [song.y[:, axis] for song in new]
        read, by_row = (scores(y, [predict_rated(model, song)[:, axis] for song in new]) for model in models)
        # one row explains 1/6 of the variance of a mean of six, which is an r of .41
        assert by_row.r_song < 0.5
        assert read.r_song > 0.7
        assert read.ccc > 0.7


def test_seed_determines_the_networks() -> None:
    x = rows_of(2)
    one, again, other = (fit_recurrent(DATASET.songs, CONFIGS[0], seed=seed) for seed in (4, 4, 5))
    np.testing.assert_array_equal(one.predict(x), again.predict(x))
    assert one.history == again.history
    assert np.abs(one.predict(x) - other.predict(x)).max() > 1e-3


def test_history_and_progress_cover_all_networks() -> None:
    steps: list[tuple[int, int, str]] = []
    model = fit_recurrent(DATASET.songs, CONFIGS[0], progress=lambda *step: steps.append(step))
    assert [step[:2] for step in steps] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert steps[2][2].startswith("network 2 of 2: training RMSE 0.")
    assert [epoch.number for epoch in model.history] == [1, 2]
    assert all(0 < epoch.training_rmse < 2 and epoch.held_out_rmse is None for epoch in model.history)


def test_divergence_raises() -> None:
    songs = made_dataset(4).songs
    songs[0].annotation.arousal[3] = np.nan
    with pytest.raises(TrainingError, match=r"training diverged in epoch 1; learning_rate must be below 0\.004"):
        fit_recurrent(songs, RecurrentConfig(**SMALL))


@pytest.mark.parametrize(
    ("key", "value", "accepted"),
    [
        ("cell", "rnn", "one of gru, lstm"),
        ("hidden", 0, "from 1 to 4096"),
        ("context_rows", MARGIN_ROWS, f"from 0 to {MARGIN_ROWS - 1}"),
        ("networks", 0, "1 or more"),
        ("window_rows", 1, "2 or more"),
        ("trajectory_weight", -0.1, "0 or positive"),
        ("dropout", 1.0, r"in \[0, 1\)"),
        ("learning_rate", 0.0, "positive"),
    ],
)
def test_settings_out_of_range_raise(key: str, value: object, accepted: str) -> None:
    with pytest.raises(TrainingError, match=f"mine.toml: {key} must be {accepted}, got {value!r}"):
        config_from_table(RecurrentConfig, {key: value}, where="mine.toml")


def test_contradicting_settings_raise() -> None:
    with pytest.raises(TrainingError, match="context_rows must be 0 if bidirectional is false, got 60"):
        RecurrentConfig(bidirectional=False)
    with pytest.raises(TrainingError, match="error_weight must be positive if ccc_weight is 0"):
        RecurrentConfig(ccc_weight=0, error_weight=0)


@pytest.mark.parametrize("config", CONFIGS, ids=NAMES)
def test_settings_are_restored_from_a_table(config: RecurrentConfig) -> None:
    assert config_from_table(type(config), as_table(config), where="test") == config


# --- songs of any length ---


def long_song(minutes: int) -> np.ndarray:
    n = 120 * minutes
    return rows_of(n // 20 + 1, seed=8)[:n]


def test_windows_of_a_long_song_give_the_same_predictions(trained: tuple[Recurrent, Model]) -> None:
    model, loaded = trained
    x = long_song(30)
    assert len(x) > 2 * WINDOW_ROWS
    # after a margin of two minutes, earlier states have faded below single precision
    np.testing.assert_allclose(loaded.predict(as_features(x)), np.clip(model.predict(x), -1, 1), atol=1e-5)


def test_no_drift_on_a_song_of_ten_minutes(trained: tuple[Recurrent, Model]) -> None:
    model, loaded = trained
    # a repeated minute gives the same predictions each time, once its context is the same
    minute = long_song(1)
    again = loaded.predict(as_features(np.tile(minute, (10, 1)))).reshape(10, len(minute), 2)
    # forward networks read the first minute without a past
    for part in again[3:7]:
        np.testing.assert_allclose(part, again[2], atol=1e-5)
    if not model.config.bidirectional:
        np.testing.assert_allclose(again[9], again[2], atol=1e-5)


@pytest.fixture(scope="module", params=FORWARD, ids=NAMES[3:])
def forward(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Model:
    path = tmp_path_factory.mktemp("models") / "forward.onnx"
    export(train(DATASET, "gru-forward", config=request.param), path, name="forward")
    return load_model(path)


def test_forward_model_uses_past_rows_only(forward: Model) -> None:
    x = rows_of(10)
    whole = forward.predict(as_features(x))
    changed = x.copy()
    changed[120:] = changed[120:] * -3 + 1
    np.testing.assert_array_equal(forward.predict(as_features(changed))[:120], whole[:120])
    np.testing.assert_array_equal(forward.predict(as_features(x[:120])), whole[:120])
    assert np.abs(forward.predict(as_features(changed)) - whole)[120:].max() > 1e-3


@pytest.mark.parametrize("sizes", [[1] * 30, [0, 7, 0, 23], [29, 1]])
def test_blocks_give_the_predictions_of_the_whole_song(forward: Model, sizes: list[int]) -> None:
    x = rows_of(2)[: sum(sizes)]
    whole = forward.predict_with_std(as_features(x))
    stream = forward.stream()
    found = [stream.push(as_features(part)) for part in np.split(x, np.cumsum(sizes)[:-1])]
    np.testing.assert_array_equal(np.vstack([part.values for part in found]), whole.values)
    np.testing.assert_array_equal(np.vstack([part.std for part in found]), whole.std)


def test_stream_continues_after_invalid_rows(forward: Model) -> None:
    x = rows_of(2)
    bad = x[:3].copy()
    bad[1, 1] = np.nan
    stream, other = forward.stream(), forward.stream()
    for each in (stream, other):
        each.push(as_features(x[:10]))
    with pytest.raises(ValueError, match="must be finite"):
        stream.push(as_features(bad))
    later = as_features(x[10:])
    np.testing.assert_array_equal(stream.push(later).values, other.push(later).values)


def test_bidirectional_model_cannot_be_streamed(tmp_path: Path) -> None:
    export(train(DATASET, "gru", config=CONFIGS[0]), tmp_path / "both.onnx", name="both")
    with pytest.raises(
        ModelError, match="both reads songs forward and backward; live use needs a model that reads forward"
    ):
        load_model(tmp_path / "both.onnx").stream()


def test_row_wise_model_can_be_streamed(tmp_path: Path) -> None:
    export(train(DATASET, "mlr"), tmp_path / "mlr.onnx", name="mlr")
    model = load_model(tmp_path / "mlr.onnx")
    x = rows_of(1)
    stream = model.stream()
    found = np.vstack([stream.push(as_features(x[i : i + 1])).values for i in range(len(x))])
    np.testing.assert_array_equal(found, model.predict(as_features(x)))
    assert stream.push(as_features(x)).std is None
