"""From raters to labels: raw tracks with stamps of their own, brought to 2 Hz, trimmed and averaged.

The stages, each of which runs alone: ``resample`` one rater's track → ``rated_song`` all tracks of a song, without
the first 15 s → ``average`` over raters, with their spread. Ratings of whole songs on nine points go through
``average_song_rating``.

The first 15 s are dropped since raters need them to find their place (Aljanaki, Yang & Soleymani 2017,
https://doi.org/10.1371/journal.pone.0173392).
"""

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from moodcurve._typing import FloatArray
from moodcurve.datasets.song import Annotation, DatasetError
from moodcurve.features.feature_sets import HOP_S

Between = Literal["line", "hold"]

SKIP_S = 15.0
"""How much of a song's beginning is dropped (seconds)."""
MIN_RATERS = 2
"""Fewest raters of a moment that is kept: of one alone nothing says how sure the mean is."""


@dataclass(frozen=True, eq=False, kw_only=True)
class RawTrack:
    """What one rater said of one song on one axis, when the rater said it.

    Attributes
    ----------
    rater : str
        Names the rater; may be empty.
    times_s : (m,)
        Stamps in seconds from the start of what was rated, at any distance and in any order. Where two are equal the
        later entry counts.
    values : (m,)
        In [-1, 1].
    """

    rater: str
    times_s: FloatArray
    values: FloatArray


@dataclass(frozen=True, eq=False, kw_only=True)
class RatedSong:
    """All raters' tracks of one song at the same moments; the two axes may have different raters.

    Attributes
    ----------
    song_id : str
    part : str
        What belongs together when figures are given by part, such as the year of the survey; may be empty.
    times_s : (n,)
        Moments on the grid of 2 Hz.
    arousal, valence : (raters, n)
        NaN where a rater says nothing.
    arousal_by, valence_by : tuple of str
        Names of the raters, in the order of the tracks; empty where unknown.
    """

    song_id: str
    times_s: FloatArray
    arousal: FloatArray
    valence: FloatArray
    arousal_by: tuple[str, ...]
    valence_by: tuple[str, ...]
    part: str = ""


@dataclass(frozen=True, kw_only=True)
class SongRating:
    """Ratings of a whole song on nine points, over raters.

    Attributes
    ----------
    mean : float
        In [1, 9].
    rounded : int
        The mean as a whole number, halves up: 4.5 is 5.
    std : float
        Standard deviation over raters (n - 1); NaN of one rater.
    raters : int
    """

    mean: float
    rounded: int
    std: float
    raters: int


def resample(track: RawTrack, times_s: FloatArray, *, between: Between = "line") -> FloatArray:
    """Give a track's value at each of some moments, shape (n,).

    Nothing is filtered: a rater's hand moves far slower than the 1 Hz that the grid can hold. Before the first and
    after the last stamp the result is NaN; a track is never continued.

    Parameters
    ----------
    track : RawTrack
    times_s : (n,)
        Seconds.
    between : {"line", "hold"}
        Between two stamps the value moves on a straight line (for values read off at intervals), or it stays as it
        was (for a log of changes; it should close with an entry at the end).

    Raises
    ------
    ValueError
        If the track is empty or not finite, or ``between`` is not known.
    """
    if between not in ("line", "hold"):
        raise ValueError(f"between must be 'line' or 'hold', got {between!r}")
    if not len(track.times_s) or not (np.isfinite(track.times_s).all() and np.isfinite(track.values).all()):
        raise ValueError(f"track must hold finite stamps and values, at least one, got {track}")
    order = np.argsort(track.times_s, kind="stable")
    stamps, values = track.times_s[order], track.values[order]
    last = np.append(stamps[1:] > stamps[:-1], True)
    stamps, values = stamps[last], values[last]
    if between == "line":
        return np.asarray(np.interp(times_s, stamps, values, left=np.nan, right=np.nan))
    before = np.searchsorted(stamps, times_s, side="right") - 1
    inside = (before >= 0) & (times_s <= stamps[-1])
    return np.where(inside, values[np.maximum(before, 0)], np.nan)


