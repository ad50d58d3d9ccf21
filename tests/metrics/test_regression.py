"""Metrics against plain formulas, NumPy and SciPy; undefined cases; coverage of bootstrap intervals."""

import json
import math

import numpy as np
import numpy.typing as npt
import pytest
import scipy.stats
import sklearn.metrics
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from moodcurve.metrics import METRICS, ccc, determination, pearson_r, r2, rmse, scores
from moodcurve.metrics.bootstrap import bootstrap, bootstrap_difference

Array = npt.NDArray[np.float64]
Songs = list[Array]


def plain_rmse(y: Array, p: Array) -> float:
    return math.sqrt(sum((a - b) ** 2 for a, b in zip(y.tolist(), p.tolist(), strict=True)) / len(y))


def plain_ccc(y: Array, p: Array) -> float:
    """Lin's formula in its other form: 2 ρ σ_y σ_p / (σ_y² + σ_p² + (μ_y - μ_p)²)."""
    rho = scipy.stats.pearsonr(y, p).statistic
    return float(2 * rho * y.std() * p.std() / (y.var() + p.var() + (y.mean() - p.mean()) ** 2))


def songs(n: int, *, seed: int, points: int = 60, spread: float = 0.3, noise: float = 0.2) -> tuple[Songs, Songs]:
    """Make songs whose levels have std `spread`, with small changes within, and predictions with error `noise`."""
    rng = np.random.default_rng(seed)
    y_true, y_pred = [], []
    for _ in range(n):
        y = rng.normal(0, spread) + np.cumsum(rng.normal(0, 0.02, points))
        y_true.append(y)
        y_pred.append(0.6 * y + rng.normal(0, noise) + rng.normal(0, 0.05, points))
    return y_true, y_pred


# --- metrics of one pair of series ---


def test_known_answers() -> None:
    y, p = np.array([0.0, 1, 2, 3]), np.array([1.0, 2, 3, 4])
    assert rmse(y, p) == 1
    assert pearson_r(y, p) == pytest.approx(1, abs=1e-15)
    # variances 1.25 each, covariance 1.25, means 1 apart: 2.5 / (2.5 + 1)
    assert ccc(y, p) == pytest.approx(2.5 / 3.5, abs=1e-15)
    assert pearson_r(y, -p) == pytest.approx(-1, abs=1e-15)
    assert r2(y, -p) == pytest.approx(1, abs=1e-15)
    # deviations -1 0 1 and -1 1 0: covariance 1/3, variances 2/3
    assert pearson_r(np.array([1.0, 2, 3]), np.array([1.0, 3, 2])) == pytest.approx(0.5, abs=1e-15)
    assert r2(np.array([1.0, 2, 3]), np.array([1.0, 3, 2])) == pytest.approx(0.25, abs=1e-15)


def test_correlations_stay_in_their_range() -> None:
    beyond = 0
    for seed in range(300):
        rng = np.random.default_rng(seed)
        y = rng.normal(0, 1, 7)
        p = y * 10.0 ** rng.integers(-3, 4) * rng.choice([-1, 1])
        dy, dp = y - y.mean(), p - p.mean()
        beyond += abs(dy @ dp / (np.sqrt(dy @ dy) * np.sqrt(dp @ dp))) > 1  # the formula without care
        for figure in (pearson_r, ccc):
            assert -1 <= figure(y, p) <= 1
        assert 0 <= r2(y, p) <= 1
        assert abs(ccc(y, y)) <= 1
    assert beyond > 10


@pytest.mark.parametrize("value", [1.5e100, 1e160, 1e308])
def test_values_whose_squares_overflow_are_refused(value: float) -> None:
    large, small = np.array([0.0, value, 1]), np.array([0.0, 1, 2])
    for pair in ((large, small), (small, large), (large, -large)):
        with pytest.raises(ValueError, match=r"must be at most 1e\+100 in magnitude, got "):
            scores(*([series] for series in pair))


