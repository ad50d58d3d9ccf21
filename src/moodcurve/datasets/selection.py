"""Select the songs of a dataset by their ids, and read lists of ids from files."""

import os
import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from moodcurve.datasets.dataset import Dataset
from moodcurve.datasets.song import DatasetError, Song
from moodcurve.datasets.song_ids import abbreviate_ids
from moodcurve.datasets.splits import Indices


def only_songs(dataset: Dataset, ids: Collection[str]) -> tuple[Dataset, tuple[str, ...]]:
    """Select the songs with these ids, in the dataset's order.

    Returns
    -------
    Dataset
    tuple of str
        The ids that the dataset does not have.

    Raises
    ------
    DatasetError
        If no song is left.
    """
    songs = tuple(song for song in dataset.songs if song.song_id in ids)
    if not songs:
        raise DatasetError(f"{dataset.name}: none of the songs is among the {len(ids)} ids given")
    known = {song.song_id for song in dataset.songs}
    return _with_songs(dataset, songs), tuple(song_id for song_id in ids if song_id not in known)


def without_songs(dataset: Dataset, ids: Collection[str]) -> Dataset:
    """Exclude the songs with these ids.

    An unknown id is an error: it may be a misspelled test song, which would otherwise stay among the training songs.

    Raises
    ------
    DatasetError
        If an id is not in the dataset (unreadable songs count as known), or no song is left.
    """
    known = {song.song_id for song in dataset.songs} | set(dataset.skipped_ids)
    unknown = [song_id for song_id in ids if song_id not in known]
    if unknown:
        raise DatasetError(
            f"{dataset.name}: {len(unknown)} of the {len(ids)} ids to leave out are not among its songs: "
            f"{abbreviate_ids(unknown)}; correct or remove them"
        )
    songs = tuple(song for song in dataset.songs if song.song_id not in ids)
    if not songs:
        raise DatasetError(f"{dataset.name}: all songs are among the {len(ids)} ids given")
    skipped = tuple(song_id for song_id in dataset.skipped_ids if song_id not in ids)
    return replace(_with_songs(dataset, songs), skipped_ids=skipped)


def rated_songs(dataset: Dataset) -> Dataset:
    """Select the songs with ratings of arousal and valence: those with other labels only are left out.

    Raises
    ------
    DatasetError
        If no song is rated.
    """
    songs = tuple(song for song in dataset.songs if song.is_rated)
    if not songs:
        kinds = {
            "quadrants": any(dataset.quadrants),
            "words": any(song.annotation.words for song in dataset.songs),
            "comparisons": bool(dataset.comparisons),
        }
        labels = " and ".join(kind for kind, exists in kinds.items() if exists) or "other labels"
        use = "categories` uses quadrants" if kinds["quadrants"] else "evaluate` tests models on these"
        raise DatasetError(
            f"{dataset.name}: its {len(dataset.songs)} songs have {labels}, but no ratings of arousal and valence, "
            f"which are needed here; `moodcurve {use}"
        )
    return _with_songs(dataset, songs)


def placed_songs(dataset: Dataset) -> Dataset:
    """Select the songs that have a place on the plane: with ratings or a quadrant.

    Raises
    ------
    DatasetError
        If there are none.
    """
    songs = tuple(song for song in dataset.songs if song.is_rated or song.annotation.quadrant is not None)
    if not songs:
        raise DatasetError(
            f"{dataset.name}: its {len(dataset.songs)} songs have neither ratings nor quadrants, which are needed "
            "here; `moodcurve evaluate` tests models on their labels"
        )
    return _with_songs(dataset, songs)


def _with_songs(dataset: Dataset, songs: tuple[Song, ...]) -> Dataset:
    """Keep some of a dataset's songs, and the comparisons between them."""
    if len(songs) == len(dataset.songs):
        return dataset
    known = {song.song_id for song in songs}
    comparisons = tuple(one for one in dataset.comparisons if {one.higher, one.lower} <= known)
    return replace(dataset, songs=songs, comparisons=comparisons)


def read_ids(path: str | os.PathLike[str]) -> tuple[str, ...]:
    """Read song ids from a text file: the first comma-separated field of each line.

    Empty lines are skipped, and so is a first line that starts with ``song_id`` (a header).

    Raises
    ------
    DatasetError
        If the file cannot be read as text.
    """
    try:
        lines = Path(path).read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read as a list of ids: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DatasetError(f"{path}: is not text; expected a list of ids, one a line") from error
    ids = [line.split(",")[0].strip() for line in lines]
    return tuple(song_id for song_id in ids[ids[:1] == ["song_id"] :] if song_id)


def songs_by_genre(songs: Sequence[Song], *, min_songs: int) -> dict[str, Indices]:
    """Return the song indices of each genre with at least `min_songs` songs; a song may have several genres.

    Commas and hyphens separate genres; that of Hip-Hop is part of its name.
    """
    members: dict[str, list[int]] = {}
    for i, song in enumerate(songs):
        for genre in {part.strip() for part in re.split("[,-]", song.genre.replace("Hip-Hop", "Hip Hop"))} - {""}:
            members.setdefault(genre, []).append(i)
    return {genre: np.array(chosen) for genre, chosen in sorted(members.items()) if len(chosen) >= min_songs}
