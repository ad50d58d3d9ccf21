"""The noise ceiling, held against simulated raters whose truth is known."""

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
    """Noise of variance 1 that forgets within about 4 s, as hands on sliders do."""
    kernel = np.exp(-np.arange(40) / 8)
    kernel /= np.sqrt(kernel @ kernel)
    white = rng.normal(size=(*shape[:-1], shape[-1] + 39))
    return np.asarray(np.apply_along_axis(lambda x: np.convolve(x, kernel, mode="valid"), -1, white))


def survey(
    seed: int, *, songs: int = SONGS, raters: int = 10, course: float = 0.05, unequal: float = 0.8, gains: float = 0.0
) -> tuple[list[FloatArray], list[FloatArray]]:
    """Songs whose courses move more or less, rated with bias, smooth noise of unequal size, and gains of the raters'
    own; and the truth, what endlessly many raters would say on average."""
    rng = np.random.default_rng(seed)
    rated, truth = [], []
    for _ in range(songs):
        true = smooth(rng, 1, MOMENTS)[0] * course * math.exp(unequal * rng.normal())
        gain = np.exp(gains * rng.normal(size=(raters, 1)))
        noise = smooth(rng, raters, MOMENTS) * 0.12 * np.exp(0.6 * rng.normal(size=(raters, 1)))
        level = 0.25 * rng.normal()
        rated.append(level + gain * true + noise + 0.3 * rng.normal(size=(raters, 1)))
        truth.append(level + math.exp(gains**2 / 2) * true)
    return rated, truth


def reached(truth: list[FloatArray], rated: list[FloatArray]) -> dict[str, float]:
    """What the truth scores against the raters' means."""
    labels = [tracks.mean(axis=0) for tracks in rated]
    found = asdict(scores(labels, truth))
    means = [scores([np.array([x.mean() for x in side]) for side in [labels]], [np.array([x.mean() for x in truth])])]
    within = scores([x - x.mean() for x in labels], [x - x.mean() for x in truth])
    found |= {"r_means": means[0].r, "rmse_means": means[0].rmse, "r_within": within.r, "rmse_within": within.rmse}
    return {name: found[name] for name in CEILINGS}


SETTINGS = {
    "as DEAM": {"course": 0.02},
    "more course": {"course": 0.05},
    "nine raters": {"raters": 9},
    "unequal songs": {"course": 0.03, "unequal": 1.2},
    "gains of their own": {"gains": 0.7},
}


@pytest.fixture(scope="module", params=SETTINGS, ids=lambda name: name.replace(" ", "-"))
def simulated(request: pytest.FixtureRequest) -> tuple[Ceilings, dict[str, float]]:
    rated, truth = survey(1, **SETTINGS[request.param])
    return ceilings(rated, seed=0), reached(truth, rated)


@pytest.mark.parametrize("way", ["components", "halves"])
def test_both_ways_find_what_the_truth_scores(way: str, simulated: tuple[Ceilings, dict[str, float]]) -> None:
    """Within what 400 songs decide: over 12 surveys of each kind, the estimate less the truth had a standard deviation
    of up to .006 (r), .007 (CCC), .011 (r within songs), .004 (RMSE), and no mean beyond .004; allowed are 3 to 4."""
    found, true = getattr(simulated[0], way), simulated[1]
    for name, tolerance in {
        "r": 0.02, "ccc": 0.025, "r_means": 0.02, "r_within": 0.04,
        "rmse": 0.014, "rmse_means": 0.014, "rmse_within": 0.012,
    }.items():  # fmt: skip
        assert found[name].value == pytest.approx(true[name], abs=tolerance), name


def test_the_two_ways_enclose_what_the_truth_scores_per_song(simulated: tuple[Ceilings, dict[str, float]]) -> None:
    """In 60 surveys of 60: components were .03 to .08 too low on average, halves .06 to .14 too high."""
    found, true = simulated
    for name in ("r_song", "ccc_song"):
        assert found.components[name].value < true[name] < found.halves[name].value
    # halves find the floor itself, components the root of the expected square, which is more
    assert found.halves["rmse_song"].value == pytest.approx(true["rmse_song"], abs=0.012)
    assert found.components["rmse_song"].value > found.halves["rmse_song"].value


def test_one_rater_is_scored_against_the_others() -> None:
    rated, _ = survey(2, songs=30, raters=4)
    single = [track for tracks in rated for track in tracks]
    others = [np.delete(tracks, i, axis=0).mean(axis=0) for tracks in rated for i in range(len(tracks))]
    expected = asdict(scores(others, single))
    found = ceilings(rated, seed=0).one_rater
    for name in ("r", "ccc", "rmse", "r_song", "ccc_song", "rmse_song"):
        assert found[name].value == pytest.approx(expected[name], abs=1e-12), name


def test_halves_of_unequal_size_have_the_labels_error() -> None:
    """One of three raters against two: over all three splits the mean of (difference² 2/9) is the label's error
    variance s²/3; 3000 random splits come within 2 % of it."""
    levels = np.array([0, 0.3, 0.9])
    still = [np.repeat(levels[:, np.newaxis], 4, axis=1)] * 2
    found = ceilings(still, splits=3000, seed=0)
    expected = float(np.var(levels, ddof=1)) / 3
    assert found.components["rmse"].value ** 2 == pytest.approx(expected, rel=1e-9)
    assert found.halves["rmse"].value ** 2 == pytest.approx(expected, rel=0.04)


