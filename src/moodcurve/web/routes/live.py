"""Routes of live sound: begin a session, send its sound, and follow its rows."""

from typing import Annotated, Any

from fastapi import FastAPI, Header, Query, Request, Response
from fastapi import Path as PathParameter
from fastapi.responses import JSONResponse
from fastapi.sse import EventSourceResponse
from pydantic import AfterValidator, Field
from pydantic.json_schema import SkipJsonSchema

from moodcurve.web import schemas
from moodcurve.web.errors import ProblemError, error_responses
from moodcurve.web.live.sessions import LiveSessions
from moodcurve.web.live.tasks import BYTES_PER_SAMPLE
from moodcurve.web.rate_limit import RateLimiter, client_of
from moodcurve.web.request_body import RequestBody
from moodcurve.web.routes.ids import RANDOM_ID, random_id
from moodcurve.web.settings import ServerLimits

RATES = (8000, 192_000)
"""Sample rates that browsers' sound may have, in Hz."""
MAX_PIECE_S = 10.0
"""Longest piece of sound in one request."""
_MAX_POSITION = 2**53
_EVENT = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "pattern": "^[0-9]+$"},
        "event": {"enum": ["row", "notice", "ended", "ping"]},
        "data": {"type": "string", "contentMediaType": "application/json"},
        "retry": {"type": "integer"},
    },
    "additionalProperties": False,
}
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Server-sent events: row, notice, ended, and a ping every 5 s.",
        "content": {"text/event-stream": {"itemSchema": _EVENT}},
    },
}
_SOUND = {
    "requestBody": {
        "required": True,
        "description": "Samples of one channel, 16 bits each, little-endian.",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
LiveId = Annotated[
    str,
    AfterValidator(random_id),
    PathParameter(
        description="Id of a session, from `POST /api/live`, or of the server's source, from `GET /api/live`.",
        examples=["Zk3vQ81mXw_a"],
        json_schema_extra={"pattern": RANDOM_ID},
    ),
]


def add_live_routes(
    app: FastAPI, sessions: LiveSessions, rate_limiter: RateLimiter, *, limits: ServerLimits, root_path: str
) -> None:
    """Add the routes of live sound.

    Parameters
    ----------
    app : FastAPI
    sessions : LiveSessions
    rate_limiter : RateLimiter
        Limits how often sessions begin.
    limits : ServerLimits
    root_path : str
        Prefix of the paths in responses.
    """

    @app.get("/api/live", responses={200: {"model": schemas.LiveInfo}, **error_responses()})
    async def get_live() -> Response:
        """Return how many sessions the server allows, and the sound that it hears itself."""
        source = sessions.source
        shown = None if source is None else {"live": source.id, "name": source.name, "events": events_path(source.id)}
        return JSONResponse({"sessions": sessions.most, "source": shown})

    @app.post(
        "/api/live", status_code=201, responses={201: {"model": schemas.LiveCreated}, **error_responses(403, 429)}
    )
    async def create_live_session(
        request: Request,
        rate: Annotated[int, Query(ge=RATES[0], le=RATES[1], description="Sample rate in Hz.", examples=[48000])],
    ) -> Response:
        """Begin a session for sound that the client sends in pieces."""
        client = client_of(request.scope)
        rate_limiter.take(client)
        session = sessions.begin(client, rate)
        sound = f"{root_path}/api/live/{session.id}/sound"
        return JSONResponse({"live": session.id, "events": events_path(session.id), "sound": sound}, 201)

    @app.post(
        "/api/live/{id}/sound",
        responses={200: {"model": schemas.LivePosition}, **error_responses(404, 408, 413, 429)},
        openapi_extra=_SOUND,
    )
    async def add_live_sound(
        request: Request,
        id: LiveId,
        at: Annotated[
            int,
            Query(ge=0, le=_MAX_POSITION, description="Position of the first sample in the session.", examples=[0]),
        ],
        age: Annotated[
            float, Query(ge=0, le=3600, description="Seconds since the last sample was heard.", examples=[0])
        ] = 0.0,
    ) -> Response:
        """Send the next sound of a session, up to ten seconds.

        Sound before the position in the last response is passed over, so that a piece can be sent again. A later
        position leaves a gap.
        """
        async with RequestBody(request, timeout_s=limits.upload_timeout_s) as body:
            session = sessions.get(id)
            with session.sending():
                too_large = ProblemError(413, f"more than {MAX_PIECE_S:g} s of sound in one request")
                pcm = await body.read(int(MAX_PIECE_S * session.rate) * BYTES_PER_SAMPLE, too_large)
                if len(pcm) % BYTES_PER_SAMPLE:
                    raise ProblemError(422, "the sound ends within a sample: expected 16 bits each, little-endian")
                position = await session.receive(at, pcm, age_s=age)
        return JSONResponse({"position": position})

    @app.get("/api/live/{id}/events", responses={**_STREAM, **error_responses(404)})
    async def stream_live_events(
        id: LiveId,
        last_event_id: Annotated[str, Header(description="Id of the last event received.")] = "",
        after: Annotated[
            Annotated[int, Field(ge=0, le=_MAX_POSITION)] | SkipJsonSchema[None],
            Query(description="The same, for a first connection."),
        ] = None,
    ) -> Response:
        """Stream rows and notices as server-sent events: the last ten minutes, or those after Last-Event-ID."""
        # not a generator function: see `stream_job_events`
        if last_event_id.isdecimal() and len(last_event_id) < 10:
            after = int(last_event_id)
        headers = {"X-Accel-Buffering": "no"}  # tells nginx to pass events on at once
        return EventSourceResponse(sessions.feed(id).stream(after), headers=headers)

    @app.delete("/api/live/{id}", status_code=204, responses=error_responses(404))
    async def delete_live_session(id: LiveId) -> Response:
        """End a session."""
        sessions.end(id, "stopped")
        return Response(status_code=204)

    def events_path(id: str) -> str:
        return f"{root_path}/api/live/{id}/events"
