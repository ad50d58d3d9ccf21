"""Summarize the ratings of individual raters: labels, agreement, noise ceilings, and a check of published means."""

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from moodcurve._typing import FloatArray
from moodcurve.curve import AXES
from moodcurve.datasets.raters.aggregation import (
    MIN_RATERS,
    RatedSong,
    SongRatingStats,
    average,
    average_song_rating,
    rater_std,
)
from moodcurve.datasets.raters.agreement import (
    AGREEMENTS,
    RaterAgreement,
    complete,
    krippendorff_alpha,
    rater_agreement,
)
from moodcurve.datasets.raters.noise_ceiling import bias_shared, ceilings, same_panel_r
from moodcurve.datasets.raters.reader import RaterData
from moodcurve.datasets.song import Annotation, DatasetError

EQUAL = 1e-9
"""Largest difference between equal means; published ones have up to 12 decimals."""


@dataclass(frozen=True, eq=False, kw_only=True)
class RaterLabels:
    """Labels averaged from the ratings of individual raters, and the agreement of these.

    Attributes
    ----------
    annotations : mapping of str to Annotation
        By song.
    song_ratings : mapping of str to mapping of str to SongRatingStats
        By song and axis.
    agreement : mapping of str to mapping of str to RaterAgreement
        By song and axis.
    min_raters : int
        Fewest raters at a labeled time.
    notes : tuple of str
        Songs without labels and why, one sentence each.
    """

    annotations: Mapping[str, Annotation]
    song_ratings: Mapping[str, Mapping[str, SongRatingStats]]
    agreement: Mapping[str, Mapping[str, RaterAgreement]]
    min_raters: int
    notes: tuple[str, ...]


def make_labels(data: RaterData, *, min_raters: int = MIN_RATERS) -> RaterLabels:
    """Average the ratings of all songs, and compute the agreement of their raters."""
    annotations: dict[str, Annotation] = {}
    notes = []
    song_ratings = {
        song_id: {axis: average_song_rating(ratings[axis]) for axis in AXES}
        for song_id, ratings in data.song_ratings.items()
    }
    for song in data.songs:
        try:
            annotations[song.song_id] = average(song, min_raters=min_raters)
        except DatasetError as error:
            notes.append(f"left out: {error}")
    return RaterLabels(
        annotations=annotations,
        song_ratings=song_ratings,
        agreement={
            song.song_id: {axis: rater_agreement(getattr(song, axis)) for axis in AXES}
            for song in data.songs
            if song.song_id in annotations
        },
        min_raters=min_raters,
        notes=tuple(notes),
    )


def lower_axis_agreement(labels: RaterLabels, statistic: str) -> dict[str, float]:
    """Return each song's agreement on the axis with the lower one, since songs are used for both; NaN if either is.

    Raises
    ------
    ValueError
        If ``statistic`` is not one of ``AGREEMENTS``.
    """
    if statistic not in AGREEMENTS:
        raise ValueError(f"statistic must be one of {', '.join(AGREEMENTS)}, got {statistic!r}")
    pairs = {id_: [getattr(found[axis], statistic) for axis in AXES] for id_, found in labels.agreement.items()}
    return {id_: math.nan if any(map(math.isnan, pair)) else min(pair) for id_, pair in pairs.items()}


def rater_statistics(
    data: RaterData, labels: RaterLabels, *, seed: int, splits: int = 50, draws: int = 1000
) -> dict[str, Any]:
    """Summarize all songs, and each part of the data, for JSON.

    Parameters
    ----------
    seed, splits, draws : int
        See ``noise_ceiling.ceilings``.

    Returns
    -------
    dict
        ``name``, ``grid``, ``min_raters``, ``seed``, ``splits``, ``draws``, ``songs``; ``averages`` (see
        ``compare_averages``) and ``song_ratings``, None if there are none; ``parts``: one dict for all songs and one
        for each part, with ``part``, ``songs`` and the statistics of each axis (see ``_axis_statistics``).
    """
    labeled = [song for song in data.songs if song.song_id in labels.annotations]
    parts = sorted({song.part for song in labeled})
    groups = {"all": labeled}
    if len(parts) > 1:
        groups |= {part or "other": [song for song in labeled if song.part == part] for part in parts}
    return {
        "name": data.name,
        "grid": data.grid,
        "min_raters": labels.min_raters,
        "seed": seed,
        "splits": splits,
        "draws": draws,
        "songs": len(labeled),
        "averages": compare_averages(data) if data.averages else None,
        "song_ratings": _song_rating_statistics(data, labels) if data.song_ratings else None,
        "parts": [
            {
                "part": part,
                "songs": len(songs),
                **{axis: _axis_statistics(songs, axis, labels, seed, splits, draws) for axis in AXES},
            }
            for part, songs in groups.items()
            if songs
        ],
    }