@pytest.mark.parametrize("scale", [1e100, 1e-100, 1e-160, 1e-300, 5e-324])
def test_no_scale_of_values_warns(scale: float) -> None:
    # warnings are errors here
    y, p = np.array([0.0, 0.5, 1, 0.25]) * scale, np.array([0.0, 1, 0.5, 0.5]) * scale
    found = scores([y, y], [p, p[::-1]])
    assert np.isfinite(found.rmse)
    for value in (found.r, found.ccc, found.r2):
        assert math.isnan(value) or -1 <= value <= 1
    if scale >= 1e-100:
        assert pearson_r(y, p) == pytest.approx(pearson_r(y / scale, p / scale), abs=1e-12)


def test_determination_is_not_the_squared_correlation() -> None:
    y = np.array([0.0, 1, 2, 3])  # variance 1.25
    assert determination(y, y) == 1
    assert determination(y, np.full(4, y.mean())) == 0
    assert determination(y, y + 1) == pytest.approx(1 - 1 / 1.25, abs=1e-15)
    # errors -3 -1 1 3, mean square 5: worse than the mean, though the squared correlation is 1
    assert determination(y, y[::-1]) == pytest.approx(1 - 5 / 1.25, abs=1e-15)
    assert r2(y, y[::-1]) == pytest.approx(1, abs=1e-15)


NUMBERS = st.integers(-1000, 1000).map(lambda i: i / 1000)
PAIRS = (
    st.integers(2, 50)
    .flatmap(lambda n: st.tuples(arrays(np.float64, n, elements=NUMBERS), arrays(np.float64, n, elements=NUMBERS)))
    .filter(lambda pair: np.ptp(pair[0]) > 0 and np.ptp(pair[1]) > 0)
)


@settings(deadline=None)
@given(PAIRS)
def test_metrics_equal_plain_formulas(pair: tuple[Array, Array]) -> None:
    y, p = pair
    # both sides round in double precision; standard deviations of at least 1e-3 leave an error below 1e-9
    assert rmse(y, p) == pytest.approx(plain_rmse(y, p), abs=1e-9)
    assert pearson_r(y, p) == pytest.approx(np.corrcoef(y, p)[0, 1], abs=1e-9)
    assert r2(y, p) == pytest.approx(scipy.stats.linregress(y, p).rvalue ** 2, abs=1e-9)
    assert ccc(y, p) == pytest.approx(plain_ccc(y, p), abs=1e-9)
    # errors over a std of at least 1e-3: up to 4e6, with ten digits left in double precision
    assert determination(y, p) == pytest.approx(sklearn.metrics.r2_score(y, p), rel=1e-9, abs=1e-9)
    assert abs(ccc(y, p)) <= abs(pearson_r(y, p)) + 1e-12  # Lin 1989: |CCC| never exceeds |r|


def test_a_large_offset_loses_no_precision() -> None:
    rng = np.random.default_rng(0)
    y = rng.normal(0, 1, 100)
    p = y + rng.normal(0, 1, 100)
    # 1e4 + y has lost four of sixteen digits before any metric sees it
    assert pearson_r(y + 1e4, p - 1e4) == pytest.approx(pearson_r(y, p), abs=1e-10)


# --- undefined cases ---


@pytest.mark.parametrize("value", [0.0, 0.1, -0.7])  # the mean of sixty 0.1 is not 0.1 in floating point
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_constant_series_has_no_correlation(value: float, dtype: type) -> None:
    rated = np.sin(np.arange(60.0)).astype(dtype)
    constant = np.full(60, value, dtype)
    for y, p in ((rated, constant), (constant, rated)):
        assert math.isnan(pearson_r(y, p))
        assert math.isnan(r2(y, p))
        assert math.isnan(determination(y, p)) == (y is constant)
        assert ccc(y, p) == 0
        assert rmse(y, p) == pytest.approx(plain_rmse(y, p), rel=1e-6)  # float32 input


def test_a_constant_of_single_precision_counts_as_constant() -> None:
    rng = np.random.default_rng(0)
    nearly = (np.float32(0.3) + rng.uniform(-3e-8, 3e-8, 60)).astype(np.float32)
    assert np.ptp(nearly) > 0
    assert math.isnan(pearson_r(np.sin(np.arange(60.0)), nearly))