def test_raters_of_one_mind_leave_no_ceiling() -> None:
    rng = np.random.default_rng(0)
    rated = [np.repeat(rng.normal() + smooth(rng, 1, MOMENTS), 5, axis=0) for _ in range(5)]
    found = ceilings(rated, seed=0)
    for way in ("components", "halves", "one_rater"):
        for name, interval in getattr(found, way).items():
            # 1e-7: an error's variance of one rounding, 1e-16, by its root
            assert interval.value == pytest.approx(0 if name.startswith("rmse") else 1, abs=1e-7), (way, name)


def test_raters_who_share_nothing_share_no_course() -> None:
    """Course 0: the estimate of r² within songs is 0 within chance (.05), so r is below .3."""
    rated, _ = survey(3, course=0)
    found = ceilings(rated, seed=0)
    assert found.components["r_within"].value < 0.3
    assert found.halves["r_within"].value < 0.3
    assert found.halves["r_song"].value < 0.3


def test_intervals_hold_what_other_songs_of_the_kind_give() -> None:
    """Of 40 surveys of 100 songs, 95 % intervals should hold the mean of all in 38 (a mean known to a sixth of their
    width): fewer than 32 has a chance below .001."""
    results = [ceilings(survey(100 + i, songs=100)[0], splits=5, draws=300, seed=i) for i in range(40)]
    for way in ("components", "halves"):
        for name in ("r", "r_within", "rmse"):
            intervals: list[Interval] = [getattr(found, way)[name] for found in results]
            mean = np.mean([interval.value for interval in intervals])
            assert sum(interval.low <= mean <= interval.high for interval in intervals) >= 32, (way, name)


def test_the_seed_decides_everything() -> None:
    rated, _ = survey(4, songs=20)
    first, again, other = (ceilings(rated, seed=seed, draws=50).as_dict() for seed in (0, 0, 1))
    assert first == again
    assert first != other


def test_songs_that_cannot_be_used_are_counted() -> None:
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


def test_songs_that_never_move_have_no_course_to_follow() -> None:
    still = [np.repeat(np.array([[0.1], [0.3], [0.2 + i / 10]]), MOMENTS, axis=1) for i in range(3)]
    found = ceilings(still, seed=0).as_dict()
    for way in ESTIMATES:
        assert found[way]["r_song"]["value"] is None  # type: ignore[index]
        assert found[way]["r_within"]["value"] is None  # type: ignore[index]


# --- raters' constant biases ---


def same_raters(
    seed: int, shared: float, *, panel: int, songs: int = 300
) -> tuple[list[FloatArray], list[list[str]], list[FloatArray]]:
    """Songs rated by ten of a panel; of the biases' variance .09 a part is each rater's own on all songs."""
    rng = np.random.default_rng(seed)
    own = 0.3 * math.sqrt(shared) * rng.normal(size=panel)
    rated, names, truth = [], [], []
    for _ in range(songs):
        chosen = rng.permutation(panel)[:10]
        true = 0.25 * rng.normal() + 0.05 * smooth(rng, 1, 20)[0]
        bias = own[chosen] + 0.3 * math.sqrt(1 - shared) * rng.normal(size=10)
        rated.append(true + bias[:, np.newaxis] + 0.05 * smooth(rng, 10, 20))
        names.append([f"w{i}" for i in chosen])
        truth.append(true)
    return rated, names, truth


@pytest.mark.parametrize("shared", [0, 0.5, 0.9])
def test_the_shared_part_of_biases_is_found(shared: float) -> None:
    """A panel of 200: the mean of 200 draws' squares is known to 10 %, and others in the mean take off up to 10 %."""
    rated, names, _ = same_raters(0, shared, panel=200)
    assert bias_shared(rated, names) == pytest.approx(shared, abs=0.12)


def test_the_shared_part_of_biases_by_hand() -> None:
    """Two raters .2 and .4 apart in two songs: products of a rater's biases .08, squares (.04 + .16) / 2."""
    rated = [np.array([[0.0, 0.0], [0.2, 0.2]]), np.array([[0.3, 0.5], [0.7, 0.9]])]
    assert bias_shared(rated, [["ann", "bob"]] * 2) == pytest.approx(0.8)
    assert bias_shared(rated, [["ann", "bob"], ["bob", "ann"]]) == 0  # contradicting: -.8


def test_one_panel_for_all_songs_raises_the_ceiling_to_what_it_is() -> None:
    """All biases shared by ten raters: a shift of all songs alike, so the truth's r has only the noise against it."""
    rated, names, truth = same_raters(1, 1, panel=10)
    labels = [tracks.mean(axis=0) for tracks in rated]
    components = ceilings(rated, seed=0).components
    shared = bias_shared(rated, names)
    assert shared > 0.95
    assert components["r"].value < scores(labels, truth).r - 0.02
    # noise alone: .05² / 10 of .07 leaves r .998
    assert same_panel_r(components, shared) == pytest.approx(scores(labels, truth).r, abs=0.005)
    assert same_panel_r(components, 0) == pytest.approx(components["r"].value, abs=1e-9)


def test_biases_of_the_nameless_tell_nothing() -> None:
    rated, names, _ = same_raters(2, 0.5, panel=10, songs=5)
    assert math.isnan(bias_shared(rated, [[""] * 10] * 5))
    assert math.isnan(bias_shared([tracks[:1] for tracks in rated], [song[:1] for song in names]))
    assert math.isnan(bias_shared([np.zeros((10, 4))] * 2, [names[0]] * 2))
    assert math.isnan(same_panel_r(ceilings(rated, seed=0).components, math.nan))
