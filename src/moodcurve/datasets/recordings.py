"""Tell which recordings two sets have in common: emoMusic and all releases of DEAM share songs and their ids."""

from collections.abc import Sequence
from dataclasses import replace

from moodcurve.datasets.dataset import Dataset
from moodcurve.datasets.deam.reader import NAMES
from moodcurve.datasets.deam.sound import EXCERPTS, NAME
from moodcurve.datasets.published.layouts import EMOMUSIC

DEAM_SETS = frozenset({*NAMES.values(), NAME, EXCERPTS, EMOMUSIC})
"""Names of the sets in which an id of DEAM means the same recording."""


def share_ids(name: str, other: str) -> bool:
    """Return True if the same id in two sets, given by their names, means the same recording."""
    return name == other or {name, other} <= DEAM_SETS


def unify_artists(datasets: Sequence[Dataset]) -> tuple[list[Dataset], int]:
    """Give each recording of DEAM that several sets hold the same artist in all of them.

    Splits by artist then keep a recording on one side even if a set lacks its table of artists or spells them in
    another way. DEAM's artist counts before emoMusic's; if none is known, the recording is an artist of its own.

    Returns
    -------
    list of Dataset
        The same sets in the same order.
    int
        Number of recordings that are in more than one of them.
    """
    sets = [dataset for dataset in datasets if dataset.name in DEAM_SETS]
    artists: dict[str, list[str]] = {}
    for dataset in sorted(sets, key=lambda one: one.name == EMOMUSIC):
        for song in dataset.songs:
            artists.setdefault(song.song_id, []).append(song.artist)
    shared = {
        song_id: next(filter(None, names), f"artist of DEAM's song {song_id}")
        for song_id, names in artists.items()
        if len(names) > 1
    }
    unified = [
        replace(
            dataset,
            songs=tuple(replace(song, artist=shared.get(song.song_id, song.artist)) for song in dataset.songs),
        )
        if dataset.name in DEAM_SETS
        else dataset
        for dataset in datasets
    ]
    return unified, len(shared)