def test_a_small_standard_deviation_is_not_constant() -> None:
    y = np.sin(np.arange(60.0))
    assert pearson_r(y, 0.3 + 1e-5 * y) == pytest.approx(1, abs=1e-9)
    assert pearson_r(y, 1e-9 * y) == pytest.approx(1, abs=1e-12)


def test_two_constant_series() -> None:
    same, other = np.full(60, 0.1), np.full(60, 0.2)
    assert math.isnan(ccc(same, same.copy()))
    assert ccc(same, other) == 0
    assert math.isnan(pearson_r(same, other))
    assert math.isnan(ccc(np.zeros(3), np.zeros(3)))


def test_one_point() -> None:
    y, p = np.array([0.5]), np.array([0.25])
    assert rmse(y, p) == 0.25
    assert math.isnan(pearson_r(y, p))
    assert math.isnan(r2(y, p))
    assert math.isnan(ccc(y, p))
    assert math.isnan(determination(y, p))


@pytest.mark.parametrize("metric", [rmse, pearson_r, r2, ccc, determination])
def test_series_that_do_not_match_are_refused(metric: object) -> None:
    assert callable(metric)
    with pytest.raises(ValueError, match=r"of the same length, .* got shapes \(3,\) and \(2,\)"):
        metric(np.zeros(3), np.zeros(2))
    with pytest.raises(ValueError, match=r"at least one point long, got shapes \(0,\)"):
        metric(np.zeros(0), np.zeros(0))
    with pytest.raises(ValueError, match=r"got shapes \(2, 1\)"):
        metric(np.zeros((2, 1)), np.zeros((2, 1)))
    with pytest.raises(ValueError, match="must be finite, got NaN"):
        metric(np.array([0.0, math.nan]), np.zeros(2))


# --- several songs ---


def test_scores_equal_plain_formulas() -> None:
    y_true, y_pred = songs(12, seed=0)
    y_true[3], y_pred[3] = y_true[3][:7], y_pred[3][:7]  # songs differ in length
    found = scores(y_true, y_pred)
    y, p = np.concatenate(y_true), np.concatenate(y_pred)
    pairs = list(zip(y_true, y_pred, strict=True))
    r_song = [np.corrcoef(*pair)[0, 1] for pair in pairs]
    expected = {
        "rmse": plain_rmse(y, p),
        "r": np.corrcoef(y, p)[0, 1],
        "r2": np.corrcoef(y, p)[0, 1] ** 2,
        "ccc": plain_ccc(y, p),
        "rmse_song": np.mean([plain_rmse(*pair) for pair in pairs]),
        "r_song": np.mean(r_song),
        "r2_song": np.mean(np.square(r_song)),
        "ccc_song": np.mean([plain_ccc(*pair) for pair in pairs]),
        "determination": sklearn.metrics.r2_score(y, p),
    }
    assert set(expected) == set(METRICS)
    for name, value in expected.items():
        assert getattr(found, name) == pytest.approx(value, abs=1e-12), name
    assert (found.songs, found.points) == (12, 11 * 60 + 7)
    assert (found.songs_without_r, found.songs_without_ccc) == (0, 0)


def test_songs_where_a_metric_is_undefined_are_counted_and_skipped() -> None:
    y_true, y_pred = songs(4, seed=1)
    flat = np.full(60, 0.2)
    found = scores([*y_true, y_true[0], flat], [*y_pred, flat, flat])
    assert (found.songs, found.songs_without_r, found.songs_without_ccc) == (6, 2, 1)
    without = scores(y_true, y_pred)
    assert found.r_song == pytest.approx(without.r_song, abs=1e-15)
    assert found.ccc_song == pytest.approx(without.ccc_song * 4 / 5, abs=1e-15)  # the fifth song's is 0


def test_constant_predictions() -> None:
    y_true, _ = songs(5, seed=2)
    found = scores(y_true, [np.full(60, 0.1)] * 5)
    assert [math.isnan(value) for value in (found.r_song, found.r2_song, found.r, found.r2)] == [True] * 4
    assert found.ccc == found.ccc_song == 0
    written = found.as_dict()
    assert written["r_song"] is None
    assert written["songs_without_r"] == 5
    assert json.loads(json.dumps(written, allow_nan=False)) == written


