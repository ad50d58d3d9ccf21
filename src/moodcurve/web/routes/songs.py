"""Routes to a library: its songs, their curves, the map of them all, and what could not be used."""

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import PurePath
from typing import Annotated, Any

from fastapi import FastAPI, Request, Response
from fastapi import Path as InPath
from fastapi import Query as InQuery
from starlette.concurrency import run_in_threadpool

from moodcurve.formats.json_file import utf8_text
from moodcurve.library import Library, LibraryError, StoredSong
from moodcurve.library.queries.query import Query
from moodcurve.library.queries.search import FoundSong, count, search, search_columns, song_json
from moodcurve.mood.circumplex import NEUTRAL, QUADRANTS
from moodcurve.web import schemas
from moodcurve.web.errors import ProblemError, documented
from moodcurve.web.library_pool import Reader, Shelf
from moodcurve.web.query_params import Filters, Page
from moodcurve.web.rate_limit import Rate
from moodcurve.web.responses import audio
from moodcurve.web.responses.curve import Format, Painter, curve_answer, curve_content
from moodcurve.web.routes.static_files import takes_gzip

MOST_ON_MAP = 100_000
_MAP = ("id", "arousal", "valence", "quadrant", "title", "artist", "duration_s")
"""Columns of the map as the library has them; ``file`` stands beside."""
_PLACES = {name: place for place, name in enumerate((*QUADRANTS, NEUTRAL))}
_CURVE: dict[int | str, dict[str, Any]] = {200: {"model": schemas.CurveObject, **curve_content()}}
_SOUND = {"content": {"audio/*": {"schema": {"type": "string", "format": "binary"}}}}
_AUDIO: dict[int | str, dict[str, Any]] = {
    200: {"description": "The whole file.", **_SOUND},
    206: {"description": "A range of it.", **_SOUND},
    304: {"description": "Not modified."},
    **documented(404, 416),
}
_AUDIO_HEAD: dict[int | str, dict[str, Any]] = {
    status: {"description": about["description"]} for status, about in _AUDIO.items()
}
SongId = Annotated[int, InPath(ge=0, lt=2**63, description="A song's number, as the lists give it.")]


