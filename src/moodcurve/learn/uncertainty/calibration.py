"""Intervals that hold: how far ratings lie from answers to songs that a model had not learned from.

Conformal prediction over songs. The points of one song err together, so songs, not points, are what a new song is
exchangeable with: each calibration song has the weight 1/(K + 1), shared by its points, and the missing 1/(K + 1)
stands for the new song, whose errors may be anything. An upper reach is then the least q with

    Σ_songs (share of the song's points whose error is at most q) / (K + 1)  ≥  1 - (1 - level)/2,

and the lower reach the same for errors of the other sign. Taken at random, a point of a new song then lies above
its interval with a probability of at most (1 - level)/2, and below with the same, whatever the errors'
distribution, if the model is as good on the new song as on those (Lee, Barber and Willett,
"Distribution-free inference with hierarchical data", https://arxiv.org/abs/2306.06342). It is a statement on the
average over songs: in most songs all points lie inside, in some none.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from moodcurve._typing import FloatArray
from moodcurve.datasets import Song
from moodcurve.learn.config import check
from moodcurve.runtime.intervals import LEVEL, ErrorStd, Intervals, Margins
from moodcurve.runtime.song_rating import Line, SongRating

LEAST_SONGS = math.ceil(2 / (1 - LEVEL) - 1e-9) - 1
"""With fewer songs, 19, the missing one alone outweighs what may lie on one side."""
LEAST_SPREAD = 1e-6
"""No model errs less; probabilities need a spread that is not 0."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What a model file states of errors on songs that the model had not learned from.

    Attributes
    ----------
    intervals : Intervals
    spreads : ErrorStd
    song_rating : SongRating or None
        Without it, curves have no rating of the song as a whole.
    """

    intervals: Intervals
    spreads: ErrorStd
    song_rating: SongRating | None = None


def measure(songs: Sequence[Song], predicted: Sequence[FloatArray]) -> Measured:
    """Measure all that a model file states, from answers (n, 2) to each song's rated points, as `calibrate`.

    The ratings of whole songs are left out where fewer than `LEAST_SONGS` songs have one.
    """
    rated = [song.y for song in songs]
    whole = [song.annotation.song_arousal is not None for song in songs]
    return Measured(
        intervals=calibrate(rated, predicted),
        spreads=error_spreads(rated, predicted),
        song_rating=calibrate_rating(songs, predicted) if sum(whole) >= LEAST_SONGS else None,
    )


def calibrate(
    rated: Sequence[FloatArray], predicted: Sequence[FloatArray], spreads: Sequence[FloatArray] | None = None
) -> Intervals:
    """Measure intervals of single points and of songs' means on songs that the predicting models had not seen.

    Parameters
    ----------
    rated, predicted : sequence of (n, 2)
        A pair for each song, n ≥ 1; answers are limited to [-1, 1] here. They come from cross-validation on the
        songs that the released model learns from, with no artist on both sides: a model of fewer songs errs a
        little more, which keeps the intervals on the safe side.
    spreads : sequence of (n, 2), optional
        The models' own spreads, positive; the intervals then grow with them. By default they are equally wide
        everywhere.

    Raises
    ------
    TrainingError
        If there are fewer than `LEAST_SONGS` songs, the lengths differ, or a spread is not positive.
    """
    check(len(rated) >= LEAST_SONGS, "rated", f"at least {LEAST_SONGS} songs", len(rated))
    counts = [len(y) for y in rated]
    check([len(p) for p in predicted] == counts, "predicted", "as many points as rated in each song", "others")
    if spreads is None:
        scales = [np.ones_like(y) for y in rated]
    else:
        check([len(s) for s in spreads] == counts, "spreads", "as many points as rated in each song", "others")
        scales = [np.asarray(s, np.float64) for s in spreads]
        least = min(float(s.min()) for s in scales)
        check(least > 0, "spreads", "positive", least)
    errors = [y - np.clip(p, -1, 1) for y, p in zip(rated, predicted, strict=True)]
    points = [e / s for e, s in zip(errors, scales, strict=True)]
    songs = [(e.mean(axis=0) / s.mean(axis=0))[None] for e, s in zip(errors, scales, strict=True)]
    return Intervals(
        scale="constant" if spreads is None else "spread",
        songs=len(rated),
        arousal=_reach([p[:, 0] for p in points]),
        valence=_reach([p[:, 1] for p in points]),
        song_arousal=_reach([s[:, 0] for s in songs]),
        song_valence=_reach([s[:, 1] for s in songs]),
    )


def error_spreads(rated: Sequence[FloatArray], predicted: Sequence[FloatArray]) -> ErrorStd:
    """Measure how far answers, limited to [-1, 1], err: root mean squares, all songs counting alike.

    The parameters are those of `calibrate`. Less than `LEAST_SPREAD` counts as that.
    """
    errors = [y - np.clip(p, -1, 1) for y, p in zip(rated, predicted, strict=True)]
    points = np.sqrt(np.mean([(e**2).mean(axis=0) for e in errors], axis=0))
    songs = np.sqrt(np.mean([e.mean(axis=0) ** 2 for e in errors], axis=0))
    arousal, valence, song_arousal, song_valence = (max(float(spread), LEAST_SPREAD) for spread in (*points, *songs))
    return ErrorStd(
        songs=len(rated),
        arousal=arousal,
        valence=valence,
        song_arousal=song_arousal,
        song_valence=song_valence,
    )


def calibrate_rating(songs: Sequence[Song], predicted: Sequence[FloatArray]) -> SongRating:
    """Fit the lines from means of curves to ratings of songs as wholes, and measure their 90 % intervals.

    Least squares over the songs that are rated as a whole. The interval's ends are the conformal quantiles of what
    each rating deviates from the line of the *other* songs, for least squares residual / (1 - leverage), 5 % on
    each side.

    Parameters
    ----------
    songs : sequence of Song
    predicted : sequence of (n, 2)
        Answers to each song's rated points by models that had not learned from it; limited to [-1, 1] here.

    Raises
    ------
    TrainingError
        If fewer than `LEAST_SONGS` songs are rated as a whole, or the means of their curves are all equal.
    """
    pairs = [
        (np.clip(p, -1, 1).mean(axis=0), (song.annotation.song_arousal, song.annotation.song_valence))
        for song, p in zip(songs, predicted, strict=True)
        if song.annotation.song_arousal is not None
    ]
    check(len(pairs) >= LEAST_SONGS, "songs", f"at least {LEAST_SONGS} that are rated as a whole", len(pairs))
    means, ratings = (np.array(side, dtype=np.float64) for side in zip(*pairs, strict=True))
    arousal, valence = (_line(means[:, axis], ratings[:, axis]) for axis in range(2))
    return SongRating(songs=len(pairs), arousal=arousal, valence=valence)


def _line(x: FloatArray, y: FloatArray) -> Line:
    away = x - x.mean()
    square = float(away @ away)
    check(square > 0, "predicted", "songs with different means", "equal ones")
    slope = float(away @ y) / square
    base = float(y.mean() - slope * x.mean())
    leverage = 1 / len(x) + away**2 / square
    below, above = _reach([e[None] for e in (y - base - slope * x) / (1 - leverage)])
    return Line(base=base, slope=slope, below=below, above=above)


def song_quantile(scores: Sequence[FloatArray], share: float) -> float:
    """Least score q such that Σ_songs (share of its scores ≤ q) / (songs + 1) ≥ `share`.

    Infinite where even all scores do not reach that: with K songs, for shares above K/(K + 1).

    Parameters
    ----------
    scores : sequence of (n,)
        Of each song, n ≥ 1.
    share : float
        In (0, 1).

    Examples
    --------
    >>> song_quantile([np.array([1.0, 2.0]), np.array([5.0]), np.array([3.0])], 0.5)
    3.0
    """
    values = np.concatenate(scores)
    weights = np.concatenate([np.full(len(song), 1 / len(song)) for song in scores])
    order = np.argsort(values, kind="stable")
    # sums of shares like 1/60 miss whole numbers by a rounding error
    reached = np.flatnonzero(np.cumsum(weights[order]) >= share * (len(scores) + 1) - 1e-9)
    return float(values[order][reached[0]]) if len(reached) else math.inf


def _reach(scores: Sequence[FloatArray]) -> Margins:
    """Reach below and above, (low, high); never negative, so that an answer lies inside its interval."""
    share = 1 - (1 - LEVEL) / 2
    below, above = song_quantile([-s for s in scores], share), song_quantile(scores, share)
    return max(below, 0.0), max(above, 0.0)
