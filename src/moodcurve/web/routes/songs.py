"""Routes of the library: songs, their curves and audio, the map, and problems of the last scan."""

import gzip
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import PurePath
from typing import Annotated, Any, Literal

from fastapi import FastAPI, Request, Response
from fastapi import Path as PathParameter
from fastapi import Query as QueryParameter
from pydantic.json_schema import SkipJsonSchema
from starlette.concurrency import run_in_threadpool

from moodcurve.library import Library, LibraryError, StoredSong
from moodcurve.library.queries.cached_columns import MAX_SONGS, CachedColumns
from moodcurve.library.queries.paging import find_page
from moodcurve.library.queries.query import Query
from moodcurve.library.queries.search import FoundSong, count, search_columns, song_json, songs_by_id
from moodcurve.library.queries.similar import similar_songs
from moodcurve.library.scanning.roots import scanned_roots
from moodcurve.mood.circumplex import NEUTRAL, QUADRANTS
from moodcurve.mood.tags import tag_names
from moodcurve.util.text import utf8_text
from moodcurve.web import schemas
from moodcurve.web.errors import ProblemError, error_responses
from moodcurve.web.library_pool import LibraryPool, Reader
from moodcurve.web.query_params import Page, SongFilters, SongPage
from moodcurve.web.rate_limit import RateLimiter, client_of
from moodcurve.web.responses.audio import OpenFile, audio_response, open_unchanged
from moodcurve.web.responses.curve import CurveFormat, PlotRenderer, curve_content, curve_response
from moodcurve.web.routes.static_files import accepts_gzip

MAX_MAP_SONGS = 100_000
_MAP_COLUMNS = ("id", "arousal", "valence", "quadrant", "title", "artist", "duration_s", "tags")
"""Columns of the map that are library columns; ``file`` is added to them."""
_QUADRANT_NUMBERS = {name: number for number, name in enumerate((*QUADRANTS, NEUTRAL))}
_CURVE: dict[int | str, dict[str, Any]] = {200: {"model": schemas.CurveObject, **curve_content()}}
_BINARY = {"content": {"audio/*": {"schema": {"type": "string", "format": "binary"}}}}
_AUDIO: dict[int | str, dict[str, Any]] = {
    200: {"description": "The complete file.", **_BINARY},
    206: {"description": "A range of the file.", **_BINARY},
    304: {"description": "Not modified."},
    **error_responses(404, 416),
}
_AUDIO_HEAD: dict[int | str, dict[str, Any]] = {
    status: {"description": response["description"]} for status, response in _AUDIO.items()
}
SongId = Annotated[int, PathParameter(ge=0, lt=2**63, description="Id of a song, from `/api/songs`.", examples=[1])]


def _weight(what: str) -> Any:
    return QueryParameter(ge=0, le=100, description=f"Weight of {what}.")


