"""The regression of levels compared with scikit-learn and with the objective that it minimizes."""

import numpy as np
import pytest
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel

from moodcurve.learn import TrainingError
from moodcurve.learn.models.gp_level import GPLevel, GPLevelConfig, Passages, fit_gp_level
from tests.helpers.onnx_values import onnx_values

BLOCKS = (5, 3)
SONGS, COLUMNS = 30, sum(BLOCKS)
RNG = np.random.default_rng(7)
X = RNG.normal(size=(SONGS, COLUMNS))
Y = np.tanh(0.5 * X[:, 0] - 0.4 * X[:, 6]) + 0.1 * RNG.normal(size=SONGS)
NEW = RNG.normal(size=(20, COLUMNS))
IS_SIDE = np.arange(SONGS) >= 18
WEIGHTS = np.where(np.arange(SONGS) % 3 == 0, 0.5, 1.0)
SHIFTS = RNG.normal(size=(6, 1)) * np.eye(COLUMNS)[:1] + 0.01 * RNG.normal(size=(6, COLUMNS))
PLAIN = GPLevelConfig(relevance=0.0, variance=1.0)


def passages(x=X, y=Y, *, is_side=None, weights=None, first=None, shifts=None) -> Passages:
    n = len(x)
    is_side = np.zeros(n, dtype=bool) if is_side is None else is_side
    return Passages(
        x=x,
        y=np.where(is_side, np.sign(y), y),
        is_side=is_side,
        weights=np.ones(n) if weights is None else weights,
        first=np.ones(n, dtype=bool) if first is None else first,
        shifts=np.empty((0, COLUMNS)) if shifts is None else shifts,
    )


def scaled(x: np.ndarray) -> np.ndarray:
    """Scale columns so that each block has a mean square of 1 / blocks, if columns have variance 1."""
    return x / np.sqrt(np.repeat(BLOCKS, BLOCKS) * len(BLOCKS))


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["equal", "weighted"])
def test_ratings_alone_are_a_gaussian_process_regression(weights: np.ndarray | None) -> None:
    level = fit_gp_level(passages(weights=weights), BLOCKS, PLAIN)
    noise = PLAIN.noise / (np.ones(SONGS) if weights is None else weights)
    # exp(-gamma d²) is exp(-d² / (2 length²))
    kernel = ConstantKernel(PLAIN.prior, "fixed") * RBF(1 / np.sqrt(2 * PLAIN.gamma), "fixed")
    mean = np.average(Y, weights=weights)
    reference = GaussianProcessRegressor(kernel, alpha=noise, optimizer=None).fit(scaled(X), Y - mean)
    # passages are rounded to single precision
    np.testing.assert_allclose(level.apply(NEW)[:, 0], mean + reference.predict(scaled(NEW)), atol=1e-5)


def kernels(level: GPLevel, x: np.ndarray) -> np.ndarray:
    z = level.projection.apply(x).astype(np.float32).astype(np.float64)
    squares = ((z[:, None] - level.points[None]) ** 2).sum(axis=2)
    return np.exp(-level.config.gamma * squares)


@pytest.mark.parametrize(
    "given",
    [
        passages(),
        passages(is_side=IS_SIDE),
        passages(is_side=IS_SIDE, weights=WEIGHTS),
        passages(is_side=IS_SIDE, first=np.arange(SONGS) % 2 == 0),
        passages(is_side=np.ones(SONGS, dtype=bool)),
    ],
    ids=["ratings", "both", "weighted", "fewer points", "sides"],
)
@pytest.mark.parametrize("slope", [4.0, 200.0])
def test_weights_minimize_the_objective(given: Passages, slope: float) -> None:
    config = GPLevelConfig(slope=slope, quadrant_weight=2.0)
    level = fit_gp_level(given, BLOCKS, config)
    k, among = kernels(level, given.x), kernels(level, given.x[given.first])
    side = given.is_side
    assert level.mean == pytest.approx(np.average(given.y[~side], weights=given.weights[~side]) if (~side).any() else 0)

    def objective(a: np.ndarray) -> float:
        f = level.mean + k @ a
        rated = given.weights[~side] * (given.y - f)[~side] ** 2 / (2 * config.noise)
        sides = given.weights[side] * np.logaddexp(0, -config.slope * (given.y * f)[side])
        return float(rated.sum() + config.quadrant_weight * sides.sum() + a @ among @ a / (2 * config.prior))

    def gradient(a: np.ndarray) -> np.ndarray:
        return np.array([(objective(a + h) - objective(a - h)) / 2e-6 for h in 1e-6 * np.eye(len(a))])

    a = level.weights[:, 0]
    # the steps end at changes of 1e-5 in f
    assert np.abs(gradient(np.zeros(len(a)))).max() > 10
    assert np.abs(gradient(a)).max() < 0.02
    assert all(objective(a + h) > objective(a) for h in 0.01 * np.eye(len(a)))


def test_sides_move_the_prediction_to_their_side() -> None:
    rated = fit_gp_level(passages(X[:18], Y[:18]), BLOCKS, PLAIN)
    for side in (-1.0, 1.0):
        x, y = np.vstack([X[:18], NEW[:1]]), np.append(Y[:18], side)
        found = fit_gp_level(passages(x, y, is_side=np.arange(19) == 18), BLOCKS, PLAIN)
        assert side * (found.apply(NEW[:1]) - rated.apply(NEW[:1]))[0, 0] > 0.02


