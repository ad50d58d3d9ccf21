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


def k_fold_sets(sets: Sequence[Sequence[Song]], k: int, seed: int) -> list[list[Split]]:
    """Split several sets into k folds each, so that no artist is in different folds, in one set or across sets.

    Artists are assigned in decreasing order of their share of songs, each to the fold that has least of the sets that
    the artist is in, so that every fold has about 1/k of every set.

    Parameters
    ----------
    sets : sequence of sequences of Song
    k : int
        Number of folds, at least 2.
    seed : int
        The same seed gives the same folds of the same songs.

    Returns
    -------
    list of list of Split
        For each set, the indices of the training songs and of the test songs of each fold. Fold i of one set shares no
        artist with the training songs of fold i of another.

    Raises
    ------
    DatasetError
        If a set has fewer artists than folds, or an empty fold because it shares artists with another.
    ValueError
        If k is less than 2.
    """
    if k < 2:
        raise ValueError(f"k must be 2 or more, got {k}")
    artists: dict[object, dict[int, list[int]]] = {}
    for number, songs in enumerate(sets):
        for i, song in enumerate(songs):
            name = artist_key(song.artist) or (number, i)
            artists.setdefault(name, {}).setdefault(number, []).append(i)
    groups = list(artists.values())
    for number, songs in enumerate(sets):
        count = sum(number in group for group in groups)
        if count < k:
            raise DatasetError(f"{len(songs)} songs of {count} artists cannot be split by artist into {k} parts")
    weights = np.array(
        [[len(group.get(number, ())) / len(songs) for number, songs in enumerate(sets)] for group in groups]
    )
    loads = np.zeros((k, len(sets)))
    parts: list[list[list[int]]] = [[[] for _ in range(k)] for _ in sets]
    order = np.random.default_rng(seed).permutation(len(groups))
    # sorting is stable: artists with equal shares keep their random order
    for i in sorted(order, key=lambda i: -weights[i].sum()):
        fold = int(np.argmin(loads @ weights[i]))
        loads[fold] += weights[i]
        for number, members in groups[i].items():
            parts[number][fold] += members
    if not all(part for folds in parts for part in folds):
        raise DatasetError(f"the sets share too many artists to be split by artist into {k} parts")
    return [[_split(len(songs), part) for part in parts[number]] for number, songs in enumerate(sets)]


def shares_artist(songs: Sequence[Song], others: Sequence[Song]) -> npt.NDArray[np.bool_]:
    """Return for each of the songs whether its artist is an artist of one of the others; an unknown one is not."""
    known = {artist_key(song.artist) for song in others} - {""}
    return np.array([artist_key(song.artist) in known for song in songs], dtype=bool)


def artist_key(artist: str) -> str:
    """Return a key that is equal for the spellings of an artist's name, which differ most between sets.

    It ignores capitals, accents, blanks, punctuation, "&" or "and", and "the" at the start or after a comma at the end.
    Names without letters or digits keep their punctuation; the key of an unknown artist is empty.

    Examples
    --------
    >>> artist_key("The Beyoncé &  Jay-Z") == artist_key("beyonce and jay z, the")
    True
    >>> artist_key("!!!")
    '!!!'
    """
    name = " ".join(unicodedata.normalize("NFKD", artist).casefold().replace("&", " and ").split())
    core = name.removesuffix(", the").removeprefix("the ")
    return "".join(c for c in core if c.isalnum()) or name


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


def group_numbers(songs: Sequence[Song], *, by: By) -> npt.NDArray[np.intp]:
    """Return the number of each song's group, (songs,), from 0 in the order of `group_songs`; errors as there."""
    numbers = np.empty(len(songs), dtype=np.intp)
    for number, members in enumerate(group_songs(songs, by=by)):
        numbers[members] = number
    return numbers


def _split(n: int, test: list[int]) -> Split:
    held_out = np.zeros(n, dtype=bool)
    held_out[test] = True
    return np.flatnonzero(~held_out), np.flatnonzero(held_out)
