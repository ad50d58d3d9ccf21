"""Make a playlist from a library."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from moodcurve._typing import FloatArray
from moodcurve.library import Library
from moodcurve.library.queries.search import Query
from moodcurve.mood.circumplex import Point
from moodcurve.playlists.build import Ordering, PlaylistError, describe, order_songs
from moodcurve.playlists.constraints import Constraints
from moodcurve.playlists.library_songs import read_points, read_tracks
from moodcurve.playlists.objective import Objective, distances
from moodcurve.playlists.path import MoodPath, mood_path, region, word_point
from moodcurve.playlists.points import NO_ARTIST, SongPoints, join
from moodcurve.playlists.request import Request
from moodcurve.playlists.tracks import Track
from moodcurve.util.text import utf8_text

JSON_FORMAT = "moodcurve-playlist/1"
"""Name and version of a playlist's JSON: keys are only added to it."""
DECIMALS = 4
ALTERNATIVES = 300
"""Songs that are tried to replace one."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Playlist:
    """Songs in an order, with where they are on the plane.

    Attributes
    ----------
    name : str
    tracks : list of Track
    points : SongPoints
        The same songs in the same order.
    ordering : Ordering
        Their times, distances and jumps; its rows are 0, 1, …
    path : (k, 2) or None
        Arousal and valence of the points of the path.
    length_s : float
        The length that was asked for.
    """

    name: str
    tracks: list[Track]
    points: SongPoints
    ordering: Ordering
    path: FloatArray | None
    length_s: float

    def to_dict(self) -> dict[str, Any]:
        """Return the playlist as JSON data, described in docs/schemas/playlist.schema.json."""
        points, ordering = self.points, self.ordering
        jumps = [None, *_rounded(ordering.jumps)]
        columns: dict[str, Sequence[Any]] = {
            "begin_s": [round(float(time), 3) for time in ordering.begin_s],
            "arousal": _rounded(points.mean[:, 0]),
            "valence": _rounded(points.mean[:, 1]),
            "start": [_rounded(point) for point in points.start],
            "end": [_rounded(point) for point in points.end],
            "path_distance": [None] * len(points) if self.path is None else _rounded(ordering.distances),
            "jump": jumps[: len(points)],
        }
        return {
            "format": JSON_FORMAT,
            "name": utf8_text(self.name),
            "asked_s": round(self.length_s, 3),
            "total_s": round(ordering.total_s, 3),
            "path": None if self.path is None else [_rounded(point) for point in self.path],
            "songs": [
                {**track.to_dict(), **{key: values[i] for key, values in columns.items()}}
                for i, track in enumerate(self.tracks)
            ],
            "warnings": [ordering.shortfall] if ordering.shortfall else [],
        }


def make_playlist(library: Library, query: Query, request: Request) -> Playlist:
    """Choose and order songs that match a query.

    Raises
    ------
    ConditionError
        If the query's condition is malformed.
    LibraryError
        If the library cannot be read.
    PlaylistError
        If there are no songs for it.
    """
    if not query.sort and query.near is None and query.limit is None:
        query = replace(query, sort=("id",))  # takes no time; the list has an order of its own
    songs = read_points(library, query)
    songs = songs.take(np.argsort(songs.ids))  # a seed means the same list whatever the query's order
    first = None
    if request.first is not None:
        songs, first = _with_song(library, songs, request.first)
    path = _path(request, songs, first)
    shape = region(request.region) if request.region else None
    ordering = order_songs(
        songs,
        request.length_s,
        path=path,
        region=shape,
        constraints=request.constraints,
        first=first,
        seed=request.seed,
    )
    return _playlist(library, songs.take(ordering.rows), ordering, path, request.name, request.length_s)


def given_playlist(library: Library, ids: Sequence[int], *, name: str, path: MoodPath | None = None) -> Playlist:
    """Return the playlist of these songs in their order, with their distances from a path that takes as long.

    Raises
    ------
    LibraryError
        If the library cannot be read.
    PlaylistError
        If one of the songs is missing.
    """
    songs = _songs(library, ids)
    length_s = float(songs.duration_s.sum())
    objective = Objective(songs=songs, path=path, length_s=length_s, own_cost=np.zeros(len(songs)))
    return _playlist(library, songs, describe(objective, np.arange(len(songs))), path, name, length_s)


def alternatives(
    library: Library,
    query: Query,
    ids: Sequence[int],
    place: int,
    *,
    path: MoodPath | None = None,
    constraints: Constraints | None = None,
    limit: int = 10,
) -> list[int]:
    """Return ids of songs that could take a place in a list, the best first.

    Parameters
    ----------
    query : Query
        The songs to choose from.
    ids : sequence of int
        The list.
    place : int
        Index of the song to replace.
    path : MoodPath, optional
    constraints : Constraints, optional
        Songs that break a rule with their neighbors are left out.
    limit : int
        Largest number of songs.

    Raises
    ------
    ConditionError, LibraryError, PlaylistError
        As `make_playlist` and `given_playlist`.
    """
    constraints = constraints or Constraints()
    listed = _songs(library, ids)
    songs = read_points(library, query)
    songs = songs.take(np.flatnonzero(constraints.usable(songs) & ~np.isin(songs.ids, listed.ids)))
    wanted = [*listed.end[:place][-1:], *listed.start[place + 1 :][:1]]
    length_s = float(listed.duration_s.sum())
    if path is not None:
        middle = listed.duration_s[:place].sum() + listed.duration_s[place] / 2
        wanted.append(path.at(np.array(middle / length_s)))
    target = np.mean(wanted or [listed.mean[place]], axis=0)
    near = np.argsort(distances(songs.mean, target), kind="stable")[:ALTERNATIVES]
    songs = join([listed, songs.take(near)])
    lists = np.repeat(np.arange(len(ids))[None], len(near), axis=0)
    lists[:, place] = np.arange(len(ids), len(songs))
    objective = Objective(songs=songs, path=path, length_s=length_s, own_cost=np.zeros(len(songs)))
    neighbors = lists[:, max(0, place - constraints.artist_gap) : place + constraints.artist_gap + 1]
    allowed = constraints.lists_allowed(songs, neighbors)
    order = np.argsort(np.where(allowed, objective.costs(lists), np.inf), kind="stable")
    return [int(number) for number in songs.ids[len(ids) + order[allowed[order]]][:limit]]


def _songs(library: Library, ids: Sequence[int]) -> SongPoints:
    """Return songs in the order of their ids."""
    numbers = ", ".join(str(int(number)) for number in ids)
    songs = read_points(library, Query(where=f"id IN ({numbers})"))
    missing = sorted({*ids} - {*songs.ids.tolist()})
    if missing or not ids:
        raise PlaylistError(f"no song with id {missing[0]} in the library" if missing else "no songs in the list")
    order = np.argsort(songs.ids)
    return songs.take(order[np.searchsorted(songs.ids[order], np.array(ids, np.int64))])


def _with_song(library: Library, songs: SongPoints, number: int) -> tuple[SongPoints, int]:
    """Return songs with one more if it is not among them, and its row."""
    if number not in songs.ids:
        songs = join([songs, replace(_songs(library, [number]), artist=np.array([NO_ARTIST]))])
    return songs, int(np.flatnonzero(songs.ids == number)[0])


def _path(request: Request, songs: SongPoints, first: int | None) -> MoodPath | None:
    """Return the path through the request's waypoints, which begins at the mean of the first song if one is given."""
    points: list[Point] = [] if first is None else [(float(songs.mean[first, 0]), float(songs.mean[first, 1]))]
    points += [word_point(point, songs.mean) if isinstance(point, str) else point for point in request.waypoints]
    return mood_path(points) if points else None


def _playlist(
    library: Library, songs: SongPoints, ordering: Ordering, path: MoodPath | None, name: str, length_s: float
) -> Playlist:
    tracks = read_tracks(library, songs.ids.tolist())
    if len(tracks) < len(songs):
        raise PlaylistError("some songs were removed from the library meanwhile; try again")
    return Playlist(
        name=name,
        tracks=tracks,
        points=songs,
        ordering=replace(ordering, rows=np.arange(len(songs))),
        path=None if path is None else path.points,
        length_s=length_s,
    )


def _rounded(values: FloatArray) -> list[float]:
    return [round(float(value), DECIMALS) + 0.0 for value in values]