def compare_averages(data: RaterData) -> dict[str, Any]:
    """Compare the means over all raters with the published ones, at the times in both.

    Returns
    -------
    dict
        For each axis: the number of ``songs`` in both, of those ``equal`` at all times (within ``EQUAL``), and of
        compared ``moments``; the ``largest`` difference, and the ``typical`` one (median over songs of the largest).
    """
    found = {}
    for axis in AXES:
        differences, moments = [], 0
        for song in data.songs:
            if song.song_id not in data.averages:
                continue
            published = data.averages[song.song_id]
            _, here, there = np.intersect1d(song.times_s, published.times_s, return_indices=True)
            difference = np.abs(_mean(getattr(song, axis))[here] - getattr(published, axis)[there])
            difference = difference[np.isfinite(difference)]
            if len(difference):
                differences.append(float(difference.max()))
                moments += len(difference)
        found[axis] = {
            "songs": len(differences),
            "equal": sum(difference <= EQUAL for difference in differences),
            "largest": max(differences, default=None),
            "typical": float(np.median(differences)) if differences else None,
            "moments": moments,
        }
    return found


def _axis_statistics(
    songs: Sequence[RatedSong], axis: str, labels: RaterLabels, seed: int, splits: int, draws: int
) -> dict[str, Any]:
    """Summarize one axis of some songs.

    ``raters`` and ``spread`` (standard deviation over raters) are means over all times, and ``constant_tracks`` is the
    share of constant tracks. ``agreement`` has, for each statistic, mean, standard deviation, median and number of the
    songs where it is defined. ``agreement_on_means`` is Krippendorff's alpha of the means of tracks, with songs as
    cases. ``ceilings`` is None with fewer than two usable songs, and ``bias_shared`` and ``same_panel_r`` are None
    unless all raters have names.
    """
    tracks: list[FloatArray] = [getattr(song, axis) for song in songs]
    agreement = [labels.agreement[song.song_id][axis] for song in songs]
    stds = np.concatenate([rater_std(of_song) for of_song in tracks])
    present = np.concatenate([(~np.isnan(of_song)).sum(axis=0) for of_song in tracks])
    usable = sum(min(complete(of_song).shape) >= 2 for of_song in tracks) >= 2
    found = ceilings(tracks, splits=splits, draws=draws, seed=seed) if usable else None
    names = [getattr(song, f"{axis}_by") for song in songs]
    shared = bias_shared(tracks, names) if all(map(all, names)) else math.nan
    return {
        "raters": float(present.mean()),
        "spread": _or_none(_mean(stds[:, np.newaxis])[0]),
        "constant_tracks": sum(x.constant for x in agreement) / sum(x.raters for x in agreement),
        "agreement": {name: _over_songs([getattr(x, name) for x in agreement]) for name in AGREEMENTS},
        "agreement_on_means": _or_none(krippendorff_alpha(_as_columns([_means(x) for x in tracks]))),
        "ceilings": found.as_dict() if found is not None else None,
        "bias_shared": _or_none(shared),
        "same_panel_r": _or_none(same_panel_r(found.components, shared)) if found is not None else None,
    }


def _song_rating_statistics(data: RaterData, labels: RaterLabels) -> dict[str, Any]:
    """Summarize ratings of whole songs: means over songs, and Krippendorff's alpha with songs as cases."""
    statistics: dict[str, Any] = {"songs": len(labels.song_ratings)}
    for axis in AXES:
        rated = [found[axis] for found in labels.song_ratings.values()]
        table = _as_columns([np.array(ratings[axis]) for ratings in data.song_ratings.values()])
        statistics[axis] = {
            "raters": float(np.mean([found.raters for found in rated])),
            "spread": _over_songs([found.std for found in rated])["mean"],
            "krippendorff_alpha": _or_none(krippendorff_alpha(table)),
        }
    return statistics


def _means(tracks: FloatArray) -> FloatArray:
    """Return the mean over time of each rater with any rating."""
    return np.asarray(np.nanmean(tracks[~np.isnan(tracks).all(axis=1)], axis=1))


def _as_columns(cases: Sequence[FloatArray]) -> FloatArray:
    """Return the ratings of each case as a column, padded with NaN."""
    table = np.full((max(map(len, cases)), len(cases)), np.nan)
    for column, ratings in enumerate(cases):
        table[: len(ratings), column] = ratings
    return table


def _over_songs(values: Sequence[float]) -> dict[str, float | int | None]:
    defined = np.array([value for value in values if not math.isnan(value)])
    if not len(defined):
        return {"mean": None, "sd": None, "median": None, "songs": 0}
    sd = float(defined.std(ddof=1)) if len(defined) > 1 else None
    return {"mean": float(defined.mean()), "sd": sd, "median": float(np.median(defined)), "songs": len(defined)}


def _mean(tracks: FloatArray) -> FloatArray:
    with warnings.catch_warnings():
        # NumPy warns where there is no rating, for which NaN is wanted
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.asarray(np.nanmean(tracks, axis=0))


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
