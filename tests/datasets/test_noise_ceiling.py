"""Test the noise ceiling with simulated raters, whose true mean is known."""

import math
from dataclasses import asdict

import numpy as np
import numpy.typing as npt
import pytest

from moodcurve.datasets.raters.noise_ceiling import CEILINGS, ESTIMATES, Ceilings, bias_shared, ceilings, same_panel_r
from moodcurve.metrics import scores
from moodcurve.metrics.bootstrap import Interval

FloatArray = npt.NDArray[np.float64]
SONGS, MOMENTS = 400, 60


def smooth(rng: np.random.Generator, *shape: int) -> FloatArray:
    """Noise of variance 1 that is correlated over about 4 s, like ratings with a slider."""
    kernel = np.exp(-np.arange(40) / 8)
    kernel /= np.sqrt(kernel @ kernel)
    white = rng.normal(size=(*shape[:-1], shape[-1] + 39))
    return np.asarray(np.apply_along_axis(lambda x: np.convolve(x, kernel, mode="valid"), -1, white))


def survey(
    seed: int,
    *,
    songs: int = SONGS,
    raters: int = 10,
    variation: float = 0.05,
    unequal: float = 0.8,
    gains: float = 0.0,
) -> tuple[list[FloatArray], list[FloatArray]]:
    """Return tracks of songs with unequal variation, rated with bias, smooth noise and gains that differ by rater; and
    the truth, the mean over infinitely many raters."""
    rng = np.random.default_rng(seed)
    rated, truth = [], []
    for _ in range(songs):
        true = smooth(rng, 1, MOMENTS)[0] * variation * math.exp(unequal * rng.normal())
        gain = np.exp(gains * rng.normal(size=(raters, 1)))
        noise = smooth(rng, raters, MOMENTS) * 0.12 * np.exp(0.6 * rng.normal(size=(raters, 1)))
        level = 0.25 * rng.normal()
        rated.append(level + gain * true + noise + 0.3 * rng.normal(size=(raters, 1)))
        truth.append(level + math.exp(gains**2 / 2) * true)
    return rated, truth


def true_scores(truth: list[FloatArray], rated: list[FloatArray]) -> dict[str, float]:
    """Scores of the truth against the means over raters."""
    labels = [tracks.mean(axis=0) for tracks in rated]
    found = asdict(scores(labels, truth))
    means = [scores([np.array([x.mean() for x in side]) for side in [labels]], [np.array([x.mean() for x in truth])])]
    within = scores([x - x.mean() for x in labels], [x - x.mean() for x in truth])
    found |= {"r_means": means[0].r, "rmse_means": means[0].rmse, "r_within": within.r, "rmse_within": within.rmse}
    return {name: found[name] for name in CEILINGS}


SETTINGS = {
    "as DEAM": {"variation": 0.02},
    "more variation": {"variation": 0.05},
    "nine raters": {"raters": 9},
    "unequal songs": {"variation": 0.03, "unequal": 1.2},
    "different gains": {"gains": 0.7},
}


@pytest.fixture(scope="module", params=SETTINGS, ids=lambda name: name.replace(" ", "-"))
def simulated(request: pytest.FixtureRequest) -> tuple[Ceilings, dict[str, float]]:
    rated, truth = survey(1, **SETTINGS[request.param])
    return ceilings(rated, seed=0), true_scores(truth, rated)


@pytest.mark.parametrize("estimate", ["components", "halves"])
def test_both_estimates_equal_the_scores_of_the_truth(
    estimate: str, simulated: tuple[Ceilings, dict[str, float]]
) -> None:
    """Over 12 surveys of each kind with 400 songs, estimate minus truth had a standard deviation of up to .006 (r),
    .007 (CCC), .011 (r within songs) and .004 (RMSE), and a mean of up to .004; tolerances are 3 to 4 times that."""
    found, true = getattr(simulated[0], estimate), simulated[1]
    for name, tolerance in {
        "r": 0.02, "ccc": 0.025, "r_means": 0.02, "r_within": 0.04,
        "rmse": 0.014, "rmse_means": 0.014, "rmse_within": 0.012,
    }.items():  # fmt: skip
        assert found[name].value == pytest.approx(true[name], abs=tolerance), name


