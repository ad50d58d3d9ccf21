"""How far the raters of one song agree, and which songs they agree on best.

Conventions
-----------
The tracks of one song on one axis are an array (k raters, n moments), NaN where a rater says nothing. Moments are the
cases and raters the judges, so a figure says how much of a song's *course* is shared. Moments half a second apart
depend on each other: a figure of one song is far less certain than n suggests, and over many songs its mean counts.

Undefined cases
---------------
Every figure is NaN with fewer than two raters, fewer than two moments, or where its denominator is 0: all tracks
constant, for instance. Alpha and the ICC need the same raters throughout, so they are of the moments at which all
raters of the song speak; r, CCC and Krippendorff's alpha use all there is. No case warns.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np

from moodcurve._typing import FloatArray
from moodcurve.metrics import CONSTANT

AGREEMENTS = ("cronbach_alpha", "icc_2k", "pairwise_r", "pairwise_ccc", "krippendorff_alpha")
"""The figures of ``RaterAgreement``, by name."""


@dataclass(frozen=True, kw_only=True)
class RaterAgreement:
    """How far the raters of one song agree on one axis; NaN where undefined.

    Attributes
    ----------
    raters, moments : int
    constant : int
        Raters whose track never moves.
    cronbach_alpha, icc_2k, pairwise_r, pairwise_ccc, krippendorff_alpha : float
        What the functions of these names give; the pairwise ones are means.
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
        """Give the fields for JSON: None in place of NaN."""
        return {name: None if math.isnan(value) else value for name, value in asdict(self).items()}


@dataclass(frozen=True, kw_only=True)
class MeanSquares:
    """Two-way analysis of variance, moments by raters, one value a cell; NaN with fewer than two of either.

    Attributes
    ----------
    raters, moments : int
        How many there are; moments at which a rater says nothing are left out.
    between_moments, between_raters, error : float
        With y_j. a rater's mean and y_.t a moment's: k Σ_t (y_.t - y_..)² / (n - 1), n Σ_j (y_j. - y_..)² / (k - 1),
        and Σ_jt (y_jt - y_j. - y_.t + y_..)² / ((n - 1)(k - 1)).
    flat : bool
        Whether the mean over raters is constant (see ``metrics.CONSTANT``).
    """

    raters: int
    moments: int
    between_moments: float
    between_raters: float
    error: float
    flat: bool


def mean_squares(tracks: FloatArray) -> MeanSquares:
    """Divide the variance of a song's tracks into that of moments, of raters, and the rest.

    Shrout & Fleiss, "Intraclass correlations: uses in assessing rater reliability", Psychological Bulletin 86(2),
    1979, https://doi.org/10.1037/0033-2909.86.2.420.
    """
    whole = complete(tracks)
    k, n = whole.shape
    if k < 2 or n < 2:
        return MeanSquares(
            raters=k, moments=n, between_moments=math.nan, between_raters=math.nan, error=math.nan, flat=True
        )
    mean = whole.mean()
    of_moments, of_raters = whole.mean(axis=0) - mean, whole.mean(axis=1) - mean
    rest = whole - mean - of_moments - of_raters[:, np.newaxis]
    return MeanSquares(
        raters=k,
        moments=n,
        between_moments=float(k * (of_moments @ of_moments) / (n - 1)),
        between_raters=float(n * (of_raters @ of_raters) / (k - 1)),
        error=float((rest**2).sum() / ((n - 1) * (k - 1))),
        flat=bool(of_moments @ of_moments <= n * (CONSTANT * np.abs(whole).max()) ** 2),
    )


def complete(tracks: FloatArray) -> FloatArray:
    """Keep the moments at which all raters speak, after leaving out raters who never do."""
    spoken = tracks[~np.isnan(tracks).all(axis=1)]
    return spoken[:, ~np.isnan(spoken).any(axis=0)]


