"""Seeded splits of songs into training and test parts, by song or by artist.

By artist, all songs of an artist are on one side: a model that knows the artist's sound would otherwise be
judged by it. Songs of unknown artist count as one artist each. Splits are index arrays into the songs, in
increasing order.
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
"""Training and test part."""


def holdout(songs: Sequence[Song], fraction: float, seed: int, *, by: By = "song") -> Split:
    """Hold a part of the songs out for testing.

    Parameters
    ----------
    songs : sequence of Song
    fraction : float
        Share of the songs to test on, in (0, 1): of n songs n·fraction, rounded, halves up (of 430 songs .2
        are 86). By artist, artists are drawn in random order, passing over those with more songs than are
        still wanted, so the part can be a little smaller.
    seed : int
        The same seed gives the same split of the same songs.
    by : {"song", "artist"}

    Raises
    ------
    DatasetError
        If a part would have no song.
    ValueError
        If an argument is out of its range.
    """
    if not 0 < fraction < 1:
        raise ValueError(f"fraction must lie between 0 and 1, got {fraction}")
    groups = _groups(songs, by)
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
    """Split the songs into k parts, each the test part once.

    By song, the parts differ by one song at most. By artist, the artists with most songs are dealt out first,
    each to the smallest part so far; the parts then differ by one song as long as there are enough artists
    with few songs.

    Parameters
    ----------
    songs : sequence of Song
    k : int
        2 or more.
    seed : int
        The same seed gives the same parts of the same songs.
    by : {"song", "artist"}

    Raises
    ------
    DatasetError
        If there are fewer songs, or artists, than parts.
    ValueError
        If an argument is out of its range.
    """
    if k < 2:
        raise ValueError(f"k must be 2 or more, got {k}")
    groups = _groups(songs, by)
    if len(groups) < k:
        raise DatasetError(f"{len(songs)} songs of {len(groups)} {by}s cannot be split by {by} into {k} parts")
    order = np.random.default_rng(seed).permutation(len(groups))
    parts: list[list[int]] = [[] for _ in range(k)]
    # sorting is stable: artists with equally many songs keep their random order
    for i in sorted(order, key=lambda i: -len(groups[i])):
        min(parts, key=len).extend(groups[i])
    return [_split(len(songs), part) for part in parts]


def artist_key(artist: str) -> str:
    """Give one spelling for the spellings of an artist's name that differ in capitals, blanks, or "&" and
    "and".

    Examples
    --------
    >>> artist_key("The Dove & The  Wolf") == artist_key("the dove and the wolf")
    True
    """
    name = unicodedata.normalize("NFKC", artist).casefold().replace("&", " and ")
    return " ".join(name.split())


def _groups(songs: Sequence[Song], by: By) -> list[list[int]]:
    """Give the indices of the songs that must stay together, in the order of each group's first song."""
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
