"""Errors as clients get them: ``application/problem+json`` (RFC 9457), and what the OpenAPI document says of them."""

from collections.abc import Mapping
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
    """What went wrong."""

    model_config = ConfigDict(json_schema_extra={"additionalProperties": False})

    type: str
    title: str
    status: int
    detail: str


class ProblemError(Exception):
    """A request that cannot be answered as asked; the detail is one line that says why and what would be accepted."""

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = dict(headers or {})

    def content(self) -> dict[str, Any]:
        """Give the object of `ProblemObject`."""
        return {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": utf8_text(self.detail),
        }

    def response(self) -> Response:
        """Give the answer to the request."""
        return JSONResponse(self.content(), self.status, self.headers, MEDIA_TYPE)


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Give what the document says of a route's errors, with those that any route can answer by."""
    reference = {"$ref": f"#/components/schemas/{ProblemObject.__name__}"}
    return {
        status: {"description": HTTPStatus(status).phrase, "content": {MEDIA_TYPE: {"schema": reference}}}
        for status in sorted({*statuses, 401, 403, 421, 422, 500, 503})
    }


def install(app: FastAPI) -> None:
    """Answer by problems wherever an app raises an error."""
    app.add_exception_handler(ProblemError, _problem)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(ClientDisconnect, _gone)
    app.add_exception_handler(Exception, _defect)


async def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)
    return error.response()


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    details = {
        404: "nothing is at this address; /openapi.json lists what there is",
        405: "this address does not take that method; the header Allow names those that it takes",
    }
    headers = dict(error.headers or {})
    if error.status_code == 405:
        headers["Allow"] = ", ".join(sorted(_methods(request)))
    return ProblemError(error.status_code, details.get(error.status_code, str(error.detail)), headers).response()


def _methods(request: Request) -> set[str]:
    """Give the methods of all routes to an address; the app itself names those of the first."""
    routes = [route for route in request.app.routes if route.matches(request.scope)[0] is not Match.NONE]
    return {method for route in routes for method in getattr(route, "methods", None) or ()}


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = [f"{'.'.join(map(str, fault['loc']))}: {_plain(fault)}" for fault in error.errors()]
    return ProblemError(422, one_line("; ".join(found))).response()


_FAULTS = {
    "refused": "{said}",
    "too_long": "it is longer than {max_length} characters, the most",
    "int_parsing": "{got} is not a whole number",
    "int_parsing_size": "{got} has too many digits",
    "greater_than_equal": "{got} is less than {ge}, the least",
    "less_than_equal": "{got} is more than {le}, the most",
    "less_than": "{got} is too large",
    "enum": "{got} is not known; known are {expected}",
    "bool_parsing": "{got} is neither true nor false",
    "extra_forbidden": "there is no such parameter here; /openapi.json lists those that there are",
}
"""By pydantic's name of a fault, what is said of it; the names in braces are pydantic's, and what was sent."""
_SHOWN = 60


def refused(said: str) -> PydanticCustomError:
    """Give what a validator raises: a line that says what is wrong and what would be accepted."""
    return PydanticCustomError("refused", "refused", {"said": said})


def _plain(fault: Mapping[str, Any]) -> str:
    got = str(fault["input"])
    shown = repr(got if len(got) <= _SHOWN else f"{got[:_SHOWN]}...")
    said = _FAULTS.get(fault["type"])
    return said.format(got=shown, **fault.get("ctx", {})) if said else str(fault["msg"])


async def _gone(request: Request, error: Exception) -> Response:
    return Response(status_code=400)  # which nobody is there to get


async def _defect(request: Request, error: Exception) -> Response:
    return ProblemError(500, "a defect of the server, which has written the details to its standard error").response()
