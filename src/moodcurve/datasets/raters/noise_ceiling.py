"""The noise ceiling: how well a perfect model could do against labels that are means over few raters.

The model
---------
Rater j of song s says at moment t: y_jst = T_st + b_js + e_jst. T is what all listeners would say on average, b the
rater's bias on this song, e the rest; b and e have mean 0 and differ independently from rater to rater (e may be as
smooth in time as it likes). A label is the mean over k raters, L = T + error; a perfect model says T. With σ²_st the
variance over raters, the label's error variance is σ²_st / k. The ceiling is what T scores against L.

What the model leaves out. A rater may have the same bias on all songs; where the same few raters rate them all, it
shifts all labels alike, costs no correlation, and a model learns it: see ``bias_shared`` and ``same_panel_r``. Raters
may share an error, which then counts as truth. Raters who lag or exaggerate add to e. Stretched to the labels'
spread, T has a CCC as high as its r, and nothing has a higher one; what lies between the two is what training for the
CCC can gain.

Two ways
--------
*Components*: V_T = V_L - V_error, with the error's variance from the spread of raters at each moment. Then
r = sqrt(V_T / V_L), CCC = 2 V_T / (V_T + V_L), RMSE = sqrt(V_error). Within songs, V_error is MS_error / k of the
analysis of variance (``agreement.mean_squares``). Pooled, over song means and within songs, sums are over all songs
before the root is drawn. *Per song* it is drawn song by song, negative V_T set to 0: each song has few independent
moments, so the figure is noisy, and it was too low in every simulation tried.

*Halves*: the raters of each song are split into two halves at random, many times, and one half is scored against the
other. With ρ their r or CCC, Spearman-Brown gives the reliability of the mean of all, ρ_k = 2ρ / (1 + ρ) (of odd k,
nearly), and r = sqrt(ρ_k), CCC = 2ρ_k / (1 + ρ_k). The difference of two halves of k1 and k2 raters, times
sqrt(k1 k2) / k, has the variance of the label's error: its RMSE is the floor. *Per song* the mean of ρ over songs is
taken first; as sqrt(ρ_k) bends down, the result is at least the mean of the songs' ceilings (Jensen): an upper bound.
In the simulations of tests/datasets/test_noise_ceiling.py the truth of ``r_song`` and ``ccc_song`` lies between the
two estimates.

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
    component_sums,
    from_components,
    halves,
    of_pairs,
    others,
    pair_sums,
)
from moodcurve.metrics.bootstrap import Interval

WAYS = ("components", "halves", "one_rater")

CEILINGS = (
    "r", "ccc", "rmse", "r_means", "rmse_means", "r_within", "rmse_within", "r_song", "ccc_song", "rmse_song",
)  # fmt: skip
"""Pooled over all points; of the songs' means (weighted by length); of all points less their song's mean; and the mean
over songs of each song's figure. As in ``metrics.Scores`` where the names are the same."""


@dataclass(frozen=True, kw_only=True)
class Ceilings:
    """What a perfect model could reach on one axis, and what one rater does.

    Attributes
    ----------
    songs, points : int
        Those with two or more raters and two or more moments at which all of them speak; others are left out.
    left_out : int
        How many songs these are.
    components, halves : mapping of str to Interval
        The ceilings of ``CEILINGS`` by either way (RMSE: floors), with bootstrap intervals over songs.
    one_rater : mapping of str to Interval
        The same figures of one rater against the mean of the others: a ceiling of nothing, but what a model should
        be able to beat.
    """

    songs: int
    points: int
    left_out: int
    components: Mapping[str, Interval]
    halves: Mapping[str, Interval]
    one_rater: Mapping[str, Interval]

    def as_dict(self) -> dict[str, object]:
        """Give all of it for JSON."""
        result: dict[str, object] = {"songs": self.songs, "points": self.points, "left_out": self.left_out}
        for way in WAYS:
            result[way] = {name: value.as_dict() for name, value in getattr(self, way).items()}
        return result


