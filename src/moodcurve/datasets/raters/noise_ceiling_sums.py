"""Compute the scores of the noise ceiling from sums over songs.

Each song has a row of sums. Weights (draws, songs) are how often each bootstrap sample contains each song. For the
formulas see ``moodcurve.datasets.raters.noise_ceiling``.
"""

import math

import numpy as np

from moodcurve._typing import FloatArray
from moodcurve.datasets.raters.agreement import mean_squares
from moodcurve.metrics import CONSTANT


def component_sums(whole: FloatArray) -> list[float]:
    """Return the sums of one song, from its complete tracks (raters, times).

    These are n, Σ L, Σ L², Σ (L - mean of L)², Σ error variance, the last within the song, and r, CCC and RMSE of the
    song itself.
    """
    k, n = whole.shape
    label = whole.mean(axis=0)
    error = float(whole.var(axis=0, ddof=1).sum() / k)
    within = n * float(label.var())
    error_within = (n - 1) * mean_squares(whole).error / k
    constant = within <= n * (CONSTANT * float(np.abs(label).max())) ** 2
    within = 0.0 if constant else within
    true_within = max(within - error_within, 0.0)
    r = math.nan if constant else math.sqrt(true_within / within)
    ccc = 2 * true_within / (2 * true_within + error) if true_within + error > 0 else math.nan
    sums = [n, float(label.sum()), float(label @ label), within, error, error_within]
    return [*sums, r, ccc, math.sqrt(error / n)]


def component_scores(sums: FloatArray, weights: FloatArray) -> dict[str, FloatArray]:
    """Compute all ``CEILINGS`` of each draw from the songs' ``component_sums``."""
    n, total, squares, within, error, error_within = (weights @ column for column in sums[:, :-3].T)
    v_label = squares / n - (total / n) ** 2
    v_means, error_means = v_label - within / n, _positive(error - error_within) / n
    v_true = _positive(v_label - error / n)
    return {
        "r": np.sqrt(_ratio(v_true, v_label)),
        "ccc": _ratio(2 * v_true, v_true + v_label),
        "rmse": np.sqrt(error / n),
        "r_means": np.sqrt(_ratio(_positive(v_means - error_means), v_means)),
        "rmse_means": np.sqrt(error_means),
        "r_within": np.sqrt(_ratio(_positive(within - error_within), within)),
        "rmse_within": np.sqrt(error_within / n),
        **_song_scores(sums, weights),
    }


def halves(whole: FloatArray, splits: int, rng: np.random.Generator) -> tuple[FloatArray, FloatArray, float]:
    """Return the means of random halves, (splits, times) each, and V_error by their squared difference."""
    k = len(whole)
    in_first = np.argsort(rng.random((splits, k)), axis=1) < k // 2
    first = in_first @ whole / (k // 2)
    second = ~in_first @ whole / (k - k // 2)
    return first, second, (k // 2) * (k - k // 2) / k**2


def mean_of_others(whole: FloatArray) -> FloatArray:
    """Return the mean of the other raters for each rater, shape (raters, times)."""
    return np.asarray((whole.sum(axis=0) - whole) / (len(whole) - 1))


def pair_sums(a: FloatArray, b: FloatArray, errors: float) -> list[float]:
    """Return the sums of pairs of curves of one song, (pairs, times) each, as means over the pairs.

    These are n; Σ a, Σ b, Σ a², Σ b², Σ ab; the last three within the song; squared errors times the factor ``errors``,
    of points and of means; and r, CCC and RMSE. Undefined cases are those of ``moodcurve.metrics``.
    """
    n = a.shape[1]
    mean_a, mean_b = a.mean(axis=1), b.mean(axis=1)
    da, db = a - mean_a[:, np.newaxis], b - mean_b[:, np.newaxis]
    for d, x in ((da, a), (db, b)):
        # rounding errors do not make a curve vary
        d[(d**2).mean(axis=1) <= (CONSTANT * np.abs(x).max(axis=1)) ** 2] = 0
    aa, bb, ab = (da**2).sum(axis=1), (db**2).sum(axis=1), (da * db).sum(axis=1)
    square = errors * ((a - b) ** 2).sum(axis=1)
    apart = mean_a - mean_b
    r, ccc, squares = np.full(len(a), np.nan), np.full(len(a), np.nan), (aa + bb) / n + apart**2
    np.divide(ab, np.sqrt(aa * bb), out=r, where=(aa > 0) & (bb > 0))
    differ = np.abs(apart) > CONSTANT * np.maximum(np.abs(mean_a), np.abs(mean_b))
    np.divide(2 * ab / n, squares, out=ccc, where=(aa > 0) | (bb > 0) | differ)
    levels = [n * mean_a, n * mean_b, n * mean_a**2 + aa, n * mean_b**2 + bb, n * mean_a * mean_b + ab]
    columns = [*levels, aa, bb, ab, square, errors * n * apart**2, r, ccc, np.sqrt(square / n)]
    return [float(n), *(_defined_mean(column) for column in columns)]


def pair_scores(sums: FloatArray, weights: FloatArray) -> dict[str, FloatArray]:
    """Compute all ``CEILINGS`` of one side of the pairs against the other for each draw, from ``pair_sums``."""
    n, a, b, aa, bb, ab, aa_in, bb_in, ab_in, square, square_means = (weights @ column for column in sums[:, :-3].T)
    v_a, v_b, v_ab = aa / n - (a / n) ** 2, bb / n - (b / n) ** 2, ab / n - a * b / n**2
    means_a, means_b = _positive(v_a - aa_in / n), _positive(v_b - bb_in / n)
    return {
        "r": _ratio(v_ab, np.sqrt(v_a * v_b)),
        "ccc": _ratio(2 * v_ab, v_a + v_b + ((a - b) / n) ** 2),
        "rmse": np.sqrt(square / n),
        "r_means": _ratio(v_ab - ab_in / n, np.sqrt(means_a * means_b)),
        "rmse_means": np.sqrt(square_means / n),
        "r_within": _ratio(ab_in, np.sqrt(aa_in * bb_in)),
        "rmse_within": np.sqrt(_positive(square - square_means) / n),
        **_song_scores(sums, weights),
    }


def _song_scores(sums: FloatArray, weights: FloatArray) -> dict[str, FloatArray]:
    """Average the scores of single songs, the last three columns, over the songs where each is defined."""
    means = {}
    for name, values in zip(("r_song", "ccc_song", "rmse_song"), sums[:, -3:].T, strict=True):
        defined = np.isfinite(values)
        means[name] = _ratio(weights @ np.where(defined, values, 0), weights @ defined)
    return means


def _positive(values: FloatArray) -> FloatArray:
    """Set negative values, which are due to chance or rounding, to 0."""
    return np.maximum(values, 0)


def _ratio(above: FloatArray, below: FloatArray) -> FloatArray:
    """Divide, with NaN where the divisor is not positive."""
    ratio = np.full(len(above), np.nan)
    np.divide(above, below, out=ratio, where=below > 0)
    return ratio


def _defined_mean(values: FloatArray) -> float:
    defined = values[np.isfinite(values)]
    return float(defined.mean()) if len(defined) else math.nan
