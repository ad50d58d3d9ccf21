"""Turn the ratings of individual raters into labels: resample tracks to 2 Hz, trim and average them.

The stages are: ``resample`` the track of one rater → ``rated_song``, all tracks of a song without the first 15 s →
``average`` over raters. ``average_song_rating`` does the same for ratings of whole songs.

The first 15 s are dropped since raters need them to make up their minds (Aljanaki, Yang & Soleymani 2017,
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
"""Length of the dropped beginning of a song (seconds)."""
MIN_RATERS = 2
"""Fewest raters at a time for a label: from one rater, the uncertainty of the mean is unknown."""


@dataclass(frozen=True, eq=False, kw_only=True)
class RawTrack:
    """The entries of one rater for one song and axis.

    Attributes
    ----------
    rater : str
        Name of the rater; may be empty.
    times_s : (m,)
        Times of the entries in seconds from the start of the song, at any intervals and in any order. Of two entries
        at the same time, the later one in the array is used.
    values : (m,)
        Ratings in [-1, 1].
    """

    rater: str
    times_s: FloatArray
    values: FloatArray


@dataclass(frozen=True, eq=False, kw_only=True)
class RatedSong:
    """All raters' tracks of one song at common times; the two axes may have different raters.

    Attributes
    ----------
    song_id : str
    part : str
        Part of the data that the song belongs to, such as the year of the survey; may be empty.
    times_s : (n,)
        Times on the 2 Hz grid, in seconds.
    arousal, valence : (raters, n)
        NaN where there is no rating.
    arousal_by, valence_by : tuple of str
        Names of the raters, in the order of the tracks; empty strings if unknown.
    """

    song_id: str
    times_s: FloatArray
    arousal: FloatArray
    valence: FloatArray
    arousal_by: tuple[str, ...]
    valence_by: tuple[str, ...]
    part: str = ""


@dataclass(frozen=True, kw_only=True)
class SongRatingStats:
    """Statistics over raters of the ratings of a whole song, from 1 to 9.

    Attributes
    ----------
    mean : float
        In [1, 9].
    rounded : int
        The mean rounded half up: 4.5 becomes 5.
    std : float
        Standard deviation over raters (n - 1); NaN for one rater.
    raters : int
        Number of raters.
    """

    mean: float
    rounded: int
    std: float
    raters: int


def resample(track: RawTrack, times_s: FloatArray, *, between: Between = "line") -> FloatArray:
    """Return the value of a track at given times, shape (n,).

    There is no anti-aliasing filter: raters' hands move much slower than 1 Hz, the highest frequency on the grid.
    Before the first and after the last entry the result is NaN; tracks are not extrapolated.

    Parameters
    ----------
    track : RawTrack
    times_s : (n,)
        Seconds.
    between : {"line", "hold"}
        Interpolate linearly between two entries, for values sampled at intervals; or hold the last value, for a log of
        changes, which should have a final entry at the end.

    Raises
    ------
    ValueError
        If the track is empty or not finite, or ``between`` is unknown.
    """
    if between not in ("line", "hold"):
        raise ValueError(f"between must be 'line' or 'hold', got {between!r}")
    if not len(track.times_s) or not (np.isfinite(track.times_s).all() and np.isfinite(track.values).all()):
        raise ValueError(f"track must hold at least one entry, finite, got {track}")
    order = np.argsort(track.times_s, kind="stable")
    entry_times_s, values = track.times_s[order], track.values[order]
    last = np.append(entry_times_s[1:] > entry_times_s[:-1], True)
    entry_times_s, values = entry_times_s[last], values[last]
    if between == "line":
        return np.asarray(np.interp(times_s, entry_times_s, values, left=np.nan, right=np.nan))
    before = np.searchsorted(entry_times_s, times_s, side="right") - 1
    inside = (before >= 0) & (times_s <= entry_times_s[-1])
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
    """Resample all tracks of a song at 15 s, 15.5 s, ... up to the last entry of any of them.

    Tracks that end before the first of these times become rows of NaN, so that all raters are counted.

    Raises
    ------
    DatasetError
        If an axis has no track, or there is no entry after the skipped part.
    ValueError
        If ``skip_s`` is negative.
    """
    if not skip_s >= 0:
        raise ValueError(f"skip_s must be 0 or more, got {skip_s}")
    for name, tracks in (("arousal", arousal), ("valence", valence)):
        if not tracks:
            raise DatasetError(f"song {song_id}: no ratings of {name}, expected tracks of both axes")
    last_s = max(float(track.times_s.max()) for track in (*arousal, *valence))
    steps = np.arange(math.ceil(skip_s / HOP_S), math.floor(last_s / HOP_S) + 1)
    if not len(steps):
        raise DatasetError(
            f"song {song_id}: its ratings end at {last_s:g} s, expected some after the dropped first {skip_s:g} s"
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
    """Average a song's tracks over raters at each time.

    mean_t = Σ_j y_jt / k_t and std_t = sqrt(Σ_j (y_jt - mean_t)² / (k_t - 1)) over the k_t raters with a rating at
    time t, all with equal weight. With one rater, std is NaN. Times with fewer than ``min_raters`` raters of an axis
    are left out.

    Raises
    ------
    DatasetError
        If no time is left.
    ValueError
        If ``min_raters`` is below 1.
    """
    if min_raters < 1:
        raise ValueError(f"min_raters must be 1 or more, got {min_raters}")
    a_raters, v_raters = ((~np.isnan(tracks)).sum(axis=0) for tracks in (song.arousal, song.valence))
    enough = (a_raters >= min_raters) & (v_raters >= min_raters)
    if not enough.any():
        raise DatasetError(
            f"song {song.song_id}: at most {a_raters.max(initial=0)} raters of arousal and "
            f"{v_raters.max(initial=0)} of valence at a time, expected {min_raters} of both at some time"
        )
    arousal, valence = song.arousal[:, enough], song.valence[:, enough]
    return Annotation(
        times_s=song.times_s[enough],
        arousal=np.nanmean(arousal, axis=0),
        valence=np.nanmean(valence, axis=0),
        arousal_std=rater_std(arousal),
        valence_std=rater_std(valence),
        arousal_raters=a_raters[enough],
        valence_raters=v_raters[enough],
    )


def rater_std(tracks: FloatArray) -> FloatArray:
    """Return the standard deviation over raters (n - 1) at each time, shape (n,); NaN with fewer than two ratings."""
    with warnings.catch_warnings():
        # NumPy warns of too few ratings, for which NaN is wanted
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.asarray(np.nanstd(tracks, axis=0, ddof=1))


def average_song_rating(ratings: Sequence[float]) -> SongRatingStats:
    """Average the ratings of a whole song.

    Raises
    ------
    ValueError
        If there is no rating, or one is outside [1, 9].
    """
    if not ratings or not all(1 <= rating <= 9 for rating in ratings):
        raise ValueError(f"ratings must hold numbers from 1 to 9, at least one, got {list(ratings)[:8]}")
    mean = math.fsum(ratings) / len(ratings)
    deviation = float(np.std(ratings, ddof=1)) if len(ratings) > 1 else math.nan
    return SongRatingStats(mean=mean, rounded=math.floor(mean + 0.5), std=deviation, raters=len(ratings))
