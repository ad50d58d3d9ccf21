"""Compute the errors of songs' values by genre, for pictures."""

from collections.abc import Sequence

import numpy as np

from moodcurve._typing import FloatArray
from moodcurve.datasets import Song
from moodcurve.datasets.selection import songs_by_genre
from moodcurve.datasets.splits import Indices
from moodcurve.metrics.bootstrap import bootstrap

MIN_GENRE_SONGS = 10
"""Genres of fewer songs are left out."""


def genre_groups(songs: Sequence[Song]) -> dict[str, Indices]:
    """Return the songs of each genre that is large enough, and all songs, with their number in the name."""
    genres = songs_by_genre(songs, min_songs=MIN_GENRE_SONGS)
    groups = {f"{genre} ({len(chosen)})": chosen for genre, chosen in genres.items()}
    return groups | {f"all ({len(songs)})": np.arange(len(songs))}


def genre_rmse(
    songs: Sequence[Song], y: FloatArray, predicted: FloatArray, *, seed: int
) -> dict[str, dict[str, float | None]]:
    """Return the RMSE of one value per song, for each of `genre_groups`, with 95 % intervals over songs.

    Parameters
    ----------
    songs : sequence of Song
    y, predicted : (songs,)
    seed : int
        Of the bootstrap draws.
    """
    return {
        name: bootstrap([y[i : i + 1] for i in chosen], [predicted[i : i + 1] for i in chosen], ["rmse"], seed=seed)[
            "rmse"
        ].as_dict()
        for name, chosen in genre_groups(songs).items()
    }