def test_the_two_estimates_enclose_the_scores_of_the_truth_per_song(
    simulated: tuple[Ceilings, dict[str, float]],
) -> None:
    """In 60 of 60 surveys; components were .03 to .08 too low on average, halves .06 to .14 too high."""
    found, true = simulated
    for name in ("r_song", "ccc_song"):
        assert found.components[name].value < true[name] < found.halves[name].value
    # halves estimate the floor itself, components the root of the expected square, which is higher
    assert found.halves["rmse_song"].value == pytest.approx(true["rmse_song"], abs=0.012)
    assert found.components["rmse_song"].value > found.halves["rmse_song"].value


def test_one_rater_is_scored_against_the_mean_of_the_others() -> None:
    rated, _ = survey(2, songs=30, raters=4)
    single = [track for tracks in rated for track in tracks]
    others = [np.delete(tracks, i, axis=0).mean(axis=0) for tracks in rated for i in range(len(tracks))]
    expected = asdict(scores(others, single))
    found = ceilings(rated, seed=0).one_rater
    for name in ("r", "ccc", "rmse", "r_song", "ccc_song", "rmse_song"):
        assert found[name].value == pytest.approx(expected[name], abs=1e-12), name


def test_halves_of_unequal_size_have_the_error_of_the_labels() -> None:
    """One of three raters against two: over all three splits the mean of (difference² 2/9) is the label's error
    variance s²/3; 3000 random splits come within 2 % of it."""
    levels = np.array([0, 0.3, 0.9])
    still = [np.repeat(levels[:, np.newaxis], 4, axis=1)] * 2
    found = ceilings(still, splits=3000, seed=0)
    expected = float(np.var(levels, ddof=1)) / 3
    assert found.components["rmse"].value ** 2 == pytest.approx(expected, rel=1e-9)
    assert found.halves["rmse"].value ** 2 == pytest.approx(expected, rel=0.04)


def test_identical_raters_have_a_perfect_ceiling() -> None:
    rng = np.random.default_rng(0)
    rated = [np.repeat(rng.normal() + smooth(rng, 1, MOMENTS), 5, axis=0) for _ in range(5)]
    found = ceilings(rated, seed=0)
    for estimate in ("components", "halves", "one_rater"):
        for name, interval in getattr(found, estimate).items():
            # 1e-7 is the root of a rounding error of 1e-16 in the variance
            assert interval.value == pytest.approx(0 if name.startswith("rmse") else 1, abs=1e-7), (estimate, name)


def test_independent_raters_have_no_ceiling_within_songs() -> None:
    """The estimate of r² within songs is 0 up to chance (.05), so r is below .3."""
    rated, _ = survey(3, variation=0)
    found = ceilings(rated, seed=0)
    assert found.components["r_within"].value < 0.3
    assert found.halves["r_within"].value < 0.3
    assert found.halves["r_song"].value < 0.3


def test_intervals_cover_the_mean_of_other_surveys() -> None:
    """The 95 % intervals of 40 surveys of 100 songs should cover the mean of all in 38 (it is known to a sixth of their
    width); fewer than 32 have a probability below .001."""
    results = [ceilings(survey(100 + i, songs=100)[0], splits=5, draws=300, seed=i) for i in range(40)]
    for estimate in ("components", "halves"):
        for name in ("r", "r_within", "rmse"):
            intervals: list[Interval] = [getattr(found, estimate)[name] for found in results]
            mean = np.mean([interval.value for interval in intervals])
            assert sum(interval.low <= mean <= interval.high for interval in intervals) >= 32, (estimate, name)


def test_the_seed_determines_the_result() -> None:
    rated, _ = survey(4, songs=20)
    first, again, other = (ceilings(rated, seed=seed, draws=50).as_dict() for seed in (0, 0, 1))
    assert first == again
    assert first != other


