"""Read the songs of a library that a playlist is chosen from, and the tracks that it ends up with."""

from bisect import bisect_right
from collections.abc import Sequence

import numpy as np

from moodcurve._typing import FloatArray, IntArray
from moodcurve.library import Library, LibraryError
from moodcurve.library.queries.search import COLUMNS, Query, search_columns
from moodcurve.playlists.beam import shortlist
from moodcurve.playlists.constraints import camelot_code
from moodcurve.playlists.objective import Objective
from moodcurve.playlists.path import MoodPath, Region
from moodcurve.playlists.points import NO_ARTIST, SongPoints
from moodcurve.playlists.tracks import Track

MAX_CURVES = 2000
"""Songs whose curves are read to find where they start and end: half a millisecond each."""
EDGE_SHARE = 0.1
"""Share of a song in its start, and in its end."""
EDGE_POINTS = 20, 60
"""Fewest and most points in each: 10 s and 30 s."""


def read_points(library: Library, query: Query) -> SongPoints:
    """Return the songs that match a query, each as if it started and ended at its mean.

    Raises
    ------
    ConditionError
        If the query's condition is malformed.
    LibraryError
        If the library cannot be read.
    """
    measured = [name for name in ("tempo_bpm", "camelot") if name in COLUMNS]
    columns = search_columns(library, query, ("id", "duration_s", "arousal", "valence", "folded_artist", *measured))
    numbers: dict[str | None, int] = {None: NO_ARTIST, "": NO_ARTIST}
    artist = [numbers.setdefault(name, len(numbers)) for name in columns["folded_artist"]]
    mean = np.array([columns["arousal"], columns["valence"]], np.float64).T.reshape(-1, 2)
    return SongPoints(
        ids=np.array(columns["id"], np.int64),
        start=mean,
        end=mean,
        mean=mean,
        duration_s=np.array(columns["duration_s"], np.float64),
        artist=np.array(artist, np.int64),
        tempo_bpm=np.array(columns["tempo_bpm"], np.float64) if "tempo_bpm" in columns else None,
        key=np.array([*map(camelot_code, columns["camelot"])], np.int64) if "camelot" in columns else None,
    )


def preselect(songs: SongPoints, path: MoodPath | None, region: Region | None, length_s: float) -> IntArray:
    """Return the rows of up to `MAX_CURVES` songs that are worth reading, by their means."""
    rows = np.arange(len(songs)) if region is None else np.flatnonzero(region.contains(songs.mean))
    if len(rows) <= MAX_CURVES:
        return rows
    objective = Objective(songs=songs.take(rows), path=path, length_s=length_s, own_cost=np.zeros(len(rows)))
    best = shortlist(objective, np.random.default_rng(0), size=MAX_CURVES).rows
    # the more the songs of its moments overlap, the more of each are read
    size = bisect_right(range(best.shape[1] + 1), MAX_CURVES, key=lambda k: len(np.unique(best[:, :k]))) - 1
    return rows[np.unique(best[:, :size])]


def start_and_end(library: Library, ids: Sequence[int]) -> tuple[FloatArray, FloatArray]:
    """Return where songs start and end on the plane, (n, 2) each: the mean of their first and of their last tenth.

    A tenth is at least 10 s and at most 30 s, and never more than half of the song. Silence does not count.

    Raises
    ------
    LibraryError
        If a song is missing, or its curve is damaged.
    """
    found = {}
    for number, points in library.curve_points(ids):
        n = len(points)
        edge = min(max(EDGE_POINTS[0], min(round(EDGE_SHARE * n), EDGE_POINTS[1])), (n + 1) // 2)
        found[number] = points[:edge].mean(axis=0), points[-edge:].mean(axis=0)
    missing = [number for number in ids if number not in found]
    if missing:
        raise LibraryError(f"{library.path}: song {missing[0]} is no longer there; try again")
    edges = np.array([found[number] for number in ids]).reshape(-1, 2, 2)
    return edges[:, 0], edges[:, 1]


def read_tracks(library: Library, ids: Sequence[int]) -> list[Track]:
    """Return the tracks of songs, in the order of their ids; missing songs are left out.

    Raises
    ------
    LibraryError
        If the library cannot be read.
    """
    found = {}
    for part in range(0, len(ids), 500):
        numbers = ", ".join(str(int(number)) for number in ids[part : part + 500])
        query = Query(where=f"id IN ({numbers})")
        columns = search_columns(library, query, ("id", "title", "artist", "album", "track", "duration_s"))
        for values in zip(*columns.values(), strict=True):
            found[values[0]] = values
    tracks = []
    for number in map(int, ids):
        files = library.files_of(number)
        if number in found and files:
            _, title, artist, album, track, duration_s = found[number]
            tracks.append(
                Track(
                    id=number, path=next(iter(files)), title=title, artist=artist, album=album, number=track,
                    duration_s=duration_s,
                )
            )  # fmt: skip
    return tracks
