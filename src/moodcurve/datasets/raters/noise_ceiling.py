"""Estimate the noise ceiling: the best possible scores against labels that are means over few raters.

Model
-----
The rating of song s by rater j at time t is y_jst = T_st + b_js + e_jst. T is the mean over all listeners, b the bias
of the rater for this song, and e the rest; b and e have mean 0 and are independent between raters (e may be correlated
in time). A label is the mean over k raters, L = T + error. A perfect model predicts T; the ceiling is the score of T
against L. With σ²_st the variance over raters, the error variance of the label is σ²_st / k.

The model leaves out some effects. A rater may have the same bias for all songs; if the same few raters rated them all,
that shifts all labels alike, costs no correlation, and can be learned: see ``bias_shared`` and ``same_panel_r``. An
error that raters share counts as truth. Delays and exaggeration add to e. Scaled to the standard deviation of the
labels, T has a CCC equal to its r, the highest possible; the difference from the CCC of T is what training for the CCC
can gain.

Estimates
---------
*Components*: V_T = V_L - V_error, with the error variance from the variance over raters at each time. Then
r = sqrt(V_T / V_L), CCC = 2 V_T / (V_T + V_L), RMSE = sqrt(V_error). Within songs, V_error is MS_error / k of the
analysis of variance (``agreement.mean_squares``). For pooled scores, song means and within songs, sums are taken over
all songs before the square root. *Per song*, the root is taken for each song, with negative V_T set to 0. Since a song
has few independent times, this is noisy, and it was too low in all simulations.

*Halves*: the raters of each song are split randomly into two halves, many times, and one half is scored against the
other. With ρ their r or CCC, the Spearman-Brown formula gives the reliability of the mean over all,
ρ_k = 2ρ / (1 + ρ), which is approximate for odd k. Then r = sqrt(ρ_k) and CCC = 2ρ_k / (1 + ρ_k). The difference
between halves of k1 and k2 raters, times sqrt(k1 k2) / k, has the variance of the label's error; its RMSE is the floor.
*Per song*, the mean of ρ over songs is taken first. Since sqrt(ρ_k) is concave, the result is an upper bound (Jensen).
In the simulations of tests/datasets/test_noise_ceiling.py, the true ``r_song`` and ``ccc_song`` lie between the two
estimates.

Spearman, "Correlation calculated from faulty data", British Journal of Psychology 3(3), 1910,
https://doi.org/10.1111/j.2044-8295.1910.tb00206.x; Lin 1989 for the CCC, see ``moodcurve.metrics``.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from moodcurve._typing import FloatArray
from moodcurve.datasets.raters.agreement import complete
from moodcurve.datasets.raters.noise_ceiling_sums import (
    component_scores,
    component_sums,
    halves,
    mean_of_others,
    pair_scores,
    pair_sums,
)
from moodcurve.metrics.bootstrap import Interval

ESTIMATES = ("components", "halves", "one_rater")

CEILINGS = (
    "r", "ccc", "rmse", "r_means", "rmse_means", "r_within", "rmse_within", "r_song", "ccc_song", "rmse_song",
)  # fmt: skip
"""Scores with a ceiling: pooled over all points; of song means, weighted by length (``_means``); of points minus their
song's mean (``_within``); and means over songs (``_song``). Equal names mean the same as in ``metrics.Scores``."""


@dataclass(frozen=True, kw_only=True)
class Ceilings:
    """Best possible scores of a model on one axis, and the scores of one rater.

    Attributes
    ----------
    songs, points : int
        Number of songs with at least two raters and two times that all of them rated, and of these times.
    excluded : int
        Number of other songs.
    components, halves : mapping of str to Interval
        The scores of ``CEILINGS`` by either estimate (floors for RMSE), with bootstrap intervals over songs.
    one_rater : mapping of str to Interval
        The same scores of one rater against the mean of the others: not a ceiling, but what a model should exceed.
    """

    songs: int
    points: int
    excluded: int
    components: Mapping[str, Interval]
    halves: Mapping[str, Interval]
    one_rater: Mapping[str, Interval]

    def as_dict(self) -> dict[str, object]:
        """Return all fields for JSON."""
        result: dict[str, object] = {"songs": self.songs, "points": self.points, "left_out": self.excluded}
        for estimate in ESTIMATES:
            result[estimate] = {name: value.as_dict() for name, value in getattr(self, estimate).items()}
        return result