def test_songs_that_do_not_match() -> None:
    with pytest.raises(ValueError, match="same songs, at least one, got 2 and 1"):
        scores([np.zeros(2)] * 2, [np.zeros(2)])
    with pytest.raises(ValueError, match="at least one, got 0 and 0"):
        scores([], [])
    with pytest.raises(ValueError, match=r"y_true\[1\] and y_pred\[1\]"):
        scores([np.zeros(2), np.zeros(3)], [np.zeros(2), np.zeros(2)])


# --- bootstrap ---


def test_bootstrap_equals_resampling_the_arrays() -> None:
    """Draw songs, concatenate their arrays and compute metrics: the same distribution, with similar quantiles."""
    y_true, y_pred = songs(40, seed=3)
    y_pred[0] = np.full(60, 0.1)  # a song without r
    found = bootstrap(y_true, y_pred, n=4000, seed=0)
    rng = np.random.default_rng(1)
    drawn: dict[str, list[float]] = {name: [] for name in METRICS}
    for _ in range(1500):
        picked = rng.integers(0, 40, 40)
        values = scores([y_true[i] for i in picked], [y_pred[i] for i in picked])
        for name in METRICS:
            drawn[name].append(getattr(values, name))
    for name, interval in found.items():
        assert interval.value == pytest.approx(getattr(scores(y_true, y_pred), name), abs=1e-12)
        low, high = np.quantile(drawn[name], [0.025, 0.975])
        # a 2.5 % quantile of 1,500 draws has a standard error of about .07 of the distribution's std
        # (sqrt(.025·.975/1500) over the normal density there, .058), that of 4,000 .04: four times both
        assert interval.low == pytest.approx(low, abs=0.33 * np.std(drawn[name])), name
        assert interval.high == pytest.approx(high, abs=0.33 * np.std(drawn[name])), name


def test_each_draw_equals_scores_of_its_songs() -> None:
    """Two songs have only three different draws; their metrics are the ends of the interval."""
    y_true, y_pred = songs(2, seed=4)
    found = bootstrap(y_true, y_pred, n=200, seed=0, level=0.99)
    for name in METRICS:
        values = [
            getattr(scores([y_true[i] for i in k], [y_pred[i] for i in k]), name) for k in ([0, 0], [0, 1], [1, 1])
        ]
        assert found[name].low == pytest.approx(min(values), abs=1e-12)
        assert found[name].high == pytest.approx(max(values), abs=1e-12)


def test_intervals_cover_the_true_value() -> None:
    """The 95 % interval holds the true value in about 95 % of samples whose points go together by song."""
    rng = np.random.default_rng(5)
    n_songs, points, samples = 80, 10, 300
    # levels (std .3) predicted with error .3, noise .05 per point on both: pooled r and rmse of the population
    true_r = 0.3**2 / math.sqrt((0.3**2 + 0.05**2) * (0.3**2 + 0.3**2 + 0.05**2))
    true_rmse = math.sqrt(0.3**2 + 2 * 0.05**2)
    held = {"r": 0, "rmse": 0}
    for sample in range(samples):
        level = rng.normal(0, 0.3, (n_songs, 1))
        y = level + rng.normal(0, 0.05, (n_songs, points))
        p = level + rng.normal(0, 0.3, (n_songs, 1)) + rng.normal(0, 0.05, (n_songs, points))
        found = bootstrap(list(y), list(p), ["r", "rmse"], n=500, seed=sample)
        held["r"] += found["r"].low <= true_r <= found["r"].high
        held["rmse"] += found["rmse"].low <= true_rmse <= found["rmse"].high
    # a percentile interval over 80 songs covers slightly less than its level; .95 ± 3 standard errors (.013) is
    # .91 to .99. Drawing points instead of songs covers .45.
    for name, count in held.items():
        assert 0.905 <= count / samples <= 0.985, (name, count)