def add_song_routes(
    app: FastAPI, pool: LibraryPool, plots: PlotRenderer, rate_limiter: RateLimiter, *, music: Sequence[str]
) -> None:
    """Add the routes of the library; songs below `music`, or below a folder that this user scanned, may be played."""

    def list_songs(page: Annotated[SongPage, QueryParameter()]) -> Response:
        """Return a page of the songs that match the filters."""
        query = page.query(limit=page.limit, offset=page.offset)
        with open_reader(pool) as reader:
            body = _NO_SONGS if reader is None else songs_json(reader, query)
        return json_response(body)

    found: dict[int | str, dict[str, Any]] = {200: {"model": schemas.Songs}, **error_responses()}
    app.add_api_route("/api/songs", list_songs, responses=found)
    app.add_api_route(
        "/api/search", list_songs, responses=found, name="search_songs", description="Same as `/api/songs`."
    )

    @app.get("/api/songs/{id}", responses={200: {"model": schemas.Song}, **error_responses(404)})
    def get_song(id: SongId) -> Response:
        """Return a song by its id."""
        with open_reader(pool) as reader:
            found = {} if reader is None else songs_by_id(reader.library, [id])
        if id not in found:
            raise _no_song(id)
        return json_response(to_json(song_data(found[id])))

    @app.get("/api/songs/{id}/curve", responses={**_CURVE, **error_responses(404, 429)})
    async def get_song_curve(request: Request, id: SongId, format: CurveFormat = CurveFormat.json) -> Response:
        """Return the curve of a song, as JSON, CSV, JAMS or PNG."""
        client = client_of(request.scope)
        if format is CurveFormat.png:
            rate_limiter.take(client)
        stored = await run_in_threadpool(load_song, pool, id)
        name = utf8_text(PurePath(stored.shown).name)
        return await curve_response(
            format, {**stored.data, "source": name}, stored.curve, plots, client, tags=stored.tags
        )

    @app.get("/api/songs/{id}/similar", responses={200: {"model": schemas.SimilarSongs}, **error_responses(404)})
    def get_similar_songs(
        id: SongId,
        by: Annotated[
            Literal["course", "sound", "mood"] | SkipJsonSchema[None],
            QueryParameter(description="Compare by this alone; by default by all three."),
        ] = None,
        course: Annotated[float, _weight("how it moves")] = 1.0,
        sound: Annotated[float, _weight("how it sounds")] = 1.0,
        mood: Annotated[float, _weight("how it feels")] = 1.0,
        limit: Annotated[int, QueryParameter(ge=1, le=100, description="Maximum number of songs.")] = 10,
    ) -> Response:
        """Return the songs most like a song, the nearest first, with the parts that agree."""
        weights: dict[str, float] = {by: 1.0} if by else {"course": course, "sound": sound, "mood": mood}
        if not any(weights.values()):
            raise ProblemError(422, "query.course: one of the weights course, sound and mood must be above 0")
        with open_reader(pool) as reader:
            if reader is None or not reader.library.files_of(id):
                raise _no_song(id)
            body = reader.cached(
                ("similar", id, *weights.items(), limit), lambda library: _similar_json(library, id, weights, limit)
            )
        return json_response(body)

    @app.get("/api/songs/{id}/audio", responses=_AUDIO)
    @app.head("/api/songs/{id}/audio", responses=_AUDIO_HEAD, name="head_song_audio")
    def get_song_audio(request: Request, id: SongId) -> Response:
        """Return the audio file of a song, complete or a byte range (header Range)."""
        return audio_response(open_song(pool, id, music), request.headers, head=request.method == "HEAD")

    @app.get("/api/map", responses={200: {"model": schemas.Map}, **error_responses()})
    def get_map(request: Request, filters: Annotated[SongFilters, QueryParameter()]) -> Response:
        """Return the mean arousal and valence of up to 100,000 songs that match the filters, as columns."""
        query, compress = filters.query(limit=MAX_MAP_SONGS), accepts_gzip(request)
        with open_reader(pool) as reader:
            if reader is None:
                return json_response(_EMPTY_MAP)
            body = reader.cached(("map", query, compress), lambda library: _map_json(library, query, compress=compress))
        return json_response(body, {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"} if compress else None)

    @app.get("/api/problems", responses={200: {"model": schemas.FileProblems}, **error_responses()})
    def list_problems(page: Annotated[Page, QueryParameter()]) -> Response:
        """Return a page of the files that the last scan could not analyze."""
        with open_reader(pool) as reader:
            key = ("problems", page.limit, page.offset)
            body = _NO_PROBLEMS if reader is None else reader.cached(key, lambda library: _problems_json(library, page))
        return json_response(body)


def load_song(pool: LibraryPool, id: int) -> StoredSong:
    """Return a song and its curve.

    Raises
    ------
    ProblemError
        If there is no such song, or the library cannot be read.
    """
    with open_reader(pool) as reader:
        stored = None if reader is None else reader.library.song(id)
    if stored is None:
        raise _no_song(id)
    return stored


def open_song(pool: LibraryPool, id: int, music: Sequence[str]) -> OpenFile:
    """Open the audio file of a song, if it is unchanged and lies below `music` or a folder that this user scanned.

    Raises
    ------
    ProblemError
        If there is no such song or file, or the library cannot be read.
    """
    with open_reader(pool) as reader:
        files = {} if reader is None else reader.library.files_of(id)
    if not files:
        raise _no_song(id)
    return open_unchanged(files, [*music, *scanned_roots(pool.path)])


def count_songs(pool: LibraryPool) -> int | None:
    """Return the number of songs, or None if there is no library; raise ProblemError if it cannot be read."""
    with open_reader(pool) as reader:
        return None if reader is None else _count(reader, Query())


@contextmanager
def open_reader(pool: LibraryPool) -> Iterator[Reader | None]:
    """Return a reader, or None if there is no library; raise ProblemError if it cannot be read."""
    try:
        with pool.reader() as reader:
            yield reader
    except (LibraryError, OSError) as error:
        name = utf8_text(pool.path.name)
        raise ProblemError(503, f"cannot read the library: {str(error).replace(str(pool.path), name)}") from error


def songs_json(reader: Reader, query: Query) -> bytes:
    """Return a page of songs and their total number, as JSON, from the cache if the library has not changed."""
    cached = CachedColumns(reader.cached) if _count(reader, Query()) <= MAX_SONGS else None

    def compute(library: Library) -> bytes:
        found, total = find_page(library, query, cached)
        return to_json({"total": total, "songs": [song_data(song) for song in found]})

    return reader.cached(("songs", query), compute)


def _similar_json(library: Library, song: int, weights: dict[str, float], limit: int) -> bytes:
    found = similar_songs(library, song, weights=weights, limit=limit)
    rows = songs_by_id(library, [each.id for each in found])
    songs = [
        {"song": song_data(rows[each.id]), "distance": each.distance, "shares": each.shares, "agrees": each.agrees}
        for each in found
        if each.id in rows
    ]
    return to_json({"songs": songs})


def _count(reader: Reader, query: Query) -> int:
    """Count the songs of all pages."""
    unlimited = replace(query.without_page(), sort=())
    return int(reader.cached(("count", unlimited), lambda library: str(count(library, unlimited)).encode()))


def _problems_json(library: Library, page: Page) -> bytes:
    """Return a page of files that cannot be used and their total number, as JSON."""
    found = library.problems(limit=page.limit, offset=page.offset)
    rows = [{"file": utf8_text(PurePath(one.path).name), "reason": utf8_text(one.reason)} for one in found]
    return to_json({"total": library.problem_count(), "problems": rows})


def _map_json(library: Library, query: Query, *, compress: bool) -> bytes:
    found = search_columns(library, query, (*_MAP_COLUMNS, "path"))
    pairs = zip(found.pop("path"), found["title"], strict=True)
    found["file"] = [None if title else PurePath(path).name for path, title in pairs]
    found["quadrant"] = [_QUADRANT_NUMBERS[name] for name in found["quadrant"]]
    found["tags"] = [tag_names(text) if text else None for text in found["tags"]]
    body = to_json(found)
    return gzip.compress(body, compresslevel=4, mtime=0) if compress else body


def _no_song(id: int) -> ProblemError:
    return ProblemError(404, f"no song with id {id} in the library")


def song_data(song: FoundSong) -> dict[str, Any]:
    """Return a song as JSON data, with its file name instead of the path."""
    data = song_json(song)
    path = data.pop("path")
    return {"id": data.pop("id"), "file": PurePath(path).name, **data}


def to_json(data: Any) -> bytes:
    """Return data as JSON without spaces."""
    return json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def json_response(body: bytes, headers: dict[str, str] | None = None) -> Response:
    """Return a response of JSON."""
    return Response(body, headers=headers, media_type="application/json")


_NO_SONGS = to_json({"total": 0, "songs": []})
_NO_PROBLEMS = to_json({"total": 0, "problems": []})
_EMPTY_MAP = to_json({name: [] for name in (*_MAP_COLUMNS, "file")})
