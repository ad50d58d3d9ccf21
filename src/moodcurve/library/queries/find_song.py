"""Find one song by path, id, external id, title or tags."""

import os
from collections.abc import Sequence
from pathlib import PurePath

from moodcurve.library.database import Library
from moodcurve.library.errors import NO_SONGS, LibraryError, translate_errors
from moodcurve.library.models import StoredSong
from moodcurve.library.queries.search import FoundSong, Query, count, search, songs_by_id, songs_of_ids
from moodcurve.library.text import fold
from moodcurve.util.text import one_line, text_path

_MAX_SHOWN = 5
"""Number of matching songs that a message lists."""


def find_song(library: Library, name: str) -> StoredSong:
    """Return the song with this path, id, external id, title, part of a title, or words of its tags, in this order.

    Raises
    ------
    LibraryError
        If no song matches, several do, such as those of a file that is split into parts, or the path is that of an
        unusable file.
    """
    given = text_path(name)
    for path in dict.fromkeys((given, os.path.abspath(given), os.path.realpath(given))):  # noqa: PTH100
        if len(ids := _songs_at(library, path)) > 1:
            raise _ambiguous(name, list(songs_by_id(library, ids).values()))
        if found := library.song(path):
            return found
        if reason := library.problem(path):
            raise LibraryError(f"{one_line(name)}: could not be used when it was scanned: {reason}")
    if name.isdecimal() and (found := library.song(int(name))):
        return found
    if (found := _identified(library, name)) is not None:
        return found
    candidates = list(search(library, Query(title=name, sort=("id",)))) or list(
        search(library, Query(text=tuple(name.split()), sort=("id",)))
    )
    exact = [song for song in candidates if song.title is not None and fold(song.title) == fold(name)]
    matches = exact if len(exact) == 1 else candidates
    if not matches and not count(library, Query()):
        raise LibraryError(NO_SONGS)
    if not matches:
        raise LibraryError(
            f"{one_line(name)}: no matching song in {one_line(os.fspath(library.path))}; give a path, an id, an "
            "external id, or part of a title (`moodcurve search` lists songs)"
        )
    if len(matches) > 1:
        raise _ambiguous(name, matches)
    stored = library.song(matches[0].id)
    assert stored is not None  # nosec B101 # narrows the type for mypy
    return stored


def _identified(library: Library, external_id: str) -> StoredSong | None:
    """Return the song of an id in the user's catalogue, or None; raises as `find_song` if several songs have it."""
    ids = songs_of_ids(library, [external_id])
    if len(ids) > 1:
        raise _ambiguous(external_id, list(songs_by_id(library, ids).values()))
    return library.song(ids[0]) if ids else None


def _songs_at(library: Library, path: str) -> list[int]:
    """Return the ids of the songs that a file holds, in their order; several if it is split into parts."""
    with translate_errors(library.path):
        rows = library.db.execute(
            "SELECT song FROM file WHERE path = ? AND song IS NOT NULL ORDER BY start_s", (os.fsencode(path),)
        ).fetchall()
    return [song for (song,) in rows]


def _ambiguous(name: str, songs: Sequence[FoundSong]) -> LibraryError:
    listed = "; ".join(f"{song.id}: {song_label(song)}" for song in songs[:_MAX_SHOWN])
    more = ", ..." if len(songs) > _MAX_SHOWN else ""
    return LibraryError(f"{one_line(name)}: {len(songs)} songs match; give the id of one: {listed}{more}")


def song_label(song: FoundSong) -> str:
    """Return artist and title, or the file name of a song without a title, as one line."""
    title = song.title or PurePath(song.path).name
    return one_line(f"{song.artist} – {title}" if song.artist else title)