def test_sides_alone_are_found() -> None:
    sides = np.ones(SONGS, dtype=bool)
    level = fit_gp_level(passages(y=X[:, 0], is_side=sides), BLOCKS, PLAIN)
    assert level.mean == 0
    assert (np.sign(level.apply(X)[:, 0]) == np.sign(X[:, 0])).mean() > 0.9


def test_quadrant_weight_0_ignores_sides() -> None:
    config = GPLevelConfig(relevance=0.0, variance=1.0, quadrant_weight=0.0)
    other = np.where(IS_SIDE, -Y, Y)
    one, two = (fit_gp_level(passages(y=y, is_side=IS_SIDE), BLOCKS, config).apply(NEW) for y in (Y, other))
    np.testing.assert_array_equal(one, two)
    rated = fit_gp_level(passages(X[~IS_SIDE], Y[~IS_SIDE]), BLOCKS, config).apply(NEW)
    # the principal components are those of all songs, rounded to single precision
    np.testing.assert_allclose(one, rated, atol=1e-5)


@pytest.mark.parametrize("relevance", [0.0, 0.5, 2.0])
def test_column_weights_are_powers_of_the_correlation_within_blocks(relevance: float) -> None:
    level = fit_gp_level(passages(is_side=IS_SIDE), BLOCKS, GPLevelConfig(relevance=relevance, variance=1.0))
    r = np.array([abs(np.corrcoef(column, Y[~IS_SIDE])[0, 1]) for column in X[~IS_SIDE].T])
    expected = []
    for block in np.split(r**relevance, np.cumsum(BLOCKS)[:-1]):
        weights = np.maximum(block, 0.01 * block.max())
        expected.append(weights / np.sqrt((weights**2).sum() * len(BLOCKS)))
    # with all components, the rotation keeps the length of a column's row
    lengths = np.sqrt((level.projection.rotation**2).sum(axis=1))
    np.testing.assert_allclose(lengths, np.concatenate(expected), rtol=1e-6)
    assert (lengths**2).sum() == pytest.approx(1)


def test_components_keep_the_given_fraction_of_the_variance() -> None:
    level = fit_gp_level(passages(), BLOCKS, GPLevelConfig(relevance=0.0, variance=0.7))
    held = np.sort(np.linalg.svd(scaled(X - X.mean(axis=0)), compute_uv=False) ** 2)[::-1]
    kept = level.points.shape[1]
    assert held[:kept].sum() / held.sum() >= 0.7 > held[: kept - 1].sum() / held.sum()


def test_constant_ratings_and_columns_are_allowed() -> None:
    x = X.copy()
    x[:, 5:] = 0.0
    level = fit_gp_level(passages(x, np.full(SONGS, 0.25)), BLOCKS, GPLevelConfig())
    np.testing.assert_allclose(level.apply(NEW), 0.25, atol=1e-9)


def test_one_song_is_predicted_between_its_rating_and_the_mean() -> None:
    level = fit_gp_level(passages(X[:2], Y[:2]), BLOCKS, GPLevelConfig())
    found = level.apply(X[:2])[:, 0]
    low, high = sorted(Y[:2])
    assert (low < found).all()
    assert (found < high).all()


def test_level_hardly_follows_the_shifts_of_altered_sound() -> None:
    """Altered sound moves column 0, which the level depends on most."""
    before, after = (fit_gp_level(passages(shifts=shifts), BLOCKS, PLAIN) for shifts in (None, SHIFTS))
    step = np.eye(COLUMNS)[:1]
    moved = [np.abs(level.apply(NEW + step) - level.apply(NEW)).max() for level in (before, after)]
    assert moved[0] > 0.2
    assert moved[1] < 0.1 * moved[0]
    # others count as before
    other = np.eye(COLUMNS)[6:7]
    assert np.abs(after.apply(NEW + other) - after.apply(NEW)).max() > 0.1
    ignored = fit_gp_level(passages(shifts=SHIFTS), BLOCKS, GPLevelConfig(relevance=0.0, variance=1.0, shift_penalty=0))
    np.testing.assert_array_equal(ignored.apply(NEW), before.apply(NEW))


@pytest.mark.parametrize("config", [GPLevelConfig(), PLAIN, GPLevelConfig(gamma=2.0, relevance=4.0)])
def test_graph_computes_the_same(config: GPLevelConfig) -> None:
    level = fit_gp_level(passages(is_side=IS_SIDE, weights=WEIGHTS, shifts=SHIFTS), BLOCKS, config)
    rows = np.vstack([X, NEW, 100 * NEW]).astype(np.float32)
    found = onnx_values(rows, lambda graph: level.build(graph, graph.x), 1)
    np.testing.assert_allclose(found, level.apply(rows.astype(np.float64)), atol=1e-6)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"gamma": 0.0}, "gamma must be positive, got 0.0"),
        ({"noise": -1.0}, "noise must be positive"),
        ({"prior": 0.0}, "prior must be positive"),
        ({"slope": 0.0}, "slope must be positive"),
        ({"quadrant_weight": -0.1}, "quadrant_weight must be 0 or positive"),
        ({"relevance": 4.5}, "relevance must be from 0 to 4"),
        ({"shift_penalty": -1.0}, "shift_penalty must be 0 or positive"),
        ({"variance": 0.0}, r"variance must be in \(0, 1\]"),
    ],
)
def test_settings_out_of_range_raise(settings: dict, message: str) -> None:
    with pytest.raises(TrainingError, match=message):
        GPLevelConfig(**settings)
