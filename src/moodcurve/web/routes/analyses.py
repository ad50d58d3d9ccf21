"""Routes to what is sent: a song to analyse, how far it is, and its curve."""

import asyncio
import re
from pathlib import Path
from typing import Annotated, Any

from fastapi import FastAPI, Header, Query, Request, Response
from fastapi import Path as InPath
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import AfterValidator
from starlette.requests import ClientDisconnect

from moodcurve.web import schemas
from moodcurve.web.errors import ProblemError, documented, refused
from moodcurve.web.jobs import Job, Jobs
from moodcurve.web.rate_limit import Rate
from moodcurve.web.responses.curve import Format, Painter, curve_answer, curve_content
from moodcurve.web.routes.songs import client_of
from moodcurve.web.uploads import FIELD, Body, receive

_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {FIELD: {"type": "string", "format": "binary"}},
                    "required": [FIELD],
                    "additionalProperties": False,
                }
            }
        },
    }
}
_EVENT = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "pattern": "^[0-9]+$"},
        "event": {"enum": ["progress", "part", "done", "failed"]},
        "data": {"type": "string", "contentMediaType": "application/json"},
        "retry": {"type": "integer"},
    },
    "additionalProperties": False,
}
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Server-sent events: progress, part, done, failed.",
        "content": {"text/event-stream": {"itemSchema": _EVENT}},
    },
    204: {"description": "All events have been heard."},
}
_JOB_ID = "^[A-Za-z0-9_-]{12}$"


def _job_id(text: str) -> str:
    if not re.fullmatch(_JOB_ID, text):
        raise refused("no name of a job: those are 12 letters, digits, hyphens or underscores")
    return text


JobId = Annotated[
    str,
    AfterValidator(_job_id),
    InPath(description="As the answer to the upload names it.", json_schema_extra={"pattern": _JOB_ID}),
]


def add_analysis_routes(
    app: FastAPI, jobs: Jobs, folder: Path, painter: Painter, rate: Rate, *, most_bytes: int, root_path: str
) -> None:
    """Add the routes to uploads and their jobs.

    Parameters
    ----------
    app : FastAPI
    jobs : Jobs
    folder : Path
        Where uploads are kept while they are needed.
    painter : Painter
    rate : Rate
        How often a client may upload, and ask for pictures.
    most_bytes : int
        Largest file.
    root_path : str
        What goes before the addresses that answers give.
    """
    begun: dict[int | str, dict[str, Any]] = {
        200: {"model": schemas.CurveObject, "description": "With wait: the curve."},
        202: {"model": schemas.JobBegun, "description": "The song has arrived."},
        **documented(400, 408, 413, 415, 429, 507),
    }

    @app.post("/api/analyze", status_code=202, responses=begun, openapi_extra=_FORM)
    async def analyze(
        request: Request, wait: Annotated[bool, Query(description="Answer with the curve, once it is there.")] = False
    ) -> Response:
        """Send a song to be analysed."""
        body = Body(request)
        try:
            rate.take(client_of(request))
            with jobs.arrive():
                job = jobs.begin(await receive(body, folder, most=most_bytes))
        except ProblemError:
            await body.spare()
            raise
        if not wait:
            addresses = {name: f"{root_path}/api/jobs/{job.id}/{name}" for name in ("events", "curve")}
            return JSONResponse({"job": job.id, **addresses}, 202)
        try:
            await _finished(jobs, job, request)
        finally:
            jobs.forget(job)
        if job.problem is not None:
            raise job.problem
        return await _curve(job, Format.json, painter)

    @app.get("/api/jobs/{id}", responses={200: {"model": schemas.JobStatus}, **documented(404)})
    async def status(id: JobId) -> Response:
        """Tell how far a song is."""
        return JSONResponse(jobs.get(id).status())

    @app.get("/api/jobs/{id}/events", responses={**_STREAM, **documented(404)})
    async def events(id: JobId, last_event_id: Annotated[str, Header()] = "0") -> Response:
        """Tell what happens, as it does; with the header Last-Event-ID, what happened since that event."""
        job = jobs.get(id)
        heard = int(last_event_id) if last_event_id.isdecimal() and len(last_event_id) < 10 else 0
        if job.is_over and heard >= len(job.events):
            return Response(status_code=204)  # at which an EventSource does not come again
        headers = {"X-Accel-Buffering": "no"}  # or a proxy would hold events back
        return StreamingResponse(job.stream(heard), media_type="text/event-stream", headers=headers)

    @app.get(
        "/api/jobs/{id}/curve",
        responses={200: {"model": schemas.CurveObject, **curve_content()}, **documented(404, 409, 429)},
    )
    async def curve(request: Request, id: JobId, format: Format = Format.json) -> Response:
        """Give the curve of a song that has been analysed."""
        job = jobs.get(id)
        if format is Format.png:
            rate.take(client_of(request))
        return await _curve(job, format, painter)

    @app.delete("/api/jobs/{id}", status_code=204, responses=documented(404))
    async def forget(id: JobId) -> Response:
        """Stop a job, if it is not over, and forget it."""
        jobs.forget(jobs.get(id))
        return Response(status_code=204)


async def _curve(job: Job, format: Format, painter: Painter) -> Response:
    if job.curve is None:
        why = "is not analysed yet" if job.problem is None else f"could not be analysed: {job.problem.detail}"
        raise ProblemError(409, f"the song {why}")
    return await curve_answer(format, job.curve.to_dict(), job.curve, painter)


async def _finished(jobs: Jobs, job: Job, request: Request) -> None:
    """Wait for a job as long as the client does."""
    work, left = asyncio.create_task(jobs.finish(job)), asyncio.create_task(_left(request))
    try:
        await asyncio.wait((work, left), return_when=asyncio.FIRST_COMPLETED)
    finally:
        work.cancel()
        left.cancel()
    if not job.is_over:
        raise ClientDisconnect


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
