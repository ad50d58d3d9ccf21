"""One song of a library, by what a person calls it."""

import os
from pathlib import PurePath

from moodcurve.library.changes import fold
from moodcurve.library.database import Library
from moodcurve.library.errors import LibraryError
from moodcurve.library.models import StoredSong
from moodcurve.library.queries.search import FoundSong, Query, search
from moodcurve.util.text import one_line

_SHOWN = 5
"""So many songs are named where several fit."""


def find_song(library: Library, name: str) -> StoredSong:
    """Give the song that is meant: by path, number, title, part of a title, or words of its tags, in this order.

    Raises
    ------
    LibraryError
        If none fits, several do, or it is a file that could not be used.
    """
    for path in dict.fromkeys((name, os.path.abspath(name), os.path.realpath(name))):  # noqa: PTH100
        if found := library.song(path):
            return found
        if reason := library.problem(path):
            raise LibraryError(f"{one_line(name)}: could not be used when it was scanned: {reason}")
    if name.isdecimal() and (found := library.song(int(name))):
        return found
    candidates = list(search(library, Query(title=name, sort=("id",)))) or list(
        search(library, Query(text=tuple(name.split()), sort=("id",)))
    )
    whole = [song for song in candidates if song.title is not None and fold(song.title) == fold(name)]
    fitting = whole if len(whole) == 1 else candidates
    if not fitting:
        raise LibraryError(
            f"{one_line(name)}: no song in {one_line(os.fspath(library.path))} is called that; give a path, a number, "
            "or a part of a title (`moodcurve search` lists them)"
        )
    if len(fitting) > 1:
        named = "; ".join(f"{song.id}: {song_label(song)}" for song in fitting[:_SHOWN])
        more = ", ..." if len(fitting) > _SHOWN else ""
        raise LibraryError(f"{one_line(name)}: {len(fitting)} songs fit; give the number of one: {named}{more}")
    stored = library.song(fitting[0].id)
    assert stored is not None
    return stored


def song_label(song: FoundSong) -> str:
    """Name a song: artist and title, or its file where it has no title."""
    title = song.title or PurePath(song.path).name
    return one_line(f"{song.artist} – {title}" if song.artist else title)