def add_song_routes(app: FastAPI, shelf: Shelf, painter: Painter, rate: Rate) -> None:
    """Add the routes to a library."""

    def songs(page: Annotated[Page, InQuery()]) -> Response:
        """Give the songs that filters choose."""
        query = page.query(limit=page.limit, offset=page.offset)
        with _opened(shelf) as reader:
            body = _NO_SONGS if reader is None else _page(reader, query)
        return _json(body)

    for address in ("/songs", "/search"):
        app.add_api_route(
            f"/api{address}", songs, responses={200: {"model": schemas.Songs}, **documented()}, name=f"list{address}"
        )

    @app.get("/api/songs/{id}", responses={200: {"model": schemas.Song}, **documented(404)})
    def song(id: SongId) -> Response:
        """Give one song."""
        with _opened(shelf) as reader:
            found = [] if reader is None else list(search(reader.library, Query(where=f"id = {id}")))
        if not found:
            raise _no_song(id)
        return _json(_body(_song(found[0])))

    @app.get("/api/songs/{id}/curve", responses={**_CURVE, **documented(404, 429)})
    async def song_curve(request: Request, id: SongId, format: Format = Format.json) -> Response:
        """Give a song's curve."""
        if format is Format.png:
            rate.take(client_of(request))
        stored = await run_in_threadpool(stored_song, shelf, id)
        name = utf8_text(PurePath(stored.paths[0]).name)
        return await curve_answer(format, {**stored.data, "source": name}, stored.curve, painter, tags=stored.tags)

    @app.get("/api/songs/{id}/audio", responses=_AUDIO)
    @app.head("/api/songs/{id}/audio", responses=_AUDIO_HEAD)
    def song_audio(request: Request, id: SongId) -> Response:
        """Give a song's sound, whole or a range of it."""
        with _opened(shelf) as reader:
            files = {} if reader is None else reader.library.files_of(id)
        if not files:
            raise _no_song(id)
        return audio.answer(audio.open_known(files), request.headers, head=request.method == "HEAD")

    @app.get("/api/map", responses={200: {"model": schemas.Map}, **documented()})
    def map_of_songs(request: Request, filters: Annotated[Filters, InQuery()]) -> Response:
        """Give the places on the plane of all songs that filters choose, 100 000 at most, as columns."""
        query, zipped = filters.query(limit=MOST_ON_MAP), takes_gzip(request)
        with _opened(shelf) as reader:
            if reader is None:
                return _json(_NO_PLACES)
            body = reader.answer(("map", query, zipped), lambda library: _map(library, query, zipped=zipped))
        return _json(body, {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"} if zipped else None)

    @app.get("/api/problems", responses={200: {"model": schemas.FileProblems}, **documented()})
    def problems() -> Response:
        """Give the files that a scan could not use."""
        with _opened(shelf) as reader:
            found = [] if reader is None else reader.library.problems()
        return _json(
            _body(
                {
                    "problems": [
                        {"file": utf8_text(PurePath(problem.path).name), "reason": utf8_text(problem.reason)}
                        for problem in found
                    ]
                }
            )
        )


def client_of(request: Request) -> str:
    """Name the client of a request, by its address."""
    return request.client.host if request.client else ""


def stored_song(shelf: Shelf, id: int) -> StoredSong:
    """Give a song and its curve.

    Raises
    ------
    ProblemError
        If there is none, or the library cannot be read.
    """
    with _opened(shelf) as reader:
        stored = None if reader is None else reader.library.song(id)
    if stored is None:
        raise _no_song(id)
    return stored


def count_songs(shelf: Shelf) -> int | None:
    """Count the songs of a library; None where there is none. Errors as `stored_song`."""
    with _opened(shelf) as reader:
        return None if reader is None else _count(reader, Query())


@contextmanager
def _opened(shelf: Shelf) -> Iterator[Reader | None]:
    """Open the library, None where it is not there; what is wrong with it is a problem."""
    try:
        with shelf.opened() as reader:
            yield reader
    except (LibraryError, OSError) as error:
        name = utf8_text(shelf.path.name)
        raise ProblemError(503, f"the library cannot be read: {str(error).replace(str(shelf.path), name)}") from error


def _page(reader: Reader, query: Query) -> bytes:
    """Give a page of songs, and how many there are in all."""

    def make(library: Library) -> bytes:
        found = [_song(song) for song in search(library, query)]
        total = query.offset + len(found)
        if not 0 < len(found) < (query.limit or 0):  # a page that is not full is the last
            total = _count(reader, query)
        return _body({"total": total, "songs": found})

    return reader.answer(("songs", query), make)


def _count(reader: Reader, query: Query) -> int:
    """Count the songs of all pages."""
    whole = replace(query, limit=None, offset=0, sort=())
    return int(reader.answer(("count", whole), lambda library: str(count(library, whole)).encode()))


def _map(library: Library, query: Query, *, zipped: bool) -> bytes:
    found = search_columns(library, query, (*_MAP, "path"))
    named = zip(found.pop("path"), found["title"], strict=True)
    found["file"] = [None if title else PurePath(path).name for path, title in named]
    found["quadrant"] = [_PLACES[name] for name in found["quadrant"]]
    body = _body(found)
    return gzip.compress(body, compresslevel=4, mtime=0) if zipped else body


def _no_song(id: int) -> ProblemError:
    return ProblemError(404, f"no song {id} in the library")


def _song(song: FoundSong) -> dict[str, Any]:
    data = song_json(song)
    path = data.pop("path")
    return {"id": data.pop("id"), "file": PurePath(path).name, **data}


def _body(data: Any) -> bytes:
    return json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def _json(body: bytes, headers: dict[str, str] | None = None) -> Response:
    return Response(body, headers=headers, media_type="application/json")


_NO_SONGS = _body({"total": 0, "songs": []})
_NO_PLACES = _body({name: [] for name in (*_MAP, "file")})
