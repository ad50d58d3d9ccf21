"""Routes of a study: what raters' pages and the overview request."""

from collections.abc import Mapping
from io import FileIO
from pathlib import Path
from typing import Annotated, Any

from fastapi import Body, FastAPI, Request, Response
from fastapi import Path as PathParameter
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool

from moodcurve.annotate.access import Access
from moodcurve.annotate.events import UPLOAD
from moodcurve.annotate.model_adapter import ModelAdapter
from moodcurve.annotate.overview import Overview
from moodcurve.annotate.store import RaterStore
from moodcurve.annotate.tokens import StudyTokens
from moodcurve.audio.filetypes import MIME_TYPES
from moodcurve.datasets.raters.study_record import EXAMPLE_ITEM, RaterRecord
from moodcurve.util.text import one_line
from moodcurve.web.errors import ProblemError
from moodcurve.web.request_body import RequestBody
from moodcurve.web.responses.audio import OpenFile, audio_response
from moodcurve.web.settings import ServerLimits

MAX_BODY = 4 * 2**20
"""Bytes of a request with pieces; a page sends about 3 kB per second of rating."""
MAX_INVITED = 1000
_SHOWN = ("title", "mode", "practice_s", "whole_song", "training", "headphones", "consent", "before", "after")
"""Settings that raters' pages need."""


def add_rater_routes(
    app: FastAPI,
    store: RaterStore,
    tokens: StudyTokens,
    files: Mapping[str, Path],
    example: Path | None,
    study: Mapping[str, Any],
    limits: ServerLimits,
) -> None:
    """Add the routes of raters' pages.

    Parameters
    ----------
    app : FastAPI
    store : RaterStore
    tokens : StudyTokens
    files : mapping of str to Path
        Audio file of each song.
    example : Path or None
        Audio file of the training example.
    study : mapping
        The settings of the study by name.
    limits : ServerLimits
    """
    shown = {name: study[name] for name in _SHOWN}

    @app.get("/api/rater")
    def get_rater(request: Request) -> Response:
        """Return the settings of the study, and how far the rater is."""
        rater = tokens.rater(request)
        with store.lock:
            return JSONResponse(_progress(store.record(rater), shown))

    @app.post("/api/rater/start")
    def start_rater(request: Request) -> Response:
        """Give the rater songs, after consent; the same answer as for a rater who has started."""
        rater = tokens.rater(request)
        with store.lock:
            return JSONResponse(_progress(store.start(rater), shown))

    @app.post("/api/rater/pieces")
    async def add_pieces(request: Request) -> Response:
        """Store pieces; the answer names the last piece that is on the disk."""
        rater = tokens.rater(request)
        too_large = ProblemError(413, f"pieces are larger than {MAX_BODY} bytes; send fewer at once")
        async with RequestBody(request, timeout_s=limits.upload_timeout_s) as body:
            data = await body.read(MAX_BODY, too_large)
        received = await run_in_threadpool(_store, store, rater, data)
        return JSONResponse({"received": received})

    @app.get("/api/rater/audio/{item}")
    @app.head("/api/rater/audio/{item}", name="head_rater_audio")
    def get_audio(request: Request, item: Annotated[int, PathParameter(ge=-1, lt=100_000)]) -> Response:
        """Return the audio of one of the rater's songs, complete or a byte range."""
        record = store.record(tokens.rater(request))
        # the item -1 is the training example
        song_id = record.songs[item] if 0 <= item < len(record.songs) else ""
        path = example if item == EXAMPLE_ITEM else files.get(song_id)
        if path is None:
            raise ProblemError(404, "no such song in this rater's order")
        try:
            file = FileIO(path)
            status = path.stat()
        except OSError as error:
            raise ProblemError(404, f"the song cannot be read ({error.strerror})") from error
        media_type = MIME_TYPES.get(path.suffix[1:].lower(), "application/octet-stream")
        opened = OpenFile(file, status.st_size, status.st_mtime_ns, media_type)
        return audio_response(opened, request.headers, head=request.method == "HEAD")


def add_overview_routes(
    app: FastAPI,
    overview: Overview,
    store: RaterStore,
    tokens: StudyTokens,
    access: Access,
    adapter: ModelAdapter,
) -> None:
    """Add the routes of the overview, for the person who runs the study."""

    def state() -> dict[str, Any]:
        return {**overview.as_dict(), "model": adapter.as_dict()}

    @app.get("/api/study")
    def get_study(request: Request) -> Response:
        """Return progress and agreement of all raters."""
        tokens.check_owner(request)
        return JSONResponse(state())

    @app.post("/api/study/raters")
    def invite_raters(request: Request, count: Annotated[int, Body(embed=True, ge=1, le=MAX_INVITED)]) -> Response:
        """Invite raters; return the overview with their links."""
        tokens.check_owner(request)
        access.invite(count)
        return JSONResponse(state(), 201)

    @app.post("/api/study/model")
    def adapt_model(
        request: Request,
        name: Annotated[str, Body(min_length=1, max_length=64)],
        rater: Annotated[str | None, Body(max_length=100)] = None,
    ) -> Response:
        """Start to adapt the default model to all raters or one, to be kept by a name; return the overview."""
        tokens.check_owner(request)
        if not adapter.start(rater, name):
            raise ProblemError(409, "a model is being adapted; wait until it is done")
        return JSONResponse(state(), 202)

    @app.delete("/api/study/raters/{rater}")
    def delete_rater(request: Request, rater: str) -> Response:
        """Delete a rater: link, ratings and answers."""
        tokens.check_owner(request)
        if not store.delete(rater):
            raise ProblemError(404, "no such rater")
        return Response(status_code=204)


def _progress(record: RaterRecord, shown: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of the study, and what a page needs to go on where the rater stopped."""
    items = range(EXAMPLE_ITEM, len(record.songs))
    # whoever started keeps what songs are rated by
    progress = {"whole_song": record.whole_song, "practice_s": record.practice_s} if record.is_started else {}
    return {
        "study": {**shown, **progress},
        "rater": record.rater,
        "started": record.is_started,
        "items": len(record.songs),
        "axes": list(record.axes),
        "steps": sorted(record.steps),
        "headphones": record.headphones,
        "finished": sorted(record.finished),
        "rated": sorted(record.ratings),
        "positions": [
            [item, axis, *row[1:]]
            for item in items
            for axis in record.axes
            if (item, axis) not in record.finished and (row := record.last_row(item, axis))
        ],
    }


def _store(store: RaterStore, rater: str, data: bytes) -> int:
    try:
        upload = UPLOAD.validate_json(data)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, fault["loc"]))
        raise ProblemError(422, one_line(f"body.{place}: {fault['msg']}")) from error
    if upload.rater != rater:
        raise ProblemError(403, "another rater's link was opened in this browser; open your own link again")
    return store.append(rater, upload.client, upload.pieces, gap=upload.gap)
