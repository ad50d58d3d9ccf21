"""Routes to a library: its songs, their curves, the map of them all, and what could not be used."""

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import Annotated, Any

from fastapi import FastAPI, Request, Response
from fastapi import Path as InPath
from fastapi import Query as InQuery
from starlette.concurrency import run_in_threadpool

from moodcurve.circumplex import NEUTRAL, QUADRANTS
from moodcurve.formats.json_file import utf8_text
from moodcurve.library import Library, LibraryError, StoredSong, open_library
from moodcurve.library.query import Query
from moodcurve.library.search import FoundSong, columns, count, nested, search
from moodcurve.web import audio, schemas
from moodcurve.web.curves import Format, Painter, curve_answer, curve_content
from moodcurve.web.filters import Filters, Page
from moodcurve.web.pages import takes_gzip
from moodcurve.web.problems import ProblemError, documented
from moodcurve.web.rates import Rate

MOST_ON_MAP = 100_000
_MAP = ("id", "arousal", "valence", "quadrant", "title", "artist", "duration_s")
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


def add_song_routes(app: FastAPI, path: Path, painter: Painter, rate: Rate) -> None:
    """Add the routes to a library's file, which need not be there."""

    def songs(page: Annotated[Page, InQuery()]) -> Response:
        """Give the songs that filters choose."""
        query = page.query(limit=page.limit, offset=page.offset)
        with _opened(path) as library:
            found = [] if library is None else [_song(song) for song in search(library, query)]
            total = page.offset + len(found)
            if library is not None and not 0 < len(found) < page.limit:  # a page that is not full is the last
                total = count(library, query)
        return _json({"total": total if library is not None else 0, "songs": found})

    for address in ("/songs", "/search"):
        app.add_api_route(
            f"/api{address}", songs, responses={200: {"model": schemas.Songs}, **documented()}, name=f"list{address}"
        )

    @app.get("/api/songs/{id}", responses={200: {"model": schemas.Song}, **documented(404)})
    def song(id: SongId) -> Response:
        """Give one song."""
        with _opened(path) as library:
            found = None if library is None else next(search(library, Query(where=f"id = {id}")), None)
        if found is None:
            raise _no_song(id)
        return _json(_song(found))

    @app.get("/api/songs/{id}/curve", responses={**_CURVE, **documented(404, 429)})
    async def song_curve(request: Request, id: SongId, format: Format = Format.json) -> Response:
        """Give a song's curve."""
        if format is Format.png:
            rate.take(client_of(request))
        stored = await run_in_threadpool(stored_song, path, id)
        name = utf8_text(PurePath(stored.paths[0]).name)
        return await curve_answer(format, {**stored.data, "source": name}, stored.curve, painter, tags=stored.tags)

    @app.get("/api/songs/{id}/audio", responses=_AUDIO)
    @app.head("/api/songs/{id}/audio", responses=_AUDIO_HEAD)
    def song_audio(request: Request, id: SongId) -> Response:
        """Give a song's sound, whole or a range of it."""
        with _opened(path) as library:
            files = {} if library is None else library.files_of(id)
        if not files:
            raise _no_song(id)
        return audio.answer(audio.open_known(files), request.headers, head=request.method == "HEAD")

    @app.get("/api/map", responses={200: {"model": schemas.Map}, **documented()})
    def map_of_songs(request: Request, filters: Annotated[Filters, InQuery()]) -> Response:
        """Give the places on the plane of all songs that filters choose, 100 000 at most, as columns."""
        query = filters.query(limit=MOST_ON_MAP)
        with _opened(path) as library:
            found: dict[str, list[Any]] = {name: [] for name in _MAP}
            if library is not None:
                found = columns(library, query, _MAP)
        found["quadrant"] = [_PLACES[name] for name in found["quadrant"]]
        return _json(found, zipped=takes_gzip(request))

    @app.get("/api/problems", responses={200: {"model": schemas.FileProblems}, **documented()})
    def problems() -> Response:
        """Give the files that a scan could not use."""
        with _opened(path) as library:
            found = [] if library is None else library.problems()
        return _json(
            {
                "problems": [
                    {"file": utf8_text(PurePath(problem.path).name), "reason": utf8_text(problem.reason)}
                    for problem in found
                ]
            }
        )


def client_of(request: Request) -> str:
    """Name the client of a request, by its address."""
    return request.client.host if request.client else ""


def stored_song(path: Path, id: int) -> StoredSong:
    """Give a song and its curve.

    Raises
    ------
    ProblemError
        If there is none, or the library cannot be read.
    """
    with _opened(path) as library:
        stored = None if library is None else library.song(id)
    if stored is None:
        raise _no_song(id)
    return stored


def count_songs(path: Path) -> int | None:
    """Count the songs of a library; None where there is none. Errors as `stored_song`."""
    with _opened(path) as library:
        return None if library is None else count(library, Query())


@contextmanager
def _opened(path: Path) -> Iterator[Library | None]:
    """Open the library, None where it is not there: for each request anew, as a scan may make or replace it."""
    try:
        if not path.exists():
            yield None
            return
        with open_library(path) as library:
            yield library
    except (LibraryError, OSError) as error:
        name = utf8_text(path.name)
        raise ProblemError(503, f"the library cannot be read: {str(error).replace(str(path), name)}") from error


def _no_song(id: int) -> ProblemError:
    return ProblemError(404, f"no song {id} in the library")


def _song(song: FoundSong) -> dict[str, Any]:
    data = nested(song)
    path = data.pop("path")
    return {"id": data.pop("id"), "file": PurePath(path).name, **data}


def _json(data: Any, *, zipped: bool = False) -> Response:
    body = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    headers = {}
    if zipped:
        body = gzip.compress(body, compresslevel=4, mtime=0)
        headers = {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    return Response(body, headers=headers, media_type="application/json")
