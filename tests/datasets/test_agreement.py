"""Test agreement against published examples, direct formulas and simulated raters of known reliability."""

import itertools
import math

import numpy as np
import numpy.typing as npt
import pytest

from moodcurve import metrics
from moodcurve.datasets.raters.agreement import (
    AGREEMENTS,
    best_agreed,
    cronbach_alpha,
    icc_2k,
    krippendorff_alpha,
    mean_squares,
    pairwise,
    rater_agreement,
)

NAN = math.nan
SHROUT_FLEISS = np.array([[9, 6, 8, 7, 10, 6], [2, 1, 4, 1, 5, 2], [5, 3, 6, 2, 6, 4], [8, 2, 8, 6, 9, 7]], float)
"""Four judges of six targets: Shrout & Fleiss 1979, table 2."""
KRIPPENDORFF = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, NAN, NAN, NAN],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NAN, 3],
        [NAN, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NAN],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NAN],
    ]
)
"""Four observers of twelve units: Krippendorff, Computing Krippendorff's alpha-reliability, 2011, section C."""


def tracks(raters: int, moments: int, *, noise: float, seed: int) -> npt.NDArray[np.float64]:
    """White noise of variance 1 that all raters share, plus independent noise of each rater."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=moments) + noise * rng.normal(size=(raters, moments))


def test_mean_squares_of_shrout_and_fleiss() -> None:
    """Table 3: between targets 11.24, judges 32.49, error 1.02."""
    squares = mean_squares(SHROUT_FLEISS)
    assert (squares.raters, squares.times) == (4, 6)
    assert round(squares.between_times, 2) == 11.24
    assert round(squares.between_raters, 2) == 32.49
    assert round(squares.error, 2) == 1.02


def test_icc_and_alpha_of_shrout_and_fleiss() -> None:
    """Table 4: ICC(2,4) .62, and ICC(3,4) .91, which is Cronbach's alpha."""
    assert round(icc_2k(SHROUT_FLEISS), 2) == 0.62
    assert round(cronbach_alpha(SHROUT_FLEISS), 2) == 0.91


@pytest.mark.parametrize("seed", range(5))
def test_alpha_equals_cronbachs_formula(seed: int) -> None:
    x = tracks(7, 30, noise=2, seed=seed)
    items = sum(np.var(track, ddof=1) for track in x)
    expected = 7 / 6 * (1 - items / np.var(x.sum(axis=0), ddof=1))
    assert cronbach_alpha(x) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("noise", "raters"), [(0.5, 4), (2, 10)])
def test_alpha_and_icc_of_raters_of_known_reliability(noise: float, raters: int) -> None:
    """Reliability is 1 / (1 + noise²) for one rater, and follows Spearman-Brown for k; biases lower only the ICC. With
    20,000 times, two standard deviations of alpha are about .005 in simulation."""
    x = tracks(raters, 20_000, noise=noise, seed=0)
    assert cronbach_alpha(x) == pytest.approx(1 / (1 + noise**2 / raters), abs=0.01)
    assert icc_2k(x) == pytest.approx(1 / (1 + noise**2 / raters), abs=0.01)
    bias = np.resize([1.5, -1.5], raters)  # variance over raters: 2.25 k / (k - 1)
    biased = x + bias[:, np.newaxis]
    assert cronbach_alpha(biased) == pytest.approx(cronbach_alpha(x), abs=1e-9)
    variance = noise**2 + float(np.var(bias, ddof=1))
    assert icc_2k(biased) == pytest.approx(1 / (1 + variance / raters), abs=0.01)


def test_krippendorff_alpha_of_the_published_example() -> None:
    assert round(krippendorff_alpha(KRIPPENDORFF), 3) == 0.849


def test_krippendorff_alpha_equals_the_sum_over_all_pairs() -> None:
    x = tracks(4, 15, noise=1, seed=3)
    x[np.random.default_rng(0).random(x.shape) < 0.3] = NAN
    x[1:, 2] = NAN  # a unit with one rating does not count
    units = [[v for v in column if not math.isnan(v)] for column in x.T]
    units = [unit for unit in units if len(unit) >= 2]
    everything = [v for unit in units for v in unit]
    n = len(everything)
    observed = (
        sum(sum((a - b) ** 2 for a, b in itertools.permutations(unit, 2)) / (len(unit) - 1) for unit in units) / n
    )
    expected = sum((a - b) ** 2 for a, b in itertools.permutations(everything, 2)) / (n * (n - 1))
    assert krippendorff_alpha(x) == pytest.approx(1 - observed / expected, abs=1e-12)


