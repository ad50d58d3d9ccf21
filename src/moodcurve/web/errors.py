"""Error responses as ``application/problem+json`` (RFC 9457), and their descriptions in the OpenAPI document."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict
from pydantic_core import PydanticCustomError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Match

from moodcurve.util.text import one_line, utf8_text

MEDIA_TYPE = "application/problem+json"


class ProblemObject(BaseModel):
    """An error: `detail` says in one line what is wrong and what is accepted."""

    model_config = ConfigDict(json_schema_extra={"additionalProperties": False})

    type: str
    title: str
    status: int
    detail: str


class ProblemError(Exception):
    """An error response; `detail` is one line that says what is wrong and what is accepted."""

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = dict(headers or {})

    def content(self) -> dict[str, Any]:
        """Return the data of a `ProblemObject`."""
        return {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": utf8_text(self.detail),
        }

    def response(self) -> Response:
        """Return the response to the request."""
        return JSONResponse(self.content(), self.status, self.headers, MEDIA_TYPE)


def error_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI description of a route's error responses, including those that any route can send."""
    reference = {"$ref": f"#/components/schemas/{ProblemObject.__name__}"}
    return {
        status: {"description": HTTPStatus(status).phrase, "content": {MEDIA_TYPE: {"schema": reference}}}
        for status in sorted({*statuses, 401, 403, 421, 422, 500, 503})
    }


def add_error_handlers(app: FastAPI) -> None:
    """Make an app answer every error with a problem object."""
    app.add_exception_handler(ProblemError, _problem)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _invalid_request)
    app.add_exception_handler(ClientDisconnect, _disconnected)
    app.add_exception_handler(Exception, _server_error)


async def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)  # nosec B101 # narrows the type for mypy
    return error.response()


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # nosec B101 # narrows the type for mypy
    details = {
        404: "no such path; see /docs or /openapi.json for all paths",
        405: "method not allowed; the header Allow lists the allowed methods",
    }
    headers = dict(error.headers or {})
    if error.status_code == 405:
        headers["Allow"] = ", ".join(sorted(_methods(request)))
    return ProblemError(error.status_code, details.get(error.status_code, str(error.detail)), headers).response()


def _methods(request: Request) -> set[str]:
    """Return the methods of all routes that match a request's path; Starlette names only those of the first."""
    routes = [route for route in request.app.routes if route.matches(request.scope)[0] is not Match.NONE]
    return {method for route in routes for method in getattr(route, "methods", None) or ()}


async def _invalid_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # nosec B101 # narrows the type for mypy
    # "none" is what a parameter has that is not given, and nothing that a client could send
    faults = [fault for fault in error.errors() if fault["type"] != "none_required"]
    messages = [f"{_place(fault['loc'])}: {_message(fault)}" for fault in faults]
    return ProblemError(422, one_line("; ".join(messages))).response()


_MESSAGES = {
    "invalid_value": "{message}",
    "too_long": "must have at most {max_length} characters",
    "int_parsing": "{input} is not an integer",
    "float_parsing": "{input} is not a number",
    "int_parsing_size": "{input} has too many digits",
    "greater_than_equal": "{input} is less than the minimum, {ge}",
    "less_than_equal": "{input} is more than the maximum, {le}",
    "less_than": "{input} is too large",
    "enum": "{input} is not one of {expected}",
    "literal_error": "{input} is not one of {expected}",
    "bool_parsing": "{input} is neither true nor false",
    "extra_forbidden": "unknown parameter; see /docs or /openapi.json for all parameters",
}
"""Error messages by pydantic's error type. Pydantic supplies the names in braces, apart from `input`."""
_MAX_INPUT = 60
"""Number of characters of an invalid value that a message repeats."""


def invalid_value(message: str) -> PydanticCustomError:
    """Return an error for a validator to raise; the message says what is wrong and what is accepted."""
    return PydanticCustomError("invalid_value", "invalid value", {"message": message})


def _place(location: Sequence[str | int]) -> str:
    """Return where a fault is; below a parameter, pydantic names what of its types did not fit.

    >>> _place(("query", "by", "literal['course','sound']")), _place(("body", "songs", 0))
    ('query.by', 'body.songs.0')
    """
    return ".".join(map(str, location if location[0] == "body" else location[:2]))


def _message(fault: Mapping[str, Any]) -> str:
    text = str(fault["input"])
    shown = repr(text if len(text) <= _MAX_INPUT else f"{text[:_MAX_INPUT]}...")
    template = _MESSAGES.get(fault["type"])
    return template.format(input=shown, **fault.get("ctx", {})) if template else str(fault["msg"])


async def _disconnected(request: Request, error: Exception) -> Response:
    return Response(status_code=400)  # never sent: the client is gone


async def _server_error(request: Request, error: Exception) -> Response:
    return ProblemError(500, "internal server error; its standard error has the details").response()
