"""Measure the agreement of the raters of one song, and select the songs with the best agreement.

Conventions
-----------
The tracks of one song and axis are an array (k raters, n times), NaN where there is no rating. Times are the cases
and raters the judges: these statistics measure how far raters agree on changes *within* the song. Ratings half a second
apart are not independent, so the statistic of one song is less certain than n suggests; use means over many songs.

Undefined cases
---------------
Every statistic is NaN with fewer than two raters, fewer than two times, or a denominator of 0, for example if all
tracks are constant. Alpha and the ICC need the same raters throughout and use only the times with ratings of all of
them; r, CCC and Krippendorff's alpha use all ratings. No case raises a warning.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np

from moodcurve._typing import FloatArray
from moodcurve.metrics import CONSTANT

AGREEMENTS = ("cronbach_alpha", "icc_2k", "pairwise_r", "pairwise_ccc", "krippendorff_alpha")
"""Names of the statistics of ``RaterAgreement``."""


@dataclass(frozen=True, kw_only=True)
class RaterAgreement:
    """Agreement of the raters of one song and axis; NaN where undefined.

    Attributes
    ----------
    raters, moments : int
        Number of raters and of times.
    constant : int
        Number of raters whose track is constant.
    cronbach_alpha, icc_2k, krippendorff_alpha : float
        See the functions of these names.
    pairwise_r, pairwise_ccc : float
        Means over pairs of raters, see ``pairwise``.
    """

    raters: int
    moments: int
    constant: int
    cronbach_alpha: float
    icc_2k: float
    pairwise_r: float
    pairwise_ccc: float
    krippendorff_alpha: float

    def as_dict(self) -> dict[str, float | int | None]:
        """Return the fields for JSON, with None for NaN."""
        return {name: None if math.isnan(value) else value for name, value in asdict(self).items()}


@dataclass(frozen=True, kw_only=True)
class MeanSquares:
    """Two-way analysis of variance, times by raters, with one value per cell; NaN with fewer than two of either.

    Attributes
    ----------
    raters, times : int
        Numbers k and n; times without ratings of all raters are left out.
    between_times, between_raters, error : float
        With y_j. the mean of a rater and y_.t the mean at a time: k Σ_t (y_.t - y_..)² / (n - 1),
        n Σ_j (y_j. - y_..)² / (k - 1), and Σ_jt (y_jt - y_j. - y_.t + y_..)² / ((n - 1)(k - 1)).
    constant_mean : bool
        True if the mean over raters is constant (see ``metrics.CONSTANT``).
    """

    raters: int
    times: int
    between_times: float
    between_raters: float
    error: float
    constant_mean: bool


def mean_squares(tracks: FloatArray) -> MeanSquares:
    """Split the variance of a song's tracks into that between times, between raters, and the error.

    Shrout & Fleiss, "Intraclass correlations: uses in assessing rater reliability", Psychological Bulletin 86(2),
    1979, https://doi.org/10.1037/0033-2909.86.2.420.
    """
    whole = complete(tracks)
    k, n = whole.shape
    if k < 2 or n < 2:
        return MeanSquares(
            raters=k, times=n, between_times=math.nan, between_raters=math.nan, error=math.nan, constant_mean=True
        )
    mean = whole.mean()
    of_times, of_raters = whole.mean(axis=0) - mean, whole.mean(axis=1) - mean
    rest = whole - mean - of_times - of_raters[:, np.newaxis]
    return MeanSquares(
        raters=k,
        times=n,
        between_times=float(k * (of_times @ of_times) / (n - 1)),
        between_raters=float(n * (of_raters @ of_raters) / (k - 1)),
        error=float((rest**2).sum() / ((n - 1) * (k - 1))),
        constant_mean=bool(of_times @ of_times <= n * (CONSTANT * np.abs(whole).max()) ** 2),
    )


def complete(tracks: FloatArray) -> FloatArray:
    """Return the times with ratings of all raters, after dropping raters without any rating."""
    rated = tracks[~np.isnan(tracks).all(axis=1)]
    return rated[:, ~np.isnan(rated).any(axis=0)]


def cronbach_alpha(tracks: FloatArray) -> float:
    """Compute Cronbach's alpha of the mean over raters: k/(k - 1) · (1 - Σ_j var(y_j) / var(Σ_j y_j)), at most 1.

    It is computed as 1 - MS_error / MS_times, which is equal (Hoyt). Raters' levels do not matter. It is negative if
    raters contradict each other. Cronbach, "Coefficient alpha and the internal structure of tests", Psychometrika
    16(3), 1951, https://doi.org/10.1007/BF02310555.

    Examples
    --------
    >>> round(cronbach_alpha(np.array([[0.0, 0.2, 0.4], [0.1, 0.2, 0.6]])), 3)
    0.952
    """
    return _alpha(mean_squares(tracks))


def icc_2k(tracks: FloatArray) -> float:
    """Compute ICC(2,k), the absolute agreement of the mean over randomly drawn raters.

    (MS_times - MS_error) / (MS_times + (MS_raters - MS_error) / n). Unlike alpha, it decreases if raters' levels
    differ. NaN if the denominator is not positive. For the source see ``mean_squares``.

    Examples
    --------
    >>> round(icc_2k(np.array([[0.0, 0.2, 0.4], [0.1, 0.2, 0.6]])), 3)
    0.923
    """
    return _icc(mean_squares(tracks))


def _alpha(squares: MeanSquares) -> float:
    return math.nan if squares.constant_mean else 1 - squares.error / squares.between_times


def _icc(squares: MeanSquares) -> float:
    if math.isnan(squares.error):
        return math.nan
    total = squares.between_times + (squares.between_raters - squares.error) / squares.times
    return (squares.between_times - squares.error) / total if total > 0 and not squares.constant_mean else math.nan


def pairwise(tracks: FloatArray) -> tuple[float, float]:
    """Compute the mean of r and of CCC over all pairs of raters, each over the times that both rated.

    Formulas and undefined cases are those of ``moodcurve.metrics``: pairs with a constant track are left out of r and
    have a CCC of 0; pairs of two equal constants are left out of the CCC too. NaN if no pair is left.

    Examples
    --------
    >>> r, ccc = pairwise(np.array([[0.0, 0.2, 0.4], [0.1, 0.2, 0.6]]))
    >>> round(r, 3), round(ccc, 3)
    (0.945, 0.8)
    """
    here = ~np.isnan(tracks)
    first, second = np.triu_indices(len(tracks), k=1)
    shared = here[first] & here[second]
    n = shared.sum(axis=1)
    usable = n >= 2
    first, second, shared, n = first[usable], second[usable], shared[usable], n[usable]
    if not len(n):
        return math.nan, math.nan
    filled = np.where(here, tracks, 0)
    a, b = filled[first] * shared, filled[second] * shared
    mean_a, mean_b = a.sum(axis=1) / n, b.sum(axis=1) / n
    da, db = (a - mean_a[:, np.newaxis]) * shared, (b - mean_b[:, np.newaxis]) * shared
    aa, bb, ab = (da**2).sum(axis=1), (db**2).sum(axis=1), (da * db).sum(axis=1)
    top_a, top_b = np.abs(a).max(axis=1), np.abs(b).max(axis=1)
    flat_a, flat_b = aa <= n * (CONSTANT * top_a) ** 2, bb <= n * (CONSTANT * top_b) ** 2
    moving = ~(flat_a | flat_b)
    apart = mean_a - mean_b
    same = flat_a & flat_b & (np.abs(apart) <= CONSTANT * np.maximum(top_a, top_b))
    r = ab[moving] / np.sqrt(aa[moving] * bb[moving])
    ccc = np.where(moving, 2 * ab / n, 0)[~same] / ((aa + bb) / n + apart**2)[~same]
    return tuple(float(x.mean()) if len(x) else math.nan for x in (r, ccc))  # type: ignore[return-value]


def krippendorff_alpha(tracks: FloatArray) -> float:
    """Compute Krippendorff's alpha with the interval metric, at most 1; ratings may be missing.

    α = 1 - D_o / D_e. With m_t ratings of case t, N ratings of all cases with two or more, and SS sums of squared
    deviations (the sum of (x - y)² over ordered pairs is 2 m SS): D_o = 2/N Σ_t m_t SS_t / (m_t - 1) and
    D_e = 2 SS_all / (N - 1). Hayes & Krippendorff, "Answering the call for a standard reliability measure for coding
    data", Communication Methods and Measures 1(1), 2007, https://doi.org/10.1080/19312450709336664.

    Parameters
    ----------
    tracks : (k, n)
        Raters by cases: the times of a song, or whole songs.

    Examples
    --------
    >>> round(krippendorff_alpha(np.array([[0.0, 0.2, 0.4], [0.1, 0.2, 0.6]])), 3)
    0.823
    """
    m = (~np.isnan(tracks)).sum(axis=0)
    ratings, m = tracks[:, m >= 2], m[m >= 2]
    if len(m) < 2:
        return math.nan
    within = np.nansum((ratings - np.nanmean(ratings, axis=0)) ** 2, axis=0)
    total = float(np.nansum((ratings - np.nanmean(ratings)) ** 2))
    n = int(m.sum())
    if total <= n * (CONSTANT * float(np.nanmax(np.abs(ratings)))) ** 2:
        return math.nan
    return 1 - float((m * within / (m - 1)).sum()) / n * (n - 1) / total


def rater_agreement(tracks: FloatArray) -> RaterAgreement:
    """Compute all statistics for one song and axis, from tracks (raters, times)."""
    squares = mean_squares(tracks)
    rated = tracks[~np.isnan(tracks).all(axis=1)]
    r, ccc = pairwise(rated)
    span = np.nanmax(rated, axis=1) - np.nanmin(rated, axis=1) if rated.size else np.empty(0)
    top = np.nanmax(np.abs(rated), axis=1) if rated.size else np.empty(0)
    return RaterAgreement(
        raters=len(rated),
        moments=tracks.shape[1],
        constant=int((span <= CONSTANT * top).sum()),
        cronbach_alpha=_alpha(squares),
        icc_2k=_icc(squares),
        pairwise_r=r,
        pairwise_ccc=ccc,
        krippendorff_alpha=krippendorff_alpha(rated),
    )


def best_agreed(agreement: Mapping[str, float], *, share: float) -> list[str]:
    """Select the songs with the best agreement of their raters.

    Parameters
    ----------
    agreement : mapping
        A statistic per song; songs with NaN are never selected.
    share : float
        Share of all songs to select, in (0, 1]: n·share of n songs, rounded half up, or fewer if more are NaN.

    Returns
    -------
    list of str
        Song ids in the order of ``agreement``. Of songs with equal agreement, the earlier is selected.

    Raises
    ------
    ValueError
        If ``share`` is out of range.
    """
    if not 0 < share <= 1:
        raise ValueError(f"share must lie in (0, 1], got {share}")
    defined = [song_id for song_id, value in agreement.items() if not math.isnan(value)]
    ranked = sorted(defined, key=lambda song_id: -agreement[song_id])
    chosen = set(ranked[: math.floor(len(agreement) * share + 0.5)])
    return [song_id for song_id in agreement if song_id in chosen]