def ceilings(
    songs: Sequence[FloatArray], *, splits: int = 50, draws: int = 1000, seed: int, level: float = 0.95
) -> Ceilings:
    """Estimate the ceilings on one axis.

    Parameters
    ----------
    songs : sequence of (raters, times)
        Tracks of each song, NaN where there is no rating; raters may differ from song to song.
    splits : int
        Number of random splits of each song's raters into halves.
    draws : int
        Number of bootstrap samples of songs for the percentile intervals, see ``metrics.bootstrap``.
    seed : int
        Seed of splits and bootstrap samples.
    level : float
        Level of the intervals.

    Raises
    ------
    ValueError
        If an option is out of range, or fewer than two songs can be used.
    """
    if splits < 1 or draws < 1 or not 0 < level < 1:
        raise ValueError(
            f"splits and draws must be 1 or more, level between 0 and 1, got {splits}, {draws} and {level}"
        )
    wholes = [whole for whole in map(complete, songs) if min(whole.shape) >= 2]
    if len(wholes) < 2:
        raise ValueError(
            f"songs must hold at least two with two raters and two times that all raters rated, got {len(wholes)}"
        )
    rng = np.random.default_rng(seed)
    halved = np.array([pair_sums(*halves(whole, splits, rng)) for whole in wholes])
    single = np.array([pair_sums(whole, mean_of_others(whole), 1) for whole in wholes])
    drawn = rng.multinomial(len(wholes), np.full(len(wholes), 1 / len(wholes)), draws)
    weights = np.vstack([np.ones(len(wholes)), drawn])  # the first row is the original sample
    components = component_scores(np.array([component_sums(whole) for whole in wholes]), weights)
    return Ceilings(
        songs=len(wholes),
        points=sum(whole.shape[1] for whole in wholes),
        excluded=len(songs) - len(wholes),
        components=_intervals(components, level),
        halves=_intervals(
            {n: _CEILING_FROM_HALVES[n.split("_")[0]](x) for n, x in pair_scores(halved, weights).items()}, level
        ),
        one_rater=_intervals(pair_scores(single, weights), level),
    )


def _intervals(drawn: dict[str, FloatArray], level: float) -> dict[str, Interval]:
    """Return values with percentile intervals, from draws of which the first is the value."""
    found = {}
    for name in CEILINGS:
        value, resampled = float(drawn[name][0]), drawn[name][1:]
        resampled = resampled[np.isfinite(resampled)]
        low = high = math.nan
        if len(resampled) and math.isfinite(value):
            low, high = np.quantile(resampled, [(1 - level) / 2, (1 + level) / 2])
        found[name] = Interval(value=value, low=float(low), high=float(high))
    return found


def spearman_brown(half: FloatArray) -> FloatArray:
    """Compute the reliability of a mean from that of its halves, 2ρ / (1 + ρ); 0 for negative ρ.

    Examples
    --------
    >>> float(spearman_brown(np.array(0.5)).round(3))
    0.667
    """
    half = np.maximum(half, 0)
    return np.asarray(2 * half / (1 + half))


_CEILING_FROM_HALVES: dict[str, Callable[[FloatArray], FloatArray]] = {
    "r": lambda half: np.sqrt(spearman_brown(half)),
    # the reliability ρ of a mean is V_T / V_L: 2 V_T / (V_T + V_L) is 2ρ / (1 + ρ) once more
    "ccc": lambda half: spearman_brown(spearman_brown(half)),
    "rmse": lambda error: error,
}
"""Functions from the scores of halves against each other to those of the truth against the mean of all raters."""


def bias_shared(songs: Sequence[FloatArray], raters: Sequence[Sequence[str]]) -> float:
    """Compute the share of the variance of biases that raters keep from song to song, in [0, 1].

    Let d_js be the mean of rater j's track of song s minus the mean of the other raters'. The share is the mean of
    d_js d_jt over all pairs of songs s, t of one rater, divided by the mean of d_js². It is exact if all
    songs have the same raters, and up to 1/k too small if they have different ones.

    Parameters
    ----------
    songs : sequence of (raters, times)
    raters : sequence of sequences of str
        Names of each song's raters, in the order of its tracks; raters with an empty name are ignored.

    Returns
    -------
    float
        NaN if no named rater has two songs, or there are no differences between raters.
    """
    biases: dict[str, list[float]] = {}
    for tracks, names in zip(songs, raters, strict=True):
        with_mean = [i for i, track in enumerate(tracks) if not np.isnan(track).all()]
        if len(with_mean) < 2:
            continue
        means = np.nanmean(tracks[with_mean], axis=1)
        differences = (means - means.mean()) * len(means) / (len(means) - 1)
        for i, difference in zip(with_mean, differences, strict=True):
            if names[i]:
                biases.setdefault(names[i], []).append(float(difference))
    of_raters = [np.array(values) for values in biases.values()]
    pairs = sum(len(d) * (len(d) - 1) for d in of_raters)
    squares = sum(float(d @ d) for d in of_raters)
    if not pairs or not squares:
        return math.nan
    products = sum(float(d.sum()) ** 2 - float(d @ d) for d in of_raters)
    return min(max(products / pairs / (squares / sum(map(len, of_raters))), 0.0), 1.0)


def same_panel_r(components: Mapping[str, Interval], shared: float) -> float:
    """Compute the ceiling of pooled r for the case that all songs had the same raters.

    These keep a share of their biases from song to song (``bias_shared``), so that the error of song means is weighted
    by 1 - ``shared``: sqrt(1 - ((1 - shared) E_means + E_within) / V_L), with E the squared floors of RMSE and
    V_L = rmse² / (1 - r²). If raters change from song to song, the ceiling lies between ``r`` and this value. NaN if r
    is undefined or 1, or ``shared`` is NaN.
    """
    r, rmse, means, within = (components[name].value for name in ("r", "rmse", "rmse_means", "rmse_within"))
    if not r < 1:
        return math.nan
    error = ((1 - shared) * means**2 + within**2) * (1 - r**2) / rmse**2
    return math.sqrt(max(1 - error, 0))
