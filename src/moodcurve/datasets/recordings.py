"""Tell which recordings two sets have in common: emoMusic and all releases of DEAM share songs and their ids."""

from collections.abc import Sequence
from dataclasses import replace

from moodcurve.datasets.dataset import Dataset
from moodcurve.datasets.deam.reader import NAMES
from moodcurve.datasets.deam.sound import EXCERPTS, NAME
from moodcurve.datasets.published.layouts import EMOMUSIC
from moodcurve.datasets.song import Song
from moodcurve.datasets.splits import artist_key

DEAM_SETS = frozenset({*NAMES.values(), NAME, EXCERPTS, EMOMUSIC})
"""Names of the sets in which an id of DEAM means the same recording."""


def share_ids(name: str, other: str) -> bool:
    """Return True if the same id in two sets, given by their names, means the same recording."""
    return name == other or {name, other} <= DEAM_SETS


def unify_artists(datasets: Sequence[Dataset]) -> tuple[list[Dataset], int]:
    """Give each recording of DEAM that several sets hold the same artist in all of them.

    Splits by artist then keep a recording on one side even if a set lacks its table of artists or spells them in
    another way. Artists of whom two sets name one recording are the same for all their songs. If none is known, the
    recording is an artist of its own.

    Returns
    -------
    list of Dataset
        The same sets in the same order.
    int
        Number of recordings that are in more than one of them.
    """
    names: dict[str, list[str]] = {}
    for dataset in datasets:
        if dataset.name in DEAM_SETS:
            for song in dataset.songs:
                names.setdefault(song.song_id, []).append(artist_key(song.artist))
    shared = {song_id: list(filter(None, keys)) for song_id, keys in names.items() if len(keys) > 1}
    if not shared:
        return list(datasets), 0
    same_as: dict[str, str] = {}

    def first_name(key: str) -> str:
        while key in same_as:
            key = same_as[key]
        return key

    for first, *others in filter(None, shared.values()):
        for key in map(first_name, others):
            if key != first_name(first):
                same_as[key] = first_name(first)

    def unified(song: Song) -> Song:
        keys = [artist_key(song.artist)] if song.artist else shared.get(song.song_id, [""])
        return replace(song, artist=first_name(keys[0]) if keys else f"artist of DEAM's song {song.song_id}")

    def renamed(song: Song) -> Song:
        key = artist_key(song.artist) if song.artist else ""
        return replace(song, artist=first_name(key)) if key in same_as else song

    return [
        replace(dataset, songs=tuple(map(unified if dataset.name in DEAM_SETS else renamed, dataset.songs)))
        for dataset in datasets
    ], len(shared)