def cronbach_alpha(tracks: FloatArray) -> float:
    """Give Cronbach's alpha of the mean over raters: k/(k - 1) · (1 - Σ_j var(y_j) / var(Σ_j y_j)), at most 1.

    It is computed as 1 - MS_error / MS_moments, the same number (Hoyt). Raters' levels do not matter. Negative where
    raters contradict each other. Cronbach, "Coefficient alpha and the internal structure of tests", Psychometrika
    16(3), 1951, https://doi.org/10.1007/BF02310555.
    """
    return _alpha(mean_squares(tracks))


def icc_2k(tracks: FloatArray) -> float:
    """Give ICC(2,k), the absolute agreement of the mean over raters drawn at random.

    (MS_moments - MS_error) / (MS_moments + (MS_raters - MS_error) / n). Unlike alpha it falls when raters' levels
    differ. Source: see ``mean_squares``. Where the denominator is not positive it is NaN.
    """
    return _icc(mean_squares(tracks))


def _alpha(squares: MeanSquares) -> float:
    return math.nan if squares.flat else 1 - squares.error / squares.between_moments


def _icc(squares: MeanSquares) -> float:
    if math.isnan(squares.error):
        return math.nan
    total = squares.between_moments + (squares.between_raters - squares.error) / squares.moments
    return (squares.between_moments - squares.error) / total if total > 0 and not squares.flat else math.nan


def pairwise(tracks: FloatArray) -> tuple[float, float]:
    """Give the mean of r and of CCC over all pairs of raters, each over the moments that the two share.

    Formulas and undefined pairs as in ``moodcurve.metrics``: r leaves out pairs in which a track is constant, CCC
    counts them as 0, and leaves out pairs of the same constant. NaN if no pair is left.
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
    """Give Krippendorff's alpha with the interval metric, at most 1; ratings may be missing.

    α = 1 - D_o / D_e. With m_t ratings of case t, N of all cases that have two or more, SS sums of squared deviations
    (Σ over ordered pairs of (x - y)² is 2 m SS): D_o = 2/N Σ_t m_t SS_t / (m_t - 1) and D_e = 2 SS_all / (N - 1).
    Hayes & Krippendorff, "Answering the call for a standard reliability measure for coding data", Communication
    Methods and Measures 1(1), 2007, https://doi.org/10.1080/19312450709336664.

    Parameters
    ----------
    tracks : (k, n)
        Raters by cases: the moments of a song, or whole songs.
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
    """Give all figures for one song and axis, from tracks (raters, moments)."""
    squares = mean_squares(tracks)
    spoken = tracks[~np.isnan(tracks).all(axis=1)]
    r, ccc = pairwise(spoken)
    span = np.nanmax(spoken, axis=1) - np.nanmin(spoken, axis=1) if spoken.size else np.empty(0)
    top = np.nanmax(np.abs(spoken), axis=1) if spoken.size else np.empty(0)
    return RaterAgreement(
        raters=len(spoken),
        moments=tracks.shape[1],
        constant=int((span <= CONSTANT * top).sum()),
        cronbach_alpha=_alpha(squares),
        icc_2k=_icc(squares),
        pairwise_r=r,
        pairwise_ccc=ccc,
        krippendorff_alpha=krippendorff_alpha(spoken),
    )


def best_agreed(agreement: Mapping[str, float], *, share: float) -> list[str]:
    """Choose the songs that raters agree on best.

    Parameters
    ----------
    agreement : mapping
        One figure a song, NaN where undefined: such songs are never chosen.
    share : float
        How much of all songs to keep, in (0, 1]: of n songs n·share, rounded, halves up, or all that have a figure
        if these are fewer.

    Returns
    -------
    list of str
        In the order of ``agreement``. Of equal songs the earlier one is kept.

    Raises
    ------
    ValueError
        If ``share`` is out of its range.
    """
    if not 0 < share <= 1:
        raise ValueError(f"share must lie in (0, 1], got {share}")
    defined = [song_id for song_id, value in agreement.items() if not math.isnan(value)]
    ranked = sorted(defined, key=lambda song_id: -agreement[song_id])
    chosen = set(ranked[: math.floor(len(agreement) * share + 0.5)])
    return [song_id for song_id in agreement if song_id in chosen]
