"""Split songs into training and test parts, by song or by artist, from a seed.

A split by artist keeps all songs of an artist on one side; otherwise a model that knows the artist's sound looks
better than it is. Each song of unknown artist counts as an artist. Splits are index arrays into the songs, increasing.
"""

import unicodedata
from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from moodcurve.datasets.song import DatasetError, Song

By = Literal["song", "artist"]
Indices = npt.NDArray[np.intp]
Split = tuple[Indices, Indices]
"""Indices of the training songs and of the test songs."""


def holdout(songs: Sequence[Song], fraction: float, seed: int, *, by: By = "song") -> Split:
    """Hold out a random part of the songs for testing.

    Parameters
    ----------
    songs : sequence of Song
    fraction : float
        Share of the songs to test on, in (0, 1): n·fraction of n songs, rounded half up (.2 of 430 songs is 86). By
        artist, artists are drawn at random and skipped if they have more songs than are still needed, so that the
        test part can be slightly smaller.
    seed : int
        The same seed gives the same split of the same songs.
    by : {"song", "artist"}
        What to keep on one side.

    Returns
    -------
    Split
        Indices of the training songs and of the test songs.

    Raises
    ------
    DatasetError
        If a part would be empty.
    ValueError
        If an argument is out of its range.
    """
    if not 0 < fraction < 1:
        raise ValueError(f"fraction must lie between 0 and 1, got {fraction}")
    groups = group_songs(songs, by=by)
    wanted = int(len(songs) * fraction + 0.5)
    test: list[int] = []
    for i in np.random.default_rng(seed).permutation(len(groups)):
        if len(test) + len(groups[i]) <= wanted:
            test += groups[i]
    if not 0 < len(test) < len(songs):
        raise DatasetError(
            f"{len(songs)} songs of {len(groups)} {by}s cannot be split by {by} into {fraction:g} for "
            f"testing and the rest for training: more {by}s are needed"
        )
    return _split(len(songs), test)


def k_fold(songs: Sequence[Song], k: int, seed: int, *, by: By = "song") -> list[Split]:
    """Split the songs into k folds, each of which is the test part once.

    By song, the sizes of folds differ by at most one. By artist, artists are assigned in decreasing order of their
    number of songs, each to the smallest fold so far. The sizes then also differ by at most one if enough artists
    have few songs.

    Parameters
    ----------
    songs : sequence of Song
    k : int
        Number of folds, at least 2.
    seed : int
        The same seed gives the same folds of the same songs.
    by : {"song", "artist"}
        What to keep in one fold.

    Returns
    -------
    list of Split
        Indices of the training songs and of the test songs of each fold.

    Raises
    ------
    DatasetError
        If there are fewer songs, or artists, than folds.
    ValueError
        If an argument is out of its range.
    """
    if k < 2:
        raise ValueError(f"k must be 2 or more, got {k}")
    groups = group_songs(songs, by=by)
    if len(groups) < k:
        raise DatasetError(f"{len(songs)} songs of {len(groups)} {by}s cannot be split by {by} into {k} parts")
    order = np.random.default_rng(seed).permutation(len(groups))
    parts: list[list[int]] = [[] for _ in range(k)]
    # sorting is stable: artists with equally many songs keep their random order
    for i in sorted(order, key=lambda i: -len(groups[i])):
        min(parts, key=len).extend(groups[i])
    return [_split(len(songs), part) for part in parts]


def artist_key(artist: str) -> str:
    """Return a key that ignores how an artist's name is spelled: capitals, blanks, and "&" or "and".

    Examples
    --------
    >>> artist_key("The Dove & The  Wolf") == artist_key("the dove and the wolf")
    True
    """
    name = unicodedata.normalize("NFKC", artist).casefold().replace("&", " and ")
    return " ".join(name.split())


def group_songs(songs: Sequence[Song], *, by: By) -> list[list[int]]:
    """Return the indices of the songs of each artist, or of each song, in the order of their first songs.

    Raises
    ------
    ValueError
        If ``by`` is neither "song" nor "artist".
    """
    if by not in ("song", "artist"):
        raise ValueError(f"by must be 'song' or 'artist', got {by!r}")
    groups: dict[str | int, list[int]] = {}
    for i, song in enumerate(songs):
        artist = artist_key(song.artist) if by == "artist" else ""
        groups.setdefault(artist or i, []).append(i)
    return list(groups.values())


def _split(n: int, test: list[int]) -> Split:
    held_out = np.zeros(n, dtype=bool)
    held_out[test] = True
    return np.flatnonzero(~held_out), np.flatnonzero(held_out)
