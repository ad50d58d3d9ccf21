"""Routes of playlists: make one, describe one, find songs to replace one, and write one as a file."""

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path, PurePath
from typing import Annotated, Any, TypeVar
from urllib.parse import quote

import numpy as np
from fastapi import FastAPI, Request, Response
from fastapi import Query as QueryParameter

from moodcurve.library import Library
from moodcurve.library.queries.search import songs_by_id
from moodcurve.library.scanning.roots import scanned_roots
from moodcurve.library.scanning.walk import is_below
from moodcurve.mood.circumplex import Point
from moodcurve.playlists import Playlist, PlaylistError, Track, alternatives, given_playlist, make_playlist
from moodcurve.playlists.files import MEDIA_TYPES, playlist_text
from moodcurve.playlists.library_songs import read_points, read_tracks
from moodcurve.playlists.path import region
from moodcurve.web import schemas
from moodcurve.web.errors import ProblemError, error_responses
from moodcurve.web.library_pool import LibraryPool
from moodcurve.web.playlist_params import (
    AlternativeParams,
    FileParams,
    ListParams,
    PlaylistParams,
    parse_ids,
    parse_path,
    parse_points,
)
from moodcurve.web.rate_limit import RateLimiter, client_of
from moodcurve.web.routes.songs import json_response, open_reader, song_data, to_json

MAX_FILE_SONGS = 100_000
_TEXT = {"schema": {"type": "string"}}
_FILE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file.", "content": dict.fromkeys(MEDIA_TYPES.values(), _TEXT)},
    **error_responses(404, 429),
}
Result = TypeVar("Result")


def add_playlist_routes(app: FastAPI, pool: LibraryPool, rate_limiter: RateLimiter, *, music: Sequence[str]) -> None:
    """Add the routes of playlists; paths in files are relative to `music` and the folders that this user scanned."""
    made: dict[int | str, dict[str, Any]] = {200: {"model": schemas.PlaylistObject}, **error_responses(404, 429)}

    @app.get("/api/playlist", responses=made)
    def get_playlist(request: Request, params: Annotated[PlaylistParams, QueryParameter()]) -> Response:
        """Return a new playlist that follows a path over the plane."""
        rate_limiter.take(client_of(request.scope))
        query, wanted = params.query(limit=MAX_FILE_SONGS), params.request()
        return json_response(to_json(_data(_read(pool, lambda library: make_playlist(library, query, wanted)))))

    @app.get("/api/playlist/list", responses=made)
    def describe_list(request: Request, params: Annotated[ListParams, QueryParameter()]) -> Response:
        """Return a list of songs in this order as a playlist."""
        rate_limiter.take(client_of(request.scope))
        ids, path = parse_ids(params.songs), parse_path(params.path)
        found = _read(pool, lambda library: given_playlist(library, ids, name="Playlist", path=path))
        return json_response(to_json(_data(found)))

    @app.get(
        "/api/playlist/alternatives", responses={200: {"model": schemas.Alternatives}, **error_responses(404, 429)}
    )
    def list_alternatives(request: Request, params: Annotated[AlternativeParams, QueryParameter()]) -> Response:
        """Return songs that could take a place in a list, the best first."""
        rate_limiter.take(client_of(request.scope))
        ids, query = parse_ids(params.songs), params.query(limit=MAX_FILE_SONGS)
        if params.place >= len(ids):
            raise ProblemError(422, f"query.place: {params.place} is not the index of one of {len(ids)} songs")
        path, rules = parse_path(params.path), params.constraints()

        def find(library: Library) -> list[dict[str, Any]]:
            found = alternatives(library, query, ids, params.place, path=path, constraints=rules, limit=params.limit)
            songs = songs_by_id(library, found)
            return [song_data(songs[number]) for number in found if number in songs]

        return json_response(to_json({"songs": _read(pool, find)}))

    @app.get("/api/playlist/file", responses=_FILE)
    def get_playlist_file(request: Request, params: Annotated[FileParams, QueryParameter()]) -> Response:
        """Return a playlist file: of the listed songs, or of all that match the filters and lie in the region.

        Paths are relative to the scanned folder, so that the file belongs there.
        """
        rate_limiter.take(client_of(request.scope))
        query = params.query(limit=MAX_FILE_SONGS)
        corners: list[Point] = [] if params.region is None else parse_points(params.region)
        ids = None if params.songs is None else parse_ids(params.songs)
        if 0 < len(corners) < 3:
            raise ProblemError(422, f"query.region: a polygon needs three corners, not {len(corners)}")

        def find(library: Library) -> list[Track]:
            if ids is not None:
                return read_tracks(library, ids)
            songs = read_points(library, query)
            inside = region(corners).contains(songs.mean) if corners else np.ones(len(songs), np.bool_)
            return read_tracks(library, songs.ids[inside].tolist())

        tracks, folder = below_roots(_read(pool, find), [*music, *scanned_roots(pool.path)])
        text = playlist_text(tracks, params.format, name=params.name, folder=folder)
        file_name = quote(f"{params.name}.{params.format}", safe="")
        headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{file_name}"}
        return Response(text.encode("utf-8"), headers=headers, media_type=MEDIA_TYPES[params.format])


def below_roots(tracks: Sequence[Track], roots: Sequence[str]) -> tuple[list[Track], str]:
    """Return tracks, and the folder that paths are relative to: that of all roots.

    A track whose path, perhaps that of a link, lies below none of them keeps its file name alone: what else the path
    holds is not for the page.
    """
    folders = [str(Path(root).parent) if Path(root).is_file() else root for root in roots]
    folder = os.path.commonpath(folders or ["/"])
    placed = [
        track
        if any(is_below(track.path, root) for root in roots)
        else replace(track, path=str(Path(folder, PurePath(track.path).name)))
        for track in tracks
    ]
    return placed, folder


def _read(pool: LibraryPool, read: Callable[[Library], Result]) -> Result:
    """Return what a function reads from the library; raise ProblemError if it cannot."""
    with open_reader(pool) as reader:
        if reader is None:
            raise ProblemError(404, "there is no library; `moodcurve scan FOLDER` makes one")
        try:
            return read(reader.library)
        except PlaylistError as error:
            raise ProblemError(422, str(error)) from error


def _data(playlist: Playlist) -> dict[str, Any]:
    """Return a playlist as JSON data, with file names instead of paths."""
    data = playlist.to_dict()
    for song in data["songs"]:
        song["file"] = PurePath(song.pop("path")).name
    return data