def ceilings(
    songs: Sequence[FloatArray], *, splits: int = 50, draws: int = 1000, seed: int, level: float = 0.95
) -> Ceilings:
    """Estimate the ceilings on one axis.

    Parameters
    ----------
    songs : sequence of (raters, moments)
        Tracks of each song, NaN where a rater says nothing; raters may differ from song to song.
    splits : int
        How many times each song's raters are split into halves.
    draws : int
        Of songs, for the percentile intervals; see ``metrics.bootstrap``.
    seed : int
        Of splits and draws.
    level : float
        Of the intervals.

    Raises
    ------
    ValueError
        If an option is out of its range, or fewer than two songs can be used.
    """
    if splits < 1 or draws < 1 or not 0 < level < 1:
        raise ValueError(
            f"splits and draws must be 1 or more, level between 0 and 1, got {splits}, {draws} and {level}"
        )
    wholes = [whole for whole in map(complete, songs) if min(whole.shape) >= 2]
    if len(wholes) < 2:
        raise ValueError(
            f"songs must hold at least two with two raters and two moments at which all raters speak, got {len(wholes)}"
        )
    rng = np.random.default_rng(seed)
    halved = np.array([pair_sums(*halves(whole, splits, rng)) for whole in wholes])
    single = np.array([pair_sums(whole, others(whole), 1) for whole in wholes])
    drawn = rng.multinomial(len(wholes), np.full(len(wholes), 1 / len(wholes)), draws)
    weights = np.vstack([np.ones(len(wholes)), drawn])  # first each song once: the value itself
    components = from_components(np.array([component_sums(whole) for whole in wholes]), weights)
    return Ceilings(
        songs=len(wholes),
        points=sum(whole.shape[1] for whole in wholes),
        left_out=len(songs) - len(wholes),
        components=_intervals(components, level),
        halves=_intervals({n: _CLIMB[n.split("_")[0]](x) for n, x in of_pairs(halved, weights).items()}, level),
        one_rater=_intervals(of_pairs(single, weights), level),
    )


def _intervals(drawn: dict[str, FloatArray], level: float) -> dict[str, Interval]:
    """Give value and percentile interval of draws of which the first is the value."""
    found = {}
    for name in CEILINGS:
        value, again = float(drawn[name][0]), drawn[name][1:]
        again = again[np.isfinite(again)]
        low = high = math.nan
        if len(again) and math.isfinite(value):
            low, high = np.quantile(again, [(1 - level) / 2, (1 + level) / 2])
        found[name] = Interval(value=value, low=float(low), high=float(high))
    return found


def spearman_brown(half: FloatArray) -> FloatArray:
    """Give the reliability of a mean from that of its halves: 2ρ / (1 + ρ); 0 where the halves contradict."""
    half = np.maximum(half, 0)
    return np.asarray(2 * half / (1 + half))


_CLIMB: dict[str, Callable[[FloatArray], FloatArray]] = {
    "r": lambda half: np.sqrt(spearman_brown(half)),
    # the reliability ρ of a mean is V_T / V_L: 2 V_T / (V_T + V_L) is 2ρ / (1 + ρ) once more
    "ccc": lambda half: spearman_brown(spearman_brown(half)),
    "rmse": lambda error: error,
}
"""From what halves score against each other to what the truth scores against the mean of all raters."""


def bias_shared(songs: Sequence[FloatArray], raters: Sequence[Sequence[str]]) -> float:
    """Give the part of the variance of raters' biases that a rater carries from song to song, in [0, 1].

    With d_js the mean of rater j's track of song s less the mean of the others': the mean of d_js d_jt over all pairs
    of songs s, t of one rater, by the mean of d_js². Exact where the raters of all songs are the same, up to 1/k too
    small where they are all others.

    Parameters
    ----------
    songs : sequence of (raters, moments)
    raters : sequence of sequences of str
        Names of each song's raters, in the order of its tracks; the empty name is nobody's.

    Returns
    -------
    float
        NaN if no named rater has two songs, or nobody differs from anybody.
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
    """Give the ceiling of pooled r if all songs had the same raters, who carry a part of their biases along.

    The error of the songs' means counts with 1 - ``shared``: sqrt(1 - ((1 - shared) E_means + E_within) / V_L), with
    E the squared floors of RMSE and V_L = rmse² / (1 - r²). Of labels whose panel changes from song to song, the
    ceiling lies between ``r`` and this. NaN where r is undefined or 1, or ``shared`` is NaN.
    """
    r, rmse, means, within = (components[name].value for name in ("r", "rmse", "rmse_means", "rmse_within"))
    if not r < 1:
        return math.nan
    error = ((1 - shared) * means**2 + within**2) * (1 - r**2) / rmse**2
    return math.sqrt(max(1 - error, 0))