def test_krippendorff_alpha_of_constant_raters_is_at_its_minimum() -> None:
    """All variance lies between raters, so D_o / D_e = (1 + 1/(k-1)) (N-1)/N: with 10 raters and 60 moments -0.109."""
    x = np.repeat(np.linspace(-1, 1, 10)[:, np.newaxis], 60, axis=1)
    assert krippendorff_alpha(x) == pytest.approx(1 - 10 / 9 * 599 / 600, abs=1e-12)


def test_pairwise_agreement_uses_the_formulas_of_metrics() -> None:
    x = tracks(5, 12, noise=1, seed=1)
    x[0, :4] = NAN
    x[1, 8:] = NAN
    x[2] = 0.25  # constant: r is undefined, CCC is 0
    x[4, 1:] = NAN  # at most one time in common with any rater
    r, ccc = [], []
    for a, b in itertools.combinations(x[:4], 2):
        shared = ~(np.isnan(a) | np.isnan(b))
        r.append(metrics.pearson_r(a[shared], b[shared]))
        ccc.append(metrics.ccc(a[shared], b[shared]))
    assert np.isnan(r).sum() == 3
    found = pairwise(x)
    assert found == pytest.approx((np.nanmean(r), np.mean(ccc)), abs=1e-12)


def test_alpha_and_icc_leave_out_times_without_all_raters() -> None:
    x = tracks(4, 30, noise=1, seed=2)
    holes = x.copy()
    holes[1, 20:] = NAN
    with_empty = np.vstack([holes, np.full(30, NAN)])  # a rater without ratings does not count
    assert cronbach_alpha(with_empty) == cronbach_alpha(x[:, :20])
    assert icc_2k(with_empty) == icc_2k(x[:, :20])
    assert rater_agreement(with_empty).raters == 4


@pytest.mark.parametrize(
    "x",
    [
        np.full((4, 10), 0.3),
        np.empty((0, 10)),
        np.array([[0.1, 0.2, 0.4]]),
        np.array([[0.1], [0.3], [0.2]]),
        np.full((3, 10), NAN),
        np.array([[0.1, NAN], [NAN, 0.3]]),
    ],
    ids=["same constant", "no raters", "one rater", "one time", "no ratings", "no common times"],
)
def test_undefined_agreement_is_nan(x: npt.NDArray[np.float64]) -> None:
    found = rater_agreement(x)
    assert all(math.isnan(getattr(found, name)) for name in AGREEMENTS)
    assert all(found.as_dict()[name] is None for name in AGREEMENTS)


def test_agreement_of_different_constants() -> None:
    """Alpha, ICC and r are undefined, the CCC is 0, and Krippendorff's alpha is at its minimum."""
    found = rater_agreement(np.repeat([[0.1], [0.5], [-0.2]], 20, axis=1))
    assert found.constant == 3
    assert all(math.isnan(getattr(found, name)) for name in ("cronbach_alpha", "icc_2k", "pairwise_r"))
    assert found.pairwise_ccc == 0
    assert found.krippendorff_alpha == pytest.approx(1 - 3 / 2 * 59 / 60)


def test_rounding_errors_do_not_make_a_constant_vary() -> None:
    x = np.full((5, 40), 0.1) * 3 / 3 + np.linspace(0, 0.4, 5)[:, np.newaxis]
    x[:, ::2] += 1e-17
    found = rater_agreement(x)
    assert found.constant == 5
    assert math.isnan(found.cronbach_alpha)


def test_best_agreed_songs_keep_their_order() -> None:
    agreement = {"c": 0.2, "a": 0.9, "x": NAN, "b": 0.5, "d": 0.5}
    assert best_agreed(agreement, share=0.6) == ["a", "b", "d"]
    assert best_agreed(agreement, share=0.4) == ["a", "b"]  # b and d are equal: the earlier is selected
    assert best_agreed(agreement, share=0.5) == ["a", "b", "d"]  # 2.5 songs are rounded to 3
    assert best_agreed(agreement, share=1) == ["c", "a", "b", "d"]
    with pytest.raises(ValueError, match="share must lie in"):
        best_agreed(agreement, share=0)
