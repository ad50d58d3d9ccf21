"""Read the songs of a library that a playlist is chosen from, and the tracks that it ends up with."""

from collections.abc import Sequence

import numpy as np

from moodcurve.library import Library
from moodcurve.library.queries.search import FoundSong, Query, search_columns, songs_by_id
from moodcurve.playlists.constraints import camelot_code
from moodcurve.playlists.points import NO_ARTIST, SongPoints
from moodcurve.playlists.tracks import Track
from moodcurve.util.text import text_path

_AXES = ("arousal", "valence")
_STARTS = ("arousal_start", "valence_start")
_ENDS = ("arousal_end", "valence_end")


def read_points(library: Library, query: Query) -> SongPoints:
    """Return the songs that match a query; one whose curve is damaged starts and ends at its mean.

    Raises
    ------
    ConditionError
        If the query's condition is malformed.
    LibraryError
        If the library cannot be read.
    """
    names = ("id", "duration_s", "folded_artist", "tempo_bpm", "camelot", *_AXES, *_STARTS, *_ENDS)
    columns = search_columns(library, query, names)
    numbers: dict[str | None, int] = {None: NO_ARTIST, "": NO_ARTIST}
    artist = [numbers.setdefault(name, len(numbers)) for name in columns["folded_artist"]]
    mean, start, end = (
        np.array([columns[name] for name in points], np.float64).T.reshape(-1, 2) for points in (_AXES, _STARTS, _ENDS)
    )
    return SongPoints(
        ids=np.array(columns["id"], np.int64),
        start=np.where(np.isnan(start), mean, start),
        end=np.where(np.isnan(end), mean, end),
        mean=mean,
        duration_s=np.array(columns["duration_s"], np.float64),
        artist=np.array(artist, np.int64),
        tempo_bpm=np.array(columns["tempo_bpm"], np.float64),
        key=np.array([*map(camelot_code, columns["camelot"])], np.int64),
    )


def read_tracks(library: Library, ids: Sequence[int]) -> list[Track]:
    """Return the tracks of songs, in the order of their ids; missing songs are left out.

    Raises
    ------
    LibraryError
        If the library cannot be read.
    """
    found: dict[int, FoundSong] = {}
    for part in range(0, len(ids), 500):
        found |= songs_by_id(library, ids[part : part + 500])
    return [
        Track(
            id=song.id, path=text_path(song.path), title=song.title, artist=song.artist, album=song.album,
            number=song.track, duration_s=song.duration_s, start_s=song.start_s,
        )
        for song in (found[number] for number in ids if number in found)
    ]  # fmt: skip