def rated_song(
    song_id: str,
    arousal: Sequence[RawTrack],
    valence: Sequence[RawTrack],
    *,
    skip_s: float = SKIP_S,
    between: Between = "line",
    part: str = "",
) -> RatedSong:
    """Bring all tracks of a song to the moments 15 s, 15.5 s, ... up to the last stamp of any of them.

    Tracks that end before the first moment stay as rows of NaN, so that the raters can be counted.

    Raises
    ------
    DatasetError
        If an axis has no track, or no stamp lies after the part that is skipped.
    ValueError
        If ``skip_s`` is negative.
    """
    if not skip_s >= 0:
        raise ValueError(f"skip_s must be 0 or more, got {skip_s}")
    for name, tracks in (("arousal", arousal), ("valence", valence)):
        if not tracks:
            raise DatasetError(f"song {song_id}: nobody rated its {name}; expected tracks of both axes")
    last_s = max(float(track.times_s.max()) for track in (*arousal, *valence))
    steps = np.arange(math.ceil(skip_s / HOP_S), math.floor(last_s / HOP_S) + 1)
    if not len(steps):
        raise DatasetError(
            f"song {song_id}: its ratings end at {last_s:g} s, expected some after the first {skip_s:g} s, which "
            "are dropped"
        )
    times_s = np.asarray(steps * HOP_S, dtype=np.float64)
    return RatedSong(
        song_id=song_id,
        times_s=times_s,
        arousal=np.array([resample(track, times_s, between=between) for track in arousal]),
        valence=np.array([resample(track, times_s, between=between) for track in valence]),
        arousal_by=tuple(track.rater for track in arousal),
        valence_by=tuple(track.rater for track in valence),
        part=part,
    )


def average(song: RatedSong, *, min_raters: int = MIN_RATERS) -> Annotation:
    """Average a song's tracks over raters, moment by moment.

    mean_t = Σ_j y_jt / k_t and spread_t = sqrt(Σ_j (y_jt - mean_t)² / (k_t - 1)) over the k_t raters who say something
    at moment t; all count alike. The spread of one rater is NaN. Moments with fewer than ``min_raters`` on an axis
    are left out.

    Raises
    ------
    DatasetError
        If no moment is left.
    ValueError
        If ``min_raters`` is below 1.
    """
    if min_raters < 1:
        raise ValueError(f"min_raters must be 1 or more, got {min_raters}")
    a_raters, v_raters = ((~np.isnan(tracks)).sum(axis=0) for tracks in (song.arousal, song.valence))
    kept = (a_raters >= min_raters) & (v_raters >= min_raters)
    if not kept.any():
        raise DatasetError(
            f"song {song.song_id}: at most {a_raters.max(initial=0)} raters of arousal and "
            f"{v_raters.max(initial=0)} of valence at a time, expected {min_raters} of both somewhere"
        )
    arousal, valence = song.arousal[:, kept], song.valence[:, kept]
    return Annotation(
        times_s=song.times_s[kept],
        arousal=np.nanmean(arousal, axis=0),
        valence=np.nanmean(valence, axis=0),
        arousal_std=rater_std(arousal),
        valence_std=rater_std(valence),
        arousal_raters=a_raters[kept],
        valence_raters=v_raters[kept],
    )


def rater_std(tracks: FloatArray) -> FloatArray:
    """Give the standard deviation over raters (n - 1) at each moment, shape (n,); NaN where fewer than two speak."""
    with warnings.catch_warnings():
        # numpy warns of too few raters, which is decided here: NaN
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.asarray(np.nanstd(tracks, axis=0, ddof=1))


def average_song_rating(ratings: Sequence[float]) -> SongRating:
    """Average one song's ratings on nine points, and round.

    Raises
    ------
    ValueError
        If there is none, or one is outside [1, 9].
    """
    if not ratings or not all(1 <= rating <= 9 for rating in ratings):
        raise ValueError(f"ratings must hold numbers from 1 to 9, at least one, got {list(ratings)[:8]}")
    mean = math.fsum(ratings) / len(ratings)
    deviation = float(np.std(ratings, ddof=1)) if len(ratings) > 1 else math.nan
    return SongRating(mean=mean, rounded=math.floor(mean + 0.5), std=deviation, raters=len(ratings))
