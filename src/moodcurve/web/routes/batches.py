"""Routes of batches: start one, follow its songs, get their curves."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from functools import partial
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request, Response
from fastapi import Path as PathParameter
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import AfterValidator, ValidationError

from moodcurve.formats.json_file import curve_from_dict, parse_object
from moodcurve.util.text import utc_time
from moodcurve.web import schemas
from moodcurve.web.batches.runner import Batches
from moodcurve.web.batches.store import Batch, Item, NewBatch, Source
from moodcurve.web.errors import ProblemError, error_responses
from moodcurve.web.monitoring.logs import REQUEST_ID
from moodcurve.web.rate_limit import RateLimiter, client_of
from moodcurve.web.request_body import RequestBody
from moodcurve.web.responses.curve import CurveFormat, PlotRenderer, curve_content, curve_response
from moodcurve.web.routes.ids import RANDOM_ID, random_id

JSON_TYPE = "application/json"
KEY = r"^[!-~]{1,200}$"
"""Idempotency keys: visible ASCII."""
MAX_SONGS = 1000
"""Songs of a batch."""
MAX_BODY = MAX_SONGS * 2048 + (1 << 16)
"""Bytes of a request for a batch: of the longest URLs."""
_LINES_TYPE = "application/x-ndjson"
_RESULTS = {
    "description": "One JSON object per line for each finished song: number, song, url, problem, curve.",
    "content": {_LINES_TYPE: {"schema": {"type": "string"}}},
}
_PAGE = 50

BatchId = Annotated[
    str,
    AfterValidator(partial(random_id, what="the id of a batch")),
    PathParameter(
        description="Id of a batch, from `POST /api/analyze`.",
        examples=["b9Xk-Q81mXw_"],
        json_schema_extra={"pattern": RANDOM_ID},
    ),
]
Number = Annotated[int, PathParameter(ge=0, lt=MAX_SONGS, description="Number of a song of the batch.", examples=[0])]


async def submit_batch(body: RequestBody, batches: Batches, client: str, key: str | None) -> Batch:
    """Start the batch that a request's body describes, see `moodcurve.web.schemas.BatchRequest`.

    Raises
    ------
    ProblemError, RequestValidationError
        If the body is not a batch of allowed songs, or the batch cannot be accepted.
    """
    too_large = ProblemError(413, f"the batch is larger than {MAX_BODY} bytes; send several")
    requested = _parse(await body.read(MAX_BODY, too_large))
    batches.check_urls(requested.urls)
    sources = [*(Source(song=song) for song in requested.songs), *(Source(url=url) for url in requested.urls)]
    new = NewBatch(
        sources=sources,
        client=client,
        request=REQUEST_ID.get(),
        digest=hashlib.sha256(requested.model_dump_json().encode()).digest(),
        key=key,
        webhook=requested.webhook,
    )
    return await batches.submit(new)


def batch_created(batch: Batch, root_path: str) -> Response:
    """Return the response to a request for a batch."""
    path = f"{root_path}/api/batches/{batch.id}"
    return JSONResponse({"batch": batch.id, "status": path, "results": f"{path}/results"}, 202)


def add_batch_routes(
    app: FastAPI, batches: Batches, plots: PlotRenderer, rate_limiter: RateLimiter, *, root_path: str
) -> None:
    """Add the routes of batches; `root_path` is the prefix of the paths in responses."""

    @app.get("/api/batches/{id}", responses={200: {"model": schemas.BatchStatus}, **error_responses(404)})
    async def get_batch(
        id: BatchId,
        limit: Annotated[int, Query(ge=0, le=MAX_SONGS, description="Maximum number of songs.")] = MAX_SONGS,
        offset: Annotated[int, Query(ge=0, lt=MAX_SONGS, description="Number of the first song.")] = 0,
    ) -> Response:
        """Return the state of a batch and of its songs."""
        batch = await batches.get(id)
        items = await asyncio.to_thread(batches.store.items, id, first=offset, limit=limit)
        return JSONResponse(_status(batch, items, batches.keep_s, f"{root_path}/api/batches/{id}"))

    @app.get("/api/batches/{id}/results", responses={200: _RESULTS, **error_responses(404)})
    async def get_batch_results(id: BatchId) -> Response:
        """Return the curves of all finished songs of a batch, one JSON object per line."""
        await batches.get(id)
        return StreamingResponse(_results(batches, id), media_type=_LINES_TYPE)

    @app.get(
        "/api/batches/{id}/items/{number}/curve",
        responses={200: {"model": schemas.CurveObject, **curve_content()}, **error_responses(404, 409, 429)},
    )
    async def get_batch_curve(
        request: Request, id: BatchId, number: Number, format: CurveFormat = CurveFormat.json
    ) -> Response:
        """Return the curve of a song of a batch, as JSON, CSV, JAMS or PNG."""
        client = client_of(request.scope)
        if format is CurveFormat.png:
            rate_limiter.take(client)
        text = await batches.curve(id, number)
        data: dict[str, Any] = parse_object("curve", text)
        return await curve_response(format, data, curve_from_dict("curve", data), plots, client)

    @app.delete("/api/batches/{id}", status_code=204, responses=error_responses(404))
    async def delete_batch(id: BatchId) -> Response:
        """Delete a batch; cancel it if it is not finished."""
        await batches.remove(id)
        return Response(status_code=204)


def _parse(text: bytes) -> schemas.BatchRequest:
    try:
        requested = schemas.BatchRequest.model_validate_json(text)
    except ValidationError as error:
        faults = error.errors(include_url=False)
        if faults[0]["type"] == "json_invalid":
            raise ProblemError(400, 'not JSON; expected {"songs": [1, 2], "urls": ["https://..."]}') from error
        raise RequestValidationError([{**fault, "loc": ("body", *fault["loc"])} for fault in faults[:3]]) from error
    count = len(requested.songs) + len(requested.urls)
    if not 1 <= count <= MAX_SONGS:
        raise ProblemError(422, f"body: {count} songs and urls; a batch has 1 to {MAX_SONGS}")
    return requested


def _status(batch: Batch, items: list[Item], keep_s: float, path: str) -> dict[str, Any]:
    """Return the data of a `moodcurve.web.schemas.BatchStatus`."""
    state = "running" if batch.counts["waiting"] < sum(batch.counts.values()) else "waiting"
    return {
        "batch": batch.id,
        "state": state if batch.finished_at is None else "finished",
        "created_at": utc_time(batch.created_at),
        "finished_at": None if batch.finished_at is None else utc_time(batch.finished_at),
        "expires_at": None if batch.finished_at is None else utc_time(batch.finished_at + keep_s),
        "counts": batch.counts,
        "webhook": batch.webhook_state,
        "items": [
            {
                "number": item.number,
                "song": item.source.song,
                "url": item.source.url,
                "state": item.state,
                "problem": item.problem,
                "curve": f"{path}/items/{item.number}/curve" if item.state == "done" else None,
            }
            for item in items
        ],
    }


async def _results(batches: Batches, id: str) -> AsyncIterator[bytes]:
    first = 0
    while items := await asyncio.to_thread(batches.store.items, id, first=first, limit=_PAGE):
        for item in items:
            curve = None
            if item.state == "done":
                curve = await asyncio.to_thread(batches.store.curve, id, item.number)
            if curve is not None or item.state == "failed":
                about = {"number": item.number, "song": item.source.song, "url": item.source.url}
                head = json.dumps({**about, "problem": item.problem})[:-1]
                text = "null" if curve is None else curve.replace("\n", "")  # it has line breaks between its parts only
                yield f'{head}, "curve": {text}}}\n'.encode()
        first = items[-1].number + 1
