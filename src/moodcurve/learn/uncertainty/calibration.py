"""Calibrate intervals on songs that a model was not trained on, by conformal prediction over songs.

The errors at the points of one song are correlated. A new song is exchangeable with other songs, not its points with
other points. Each of the K calibration songs therefore has the weight 1/(K + 1), shared by its points. The remaining
1/(K + 1) belongs to the new song, whose errors are unknown. The upper end of an interval is the least q with

    Σ_songs (fraction of the song's points whose error is at most q) / (K + 1)  ≥  1 - (1 - level)/2,

and the lower end is the same for errors of the opposite sign. A random point of a new song is then above its interval
with a probability of at most (1 - level)/2, and below it with the same. This holds for any distribution of the errors
if the model is as good on the new song as on the calibration songs; see Lee, Barber and Willett, "Distribution-free
inference with hierarchical data", https://arxiv.org/abs/2306.06342. It holds on average over songs: in most songs all
points are inside, in some none.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from moodcurve._typing import FloatArray
from moodcurve.datasets import Song
from moodcurve.learn.config import check
from moodcurve.runtime.intervals import LEVEL, Intervals, Margins, RmsErrors
from moodcurve.runtime.song_rating import Line, SongRating

MIN_SONGS = math.ceil(2 / (1 - LEVEL) - 1e-9) - 1
"""With fewer than 19 songs, the weight of the new song exceeds what may lie on one side."""
MIN_RMS_ERROR = 1e-6
"""Lower bound of RMS errors: probabilities need a positive width."""


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """Errors on songs that the model was not trained on, as stored in a model file.

    Attributes
    ----------
    intervals : Intervals
    rms_errors : RmsErrors
    song_rating : SongRating or None
        Without it, curves have no rating of the whole song.
    """

    intervals: Intervals
    rms_errors: RmsErrors
    song_rating: SongRating | None = None


def calibrate(songs: Sequence[Song], predicted: Sequence[FloatArray]) -> Calibration:
    """Calibrate intervals, RMS errors and, if at least `MIN_SONGS` songs have one, the rating of whole songs.

    Parameters
    ----------
    songs : sequence of Song
    predicted : sequence of (n, 2)
        Cross-validated predictions at each song's rated points; see `calibrate_intervals`.

    Raises
    ------
    TrainingError
        As `calibrate_intervals`.
    """
    rated = [song.y for song in songs]
    whole = [song.annotation.song_arousal is not None for song in songs]
    return Calibration(
        intervals=calibrate_intervals(rated, predicted),
        rms_errors=rms_errors(rated, predicted),
        song_rating=calibrate_song_rating(songs, predicted) if sum(whole) >= MIN_SONGS else None,
    )


def calibrate_intervals(
    rated: Sequence[FloatArray], predicted: Sequence[FloatArray], stds: Sequence[FloatArray] | None = None
) -> Intervals:
    """Calibrate intervals of single points and of songs' means.

    Parameters
    ----------
    rated : sequence of (n, 2)
        Ratings of each song, n ≥ 1.
    predicted : sequence of (n, 2)
        Predictions of each song, limited to [-1, 1] here. They should come from cross-validation on the songs that
        the released model is trained on, with disjoint artists. Models of fewer songs have slightly larger errors,
        which makes the intervals conservative.
    stds : sequence of (n, 2), optional
        Standard deviations predicted by the models, positive; the intervals are then proportional to them. By
        default, intervals have the same width everywhere.

    Raises
    ------
    TrainingError
        If there are fewer than `MIN_SONGS` songs, the lengths differ, or a standard deviation is not positive.
    """
    check(len(rated) >= MIN_SONGS, "rated", f"at least {MIN_SONGS} songs", len(rated))
    counts = [len(y) for y in rated]
    check([len(p) for p in predicted] == counts, "predicted", "of the same lengths as rated", "other lengths")
    if stds is None:
        scales = [np.ones_like(y) for y in rated]
    else:
        check([len(s) for s in stds] == counts, "stds", "of the same lengths as rated", "other lengths")
        scales = [np.asarray(s, np.float64) for s in stds]
        least = min(float(s.min()) for s in scales)
        check(least > 0, "stds", "positive", least)
    errors = [y - np.clip(p, -1, 1) for y, p in zip(rated, predicted, strict=True)]
    points = [e / s for e, s in zip(errors, scales, strict=True)]
    songs = [(e.mean(axis=0) / s.mean(axis=0))[None] for e, s in zip(errors, scales, strict=True)]
    return Intervals(
        scale="constant" if stds is None else "spread",
        songs=len(rated),
        arousal=margins([p[:, 0] for p in points]),
        valence=margins([p[:, 1] for p in points]),
        song_arousal=margins([s[:, 0] for s in songs]),
        song_valence=margins([s[:, 1] for s in songs]),
    )


def rms_errors(rated: Sequence[FloatArray], predicted: Sequence[FloatArray]) -> RmsErrors:
    """Compute root mean square errors of predictions limited to [-1, 1], with equal weight for all songs.

    The parameters are those of `calibrate_intervals`. The minimum is `MIN_RMS_ERROR`.
    """
    errors = [y - np.clip(p, -1, 1) for y, p in zip(rated, predicted, strict=True)]
    points = np.sqrt(np.mean([(e**2).mean(axis=0) for e in errors], axis=0))
    songs = np.sqrt(np.mean([e.mean(axis=0) ** 2 for e in errors], axis=0))
    arousal, valence, song_arousal, song_valence = (max(float(error), MIN_RMS_ERROR) for error in (*points, *songs))
    return RmsErrors(
        songs=len(rated),
        arousal=arousal,
        valence=valence,
        song_arousal=song_arousal,
        song_valence=song_valence,
    )


def calibrate_song_rating(songs: Sequence[Song], predicted: Sequence[FloatArray]) -> SongRating:
    """Fit lines from the means of curves to ratings of whole songs, with 90 % intervals.

    The lines are least-squares fits to the songs that have a rating of the whole song. The ends of the interval are
    conformal quantiles, 5 % on each side, of each rating's deviation from a line fitted to the *other* songs. For
    least squares this is residual / (1 - leverage).

    Parameters
    ----------
    songs : sequence of Song
    predicted : sequence of (n, 2)
        Cross-validated predictions at each song's rated points, limited to [-1, 1] here.

    Raises
    ------
    TrainingError
        If fewer than `MIN_SONGS` songs have a rating of the whole song, or all curves have the same mean.
    """
    pairs = [
        (np.clip(p, -1, 1).mean(axis=0), (song.annotation.song_arousal, song.annotation.song_valence))
        for song, p in zip(songs, predicted, strict=True)
        if song.annotation.song_arousal is not None
    ]
    check(len(pairs) >= MIN_SONGS, "songs", f"at least {MIN_SONGS} with a rating of the whole song", len(pairs))
    means, ratings = (np.array(side, dtype=np.float64) for side in zip(*pairs, strict=True))
    arousal, valence = (_line(means[:, axis], ratings[:, axis]) for axis in range(2))
    return SongRating(songs=len(pairs), arousal=arousal, valence=valence)


def _line(x: FloatArray, y: FloatArray) -> Line:
    deviation = x - x.mean()
    square = float(deviation @ deviation)
    check(square > 0, "predicted", "songs with different means", "equal ones")
    slope = float(deviation @ y) / square
    base = float(y.mean() - slope * x.mean())
    leverage = 1 / len(x) + deviation**2 / square
    below, above = margins([e[None] for e in (y - base - slope * x) / (1 - leverage)])
    return Line(base=base, slope=slope, below=below, above=above)


def song_quantile(scores: Sequence[FloatArray], fraction: float) -> float:
    """Return the least score q with Σ_songs (fraction of the song's scores ≤ q) / (songs + 1) ≥ `fraction`.

    It is infinite if all scores together do not reach the fraction: with K songs, above K/(K + 1).

    Parameters
    ----------
    scores : sequence of (n,)
        Scores of each song, n ≥ 1.
    fraction : float
        In (0, 1).

    Examples
    --------
    >>> song_quantile([np.array([1.0, 2.0]), np.array([5.0]), np.array([3.0])], 0.5)
    3.0
    """
    values = np.concatenate(scores)
    weights = np.concatenate([np.full(len(song), 1 / len(song)) for song in scores])
    order = np.argsort(values, kind="stable")
    # sums of fractions like 1/60 miss integers by a rounding error
    reached = np.flatnonzero(np.cumsum(weights[order]) >= fraction * (len(scores) + 1) - 1e-9)
    return float(values[order][reached[0]]) if len(reached) else math.inf


def margins(scores: Sequence[FloatArray], level: float = LEVEL) -> Margins:
    """Return the distances of both ends (below, above) of intervals of a level, from errors (n,) of each song.

    They are conformal quantiles with half of the rest on each side; never negative, so that the interval holds the
    prediction.
    """
    fraction = 1 - (1 - level) / 2
    below, above = song_quantile([-s for s in scores], fraction), song_quantile(scores, fraction)
    return max(below, 0.0), max(above, 0.0)
