"""Check the labels of a published set: exchanged axes, another scale than expected, and duplicates."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from moodcurve.curve import AXES
from moodcurve.datasets.deam.checks import MIN_SONGS, correlate_levels
from moodcurve.datasets.published.labels import Files
from moodcurve.datasets.song import Annotation
from moodcurve.datasets.song_ids import list_songs, natural_key
from moodcurve.datasets.sound.labels import SoundLabels

Ratings = dict[str, tuple[float, float]]
"""Arousal and valence of whole songs, by song id."""


def correct_exchanged_axes(ratings: Ratings, moments: Mapping[str, Annotation]) -> tuple[Ratings, list[str]]:
    """Exchange arousal and valence of ratings of whole songs, if those of the ratings over time show that they are.

    The same check as for DEAM, whose songs of 2013 have them exchanged (see `moodcurve.datasets.deam.checks`).

    Returns
    -------
    ratings : Ratings
    notes : list of str
    """
    if not ratings or not moments:
        return ratings, []
    means = {name: (float(one.arousal.mean()), float(one.valence.mean())) for name, one in moments.items()}
    found = correlate_levels(means, ratings)
    if found is None:
        return ratings, [
            "The ratings of whole songs were not checked for exchanged axes: that needs ratings over time of at least "
            f"{MIN_SONGS} of their songs."
        ]
    if not found.exchanged:
        return ratings, []
    corrected = {name: (valence, arousal) for name, (arousal, valence) in ratings.items()}
    return corrected, [
        f"The {len(ratings)} ratings of whole songs had arousal and valence exchanged; this was corrected (means over "
        f"time against the columns as named: {found})."
    ]


def check_ratings(labels: Sequence[SoundLabels]) -> list[str]:
    """Return notes on ratings that look as if they were on another scale, and on songs with the same ratings.

    An axis whose ratings all lie on one side of the scale's middle, in a set of at least `MIN_SONGS` rated songs, may
    be on another scale than the published one: its documentation would then be out of date.
    """
    notes = []
    rated = [values for one in labels if len(values := _ratings(one))]
    for column, axis in enumerate(AXES):
        levels = np.array([values[:, column].mean() for values in rated])
        if len(levels) >= MIN_SONGS and (levels.min() > 0 or levels.max() < 0):
            side = "above" if levels.min() > 0 else "below"
            notes.append(
                f"The {axis} of all {len(levels)} rated songs lies {side} the middle of its scale: it may be on "
                "another scale than the set's documentation says."
            )
    curves: dict[bytes, list[str]] = defaultdict(list)
    for one in labels:
        if one.moments is not None and np.ptp(_ratings(one), axis=0).any():
            curves[one.moments.times_s.tobytes() + _ratings(one).tobytes()].append(one.song_id)
    notes += [
        f"{list_songs(songs)} have the same ratings at all times: one of them may be a copy."
        for songs in curves.values()
        if len(songs) > 1
    ]
    return notes


def check_sounds(files: Files) -> list[str]:
    """Return notes on songs with the same sound file: in different folds, they would be known from training."""
    by_size: dict[int, list[tuple[str, Path]]] = defaultdict(list)
    for name, paths in files.items():
        if len(paths) == 1:
            by_size[paths[0].stat().st_size].append((name, paths[0]))
    same: dict[bytes, list[str]] = defaultdict(list)
    for group in by_size.values():
        for name, path in group if len(group) > 1 else ():
            with path.open("rb") as stream:
                same[hashlib.file_digest(stream, "blake2b").digest()].append(name)
    return [
        f"{list_songs(songs)} have the same sound file."
        for songs in sorted(same.values(), key=lambda names: natural_key(names[0]))
        if len(songs) > 1
    ]


def _ratings(labels: SoundLabels) -> np.ndarray:
    """Return all ratings of a song (n, 2): those over time, or else that of the whole song."""
    if labels.moments is not None:
        return np.column_stack([labels.moments.arousal, labels.moments.valence])
    info = labels.metadata
    return np.array([(info.arousal, info.valence)] if info.arousal is not None else np.empty((0, 2)), dtype=np.float64)