def test_difference_of_two_models() -> None:
    y_true, y_pred = songs(200, seed=6)
    worse = [p + e for p, e in zip(y_pred, np.random.default_rng(7).normal(0, 0.25, 200), strict=True)]
    found = bootstrap_difference(y_true, y_pred, worse, n=2000, seed=0)
    one, other = scores(y_true, y_pred), scores(y_true, worse)
    for name in METRICS:
        value = getattr(one, name) - getattr(other, name)
        assert found[name].value == pytest.approx(value, abs=1e-12)
    assert found["rmse"].high < 0 < found["r"].low
    # both models miss the same songs: paired, the interval is narrower than from two independent samples
    alone, other_alone = (bootstrap(y_true, p, ["r"], n=2000, seed=0)["r"] for p in (y_pred, worse))
    unpaired = math.hypot(alone.high - alone.low, other_alone.high - other_alone.low)
    assert found["r"].high - found["r"].low < 0.8 * unpaired
    # added to a whole song, the error changes no correlation within it
    assert found["r_song"].high == pytest.approx(0, abs=1e-12)
    same = bootstrap_difference(y_true, y_pred, y_pred, n=100, seed=0)
    assert all((i.value, i.low, i.high) == (0, 0, 0) for i in same.values())


def test_difference_uses_the_same_draws_for_both_models() -> None:
    y_true, y_pred = songs(30, seed=8)
    zero = [np.zeros(60)] * 30  # its rmse in a draw is that of the ratings' magnitude alone
    found = bootstrap_difference(y_true, zero, y_pred, ["rmse_song"], n=3000, seed=1)
    each = [plain_rmse(y, np.zeros(60)) - plain_rmse(y, p) for y, p in zip(y_true, y_pred, strict=True)]
    rng = np.random.default_rng(2)
    means = np.mean(np.array(each)[rng.integers(0, 30, (3000, 30))], axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    # two 2.5 % quantiles of 3,000 draws: 4 · sqrt(2) · .05 of the std
    assert found["rmse_song"].low == pytest.approx(low, abs=0.28 * means.std())
    assert found["rmse_song"].high == pytest.approx(high, abs=0.28 * means.std())


def test_seed_and_level() -> None:
    y_true, y_pred = songs(30, seed=9)
    assert bootstrap(y_true, y_pred, seed=1) == bootstrap(y_true, y_pred, seed=1)
    assert bootstrap(y_true, y_pred, seed=1) != bootstrap(y_true, y_pred, seed=2)
    wide = bootstrap(y_true, y_pred, ["ccc"], seed=1)["ccc"]
    narrow = bootstrap(y_true, y_pred, ["ccc"], seed=1, level=0.5)["ccc"]
    assert wide.low < narrow.low < narrow.high < wide.high
    assert list(bootstrap(y_true, y_pred, ["r", "ccc"], seed=1)) == ["r", "ccc"]


def test_undefined_intervals() -> None:
    y_true, y_pred = songs(1, seed=10)
    one = bootstrap(y_true, y_pred, seed=0)["r"]
    assert one.value == pytest.approx(pearson_r(y_true[0], y_pred[0]))
    assert one.as_dict() == {"value": one.value, "low": None, "high": None}
    y_true, _ = songs(5, seed=11)
    flat = bootstrap(y_true, [np.full(60, 0.1)] * 5, seed=0)
    assert flat["r"].as_dict() == {"value": None, "low": None, "high": None}
    assert flat["rmse"].low < flat["rmse"].value < flat["rmse"].high
    # of two songs, one has r: draws of the other song alone have none and are left out
    half = bootstrap(y_true[:2], [y_true[0], np.full(60, 0.1)], ["r_song"], n=100, seed=0)["r_song"]
    assert (half.value, half.low, half.high) == pytest.approx((1, 1, 1), abs=1e-12)


def test_options_out_of_range() -> None:
    y_true, y_pred = songs(3, seed=12)
    with pytest.raises(ValueError, match=r"metrics must be among rmse_song, .* got 'mae'"):
        bootstrap(y_true, y_pred, ["r", "mae"], seed=0)
    with pytest.raises(ValueError, match="n must be 1 or more, got 0"):
        bootstrap(y_true, y_pred, n=0, seed=0)
    with pytest.raises(ValueError, match="level must lie between 0 and 1, got 95"):
        bootstrap_difference(y_true, y_pred, y_pred, level=95, seed=0)
    with pytest.raises(ValueError, match="must hold the same songs, at least one, got 0 and 0"):
        bootstrap([], [], seed=0)
