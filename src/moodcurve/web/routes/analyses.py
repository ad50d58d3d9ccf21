"""Routes of uploaded songs: start an analysis, follow its progress, get its curve."""

import asyncio
from pathlib import Path
from typing import Annotated, Any

from fastapi import FastAPI, Header, Query, Request, Response
from fastapi import Path as PathParameter
from fastapi.responses import JSONResponse
from fastapi.sse import EventSourceResponse
from pydantic import AfterValidator
from pydantic.json_schema import SkipJsonSchema
from starlette.requests import ClientDisconnect

from moodcurve.web import schemas
from moodcurve.web.batches.runner import Batches
from moodcurve.web.errors import ProblemError, error_responses
from moodcurve.web.jobs import AnalysisJob, Jobs
from moodcurve.web.rate_limit import RateLimiter, client_of
from moodcurve.web.request_body import RequestBody
from moodcurve.web.responses.curve import CurveFormat, PlotRenderer, curve_content, curve_response
from moodcurve.web.routes.batches import JSON_TYPE, KEY, batch_created, submit_batch
from moodcurve.web.routes.ids import RANDOM_ID, random_id
from moodcurve.web.settings import ServerLimits
from moodcurve.web.uploads import FIELD, FORM_TYPE, receive

_SOUND = {"schema": {"type": "string", "format": "binary"}}
_BODIES = {
    "requestBody": {
        "required": True,
        "content": {
            FORM_TYPE: {
                "schema": {
                    "type": "object",
                    "properties": {FIELD: {"type": "string", "format": "binary"}},
                    "required": [FIELD],
                    "additionalProperties": False,
                }
            },
            JSON_TYPE: {"schema": schemas.BatchRequest.model_json_schema()},
            "application/octet-stream": _SOUND,
            "audio/*": _SOUND,
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
    204: {"description": "The job is finished, and Last-Event-ID is its last event."},
}
MAX_TRACK = 1000
"""Largest number of an audio track that can be asked for."""

JobId = Annotated[
    str,
    AfterValidator(random_id),
    PathParameter(
        description="Id of a job, from `POST /api/analyze`.",
        examples=["Zk3vQ81mXw_a"],
        json_schema_extra={"pattern": RANDOM_ID},
    ),
]


def add_analysis_routes(
    app: FastAPI,
    jobs: Jobs,
    batches: Batches,
    folder: Path,
    plots: PlotRenderer,
    rate_limiter: RateLimiter,
    *,
    limits: ServerLimits,
    root_path: str,
) -> None:
    """Add the routes of uploads and their jobs.

    Parameters
    ----------
    app : FastAPI
    jobs : Jobs
    batches : Batches
    folder : Path
        Folder for uploaded files.
    plots : PlotRenderer
    rate_limiter : RateLimiter
        Limits uploads, plots and playlists.
    limits : ServerLimits
    root_path : str
        Prefix of the paths in responses.
    """
    created: dict[int | str, dict[str, Any]] = {
        200: {"model": schemas.CurveObject, "description": "With `wait`: the curve."},
        202: {
            "model": schemas.JobCreated | schemas.BatchCreated,
            "description": "The song is uploaded, and a job created; or a batch is created.",
        },
        **error_responses(400, 408, 413, 415, 429, 507),
    }

    @app.post("/api/analyze", status_code=202, responses=created, openapi_extra=_BODIES)
    async def create_analysis(
        request: Request,
        wait: Annotated[bool, Query(description="Wait for the curve and return it.", examples=[True])] = False,
        track: Annotated[
            int | SkipJsonSchema[None],
            Query(ge=1, le=MAX_TRACK, description="Audio track of a file with several; by default as players do."),
        ] = None,
        name: Annotated[str, Query(max_length=200, description="File name of a song, for display.")] = "",
        idempotency_key: Annotated[
            str | SkipJsonSchema[None],
            Header(pattern=KEY, description="For batches: the same key and body give the same batch again."),
        ] = None,
    ) -> Response:
        """Analyze a song: send its file as a form or as the body. Or analyze a batch of songs: send JSON."""
        async with RequestBody(request, timeout_s=limits.upload_timeout_s) as body:
            client = client_of(request.scope)
            rate_limiter.take(client)
            if body.media_type == JSON_TYPE:
                if wait or track is not None or name:
                    raise ProblemError(422, "query: a batch takes none of the parameters of a song")
                return batch_created(await submit_batch(body, batches, client, idempotency_key), root_path)
            with jobs.reserve(client, body.declared_size(limits.upload_bytes)) as place:
                received = await receive(body, folder, max_bytes=limits.upload_bytes, name=name)
                job = jobs.start(received, place, track=track)
        if not wait:
            paths = {name: f"{root_path}/api/jobs/{job.id}/{name}" for name in ("events", "curve")}
            return JSONResponse({"job": job.id, **paths}, 202)
        try:
            await _wait_for(jobs, job, request)
        finally:
            jobs.remove(job)
        if job.problem is not None:
            raise job.problem
        return await _curve(job, CurveFormat.json, plots, client)

    @app.get("/api/jobs/{id}", responses={200: {"model": schemas.JobStatus}, **error_responses(404)})
    async def get_job(id: JobId) -> Response:
        """Return the state and progress of a job."""
        return JSONResponse(jobs.get(id).status())

    @app.get("/api/jobs/{id}/events", responses={**_STREAM, **error_responses(404)})
    async def stream_job_events(
        id: JobId, last_event_id: Annotated[str, Header(description="Id of the last event received.")] = "0"
    ) -> Response:
        """Stream the progress of a job as server-sent events; Last-Event-ID resumes after that event."""
        # not a generator function, for which FastAPI would stream events itself: it would send status 200 before
        # running it, so an unknown job could not get 404, nor a finished one 204
        job = jobs.get(id)
        last_id = int(last_event_id) if last_event_id.isdecimal() and len(last_event_id) < 10 else 0
        if job.is_finished and last_id >= job.events.last_id:
            return Response(status_code=204)  # tells EventSource not to reconnect
        headers = {"X-Accel-Buffering": "no"}  # tells nginx to pass events on at once
        return EventSourceResponse(job.events.stream(last_id), headers=headers)

    @app.get(
        "/api/jobs/{id}/curve",
        responses={200: {"model": schemas.CurveObject, **curve_content()}, **error_responses(404, 409, 429)},
    )
    async def get_job_curve(request: Request, id: JobId, format: CurveFormat = CurveFormat.json) -> Response:
        """Return the curve of a finished job, as JSON, CSV, JAMS or PNG."""
        job, client = jobs.get(id), client_of(request.scope)
        if format is CurveFormat.png:
            rate_limiter.take(client)
        return await _curve(job, format, plots, client)

    @app.delete("/api/jobs/{id}", status_code=204, responses=error_responses(404))
    async def delete_job(id: JobId) -> Response:
        """Delete a job; cancel it if it is not finished."""
        jobs.remove(jobs.get(id))
        return Response(status_code=204)


async def _curve(job: AnalysisJob, format: CurveFormat, plots: PlotRenderer, client: str) -> Response:
    if job.curve is None:
        reason = "the song is not analyzed yet"
        if job.problem is not None:
            reason = f"the song could not be analyzed: {job.problem.detail}"
        raise ProblemError(409, reason)
    return await curve_response(format, job.curve.to_dict(), job.curve, plots, client)


async def _wait_for(jobs: Jobs, job: AnalysisJob, request: Request) -> None:
    """Wait until a job is finished; raise ClientDisconnect if the client disconnects first."""
    work, disconnect = asyncio.create_task(jobs.wait(job)), asyncio.create_task(_disconnected(request))
    try:
        await asyncio.wait((work, disconnect), return_when=asyncio.FIRST_COMPLETED)
    finally:
        work.cancel()
        disconnect.cancel()
    if not job.is_finished:
        raise ClientDisconnect


async def _disconnected(request: Request) -> None:
    """Return when the client disconnects."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