def test_unusable_songs_are_counted() -> None:
    rated, _ = survey(5, songs=4)
    gaps = rated[0].copy()
    gaps[0, ::2] = math.nan
    odd = [rated[1][:1], rated[2][:, :1], np.full((3, MOMENTS), math.nan)]
    found = ceilings([gaps, *rated[1:], *odd], seed=0)
    assert (found.songs, found.excluded) == (4, 3)
    assert found.points == 3 * MOMENTS + MOMENTS // 2
    with pytest.raises(ValueError, match="at least two with two raters"):
        ceilings([rated[0], *odd], seed=0)
    with pytest.raises(ValueError, match="splits and draws must be 1 or more"):
        ceilings(rated, splits=0, seed=0)


def test_constant_songs_have_no_correlation() -> None:
    still = [np.repeat(np.array([[0.1], [0.3], [0.2 + i / 10]]), MOMENTS, axis=1) for i in range(3)]
    found = ceilings(still, seed=0).as_dict()
    for estimate in ESTIMATES:
        assert found[estimate]["r_song"]["value"] is None  # type: ignore[index]
        assert found[estimate]["r_within"]["value"] is None  # type: ignore[index]


# --- biases that raters keep ---


def same_raters(
    seed: int, shared: float, *, panel: int, songs: int = 300
) -> tuple[list[FloatArray], list[list[str]], list[FloatArray]]:
    """Songs rated by ten raters of a panel, who keep a share of their bias (variance .09) in all songs."""
    rng = np.random.default_rng(seed)
    kept = 0.3 * math.sqrt(shared) * rng.normal(size=panel)
    rated, names, truth = [], [], []
    for _ in range(songs):
        chosen = rng.permutation(panel)[:10]
        true = 0.25 * rng.normal() + 0.05 * smooth(rng, 1, 20)[0]
        bias = kept[chosen] + 0.3 * math.sqrt(1 - shared) * rng.normal(size=10)
        rated.append(true + bias[:, np.newaxis] + 0.05 * smooth(rng, 10, 20))
        names.append([f"w{i}" for i in chosen])
        truth.append(true)
    return rated, names, truth


@pytest.mark.parametrize("shared", [0, 0.5, 0.9])
def test_shared_bias_is_estimated(shared: float) -> None:
    """With a panel of 200, the mean square is known to 10 %, and the raters in the mean reduce it by up to 10 %."""
    rated, names, _ = same_raters(0, shared, panel=200)
    assert bias_shared(rated, names) == pytest.approx(shared, abs=0.12)


def test_shared_bias_by_hand() -> None:
    """Two raters .2 and .4 apart in two songs: products of a rater's biases .08, squares (.04 + .16) / 2."""
    rated = [np.array([[0.0, 0.0], [0.2, 0.2]]), np.array([[0.3, 0.5], [0.7, 0.9]])]
    assert bias_shared(rated, [["ann", "bob"]] * 2) == pytest.approx(0.8)
    assert bias_shared(rated, [["ann", "bob"], ["bob", "ann"]]) == 0  # opposite biases: -.8, set to 0


def test_same_panel_r_equals_the_score_of_the_truth_with_one_panel() -> None:
    """If ten raters keep their biases in all songs, only the noise lowers r of the truth."""
    rated, names, truth = same_raters(1, 1, panel=10)
    labels = [tracks.mean(axis=0) for tracks in rated]
    components = ceilings(rated, seed=0).components
    shared = bias_shared(rated, names)
    assert shared > 0.95
    assert components["r"].value < scores(labels, truth).r - 0.02
    # noise alone: .05² / 10 of .07 leaves r .998
    assert same_panel_r(components, shared) == pytest.approx(scores(labels, truth).r, abs=0.005)
    assert same_panel_r(components, 0) == pytest.approx(components["r"].value, abs=1e-9)


def test_shared_bias_needs_names() -> None:
    rated, names, _ = same_raters(2, 0.5, panel=10, songs=5)
    assert math.isnan(bias_shared(rated, [[""] * 10] * 5))
    assert math.isnan(bias_shared([tracks[:1] for tracks in rated], [song[:1] for song in names]))
    assert math.isnan(bias_shared([np.zeros((10, 4))] * 2, [names[0]] * 2))
    assert math.isnan(same_panel_r(ceilings(rated, seed=0).components, math.nan))
